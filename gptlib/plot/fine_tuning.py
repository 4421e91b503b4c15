"""What fine-tuning reaches: how often models are right, and what that depends on."""

from collections.abc import Iterable, Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter
from matplotlib.transforms import ScaledTranslation
from numpy.typing import ArrayLike

from gptlib.plot.checks import check_count, check_same, shares_of
from gptlib.plot.curves import KINDS, WIDE_RANGE
from gptlib.plot.style import QUIET, WIDTH

MOST = 4  # models, or tasks, that can be told apart side by side
GROUP = 0.84  # the width of a task's models, where the next task is 1 further
SHIFT = 6  # points, from one task to the next, or those at 100% would hide each other
READER = "best possible\nreader"
DOTTED = {"color": QUIET, "linestyle": ":", "linewidth": 1, "zorder": 0}


def fine_tuned(
    scores: Mapping[str, Mapping[str, Sequence[float]]],
    guessing: Mapping[str, float],
    ceiling: float,
    title: str,
) -> Figure:
    """Draw how often each of several models is right about each of several tasks.

    scores: model -> task -> the shares of right answers, 0 to 1, one for each seed. A large mark is
        their mean, its bar reaches from the least to the greatest, and beside it is a dot for each
        seed, in their order
    guessing: task -> the share that guessing would have; ceiling: that of the best possible reader

    ValueError unless there are 1 to 4 models and 1 to 4 tasks, all models have the tasks of
    guessing, and each has one or more shares from 0 to 1 for each task.
    """
    check_count(scores, "models", MOST)
    check_count(guessing, "tasks", MOST)
    for model, of in scores.items():
        check_same(repr(model), of, "guessing", guessing, "tasks")
    shares = {
        model: [shares_of(of[task], f"{model!r}, {task!r}") for task in guessing]
        for model, of in scores.items()
    }
    fig = plt.figure(figsize=(WIDTH, 4.2))
    ax = fig.add_subplot()
    slot = GROUP / len(scores)
    for i, (model, of) in enumerate(shares.items()):
        lefts = np.arange(len(of)) - GROUP / 2 + i * slot
        means = KINDS[i] | {"linestyle": "", "markersize": 8, "label": model}
        _draw_means(ax, lefts + 0.22 * slot, of, **means)
        for left, seeds in zip(lefts, of, strict=True):
            xs = left + np.linspace(0.5, 0.8, len(seeds)) * slot
            ax.plot(xs, seeds, "o", color=KINDS[i]["color"], markersize=3)
    for x, share in enumerate(guessing.values()):
        ax.plot((x - GROUP / 2, x + GROUP / 2), (share, share), **DOTTED)
    names = [f"{task}\nguessing: {share:.0%}" for task, share in guessing.items()]
    ax.set_xticks(range(len(names)), names, parse_math=False)
    ax.tick_params(axis="x", length=0)
    ax.set_xlim(-0.5, len(names) - 0.5)
    _finish(fig, {READER: ceiling}, title)
    return fig


