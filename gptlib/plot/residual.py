"""A residual stream on a page: straight up, with branches that read it and add to it."""

from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.patches import Circle, FancyArrowPatch
from matplotlib.path import Path

from gptlib.plot.page import Point, box, text, way
from gptlib.plot.style import INK, PAPER
from gptlib.plot.transformer import NEW

BRANCH, STREAM = 0.45, 0.49  # inches, from a part to the next, on a branch and on a stream
NORMS = ("ln_1", "ln_cross", "ln_2")


def climb(
    ax: Axes,
    name: str,
    columns: tuple[float, float],
    y: float,
    steps: Sequence[tuple[list[str], list[str]]],
    words: Mapping[str, str] | None = None,
    size: Point = (1.1, 0.3),
) -> dict[str, float]:
    """Draw, from y upwards, the branches that are added to a stream and the parts that stand on it.

    columns: x of the stream, and of the branches; words: what to write for a part instead of its
    name; size: of the boxes

    Returns y of each part.
    """
    stream, branch = columns
    heights, words = {}, words or {}
    for branched, after in steps:
        start = y - 0.28
        end = start - 0.2 - BRANCH * len(branched)
        points = [(stream, start), (branch, start), (branch, end), (stream + 0.12, end)]
        way(ax, points, name=f"{name} branch")
        for k, part in enumerate(branched):
            face = NEW if part in NORMS else PAPER
            place = branch, start - 0.33 - BRANCH * k
            box(ax, f"{name} {part}", place, words.get(part, part), size, face)
            heights[part] = place[1]
        plus(ax, (stream, end))
        y = end - 0.11
        for part in after:
            box(ax, f"{name} {part}", (stream, y - 0.34), words.get(part, part), size, NEW)
            heights[part] = y - 0.34
            y -= STREAM
    return heights


def plus(ax: Axes, middle: Point) -> None:
    """Draw a plus sign in a circle."""
    ax.add_patch(Circle(middle, 0.11, facecolor=PAPER, edgecolor=INK, zorder=3))
    text(ax, *middle, "+", size=11, zorder=4)


def upwards(ax: Axes, x: float, bottom: float, top: float) -> None:
    """Draw a stream as a thick arrow, straight up."""
    style = {"arrowstyle": "-|>", "mutation_scale": 16, "color": INK, "linewidth": 2.5}
    ax.add_patch(FancyArrowPatch(path=Path([(x, bottom), (x, top)]), **style, zorder=1.5))
