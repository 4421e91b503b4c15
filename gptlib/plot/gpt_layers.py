"""Pictures of the two layers of a block, step by step, drawn from the arrays of a forward pass."""

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import Colormap, LinearSegmentedColormap
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from gptlib.plot.multi_head import COLORS
from gptlib.plot.page import box, frame, matrix, page, shades, text, tint, way
from gptlib.plot.style import DARK, FAINT, HIGHLIGHT, INK, LOOKS, PAPER, QUIET, SKY, VALUE, WIDTH

CELL, GAP, AWAY = 0.095, 0.06, 0.17  # inches: of a cell, between heads, between steps
SIGNED = LinearSegmentedColormap.from_list("signed", [SKY, PAPER, INK])


def gpt_attention(
    x: ArrayLike,
    maps: Mapping[str, ArrayLike],
    slices: Mapping[str, ArrayLike],
    scores: ArrayLike,
    mask: ArrayLike,
    weights: ArrayLike,
    mixed: ArrayLike,
    joined: ArrayLike,
    out: ArrayLike,
) -> Figure:
    """Draw the eight steps of causal self-attention in order, with the shape after each.

    x, joined, out: (B, T, C), of which the first row of the batch is drawn
    maps: "q", "k" and "v" -> projections of x, (B, T, C); slices: these, split into heads,
        (B, H, T, D)
    scores, before the mask, and weights: (B, H, T, T); mask: (T, T), bool, True = may look
    mixed: (B, H, T, D)
    """
    _, H, T, _ = np.shape(mixed)
    title = "Causal self-attention in eight steps: q and k make the weights, and these mix v"
    fig, ax = page(5.3, title)
    lanes = {"q": 1.3, "k": 2.0, "v": 2.7}
    high = T * CELL
    ends = _first_row(ax, x, maps, slices, lanes, high)
    at, scored = (lanes["q"] + lanes["k"]) / 2, 7.55
    _step(ax, 3, "scores", (6.65, at), "q kᵀ\n/ √D", (0.7, 0.44))
    for name in "qk":
        way(ax, [(ends, lanes[name]), (6.3, at)], COLORS[name], f"{name} to scores")
    grey = shades(DARK, scores)
    wide = H * T * CELL + (H - 1) * GAP
    _heads(ax, "scores", (scored, at - high / 2), scores, grey)
    way(ax, [(7.0, at), (scored - 0.03, at)])
    text(ax, scored + wide / 2, at - high / 2 - 0.13, "scores", size=10)
    _shape(ax, scored + wide / 2, at + high / 2 + 0.15, "B, H, T, T", scores)

    row = 4.2
    turn = [(scored + wide / 2, at + high / 2 + 0.48), (scored + wide / 2, 3.3), (0.5, 3.3)]
    way(ax, [*turn, (0.5, row - 0.22)], name="scores to mask")
    items = [
        (4, "mask", "causal\nmask", 0.72, "masked", scores, grey, mask, "B, H, T, T"),
        (5, "softmax", "softmax", 0.72, "weights", weights, LOOKS, mask, "B, H, T, T"),
        (6, "mix", "weights\n× v", 0.72, "mixed", mixed, shades(VALUE, joined), None, "B, H, T, D"),
        (7, "join", "join", 0.5, "joined", joined, shades(VALUE, joined), None, "B, T, C"),
        (8, "proj", "proj", 0.5, "out", out, shades(INK, out), None, "B, T, C"),
    ]
    left = 0.14
    for number, name, words, size, array, values, colors, seen, letters in items:
        _step(ax, number, name, (left + size / 2, row), words, (size, 0.44))
        if name == "mix":
            x, y = left + size / 2, lanes["v"] + high / 2 + 0.04
            way(ax, [(ends - 0.4, y), (ends - 0.4, 3.05), (x, 3.05), (x, row - 0.22)], VALUE, "v")
        way(ax, [(left + size, row), (left + size + AWAY, row)])
        left += size + AWAY
        end = _heads(ax, array, (left, row - high / 2), values, colors, seen)
        text(ax, (left + end) / 2, row - high / 2 - 0.13, array, size=10)
        _shape(ax, (left + end) / 2, row + high / 2 + 0.15, letters, values)
        if name != "proj":
            way(ax, [(end, row), (end + AWAY, row)])
        left = end + AWAY
    text(ax, 0.1, 5.1, _told(H), ha="left")
    return fig


