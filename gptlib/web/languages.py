"""English and French: phrase books, bilingual pages and lists of words.

The English is told, and the French worked out from it, so that a translation costs nothing to
predict for whoever knows both languages.
"""

from collections.abc import Callable, Mapping, Sequence

from gptlib.french.draw import BY_LEMMA, SUITED
from gptlib.french.english import conjugated
from gptlib.french.lexicon import GIVING, INTRANSITIVE, NAMES, NUMBERS, TRANSITIVE, cells
from gptlib.french.phrases import english_noun, french_noun, noun_phrase
from gptlib.web.kind import Kind
from gptlib.web.pages import at_least, new
from gptlib.web.phrases import (
    COLOURS,
    COUNTED,
    DEEDS,
    PAGES,
    PHRASES,
    SENTENCES,
    SPOTS,
    THEMES,
    THINGS,
)
from gptlib.web.translator import FRENCH, QUALITIES, french, noun_in_french
from gptlib.world.entry import Entry
from gptlib.world.grammar import Plot, parse
from gptlib.world.lexicon import BOYS, GIRLS
from gptlib.world.telling import State


def listed(cell: str) -> tuple[str, ...]:
    """The words of a cell: "red, blue"."""
    return tuple(word.strip() for word in cell.split(", ") if word)


AT = {place: listed(where) for place, where in cells(SPOTS)}


def thing(lemma: str, apt: Sequence[str]) -> Entry:
    """A noun as an entry, with those of some adjectives that suit it."""
    noun = BY_LEMMA[lemma]
    before, behind = ({each.english for each in suited} for suited in SUITED[noun])
    words = {
        "many": english_noun(noun, many=True),
        "size": tuple(word for word in apt if word in before),
        "look": tuple(word for word in apt if word in behind),
        "at": AT.get(lemma, ()),
        "english": f"the {lemma}",
        "french": noun_in_french(lemma),
        "une": french(noun_phrase(noun, "a").phrase)[0],
        "pommes": french_noun(noun, many=True),
    }
    return Entry(lemma, words)


def deed(base: str) -> Entry:
    """A verb as an entry, named by its third person: sees."""
    verb = next(v for v in TRANSITIVE + GIVING + INTRANSITIVE if v.english[0] == base)
    one, (_, il, ils, *_) = conjugated(verb.english, past=False, plural=False), verb.french
    words = {"they": base, "il": il, "ils": ils, "english": f"he {one}", "french": f"il {il}"}
    return Entry(one, words)


def child(entry: Entry) -> Entry:
    """A child of the tales, with the French pronoun."""
    return Entry(entry.name, entry.words | {"il": {"m": "il", "f": "elle"}[NAMES[entry.name]]})


def union(categories: Sequence[Sequence[Entry]]) -> tuple[Entry, ...]:
    """The entries of some categories, each once."""
    return tuple({entry.name: entry for entries in categories for entry in entries}.values())


NOUNS = {
    name: tuple(thing(lemma, listed(apt)) for lemma in listed(lemmas))
    for name, lemmas, apt in cells(THINGS)
}
LEMMAS = tuple(entry.name for entry in union(list(NOUNS.values())))
VERBS = {name: tuple(map(deed, listed(bases))) for name, bases in cells(DEEDS)}
CHILDREN = tuple(child(entry) for entry in GIRLS + BOYS if entry.name in NAMES)
WORDS = (
    NOUNS
    | VERBS
    | {
        "tom": CHILDREN,
        "mia": CHILDREN,
        "kite": NOUNS["ball"],  # another toy
        "two": tuple(Entry(number, {"deux": deux}) for number, deux in NUMBERS.items()),
    }
)
LISTS = {theme: union([NOUNS[name] for name in listed(names)]) for theme, names in cells(THEMES)}
LISTS |= {
    "verbs": union(list(VERBS.values())),
    "colours": tuple(
        Entry(colour, {"english": colour, "french": QUALITIES[colour].french})
        for colour in listed(COLOURS)
    ),
}

# The documents.

EQUALS = "{0} = {{?translation}}{1}{{?}}"
BELOW = "{0}\n\nIn French: {{?translation}}{1}{{?}}"
SIDE = "English: {0}\n\nFrench: {{?translation}}{1}{{?}}"
TO_FRENCH = "{0}: {{?translation}}{1}{{?}}"
TO_ENGLISH = "{1}: {{?into English}}{0}{{?}}"


def parsed(patterns: str, form: str) -> tuple[tuple, ...]:
    """The patterns of a table, in a form, and with roles of their own: ball0, ball1."""
    templates = (form.format(*pattern) for pattern in cells(patterns, " = "))
    return tuple(
        parse(template, FRENCH, {name: f"{name}{n}" for name in WORDS})
        for n, template in enumerate(templates)
    )


def line_of(pages: Mapping[str, tuple[tuple, ...]]) -> Callable[[State], tuple]:
    """An event: one of the patterns of the plot's page, one that the page does not have yet."""

    options = {
        heading: {str(n): pattern for n, pattern in enumerate(patterns)}
        for heading, patterns in pages.items()
    }
    return lambda state: new("pattern", options[state.plot.name], state)


def page(
    name: str, pages: Mapping[str, tuple[tuple, ...]], least: int, most: int, share: int
) -> Kind:
    """The kind of document that has a heading and some lines of its page."""
    plots = [
        Plot(
            heading,
            {f"{category}{n}": category for category in WORDS for n in range(len(patterns))},
            f"{heading}\n\n" + at_least(least, ["<line>"] * most),
        )
        for heading, patterns in pages.items()
    ]
    return Kind(name, share, plots, {"line": line_of(pages)}, WORDS)


def word_list(theme: str, heading: str, lines: Sequence[str]) -> Plot:
    """A plot: a list of words with a heading."""
    heading = heading.format(theme)
    heading = heading[0].upper() + heading[1:]
    cast = {f"x{n}": theme for n in range(len(lines))}
    return Plot(heading, cast, heading + "\n\n" + at_least(7, lines))


def words(form: str, theme: str) -> list[str]:
    """The lines of a list of words: up to nine of them."""
    return [
        form.format(f"{{x{n}.english}}", f"{{x{n}.french}}")
        for n in range(min(9, len(LISTS[theme])))
    ]


def counted(form: str) -> list[str]:
    """The lines of a list that counts from one to six."""
    return [form.format("one {x0}", "{x0.une}")] + [
        form.format(f"{number} {{x{n}.many}}", f"{nombre} {{x{n}.pommes}}")
        for n, (number, nombre) in enumerate(NUMBERS.items(), start=1)
    ]


PHRASE_BOOK = page(
    "phrase book", {name: parsed(table, EQUALS) for name, table in PHRASES.items()}, 4, 7, share=5
)
TWO_LANGUAGES = page(
    "two languages",
    {name: parsed(SENTENCES, form) for name, form in zip(PAGES, (BELOW, BELOW, SIDE), strict=True)},
    3,
    5,
    share=5,
)
VOCABULARY = Kind(
    "vocabulary",
    3,
    [
        *(word_list(theme, "{} in French", words(TO_FRENCH, theme)) for theme in LISTS),
        *(word_list(theme, "French words: {}", words(TO_ENGLISH, theme)) for theme in LISTS),
        *(word_list(theme, "Counting {} in French", counted(TO_FRENCH)) for theme in COUNTED),
        *(word_list(theme, "French numbers: {}", counted(TO_ENGLISH)) for theme in COUNTED),
    ],
    words=LISTS,
)
