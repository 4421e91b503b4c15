"""Pictures of how attention is computed, of masks, and of which channels of x each head reads."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from gptlib.plot.page import arrow, frame, matrix, page, shades, text, tint
from gptlib.plot.style import BARE, HIGHLIGHT, INK, KEY, LOOKS, QUERY, QUIET, VALUE, WIDTH, visible

PLAIN = LinearSegmentedColormap.from_list("plain", [BARE] * 2)
SEEN = LinearSegmentedColormap.from_list("seen", [LOOKS(0.3)] * 2)


def attention_steps(
    names: Sequence[str],
    vectors: Mapping[str, ArrayLike],
    products: ArrayLike,
    scores: ArrayLike,
    mask: ArrayLike,
    weights: ArrayLike,
    mixed: ArrayLike,
) -> Figure:
    """Draw attention on a small example, from queries, keys and values to the mixed values.

    names: the T tokens, each of which asks and answers; the row of the last has a frame
    vectors: "q", "k" and "v" -> (T, D)
    products: (T, T), q kᵀ; scores: (T, T), these divided by √D; mask: (T, T), bool, True = may
        look; weights: (T, T); mixed: (T, D)
    """
    names, weights = [visible(name) for name in names], np.asarray(weights)
    q, k, v = (np.asarray(vectors[name]) for name in "qkv")
    T, D = q.shape
    size = wide, high = 0.34, 0.31
    top, close, far = 2.2, 0.1, 0.3  # close: the gap between a factor and its product
    most = int(weights[-1].argmax())
    told = f"“{names[-1]}” gives {weights[-1, most]:.2f} of its attention to “{names[most]}”"
    fig, ax = page(top + T * high + 1, told)

    steps = [
        ("q", q, None, tint(QUERY), "(T, D)", "queries", close),
        ("q kᵀ", products, None, PLAIN, "(T, S)", "each query\nwith each key", far),
        ("scores", scores, None, PLAIN, "(T, S)", f"divided by\n√D = {D**0.5:.2f}", far),
        ("masked", scores, mask, PLAIN, "(T, S)", "the future\nis hidden", far),
        ("weights", weights, mask, LOOKS, "(T, S)", "softmax: each\nrow sums to 1", close),
        ("mixed", mixed, None, tint(VALUE), "(T, D)", "weights\ntimes v", 0),
    ]
    left, places = 0.9, {}
    for name, values, seen, colors, shape, words, gap in steps:
        places[name], width = left, np.shape(values)[1] * wide
        matrix(ax, name, (left, top), values, size, colors, mask=seen, numbers=True)
        frame(ax, (left, top + (T - 1) * high), width, high, HIGHLIGHT)
        middle, below = left + width / 2, top + T * high
        text(ax, middle, below + 0.18, name, size=11, weight="bold")
        text(ax, middle, below + 0.39, shape, family="monospace")
        text(ax, middle, below + 0.53, words, va="top")
        left += width + gap
        if gap == far:
            arrow(ax, (left - far + 0.05, top + T * high / 2), (left - 0.05, top + T * high / 2))

    # Each number of a product stands where a row of one factor meets a column of the other.
    left, above = places["q kᵀ"], top - close - D * high
    matrix(ax, "kᵀ", (left, above), k.T, size, tint(KEY), numbers=True)
    text(ax, left - 0.12, above + 0.2, "kᵀ", size=11, weight="bold", ha="right")
    text(ax, left - 0.12, above + 0.42, "(D, S)", family="monospace", ha="right")
    for s, name in enumerate(names):
        text(ax, left + (s + 0.5) * wide, above - 0.07, name, va="bottom", rotation=90)
    left, above = places["mixed"], top - close - T * high
    matrix(ax, "v", (left, above), v, size, tint(VALUE), numbers=True)
    text(ax, left + D * wide / 2, above - 0.35, "v", size=11, weight="bold")
    text(ax, left + D * wide / 2, above - 0.14, "(S, D)", family="monospace")
    for i, name in enumerate(names):
        text(ax, left - 0.08, above + (i + 0.5) * high, name, ha="right")
        weight = "bold" if i == T - 1 else "normal"
        text(ax, 0.82, top + (i + 0.5) * high, name, ha="right", weight=weight)

    middle = (places["scores"] + places["weights"]) / 2 + wide
    text(ax, middle, 1.05, "mixed = softmax(q kᵀ / √D) v", size=14)
    words = f"Rows ask, columns answer: T = S = {T}, D = {D}."
    words += "\nHatched cells count as −∞ in the softmax."
    text(ax, middle, 1.6, words, linespacing=1.4)
    return fig


def masks(panels: Mapping[str, tuple[ArrayLike, Sequence[str], str]], title: str) -> Figure:
    """Draw masks side by side; rows ask, columns answer, and masked cells are hatched.

    panels: name -> mask (T, T), bool, True = may look; T tokens; and what it means, in words
    """
    T = len(next(iter(panels.values()))[1])
    pitch = (WIDTH - 0.4) / len(panels)
    cell = (pitch - 0.4) / T
    top, side = 0.9, T * cell
    fig, ax = page(top + side + 1, title)
    for x, words, seen in ((6.05, "may look", True), (7.4, "must not look", False)):
        matrix(ax, words, (x, 0.1), [[seen]], (0.2, 0.2), SEEN, mask=[[seen]])
        frame(ax, (x, 0.1), 0.2, 0.2, QUIET, 0.8)
        text(ax, x + 0.28, 0.2, words, ha="left")
    text(ax, 0.17, top + side / 2, "asks", size=10, rotation=90)
    for i, (name, (mask, tokens, words)) in enumerate(panels.items()):
        left = 0.6 + i * pitch
        text(ax, left, top - 0.18, name, size=11, weight="bold", ha="left")
        matrix(ax, name, (left, top), mask, (cell, cell), SEEN, mask=mask, edge=QUIET)
        frame(ax, (left, top), side, side, QUIET, 0.8)
        for t, token in enumerate(tokens):
            text(ax, left - 0.11, top + (t + 0.5) * cell, visible(token))
            text(ax, left + (t + 0.5) * cell, top + side + 0.13, visible(token))
        text(ax, left + side / 2, top + side + 0.34, "answers", size=10)
        text(ax, left, top + side + 0.5, words, ha="left", va="top", linespacing=1.3)
    return fig


def head_maps(
    maps: Mapping[str, ArrayLike], n_head: int, counted: Mapping[str, int], at: str
) -> Figure:
    """Draw, for several kinds of attention, the query projection: the matrix from x to queries.

    maps: name -> (C, H * D); row c is what channel c of x adds to each channel of the queries
    counted: name -> number of parameters of the query, key and value projections together, at
        the sizes that `at` names
    """
    arrays = {name: np.asarray(array) for name, array in maps.items()}
    C, H = len(next(iter(arrays.values()))), n_head
    columns = sum(array.shape[1] for array in arrays.values())
    gap, left, top = 0.52, 0.4, 0.98
    cell = (WIDTH - left - 0.1 - gap * (len(arrays) - 1)) / columns
    below = top + C * cell
    fig, ax = page(below + 2, "Narrow heads see a slice of x, standard and wide heads all of it")
    text(ax, 0.2, (top + below) / 2, "channels of x", rotation=90)
    for name, array in arrays.items():
        D = array.shape[1] // H
        text(ax, left, top - 0.42, name, size=11, weight="bold", ha="left")
        colors = shades(QUERY, [0, np.abs(array).max()])
        matrix(ax, name, (left, top), np.abs(array), (cell, cell), colors)
        frame(ax, (left, top), H * D * cell, C * cell, QUIET, 0.8)
        seen = _blocks(ax, array, H, (left, top), cell)
        if seen < C:
            for x, y in ((0.75, 0.25), (0.25, 0.75)):
                place = left + x * H * D * cell, top + y * C * cell
                text(ax, *place, "0", size=14, color=QUIET)
        text(ax, left, below + 0.14, "channels of q", ha="left")
        root = "√C" if D == C else "√D"
        lines = (
            f"a head sees {seen} of {C}",
            f"scale 1/{root} = 1/√{D}",
            f"at {at}:",
            f"{counted[name]:,} parameters",
        )
        for i, line in enumerate(lines):
            text(ax, left, below + 0.48 + 0.22 * i, line, ha="left")
        left += H * D * cell + gap
    notes = [
        f"Drawn from the maps themselves, with C = {C} and H = {H}: "
        "the darker, the further from 0.",
        "A letter is a map: where it comes again, the same numbers serve another head.",
        "Parameters: of the maps for queries, keys and values together.",
    ]
    text(ax, 0.1, below + 1.39, "\n".join(notes), ha="left", va="top", linespacing=1.35)
    return fig


def _blocks(ax: Axes, array: np.ndarray, H: int, corner: tuple[float, float], cell: float) -> int:
    """Frame the channels that each head reads, a letter for each matrix; return how many."""
    (left, top), known = corner, []
    for h, part in enumerate(np.split(array, H, axis=1)):
        (rows,) = np.nonzero(part.any(axis=1))
        block, wide = part[rows].tolist(), part.shape[1] * cell
        if block not in known:
            known.append(block)
        letter = "abcdefgh"[known.index(block)]
        text(ax, left + (h + 0.5) * wide, top - 0.13, letter, size=10, weight="bold")
        place = (left + h * wide, top + rows[0] * cell)
        frame(ax, place, wide, len(rows) * cell, INK, 1.2)
    return len(rows)
