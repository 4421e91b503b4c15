"""The picture of a translation's attention weights on its source."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from gptlib.plot.attention import MOST_NUMBERS
from gptlib.plot.page import frame, matrix, page, scale, text
from gptlib.plot.style import FAINT, HIGHLIGHT, LOOKS, QUIET, WIDTH, visible


def alignment(
    weights: ArrayLike,
    source: Sequence[str],
    target: Sequence[str],
    links: Sequence[tuple[int, int]] | None = None,
    *,
    title: str,
    wanted: Sequence[str] | None = None,
) -> Figure:
    """Draw the attention weights of a target's tokens on its source: rows ask, columns answer.

    weights: (T, S), also written in the cells if S is at most 8; source: S names; target: the T
        tokens that are read; about 16 of each at most
    links: pairs of a column and a row that belong together; their cells have a frame
    wanted: the T tokens that the rows are asked for, written to the right of them

    ValueError for weights or links that do not fit the names, and for another number of wanted.
    """
    weights, links = np.asarray(weights), list(links or ())
    source, target = [visible(name) for name in source], [visible(name) for name in target]
    wanted = [visible(name) for name in wanted or ()]
    S, T = len(source), len(target)
    if weights.shape != (T, S):
        raise ValueError(f"weights are {weights.shape}, target and source ({T}, {S})")
    if wanted and len(wanted) != T:
        raise ValueError(f"{len(wanted)} tokens are wanted of {T} rows")
    for s, t in links:
        if not (0 <= s < S and 0 <= t < T):
            raise ValueError(f"link ({s}, {t}) lies outside of {S} source and {T} target tokens")
    letter, key = 0.1, 1.7  # inches
    left = 0.55 + letter * max(map(len, target))
    right = 0.4 + letter * max(map(len, wanted)) if wanted else 0
    cell = min(0.42, (WIDTH - left - right - key) / S, 6 / T)
    longest = letter * max(map(len, source))
    turned = longest > cell
    top, side, high = 0.72 + (longest if turned else 0.2), S * cell, T * cell
    fig, ax = page(top + max(high, 1.75) + 0.15, title)
    told = f"rows, target: {' '.join(target)}; columns, source: {' '.join(source)}"
    fig.set_label(f"{title}. Attention weights; {told}")
    text(ax, left + side / 2, 0.5, "answers: source", size=10)
    asks = "asks: target, word read" if wanted else "asks: target"
    text(ax, 0.2, top + high / 2, asks, size=10, rotation=90)
    numbers = S <= MOST_NUMBERS
    matrix(ax, "weights", (left, top), weights, (cell, cell), LOOKS, None, numbers, FAINT)
    frame(ax, (left, top), side, high, QUIET, 0.8)
    for s, name in enumerate(source):
        style = {"rotation": 90} if turned else {}
        text(ax, left + (s + 0.5) * cell, top - 0.07, name, va="bottom", **style)
    for t, name in enumerate(target):
        text(ax, left - 0.09, top + (t + 0.5) * cell, name, ha="right")
    for t, name in enumerate(wanted):
        text(ax, left + side + 0.09, top + (t + 0.5) * cell, name, ha="left", color=QUIET)
    if wanted:
        x = left + side + right - 0.1
        text(ax, x, top + high / 2, "asked for", size=10, rotation=90, color=QUIET)
    for s, t in links:
        inset = 0.02
        corner = left + s * cell + inset, top + t * cell + inset
        frame(ax, corner, cell - 2 * inset, cell - 2 * inset, HIGHLIGHT, 2.2)
    x = left + side + right + 0.3
    scale(ax, (x, top), LOOKS)
    if links:
        frame(ax, (x, top + 1.45), 0.22, 0.22, HIGHLIGHT, 2.2)
        text(ax, x + 0.32, top + 1.56, "belong together", ha="left")
    return fig
