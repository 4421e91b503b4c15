"""The map of the course."""

import textwrap
from collections.abc import Sequence

import matplotlib.pyplot as plt
from matplotlib.figure import Figure

from gptlib.plot.style import HIGHLIGHT, INK, PAPER, QUIET, WIDTH


def course_map(stops: Sequence[str], lit: int) -> Figure:
    """Draw the course as a line of stops, with stop number `lit` highlighted.

    The line up to that stop is thick and black, the rest thin and grey.
    """
    fig = plt.figure(figsize=(WIDTH, 1.4))
    ax = fig.add_subplot(xlim=(-0.6, len(stops) - 0.4), ylim=(-1.1, 0.8))
    ax.set_axis_off()
    ax.plot((lit, len(stops) - 1), (0, 0), color=QUIET, linewidth=2, zorder=1)
    ax.plot((0, lit), (0, 0), color=INK, linewidth=4, zorder=1)
    for i, stop in enumerate(stops):
        here, reached = i == lit, i <= lit
        fill = HIGHLIGHT if here else INK if reached else PAPER
        edge = INK if reached else QUIET
        ax.scatter(i, 0, s=220 if here else 70, color=fill, edgecolor=edge, linewidth=2, zorder=2)
        # Names stand on alternate sides, where each has twice the room.
        y, va = (0.35, "bottom") if i % 2 == 0 else (-0.35, "top")
        name = "\n".join(textwrap.wrap(stop, 14))
        ax.text(i, y, name, ha="center", va=va, weight="bold" if here else "normal")
    return fig
