"""Line plots: losses over steps, and other measures over text length, depth or direction."""

import math
from collections.abc import Iterable, Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator
from numpy.typing import ArrayLike

from gptlib.plot.checks import check_count
from gptlib.plot.style import BEFORE, HIGHLIGHT, INK, QUIET, SKY, TRAIN, VALID, WIDTH

# The first is the style of the baseline.
VERSUS = (
    {"color": BEFORE, "linestyle": "--", "marker": "o"},
    {"color": HIGHLIGHT, "linestyle": "-", "marker": "s"},
    {"color": INK, "linestyle": "-.", "marker": "^"},
    {"color": SKY, "linestyle": ":", "marker": "D"},
)
KINDS = tuple(
    {"color": color, "linestyle": dashes, "marker": marker, "markersize": 5, "linewidth": 1.5}
    for color, dashes, marker in zip(
        (INK, HIGHLIGHT, SKY, QUIET) * 2, ["-"] * 4 + [(0, (4, 2))] * 4, "os^DvPX*", strict=True
    )
)
WIDE_RANGE = 20  # a scale is logarithmic if the largest number is more than so many times the least
LETTER = 0.085  # inches, the width of a letter in a name beside or below an axis


def loss_curve(
    train: Sequence[float],
    valid: Mapping[int, float],
    landmarks: Mapping[str, float],
    unit: str = "token",
) -> Figure:
    """Draw the loss curves of a training run, with landmarks to compare them with.

    If validation is lowest before the end, by more than the title's rounding, that step is marked,
    and the title says so; step 0 does not count.

    train: the loss of each step's batch; valid: step -> validation loss, where step 0 is before
    training; landmarks: name -> loss, each a line across the figure; unit: losses are in nats per
    unit.
    """
    fig = plt.figure(figsize=(WIDTH, 4.2))
    ax = fig.add_subplot()
    for loss in landmarks.values():
        ax.axhline(loss, color=QUIET, linewidth=1, linestyle=":")
    ax.plot(range(1, len(train) + 1), train, color=TRAIN, linewidth=1, label="training batches")
    ax.plot(*zip(*valid.items(), strict=True), "o--", color=VALID, markersize=4, label="validation")
    top = max(*landmarks.values(), *valid.values(), *train)
    ax.set(xlabel="step", ylabel=f"loss, nats per {unit}", ylim=(0, 1.05 * top or 1))
    # A name stands beside its line, or just above the name below if the two would overlap.
    at = -math.inf
    for name, loss in sorted(landmarks.items(), key=lambda item: item[1]):
        at = max(loss / ax.get_ylim()[1], at + 0.06)
        ax.text(1.01, at, f"{loss:.2f}  {name}", transform=ax.transAxes, va="center", size=10)
    first, last, end = valid[min(valid)], valid[max(valid)], max(valid)
    best = min([step for step in valid if step > 0] or valid, key=valid.get)
    title = f"Validation loss from {first:.2f} to {last:.2f} in {end} steps"
    if f"{valid[best]:.2f}" != f"{last:.2f}":
        title = f"Validation loss is lowest at step {best}, {valid[best]:.2f}; at {end}, {last:.2f}"
        ax.plot(best, valid[best], "o", color=HIGHLIGHT, markersize=9, zorder=3, label="lowest")
    ax.set_title(title)
    fig.legend(loc="outside lower center", ncols=3)  # inside, it would cover a line
    return fig


def by_kind(steps: Sequence[int], excess: Mapping[str, ArrayLike], title: str) -> Figure:
    """Draw a model's excess loss on each kind of character over the steps of its training.

    excess: kind -> nats per story above the lowest possible loss, at each of steps; at most 8
    kinds. Both scales are logarithmic, so numbers not above 0 are left out; step 0 has a place of
    its own.

    ValueError unless there are 1 to 8 kinds, each with one finite number for each step, and at
    least one of these above 0.
    """
    excess = {kind: _at_each(steps, values, kind, "step") for kind, values in excess.items()}
    check_count(excess, "lines", len(KINDS))
    for kind, values in excess.items():
        if not (values > 0).any():
            raise ValueError(f"{kind!r} has no number above 0: leave it out of a log scale")
    excess = {kind: np.where(values > 0, values, np.nan) for kind, values in excess.items()}
    fig, ax = _panel(4.2, title)
    ends = _draw(ax, steps, excess, KINDS)
    if min(steps) > 0:
        ax.set_xscale("log")
    else:
        ax.set_xscale("symlog", linthresh=min((step for step in steps if step > 0), default=1))
    shown = _apart(ax, steps)
    ax.set_xticks(shown, [f"{step:,}" for step in shown])
    log_scale(ax.yaxis, excess.values())
    ax.minorticks_off()
    ax.set(xlabel="step, log scale", ylabel="excess, nats per story, log scale")
    name_ends(ax, ends)
    return fig


