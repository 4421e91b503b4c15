"""What models learn from examples in their prompts, and when they learned to."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from gptlib.plot.checks import check_count
from gptlib.plot.ladder import DEEP, MARKS, PALE, SIZES
from gptlib.plot.style import INK, WIDTH

MOST_PANELS = 4
BEST = {"color": INK, "linestyle": (0, (6, 3)), "linewidth": 1.4}
STYLES = ("-", (0, (5, 2)), (0, (1, 1.5)), (0, (5, 1, 1, 1)))


def by_examples(
    shares: Mapping[str, Mapping[str, Mapping[int, Sequence[float]]]],
    best: Mapping[str, Mapping[int, float]],
    title: str,
) -> Figure:
    """Draw how often models are right after some examples, in a panel for each kind of list.

    shares: panel -> model -> number of examples -> the shares of right answers, 0 to 1, one for
        each seed; a line joins their means. Models come from small to large, and the later are
        drawn the darker
    best: panel -> number of examples -> the share of the best possible reader, a dashed line

    ValueError for more than 4 panels or 5 models.
    """
    check_count(shares, "panels", MOST_PANELS, "have room")
    models = list(dict.fromkeys(model for of in shares.values() for model in of))
    check_count(models, "models", len(MARKS))
    shades = SIZES(np.linspace(DEEP, PALE, len(models)))[::-1]
    fig = plt.figure(figsize=(WIDTH, 3.5))
    axes = fig.subplots(1, len(shares), sharex=True, sharey=True, squeeze=False)[0]
    for ax, (name, of) in zip(axes, shares.items(), strict=True):
        ax.plot(*_line(best[name]), **BEST, label="best possible reader")
        for model, color, mark in zip(models, shades, MARKS, strict=False):
            if model in of:
                means = {k: np.mean(each) for k, each in of[model].items()}
                style = {"color": color, "marker": mark, "markersize": 4, "linewidth": 1.2}
                ax.plot(*_line(means), **style, label=model)
        ax.set_title(name, size=11, parse_math=False)
        ax.yaxis.set_major_formatter(PercentFormatter(1))
        ax.set_ylim(-0.03, 1.05)
    fig.supxlabel("examples in the prompt", size=10)
    axes[0].set_ylabel("right answers")
    fig.legend(*axes[0].get_legend_handles_labels(), fontsize=9, loc="outside right center")
    fig.suptitle(title, x=0.01, ha="left", size=12, parse_math=False)
    return fig


def births(
    panels: Mapping[str, Mapping[str, Sequence[tuple[Sequence[int], Sequence[float]]]]], title: str
) -> Figure:
    """Draw shares that rise during training, in panels above each other that share their steps.

    panels: name -> curve -> for each seed its steps and its shares, 0 to 1. A curve of the same
        name looks the same in all panels

    ValueError for more than 4 panels or names of curves.
    """
    check_count(panels, "panels", MOST_PANELS, "have room")
    names = list(dict.fromkeys(name for of in panels.values() for name in of))
    check_count(names, "curves", len(STYLES))
    shades = SIZES(np.linspace(DEEP, PALE, len(names)))
    looks = {
        name: {"color": tuple(color), "linestyle": style, "linewidth": 1.3}
        for name, color, style in zip(names, shades, STYLES, strict=False)
    }
    fig = plt.figure(figsize=(WIDTH, 1.9 * len(panels) + 0.9))
    axes = fig.subplots(len(panels), 1, sharex=True, squeeze=False)[:, 0]
    for ax, (name, curves) in zip(axes, panels.items(), strict=True):
        for curve, seeds in curves.items():
            for i, (steps, values) in enumerate(seeds):
                ax.plot(steps, values, **looks[curve], label=curve if i == 0 else None)
        ax.set_title(name, size=11, parse_math=False)
        ax.set_ylim(-0.03, 1.05)
        ax.yaxis.set_major_formatter(PercentFormatter(1))
        ax.legend(fontsize=9, loc="upper left", bbox_to_anchor=(1, 1))
    axes[-1].set_xlabel("steps of training")
    fig.suptitle(title, x=0.01, ha="left", size=12, parse_math=False)
    return fig


def _line(values: Mapping[int, float]) -> tuple[list[int], list[float]]:
    ordered = sorted(values.items())
    return [k for k, _ in ordered], [float(value) for _, value in ordered]
