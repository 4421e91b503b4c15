"""Pictures of attention: rows ask, columns answer, and the darker the blue, the larger a weight."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from numpy.typing import ArrayLike

from gptlib.plot.style import (
    BEFORE,
    CELL,
    HATCHED,
    HIGHLIGHT,
    INK,
    LOOKS,
    PAPER,
    QUIET,
    SIZE,
    WIDTH,
    lift_spaces,
    monospaced,
    visible,
)

MOST_NUMBERS = 8  # columns; with more, numbers in the cells would be too small to read
NAMED = 0.15  # inches, of the smallest cell that has room for a name beside it
STRIDE = 16  # positions from one label to the next, where names have no room


def ticks(names: Sequence[str], named: bool) -> dict[int, str]:
    """The tick labels of an axis, by position: all names, or the number of every 16th position."""
    return dict(enumerate(names)) if named else {i: str(i) for i in range(0, len(names), STRIDE)}


def panel(ax: Axes, shown: np.ndarray, mask: np.ndarray) -> None:
    """Draw weights (T, S) into ax, hatched where mask is not True."""
    T, S = shown.shape
    # Masked cells are transparent and show the hatching behind them.
    ax.add_patch(Rectangle((-0.5, -0.5), S, T, **HATCHED, zorder=-1))
    ax.imshow(np.ma.array(shown, mask=~mask), cmap=LOOKS, vmin=0, vmax=1)


def weights(
    panels: Mapping[str, tuple[ArrayLike, ArrayLike | None]],
    rows: Sequence[str],
    columns: Sequence[str],
    title: str,
) -> Figure:
    """Draw attention weights in panels side by side.

    panels: name -> weights (T, S) and mask, bool (T, S) or None; masked cells are hatched
    rows: the names of the T tokens that ask; columns: those of the S that answer; where cells are
        too small for names, every 16th is labelled with its position
    """
    rows, columns = [visible(name) for name in rows], [visible(name) for name in columns]
    T, S, n = len(rows), len(columns), len(panels)
    cell = min(0.5, (WIDTH - 1.3 * n) / n / S, WIDTH / T)
    named = cell >= NAMED
    if not named:  # positions leave more room than names
        cell = min((WIDTH - 0.65 * n) / n / S, WIDTH / T)
    asking, answering = ticks(rows, named), ticks(columns, named)
    longest = max(len(name) for name in answering.values()) * 0.11
    turned = named and longest > cell
    below = longest if turned else 0.2  # inches for the names
    above = 0.9 + 0.2 * title.count("\n") + (0.3 if n > 1 else 0)
    fig = plt.figure(figsize=(WIDTH, T * cell + below + above))
    axes = fig.subplots(1, n, squeeze=False)[0]
    for ax, (name, (shown, mask)) in zip(axes, panels.items(), strict=True):
        shown = np.asarray(shown)
        mask = np.ones((T, S), bool) if mask is None else np.broadcast_to(mask, (T, S))
        panel(ax, shown, mask)
        ax.set_anchor("N")  # spare height goes below the panel, not between it and the title
        if S <= MOST_NUMBERS:
            for t, s in zip(*np.nonzero(mask), strict=True):
                color = PAPER if shown[t, s] > 0.6 else INK
                number = f"{shown[t, s]:.2f}"
                ax.text(s, t, number, ha="center", va="center", size=9, color=color)
        names = list(answering.values())
        ax.set_xticks(list(answering), names, rotation=90 if turned else 0, parse_math=False)
        ax.set_yticks(list(asking), list(asking.values()), parse_math=False)
        ax.tick_params(length=0)
        lift_spaces(ax)
        for side in ("top", "right"):
            ax.spines[side].set_visible(True)
        if n > 1:
            ax.set_title(name, size=11)
        ax.set_xlabel("answers")
    axes[0].set_ylabel("asks")
    fig.suptitle(title, x=0.01, ha="left", size=12, parse_math=False)
    return fig


def look(text: str, looks: ArrayLike, told: slice, title: str) -> Figure:
    """Draw, on a text, the attention weights of the last character that the model has read.

    looks: (T,), the weight on each of the T characters read so far. The last of these asks, and
        has a frame; characters not yet read are pale. A weight of at least 5% is written above,
        unless one within two characters of it is larger.
    told: where the answer is in text; it is underlined
    """
    looks = np.asarray(looks)
    placed = monospaced(text)
    lines = placed[-1][1] + 1
    step, left = 0.6, 0.15  # inches
    fig = plt.figure(figsize=(WIDTH, 0.45 + step * lines))
    ax = fig.add_subplot(xlim=(-left, WIDTH - left), ylim=(step * (lines - 0.6), -0.45))
    ax.set_axis_off()
    for i, (column, line, char) in enumerate(placed):
        x, y = column * CELL, line * step
        seen = looks[i] if i < len(looks) else 0.0
        asks = i == len(looks) - 1
        frame = {"edgecolor": INK if asks else "none", "zorder": 2 if asks else 1}
        corner = (x - CELL / 2, y - 0.13)
        ax.add_patch(Rectangle(corner, CELL, 0.26, facecolor=LOOKS(seen), **frame))
        # A number is as wide as three characters.
        if seen >= 0.05 and seen == max(looks[max(0, i - 2) : i + 3]):
            ax.text(x, y - 0.15, f"{seen:.0%}", ha="center", va="bottom", size=9)
        if told.start <= i < told.stop:
            ax.plot((x - CELL / 2, x + CELL / 2), (y + 0.17, y + 0.17), color=HIGHLIGHT)
        style = {"ha": "center", "va": "center_baseline", "family": "monospace", "size": SIZE}
        color = BEFORE if i >= len(looks) else PAPER if seen > 0.6 else INK
        ax.text(x, y, char, color=color, zorder=3, parse_math=False, **style)
    ax.set_title(title, parse_math=False)
    return fig


def positions(tables: Mapping[str, ArrayLike], at: int, title: str) -> Figure:
    """Draw position tables, and the dot product of each of their rows with row `at`.

    tables: name -> (T, C), with the same T for all
    """
    fig = plt.figure(figsize=(WIDTH, 2.6 * len(tables) + 0.3))
    fig.suptitle(title, x=0.01, ha="left", size=12)
    axes = fig.subplots(len(tables), 2, squeeze=False, width_ratios=(1, 1.2))
    for (left, right), (name, table) in zip(axes, tables.items(), strict=True):
        table = np.asarray(table)
        top = np.abs(table).max()
        image = left.imshow(table, cmap="Greys_r", vmin=-top, vmax=top, aspect="auto")
        fig.colorbar(image, ax=left)
        left.set(xlabel="channel", ylabel="position")
        left.set_title(name, size=11)
        right.plot(table @ table[at], color=QUIET, linewidth=1.5)
        right.axvline(at, color=HIGHLIGHT, linestyle="--", linewidth=1)
        right.set(xlabel="position", ylabel=f"dot product with row {at}")
    return fig
