"""The checks of notebook 01's counts, and of its loss over many batches."""

import math
from collections.abc import Callable, Sequence
from itertools import pairwise

from gptlib.exercises.checking import NOT_YET, RIGHT, in_words, named


@in_words("V lists of V counts")
def check_counts(mine: Callable[[list[int], int], Sequence[Sequence[int]]]) -> str:
    """Notebook 01: mine(ids, V) counts in row a, column b how often b came right after a."""
    ids, V = [0, 2, 1, 2, 2, 2, 0, 2], 4
    want = [[0] * V for _ in range(V)]
    for before, after in pairwise(ids):
        want[before][after] += 1
    got = mine(list(ids), V)
    if got is None:
        return NOT_YET
    got = [[float(n) for n in row] for row in got]
    if got == want:
        return _other_counts(mine)
    if len(got) != V or any(len(row) != V for row in got):
        return (
            f"Return {V} rows of {V} counts: id 3 never occurs, but still has a row and a column."
        )
    if got == [[sum(column) for column in zip(*want, strict=True)]] * V:
        return "All your rows are one list: [[0] * V] * V repeats it, so make V different lists."
    if got == [list(column) for column in zip(*want, strict=True)]:
        return "Rows and columns are swapped: row a has what came after a, not before it."
    if got == [[n / max(1, sum(row)) for n in row] for row in want]:
        return "These are fractions: return the counts themselves."
    around = [list(row) for row in want]
    around[ids[-1]][ids[0]] += 1
    if got == around:
        return "You pair the last id with the first, but nothing comes after the last."
    if got == [[min(1, n) for n in row] for row in want]:
        return "You record whether a pair occurs, not how often: add 1 each time, += 1."
    if sum(map(sum, got)) != len(ids) - 1:
        return (
            f"{len(ids)} ids make {len(ids) - 1} pairs; your counts sum to {sum(map(sum, got)):g}."
        )
    return f"For ids {ids} the table should be {want}, but yours is {got}."


def _other_counts(mine: Callable[[list[int], int], Sequence[Sequence[int]]]) -> str:
    """RIGHT if a right function also is right for other ids."""
    for ids, V in (([1, 1, 1, 0], 2), ([2], 3), ([0, 1, 2, 3, 4, 0, 1], 5)):
        want = [[0] * V for _ in range(V)]
        for before, after in pairwise(ids):
            want[before][after] += 1
        if [[float(n) for n in row] for row in mine(list(ids), V)] != want:
            return f"Right, but not for ids {ids} and V = {V}."
    return RIGHT


@in_words("one number")
def check_score(mine: Callable[[list[float], list[int]], float]) -> str:
    """Notebook 01: mine(losses, sizes) is the mean over all targets of all batches."""
    losses, sizes = [2.5, 3.0, 1.0], [10, 20, 2]
    total = sum(loss * n for loss, n in zip(losses, sizes, strict=True))
    got = mine(losses, sizes)
    if got is None:
        return NOT_YET
    diagnoses = [
        (total / sum(sizes), RIGHT),
        (
            sum(losses) / len(losses),
            "This is the mean over batches: one with 2 targets counts as much as one with 20.",
        ),
        (total, "This is the sum over all targets: divide it by how many there are."),
        (total / len(losses), "Divide by the number of targets, not by the number of batches."),
        (sum(losses) / sum(sizes), "Multiply each mean by its size first: that undoes its mean."),
        (sum(losses), "These are means: multiply each by its size before you add them up."),
    ]
    if (diagnosis := named(got, diagnoses)) == RIGHT:
        one = float(mine([2.0], [7]))
        return RIGHT if math.isclose(one, 2.0) else "Right, but not for a single batch."
    if diagnosis:
        return diagnosis
    return f"For {losses} and {sizes} it is {total / sum(sizes):.4f}, but yours is {got:.4f}."
