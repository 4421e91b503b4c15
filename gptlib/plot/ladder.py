"""What models from small to large have learned of a text of many kinds."""

import math
import textwrap
from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter
from numpy.typing import ArrayLike

from gptlib.plot.checks import check_count, check_same, shares_of
from gptlib.plot.curves import log_scale
from gptlib.plot.fine_tuning import DOTTED
from gptlib.plot.page import frame
from gptlib.plot.reading import MATTERS
from gptlib.plot.style import FAINT, HIGHLIGHT, INK, PAPER, SKY, VALID, WIDTH

MOST_KINDS, COLUMNS = 24, 5  # of panels
MARKS = "os^Dv"  # of models, from small to large
SIZES = LinearSegmentedColormap.from_list("sizes", [PAPER, VALID, INK])
PALE, DEEP = 0.3, 0.9  # on that scale, of the smallest model and of the largest
MOST_TASKS = 5  # that have room beside each other
MOST_ROWS = 10
BY_SIZE = {"color": INK, "marker": "o", "markersize": 5, "linewidth": 1.5}
EXTRA = (
    {"color": HIGHLIGHT, "marker": "D", "markersize": 6, "linestyle": ""},
    {"color": SKY, "marker": "s", "markersize": 6, "linestyle": ""},
)
DASHED = DOTTED | {"linestyle": (0, (6, 3))}
LINE, LONG_LINE = 14, 22  # letters of a name in a column of tasks, and of any other; then it wraps
HIGH = 0.19  # inches, of a line beside a row
LEAST = 3.6  # inches, of a picture, so that what is written up its side has room


def kind_losses(
    losses: Mapping[str, Mapping[str, Mapping[float, float]]],
    floors: Mapping[str, float],
    title: str,
) -> Figure:
    """Draw what several models lose on each kind of text as they train, in a panel for each kind.

    losses: model -> kind -> tokens trained on -> validation loss, in nats per token. Models come
        from small to large, and the later are drawn the darker
    floors: kind -> the lowest loss that a model can expect; the panels have this order

    All panels share their scales, which are logarithmic.

    ValueError unless there are 1 to 5 models and 1 to 24 kinds, each model has the kinds of floors
    with one or more losses, and all floors, losses and numbers of tokens are above 0.
    """
    check_count(losses, "models", len(MARKS))
    check_count(floors, "kinds", MOST_KINDS, "have room")
    for model, of in losses.items():
        check_same(repr(model), of, "floors", floors, "kinds")
    curves = {
        model: [
            _above_0(sorted(of[kind].items()), f"{model!r}, {kind!r} has tokens and losses").T
            for kind in floors
        ]
        for model, of in losses.items()
    }
    lowest = _above_0(list(floors.values()), "floors are")
    columns = min(COLUMNS, len(floors) + 1)
    rows = len(floors) // columns + 1  # the cell after the last panel is for the legend
    fig = plt.figure(figsize=(WIDTH, max(1.45 * rows + 0.8, LEAST)))
    grid = list(fig.subplots(rows, columns, sharex=True, sharey=True, squeeze=False).flat)
    panels, key, spare = grid[: len(floors)], grid[len(floors)], grid[len(floors) + 1 :]
    shades = SIZES(np.linspace(DEEP, PALE, len(losses)))[::-1]  # a single model is dark
    for i, (ax, kind) in enumerate(zip(panels, floors, strict=True)):
        for (model, of), color, mark in zip(curves.items(), shades, MARKS, strict=False):
            style = {"color": color, "marker": mark, "markersize": 4, "linewidth": 1.2}
            ax.plot(*of[i], **style, label=model)
        ax.axhline(lowest[i], **DOTTED, label="exact floor")
        ax.set_title(textwrap.fill(kind, LONG_LINE), size=10, parse_math=False)
        ax.tick_params(labelsize=9)
    tokens, values = np.concatenate([curve for of in curves.values() for curve in of], axis=1)
    _log_scale(panels[0].xaxis, tokens, unit=1e6)
    _log_scale(panels[0].yaxis, [*values, *lowest])
    for ax in panels[-columns:]:  # below these is no other panel
        ax.tick_params(labelbottom=True)
    for ax in spare:
        ax.remove()
    key.set_axis_off()
    _name(key, *panels[0].get_legend_handles_labels(), loc="lower center")
    fig.supxlabel("million tokens trained on, log scale", size=10)
    fig.supylabel("validation loss, nats per token, log scale", size=10)
    fig.suptitle(title, x=0.01, ha="left", size=12, parse_math=False)
    return fig


