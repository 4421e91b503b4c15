"""What models learn from examples in their prompts, and when they learned to."""

import math
import textwrap
from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import PercentFormatter

from gptlib.plot.checks import check_count
from gptlib.plot.ladder import DEEP, MARKS, PALE, SIZES
from gptlib.plot.style import INK, PAPER, SKY, SYMBOLS, WIDTH, visible

MOST_PANELS = 4
MOST_LINES = 24  # of a prompt that have room
LEAST = 0.005  # what is less rounds to 0%
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


def expected(prompt: str, told: Mapping[str, Sequence[float]], readers: Sequence[str]) -> Figure:
    """Draw what two readers expect after a prompt, beside its last 24 lines.

    told: from `check_expected`; readers: their two names
    """
    bars = with_others(told)
    lines = [line for part in prompt.split("\n") for line in textwrap.wrap(part, 36) or [""]]
    shown = lines[-MOST_LINES:]
    high = max(0.19 * len(shown), 0.42 * len(bars)) + 1.3
    fig = plt.figure(figsize=(WIDTH, max(high, 2.6)))
    beside, ax = fig.subplots(1, 2, width_ratios=(1, 1.6))
    beside.set_axis_off()
    style = {"family": "monospace", "size": 10, "parse_math": False}
    beside.text(0, 1, "\n".join(map(_plain, shown)), va="top", transform=beside.transAxes, **style)
    looks = ({"facecolor": SKY}, {"facecolor": PAPER, "edgecolor": INK, "linestyle": (0, (3, 2))})
    for i, look in enumerate(looks):
        for at, probs in enumerate(bars.values()):
            p, y = probs[i], at + 0.4 * i
            high = np.nan_to_num(p)
            ax.barh(y, high, height=0.34, **look)
            ax.text(0.01 + high, y, share(p), va="center", size=9)
    ax.set_yticks([at + 0.2 for at in range(len(bars))], list(bars), parse_math=False)
    ax.tick_params(axis="y", length=0)
    ax.set(xlim=(0, 1.1), ylim=(len(bars) - 0.4, -0.6), xlabel="probability")
    ax.set_xticks((0, 0.5, 1), ("0%", "50%", "100%"))
    ax.legend(
        [Patch(**look) for look in looks],
        readers,
        ncols=2,
        loc="lower left",
        bbox_to_anchor=(0, 1),
        fontsize=10,
    )
    title = textwrap.fill(expected_sentence(told, readers), 95)
    fig.suptitle(title, x=0.01, ha="left", size=12, parse_math=False)
    return fig


def check_expected(told: Mapping[str, Sequence[float]]) -> dict[str, tuple[float, float]]:
    """The two probabilities of each answer, nan where a reader has none.

    ValueError unless all others are from 0 to 1, and those of a reader sum to at most 1.
    """
    copied = {answer: tuple(map(float, probs)) for answer, probs in told.items()}
    for answer, probs in copied.items():
        if len(probs) != 2 or any(not (math.isnan(p) or 0 <= p <= 1) for p in probs):
            raise ValueError(f"{answer!r} has {probs}: give two probabilities, from 0 to 1 or nan")
    for i in (0, 1):
        total = sum(probs[i] for probs in copied.values())
        if total > 1.01:
            raise ValueError(f"the answers of a reader sum to {total:.4g}: give at most 1 together")
    return copied


def with_others(told: Mapping[str, Sequence[float]]) -> dict[str, tuple[float, float]]:
    """Answers as they are shown, without those that round to 0% for both readers.

    What is left, for these and for answers that are not told, comes last, unless it does so, too.
    """
    shown = {_plain(a): tuple(probs) for a, probs in told.items() if _worth_showing(probs)}
    left = tuple(1 - sum(probs[i] for probs in shown.values()) for i in (0, 1))
    return shown | ({"(others)": left} if _worth_showing(left) else {})


def expected_sentence(told: Mapping[str, Sequence[float]], readers: Sequence[str]) -> str:
    """Say what each of two readers finds likeliest.

    >>> expected_sentence({"x": (0.9, math.nan), "y": (0.1, math.nan)}, ("a model", "the best"))
    'A model expects “x” (90%), the best knows no list that begins like this.'
    >>> expected_sentence({"x": (0.9, 0.2), "y": (0.1, 0.2)}, ("a model", "the best"))
    'A model expects “x” (90%), the best has no favourite (20% at most).'
    """
    parts = []
    for i, reader in enumerate(readers):
        likely = {answer: probs[i] for answer, probs in told.items() if not math.isnan(probs[i])}
        if not likely:
            parts.append(f"{reader} knows no list that begins like this")
            continue
        first, most = max(likely.items(), key=lambda each: each[1])
        if sum(math.isclose(p, most) for p in likely.values()) > 1:
            parts.append(f"{reader} has no favourite ({share(most)} at most)")
        else:
            parts.append(f"{reader} expects “{_plain(first)}” ({share(most)})")
    said = ", ".join(parts)
    return f"{said[:1].upper()}{said[1:]}."


def share(p: float) -> str:
    """A probability in percent; a dash for none.

    >>> share(0.126), share(0.0004), share(0.0), share(math.nan)
    ('13%', 'under 1%', '0%', '–')
    """
    if math.isnan(p):
        return "–"
    return "under 1%" if 0 < p <= LEAST else f"{p:.0%}"


def _worth_showing(probs: Sequence[float]) -> bool:
    return any(p > LEAST for p in probs)  # which nan is not


def _plain(text: str) -> str:
    """Text in which what cannot be seen is made visible, but blanks are blanks."""
    return visible(text).replace(SYMBOLS[" "], " ")


def _line(values: Mapping[int, float]) -> tuple[list[int], list[float]]:
    ordered = sorted(values.items())
    return [k for k, _ in ordered], [float(value) for _, value in ordered]