def _told(H: int) -> str:
    return (
        f"Drawn from a forward pass, its {H} heads side by side; rows ask, columns answer, hatched "
        "cells are hidden."
    )


def _first_row(
    ax: Axes,
    x: ArrayLike,
    maps: Mapping[str, ArrayLike],
    slices: Mapping[str, ArrayLike],
    lanes: Mapping[str, float],
    high: float,
) -> float:
    """Draw how x becomes queries, keys and values, split into heads; return their right edge."""
    middle, left = lanes["k"], 0.35
    end = _heads(ax, "x", (left, middle - high / 2), x, shades(INK, x))
    text(ax, (left + end) / 2, middle - high / 2 - 0.13, "x", size=11, weight="bold")
    _shape(ax, (left + end) / 2, middle + high / 2 + 0.15, "B, T, C", x)
    for name, module in zip("qkv", ("query", "key", "value"), strict=True):
        y, face = lanes[name], tint(COLORS[name])(0)
        way(ax, [(end, middle), (1.62, y)], name=f"x to {name}")
        box(ax, module, (2.0, y), module, (0.76, 0.3), face)
        way(ax, [(2.38, y), (2.87, y)], COLORS[name])
        colors = shades(COLORS[name], maps[name])
        mapped = _heads(ax, name, (2.9, y - high / 2), maps[name], colors)
        text(ax, 2.6, y - 0.13, name, size=10)
        way(ax, [(mapped, y), (4.22, y)], COLORS[name])
        box(ax, f"cut {name}", (4.55, y), "cut", (0.66, 0.3))
        way(ax, [(4.88, y), (5.17, y)], COLORS[name])
        end_of = _heads(ax, f"{name} of heads", (5.2, y - high / 2), slices[name], colors)
    top = lanes["q"] - high / 2
    for number, at in ((1, 1.68), (2, 4.28)):
        text(ax, at, top - 0.06, str(number), size=10, weight="bold")
    _shape(ax, (2.9 + mapped) / 2, top - 0.44, "B, T, C", maps["q"])
    _shape(ax, (5.2 + end_of) / 2, top - 0.44, "B, H, T, D", slices["q"])
    return end_of


def _step(
    ax: Axes,
    number: int,
    name: str,
    middle: tuple[float, float],
    words: str,
    size: tuple[float, float],
) -> None:
    """Draw a box with the number of its step above it."""
    box(ax, name, middle, words, size)
    left, top = middle[0] - size[0] / 2, middle[1] - size[1] / 2
    text(ax, left + 0.06, top - 0.12, str(number), size=10, weight="bold")


def _heads(
    ax: Axes,
    name: str,
    corner: tuple[float, float],
    values: ArrayLike,
    colors: tuple[Colormap, float, float] | Colormap,
    mask: ArrayLike | None = None,
) -> float:
    """Draw the first row of a batch, (B, T, C), or its heads, (B, H, T, D), side by side.

    Returns the right edge.
    """
    (left, top), first = corner, np.asarray(values)[0]
    parts = first if first.ndim == 3 else first[None]
    for h, part in enumerate(parts):
        gid = f"{name} {h}" if first.ndim == 3 else name
        edge = FAINT if colors is LOOKS else PAPER  # so that white cells have a visible edge
        matrix(ax, gid, (left, top), part, (CELL, CELL), colors, mask=mask, edge=edge)
        rows, columns = part.shape
        frame(ax, (left, top), columns * CELL, rows * CELL, QUIET, 0.8)
        left += columns * CELL + GAP
    return left - GAP


def _shape(ax: Axes, x: float, y: float, letters: str, array: ArrayLike) -> None:
    """Write the shape of an array in letters and, below them, in numbers."""
    for i, told in enumerate((f"({letters})", f"({', '.join(map(str, np.shape(array)))})")):
        text(ax, x, y + 0.19 * i, told, family="monospace", size=9)