def zero_shot(
    scores: Mapping[str, Mapping[float, Sequence[float]]],
    baselines: Mapping[str, tuple[str, float]],
    ceilings: Mapping[str, float],
    title: str,
    extra: Mapping[str, Mapping[str, tuple[float, Sequence[float]]]] | None = None,
) -> Figure:
    """Draw how often models of several sizes are right about tasks, in a panel for each task.

    scores: task -> number of parameters -> the shares of right answers, 0 to 1, one for each seed.
        A line joins their means, and a faint dot stands for each seed
    baselines: task -> the name of what needs no model, such as guessing, and its share, a dotted
        line
    ceilings: task -> the share of the best possible reader, a dashed line
    extra: name of a model that is none of these sizes -> task -> its parameters, and the shares of
        its seeds; at most 2 models, whose means are marks without a line

    All panels share their scales; that of the parameters is logarithmic. As in Figure 1 of Radford
    et al. (2019), "Language Models are Unsupervised Multitask Learners".

    ValueError unless there are 1 to 5 tasks, the same everywhere, each with one or more sizes above
    0, these with one or more shares, and all shares are from 0 to 1; for more models in extra.
    """
    extra = extra or {}
    check_count(scores, "tasks", MOST_TASKS, "have room")
    if len(extra) > len(EXTRA):
        raise ValueError(f"{len(extra)} models in extra: give at most {len(EXTRA)}")
    others = {"baselines": baselines, "ceilings": ceilings}
    for name, of in [*others.items(), *((repr(model), of) for model, of in extra.items())]:
        check_same(name, of, "scores", scores, "tasks")
    # Of each task, the models, each with its style, and the levels to compare them with.
    models = {task: [(_points(of, repr(task)), BY_SIZE)] for task, of in scores.items()}
    for (model, of), style in zip(extra.items(), EXTRA, strict=False):
        for task, (size, shares) in of.items():
            points = _points({size: shares}, f"{model!r}, {task!r}")
            models[task].append((points, style | {"label": textwrap.fill(model, LINE)}))
    levels = {
        task: [(*baselines[task], DOTTED), ("ceiling", ceilings[task], DASHED)] for task in scores
    }
    for task, of in levels.items():
        for name, share, _ in of:
            shares_of([share], f"{task!r}, {name!r}")
    fig = plt.figure(figsize=(WIDTH, 4.2))
    axes = fig.subplots(1, len(scores), sharex=True, sharey=True, squeeze=False)[0]
    for ax, task in zip(axes, scores, strict=True):
        _draw_task(ax, models[task], levels[task])
        ax.set_title(textwrap.fill(task, LINE), size=11, parse_math=False)
    sizes = [size for of in models.values() for points, _ in of for size in points]
    _log_scale(axes[0].xaxis, sizes, unit=1e6)
    axes[0].set_ylim(-0.03, 1.03)
    axes[0].yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    several = any(len(seeds) > 1 for of in scores.values() for seeds in of.values())
    axes[0].set_ylabel("right answers:\nmean, and each seed" if several else "right answers")
    fig.suptitle(title, x=0.01, ha="left", size=12, parse_math=False)
    return fig


