"""The picture of the Transformer of 2017, drawn from the arrays of a forward pass."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from numpy.typing import ArrayLike

from gptlib.plot.diagrams import SEEN
from gptlib.plot.page import BOX, Point, box, frame, line, matrix, page, text, tint, way
from gptlib.plot.style import GROUND, HIGHLIGHT, KEY, PAPER, QUERY, QUIET, VALUE, WIDTH

LAYERS = {"attn": "self-attention", "cross": "cross-attention", "mlp": "feed-forward"}
NEW = tint(HIGHLIGHT)(0)
WIDE, HIGH = BOX
# In inches: the height of the box of cross-attention, the gaps below a layer and below a norm, and
# how far from the middle of a stack a residual connection runs.
TALL, BELOW_LAYER, BELOW_NORM, AROUND = 0.56, 0.32, 0.16, 1.12
EMBEDDED, PLACED = 1.02, 0.55  # inches below the bottom of a stack


def encoder_decoder(
    arrays: Mapping[str, ArrayLike],
    orders: Mapping[str, Sequence[str]],
    masks: Mapping[str, ArrayLike],
    n_layer: int,
) -> Figure:
    """Draw an encoder and a decoder from the bottom up, with the shapes of the arrays.

    arrays: "src" (B, S); "read", which enters the encoder, and "memory", (B, S, C); "idx" (B, T);
        "written", which enters the decoder, (B, T, C); "logits" (B, T, V); "table" (V, C)
    orders: "encoder" and "decoder" -> the parts of one block, in the order in which it calls them:
        attn, cross and mlp, each followed by the norm of its sum; dropout is not drawn
    masks: "encoder" (S, S), "decoder" (T, T) and "cross" (T, S), bool, True = may look
    n_layer: blocks in each stack

    ValueError for an order in which a norm stands elsewhere.
    """
    blocks = {stack: _layers_and_norms(order) for stack, order in orders.items()}
    shapes = {name: f"({', '.join(map(str, np.shape(array)))})" for name, array in arrays.items()}
    left, right, ground = 2.45, 6.4, 6.1
    end = ground - _heights(blocks["encoder"])["end"]
    memory = end - 0.2 - TALL / 2
    # The decoder is placed so that its cross-attention is level with memory.
    grounds = {"encoder": ground, "decoder": memory + _heights(blocks["decoder"])["cross"]}
    title = "The encoder turns the source into memory; the decoder looks at it as it writes"
    fig, ax = page(ground + 1.75, title)
    for stack, x, given, enters, letter in (
        ("encoder", left, "src", "read", "S"),
        ("decoder", right, "idx", "written", "T"),
    ):
        told = f"{given} (B, {letter}) = {shapes[given]}", f"(B, {letter}, C) = {shapes[enters]}"
        _embedding(ax, stack, (x, grounds[stack]), told)
        side = -1 if stack == "encoder" else 1
        _block(ax, stack, (x, grounds[stack]), blocks[stack], f"N = {n_layer} ×", side)

    way(ax, [(left, end), (left, memory + TALL / 2)])
    box(ax, "memory", (left, memory), "memory", (WIDE, TALL), NEW)
    told = f"(B, S, C) = {shapes['memory']}"
    text(ax, left, memory - 0.41, told, family="monospace")
    near, far = right - WIDE / 2, left + WIDE / 2
    for name, color, y, label in (("k", KEY, 0.08, -0.03), ("v", VALUE, 0.19, 0.31)):
        way(ax, [(far, memory + y), (near, memory + y)], color, name)
        text(ax, far + 0.3, memory + label, name, size=10)

    ask = grounds["encoder"] - _heights(blocks["encoder"])["attn"]
    mask_at(ax, "encoder", "source\npadding", masks["encoder"], (left - WIDE / 2, ask))
    ask = grounds["decoder"] - _heights(blocks["decoder"])["attn"]
    mask_at(ax, "decoder", "causal", masks["decoder"], (near, ask))
    mask_at(ax, "cross", "source\npadding", masks["cross"], (near, memory - 0.19))

    end = grounds["decoder"] - _heights(blocks["decoder"])["end"]
    way(ax, [(right, end), (right, end - 0.2)])
    box(ax, "linear", (right, end - 0.35), "linear, the same table")
    way(ax, [(right, end - 0.5), (right, end - 0.68)])
    told = f"logits (B, T, V) = {shapes['logits']}"
    text(ax, right, end - 0.78, told, family="monospace")
    ends = [(y + EMBEDDED) for y in grounds.values()]
    _one_table(ax, shapes["table"], (far, near), (*ends, end - 0.35))
    _notes(ax)
    return fig


def _layers_and_norms(order: Sequence[str]) -> list[str]:
    """The parts of order without dropout; ValueError unless a norm comes after each layer."""
    parts = [part for part in order if part != "dropout"]
    kinds = ["layer" if part in LAYERS else "norm" for part in parts]
    if kinds != ["layer", "norm"] * (len(kinds) // 2):
        raise ValueError(f"a block calls {', '.join(order)}: draw one with a norm after each layer")
    return parts


def _heights(parts: Sequence[str]) -> dict[str, float]:
    """How far above the bottom of a block the middle of each part is, and the block's end."""
    y, found = 0.0, {}
    for part in parts:
        high = TALL if part == "cross" else HIGH
        y += BELOW_LAYER if part in LAYERS else BELOW_NORM
        found[part] = y + high / 2
        y += high
    return found | {"end": y + 0.12}


