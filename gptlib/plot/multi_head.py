"""The picture of multi-head attention, drawn from the arrays of a forward pass."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle
from numpy.typing import ArrayLike

from gptlib.plot.page import arrow, frame, line, matrix, page, shades, text
from gptlib.plot.style import FAINT, INK, KEY, LOOKS, PAPER, QUERY, QUIET, VALUE

COLORS = {"q": QUERY, "k": KEY, "v": VALUE}


def multi_head(
    x: ArrayLike,
    maps: Mapping[str, ArrayLike],
    slices: Mapping[str, ArrayLike],
    weights: ArrayLike,
    mask: ArrayLike,
    mixed: ArrayLike,
    joined: ArrayLike,
    out: ArrayLike,
) -> Figure:
    """Draw a forward pass through multi-head attention, with the shapes of the arrays.

    x, joined, out: (B, T, C), of which the first row of the batch is drawn
    maps: "q", "k" and "v" -> projections of x, (B, T, C); slices: these, split into heads,
        (B, H, T, D)
    weights: (B, H, T, T); mask: (T, T), bool, True = may look; mixed: (B, H, T, D)
    """
    _, H, T, D = np.shape(mixed)
    title = f"{H} heads look in {H} ways: each has its own slice of q, k and v, made from all of x"
    fig, ax = page(6.3, title)
    cut = np.asarray(slices["q"]).swapaxes(1, 2)
    notes = [
        ("Three maps read all of x", [("B, T, C", x)], "x as well as q, k and v"),
        ("Cut into heads: q, k, v, not x", [("B, T, H, D", cut), ("B, H, T, D", slices["q"])], ""),
        ("Each head has its own weights", [("B, H, T, T", weights)], "rows ask, columns answer"),
        ("Weights times the slice of v", [("B, H, T, D", mixed)], ""),
        ("Side by side; proj mixes them", [("B, T, C", joined)], "before and after proj"),
    ]
    tops = [0.96, 2.32, 3.29, 4.34, 5.44]
    for top, (words, shapes, more) in zip(tops, notes, strict=True):
        text(ax, 0.1, top + 0.1, words, size=10, weight="bold", ha="left")
        for i, (letters, array) in enumerate(shapes):
            told = f"({letters}) = ({', '.join(map(str, np.shape(array)))})"
            text(ax, 0.1, top + 0.35 + 0.21 * i, told, family="monospace", ha="left")
        text(ax, 0.1, top + 0.35 + 0.21 * len(shapes), more, ha="left")

    cell, left, pitch, slim = 0.14, 2.95, 1.54, 0.14 * D
    starts = _three_maps(ax, x, maps, H, (left, tops[0]), cell)
    values = []  # where each head's slice of v stands
    for h in range(H):
        places = dict(zip("qkv", left + h * pitch + np.array([0.08, 0.49, 1.0]), strict=True))
        values.append(places["v"] + slim / 2)
        for name, end in places.items():
            way = [starts[name][h], (end + slim / 2, tops[1] - 0.2)]
            line(ax, way, COLORS[name])
            text(ax, end + slim / 2, tops[1] - 0.1, name, size=10)
            colors = shades(COLORS[name], maps[name])
            corner = (end, tops[1])
            matrix(ax, f"{name} of head {h}", corner, slices[name][0][h], (cell, cell), colors)
        _own_weights(ax, h, weights[0][h], mask, left + h * pitch, values[h], tops[1:4], T * cell)
        corner = (places["v"], tops[3])
        matrix(ax, f"mixed {h}", corner, mixed[0][h], (cell, cell), shades(VALUE, joined))
    bottoms = [(v, tops[3] + T * cell + 0.03) for v in values]
    _side_by_side(ax, bottoms, joined, out, tops[4], cell)
    return fig


def _three_maps(
    ax: Axes,
    x: ArrayLike,
    maps: Mapping[str, ArrayLike],
    H: int,
    corner: tuple[float, float],
    cell: float,
) -> dict[str, list[tuple[float, float]]]:
    """Draw x, and q, k and v in slices; return the point below each slice."""
    (left, top), (_, T, C) = corner, np.shape(x)
    wide, high, slim, gap = C * cell, T * cell, C // H * cell, 0.05
    starts = {name: left + 1.67 + 1.51 * i for i, name in enumerate("qkv")}
    half = (wide + (H - 1) * gap) / 2
    matrix(ax, "x", corner, x[0], (cell, cell), shades(INK, x))
    text(ax, left - 0.1, top + high / 2, "x", size=11, weight="bold", ha="right")
    bracket, bus = top - 0.1, top - 0.36
    ends = (left, bracket + 0.05), (left + wide, bracket + 0.05)
    line(ax, [ends[0], (left, bracket), (left + wide, bracket), ends[1]])
    middle = left + wide / 2
    line(ax, [(middle, bracket), (middle, bus), (starts["v"] + half, bus)])
    text(ax, middle + 0.09, top - 0.2, f"all {C} channels", ha="left")
    below = {}
    for name, module in zip("qkv", ("query", "key", "value"), strict=True):
        start = starts[name]
        arrow(ax, (start + half, bus), (start + half, top - 0.04))
        text(ax, start + half + 0.09, top - 0.2, module, family="monospace", ha="left")
        text(ax, start - 0.08, top + high / 2, name, size=11, weight="bold", ha="right")
        below[name] = []
        for h, part in enumerate(np.split(np.asarray(maps[name])[0], H, axis=1)):
            place = start + h * (slim + gap)
            colors = shades(COLORS[name], maps[name])
            matrix(ax, f"{name} {h}", (place, top), part, (cell, cell), colors)
            below[name].append((place + slim / 2, top + high + 0.03))
    return below


def _own_weights(
    ax: Axes,
    h: int,
    weights: ArrayLike,
    mask: ArrayLike,
    left: float,
    v: float,
    tops: Sequence[float],
    high: float,
) -> None:
    """Draw the weights of head h between its slices and its mixed values, and the product sign."""
    cell = 0.17
    side = len(mask) * cell
    arrow(ax, (left + side / 2, tops[0] + high + 0.03), (left + side / 2, tops[1] - 0.04))
    matrix(ax, f"weights {h}", (left, tops[1]), weights, (cell, cell), LOOKS, mask=mask, edge=FAINT)
    frame(ax, (left, tops[1]), side, side, QUIET, 0.8)
    text(ax, left + side / 2, tops[1] + side + 0.17, f"head {h}", size=10)
    times, radius = tops[1] + side / 2, 0.09
    line(ax, [(v, tops[0] + high + 0.03), (v, times - radius)], VALUE)
    line(ax, [(left + side + 0.04, times), (v - radius, times)])
    ax.add_patch(Circle((v, times), radius, facecolor=PAPER, edgecolor=QUIET))
    text(ax, v, times, "×", size=11)
    arrow(ax, (v, times + radius), (v, tops[2] - 0.04))


def _side_by_side(
    ax: Axes,
    bottoms: Sequence[tuple[float, float]],
    joined: ArrayLike,
    out: ArrayLike,
    top: float,
    cell: float,
) -> None:
    """Draw the heads' mixed values joined side by side, and the output of proj."""
    (_, T, C), H = np.shape(joined), len(bottoms)
    wide, high = C * cell, T * cell
    left, right = np.mean([x for x, _ in bottoms]) - wide / 2, 7.78
    matrix(ax, "joined", (left, top), joined[0], (cell, cell), shades(VALUE, joined))
    for h, bottom in enumerate(bottoms):
        line(ax, [bottom, (left + (h + 0.5) * wide / H, top - 0.04)], VALUE)
        frame(ax, (left + h * wide / H, top), wide / H, high, VALUE, 1)
    matrix(ax, "out", (right, top), out[0], (cell, cell), shades(INK, out))
    arrow(ax, (left + wide + 0.08, top + high / 2), (right - 0.08, top + high / 2))
    text(ax, (left + wide + right) / 2, top + high / 2 - 0.14, "proj", family="monospace")
