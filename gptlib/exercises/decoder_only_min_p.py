"""The check of notebook 05's exercise on min-p."""

import math
from collections.abc import Callable, Sequence
from itertools import product

from gptlib.exercises.checking import (
    NOT_YET,
    RIGHT,
    in_words,
    named_list,
    near,
    numbers,
    row_differs,
)

MinP = Callable[[list[float], float], Sequence[float]]


@in_words("a list of numbers, one for each token")
def check_min_p(mine: MinP) -> str:
    """Notebook 05: mine(probs, share) keeps what has at least share times the highest of probs."""
    # One token has exactly that much: a quarter of 0.4 is 0.1 in any precision.
    probs, share = [0.1, 0.4, 0.05, 0.12, 0.2, 0.13], 0.25
    got = mine(list(probs), share)
    if got is None:
        return NOT_YET
    got = numbers(got)
    diagnoses = _mistaken(probs, share)
    diagnosis = named_list(got, diagnoses)
    if diagnosis == RIGHT:
        return _edges_of_min_p(mine)
    given = f"probs {probs} and share = {share}"
    each = "token (0 for those cut off)"
    return diagnosis or row_differs(got, diagnoses[0][0], each, given)


def _mistaken(probs: list[float], share: float) -> list[tuple[list[float], str]]:
    """What min-p makes of probs, then what each usual mistake makes of them."""
    highest = max(probs)
    least = share * highest
    side = "You keep the unlikely tokens: keep those that have at least share times the highest."
    absolute = (
        "You compare with share itself: a token has to have share times the highest, "
        f"{share} * {highest} = {least:g}, or more."
    )
    choices = [
        (lambda p: p >= least, RIGHT),
        (lambda p: p > least, f"At least share times the highest: {least:g} itself is kept too."),
        (lambda p: p >= share, absolute),
        (lambda p: p > share, absolute),
        (
            lambda p: p >= highest - share,
            f"You subtract share from the highest: take share times it, {least:g}.",
        ),
        (lambda p: p < least, side),
        (lambda p: p <= least, side),
        (lambda p: p < share, side),
        (lambda p: True, "Nothing is cut: what has less than share times the highest becomes 0."),
    ]

    def kept(stays: Callable[[float], bool]) -> list[float]:
        return [p if stays(p) else 0.0 for p in probs]

    ends = [
        (lambda row: [p / sum(row) for p in row], RIGHT),
        (lambda row: row, "The right ones are kept: now scale them so that they sum to 1."),
        (lambda row: [p / highest for p in row], "You divide by the highest: divide by the sum."),
        (
            lambda row: [p / sum(map(bool, row)) for p in row],
            "You divide by how many are kept: divide by their sum.",
        ),
        (
            lambda row: [bool(p) / sum(map(bool, row)) for p in row],
            "All that are kept become equal: divide them all by their sum instead.",
        ),
        (
            lambda row: [bool(p) * math.exp(p) / sum(math.exp(x) for x in row if x) for p in row],
            "These are probabilities already: divide by their sum, without a softmax.",
        ),
        (
            lambda row: sorted((p / sum(row) for p in row), reverse=True),
            "Right, but sorted: put each probability back in its place.",
        ),
        (
            lambda row: sorted(p / sum(row) for p in row),
            "Right, but sorted: put each probability back in its place.",
        ),
    ]
    return [
        (end(kept(stays)), wrong if wrong != RIGHT else says)
        for (stays, wrong), (end, says) in product(choices, ends)
    ]


def _edges_of_min_p(mine: MinP) -> str:
    """RIGHT, or what goes wrong where share is 0 or 1, or where there are more tokens."""
    if not near(numbers(mine([0.5, 0.0, 0.125, 0.375], 0.0)), [0.5, 0, 0.125, 0.375]):
        return "For share = 0 every token is kept, in its place and with its own probability."
    if not near(numbers(mine([0.375, 0.25, 0.375], 1.0)), [0.5, 0, 0.5]):
        return "For share = 1 only the likeliest are kept, all of them if they are equally likely."
    probs = [0.125, 0.0625, 0.25, 0.03125, 0.03125, 0.5]
    for share, want in [(0.5, [0, 0, 1 / 3, 0, 0, 2 / 3]), (0.125, [2, 1, 4, 0, 0, 8])]:
        want = [x / sum(want) for x in want]
        got = numbers(mine(list(probs), share))
        if not near(got, want):
            given = f"probs {probs} and share = {share}"
            return row_differs(got, want, "token (0 for those cut off)", given)
    return RIGHT
