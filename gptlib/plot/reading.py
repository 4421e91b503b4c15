"""What a model answers about a text, and which words move the answer when they are left out."""

import textwrap
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, to_hex
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from numpy.typing import ArrayLike

from gptlib.plot.style import CELL, HIGHLIGHT, INK, PAPER, QUIET, SIZE, SKY, WIDTH, visible

TOLD = 3  # words that a sentence names
# Falls from -1 to 1; of 257 colours the one in the middle, for no effect, is white.
MATTERS = LinearSegmentedColormap.from_list("matters", [SKY, PAPER, HIGHLIGHT], N=257)
# The legend, for the widget too: before, and after the scale, and below it.
MORE, LESS = "Answer without the word: 100 points more probable", "100 points less probable"
KEY = (
    "White: no effect. Dashed: more probable without the word. "
    "Underlined: another answer without the word."
)

EDGE, PAD = 0.08, 0.04  # inches, beside the picture and beside a word
HEAD, LINE, ROW, BOX = 0.24, 0.37, 0.29, 0.3  # inches, the height of lines, and of a word's box
RAMP, BAR, BAR_HIGH = 1.5, 3.0, 0.17  # inches: the width of the scale, and of a bar of 100%
LETTER = 0.095  # inches, of room for a letter at 11 points
WRAP = 95  # letters of a line of words
LONG = int((WIDTH - 2 * EDGE - 2 * PAD) / CELL)  # letters of the longest word that fits into a line
NAME = 30  # letters of the longest name of a label, and of a word in a sentence


@dataclass(frozen=True)
class Reading:
    """The answer to a hypothesis about a text, and the answers when each word is left out.

    words: the N words of the text; labels: the K possible answers
    probs: (N + 1, K), the probability of each label: with all words, then without each
    """

    words: Sequence[str]
    hypothesis: str
    labels: Sequence[str]
    probs: np.ndarray

    @property
    def answer(self) -> int:
        """The most probable label with all words."""
        return int(self.probs[0].argmax())

    @property
    def falls(self) -> np.ndarray:
        """How much less probable that answer is without each word, (N)."""
        return self.probs[0, self.answer] - self.probs[1:, self.answer]

    @property
    def changed(self) -> list[str]:
        """For each word the answer without it, or "" where that stays the same."""
        others = self.probs[1:].argmax(axis=1)
        return ["" if label == self.answer else self.labels[label] for label in others]

    @property
    def sentence(self) -> str:
        """The answer, what matters most to it and what changes it, in plain text, not HTML.

        >>> probs = np.array([[0.1, 0.9], [0.6, 0.4], [0.07, 0.93]])
        >>> print(textwrap.fill(Reading(["He", "ran."], "", ["no", "yes"], probs).sentence, 80))
        The answer is “yes”, 90%. It is 50 points less probable without “He” (0) and 3
        more without “ran.” (1). The answer becomes “no” without “He” (0).
        """
        sentences = [f"The answer is “{self.labels[self.answer]}”, {self.probs[0].max():.0%}."]
        falls, changed = self.falls, self.changed
        order = [int(i) for i in np.argsort(-abs(falls), kind="stable")]
        effects = [
            f"{points} {way(falls[i])} without {self._name(i)}"
            for i in order[:TOLD]
            if (points := abs(round(100 * falls[i])))
        ]
        if effects:
            points, sort, rest = effects[0].split(" ", 2)
            unit = "point" if points == "1" else "points"
            effects[0] = f"{points} {unit} {sort} probable {rest}"
            sentences.append(f"It is {_listed(effects, 'and')}.")
        else:
            sentences.append("No word changes that by a point when it is left out.")
        for label in dict.fromkeys(changed[i] for i in order if changed[i]):
            names = [self._name(i) for i in order if changed[i] == label]
            if more := len(names[TOLD:]):
                names[TOLD:] = ["1 other" if more == 1 else f"one of {more} others"]
            sentences.append(f"The answer becomes “{label}” without {_listed(names, 'or')}.")
        return " ".join(sentences)

    def _name(self, i: int) -> str:
        return f"“{_cut(visible(self.words[i]), NAME)}” ({i})"


def read(
    classify: Callable[[list[tuple[str, str]]], ArrayLike],
    text: str,
    hypothesis: str,
    labels: Sequence[str],
) -> Reading:
    """Ask for the answer with all words of a text, as white space separates them, and without each.

    classify: takes N + 1 pairs of a text and the hypothesis; returns the probability of each label
        for each pair, (N + 1, K)

    ValueError unless it returns K probabilities for each pair.
    """
    words = text.split()
    left = [[*words[:i], *words[i + 1 :]] for i in range(len(words))]
    pairs = [(" ".join(some), hypothesis) for some in [words, *left]]
    probs = np.asarray(classify(pairs)).astype(float)
    if probs.shape != (len(pairs), len(labels)):
        raise ValueError(
            f"classify returned shape {probs.shape} for {len(pairs)} pairs and {len(labels)} "
            "labels: return a row for each pair, with a number for each label"
        )
    # Comparisons with nan are False.
    fine = (probs >= 0).all(axis=1) & (abs(probs.sum(axis=1) - 1) < 1e-2)
    for n in np.flatnonzero(~fine)[:1]:
        raise ValueError(
            f"classify returned {probs[n].tolist()} for pair {n}: return probabilities, from 0 to "
            "1, which sum to 1"
        )
    return Reading(words, hypothesis, list(labels), probs)


