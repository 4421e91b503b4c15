"""The check of notebook 04's exercise on beam search."""

import math
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from operator import mul
from typing import NamedTuple

from gptlib.exercises.checking import NOT_YET, RIGHT, in_words

NextProbs = Callable[[list[str]], dict[str, float]]
Beam = Callable[[NextProbs, int, str, int], Sequence[str]]
Table = dict[str, dict[str, float]]  # word -> probabilities of what comes next; "" is the start

END = "."
SMALL = {
    "": {"cats": 0.4, "a": 0.6},
    "a": {"cat": 0.1, "small": 0.9},
    "small": {"cats": 0.48, "cat": 0.52},
    "cat": {"and": 0.4, ".": 0.6},
    "cats": {".": 0.62, "and": 0.38},
    "and": {"a": 0.3, "cats": 0.7},
}
LARGE = {
    "": {"cats": 0.25, "a": 0.45, "the": 0.3},
    "the": {"small": 0.15, "cat": 0.55, "cats": 0.3},
    "a": {"cat": 0.4, "small": 0.6},
    "small": {"cat": 0.36, "cats": 0.55, "small": 0.09},
    "cat": {"and": 0.1, "sleeps": 0.85, ".": 0.05},
    "cats": {".": 0.45, "and": 0.15, "sleep": 0.4},
    "and": {"cats": 0.3, "a": 0.5, "the": 0.2},
    "sleeps": {".": 0.1, "and": 0.9},
    "sleep": {"and": 0.4, ".": 0.6},
}


class Case(NamedTuple):
    """A table to search, and the settings of the search."""

    table: Table
    width: int
    longest: int


# Each of these reveals some mistakes; together they reveal every one, and tell them all apart.
SIZES = [(2, 4), (2, 5), (2, 6), (4, 4), (4, 5), (4, 7), (4, 8), (5, 5)]
CASES = [Case(SMALL, 2, 4), *(Case(LARGE, *sizes) for sizes in SIZES)]


def _model(case: Case, end: str) -> NextProbs:
    """The next_probs to search; it raises ValueError for words no search needs to ask about."""

    def next_probs(words: list[str]) -> dict[str, float]:
        if len(words) > 2 * case.longest:
            raise ValueError(f"a beginning has {len(words)} words, and longest is {case.longest}")
        last = words[-1] if len(words) else ""
        if last == end:
            return {end: 1.0}  # what has ended could only go on ending
        if len(words) and words[0] not in case.table[""]:
            raise ValueError(f"no beginning is {words}: give all its words, from the first")
        return {end if word == END else word: p for word, p in case.table[last].items()}

    return next_probs


class Beginning(NamedTuple):
    """The words that a search has so far, and their joint probability."""

    words: list[str]
    p: float

    def ended(self) -> bool:
        return self.words[-1:] == [END]


Beginnings = list[Beginning]


def _likeliest(beginnings: Iterable[Beginning], width: int) -> Beginnings:
    return sorted(beginnings, key=lambda beginning: -beginning.p)[:width]


def _unlikeliest(beginnings: Beginnings, width: int) -> Beginnings:
    return sorted(beginnings, key=lambda beginning: beginning.p)[:width]


def _worthiest(beginnings: Beginnings, width: int) -> Beginnings:
    return sorted(beginnings, key=lambda beginning: -_worth(beginning))[:width]


def _everyone(beginnings: Beginnings, width: int) -> Beginnings:
    return beginnings


def _ended_left_out(beginnings: Beginnings, width: int) -> Beginnings:
    return _likeliest((b for b in beginnings if not b.ended()), width)


def _ended_lost(beginnings: Beginnings, width: int) -> Beginnings:
    return [b for b in _likeliest(beginnings, width) if not b.ended()]


def _ended_beside(beginnings: Beginnings, width: int) -> Beginnings:
    return [b for b in beginnings if b.ended()] + _ended_left_out(beginnings, width)


def _ended_before_beside(beginnings: Beginnings, width: int) -> Beginnings:
    """All that had ended before, and the width likeliest of those that have just grown."""
    step = max(len(b.words) for b in beginnings)
    before = [b for b in beginnings if len(b.words) < step]
    return before + _likeliest((b for b in beginnings if len(b.words) == step), width)


def _ended_before_stay(beginnings: Beginnings, width: int) -> Beginnings:
    """The same, but each of those that had ended takes one of the places."""
    before = sum(len(b.words) < max(len(b.words) for b in beginnings) for b in beginnings)
    return _ended_before_beside(beginnings, width - before)


def _penalty(n: int) -> float:
    return ((5 + n) / 6) ** 0.6


def _worth(b: Beginning) -> float:
    return math.log(b.p) / _penalty(len(b.words))


def _search(
    case: Case,
    keep: Callable[[Beginnings, int], Beginnings] = _likeliest,
    worth: Callable[[Beginning], float] = _worth,
    grow: Callable[[float, float], float] = mul,
    stop: Callable[[list[bool]], bool] = all,
    each: int | None = None,
) -> list[str]:
    """What beam search finds; the options replace one of its steps each, to make mistakes.

    keep: picks those that go on; worth: ranks them at the end; grow: the p of a longer one, from
    its own and the word's; stop: whether to stop, from which are complete; each: the most that one
    of them may become
    """
    next_probs, beginnings = _model(case, END), [Beginning([], 1.0)]

    def done(b: Beginning) -> bool:
        return b.ended() or len(b.words) == case.longest

    while not stop([done(b) for b in beginnings]):
        longer = []
        for b in beginnings:
            following = [
                Beginning([*b.words, word], grow(b.p, p)) for word, p in next_probs(b.words).items()
            ]
            longer += [b] if done(b) else _likeliest(following, each)
        beginnings = keep(longer, case.width)
        if not beginnings:
            return []
    return max(beginnings, key=worth).words


