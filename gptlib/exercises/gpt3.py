"""The checks for the exercises of notebook 10 on bands and on power laws."""

import math
from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor

from gptlib.attention import attention, banded_mask, causal_mask
from gptlib.exercises.checking import EXACT, NOT_YET, RIGHT, described, in_words, near, numbers

Banded = Callable[[Tensor, Tensor, Tensor, int], Tensor]


def _masks(T: int, width: int) -> list[tuple[Tensor, str]]:
    """Masks of a band, the right one first, and what to say to those who have it."""
    at = torch.arange(T)
    back, block = at[:, None] - at, at // width
    same = block[:, None] == block
    two = same | (block[:, None] == block + 1)
    past = causal_mask(T)
    return [
        (banded_mask(T, width), RIGHT),
        (
            banded_mask(T, width + 1),
            "Your band is one too wide: a position sees width tokens, itself included.",
        ),
        (
            banded_mask(T, max(1, width - 1)),
            "Your band is one too narrow: a position sees width tokens, itself included.",
        ),
        (
            same & past,
            "Your blocks see only themselves: a block also needs the keys of the one before it.",
        ),
        (
            two & past,
            "You cut off the future, but not the past: without the band's edge, the last query of "
            "a block sees 2 * width keys.",
        ),
        (two, "Your blocks have no mask: within two blocks a query still sees the future."),
        (
            two & (back < width),
            "Your band ends in the past, but not at the query: it sees the future.",
        ),
        (past, "You look at the whole past: only the last width tokens are in the band."),
    ]


@in_words("a tensor (T, D)")
def check_banded_attention(mine: Banded) -> str:
    """Notebook 10: mine(q, k, v, width) is attention in a band, (T, D), block by block.

    It must not multiply a query with keys that are neither in its block nor in the one before.
    """
    for T, width in ((12, 3), (11, 4), (9, 2), (5, 8)):
        generator = torch.Generator().manual_seed(T)
        q, k, v = torch.randn(3, T, 4, dtype=torch.float64, generator=generator)
        got = mine(q, k, v, width)
        if got is None:
            return NOT_YET
        if got.shape != (T, 4):
            return f"For T = {T}, width = {width} return {(T, 4)}: yours is {described(got)}."
        if (says := _told(got, q, k, v, width)) != RIGHT:
            return says
        if T >= 3 * width:
            v[0] = math.nan  # 0 times nan is nan, so whoever multiplies with it shows it
            if mine(q, k, v, width)[2 * width :].isnan().any():
                return (
                    "Right, but each query still meets keys that it may not see, and gives them a "
                    "weight of 0: take the keys of two blocks, and no others, for each block."
                )
    return RIGHT


def _told(got: Tensor, q: Tensor, k: Tensor, v: Tensor, width: int) -> str:
    """RIGHT, or what is wrong with what was mixed, got."""
    T = len(q)
    for mask, says in _masks(T, width):
        if torch.allclose(got, attention(q, k, v, mask)[0], rtol=0, atol=EXACT):
            return says
    off = (got - attention(q, k, v, banded_mask(T, width))[0]).abs().amax(-1)
    row = int((off > EXACT).nonzero()[0, 0])
    return f"For T = {T}, width = {width} row {row} is not what `attention` gives in a band."


@in_words("two numbers: the scale and the exponent")
def check_power_law(
    mine: Callable[[Sequence[float], Sequence[float]], tuple[float, float]],
) -> str:
    """Notebook 10: mine(x, y) is the scale and the exponent of y = scale * x ** -exponent.

    They are those of the straight line through the logarithms that least squares find.
    """
    for x, y in (
        ([1e11, 3e11, 1e12, 3e12], [5.0, 3.9, 2.8, 2.4]),
        ([2.0, 5.0, 11.0], [0.7, 0.8, 0.2]),
    ):
        got = mine(x, y)
        if got is None:
            return NOT_YET
        got = numbers(got)
        logs = np.log(x), np.log(y)
        slope, start = np.polyfit(*logs, 1)
        back, at = np.polyfit(*logs[::-1], 1)
        straight, zero = np.polyfit(x, y, 1)
        scale, exponent = math.exp(start), -slope
        diagnoses = [
            ((scale, exponent), RIGHT),
            ((exponent, scale), "The scale comes first, then the exponent."),
            (
                (scale, slope),
                "The exponent should be positive where y falls: it is minus the slope.",
            ),
            (
                (start, exponent),
                "Your scale is its own logarithm: take exp of where the line starts.",
            ),
            ((start, slope), "You return the line itself: scale = exp(start), exponent = -slope."),
            (
                (start / math.log(10), exponent),
                "Your scale is its own logarithm: raise 10 to where the line starts.",
            ),
            (
                (math.exp(start / math.log(10)), exponent),
                "You take logarithms to base 10 and go back with exp: use one base for both.",
            ),
            ((zero, -straight), "You fit a line to x and y: take the logarithms of both."),
            (
                (math.exp(-at / back), -1 / back),
                "You fit x to y: errors count in y, so fit log y to log x.",
            ),
        ]
        for (a, b), says in diagnoses:
            if near(got, [a, b], 1e-6 * max(1, abs(a))):
                if says == RIGHT:
                    break
                return says
        else:
            yours = ", ".join(f"{number:.6g}" for number in got)
            return (
                f"For x = {x}, y = {y} it should be {scale:.6g}, {exponent:.6g}: yours is {yours}."
            )
    return RIGHT
