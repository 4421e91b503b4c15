"""Pictures of text: batches, tales, and how surprising they are."""

import math
import textwrap
from collections import Counter
from collections.abc import Callable, Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, Rectangle
from matplotlib.path import Path
from numpy.typing import ArrayLike

from gptlib.plot.style import (
    BEFORE,
    CELL,
    HIGHLIGHT,
    INK,
    PAPER,
    QUERY,
    QUIET,
    SIZE,
    WIDTH,
    monospaced,
    visible,
)

MOST_BARS = 80  # more than this cannot be told apart
LIT = LinearSegmentedColormap.from_list("lit", [PAPER, HIGHLIGHT])


def batch(idx: ArrayLike, targets: ArrayLike, decode_one: Callable[[int], str]) -> Figure:
    """Draw a batch as characters, each row of idx above its targets.

    idx, targets: (B, T); decode_one gives the text of one id. Lines join each target to
    the same character in idx, one step to the right.
    """
    idx, targets = np.asarray(idx), np.asarray(targets)
    B, T = idx.shape
    cell = min(0.45, (WIDTH - 1.5) / T)  # inches; from here on lengths are in cells
    left, right = -1.3 / cell, WIDTH / cell - 1.3 / cell
    gap, row = 1.7, 3.6  # from idx to its targets, and to the next idx
    height = (B - 1) * row + gap + 1.4
    fig = plt.figure(figsize=(WIDTH, height * cell + 0.35))
    ax = fig.add_subplot(xlim=(left, right), ylim=(height - 0.7, -0.7))
    ax.set_axis_off()
    ax.set_title("Each target is the next character: a line joins it to the same one in idx")
    for b in range(B):
        for name, ids, y in (("idx", idx, b * row), ("targets", targets, b * row + gap)):
            face = PAPER if name == "idx" else (HIGHLIGHT, 0.2)
            ax.text(-0.8, y, f"{name}[{b}]", ha="right", va="center", family="monospace")
            for t in range(T):
                ax.add_patch(Rectangle((t - 0.5, y - 0.5), 1, 1, facecolor=face, edgecolor=QUIET))
                char = visible(decode_one(int(ids[b, t])))
                ax.text(t, y, char, ha="center", va="center", family="monospace", parse_math=False)
        for t in range(T - 1):
            ax.plot((t, t + 1), (b * row + gap - 0.5, b * row + 0.5), color=HIGHLIGHT, linewidth=1)
    return fig


def tale(sentences: Sequence[str], uses: Sequence[Sequence[tuple[int, str]]]) -> Figure:
    """Draw a story row by row, with arcs from each sentence back to those whose facts it uses.

    uses[i] holds, for sentence i, pairs of an earlier sentence's index and the fact in a
    few words, such as (0, "where the kite is").
    """
    rows = [textwrap.wrap(sentence, 82) for sentence in sentences]
    notes = [[f"{fact} (told in {j})" for j, fact in needs] for needs in uses]
    # Lengths are in inches. A row begins at its top, and its first line is centred there.
    line, note_line, left = 0.21, 0.18, 1.5
    heights = [
        len(row) * line + len(note) * note_line + 0.12
        for row, note in zip(rows, notes, strict=True)
    ]
    tops = np.cumsum([0, *heights])
    far = sum(any(i - j > 1 for j, _ in needs) for i, needs in enumerate(uses))

    fig = plt.figure(figsize=(WIDTH, tops[-1] + 0.45))
    ax = fig.add_subplot(xlim=(-left, WIDTH - left), ylim=(tops[-1], -0.15))
    ax.set_axis_off()
    ax.set_title(
        f"{far} of {len(sentences)} sentences repeat a fact from two or more sentences back"
    )
    style = {"va": "center_baseline", "parse_math": False}
    for i, (row, note, top) in enumerate(zip(rows, notes, tops[:-1], strict=True)):
        ax.text(0, top, str(i), ha="center", weight="bold", **style)
        for k, part in enumerate(row):
            ax.text(0.2, top + k * line, part, **style)
        for k, part in enumerate(note):
            # A sentence that looks back is like a query, so all of this has the query's colour.
            y = top + len(row) * line + k * note_line
            ax.text(0.2, y, part, size=9.5, color=QUERY, **style)
        for j in {j for j, _ in uses[i]}:
            # Arcs leave a row above its middle and arrive below it, so they never cross there;
            # a longer one reaches further out, so they can be told apart.
            x, start, end, out = -0.13, top - 0.03, tops[j] + 0.04, 0.25 + 0.17 * (i - j)
            curve = Path([(x, start), (x - out, start), (x - out, end), (x, end)], [1, 4, 4, 4])
            arrow = {"arrowstyle": "-|>", "mutation_scale": 10, "linewidth": 1.5, "color": QUERY}
            ax.add_patch(FancyArrowPatch(path=curve, **arrow))
    return fig


