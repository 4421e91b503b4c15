"""Pictures of many heads, of how models compare, and of what attention costs."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from gptlib.plot.attention import panel
from gptlib.plot.curves import VERSUS
from gptlib.plot.style import GRID, INK, LOOKS, PAPER, QUIET, VALID, WIDTH, lift_spaces, visible

PER_ROW = 4
CELL = 0.46  # inches, of a head in a grid
MOST_LAYERS = 16
LONG = 24  # letters of a name


def heads(maps: ArrayLike, tokens: Sequence[str], names: Sequence[str], title: str) -> Figure:
    """Draw the attention weights of causal heads on one text; rows ask, columns answer.

    maps: (H, T, T), T at most 16, or tick labels would overlap; tokens: T of one character each;
    names: H, one for each panel
    """
    maps, tokens = np.asarray(maps), [visible(token) for token in tokens]
    H, T, _ = maps.shape
    rows = -(-H // PER_ROW)
    fig = plt.figure(figsize=(WIDTH, 2.55 * rows + 0.4))
    axes = list(fig.subplots(rows, PER_ROW, sharex=True, sharey=True, squeeze=False).flat)
    for ax, looks, name in zip(axes, maps, names, strict=False):
        panel(ax, looks, np.tri(T, dtype=bool))
        ax.set_title(name, size=10)
        ax.tick_params(length=0, labelsize=9)
        ax.hlines(np.arange(T) + 0.5, -0.5, np.arange(T) + 0.5, color=GRID, linewidth=0.5)
        ax.vlines(np.arange(T) + 0.5, np.arange(T) + 0.5, T - 0.5, color=GRID, linewidth=0.5)
    for ax in axes[H:]:
        ax.remove()
    style = {"family": "monospace", "parse_math": False}
    axes[0].set_xticks(range(T), tokens, va="baseline", **style)
    axes[0].tick_params(axis="x", pad=9)
    axes[0].set_yticks(range(T), tokens, va="center_baseline", **style)
    for ax in axes[:H:PER_ROW]:
        lift_spaces(ax)
    fig.supylabel("asks", size=10)
    fig.supxlabel("answers", size=10)
    fig.suptitle(title, x=0.01, ha="left", size=12, parse_math=False)
    return fig


def head_grid(panels: Mapping[str, ArrayLike], title: str, highest: float = 1.0) -> Figure:
    """Draw a number for each head of a model, in a panel for each thing that is measured.

    panels: 1 to 4, name -> (N, H) numbers, layer 0 first; it is drawn at the bottom. All panels
        share one scale from 0, white, to `highest`, blue

    ValueError for another number of panels, and unless all have one shape, of at most 16 layers.
    """
    grids = {name: np.asarray(values, float) for name, values in panels.items()}
    shapes = {grid.shape for grid in grids.values()}
    if not 1 <= len(grids) <= 4 or len(shapes) > 1:
        raise ValueError(
            f"{len(grids)} panels of shapes {sorted(shapes)}: give 1 to 4 of one shape"
        )
    N, H = shapes.pop()
    if N > MOST_LAYERS:
        raise ValueError(f"there are {N} layers: give at most {MOST_LAYERS}")
    fig = plt.figure(figsize=(WIDTH, CELL * N + 1.15))
    axes = fig.subplots(1, len(grids), sharey=True, squeeze=False)[0]
    for ax, (name, grid) in zip(axes, grids.items(), strict=True):
        ax.imshow(grid, cmap=LOOKS, vmin=0, vmax=highest, origin="lower", aspect="auto")
        for (layer, head), value in np.ndenumerate(grid):
            color = PAPER if value > 0.6 * highest else INK
            ax.text(head, layer, f"{value:.2f}", ha="center", va="center", size=9, color=color)
        ax.set_title(name, size=11)
        ax.set_xticks(range(H))
        ax.set_yticks(range(N))
        ax.set_xlabel("head")
        ax.tick_params(length=0)
    axes[0].set_ylabel("layer")
    fig.suptitle(title, x=0.01, ha="left", size=12)
    return fig


def compare(
    losses: Mapping[str, Sequence[float]],
    live: Mapping[str, float],
    landmarks: Mapping[str, float],
    title: str,
    xlabel: str = "validation loss, nats per character",
    form: str = "{:.2f}",
) -> Figure:
    """Draw the validation losses of several models, one row each and a dot for each seed.

    losses: name -> the losses of its seeds; live: the loss of the seed that was just trained, for
    the names that have one; landmarks: name -> loss, each a line through all rows; form: how their
    numbers are written. With another xlabel, the numbers may be something else, such as percent.
    """
    fig = plt.figure(figsize=(WIDTH, 0.42 * len(losses) + 1.3))
    ax = fig.add_subplot()
    for name, loss in landmarks.items():
        ax.axvline(loss, color=QUIET, linewidth=1, linestyle=":")
        ax.text(loss, -0.75, f"{name} {form.format(loss)}", ha="center", va="bottom", size=10)
    for y, (name, values) in enumerate(losses.items()):
        logged = ax.plot(values, [y] * len(values), "o", color=VALID, alpha=0.6, label="in the log")
        if name in live:
            here = ax.plot(live[name], y, "D", color=INK, mfc="none", label="here")
    ax.set_yticks(range(len(losses)), losses)
    ax.set(ylim=(len(losses) - 0.5, -0.7), xlabel=xlabel)
    if live:  # else all dots are alike
        ax.legend(handles=logged + here, loc="lower left", bbox_to_anchor=(1, 0))
    if max(map(len, losses)) > LONG:  # such names leave little room for a title above the axes
        fig.suptitle(title, x=0.01, ha="left", size=12)
    else:
        ax.set_title(title, pad=22)
    return fig


def costs(
    lengths: Sequence[int],
    milliseconds: Mapping[str, Sequence[float]],
    kept: Mapping[str, Sequence[float]],
    title: str,
) -> Figure:
    """Draw how the time and memory of two forms of attention grow with the length of the text.

    lengths: each T; milliseconds, and kept, in bytes: name -> one number for each T, the baseline
    first
    """
    fig = plt.figure(figsize=(WIDTH, 3.6))
    panels = [
        ("time, on a scale of its own", "milliseconds, log scale", milliseconds, 1),
        ("memory, on a scale of its own", "MB kept, log scale", kept, 1e-6),
    ]
    for ax, (what, label, measured, unit) in zip(fig.subplots(1, 2), panels, strict=True):
        for (name, values), style in zip(measured.items(), VERSUS[:2], strict=True):
            values = unit * np.asarray(values)
            ax.plot(lengths, values, **style | {"marker": "o"})
            end = (lengths[-1], values[-1])
            ax.annotate(name, end, (8, 0), textcoords="offset points", va="center", size=10)
        ax.set_title(what, size=11)
        ax.set(xscale="log", yscale="log", xlabel="T, log scale", ylabel=label)
        ax.set_xticks(lengths, lengths)
        ax.minorticks_off()
        ax.yaxis.set_major_formatter("{x:g}")
    fig.suptitle(title, x=0.01, ha="left", size=12)
    return fig
