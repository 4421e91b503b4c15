"""Checks for the exercises of notebook 07: merging a pair, and bits per byte."""

import math
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from operator import index

from gptlib.bpe import merge
from gptlib.exercises.checking import NOT_YET, RIGHT, described, in_words, named, near

Pair = tuple[int, int]
Mistakes = Sequence[tuple[Callable, str]]  # wrong functions, and what to do about each

# The simplest case comes first, since the first wrong one is shown. In one, the ids of another pair
# end and begin with the digits of this pair.
MERGES = [
    ([5, 1, 2, 7, 4], (1, 2), 90),
    ([1, 1, 1, 4], (1, 1), 70),
    ([1, 2, 7, 2, 1, 4, 1, 2, 6], (1, 2), 300),
    ([8, 11, 2, 1, 22, 3], (1, 2), 301),
    ([6, 1, 1, 1, 1, 1, 9], (1, 1), 256),
    ([2, 9, 1, 2], (1, 2), 95),
    ([7], (7, 7), 8),
    ([], (3, 4), 5),
]


def _places(ids: list[int], *pairs: Pair) -> list[int]:
    return [i for i, pair in enumerate(pairwise(ids)) if pair in pairs]


def _replaced(ids: list[int], places: Iterable[int], new: int, skip: int = 2) -> list[int]:
    """ids with new at each of places; skip: how many ids it takes the place of."""
    out, i = [], 0
    while i < len(ids):
        out.append(new if i in places else ids[i])
        i += skip if i in places else 1
    return out


def _overlapping(ids: list[int], pair: Pair, new: int) -> list[int]:
    places = _places(ids, pair)
    kept = [i for i in range(len(ids)) if i in places or i - 1 not in places]
    return [new if i in places else ids[i] for i in kept]


def _end_lost(ids: list[int], pair: Pair, new: int) -> list[int]:
    merged = merge(ids, pair, new)
    return merged[:-1] if merged and merged[-1] != new else merged


def _in_text(ids: list[int], pair: Pair, new: int) -> list[int]:
    text = " ".join(map(str, ids)).replace(" ".join(map(str, pair)), str(new))
    return [int(x) for x in text.split()]


ALONE = "You look at one id of the pair alone: both have to be there, side by side."
MADE_UP = "You make up an id: put the one that is given as new."
MERGED_WRONGLY = [
    (
        lambda ids, pair, new: ids,
        "Nothing is merged. (If you compare lists: [1, 2] == (1, 2) is False.)",
    ),
    (
        lambda ids, pair, new: merge(ids[::-1], pair[::-1], new)[::-1],
        "You merge from right to left: in [1, 1, 1] the pair is the first two.",
    ),
    (_overlapping, "Pairs do not overlap: after a merge, go on after both of its ids."),
    (
        lambda ids, pair, new: _replaced(ids, _places(ids, pair)[:1], new),
        "You merge the first pair alone: go through the whole list.",
    ),
    (
        lambda ids, pair, new: _replaced(ids, _places(ids, pair), new, skip=1),
        "The second id of a pair stays in yours: new takes the place of both.",
    ),
    (
        lambda ids, pair, new: _replaced(ids, _places(ids, pair), new, skip=3),
        "You lose the id after each merge: go on two places further, not three.",
    ),
    (_end_lost, "The last id is lost: keep it, unless a pair ends there."),
    (
        lambda ids, pair, new: _replaced(ids, {*_places(ids, pair)} - {len(ids) - 2}, new),
        "You miss a pair at the end of the list.",
    ),
    (
        lambda ids, pair, new: [new if x in pair else x for x in ids],
        "You replace single ids: put one new in place of two neighbours.",
    ),
    (lambda ids, pair, new: [new if x == pair[0] else x for x in ids], ALONE),
    (lambda ids, pair, new: [new if x == pair[1] else x for x in ids], ALONE),
    (
        lambda ids, pair, new: [x for x in merge(ids, pair, new) if x != new],
        "The pair is gone, but new is missing: put it there.",
    ),
    (
        lambda ids, pair, new: merge(ids, pair[::-1], new),
        "You take the pair the other way round: pair[0] comes first.",
    ),
    (
        lambda ids, pair, new: _replaced(ids, _places(ids, pair, pair[::-1]), new),
        "The order counts: leave two ids alone if pair[1] comes first.",
    ),
    (_in_text, "You replace in text, where '1 2' is also found in '11 2': compare ids."),
    (lambda ids, pair, new: merge(ids, pair, max(ids, default=0) + 1), MADE_UP),
    (lambda ids, pair, new: merge(ids, pair, 256), MADE_UP),
]