def character_counts(text: str) -> Figure:
    """Draw how often each character of text occurs, the most frequent first.

    At most MOST_BARS characters have a bar.
    """
    counts = Counter(text).most_common()
    shown = counts[:MOST_BARS]
    names = [visible(char) for char, _ in shown]
    shares = [100 * count / len(text) for _, count in shown]
    fig = plt.figure(figsize=(WIDTH, 3))
    ax = fig.add_subplot()
    ax.bar(range(len(shown)), shares, color=QUIET)
    ax.set_xticks(range(len(shown)), names, family="monospace", va="baseline", parse_math=False)
    ax.tick_params(axis="x", length=0, pad=14)
    ax.margins(x=0.01)
    ax.set_ylabel("% of the text")
    which = f"all {len(shown)} characters, the most frequent first;"
    if len(shown) < len(counts):
        which = f"the {len(shown)} most frequent characters,"
    ax.set_xlabel(f"{which} space as ␣ and line break as ↵")
    ax.set_title(f"{shares[0]:.0f}% of the text is the character {names[0]}")
    return fig


def surprise(text: str, surprisals: Sequence[float], highest: float = 4) -> Figure:
    """Draw a text with a bar behind each character that shows how surprising it is.

    surprisals: (len(text),) in nats. A bar is as high as the character's surprise, and the darker,
    up to 3 nats, the higher it is. A bar that is higher than its neighbours, and not low, has the
    character's probability above it. Characters with a probability above 99% are pale.
    highest: the surprise of the highest bar there is room for, in nats, unless a character has
    more; give pictures that will be compared the same.
    ValueError where the lengths differ, and for an empty text.
    """
    if not text or len(surprisals) != len(text):
        raise ValueError(
            f"{len(surprisals)} surprisals for {len(text)} characters: give one for each"
        )
    placed = monospaced(text)
    lines = placed[-1][1] + 1
    step, low, left = 0.8, 0.14, 0.15  # inches
    per_nat = 0.34 / max(highest, *surprisals)  # no bar's label reaches the line above
    fig = plt.figure(figsize=(WIDTH, 0.4 + step * lines))
    ax = fig.add_subplot(xlim=(-left, WIDTH - left), ylim=(step * (lines - 0.7), -0.7))
    ax.set_axis_off()
    for i, (column, line, char) in enumerate(placed):
        x, y, nats = column * CELL, line * step, surprisals[i]
        top = y - low - nats * per_nat
        style = {"color": BEFORE}
        if nats > 0.01:
            style = {"color": INK, "weight": "bold"}
            face = LIT(0.15 + 0.85 * min(1, nats / 3))
            corner = (x - 0.46 * CELL, top)
            ax.add_patch(Rectangle(corner, 0.92 * CELL, y + low - top, color=face))
        # A label is as wide as three characters.
        before, after = surprisals[max(0, i - 2) : i], surprisals[i : i + 3]
        if nats > 0.65 and nats > max(before, default=0) and nats == max(after):
            p = math.exp(-nats)
            label = f"{p:.0%}" if p >= 0.01 else "<1%"
            ax.text(x, top - 0.03, label, ha="center", va="bottom", size=9)
        style |= {"ha": "center", "va": "center_baseline", "family": "monospace", "size": SIZE}
        ax.text(x, y, char, parse_math=False, **style)
    sums = np.cumsum(sorted(surprisals, reverse=True))
    half = 1 + int(np.searchsorted(sums, sums[-1] / 2))
    ax.set_title(f"Half of the surprise is in {half} of {len(text)} characters")
    return fig
