"""What a picture refuses to draw, in one sentence: too many or too few, not the same, no shares."""

from collections.abc import Collection

import numpy as np
from numpy.typing import ArrayLike


def check_count(names: Collection, what: str, most: int, why: str = "can be told apart") -> None:
    """ValueError unless there are 1 to `most`; what: lines, tasks or the like; why: not more."""
    if not 1 <= len(names) <= most:
        raise ValueError(f"{len(names)} {what}: give 1 to {most}, which {why}")


def check_same(
    name: str, of: Collection[str], other: str, others: Collection[str], what: str
) -> None:
    """ValueError unless `of` and `others` have the same names, in whatever order."""
    if set(of) != set(others):
        raise ValueError(
            f"{name} has the {what} {list(of)} and {other} {list(others)}: give the same"
        )


def shares_of(values: ArrayLike, where: str) -> np.ndarray:
    """The shares of some seeds as an array; ValueError unless one or more, from 0 to 1."""
    values = np.asarray(values, float)
    if values.ndim != 1 or not len(values) or not ((0 <= values) & (values <= 1)).all():
        raise ValueError(f"{where} has {values.tolist()}: give one or more shares from 0 to 1")
    return values