def _embedding(ax: Axes, stack: str, foot: Point, told: tuple[str, str]) -> None:
    """Draw how ids become vectors below a stack; told: the shapes of the ids and of the vectors."""
    x, ground = foot
    embedded, placed = ground + EMBEDDED, ground + PLACED
    text(ax, x, embedded + 0.44, told[0], family="monospace")
    way(ax, [(x, embedded + 0.34), (x, embedded + HIGH / 2)])
    box(ax, f"{stack} tok_emb", (x, embedded), "tok_emb, times √C")
    way(ax, [(x, embedded - HIGH / 2), (x, placed + HIGH / 2)])
    box(ax, f"{stack} pos_emb", (x, placed), "+ pos_emb, dropout")
    line(ax, [(x, placed - HIGH / 2), (x, ground)])
    text(ax, x + 0.1, ground + 0.2, told[1], family="monospace", ha="left")


def _block(ax: Axes, stack: str, foot: Point, parts: Sequence[str], count: str, side: int) -> None:
    """Draw a block with its bottom at foot, and count beside it: side -1 is left, 1 is right."""
    (x, ground), heights = foot, _heights(parts)
    wide, high = AROUND + 1.13, heights["end"]
    style = {"facecolor": GROUND, "zorder": 0}
    ax.add_patch(Rectangle((x - 1, ground - high), wide, high, **style, gid=f"{stack} block"))
    edge = x - 1.08 if side < 0 else x - 1 + wide + 0.08
    told = {"ha": "right" if side < 0 else "left", "size": 10, "weight": "bold"}
    text(ax, edge, ground - high + 0.15, count, **told)
    below = ground
    for layer, norm in zip(parts[::2], parts[1::2], strict=True):
        tall, cross = (TALL if layer == "cross" else HIGH) / 2, layer == "cross"
        middle, sums = ground - heights[layer], ground - heights[norm]
        branch = middle + tall + 0.19
        line(ax, [(x, below), (x, branch)])
        way(ax, [(x, branch), (x, middle + tall)], QUERY if cross else QUIET, f"{stack} {layer}")
        if cross:
            text(ax, x - 0.13, branch - 0.09, "q", size=10)
        around = [(x, branch), (x + AROUND, branch), (x + AROUND, sums), (x + WIDE / 2, sums)]
        way(ax, around, name=f"around {stack} {layer}")
        size = WIDE, 2 * tall
        box(ax, f"{stack} {layer}", (x, middle), LAYERS[layer], size, NEW if cross else PAPER)
        way(ax, [(x, middle - tall), (x, sums + HIGH / 2)])
        box(ax, f"{stack} {norm}", (x, sums), "add & norm")
        below = sums - HIGH / 2
    line(ax, [(x, below), (x, ground - high)])


def mask_at(ax: Axes, name: str, words: str, mask: ArrayLike, end: Point) -> None:
    """Draw a mask and its label to the left of where it acts."""
    cell, (x, y) = 0.085, end
    rows, columns = np.shape(mask)
    right, top = x - 0.33, y - rows * cell / 2
    left = right - columns * cell
    matrix(ax, name, (left, top), mask, (cell, cell), SEEN, mask=mask, edge=QUIET)
    frame(ax, (left, top), columns * cell, rows * cell, QUIET, 0.8)
    way(ax, [(right + 0.04, y), (x, y)], name=f"mask of {name}")
    text(ax, left - 0.07, y, words, ha="right")


def _one_table(ax: Axes, shape: str, edges: Point, heights: tuple[float, float, float]) -> None:
    """Draw the table of token embeddings, with dashed lines to where it is used."""
    (left, right), (source, target, out) = edges, heights
    x, wide, outer = (left + right) / 2 + 0.2, 1.5, WIDTH - 0.22
    box(ax, "table", (x, source), f"one table\n(V, C) = {shape}", (wide, 0.44))
    for points in (
        [(x - wide / 2, source), (left, source)],
        [(x, source - 0.22), (x, target), (right, target)],
        [(x + wide / 2, source), (outer, source), (outer, out), (right + WIDE, out)],
    ):
        ax.plot(*zip(*points, strict=True), color=QUIET, linewidth=1.2, linestyle=(0, (4, 3)))


def _notes(ax: Axes) -> None:
    notes = [
        ("Two inputs", "src, all of it at once, and idx, what is written so far"),
        (
            "Memory",
            "what the encoder makes of src; each block of the\n"
            "decoder has keys and values from it, queries from idx",
        ),
        ("Three masks", "rows ask, columns answer, hatched cells are hidden"),
        (
            "Ways around",
            "what a layer makes, after dropout, is added to\nwhat went around the layer",
        ),
    ]
    y = 0.62
    for words, more in notes:
        text(ax, 0.1, y, words, size=10, weight="bold", ha="left")
        text(ax, 0.1, y + 0.13, more, ha="left", va="top", linespacing=1.3)
        y += 0.46 + 0.19 * more.count("\n")