def generation_times(
    lengths: Sequence[int], milliseconds: Mapping[str, ArrayLike], title: str
) -> Figure:
    """Draw the time to generate one more token against the length of the text so far.

    milliseconds: name -> one number for each of lengths; at most 4 names, the baseline first. The
        scale is logarithmic if the largest number is more than 20 times the least.

    ValueError unless there are 1 to 4 names, each with one finite number for each length.
    """
    milliseconds = {
        name: _at_each(lengths, values, name, "length") for name, values in milliseconds.items()
    }
    check_count(milliseconds, "lines", len(VERSUS))
    fig, ax = _panel(3.6, title)
    ends = _draw(ax, lengths, milliseconds, VERSUS, markersize=4)
    scale = _scale_for(ax, milliseconds.values())
    ax.set(xlabel="tokens so far", ylabel=f"ms for one more{scale}", xlim=0)
    name_ends(ax, ends)
    return fig


def stream(
    sizes: Mapping[str, ArrayLike], names: Sequence[str], title: str, xlabel: str = ""
) -> Figure:
    """Draw the size of the residual stream at each depth, for several ways to initialise a model.

    sizes: way -> RMS at each depth; at most 4 ways, the baseline first. The scale is logarithmic
        if the largest number is more than 20 times the least.
    names: one for each depth, from the bottom of the model up; xlabel: what they name, if they do
        not say so themselves

    ValueError unless there are 1 to 4 ways, each with one finite number for each depth.
    """
    sizes = {way: _at_each(names, values, way, "depth") for way, values in sizes.items()}
    check_count(sizes, "lines", len(VERSUS))
    # Leave room beside the axes for the names of the ways.
    pitch = (WIDTH - 1.9 - LETTER * max(map(len, sizes))) / len(names)
    longest = LETTER * max(map(len, names))
    turned = longest > pitch
    fig, ax = _panel(3.8 + longest * turned, title)
    ends = _draw(ax, range(len(names)), sizes, VERSUS)
    scale = _scale_for(ax, sizes.values())
    ax.set_xticks(range(len(names)), names, rotation=90 if turned else 0, parse_math=False)
    ax.set(xlabel=xlabel, ylabel=f"size of the stream (RMS){scale}")
    name_ends(ax, ends)
    return fig


def name_ends(ax: Axes, told: Sequence[tuple[float, str, dict]]) -> None:
    """Write each line's name, with a sample of the line, beside its end; no two names overlap.

    told: for each line, its last value, its name and its style; set the scales of the axes first
    """
    told = sorted(told, key=lambda end: end[0])
    ends = ax.transData.transform([(1, value) for value, _, _ in told])
    wanted = ax.transAxes.inverted().transform(ends)[:, 1]
    step = 0.075
    at = [max(wanted[0], 0.02)]
    for height in wanted[1:]:
        at.append(max(height, at[-1] + step))
    for k, y in enumerate(at):  # names that would pass the top push those below them down
        y = min(y, 0.99 - step * (len(at) - 1 - k))
        _, name, style = told[k]
        piece = {"transform": ax.transAxes, "clip_on": False, "markevery": [1]}
        ax.plot((1.03, 1.09, 1.15), (y, y, y), **style, **piece)
        ax.text(1.17, y, name, transform=ax.transAxes, va="center", size=10, parse_math=False)


def log_scale(axis: Axis, values: Iterable[ArrayLike]) -> None:
    """Make an axis logarithmic, with at least one tick label on it."""
    known = np.concatenate([np.ravel(value) for value in values])
    known = known[np.isfinite(known)]
    least, most = known.min(), known.max()
    # From half the least to twice the most there is room for at least one label.
    limits = {f"{axis.axis_name}scale": "log", f"{axis.axis_name}lim": (least / 2, 2 * most)}
    axis.axes.set(**limits)
    axis.set_major_locator(LogLocator(subs=(1, 2, 5) if most < 100 * least else (1,)))
    axis.set_major_formatter("{x:g}")


def _panel(height: float, title: str) -> tuple[Figure, Axes]:
    fig = plt.figure(figsize=(WIDTH, height))
    # Names beside the axes move with them, but the layout is computed from where they were before.
    fig.get_layout_engine().set(rect=(0, 0, 0.985, 1))
    fig.suptitle(title, x=0.01, ha="left", size=12, parse_math=False)
    return fig, fig.add_subplot()


def _draw(
    ax: Axes,
    x: Sequence[float],
    values: Mapping[str, np.ndarray],
    styles: Sequence[dict],
    **more: object,
) -> list[tuple[float, str, dict]]:
    """Draw a line for each name; return each line's last finite value, its name and its style."""
    ends = []
    for (name, y), style in zip(values.items(), styles, strict=False):
        style = style | more
        ax.plot(x, y, label=name, **style)
        ends.append((y[np.isfinite(y)][-1], name, style))
    return ends


