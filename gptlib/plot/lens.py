"""The picture of a logit lens: what a model would guess after each of its blocks."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from gptlib.plot.page import frame, matrix, page, scale, text
from gptlib.plot.style import FAINT, HIGHLIGHT, INK, LOOKS, PAPER, QUIET, WIDTH, visible

MOST = 32  # positions; more would not fit


def lens(
    chars: Sequence[str],
    guesses: Sequence[Sequence[str]],
    probs: ArrayLike,
    names: Sequence[str],
    title: str,
) -> Figure:
    """Draw the likeliest next character at each depth and position, the likelier the darker.

    chars: T + 1, at most 33: the T that the model reads, and the one that came after them. Each
        character read is written below its column, and the one that came after it above
    guesses: T characters for each depth, from the bottom of the model up; probs: (depths, T),
        their probabilities; names: one for each depth

    A correct guess has a frame. ValueError for sizes that do not match, a probability outside 0
    to 1, and a guess that is not one character.
    """
    probs = np.asarray(probs, float)
    T = len(chars) - 1
    _check(chars, guesses, probs, names)
    left, key = 0.35 + 0.085 * max(map(len, [*names, "what came"])), 0.95  # inches
    cell, high = min(0.4, (WIDTH - left - key) / T), 0.32
    top, floor = 0.8, 0.8 + high * len(names)
    below = max(floor + 0.42, top + 1.85)
    fig, ax = page(below + 0.2, title)
    # The last depth is at the top, as in a drawing of the model.
    matrix(ax, "lens", (left, top), probs[::-1], (cell, high), LOOKS, edge=FAINT)
    frame(ax, (left, top), T * cell, high * len(names), QUIET, 0.8)
    letter = {"family": "monospace", "size": 11, "va": "center_baseline"}
    for row, (name, guessed) in enumerate(zip(names, guesses, strict=True)):
        y = floor - (row + 0.5) * high
        text(ax, left - 0.1, y, name, ha="right", size=10)
        for t, guess in enumerate(guessed):
            x, dark, right = left + t * cell, probs[row, t] > 0.6, guess == chars[t + 1]
            style = letter | {"color": PAPER if dark else INK}
            weight = "bold" if right else "normal"
            text(ax, x + cell / 2, y, visible(guess), weight=weight, **style)
            if right:
                inset = 0.018
                size = cell - 2 * inset, high - 2 * inset
                frame(ax, (x + inset, y - high / 2 + inset), *size, HIGHLIGHT, 1.8)
    for t in range(T):
        x = left + (t + 0.5) * cell
        text(ax, x, top - 0.16, visible(chars[t + 1]), weight="bold", **letter)
        text(ax, x, floor + 0.16, visible(chars[t]), **letter)
    text(ax, left - 0.1, top - 0.16, "what came", ha="right", size=10, weight="bold")
    text(ax, left - 0.1, floor + 0.16, "read", ha="right", size=10)
    text(ax, left, below, "guesses after reading a character and all before it", ha="left")
    x = left + T * cell + 0.2
    text(ax, x, top - 0.16, "probability", ha="left")
    scale(ax, (x, top), LOOKS)
    frame(ax, (x, top + 1.4), 0.22, 0.22, HIGHLIGHT, 1.8)
    text(ax, x + 0.3, top + 1.51, "came", ha="left")
    rows = [("read", chars[:-1]), *zip(names, guesses, strict=True), ("what came", chars[1:])]
    told = "; ".join(f"{name}: {visible(''.join(row))}" for name, row in rows)
    fig.set_label(f"{title}. From the bottom up: {told}.")
    return fig


def _check(
    chars: Sequence[str], guesses: Sequence[Sequence[str]], probs: np.ndarray, names: Sequence[str]
) -> None:
    T = len(chars) - 1
    if not 1 <= T <= MOST:
        raise ValueError(
            f"there are {len(chars)} chars: give 2 to {MOST + 1}, those read and one that came"
        )
    sizes = [len(guessed) for guessed in guesses]
    if probs.shape != (len(names), T) or sizes != [T] * len(names):
        raise ValueError(
            f"probs are {probs.shape} and guesses {len(sizes)} rows of {sorted(set(sizes))}, but "
            f"there are {len(names)} names and {len(chars)} chars: give ({len(names)}, {T}), one "
            "row for each name and a column for each character but the last"
        )
    for at in np.argwhere(~((probs >= 0) & (probs <= 1 + 1e-6)))[:1]:  # nan, too
        raise ValueError(f"probs[{at[0]}, {at[1]}] is {probs[*at]}: give probabilities")
    for guess in (guess for guessed in guesses for guess in guessed if len(guess) != 1):
        raise ValueError(f"{guess!r} is a guess: give one character")