def lesion(
    changes: Mapping[str, Mapping[str, float]],
    errors: Mapping[str, Mapping[str, float]],
    title: str,
) -> Figure:
    """Draw, as a matrix, how models change at tasks when a part of the text is taken out.

    changes: what is taken out -> task -> the change of the share of right answers, in percentage
        points, -100 to 100; errors: the standard error of each

    The first cell of the first row has a frame, the second of the second, and so on: give the tasks
    in the order of the parts that show them.

    ValueError unless there are 1 to 10 parts and 1 to 5 tasks, errors has the same, all changes are
    from -100 to 100, and no error is below 0.
    """
    check_count(changes, "parts", MOST_ROWS, "have room")
    check_same("errors", errors, "changes", changes, "parts")
    first, tasks = next(iter(changes.items()))
    check_count(tasks, "tasks", MOST_TASKS, "have room")
    for name, table in (("changes", changes), ("errors", errors)):
        for part, of in table.items():
            check_same(f"{part!r} in {name}", of, f"{first!r} in changes", tasks, "tasks")
    told = {
        (part, task): (changes[part][task], errors[part][task])
        for part in changes
        for task in tasks
    }
    for (part, task), (change, error) in told.items():
        if not (-100 <= change <= 100 and 0 <= error < math.inf):
            raise ValueError(
                f"{part!r}, {task!r} has {change} ± {error}: give percentage points from -100 to "
                "100, and an error not below 0"
            )
    parts = [textwrap.fill(part, LONG_LINE) for part in changes]
    high = max(0.6, HIGH * (1 + max(part.count("\n") + 1 for part in parts)))
    fig = plt.figure(figsize=(WIDTH, max(high * len(parts) + 1.3, LEAST)))
    ax = fig.add_subplot()
    grid = np.reshape([change for change, _ in told.values()], (len(parts), len(tasks)))
    # In MATTERS, what matters is what makes an answer worse when it is left out.
    style = {"cmap": MATTERS.reversed(), "vmin": -100, "vmax": 100, "edgecolors": FAINT}
    mesh = ax.pcolormesh(grid, **style, linewidth=0.6)
    for (row, column), (change, error) in zip(np.ndindex(grid.shape), told.values(), strict=True):
        words = f"{_signed(change)} ± {error:.0f}"
        ax.text(column + 0.5, row + 0.5, words, ha="center", va="center", size=11)
        if row == column:
            frame(ax, (column, row), 1, 1, INK)
    names = [textwrap.fill(task, LINE) for task in tasks]
    ax.set_xticks(np.arange(len(names)) + 0.5, names, size=10, parse_math=False)
    ax.set_yticks(np.arange(len(parts)) + 0.5, parts, size=10, parse_math=False)
    ax.tick_params(length=0)
    # A little more than the cells, or half of a frame at the edge would be cut off.
    ax.set(xlim=(-0.02, len(names) + 0.02), ylim=(len(parts) + 0.02, -0.02))
    ax.spines[:].set_visible(False)
    ax.set(xlabel="is asked", ylabel="taken out")
    label = "change in right answers,\npercentage points"
    fig.colorbar(mesh, label=label, ticks=range(-100, 101, 50), format=lambda n, _: _signed(n))
    fig.suptitle(title, x=0.01, ha="left", size=12, parse_math=False)
    return fig


def _draw_task(
    ax: Axes,
    models: Sequence[tuple[Mapping[float, np.ndarray], dict]],
    levels: Sequence[tuple[str, float, dict]],
) -> None:
    """Draw the mean of the seeds of each size and a dot for each seed; a line at each level."""
    for points, style in models:
        ax.plot(list(points), [seeds.mean() for seeds in points.values()], **style)
        for size, seeds in points.items():
            ax.plot([size] * len(seeds), seeds, "o", color=style["color"], alpha=0.4, markersize=3)
    for name, share, style in levels:
        ax.axhline(share, **style, label=textwrap.fill(f"{name}: {share:.0%}", LINE))
    ax.set_xlabel("million parameters,\nlog scale", size=9)
    ax.tick_params(labelsize=9)
    # The distance from the axis is in letters, and so the same in a picture of any height.
    _name(ax, loc="upper center", bbox_to_anchor=(0.5, 0), borderaxespad=5)


def _name(ax: Axes, *named: Sequence, **place: object) -> None:
    """Give axes a legend, of its own lines unless others and their names are given."""
    for name in ax.legend(*named, fontsize=9, handlelength=1.6, **place).get_texts():
        name.set_parse_math(False)


def _log_scale(axis: Axis, values: ArrayLike, unit: float = 1) -> None:
    """Make an axis logarithmic, hardly longer than the values, with labels in a unit."""
    log_scale(axis, [values])
    least, most = np.min(values), np.max(values)
    # From one label to the next it is a factor of 2.5 at most: there is room for one of them.
    room = max(1.2, math.sqrt(2.6 * least / most))
    axis.axes.set(**{f"{axis.axis_name}lim": (least / room, most * room)})
    axis.set_major_formatter(lambda value, _: f"{value / unit:g}")
    axis.axes.minorticks_off()


def _signed(number: float) -> str:
    """A number rounded and with its sign, for 0 without one."""
    return f"{round(number):+d}" if round(number) else "0"


def _points(of: Mapping[float, Sequence[float]], where: str) -> dict[float, np.ndarray]:
    """The shares of each size, the smallest first."""
    _above_0(list(of), f"{where} has the sizes")
    return {size: shares_of(of[size], f"{where}, {size}") for size in sorted(of)}


def _above_0(values: ArrayLike, told: str) -> np.ndarray:
    values = np.asarray(values, float)
    if not values.size or not ((0 < values) & (values < np.inf)).all():
        raise ValueError(f"{told} {values.tolist()}: give one or more, all above 0")
    return values
