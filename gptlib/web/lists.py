"""Lists in which each line follows a rule, and only the list shows which.

Made-up words stand for kinds of things, or for rules that other documents follow too; rows of words
are copied, turned round or picked from.
"""

from collections.abc import Callable, Collection, Iterable
from itertools import product

from gptlib.french.english import article
from gptlib.web.kind import Kind
from gptlib.web.languages import LEMMAS, noun_in_french
from gptlib.web.words import plain_words
from gptlib.world.entry import Entry
from gptlib.world.grammar import Break, Choice, Mark, Plot, Put, Slot, Worked
from gptlib.world.telling import State

SORTS = ("food", "toy", "instrument", "pet", "household", "treasure", "child")
SHORTEST, LONGEST = 5, 8  # lines of a list
ARROW = " -> "

# A made-up word has a beginning and an end, and none is a word: zaback, kilex, snuzoo.
BEGINNINGS = tuple(map("".join, product("za ve ki do mu bri glo tra fe snu".split(), "blmnprdz")))
ENDS = "ack eb ick oss um op ex in ad oo".split()
MADE_UP = tuple(map("".join, product(BEGINNINGS, ENDS)))


def things(words: Iterable[str]) -> tuple[Entry, ...]:
    """Entries that are no more than their names."""
    return tuple(Entry(word, {}) for word in words)


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


def made_up(taken: Collection[str], then: Callable[[str], tuple]) -> Choice:
    """Say a made-up word that is not taken, and then what follows it."""

    def end(_: State, beginning: str) -> tuple:
        ends = [end for end in ENDS if beginning + end not in taken]
        return (Choice("made up", tuple((end, *then(beginning + end)) for end in ends)),)

    return Choice("made up", tuple((each, Worked(end, (each,))) for each in BEGINNINGS))


def either(kind: str, old: list[tuple], new: tuple) -> Choice:
    """One of what the list has had or, while it has had only one, as often something new."""
    return Choice(kind, (old[0], new) if len(old) == 1 else tuple(old or [new]))


# A made-up word for a kind of thing.


def labelled(state: State, number: str) -> tuple:
    """A thing, and the made-up word for its sort: "kite -> zaback"."""
    labels = known(state, "label")

    def thing(sort: str) -> tuple:
        return (Slot("", (f"{sort} {number}",), False), ARROW)

    def label(sort: str) -> Choice:
        return made_up(labels.values(), lambda word: (Put("label", sort, word),))

    old = [(*thing(s), Mark("rule"), word, Mark("")) for s, word in labels.items()]
    new = [(*thing(s), label(s)) for s in SORTS if s not in labels]
    return (either("sort", old, (Choice("sort", tuple(new)),)),)


# A made-up name for a rule that other documents follow too.

NAMED_RULES: dict[str, Callable[[str], str]] = {
    "spelling": "-".join,
    "article": lambda word: f"{article(word)} {word}",
    "French": noun_in_french,
    "first letter": lambda word: word[0],
    "last letter": lambda word: word[-1],
    "length": lambda word: str(len(word)),
}


def named(state: State, number: str) -> tuple:
    """A made-up name of a rule, a word, and what the rule makes of it: "kilex kite -> k-i-t-e"."""
    names = known(state, "rule")
    old = [(f"{name} ", Worked(_applied, (name, number))) for name in names]
    new = made_up(names, lambda name: (" ", Worked(_new_rule, (name, number))))
    return (either("name", old, (new,)),)


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
    if not known(state, "row"):
        said = (*said, Choice("rule", tuple((Put("row", "rule", rule),) for rule in ROW_RULES)))
    return (*said, Worked(_made_of, (number,)))


def _made_of(state: State, number: str) -> tuple:
    """What becomes of a row; it is an answer if the rows before tell what it must be."""
    rows = [
        [state.name(f"word {n}{column}") for column in "abc"] for n in range(1, int(number) + 1)
    ]
    rule = ROW_RULES[known(state, "row")["rule"]]
    fit = [how for how in ROW_RULES.values() if all(how(row) == rule(row) for row in rows[:-1])]
    said = " ".join(rule(rows[-1]))
    if all(how(rows[-1]) == rule(rows[-1]) for how in fit):
        return (Mark("rule"), said, Mark(""))
    return (said,)


NUMBERS = [str(n) for n in range(1, LONGEST + 1)]
WORDS = {sort: things(plain_words(sort)) for sort in SORTS}
WORDS |= {
    "word": things(plain_words(*(sort for sort in SORTS if sort != "child"))),
    # Their first letter is not their last one, or two rules would do the same.
    "noun": things(word for word in LEMMAS if word.isalpha() and word[0] != word[-1]),
}

LABELS = Kind(
    "labels",
    4,
    [Plot("labels", {f"{sort} {n}": sort for sort in SORTS for n in NUMBERS}, "<lines>")],
    {"lines": lines(labelled)},
    WORDS,
)
NAMED = Kind(
    "named rules",
    4,
    [Plot("named rules", {f"word {n}": "noun" for n in NUMBERS}, "<lines>")],
    {"lines": lines(named)},
    WORDS,
)
ROWS = Kind(
    "rows",
    5,
    [Plot("rows", {f"word {n}{c}": "word" for n in NUMBERS for c in "abc"}, "<lines>")],
    {"lines": lines(row)},
    WORDS,
)
