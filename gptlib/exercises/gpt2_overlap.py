"""The check for the exercise of notebook 09 on how much of a text other texts hold."""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from functools import cache
from itertools import combinations

from gptlib.exercises.checking import NOT_YET, RIGHT, Stopped, in_words, near

Words = Sequence[str]
Grams = list[tuple[str, ...]]

# Texts, those that they are compared with, and n. Some n-grams occur twice, some only across the
# border of two texts, inside other words, in another order, or without capitals and marks.
COMPARED = [
    (
        "Rain, rain, go away! Rain, rain, go to 3 towns. Don't stay, rain",
        ["Go away, rain! Don't go to sea", "rain to 30 towns or 3", "Rain, rain and rain, stay"],
        2,
    ),
    (
        "The old cat sat, and the old cat slept. It's on 2 mats: the old cat dreams! A red hat is "
        "an old thing; so it goes by day.",
        [
            "On the wall the OLD cat sat, and the old cat slept late. A red",
            "hat is big. The old cat? A gold cat dreams.",
            "That's how it goes, the old cat says. Old is what? Is an old thing, so it goes by day",
        ],
        3,
    ),
]
SMALL = [
    ("one, two, three", ["Zero one two three four"], 3, 1.0),
    ("one, two, three", ["one two", "two three"], 3, 0.0),
    ("one, two, three", [], 2, 0.0),
    ("one, two, three", ["one two three"], 4, 0.0),
    ("", ["one two three"], 1, 0.0),
]
MARKS = r'Marks stay on your words, and "cat." is not "cat": re.findall(r"\w+", text.lower()).'
CAPITALS = "Capitals count in yours: take text.lower(), of all texts."
SHORT = "You leave out the last n-gram: there are len(words) - n + 1."
REPEATED = "You count each n-gram once: one that the text repeats counts each time."
OF_TEXTS = "That is the share of the texts' n-grams: take the share of those of text."
ONE_TEXT = "an n-gram counts if it occurs in any of them."
# By what a mistake is about, its name and what to say of it.
MISTAKES = {
    "words": {
        "with marks": MARKS,
        "as written": MARKS,
        "with capitals": CAPITALS,
        "with capitals in text": CAPITALS,
        "with capitals in texts": CAPITALS,
        "characters": "Your n-grams are of characters: take words.",
        "without digits": r"Digits belong to words, too: \w+ finds them.",
        "with apostrophes": r"An apostrophe ends a word here: \w+ finds it and s in it's.",
        "once": "You keep each word once: keep all of them, in their order.",
    },
    "length": {
        "n - 1": "Your n-grams have n - 1 words.",
        "n + 1": "Your n-grams have n + 1 words.",
        "8": "Your n-grams always have 8 words: take n.",
        "1": "You compare single words: compare n in a row.",
    },
    "found": {
        "across": "You join the texts, so n-grams reach from one into the next: make those of each "
        "text by itself.",
        "first": "You look into the first text alone: look into all.",
        "last": "You look into the last text alone: collect the n-grams of all.",
        "in all": "Yours has to be in all texts: one is enough.",
        "inside": "You look for n-grams in strings, so inside other words, too: compare words.",
        "sorted": "The order of words counts: do not sort, and compare no sets.",
    },
    "share": {
        "set": REPEATED,
        "set of found": REPEATED,
        "clipped": "An n-gram of text counts each time, even if the texts have it less often.",
        "one short": SHORT,
        "one short of all": SHORT,
        "by words": "You divide by len(words): there are len(words) - n + 1 n-grams.",
        "by one less": "You divide by len(words) - n: there are len(words) - n + 1 n-grams.",
        "by different": "You divide by the number of different n-grams: count repeated ones, too.",
        "short ones": "Your last n-grams have fewer than n words: stop before.",
        "in turn": "Your n-grams do not overlap: one begins with each word, not with each n-th.",
        "of texts": OF_TEXTS,
        "of texts, set": OF_TEXTS,
        "of both": "You divide by the n-grams of all texts together: divide by those of text.",
        "mean": f"You take the mean over texts: {ONE_TEXT}",
        "most": f"You take the largest share in one text: {ONE_TEXT}",
        "sum": f"You add up the shares in each text: {ONE_TEXT}",
        "number": "That is a number of n-grams: divide by the number of all those of text.",
        "percent": "That is a percentage: leave out the factor 100.",
        "new": "That is the share that is in none of texts: take the others.",
    },
}


def _words(text: str, mistake: str) -> Words:
    """The words of text, in their order."""
    if mistake in ("characters", "with marks", "as written"):
        text = text if mistake == "as written" else text.lower()
        return text if mistake == "characters" else text.split()
    text = text if mistake == "with capitals" else text.lower()
    pattern = {"without digits": r"[a-z]+", "with apostrophes": r"[\w']+"}.get(mistake, r"\w+")
    words = re.findall(pattern, text)
    return [*dict.fromkeys(words)] if mistake == "once" else words


