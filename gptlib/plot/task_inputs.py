"""The picture of GPT-1's input transformations."""

from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure

from gptlib.plot.page import Point, box, line, page, text, way
from gptlib.plot.style import HIGHLIGHT, KEY, LIGHTEST, PAPER

HIGH, ROW, GAP = 0.34, 0.5, 0.3  # inches: a box, a sequence with the space below, between tasks
SPECIAL, WORDS = 0.76, 1.1  # inches, the widths of a special token and of a text
LEFT, MODEL, HEAD, OUT = 1.35, 6.45, 7.65, 8.6  # inches: where sequences begin, and what follows
HALF, MEET = 0.35, 7.05  # inches: half of a box that follows, and where states are added

CLEAR = {"facecolor": PAPER, "linewidth": 0, "pad": 1}  # so that words interrupt a line


def task_inputs(
    tasks: Mapping[str, Sequence[Sequence[str]]], special: Sequence[str], added: Sequence[str]
) -> Figure:
    """Draw the sequences that each task makes of its texts, and what reads them.

    tasks: task -> its sequences, each a list of the names of special tokens and texts
    special: which of the names are special tokens; the last of a sequence is the one that is read
    added: tasks whose sequences are added before the linear layer; others have one for each

    Radford et al. (2018), Figure 1.
    """
    rows = sum(map(len, tasks.values()))
    fig, ax = page(0.6 + ROW * rows + GAP * len(tasks), "Every task becomes sequences for one GPT")
    y = 0.75
    for task, sequences in tasks.items():
        middle = y + ROW * (len(sequences) - 1) / 2
        text(ax, 0.1, middle, task, size=10, weight="bold", ha="left")
        for k, parts in enumerate(sequences):
            at = y + ROW * k
            end = _sequence(ax, f"{task} {k}", at, parts, special)
            box(ax, f"{task} {k} GPT", (MODEL, at), "GPT", (2 * HALF, HIGH), to_rgba(KEY, 0.35))
            way(ax, [(end, at), (MODEL - HALF, at)])
            if task in added:
                line(ax, [(MODEL + HALF, at), (MEET, at), (MEET, middle)])
            else:
                _head(ax, f"{task} {k} linear", (MODEL + HALF, at), (OUT, middle))
        if task in added:
            _head(ax, f"{task} linear", (MEET, middle), (OUT, middle))
            text(ax, MEET, middle, "+", size=12, bbox=CLEAR)
        text(ax, OUT, middle, "softmax", bbox=CLEAR)
        y += ROW * len(sequences) + GAP
    return fig


def _sequence(ax: Axes, name: str, y: float, parts: Sequence[str], special: Sequence[str]) -> float:
    """Draw the parts of a sequence side by side; returns where it ends."""
    x = LEFT
    for i, part in enumerate(parts):
        wide = SPECIAL if part in special else WORDS
        face = to_rgba(HIGHLIGHT, 0.3) if part in special else LIGHTEST
        box(ax, f"{name} {i}", (x + wide / 2, y), part, (wide, HIGH), face)
        x += wide
    return x


def _head(ax: Axes, name: str, start: Point, end: Point) -> None:
    """Draw a linear layer on the way from start to end."""
    y = start[1]
    way(ax, [start, (HEAD - HALF, y)])
    box(ax, name, (HEAD, y), "linear", (2 * HALF, HIGH))
    line(ax, [(HEAD + HALF, y), (end[0], y), end])