def feed_forward(
    x: ArrayLike,
    hidden: ArrayLike,
    active: ArrayLike,
    out: ArrayLike,
    at: ArrayLike,
    curves: Mapping[str, ArrayLike],
) -> Figure:
    """Draw the arrays of a feed-forward layer, with its activation function as a curve.

    x, out: (B, T, C), of which the first row of the batch is drawn; hidden and active, before and
        after the activation: (B, T, 4C)
    at: inputs; curves: activation function -> its values at these, first the one that is used
    """
    T, C = np.shape(x)[1:]
    inner = np.shape(hidden)[2]
    title = f"Feed-forward: each position by itself, from {C} channels to {inner} and back to {C}"
    fig, ax = page(3.2, title)
    cell = wide, high = 0.085, 0.24
    top = 1.0
    middle = top + T * high / 2
    left, row = 0.35, T // 2
    items = [
        ("x", x, "B, T, C", "fc", 0.45),
        ("hidden", hidden, "B, T, 4C", None, 1.3),
        ("active", active, "B, T, 4C", "proj", 0.45),
        ("out", out, "B, T, C", None, 0),
    ]
    text(ax, 0.17, middle, "positions", rotation=90)
    for name, values, letters, words, size in items:
        values = np.asarray(values)
        most = np.abs(values).max()
        end = left + values.shape[2] * wide
        matrix(ax, name, (left, top), values[0], cell, (SIGNED, -most, most), edge=FAINT)
        frame(ax, (left, top), end - left, T * high, QUIET, 0.8)
        frame(ax, (left, top + row * high), end - left, high, HIGHLIGHT)
        text(ax, (left + end) / 2, top - 0.14, name, size=11, weight="bold")
        _shape(ax, (left + end) / 2, top + T * high + 0.16, letters, values)
        left = end
        if words:
            way(ax, [(left, middle), (left + AWAY, middle)])
            box(ax, words, (left + AWAY + size / 2, middle), words, (size, 0.44))
            way(ax, [(left + AWAY + size, middle), (left + 2 * AWAY + size, middle)])
            left += 2 * AWAY + size
        elif size:
            way(ax, [(left, middle), (left + AWAY, middle)])
            _curve(fig, (left + AWAY, middle), size, at, curves)
            way(ax, [(left + AWAY + size, middle), (left + 2 * AWAY + size, middle)])
            left += 2 * AWAY + size
    x = 0.35
    for words, shade in (("below 0", 0.15), ("0", 0.5), ("above 0", 0.85)):
        matrix(ax, words, (x, 2.88), [[shade]], (0.16, 0.16), SIGNED, edge=QUIET)
        text(ax, x + 0.24, 2.96, words, ha="left")
        x += 0.4 + 0.075 * len(words) + 0.1
    frame(ax, (x, 2.88), 0.3, 0.16, HIGHLIGHT)
    text(ax, x + 0.38, 2.96, "what becomes of one position", ha="left")
    return fig


def _curve(
    fig: Figure,
    place: tuple[float, float],
    size: float,
    at: ArrayLike,
    curves: Mapping[str, ArrayLike],
) -> None:
    """Draw activation functions in a box whose left edge is centred on place."""
    (left, middle), height = place, fig.get_size_inches()[1]
    high = 1.5
    rect = (left / WIDTH, 1 - (middle + high / 2) / height, size / WIDTH, high / height)
    at = np.asarray(at)
    ax = fig.add_axes(rect, xlim=(at[0], at[-1]), ylim=(-0.6, 3))
    styles = ({"color": INK}, {"color": QUIET, "linestyle": (0, (4, 2))})
    for i, ((name, values), style) in enumerate(zip(curves.items(), styles, strict=True)):
        ax.plot(at, values, **style, linewidth=1.5)
        y = 2.6 - 0.45 * i
        ax.plot((-2.8, -1.9), (y, y), **style, linewidth=1.5)
        weight = "normal" if i else "bold"
        ax.text(-1.7, y, name, size=9.5, va="center", weight=weight)
    ax.axhline(0, color=FAINT, linewidth=0.8, zorder=0)
    ax.axvline(0, color=FAINT, linewidth=0.8, zorder=0)
    ax.set_xticks([-2, 0, 2])
    ax.set_yticks([])
    ax.tick_params(labelsize=9, length=2, pad=2)
    for spine in ax.spines.values():
        spine.set(visible=True, color=QUIET)