def _grams(words: Words, n: int, mistake: str) -> Grams:
    """The n-grams of words, in their order."""
    starts = range(0, len(words) - n + 1, n if mistake == "in turn" else 1)
    if mistake == "short ones":
        starts = range(len(words))
    return [tuple(words[i : i + n]) for i in (starts[:-1] if mistake == "one short" else starts)]


def _overlap(
    text: str,
    texts: Sequence[str],
    n: int,
    words: str = "",
    length: str = "",
    found: str = "",
    share: str = "",
) -> float:
    """The share of the n-grams of text that occur in some of texts, with MISTAKES if named."""
    n = {"n - 1": n - 1, "n + 1": n + 1, "8": 8, "1": 1}.get(length, n)
    of_own, of_others = {
        "with capitals in text": ("with capitals", ""),
        "with capitals in texts": ("", "with capitals"),
    }.get(words, (words, words))
    own_words, others = _words(text, of_own), [[*_words(other, of_others)] for other in texts]
    others = {"first": others[:1], "last": others[-1:], "across": [sum(others, [])]}.get(
        found, others
    )
    own, *held = (_grams(some, n, share) for some in (own_words, *others))
    if found == "sorted":
        own, *held = ([tuple(sorted(gram)) for gram in grams] for grams in (own, *held))
    hits = [(all if found == "in all" else any)(gram in some for some in held) for gram in own]
    if found == "inside":
        strings = [" ".join(other) for other in others]
        hits = [any(" ".join(gram) in string for string in strings) for gram in own]
    return _share(own, held, hits, share, len(own_words))


def _share(own: Grams, held: list[Grams], hits: list[bool], mistake: str, n_words: int) -> float:
    """The share of own n-grams that are hits; held: those of each text."""
    N, hit, texts = len(own), sum(hits), sum(held, [])
    both = {gram for gram, is_hit in zip(own, hits, strict=True) if is_hit}
    shares = [sum(gram in some for gram in own) / N for some in held]
    counts = Counter(texts)
    by_mistake = {
        "set": lambda: len(both) / len({*own}),
        "set of found": lambda: len(both) / N,
        "clipped": lambda: sum(min(k, counts[gram]) for gram, k in Counter(own).items()) / N,
        "one short of all": lambda: sum(hits[:-1]) / N,
        "by words": lambda: hit / n_words,
        "by one less": lambda: hit / (N - 1),
        "by different": lambda: hit / len({*own}),
        "of texts": lambda: sum(gram in own for gram in texts) / len(texts),
        "of texts, set": lambda: len(both) / len({*texts}),
        "of both": lambda: len(both) / len({*own, *texts}),
        "mean": lambda: sum(shares) / len(shares),
        "most": lambda: max(shares),
        "sum": lambda: sum(shares),
        "number": lambda: hit,
        "percent": lambda: 100 * hit / N,
        "new": lambda: 1 - hit / N,
    }
    return by_mistake.get(mistake, lambda: hit / N)()


@in_words("one number")
def check_overlap(mine: Callable[..., float]) -> str:
    """Notebook 09: mine(text, texts, n=8) is the share of the n-grams of text in some of texts.

    An n-gram is n words in a row of one text, and a word is a run of letters and digits, in lower
    case. A text of fewer than n words has 0.0.
    """
    found = []
    for text, texts, n in COMPARED:
        got = mine(text, list(texts), n)
        if got is None and not found:
            return NOT_YET
        found.append(float(got))
    if (says := _judged(found)) != RIGHT:
        return says
    for text, texts, n, want in SMALL:
        try:
            got = float(mine(text, list(texts), n))
        except Stopped as stopped:
            short = "ZeroDivisionError" in str(stopped) and want == 0
            return f"{stopped} Without any n-grams, return 0.0." if short else str(stopped)
        if not near(got, want):
            given = f"{text!r}, {texts} and n = {n}"
            return f"Right, but for {given} it should be {want}, and yours is {got:g}."
    text, texts, _ = COMPARED[1]  # which have an n-gram of 8 words in common
    if not near(float(mine(text, list(texts))), _overlap(text, texts, 8)):
        return "Right, but not without n: it is 8 then, as in my_overlap(text, texts, n=8)."
    return RIGHT


def _judged(found: list[float]) -> str:
    """RIGHT, or what is wrong with the shares found."""
    for values, says in _shares():
        if near(found, values):
            return says
    i = next(i for i, right in enumerate(_shares()[0][0]) if not near(found[i], right))
    text, texts, n = COMPARED[i]
    says = f"it should be {_overlap(text, texts, n):.4f}, but yours is {found[i]:.4f}"
    return f"For {text!r}, {texts} and n = {n} {says}."


@cache
def _shares() -> list[tuple[list[float], str]]:
    """The right shares, then those of each mistake, then of two at once, of which one is told."""
    one = [({about: name}, says) for about, of in MISTAKES.items() for name, says in of.items()]
    two = [(a | b, says) for (a, says), (b, _) in combinations(one, 2) if a.keys() != b.keys()]
    return [
        ([_overlap(*case, **mistakes) for case in COMPARED], says)
        for mistakes, says in [({}, RIGHT), *one, *two]
    ]
