"""Pictures of what each head of a model does: a number for each, and how it comes to do it."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from gptlib.plot.curves import KINDS
from gptlib.plot.style import INK, LOOKS, PAPER, QUIET, WIDTH

CELL = 0.46  # inches
MOST_LAYERS = 16


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


def learned_to_look(
    steps: Sequence[int],
    nats: Mapping[str, ArrayLike],
    look: Mapping[str, ArrayLike],
    title: str,
) -> Figure:
    """Draw, side by side, how a model's loss on some words falls and where one of its heads looks.

    nats: kind of word -> loss per word at each of steps; look: kind -> the head's attention weight
        at each of steps, 0 to 1. At most 8 kinds, the same in both

    ValueError unless the kinds are the same, and each has one number for each step.
    """
    if list(nats) != list(look) or not 1 <= len(nats) <= len(KINDS):
        raise ValueError(f"nats are of {list(nats)} and look of {list(look)}: give the same 1 to 8")
    fig = plt.figure(figsize=(WIDTH, 3.4))
    left, right = fig.subplots(1, 2)
    for ax, lines in ((left, nats), (right, look)):
        for (kind, values), style in zip(lines.items(), KINDS, strict=False):
            if len(values) != len(steps):
                raise ValueError(f"{kind!r} has {len(values)} numbers: give {len(steps)}")
            ax.plot(steps, values, label=kind, **style)
        ax.axhline(0, color=QUIET, linewidth=0.5)
    left.set(xlabel="step", ylabel="nats per word", ylim=0)
    right.set(xlabel="step", ylabel="the head's weight", ylim=(0, 1))
    left.legend(loc="upper right")
    fig.suptitle(title, x=0.01, ha="left", size=12)
    return fig
