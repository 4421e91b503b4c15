"""The check of notebook 03's exercise on dropout."""

import math
from collections.abc import Callable, Sequence

from gptlib.exercises.checking import (
    NOT_YET,
    RIGHT,
    also,
    in_words,
    named_list,
    near,
    numbers,
    row_differs,
)


@in_words("a list of numbers, one for each weight")
def check_dropout(mine: Callable[[list[float], list[bool], float], Sequence[float]]) -> str:
    """Notebook 03: mine(weights, kept, p) is the row of weights after dropout."""
    weights, kept, p = [0.4, 0.1, 0.3, 0.2], [True, False, True, True], 0.2
    S = len(weights)

    def row(scale: float, stays: Sequence[bool] = kept, other: float = 0.0) -> list[float]:
        return [w * scale if stay else other for w, stay in zip(weights, stays, strict=True)]

    got = mine(list(weights), list(kept), p)
    if got is None:
        return NOT_YET
    got = numbers(got)
    scales = [
        (1 / (1 - p), RIGHT),
        (1, "The right ones are dropped: now divide the others by 1 - p, to make up for them."),
        (1 / sum(row(1)), "You make the row sum to 1 again: divide by 1 - p, whatever is kept."),
        (S / sum(kept), "You divide by the share kept this time: divide by 1 - p, its average."),
        (1 / p, "You divide by p, the share that is dropped: divide by 1 - p, the share kept."),
        (1 - p, "You multiply by 1 - p: divide by it, so that those kept count for more."),
        (p, "You multiply by p: divide by 1 - p, so that those kept count for more."),
        (1 + p, "You multiply by 1 + p: divide by 1 - p, which is not the same."),
    ]
    around = "The mask is the wrong way round: kept is True for those that stay."
    others = [not keep for keep in kept]
    all_stay = "Nothing is dropped: where kept is False the weight becomes 0."
    minus = "You put -inf where a weight is dropped: that is for scores; a weight becomes 0."
    diagnoses = [(row(scale), says) for scale, says in scales]
    diagnoses += [(row(scale, others), around) for scale, _ in scales]
    diagnoses.append((row(1 / weights[1], others), around))
    diagnoses += [(row(scale, [True] * S), all_stay) for scale, _ in scales]
    diagnoses += [(row(scale, other=-math.inf), minus) for scale, _ in scales]
    again = "You take a second softmax: these are weights already, so only divide by 1 - p."
    exps = [math.exp(w) * stay for w, stay in zip(weights, kept, strict=True)]
    diagnoses += [([n * e / sum(exps) for e in exps], again) for n in (1, 1 / (1 - p))]
    diagnosis = named_list(got, diagnoses)
    if diagnosis == RIGHT:
        return _more_dropout(mine)
    if diagnosis:
        return diagnosis
    given = f"{weights}, kept {kept} and p = {p}"
    return row_differs(got, row(1 / (1 - p)), "weight (0 for those dropped)", given)


def _more_dropout(mine: Callable[[list[float], list[bool], float], Sequence[float]]) -> str:
    """RIGHT if a right function is also right where all are dropped, or none, and for other p.

    Otherwise what is wrong.
    """
    if not near(numbers(mine([0.75, 0.25], [False, False], 0.5)), [0, 0]):
        return "If kept is False everywhere, all weights become 0."
    if not near(numbers(mine([0.75, 0.25], [True, True], 0.0)), [0.75, 0.25]):
        return "For p = 0 nothing is dropped, and each weight stays as it is."
    return also(mine([0.5, 0.25, 0.25], [True, True, False], 0.75), [2, 1, 0], "S = 3 and p = 0.75")