ALL = "You keep every beginning: keep the width most probable, though the best may get lost."
LOST = "Complete ones get lost: one that has taken end stays as it is, and may be the best."
ASIDE = "You set complete ones aside: they compete, and more probable beginnings push them out."
STOPS = "You stop at the first complete one: go on until all are complete."

# Wrong ways to compute a beginning's worth, and what to do about them.
WORTHS = [
    (lambda b: b.p, "There is no length penalty: divide ln p by ((5 + n) / 6) ** 0.6."),
    (
        lambda b: math.log(b.p) * _penalty(len(b.words)),
        "You multiply by the length penalty: ln p is below 0, so divide by it.",
    ),
    (
        lambda b: math.log(b.p) / _penalty(len(b.words) - b.ended()),
        "You leave end out when you count n: it is one of the words.",
    ),
    (
        lambda b: math.log(b.p) / len(b.words),
        "You divide ln p by n: divide it by ((5 + n) / 6) ** 0.6.",
    ),
    (
        lambda b: math.log(b.p) / len(b.words) ** 0.6,
        "The 5 is missing: divide ln p by ((5 + n) / 6) ** 0.6.",
    ),
    (
        lambda b: math.log(b.p) / _penalty(len(b.words) + 1),
        "Your n is one too many: count the words and end, and nothing else.",
    ),
    (
        lambda b: -_worth(b),
        "You return the worst of the beam: ln p is below 0, and the highest is the best.",
    ),
    (
        lambda b: math.log(b.p) / (5 + len(b.words)),
        "The exponent is missing: divide ln p by ((5 + n) / 6) ** 0.6.",
    ),
    (
        lambda b: b.p / _penalty(len(b.words)),
        "You divide p by the length penalty: divide ln p.",
    ),
    (
        lambda b: _worth(b) - (0 if b.ended() else 1_000),
        "A beginning that reaches `longest` words counts, too, even without end.",
    ),
]

# Searches with a mistake, and what to do about it.
MISTAKEN = [
    (
        lambda case: _search(case._replace(width=1)),
        "This is greedy, one beginning at a time: keep `width` of them.",
    ),
    (lambda case: _search(case, _everyone), ALL),
    (
        lambda case: _search(case, _everyone, each=case.width),
        "You keep `width` continuations of each beginning: keep `width` in all.",
    ),
    (
        lambda case: _search(case, _unlikeliest),
        "You keep the least probable: sort with the highest first.",
    ),
    (
        lambda case: _search(case, grow=lambda p, word: word),
        "You rank by the last word's probability alone: multiply it by that of the words before.",
    ),
    (
        lambda case: _search(case, _worthiest),
        "You use the length penalty at each step: keep by p, and divide ln p only at the end.",
    ),
    (lambda case: _search(case, _ended_left_out), LOST),
    (lambda case: _search(case, _ended_lost), LOST),
    (lambda case: _search(case, _ended_beside), ASIDE),
    (lambda case: _search(case, _ended_before_beside), ASIDE),
    (lambda case: _search(case, _ended_before_stay), ASIDE),
    (lambda case: _search(case, stop=any), STOPS),
    (lambda case: _search(case, stop=lambda done: done[0]), STOPS),
    (
        lambda case: _search(case._replace(longest=case.longest - 1)),
        "You stop one word too early: a beginning may have longest words.",
    ),
    *((lambda case, worth=worth: _search(case, worth=worth), says) for worth, says in WORTHS),
]


@in_words("a list of words")
def check_beam(mine: Beam) -> str:
    """Notebook 04: mine(next_probs, width, end, longest) gives the words that beam search finds."""
    want, found = [_search(case) for case in CASES], []
    for case in CASES:
        got = mine(_model(case, END), case.width, END, case.longest)
        if got is None:
            return NOT_YET
        words = got if isinstance(got, str) else list(got)
        if says := _no_sentence(words, case):
            return says
        found.append(words)
    if found == want:
        return _other_end(mine)
    if found == [words[:-1] if words[-1] == END else words for words in want]:
        return "Right, but end is missing: it is one of the words."
    for search, diagnosis in MISTAKEN:
        if found == [search(case) for case in CASES]:
            return diagnosis
    case, right, yours = next(x for x in zip(CASES, want, found, strict=True) if x[1] != x[2])
    given = f"width = {case.width}, longest = {case.longest} and, after each word, {case.table}"
    return f"For {given} it should be {right}, but yours is {yours}."


def _no_sentence(words: Sequence[str], case: Case) -> str | None:
    """Why no search of case could find these words, or None if one could."""
    if isinstance(words, str):
        return "Return a list of words, not a string."
    if not all(isinstance(word, str) for word in words):
        return "Return the words of the best beginning, one list of them and nothing else."
    for before, after in pairwise(["", *words]):
        if before == END:
            return f"Yours goes on after end, {words}: what is complete stays as it is."
        if after not in case.table[before]:
            return (
                f"{words} cannot occur: does each beginning have its own list, or do they "
                "share one?"
            )
    if len(words) > case.longest:
        return f"Yours has {len(words)} words where longest is {case.longest}: end is counted too."
    return None


def _other_end(mine: Beam) -> str:
    """RIGHT if a right function is also right where end is another word, else what is wrong."""
    case = CASES[-1]
    want = [word.replace(END, "stop") for word in _search(case)]
    if list(mine(_model(case, "stop"), case.width, "stop", case.longest)) != want:
        return "Right, but not where end is another word than '.': take it from what is given."
    return RIGHT
