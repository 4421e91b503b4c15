"""The check of notebook 05's exercise on the number of parameters."""

from collections.abc import Callable
from itertools import combinations
from typing import NamedTuple

from gptlib.exercises.checking import (
    EXACT,
    NOT_YET,
    also,
    in_words,
    near,
    numbers,
)


class Size(NamedTuple):
    """The sizes that determine a GPT's number of parameters."""

    V: int
    T: int
    n_layer: int
    C: int
    tied: bool

    def __str__(self) -> str:
        return ", ".join(f"{name} = {value}" for name, value in self._asdict().items())


# Over all of these, no two mistakes give the same counts, unless their formulas are the same.
SIZES = [Size(97, 16, 3, 8, True), Size(97, 16, 3, 8, False), Size(50, 24, 2, 12, False)]
SIZES += [Size(31, 40, 5, 20, True), Size(13, 6, 1, 4, False)]
GPT_2_SMALL = Size(50_257, 1024, 12, 768, True)


def _block(C: int) -> int:
    """The parameters of a block: attention's four linear layers, feed-forward's two, two norms."""
    return 4 * (C * C + C) + (8 * C * C + 5 * C) + 2 * 2 * C


def _count(size: Size) -> int:
    V, T, n_layer, C, tied = size
    return V * C + T * C + n_layer * _block(C) + 2 * C + (0 if tied else V * C)


LINEARS = (
    "Attention has four linear layers, query, key, value and proj: C * C and a bias of C each."
)
PROJ = "Attention's fourth linear layer is missing: proj, with C * C and a bias of C."
INNER = (
    "The feed-forward layer has 4C channels inside, and two linear layers: C * 4C in, 4C * C out, "
    "and biases of 4C and C."
)

# By how many times C * C and how many times C each block is counted too large, and what to do
# about it. Below 0 something is missing; with a matrix its bias may be missing, or all biases.
PER_BLOCK = [
    (
        (-4, 0),
        "4 C * C are missing in each block: attention has four matrices of C * C, and the "
        "feed-forward layer has two of 4 C * C.",
    ),
    (
        (0, -4),
        "4C are missing in each block: the biases of attention's four linear layers, C each (or "
        "else both norms, or the first bias of the feed-forward layer).",
    ),
    ((0, -5), "The biases of the feed-forward layer are missing: 4C inside and C at its end."),
    (
        (0, -9),
        "The biases of all linear layers are missing: in each block 4 of C in attention, then 4C "
        "and C.",
    ),
    (
        (0, -3),
        "3C are missing in each block: query, key and value have a bias of C each, and the first "
        "bias of the feed-forward layer has 4C numbers, not C.",
    ),
    ((0, -2), "2C are missing in each block: it has two norms, each with a gain and a bias of C."),
    ((0, -1), "C is missing in each block: do both layers called proj have their bias?"),
    (
        (0, 3),
        "The second bias of the feed-forward layer has C numbers, not 4C: that "
        "layer's output has C channels again.",
    ),
    *(((-1, biases), PROJ) for biases in (-1, -4, 0)),
    *(((n - 4, biases), LINEARS) for n in (0, 1, 2) for biases in (n - 4, -4, 0)),
    *(((2 * (n - 4), biases), INNER) for n in (0, 1, 2, 3, 8) for biases in (n - 4, -5)),
    *(((-4, biases), INNER) for biases in (-1, -5)),
]

EVERY_NORM = "All norms are missing: two in each block and the last, each a gain and a bias of C."
LAST_NORM = "The last norm is missing, after all blocks: a gain and a bias, C each."
HALF_NORMS = "Each norm has a gain and a bias, C numbers each: you count one of the two."
TIED = "A tied table counts once: with tied the head is the table of embeddings, at no cost."
HEAD = "Without tied the head is a table of its own: V * C more."
TABLE = "The table of embeddings is missing: V rows of C, with tied or without."
HEAD_BIAS = "The head has no bias: it is a table of V * C, and nothing else."
MASK = "A mask is not learned: its T * T places are no parameters."

# By how much each mistake changes the count, and what to do about it.
MISTAKES = [
    (lambda s: s.V * s.C * s.tied, TIED),
    (lambda s: -s.V * s.C * (not s.tied), HEAD),
    (
        lambda s: s.V * s.C * (1 if s.tied else -1),
        "Swapped: with tied the head costs nothing, without it is a table of its own, V * C.",
    ),
    (lambda s: -s.V * s.C, TABLE),
    (lambda s: -s.V * s.C * s.tied, TABLE),
    (lambda s: -s.T * s.C, "The positions are missing: each of the T has a row of C."),
    (lambda s: -(2 * s.n_layer + 1) * 2 * s.C, EVERY_NORM),
    (lambda s: -(2 * s.n_layer + 1) * s.C, HALF_NORMS),
    (lambda s: -2 * s.C, LAST_NORM),
    (lambda s: -s.C, "The last norm has a gain and a bias, C numbers each, as all norms have."),
    (lambda s: 2 * (s.n_layer - 1) * s.C, "There is one last norm, not one in each block."),
    (lambda s: s.V, HEAD_BIAS),
    (lambda s: s.V * (not s.tied), HEAD_BIAS),
    *(
        (lambda s, c2=c2, c=c: s.n_layer * (c2 * s.C + c) * s.C, says)
        for (c2, c), says in PER_BLOCK
    ),
    (
        lambda s: (1 - s.n_layer) * _block(s.C),
        "You count only one block: there are n_layer of them, each with parameters of its own.",
    ),
    (
        lambda s: (s.n_layer - 1) * (_count(s) - s.n_layer * _block(s.C)),
        "You take n_layer times everything: tables, last norm and head are there once.",
    ),
    (lambda s: s.T * s.T, MASK),
    (lambda s: s.n_layer * s.T * s.T, MASK),
]


@in_words("one number")
def check_parameters(mine: Callable[[int, int, int, int, bool], float]) -> str:
    """Notebook 05: mine(V, T, n_layer, C, tied) is the number of parameters of a GPT.

    The GPT is pre-norm, with biases in all linear layers and norms but not in the head, with T
    learned positions, 4C channels inside the feed-forward layer and a norm after the last block.
    """
    want, got = [_count(size) for size in SIZES], []
    for size in SIZES:
        answer = mine(*size)
        if answer is None:
            return f"For {size} your function returns None." if got else NOT_YET
        got += numbers([answer])
        if isinstance(got[-1], list):
            return "Return one number, the sum of all, and not a list."
    if near(got, want, EXACT):
        return also([mine(*GPT_2_SMALL)], [_count(GPT_2_SMALL)], f"GPT-2 small, {GPT_2_SMALL}", 0)
    off = [x - right for x, right in zip(got, want, strict=True)]
    by = [([wrong(size) for size in SIZES], says) for wrong, says in MISTAKES]
    for values, says in by:
        if near(off, values, EXACT):
            return says
    # Of two mistakes, report the first; once that is mended, the other will be reported.
    for (one, says), (other, _) in combinations(by, 2):
        if near(off, [x + y for x, y in zip(one, other, strict=True)], EXACT):
            return says
    i = next(i for i, x in enumerate(got) if not near(x, want[i], EXACT))
    return f"For {SIZES[i]} it should be {want[i]:,}, but yours is {got[i]:,.10g}."