def accuracy_curves(
    panels: Mapping[str, Mapping[str, Mapping[float, Sequence[float]]]],
    guessing: float,
    ceiling: float,
    title: str,
) -> Figure:
    """Draw, in panels side by side, the share of right answers to some tasks against a number x.

    panels: what x is -> task -> x -> the shares of right answers, 0 to 1, one for each seed. A
        line joins their means, bars reach from the least to the greatest, and a faint dot stands
        for each seed. So that none hides another, tasks are drawn a little beside each other. The
        scale of x is logarithmic if its largest value is more than 20 times its least, and that is
        above 0
    guessing: the share that guessing would have; ceiling: that of the best possible reader

    ValueError without a panel, for more than 4 tasks, for a panel without a task, a task without an
    x, and an x without a share or with one that is not from 0 to 1.
    """
    if not panels or not all(tasks and all(tasks.values()) for tasks in panels.values()):
        raise ValueError(f"panels are {panels}: give each at least one task, and each an x")
    names = list(dict.fromkeys(task for tasks in panels.values() for task in tasks))
    check_count(names, "tasks", MOST)
    panels = {
        xlabel: {
            task: {x: shares_of(of[x], f"{xlabel!r} {x}, {task!r}") for x in sorted(of)}
            for task, of in tasks.items()
        }
        for xlabel, tasks in panels.items()
    }
    fig = plt.figure(figsize=(WIDTH, 3.9))
    axes = fig.subplots(1, len(panels), sharey=True, squeeze=False)[0]
    for ax, (xlabel, tasks) in zip(axes, panels.items(), strict=True):
        _draw_tasks(ax, tasks, names)
        _mark_x(ax, sorted({x for of in tasks.values() for x in of}), xlabel)
    every = (seeds for tasks in panels.values() for of in tasks.values() for seeds in of.values())
    shares = np.concatenate([[guessing, ceiling], *every])
    room = 0.05 * np.ptp(shares)
    # Matplotlib would take the limits of what is shifted from axes that have none yet.
    axes[0].set_ylim(shares.min() - room, shares.max() + room)
    _finish(fig, {"guessing": guessing, READER: ceiling}, title)
    return fig


def _draw_means(ax: Axes, xs: ArrayLike, shares: Iterable[np.ndarray], **style: object) -> None:
    """Draw at each x the mean of the shares there, with a bar from the least to the greatest."""
    least, means, most = np.array([(each.min(), each.mean(), each.max()) for each in shares]).T
    # The mean of equal numbers can be off by a rounding error, and no bar may be below 0.
    reach = np.maximum([means - least, most - means], 0)
    ax.errorbar(xs, means, reach, capsize=3, elinewidth=1.2, **style)


def _draw_tasks(
    ax: Axes, tasks: Mapping[str, Mapping[float, np.ndarray]], names: Sequence[str]
) -> None:
    """Draw a line for each task, in the style, and with the shift, of its place in names."""
    for task, of in tasks.items():
        i = names.index(task)
        shift = (i - (len(names) - 1) / 2) * SHIFT / 72
        beside = ax.transData + ScaledTranslation(shift, 0, ax.figure.dpi_scale_trans)
        _draw_means(ax, list(of), of.values(), **KINDS[i], label=task, transform=beside)
        faint = {"color": KINDS[i]["color"], "alpha": 0.4, "markersize": 3}
        for x, seeds in of.items():
            ax.plot([x] * len(seeds), seeds, "o", **faint, transform=beside)


def _mark_x(ax: Axes, xs: Sequence[float], label: str) -> None:
    log = 0 < xs[0] < xs[-1] / WIDE_RANGE
    ends = np.log([xs[0], xs[-1]]) if log else np.array([xs[0], xs[-1]], float)
    room = 0.08 * (ends[1] - ends[0] or 1)
    limits = ends + [-room, room]
    ax.set(xscale="log" if log else "linear", xlim=np.exp(limits) if log else limits)
    ax.set_xticks(xs, [f"{x:,}" for x in xs], size=10)
    ax.minorticks_off()
    ax.set_xlabel(label + ", log scale" * log, parse_math=False)


def _finish(fig: Figure, marks: Mapping[str, float], title: str) -> None:
    """Draw a line through all panels at each of marks, named on the right; name all else."""
    ncols = max(MOST // len(fig.axes), 1)
    for ax in fig.axes:
        for share in marks.values():
            ax.axhline(share, **DOTTED)
        ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.2), ncols=ncols)
    for name, share in marks.items():
        right = fig.axes[-1].get_yaxis_transform()
        fig.axes[-1].text(1.01, share, name, transform=right, va="center", size=9)
    fig.axes[0].yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    fig.axes[0].set_ylabel("right answers:\nmean and range of seeds")
    fig.suptitle(title, x=0.01, ha="left", size=12, parse_math=False)
