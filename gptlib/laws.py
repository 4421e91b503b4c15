"""Power laws: how a loss falls as more is spent, and what that predicts of spending more."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike


@dataclass(frozen=True)
class PowerLaw:
    """loss = floor + scale * x ** -exponent, as fitted to some points.

    error: the standard error of the exponent
    off: how far the logarithms of loss - floor are from the line that was fitted to them: the root
        of the mean square, where the mean counts two points less, which a line always hits
    """

    floor: float
    scale: float
    exponent: float
    error: float
    off: float

    def __call__(self, x: ArrayLike) -> np.ndarray:
        """The loss that the law predicts for each x."""
        return self.floor + self.scale * np.asarray(x, float) ** -self.exponent


def fit(x: ArrayLike, loss: ArrayLike, floor: float) -> PowerLaw:
    """The power law of points, if the loss that nothing can get below is known.

    The logarithm of loss - floor is then a straight line in that of x, and least squares find it.
    ValueError for fewer than three points, for an x that is not above 0, and for a loss that is not
    above floor.
    """
    x, loss = _points(x, loss)
    if not (loss > floor).all():
        raise ValueError(f"a loss is {loss.min():g}: give losses above floor = {floor:g}")
    across, up = np.log(x), np.log(loss - floor)
    (slope, start), residuals, *_ = np.polyfit(across, up, 1, full=True)
    off = np.sqrt(residuals.sum() / (len(x) - 2))
    error = off / np.sqrt(((across - across.mean()) ** 2).sum())
    return PowerLaw(float(floor), float(np.exp(start)), float(-slope), float(error), float(off))


def fit_floor(x: ArrayLike, loss: ArrayLike, most: int = 1_000) -> PowerLaw:
    """The power law of points if nobody knows the floor: of many, the one with the least `misfit`.

    most: how many floors are tried, at equal distances from 0 to the lowest loss. If the floor
        comes out as 0, that is a bound, and no estimate

    ValueError as in `fit`.
    """
    x, loss = _points(x, loss)
    floors = loss.min() * np.arange(most) / most
    return min((fit(x, loss, floor) for floor in floors), key=lambda law: misfit(law, x, loss))


def misfit(law: PowerLaw, x: ArrayLike, loss: ArrayLike) -> float:
    """The mean square of the logarithms of loss / law(x)."""
    return float(np.mean(np.log(np.asarray(loss) / law(x)) ** 2))


def valley(x: ArrayLike, y: ArrayLike) -> tuple[float, float] | None:
    """The parabola through the lowest point and its two neighbours, in the logarithms of x and y.

    x: in ascending order, such as the sizes of models, and y > 0, such as their losses above a
        floor, after the same compute

    Returns the x at which it is lowest, and its curvature a: beside that x, y grows by the factor
    exp(a * log(x / lowest) ** 2). None if the lowest point has only one neighbour: then the lowest
    x may lie further out. ValueError for fewer than three points and for x in another order.
    """
    x, y = _points(x, y)
    if not (np.diff(x) > 0).all():
        raise ValueError(f"x is {x.tolist()}: give it in ascending order")
    i = int(y.argmin())
    if i in (0, len(x) - 1):
        return None
    near = slice(i - 1, i + 2)
    a, b, _ = np.polyfit(np.log(x[near]), np.log(y[near]), 2)
    return float(np.exp(-b / (2 * a))), float(a)


def _points(x: ArrayLike | Sequence, loss: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    x, loss = np.asarray(x, float), np.asarray(loss, float)
    if len(x) < 3 or len(x) != len(loss):
        raise ValueError(f"{len(x)} x and {len(loss)} losses: give three points or more")
    if not (x > 0).all():
        raise ValueError(f"an x is {x.min():g}: give numbers above 0, which have a logarithm")
    return x, loss
