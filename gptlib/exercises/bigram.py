"""Checks for the exercises of notebook 01."""

import math
from collections.abc import Callable, Sequence
from itertools import pairwise

from gptlib.exercises.checking import NOT_YET, RIGHT, in_words, named, near


@in_words
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
        return RIGHT
    if len(got) != V or any(len(row) != V for row in got):
        return f"Return {V} rows of {V} counts: id 3 never comes, and has its row and column too."
    if got == [[sum(column) for column in zip(*want, strict=True)]] * V:
        return "All rows are the same: [[0] * V] * V is one list, V times; make V different ones."
    if got == [list(column) for column in zip(*want, strict=True)]:
        return "Rows and columns are exchanged: row a has what came after a, not before it."
    if got == [[n / max(1, sum(row)) for n in row] for row in want]:
        return "These are fractions: return the counts themselves."
    around = [list(row) for row in want]
    around[ids[-1]][ids[0]] += 1
    if got == around:
        return "You count the last id with the first: nothing came after the last."
    if sum(map(sum, got)) != len(ids) - 1:
        return (
            f"{len(ids)} ids make {len(ids) - 1} pairs; your counts sum to {sum(map(sum, got)):g}."
        )
    return f"For ids {ids} the table should be {want}, and yours is {got}."


@in_words
def check_gradient(mine: Callable[[list[float], int], Sequence[float]]) -> str:
    """Notebook 01: mine(logits, came) is the gradient of -ln softmax(logits)[came]."""
    logits, came = [0.5, 0.0, 2.0, -1.0], 1
    exps = [math.exp(z) for z in logits]
    probs = [e / sum(exps) for e in exps]
    once = [float(i == came) for i in range(len(logits))]
    got = mine(logits, came)
    if got is None:
        return NOT_YET
    got = [float(x) for x in got]
    if len(got) != len(logits):
        return f"Return one number for each of the {len(logits)} logits, not {len(got)}."
    diagnoses = [
        ([p - o for p, o in zip(probs, once, strict=True)], RIGHT),
        ([o - p for p, o in zip(probs, once, strict=True)], "The sign is wrong: this is downhill."),
        (probs, "These are the probabilities: take 1 away at the place of what came."),
        (
            [e - o for e, o in zip(exps, once, strict=True)],
            "Divide the exponentials by their sum before you take 1 away.",
        ),
        (
            [z - o for z, o in zip(logits, once, strict=True)],
            "Turn the logits into probabilities by a softmax before you take 1 away.",
        ),
        (
            [(p - 1) * o for p, o in zip(probs, once, strict=True)],
            "The logits of what did not come have a gradient too: their probabilities.",
        ),
        (
            [-o / p for p, o in zip(probs, once, strict=True)],
            "This is the derivative by the probabilities: go on to the logits, by the chain rule.",
        ),
    ]
    for tolerance in (1e-5, 1e-2):
        for values, diagnosis in diagnoses:
            if near(got, values, tolerance):
                inexact = diagnosis == RIGHT and tolerance > 1e-5
                return "Nearly, but not to five digits: find a formula." if inexact else diagnosis
    want = ", ".join(f"{x:.3f}" for x in diagnoses[0][0])
    yours = ", ".join(f"{x:.3f}" for x in got)
    return f"The gradient for logits {logits} and came = {came} is {want}, and yours is {yours}."


@in_words
def check_top_p(mine: Callable[[list[float], float], Sequence[float]]) -> str:
    """Notebook 01: mine(probs, p) keeps as few of the likeliest as have at least p together."""
    probs, p = [0.1, 0.4, 0.2, 0.3], 0.65
    got = mine(probs, p)
    if got is None:
        return NOT_YET
    got = [float(x) for x in got]
    diagnoses = [
        ([0, 4 / 7, 0, 3 / 7], RIGHT),
        ([4 / 7, 3 / 7, 0, 0], "Right, but sorted: put each probability back in its place."),
        ([0, 0.4, 0, 0.3], "The right ones are kept: now scale them so that they sum to 1."),
        ([0, 1, 0, 0], "The token with which p is reached is kept too: 0.4 is less than 0.65."),
        ([0, 0.4, 0, 0], "The token with which p is reached is kept too: 0.4 is less than 0.65."),
        ([0, 4 / 9, 2 / 9, 3 / 9], "You keep one too many: 0.4 and 0.3 are enough for 0.65."),
        ([1 / 3, 0, 2 / 3, 0], "You keep the unlikeliest: begin with the highest probability."),
    ]
    for values, diagnosis in diagnoses:
        if near(got, values):
            return diagnosis if diagnosis != RIGHT else _edges_of_top_p(mine)
    if len(got) != len(probs):
        return f"Return a probability for each of the {len(probs)} tokens, 0 for those cut off."
    yours = ", ".join(f"{x:.3f}" for x in got)
    return f"For probs {probs} and p = {p} it should be 0, 4/7, 0, 3/7, and yours is {yours}."


def _edges_of_top_p(mine: Callable[[list[float], float], Sequence[float]]) -> str:
    """RIGHT, or what goes wrong where p is very small, or is reached exactly, or is 1."""
    if list(mine([0.25, 0.75], 0.01)) != [0, 1]:
        return "For a very small p the likeliest token should still be kept, alone."
    if list(mine([0.5, 0.25, 0.25], 0.5)) != [1, 0, 0]:
        return "Where the likeliest has exactly p, it is enough: keep no other."
    if list(mine([0.5, 0.25, 0.25], 1.0)) != [0.5, 0.25, 0.25]:
        return (
            "For p = 1 every token should be kept, in its own place and with its own probability."
        )
    tied = mine([0.25, 0.25, 0.25, 0.25], 0.5)
    if sorted(float(x) for x in tied) != [0, 0, 0.5, 0.5]:
        return "Of equally likely tokens keep only as many as are needed: 2 of 4 for p = 0.5."
    return RIGHT


@in_words
def check_score(mine: Callable[[list[float], list[int]], float]) -> str:
    """Notebook 01: mine(losses, sizes) is the mean over all targets of all batches."""
    losses, sizes = [2.5, 3.0, 1.0], [10, 20, 2]
    total = sum(loss * n for loss, n in zip(losses, sizes, strict=True))
    got = mine(losses, sizes)
    if got is None:
        return NOT_YET
    diagnoses = [
        (total / sum(sizes), RIGHT),
        (sum(losses) / len(losses), "This is the mean over batches: a batch of 2 counts as 20 do."),
        (total, "This is the sum over all targets: divide it by how many there are."),
        (total / len(losses), "Divide by the number of targets, not by that of batches."),
        (sum(losses) / sum(sizes), "Multiply each mean by its size first: that undoes its mean."),
    ]
    if diagnosis := named(got, diagnoses):
        return diagnosis
    return f"For {losses} and {sizes} it is {total / sum(sizes):.4f}, and yours is {got:.4f}."
