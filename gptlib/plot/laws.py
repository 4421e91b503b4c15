"""What losses come to with more compute, and with which size of model."""

from collections.abc import Callable, Mapping
from itertools import cycle

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

from gptlib.plot.checks import check_count
from gptlib.plot.curves import log_scale
from gptlib.plot.ladder import DEEP, MARKS, PALE, SIZES
from gptlib.plot.style import HIGHLIGHT, INK, WIDTH

MOST_SIZES, MOST_BUDGETS = len(MARKS), 9
LINES = ("-", (0, (5, 2)))
POINTS = "*XP"
NAMED = {"size": 9, "va": "center", "parse_math": False}


def by_compute(
    losses: Mapping[str, Mapping[float, float]],
    floor: float,
    laws: Mapping[str, Callable[[np.ndarray], np.ndarray]],
    title: str,
    points: Mapping[str, tuple[float, float]] | None = None,
) -> Figure:
    """Draw how far models stay above a floor, by what was spent on their training.

    losses: model -> floating-point operations -> loss, in nats per token. Models come from small to
        large, and the later are drawn the darker
    floor: what all losses are measured from, in the picture
    laws: name -> the loss as a function of these operations, at most 2
    points: name -> operations and loss of other models, at most 3

    Both scales are logarithmic. ValueError for more than 5 models, for more laws or points, and for
    a loss that is not above floor.
    """
    points = points or {}
    check_count(losses, "models", MOST_SIZES)
    for what, given, most in (("laws", laws, len(LINES)), ("points", points, len(POINTS))):
        if len(given) > most:
            raise ValueError(f"{len(given)} {what}: give at most {most}, which can be told apart")
    known = [*(pair for of in losses.values() for pair in of.items()), *points.values()]
    spent, lost = np.array(known, float).T
    if not (lost > floor).all():
        raise ValueError(f"a loss is {lost.min():g}: give losses above floor = {floor:g}")
    fig, ax = plt.subplots(figsize=(WIDTH, 4.6))
    shades = SIZES(np.linspace(DEEP, PALE, len(losses)))[::-1]
    for (model, of), color, mark in zip(losses.items(), shades, MARKS, strict=False):
        x, y = np.array(sorted(of.items()), float).T
        ax.plot(x, y - floor, color=color, marker=mark, markersize=5, linewidth=1.2, label=model)
    x = np.geomspace(spent.min(), spent.max(), 100)
    for (name, law), style in zip(laws.items(), LINES, strict=False):
        ax.plot(x, law(x) - floor, color=INK, linewidth=1.6, linestyle=style, label=name)
    for (name, (x, y)), mark in zip(points.items(), POINTS, strict=False):
        look = {"color": HIGHLIGHT, "markersize": 8, "markeredgecolor": INK, "linestyle": ""}
        ax.plot(x, y - floor, marker=mark, **look, label=name)
    log_scale(ax.xaxis, [spent])
    log_scale(ax.yaxis, [lost - floor])
    ax.minorticks_off()
    ax.xaxis.set_major_formatter(lambda value, _: f"{value:.0e}".replace("e+", "e"))
    ax.set_xlabel("floating-point operations of training, log scale")
    ax.set_ylabel("loss above the floor, nats per token, log scale")
    ax.set_title(title, parse_math=False)
    ax.legend(fontsize=9, loc="lower left")
    return fig


def by_size(
    losses: Mapping[float, Mapping[float, float]],
    lowest: Mapping[float, tuple[float, float]],
    title: str,
) -> Figure:
    """Draw what models of several sizes come to with the same compute, a curve for each budget.

    losses: floating-point operations -> parameters -> loss, in nats per token, for at most 9
        budgets from small to large; the later are drawn the darker
    lowest: operations -> parameters and loss, where a curve is lowest, marked by a diamond

    The scale of the parameters is logarithmic. ValueError for more budgets.
    """
    check_count(losses, "budgets", MOST_BUDGETS)
    fig, ax = plt.subplots(figsize=(WIDTH, 4.2))
    shades = SIZES(np.linspace(DEEP, PALE, len(losses)))[::-1]
    for (budget, of), color, mark in zip(losses.items(), shades, cycle(MARKS), strict=False):
        x, y = np.array(sorted(of.items()), float).T
        ax.plot(x, y, color=color, marker=mark, markersize=5, linewidth=1.4)
        ax.annotate(
            f"{budget:.1e}".replace("e+", "e"),
            (x[-1], y[-1]),
            (7, 0),
            **NAMED | {"textcoords": "offset points"},
        )
    for x, y in lowest.values():
        ax.plot(x, y, color=HIGHLIGHT, marker="D", markersize=8, markeredgecolor=INK, zorder=4)
    log_scale(ax.xaxis, [[n for of in losses.values() for n in of]])
    ax.minorticks_off()
    ax.xaxis.set_major_formatter(lambda value, _: f"{value / 1e6:g}")
    ax.set_xlabel("million parameters, log scale")
    ax.set_ylabel("loss, nats per token")
    ax.set_title(title, parse_math=False)
    return fig
