"""What pre-training brings: a language model's loss, and how often it is right about a task."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from gptlib.plot.style import HIGHLIGHT, QUIET, VALID, WIDTH


def pretraining(
    steps: Sequence[int],
    losses: ArrayLike,
    right: ArrayLike,
    errors: ArrayLike,
    marks: Mapping[str, float],
    guessing: float,
    title: str,
) -> Figure:
    """Draw, side by side, a validation loss and the share of right answers over the same steps.

    losses: in nats per character; right: the shares, 0 to 1; errors: their standard errors
    marks: losses to compare with, by name; guessing: the share that guessing would have

    ValueError unless there are as many losses, shares and errors as steps.
    """
    sizes = [len(steps), *(np.shape(numbers) for numbers in (losses, right, errors))]
    if sizes[1:] != [(sizes[0],)] * 3:
        raise ValueError(f"steps, losses, right and errors have the sizes {sizes}: give equal ones")
    fig = plt.figure(figsize=(WIDTH, 3.6))
    left, answers = fig.subplots(1, 2)
    left.plot(steps, losses, "o--", color=VALID, markersize=4)
    for name, loss in marks.items():
        left.axhline(loss, color=QUIET, linewidth=1, linestyle=":")
        left.text(min(steps), loss, f"{loss:.2f} {name}", ha="left", va="top", size=9)
    left.set(xlabel="step", ylabel="validation loss, nats per character", ylim=0)
    answers.errorbar(steps, right, errors, fmt="s-", color=HIGHLIGHT, markersize=4, capsize=3)
    answers.axhline(guessing, color=QUIET, linewidth=1, linestyle=":")
    answers.text(max(steps), guessing, "guessing", ha="right", va="top", size=9)
    answers.set(xlabel="step", ylabel="right answers, ± standard error", ylim=(0, 1.05))
    fig.suptitle(title, x=0.01, ha="left", size=12)
    return fig
