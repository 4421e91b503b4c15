"""What changes with the size of a vocabulary."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

from gptlib.plot.style import INK, WIDTH


def by_vocabulary(
    texts: Mapping[str, Mapping[int, Sequence[float]]], ylabel: str, title: str
) -> Figure:
    """Draw a measure against the size of the vocabulary, in one panel for each of several texts.

    texts: name of a text -> number of tokens -> the measure, once for each seed. A dot stands for
        each, and a line joins their means. Panels have scales of their own; the sizes are on a
        logarithmic one.

    ValueError without a text, and for one without a size or with a size without a number.
    """
    if not texts or not all(row and all(map(len, row.values())) for row in texts.values()):
        raise ValueError(f"texts are {texts}: give each at least one size, and each a number")
    fig = plt.figure(figsize=(WIDTH, 3.3))
    for ax, (name, row) in zip(
        fig.subplots(1, len(texts), squeeze=False)[0], texts.items(), strict=True
    ):
        sizes = sorted(row)
        ax.plot(sizes, [np.mean(row[V]) for V in sizes], color=INK, linewidth=1.5)
        for V in sizes:
            ax.plot([V] * len(row[V]), row[V], "o", color=INK, markersize=4, alpha=0.6)
        low, high = min(map(min, row.values())), max(map(max, row.values()))
        room = 0.12 * (high - low or high or 1)
        ax.set(
            title=name,
            xscale="log",
            xlabel="tokens in the vocabulary",
            ylim=(low - room, high + room),
        )
        ax.set_xticks(sizes, [f"{V:,}" for V in sizes])
        ax.minorticks_off()
    fig.axes[0].set_ylabel(ylabel)
    fig.suptitle(title, x=0.01, ha="left", size=12, parse_math=False)
    return fig
