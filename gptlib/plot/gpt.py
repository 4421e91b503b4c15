"""The picture of a decoder-only Transformer, drawn from the arrays of a forward pass."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from numpy.typing import ArrayLike

from gptlib.plot.norms import steps_of
from gptlib.plot.page import box, page, text, way
from gptlib.plot.residual import climb, plus, upwards
from gptlib.plot.style import GROUND, QUIET
from gptlib.plot.transformer import LAYERS, NEW, mask_at

WORDS = LAYERS | {"ln_1": "ln_1, a norm", "ln_2": "ln_2, a norm"}
# In inches: the middle of the stack and half the width of its blocks, and where parts stand.
MIDDLE, HALF = 2.55, 0.8
IDX, TOK, SUM, DROP, BOTTOM, TOP, NORM, LINEAR, LOGITS = (
    6.5,
    6.1,
    5.55,
    5.1,
    4.3,
    2.4,
    1.7,
    1.15,
    0.62,
)
OPENED = (4.75, 0.75, 4.05, 4.85)  # left, top, width and height of the block shown in detail
PALE = {"facecolor": GROUND, "zorder": -2}  # below the hatching of a mask
DASHED = {"color": QUIET, "linewidth": 1.2, "linestyle": (0, (4, 3))}


def gpt(
    arrays: Mapping[str, ArrayLike], order: Sequence[str], mask: ArrayLike, n_layer: int
) -> Figure:
    """Draw a GPT from the bottom up, with the shapes of the arrays, and one block in detail.

    arrays: "idx" (B, T); "positions" (T, C); "embedded", which enters the first block, and
        "stream", which leaves the last, (B, T, C); "logits" (B, T, V); "table" (V, C)
    order: the parts of a block in the order in which it calls them
    mask: (T, T), bool, True = may look; n_layer: how many blocks there are

    ValueError for a block with a norm on the stream itself.
    """
    steps = steps_of(order)
    if any(after for _, after in steps):
        raise ValueError(f"a block calls {', '.join(order)}: draw one with its norms first")
    shapes = {name: f"({', '.join(map(str, np.shape(array)))})" for name, array in arrays.items()}
    title = "A GPT is one stream: each block reads it twice, and twice adds to it"
    fig, ax = page(6.75, title)
    _embedding(ax, shapes)
    _blocks(ax, n_layer, len(steps))
    upwards(ax, MIDDLE, SUM - 0.11, NORM + 0.15)
    box(ax, "dropout", (MIDDLE, DROP), "dropout")
    for y, name in ((DROP - 0.4, "embedded"), (TOP - 0.2, "stream")):
        text(ax, MIDDLE - 0.12, y, f"(B, T, C) = {shapes[name]}", family="monospace", ha="right")
    box(ax, "ln_f", (MIDDLE, NORM), "ln_f, a norm", face=NEW)
    way(ax, [(MIDDLE, NORM - 0.15), (MIDDLE, LINEAR + 0.15)])
    box(ax, "linear", (MIDDLE, LINEAR), "linear, the same table")
    way(ax, [(MIDDLE, LINEAR - 0.15), (MIDDLE, LOGITS + 0.1)])
    text(ax, MIDDLE, LOGITS, f"logits (B, T, V) = {shapes['logits']}", family="monospace")
    _table(ax, shapes["table"])
    _opened(ax, steps, mask, shapes["embedded"])
    _notes(ax)
    return fig


def _embedding(ax: Axes, shapes: Mapping[str, str]) -> None:
    """Draw how ids become the vectors that enter the stream."""
    text(ax, MIDDLE, IDX, f"idx (B, T) = {shapes['idx']}", family="monospace")
    way(ax, [(MIDDLE, IDX - 0.1), (MIDDLE, TOK + 0.15)])
    box(ax, "tok_emb", (MIDDLE, TOK), "tok_emb")
    way(ax, [(MIDDLE, TOK - 0.15), (MIDDLE, SUM + 0.12)])
    plus(ax, (MIDDLE, SUM))
    box(ax, "pos_emb", (MIDDLE + 1.25, SUM), "pos_emb", (0.95, 0.3))
    way(ax, [(MIDDLE + 0.775, SUM), (MIDDLE + 0.12, SUM)])
    told = f"(T, C) = {shapes['positions']}"
    text(ax, MIDDLE + 1.25, SUM + 0.28, told, family="monospace")


def _blocks(ax: Axes, n_layer: int, layers: int) -> None:
    """Draw all blocks as one, with a branch and a sum for each layer."""
    high = BOTTOM - TOP
    corner = MIDDLE - HALF, TOP
    ax.add_patch(Rectangle(corner, 2 * HALF, high, **PALE, gid="blocks"))
    text(
        ax, MIDDLE - HALF - 0.1, TOP + 0.15, f"N = {n_layer} ×", size=10, weight="bold", ha="right"
    )
    pitch = high / layers
    for i in range(layers):
        below, above = BOTTOM - (i + 0.17) * pitch, BOTTOM - (i + 0.79) * pitch
        x = MIDDLE + 0.45
        way(ax, [(MIDDLE, below), (x, below), (x, above), (MIDDLE + 0.12, above)])
        plus(ax, (MIDDLE, above))
    left, top, _, opened = OPENED
    for y, end in ((TOP, top), (BOTTOM, top + opened)):
        ax.plot((MIDDLE + HALF, left), (y, end), **DASHED | {"linestyle": ":"})


def _table(ax: Axes, shape: str) -> None:
    """Draw the table of token embeddings, with dashed lines to where it is used."""
    x, y, left = 0.62, 3.35, MIDDLE - 0.875
    box(ax, "table", (x, y), f"one table\n(V, C) =\n{shape}", (1.0, 0.62))
    for start, use in ((y + 0.31, TOK), (y - 0.31, LINEAR)):
        ax.plot((x, x, left), (start, use, use), **DASHED)


def _opened(
    ax: Axes, steps: Sequence[tuple[list[str], list[str]]], mask: ArrayLike, shape: str
) -> None:
    """Draw one block in detail."""
    left, top, wide, high = OPENED
    ax.add_patch(Rectangle((left, top), wide, high, **PALE, gid="opened"))
    stream, branch, bottom = left + 0.5, left + 2.95, top + high - 0.42
    heights = climb(ax, "block", (stream, branch), bottom + 0.1, steps, WORDS, (1.6, 0.3))
    upwards(ax, stream, bottom + 0.1, top + 0.3)
    text(ax, stream, top + 0.16, "x", size=11, weight="bold")
    text(ax, stream, bottom + 0.24, "x", size=11, weight="bold")
    text(ax, stream + 0.15, bottom + 0.24, f"(B, T, C) = {shape}", family="monospace", ha="left")
    mask_at(ax, "mask", "causal", mask, (branch - 0.8, heights["attn"]))


def _notes(ax: Axes) -> None:
    notes = [
        ("Norms", "on branches; none on the stream before ln_f"),
        ("Attention", "brings positions what others hold"),
        ("Feed-forward", "works on each position by itself"),
    ]
    left, y = OPENED[0], OPENED[1] + OPENED[3] + 0.22
    for words, more in notes:
        text(ax, left, y, words, weight="bold", ha="left")
        text(ax, left + 1.1, y, more, ha="left")
        y += 0.23
