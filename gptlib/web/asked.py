"""Kinds of documents that no web has: its tasks, asked in words that it does not use for them.

Each function makes such a kind from a wording, in which <ask>, <reply>, <summary> and so on stand
for what the web's own kinds have there.
"""

import re

from gptlib.web.kind import Kind
from gptlib.web.languages import WORDS, line_of, parsed
from gptlib.web.numbers import ONES, sums
from gptlib.web.phrases import SENTENCES
from gptlib.web.readings import ASKED_ABOUT, ASKING, around
from gptlib.web.register import SCHOOL_DAYS
from gptlib.web.summaries import WORKED
from gptlib.world.grammar import Plot
from gptlib.world.lexicon import LEXICON
from gptlib.world.tales import PLOTS

PEOPLE = rf"\b(?:{'|'.join(e.name for role in ('child', 'family') for e in LEXICON[role])})\b"


def without_names(text: str) -> str:
    """The text without people's names: who did what is then all the same.

    >>> without_names("Mia gave Uncle Bert's kite to him.")
    " gave 's kite to him."
    """
    return re.sub(PEOPLE, "", text)


def names_in(text: str) -> list[str]:
    """The names of people that a text has, each as often as it occurs.

    >>> names_in("Mia gave Uncle Bert's kite to Mia.")
    ['Mia', 'Uncle Bert', 'Mia']
    """
    return re.findall(PEOPLE, text)


def reading(wording: str) -> Kind:
    """A tale and one question about it, asked by a {listener} and answered by a {teller}."""
    cast = "teller: family, listener: child"
    return Kind("reading", 1, around(ASKED_ABOUT, "", wording, cast), ASKING)


def summary(wording: str) -> Kind:
    """A tale in one sentence."""
    return Kind("summary", 1, around(PLOTS, "", wording), WORKED)


def translation(form: str, heading: str = "French lesson") -> Kind:
    """One sentence in English, {0}, and in French, {1}."""
    patterns = parsed(SENTENCES, form)
    cast = {f"{name}{n}": name for name in WORDS for n in range(len(patterns))}
    page = {heading: patterns}
    plots = [Plot(heading, cast, f"{heading}\n\n<line>")]
    return Kind("translation", 1, plots, {"line": line_of(page)}, WORDS)


def addition(form: str) -> Kind:
    """Two numbers from 1 to 9, {0} and {1}, and their sum, in somebody's exercise book."""
    lines = sums((form.format(a, b), a + b) for a in ONES for b in ONES)
    cast = {"pupil": "child", "weekday": "weekday"}
    page = Plot("adding", cast, "[Adding, {weekday}, by {pupil}|{Pupil}'s book: adding]\n\n<line>")
    return Kind("addition", 1, [page], {"line": lines}, {"weekday": SCHOOL_DAYS})


# What a language model is asked by prompt alone, though training asked it nothing (zero-shot). Each
# wording is made of pieces that the web has, in a combination that it does not have.
ZERO_SHOT = {
    "reading": reading("Q: <ask>\n\nAnswer: {?reading}<reply>{?}"),
    "summary": summary("In one sentence: {?summary}<summary>{?}"),
    "translation": translation("{0}\n\nFrench: {{?translation}}{1}{{?}}"),
    "addition": addition("{} + {} make"),
}