def _apart(ax: Axes, steps: Sequence[int]) -> list[int]:
    """The steps whose labels have room below the axis; the last step is always one of them."""
    ax.autoscale_view()  # or the limits would not include the lines yet
    places = ax.transAxes.inverted().transform(ax.transData.transform([(x, 1) for x in steps]))
    shown, last = [], np.inf
    for step, (place, _) in sorted(zip(steps, places, strict=True), reverse=True):
        if place < last - 0.09:
            shown, last = [step, *shown], place
    return shown


def _scale_for(ax: Axes, values: Iterable[np.ndarray]) -> str:
    """Make the y axis logarithmic or let it start at 0; return what to add to its label."""
    values = list(values)
    least, most = min(map(np.min, values)), max(map(np.max, values))
    if least > 0 and most > WIDE_RANGE * least:
        log_scale(ax.yaxis, values)
        ax.minorticks_off()
        return ", log scale"
    ax.set_ylim(0, 1.08 * most)
    return ""


def _at_each(places: Sequence, values: ArrayLike, name: str, what: str) -> np.ndarray:
    values = np.asarray(values, float)
    if values.shape != (len(places),):
        raise ValueError(
            f"{name!r} has numbers of shape {values.shape}: give {len(places)}, one for each {what}"
        )
    if not np.isfinite(values).all():
        raise ValueError(f"{name!r} has {values[~np.isfinite(values)][0]}: give finite numbers")
    return values


def learned_to_look(
    steps: Sequence[int],
    nats: Mapping[str, ArrayLike],
    look: Mapping[str, ArrayLike],
    title: str,
) -> Figure:
    """Draw, side by side, how a model's loss on some words falls and where one of its heads looks.

    nats: kind of word -> loss per word at each of steps; look: kind -> the head's attention weight
        at each of steps, 0 to 1. At most 8 kinds, the same in both

    ValueError unless the kinds are the same, and each has one finite number for each step.
    """
    check_count(nats, "lines", len(KINDS))
    if list(nats) != list(look):
        raise ValueError(f"nats are of {list(nats)} and look of {list(look)}: give the same kinds")
    fig = plt.figure(figsize=(WIDTH, 3.4))
    left, right = fig.subplots(1, 2)
    for ax, lines in ((left, nats), (right, look)):
        _draw(
            ax, steps, {kind: _at_each(steps, y, kind, "step") for kind, y in lines.items()}, KINDS
        )
        ax.axhline(0, color=QUIET, linewidth=0.5)
    left.set(xlabel="step", ylabel="nats per word", ylim=0)
    right.set(xlabel="step", ylabel="the head's weight", ylim=(0, 1))
    left.legend(loc="upper right")
    fig.suptitle(title, x=0.01, ha="left", size=12)
    return fig


def schedules(rates: Mapping[str, Sequence[float]], title: str) -> Figure:
    """Draw learning rates over the steps of a training, from step 0.

    rates: name -> the rate of each step; at most 4 names. ValueError for more names, and unless
    all have equally many rates.
    """
    check_count(rates, "schedules", len(VERSUS))
    if len({len(each) for each in rates.values()}) > 1:
        raise ValueError(f"numbers of steps are {[len(each) for each in rates.values()]}: give one")
    rates = {name: np.asarray(each, float) for name, each in rates.items()}
    steps, top = len(next(iter(rates.values()))), max(each.max() for each in rates.values())
    fig, ax = _panel(3.2, title)
    ends = _draw(ax, range(steps), rates, VERSUS, marker="")
    ax.set(xlabel="step", ylabel="learning rate", ylim=(0, 1.08 * top), xlim=0)
    ax.axhline(top, color=BEFORE, linewidth=1, linestyle=":")
    name_ends(ax, ends)
    return fig


def singular_values(values: Mapping[str, ArrayLike], title: str) -> Figure:
    """Draw the singular values of one to three matrices, and highlight those of the last.

    values: the name of each matrix -> its singular values, the largest first. The scale is
    logarithmic, so values not above 0 are left out. ValueError for more matrices, and unless all
    have equally many values, all finite.
    """
    styles = (
        {"color": BEFORE, "marker": "o"},
        {"color": SKY, "marker": "^"},
        {"color": HIGHLIGHT, "marker": "s"},
    )
    check_count(values, "lines", len(styles))
    ranks = range(1, len(next(iter(values.values()))) + 1)
    fig = plt.figure(figsize=(WIDTH, 3.2))
    ax = fig.add_subplot()
    for (name, each), style in zip(values.items(), styles, strict=False):
        each = _at_each(ranks, each, name, "direction")
        ax.plot(ranks, each, linestyle="", markersize=4, label=name, **style)
    ax.set(xlabel="direction, the strongest first", ylabel="singular value", yscale="log")
    ax.yaxis.set_major_formatter("{x:g}")  # powers of 10 would need a font that may be missing
    ax.legend(loc="lower left")
    ax.set_title(title)
    return fig
