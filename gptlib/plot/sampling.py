"""The picture of the distribution that the next token is drawn from, before and after a cut."""

from collections.abc import Sequence
from dataclasses import dataclass

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from numpy.typing import ArrayLike

from gptlib.plot.style import HATCHED, HIGHLIGHT, INK, WIDTH, short

MOST_TOKENS = 20
CEILINGS = (0.1, 0.2, 0.5, 1.0)  # possible tops of the scale: few, so that it changes rarely
LEAST = 0.005  # the smallest probability that is written above its bar
KEPT, CUT, BEFORE_CUT = "kept, at its new height", "cut off", "height before the cut"


@dataclass(frozen=True)
class Bar:
    """One token, or several together: a name, and the probability before and after the cut."""

    name: str
    before: float
    after: float
    others: bool = False  # whether it stands for all tokens that have no bar of their own

    @property
    def cut(self) -> bool:
        """Whether all of its probability was cut off."""
        return self.before > 0 and self.after == 0


def distribution(probs: ArrayLike, kept: ArrayLike, tokens: Sequence[str], title: str) -> Figure:
    """Draw the probabilities of the 20 likeliest tokens before and after some are cut off.

    probs: (V,), before the cut; kept: (V,), after it, 0 where a token is cut; tokens: V names. All
    other tokens share one last bar, or two where some of them are kept and some are cut.

    ValueError unless both are distributions over the tokens, and for a token that is kept though
    its probability was 0.
    """
    drawn = bars(*check_distribution(probs, kept, len(tokens)), tokens)
    longest = max((len(bar.name) for bar in drawn if not bar.others), default=1)
    turned = longest > 2
    fig = plt.figure(figsize=(WIDTH, 3.6 + 0.09 * max(longest, 9) * turned))
    ax = fig.add_subplot()
    top = ceiling(drawn)
    outline = {"facecolor": "none", "edgecolor": INK, "linewidth": 1}
    places = bar_places(drawn)
    for x, bar in zip(places, drawn, strict=True):
        if bar.cut:
            ax.bar(x, bar.before, width=0.8, **HATCHED)
            continue
        ax.bar(x, bar.after, width=0.8, color=HIGHLIGHT)
        ax.bar(x, bar.before, width=0.8, **outline)
        if bar.after >= LEAST:
            high = max(bar.before, bar.after) + 0.015 * top
            ax.text(x, high, f"{bar.after:.0%}", ha="center", va="bottom", size=9)
    names = [bar.name.replace(" ", " " if turned else "\n") for bar in drawn]
    style = {"rotation": 90 if turned else 0, "parse_math": False, "size": 10}
    ax.set_xticks(places, names, **style)
    ax.tick_params(axis="x", length=0)
    ax.set(ylim=(0, 1.08 * top), xlim=(-0.6, max(places[-1], 14) + 0.7), ylabel="probability")
    ax.set_yticks([0, top / 2, top], [f"{100 * y:g}%" for y in (0, top / 2, top)])
    legend = [Patch(color=HIGHLIGHT), Patch(**outline), Patch(**HATCHED)]
    ax.legend(legend, [KEPT, BEFORE_CUT, CUT], ncols=3, loc="lower right", bbox_to_anchor=(1, 1))
    fig.suptitle(title, x=0.01, ha="left", size=12, parse_math=False)
    return fig


def bars(probs: np.ndarray, kept: np.ndarray, tokens: Sequence[str]) -> list[Bar]:
    """The bars: one for each of the likeliest tokens, one for the others kept, one for those cut.

    >>> [bar.name for bar in bars(np.array([0.2, 0.8, 0]), np.array([0, 1, 0]), "a c")]
    ['␣', 'a', '1 other']
    """
    order = np.argsort(-probs, kind="stable")
    order, impossible = order[probs[order] > 0], order[probs[order] == 0]
    found = [Bar(short(tokens[i]), float(probs[i]), float(kept[i])) for i in order[:MOST_TOKENS]]
    rest = order[MOST_TOKENS:]
    left = rest[kept[rest] > 0]
    gone = rest[kept[rest] == 0]
    if len(gone):
        gone = np.concatenate([gone, impossible])
    elif len(left):
        left = np.concatenate([left, impossible])
    else:
        gone = impossible
    for others in (left, gone):
        if n := len(others):
            name = f"{n} other{'' if n == 1 else 's'}"
            found.append(Bar(name, float(probs[others].sum()), float(kept[others].sum()), True))
    return found


def bar_places(drawn: Sequence[Bar]) -> list[float]:
    """The middle of each bar, in column widths; bars for other tokens stand apart."""
    n = sum(not bar.others for bar in drawn)
    return [i if i < n else n + 0.4 + 1.4 * (i - n) for i in range(len(drawn))]


def ceiling(drawn: Sequence[Bar]) -> float:
    """The probability at the top of the scale."""
    highest = max(max(bar.before, bar.after) for bar in drawn)
    return next(top for top in CEILINGS if highest <= top or top == 1)


def kept_sentence(probs: np.ndarray, kept: np.ndarray) -> str:
    """Say how many tokens are kept, and how likely they were together.

    >>> kept_sentence(np.array([0.5, 0.43, 0.07]), np.array([0.54, 0.46, 0]))
    '2 of 3 tokens are kept; they had 93%.'
    """
    n, V = int((kept > 0).sum()), len(kept)
    had = 100 * float(probs[kept > 0].sum())
    told = f"{had:.0f}%"
    if (probs[kept == 0] > 0).any() and round(had) in (0, 100):
        told = "over 99%" if had > 50 else "under 1%"
    if n == 1:
        return f"1 of {V} tokens is kept; it had {told}."
    return f"{n} of {V} tokens are kept; they had {told}."


def check_distribution(probs: ArrayLike, kept: ArrayLike, V: int) -> tuple[np.ndarray, np.ndarray]:
    """Copies of both, (V,), as float64; ValueError as in `distribution`."""
    arrays = {}
    for name, given in (("probs", probs), ("kept", kept)):
        array = np.asarray(given).astype(float)
        if array.shape != (V,):
            raise ValueError(
                f"{name} have shape {array.shape} for {V} tokens: give one number for each token"
            )
        for i in np.flatnonzero(~(array >= 0))[:1]:  # nan, too
            raise ValueError(f"{name}[{i}] is {array[i]}: give probabilities, from 0 to 1")
        if abs(array.sum() - 1) > 1e-2:
            raise ValueError(f"{name} sum to {array.sum():.4g}: give probabilities, which sum to 1")
        arrays[name] = array
    for i in np.flatnonzero((arrays["kept"] > 0) & (arrays["probs"] == 0))[:1]:
        raise ValueError(
            f"kept[{i}] is {arrays['kept'][i]:.3g} where probs are 0: give probs as they are "
            "before any token is cut off"
        )
    return arrays["probs"], arrays["kept"]
