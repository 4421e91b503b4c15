"""Matrices, text, lines and arrows on a page, for diagrams.

Lengths are in inches, and y points down. A matrix is one mesh, whose gid is its name.
"""

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import Colormap, LinearSegmentedColormap, to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, Rectangle
from matplotlib.path import Path
from numpy.typing import ArrayLike

from gptlib.plot.style import BEFORE, FAINT, HATCHED, INK, LIGHTEST, PAPER, QUIET, WIDTH

BOX = (1.75, 0.3)  # inches, of a box with words

Point = tuple[float, float]


def page(height: float, title: str) -> tuple[Figure, Axes]:
    """A figure with a title, and axes over all of it, in inches from its upper left corner."""
    fig = plt.figure(figsize=(WIDTH, height), layout="none", label=title)
    ax = fig.add_axes((0, 0, 1, 1), xlim=(0, WIDTH), ylim=(height, 0))
    ax.set_axis_off()
    text(ax, 0.1, 0.2, title, size=12, ha="left")
    return fig, ax


def matrix(
    ax: Axes,
    name: str,
    corner: tuple[float, float],
    values: ArrayLike,
    cell: tuple[float, float],
    colors: tuple[Colormap, float, float] | Colormap,
    mask: ArrayLike | None = None,
    numbers: bool = False,
    edge: str = PAPER,
) -> None:
    """Draw a matrix with its upper left corner at corner; masked cells are hatched."""
    values = np.asarray(values)
    rows, columns = values.shape
    (x, y), (wide, high) = corner, cell
    colors, low, top = colors if isinstance(colors, tuple) else (colors, 0, 1)
    mask = np.ones(values.shape, bool) if mask is None else np.asarray(mask)
    # Masked cells are transparent and show the hatching behind them.
    ax.add_patch(Rectangle(corner, columns * wide, rows * high, **HATCHED, zorder=-1))
    mesh = ax.pcolormesh(
        x + wide * np.arange(columns + 1),
        y + high * np.arange(rows + 1),
        np.ma.array(values, mask=~mask),
        cmap=colors,
        vmin=low,
        vmax=top,
        edgecolors=BEFORE if numbers else edge,
        linewidth=0.6,
        gid=name,
    )
    digits = 0 if np.array_equal(values, np.round(values)) else 2
    for i, j in zip(*np.nonzero(mask & numbers), strict=True):
        dark = np.dot(mesh.to_rgba(values[i, j])[:3], (0.3, 0.6, 0.1)) < 0.5
        place, told = (x + (j + 0.5) * wide, y + (i + 0.5) * high), f"{values[i, j]:.{digits}f}"
        text(ax, *place, told, size=9, color=PAPER if dark else INK)


def tint(color: str) -> Colormap:
    """A colormap with one light shade of a colour for all values."""
    return LinearSegmentedColormap.from_list("tint", [1 - 0.25 * (1 - np.array(to_rgb(color)))] * 2)


def shades(color: str, values: ArrayLike) -> tuple[Colormap, float, float]:
    """A colormap from nearly white to a colour, and the least and the greatest of values."""
    shades = LinearSegmentedColormap.from_list("shades", [LIGHTEST, color])
    values = np.asarray(values)
    return shades, values.min(), values.max()


def scale(ax: Axes, corner: tuple[float, float], colors: Colormap) -> None:
    """Draw a colour bar, 1.2 inches high, from 1 down to 0."""
    (x, y), shades = corner, np.linspace(1, 0, 6)[:, None]
    matrix(ax, "scale", corner, shades, (0.22, 0.2), colors, edge=FAINT)
    frame(ax, corner, 0.22, 1.2, QUIET, 0.8)
    for i, number in enumerate(shades[:, 0]):
        text(ax, x + 0.32, y + 0.2 * (i + 0.5), f"{number:.1f}", ha="left")


def text(ax: Axes, x: float, y: float, words: str, **style: object) -> None:
    """Write words at a point, centred on it unless style says otherwise."""
    ax.text(
        x, y, words, **{"size": 9.5, "ha": "center", "va": "center", "parse_math": False} | style
    )


def frame(
    ax: Axes, corner: tuple[float, float], wide: float, high: float, color: str, line: float = 2
) -> None:
    """Draw the outline of a rectangle with its upper left corner at corner."""
    style = {"facecolor": "none", "edgecolor": color, "linewidth": line, "zorder": 3}
    ax.add_patch(Rectangle(corner, wide, high, **style))


def line(ax: Axes, way: Sequence[tuple[float, float]], color: str = QUIET) -> None:
    """Draw a line through the points of way."""
    ax.plot(*zip(*way, strict=True), color=color, linewidth=1.2, solid_joinstyle="miter")


def arrow(ax: Axes, start: tuple[float, float], end: tuple[float, float]) -> None:
    """Draw an arrow from start to end."""
    style = {"arrowstyle": "-|>", "color": QUIET, "linewidth": 1.2, "mutation_scale": 10}
    ax.annotate("", end, start, arrowprops=style | {"shrinkA": 0, "shrinkB": 0})


def box(
    ax: Axes, name: str, middle: Point, words: str, size: Point = BOX, face: object = PAPER
) -> None:
    """Draw words in a box centred on a point; its gid is name."""
    (x, y), (wide, high) = middle, size
    style = {"facecolor": face, "edgecolor": QUIET, "linewidth": 0.9, "zorder": 2.5}
    ax.add_patch(Rectangle((x - wide / 2, y - high / 2), wide, high, **style, gid=name))
    text(ax, x, y, words)


def way(ax: Axes, points: Sequence[Point], color: str = QUIET, name: str | None = None) -> None:
    """Draw a line through points, with an arrow at its end; its gid is name."""
    style = {"arrowstyle": "-|>", "mutation_scale": 10, "linewidth": 1.2, "color": color}
    ax.add_patch(FancyArrowPatch(path=Path(points), joinstyle="miter", **style, gid=name))