@in_words("a list of ids, which are whole numbers")
def check_merge(mine: Callable[[list[int], Pair, int], Sequence[int]]) -> str:
    """Notebook 07: mine(ids, pair, new) has new in place of each pair, from left to right."""
    found, changed = [], False
    for ids, pair, new in MERGES:
        given = list(ids)
        got = mine(given, pair, new)
        if got is None and given != ids:
            return "You change the list that you are given, and return None: return a new list."
        if got is None:
            return NOT_YET
        if says := unordered(got):
            return says
        found.append([index(i) for i in got])
        changed = changed or given != ids
    says = told(found, MERGES, merge, MERGED_WRONGLY)
    if says == RIGHT and changed:
        return "Right, but you change the list that you are given: build a new one."
    return says


def unordered(got: object) -> str | None:
    """What is wrong with a list of ids that can be looped over, but is no list."""
    if isinstance(got, str | bytes | set | dict):
        return f"Return a list of ids: yours is {described(got)}."
    return None


def told(
    found: list, cases: Sequence[tuple], right: Callable, mistakes: Mistakes, what: str = "it"
) -> str:
    """RIGHT if found is what a right function gives for cases, else what is wrong.

    what: what was found, for a sentence
    """
    want = [right(*case) for case in cases]
    if found == want:
        return RIGHT
    for mistaken, says in mistakes:
        if found == [mistaken(*case) for case in cases]:
            return says
    case, wanted, yours = next(x for x in zip(cases, want, found, strict=True) if x[1] != x[2])
    given = ", ".join(map(repr, case))
    return f"For {given}, {what} should be {wanted}, not {yours}."


@in_words("one number")
def check_bits_per_byte(mine: Callable[[float, int, str], float]) -> str:
    """Notebook 07: mine(nats_per_token, n_tokens, text) is the loss of text in bits per byte."""
    nats, n, text = 3.1, 11, "un café à l'été, 5 € l'une"
    chars, raw, bit = len(text), len(text.encode()), math.log(2)
    got = mine(nats, n, text)
    if got is None:
        return NOT_YET
    diagnosis = named(
        float(got),
        [
            (nats * n / bit / raw, RIGHT),
            (nats * n / raw, "These are nats per byte: divide by ln 2."),
            (nats * n * bit / raw, "You multiply by ln 2: a nat is more than a bit, so divide."),
            (nats * n / bit / chars, "These are bits per character: é has two bytes, € three."),
            (nats * n / chars, "These are nats per character: divide by ln 2 and by bytes."),
            (nats * n * bit / chars, "Divide by ln 2, do not multiply, and by bytes."),
            (nats / bit, "These are bits per token: multiply by the tokens, divide by the bytes."),
            (nats * bit, "Divide by ln 2, do not multiply, and count the bytes."),
            (nats, "This is the loss you are given: count it in bits, and per byte."),
            (nats * n / bit, "These are the bits of the whole text: divide by its bytes."),
            (nats * n, "These are the nats of the whole text: divide by ln 2 and by its bytes."),
            (nats / bit / raw, "The loss is that of one token: multiply by the tokens."),
            (nats / bit / chars, "The loss is that of one token: multiply by the tokens."),
            (nats / raw, "Multiply by the tokens and divide by ln 2."),
            (nats * raw / n / bit, "The wrong way round: multiply by tokens and divide by bytes."),
            (nats * chars / n / bit, "The wrong way round: multiply by tokens, divide by bytes."),
            (math.exp(nats), "This is the perplexity: we want bits, without exp."),
            (math.exp(nats * n / raw), "This is a perplexity per byte: we want bits, no power."),
            (raw * bit / nats / n, "These are bytes per bit: turn the fraction round."),
            (nats * n / math.log10(2) / raw, "That is the logarithm to base 10: take ln 2."),
            (nats * n / bit / raw / 8, "A byte counts as one: do not divide by 8."),
            (nats * n / bit / raw * 8, "A byte counts as one: do not multiply by 8."),
            (
                nats * n / bit / len(text.encode("utf-16-le")),
                "These are the bytes of UTF-16: take text.encode(), which is UTF-8.",
            ),
            (
                nats * len(text.split()) / bit / raw,
                "You count words: multiply by the number of tokens.",
            ),
        ],
    )
    if diagnosis == RIGHT:
        other = float(mine(2.0, 3, "€uro"))
        if not near(other, 1 / math.log(2)):
            return f"Right, but not for 2.0, 3, '€uro': 1.4427, but yours is {other:.4f}."
        return RIGHT
    right = nats * n / bit / raw
    return diagnosis or f"For {nats}, {n}, {text!r} it should be {right:.4f}, not {float(got):.4f}."
