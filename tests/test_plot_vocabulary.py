"""Measures against the size of a vocabulary."""

import numpy as np
import pytest

from gptlib import plot

TEXTS = {
    "tales": {256: [0.4, 0.5], 1024: [0.3, 0.2], 512: [0.35]},
    "code": {256: [2.0], 512: [1.5]},
}


def test_a_dot_for_each_seed_and_a_line_through_their_means():
    fig = plot.by_vocabulary(TEXTS, "bits per byte", "Larger is better")
    assert [ax.get_title() or ax.get_title("left") for ax in fig.axes] == list(TEXTS)
    assert fig.axes[0].get_ylabel() == "bits per byte"
    assert fig._suptitle.get_text() == "Larger is better"
    for ax, row in zip(fig.axes, TEXTS.values(), strict=True):
        means, *dots = ax.lines
        assert ax.get_xscale() == "log"
        np.testing.assert_allclose(means.get_xdata(), sorted(row))
        np.testing.assert_allclose(means.get_ydata(), [np.mean(row[V]) for V in sorted(row)])
        drawn = [(x, y) for line in dots for x, y in zip(*line.get_data(), strict=True)]
        assert drawn == [(V, y) for V in sorted(row) for y in row[V]]
        assert [tick.get_text() for tick in ax.get_xticklabels()] == [f"{V:,}" for V in sorted(row)]
        low, high = ax.get_ylim()
        assert all(low < y < high for _, y in drawn)


@pytest.mark.parametrize("texts", [{}, {"a": {}}, {"a": {256: []}}])
def test_nothing_to_draw(texts):
    with pytest.raises(ValueError, match="give each at least one size, and each a number"):
        plot.by_vocabulary(texts, "", "")
