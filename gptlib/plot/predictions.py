"""Pictures of what models predict."""

import textwrap
from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.colors import PowerNorm
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from gptlib.plot.style import HIGHLIGHT, QUIET, WIDTH, lift_spaces, visible

MOST_GUESSES = 6


def guesses(panels: Sequence[tuple[str, Mapping[str, float]]], truth: str) -> Figure:
    """Draw guesses at the next character side by side, with the character that came highlighted.

    panels: pairs of what each guess knows, in words, and the probability of each character.
    Each panel shows its MOST_GUESSES likeliest characters, with truth in place of the last if it
    is not one of them.
    """
    fig = plt.figure(figsize=(WIDTH, 2.9))
    axes = fig.subplots(1, len(panels), sharex=True, sharey=True)
    for ax, (known, probs) in zip(axes, panels, strict=True):
        likeliest = sorted(probs, key=probs.get, reverse=True)[:MOST_GUESSES]
        shown = likeliest if truth in likeliest else [*likeliest[:-1], truth]
        for y, char in enumerate(shown):
            p, came = probs.get(char, 0.0), char == truth
            ax.barh(y, p, color=HIGHLIGHT if came else QUIET)
            style = {"va": "center", "weight": "bold" if came else "normal", "parse_math": False}
            ax.text(-0.04, y, visible(char), ha="right", family="monospace", **style)
            ax.text(p + 0.03, y, f"{p:.0%}", size=9.5, **style)
        ax.set_title(textwrap.fill(known, 16), size=11)
    axes[0].set(xlim=(0, 1.25), ylim=(MOST_GUESSES - 0.4, -0.6), xticks=(), yticks=())
    for ax in axes:
        ax.spines["bottom"].set_visible(False)
    first, last = panels[0][1].get(truth, 0.0), panels[-1][1].get(truth, 0.0)
    fig.suptitle(
        f"Knowing more takes the guess {visible(truth)!r} from {first:.0%} to {last:.0%}",
        x=0.01,
        ha="left",
        size=12,
        parse_math=False,
    )
    return fig


def pairs(probs: ArrayLike, names: Sequence[str]) -> Figure:
    """Draw a bigram table: the darker the cell in row a, column b, the likelier is b after a.

    probs: (n, n), for all or some of a model's tokens; names: one for each. The shade follows the
    square root of a probability, or else 1% could not be told from 0.
    """
    probs, names = np.asarray(probs), [visible(name) for name in names]
    fig = plt.figure(figsize=(WIDTH, 7))
    ax = fig.add_subplot()
    image = ax.imshow(probs, cmap="Greys", norm=PowerNorm(0.5, 0, 1))
    style = {"family": "monospace", "parse_math": False}
    ax.set_xticks(range(len(names)), names, va="baseline", **style)
    ax.set_yticks(range(len(names)), names, va="center_baseline", **style)  # . stays low
    ax.tick_params(length=0)
    ax.tick_params(axis="x", pad=13)
    lift_spaces(ax)
    ax.set(xlabel="this one comes", ylabel="after this one")
    bar = fig.colorbar(
        image, ticks=[0, 0.01, 0.1, 0.25, 0.5, 1], label="probability, on a scale of square roots"
    )
    bar.ax.set_yticklabels(["0", "1%", "10%", "25%", "50%", "100%"])
    a, b = np.unravel_index(probs.argmax(), probs.shape)
    ax.set_title(f"After {names[a]} comes {names[b]} with {probs[a, b]:.0%}", parse_math=False)
    return fig
