"""What an optimizer does: its path down a bowl."""

from collections.abc import Mapping

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from gptlib.plot.checks import check_count
from gptlib.plot.style import FAINT, HIGHLIGHT, INK, WIDTH

REACH = 1.5  # how far a panel reaches from the goal, in each direction
LEVELS = REACH**2 * np.array([0.001, 0.004, 0.015, 0.05, 0.12, 0.24, 0.4])


def descents(paths: Mapping[str, tuple[ArrayLike, ArrayLike]], title: str) -> Figure:
    """Draw, side by side, the paths of two parameters down bowls whose lowest point is (0, 0).

    paths: name -> the bowl's matrix (2, 2), of which the loss at p is p @ matrix @ p / 2, and the
        path (steps + 1, 2) from the start on. Grey lines join points of equal loss. What lies
        beyond 1.5 is cut off.

    ValueError unless there are 1 to 4 paths of these shapes.
    """
    check_count(paths, "paths", 4, "have room side by side")
    fig = plt.figure(figsize=(WIDTH, WIDTH / max(3, len(paths)) + 1))
    panels = fig.subplots(1, len(paths), sharex=True, sharey=True, squeeze=False)[0]
    line = np.linspace(-REACH, REACH, 121)
    for ax, (name, (bowl, path)) in zip(panels, paths.items(), strict=True):
        bowl, path = np.asarray(bowl, float), np.asarray(path, float)
        if bowl.shape != (2, 2) or path.ndim != 2 or path.shape[1] != 2:
            raise ValueError(
                f"{name!r} has shapes {bowl.shape} and {path.shape}: give (2, 2) and (steps + 1, 2)"
            )
        points = np.stack(np.meshgrid(line, line), axis=-1)
        loss = np.einsum("...i,ij,...j->...", points, bowl, points) / 2
        ax.contour(line, line, loss, levels=LEVELS, colors=FAINT, linewidths=1)
        ax.plot(*path.T, "o-", color=HIGHLIGHT, markersize=3.5, linewidth=1, label="path")
        ax.plot(*path[0], "s", color=INK, markersize=7, label="start")
        ax.plot(0, 0, "*", color=INK, markersize=11, label="goal")
        ax.set(xlim=(-REACH, REACH), ylim=(-REACH, REACH), aspect="equal", xlabel="first parameter")
        ax.set_title(name, parse_math=False)
    panels[0].set_ylabel("second parameter")
    fig.suptitle(title, x=0.01, ha="left", size=12, parse_math=False)
    fig.legend(*ax.get_legend_handles_labels(), loc="outside lower center", ncols=3)
    return fig
