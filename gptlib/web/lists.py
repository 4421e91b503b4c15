"""Lists in which each line follows a rule, and only the list shows which.

Made-up words stand for kinds of things, or for rules that other documents follow too; rows of words
are copied, turned round or picked from.
"""

from collections.abc import Callable
from itertools import product

from gptlib.web.kind import Kind
from gptlib.web.languages import LEMMAS, noun_in_french
from gptlib.world.entry import Entry
from gptlib.world.grammar import Break, Choice, Mark, Plot, Put, Slot, Worked
from gptlib.world.lexicon import LEXICON
from gptlib.world.telling import State

SORTS = ("food", "toy", "instrument", "pet", "beast", "household", "treasure", "child")
SHORTEST, LONGEST = 5, 8  # lines of a list
ARROW = " -> "

# None of them is a word: zaback, kilex, snuzoo.
MADE_UP = tuple(
    map("".join, product(
        ("za", "ve", "ki", "do", "mu", "bri", "glo", "tra", "fe", "snu"),
        ("b", "l", "m", "n", "p", "r", "d", "z"),
        ("ack", "eb", "ick", "oss", "um", "op", "ex", "in", "ad", "oo"),
    ))
)  # fmt: skip


def words_of(*categories: str) -> tuple[Entry, ...]:
    """The entries of some categories whose names are one plain word, without their words."""
    found = {entry.name for category in categories for entry in LEXICON[category]}
    return tuple(Entry(name, {}) for name in sorted(found) if name.isalpha())


def lines(line: Callable[[State, str], tuple]) -> Callable[[State], tuple]:
    """An event: SHORTEST lines, then one more as often as none, up to LONGEST.

    line: says the line of a state and of a number in it
    """

    def rest(state: State, number: str) -> tuple:
        n = int(number)
        this = (Break("\n"), Worked(line, (number,)))
        if n == LONGEST:
            return this
        more = Worked(rest, (str(n + 1),))
        return (*this, more if n < SHORTEST else Choice("another line", ((more,), ())))

    return lambda state: rest(state, "1")


def known(state: State, subject: str) -> dict[str, str]:
    """What a list has settled of a subject so far: of "label", the made-up word of each sort."""
    return {
        relation: value for (role, relation), (value, _) in state.facts.items() if role == subject
    }


def either(kind: str, old: list[tuple], new: list[tuple]) -> Choice:
    """One of what the list has had or, while it has had only one, as often something new."""
    if len(old) == 1:
        return Choice(kind, (old[0], (Choice(kind, tuple(new)),)))
    return Choice(kind, tuple(old or new))


# A made-up word for a kind of thing.


def labelled(state: State, number: str) -> tuple:
    """A thing, and the made-up word for its sort: "kite -> zaback"."""
    labels = known(state, "label")

    def thing(sort: str) -> tuple:
        return (Slot("", (f"{sort} {number}",), False), ARROW)

    old = [(*thing(s), Mark("rule"), word, Mark("")) for s, word in labels.items()]
    new = [(*thing(s), Worked(_new_label, (s,))) for s in SORTS if s not in labels]
    return (either("sort", old, new),)


def _new_label(state: State, sort: str) -> tuple:
    left = [word for word in MADE_UP if word not in known(state, "label").values()]
    return (Choice("made up", tuple((Put("label", sort, word), word) for word in left)),)


# A made-up name for a rule that other documents follow too.

NAMED_RULES: dict[str, Callable[[str], str]] = {
    "spelling": "-".join,
    "article": lambda word: f"{'an' if word[0] in 'aeiou' else 'a'} {word}",
    "French": noun_in_french,
    "first letter": lambda word: word[0],
    "last letter": lambda word: word[-1],
    "length": lambda word: str(len(word)),
}


def named(state: State, number: str) -> tuple:
    """A made-up name of a rule, a word, and what the rule makes of it: "kilex kite -> k-i-t-e"."""
    names = known(state, "rule")
    old = [(f"{name} ", Worked(_applied, (name, number))) for name in names]
    new = [(f"{name} ", Worked(_new_rule, (name, number))) for name in MADE_UP if name not in names]
    return (either("name", old, new),)


def _new_rule(state: State, name: str, number: str) -> tuple:
    """The word comes first, then the rule is drawn, and then the text shows it."""
    left = [rule for rule in NAMED_RULES if rule not in known(state, "rule").values()]
    options = tuple((Put("rule", name, rule), Worked(_result, (name, number))) for rule in left)
    return (Slot("", (f"word {number}",), False), ARROW, Choice("rule", options))


def _applied(state: State, name: str, number: str) -> tuple:
    result = Worked(_result, (name, number))
    return (Slot("", (f"word {number}",), False), ARROW, Mark("rule"), result, Mark(""))


def _result(state: State, name: str, number: str) -> tuple:
    return (NAMED_RULES[known(state, "rule")[name]](state.name(f"word {number}")),)


# Rows of words, and what becomes of them.

ROW_RULES: dict[str, Callable[[list[str]], list[str]]] = {
    "copied": lambda row: row,
    "turned round": lambda row: row[::-1],
    "first": lambda row: row[:1],
    "last": lambda row: row[-1:],
    "in alphabetical order": sorted,
    "first of the alphabet": lambda row: [min(row)],
}


def row(state: State, number: str) -> tuple:
    """Three words, and what the list makes of them: "kite drum pear -> pear drum kite"."""
    words = [Slot("", (f"word {number}{column}",), False) for column in "abc"]
    said = (words[0], " ", words[1], " ", words[2], ARROW)
    if known(state, "row"):
        return (*said, Mark("rule"), Worked(_made_of, (number,)), Mark(""))
    rules = tuple((Put("row", "rule", rule),) for rule in ROW_RULES)
    return (*said, Choice("rule", rules), Worked(_made_of, (number,)))


def _made_of(state: State, number: str) -> tuple:
    words = [state.name(f"word {number}{column}") for column in "abc"]
    return (" ".join(ROW_RULES[known(state, "row")["rule"]](words)),)


NUMBERS = [str(n) for n in range(1, LONGEST + 1)]
WORDS = {sort: words_of(sort) for sort in SORTS}
WORDS |= {
    "word": words_of(*(sort for sort in SORTS if sort != "child")),
    "noun": tuple(Entry(lemma, {}) for lemma in LEMMAS if lemma.isalpha()),
}

LABELS = Kind(
    "labels",
    3,
    [Plot("labels", {f"{sort} {n}": sort for sort in SORTS for n in NUMBERS}, "<lines>")],
    {"lines": lines(labelled)},
    WORDS,
)
NAMED = Kind(
    "named rules",
    3,
    [Plot("named rules", {f"word {n}": "noun" for n in NUMBERS}, "<lines>")],
    {"lines": lines(named)},
    WORDS,
)
ROWS = Kind(
    "rows",
    3,
    [Plot("rows", {f"word {n}{c}": "word" for n in NUMBERS for c in "abc"}, "<lines>")],
    {"lines": lines(row)},
    WORDS,
)