def way(fall: float) -> str:
    """Whether the answer is less or more probable without a word."""
    return "less" if fall >= 0 else "more"


def rises(fall: float) -> bool:
    """Whether the answer is more probable without a word, by a point when rounded."""
    return round(100 * fall) < 0


def shade(fall: float) -> str:
    """The colour of a word, as #rrggbb: white if it has no effect."""
    return to_hex(MATTERS((1 + fall) / 2))


def reading(found: Reading) -> Figure:
    """Draw the words, the pinker the less probable the answer is without them, and the answer.

    A word without which it is more probable is blue, with a dashed frame; one without which there
    is another answer is bold and underlined.
    """
    asked = f"Hypothesis: “{' '.join(map(visible, found.hypothesis.split()))}”"
    told, asked = textwrap.wrap(found.sentence, WRAP), textwrap.wrap(asked, WRAP)
    lines = _lines(found.words)
    heights = np.repeat(
        [HEAD, LINE, ROW, HEAD, ROW],
        [len(told), len(lines), 2, len(asked), len(found.labels)],
    )
    height = heights.sum() + 2 * EDGE
    fig = plt.figure(figsize=(WIDTH, height), layout="none")
    ax = fig.add_axes((0, 0, 1, 1), xlim=(0, WIDTH), ylim=(height, 0))  # inches
    ax.set_axis_off()
    middles = iter(EDGE + heights.cumsum() - heights / 2)
    for line in told:
        _write(ax, EDGE, next(middles), line, size=12)
    for line in lines:
        y = next(middles)
        for x, i, word in line:
            _draw_word(ax, x, y, word, found.falls[i], bool(found.changed[i]))
    _draw_scale(ax, next(middles))
    _write(ax, EDGE, next(middles), KEY, size=10)
    for line in asked:
        _write(ax, EDGE, next(middles), line)
    _draw_labels(ax, found, middles)
    numbers = [f"{name} {p:.0%}" for name, p in zip(found.labels, found.probs[0], strict=True)]
    fig.set_label(
        f"Text: {' '.join(found.words)} {' '.join(asked)} {found.sentence} "
        f"Probabilities: {', '.join(numbers)}."
    )
    return fig


def _lines(words: Sequence[str]) -> list[list[tuple[float, int, str]]]:
    """The words in lines: of each word, where it begins, in inches, its number, and its letters."""
    lines, x = [[]], EDGE - PAD
    for i, word in enumerate(words):
        shown = _cut(visible(word), LONG)
        width = CELL * len(shown) + 2 * PAD
        if x + width > WIDTH - EDGE and lines[-1]:
            lines, x = [*lines, []], EDGE - PAD
        lines[-1].append((x, i, shown))
        x += width + PAD
    return lines


def _draw_word(ax: Axes, x: float, y: float, word: str, fall: float, changed: bool) -> None:
    width = CELL * len(word) + 2 * PAD
    edge = {"edgecolor": INK if rises(fall) else "none", "linestyle": "--", "linewidth": 1}
    ax.add_patch(Rectangle((x, y - BOX / 2), width, BOX, facecolor=shade(fall), **edge))
    weight = "bold" if changed else "normal"
    _write(ax, x + PAD, y, word, family="DejaVu Sans Mono", size=SIZE, weight=weight)
    if changed:
        below = y + BOX / 2 - 0.05
        ax.plot((x + PAD, x + width - PAD), (below, below), color=INK, linewidth=1.5)


def _draw_scale(ax: Axes, y: float) -> None:
    left = EDGE + 0.078 * len(MORE)
    high = BAR_HIGH / 2
    extent = (left, left + RAMP, y + high, y - high)
    ax.imshow(np.linspace(0, 1, 257)[None], cmap=MATTERS, aspect="auto", extent=extent)
    frame = {"facecolor": "none", "edgecolor": QUIET, "linewidth": 1}
    ax.add_patch(Rectangle((left, y - high), RAMP, BAR_HIGH, **frame))
    _write(ax, EDGE, y, MORE, size=10)
    _write(ax, left + RAMP + EDGE, y, LESS, size=10)


def _draw_labels(ax: Axes, found: Reading, middles: Iterator[float]) -> None:
    names = [_cut(name, NAME) for name in found.labels]
    left = 2 * EDGE + LETTER * max(map(len, names))
    for label, (name, p) in enumerate(zip(names, found.probs[0], strict=True)):
        y, answer = next(middles), label == found.answer
        style = {"weight": "bold" if answer else "normal"}
        _write(ax, EDGE, y, name, **style)
        color = HIGHLIGHT if answer else QUIET
        ax.add_patch(Rectangle((left, y - BAR_HIGH / 2), BAR * p, BAR_HIGH, color=color))
        _write(ax, left + BAR * p + EDGE, y, f"{p:.0%}", **style)


def _write(ax: Axes, x: float, y: float, text: str, size: float = 11, **style: str) -> None:
    ax.text(x, y, text, size=size, va="center_baseline", parse_math=False, **style)


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _listed(parts: list[str], word: str) -> str:
    """The parts with commas, and with a word before the last."""
    *others, last = parts
    return f"{', '.join(others)} {word} {last}" if others else last
