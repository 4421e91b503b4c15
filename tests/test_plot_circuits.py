"""The pictures of what each head does show the numbers that they are given."""

import numpy as np
import pytest
from matplotlib.colors import to_rgba
from test_plot import assert_legible, style  # noqa: F401

from gptlib import plot


def test_each_head_has_its_number_and_layer_0_is_at_the_bottom():
    grid = np.array([[0.1, 0.2, 0.3], [0.9, 0.0, 1.5]])
    fig = plot.head_grid({"names": grid, "things": grid / 2}, "Two layers", highest=2)
    assert_legible(fig)
    for ax, shown in zip(fig.axes, (grid, grid / 2), strict=True):
        told = {(int(t.get_position()[1]), int(t.get_position()[0])): t for t in ax.texts}
        for place, value in np.ndenumerate(shown):
            assert told[place].get_text() == f"{value:.2f}"
        assert ax.get_ylim()[0] < ax.get_ylim()[1]  # upwards
        (image,) = ax.images
        assert (image.get_array() == shown).all() and image.get_clim() == (0, 2)
    assert fig.axes[0].texts[5].get_color() != fig.axes[0].texts[0].get_color()
    assert [ax.get_title("left") for ax in fig.axes] == ["names", "things"]


@pytest.mark.parametrize("panels", [{}, {"a": np.zeros((2, 3)), "b": np.zeros((3, 2))}])
def test_panels_that_do_not_fit_together(panels):
    with pytest.raises(ValueError, match="one shape"):
        plot.head_grid(panels, "None")


def test_more_layers_than_fit():
    with pytest.raises(ValueError, match="17 layers"):
        plot.head_grid({"a": np.zeros((17, 2))}, "High")


def test_loss_and_look_are_drawn_as_they_are():
    nats = {"names": [3, 2, 0.1], "things": [4, 1, 0.2]}
    look = {"names": [0.1, 0.2, 0.9], "things": [0.1, 0.4, 0.7]}
    fig = plot.learned_to_look([10, 20, 30], nats, look, "A head looks back")
    assert_legible(fig)
    left, right = fig.axes
    for ax, lines in ((left, nats), (right, look)):
        for line, (kind, values) in zip(ax.lines, lines.items(), strict=False):
            assert line.get_label() == kind
            assert line.get_xydata().tolist() == [
                list(p) for p in zip([10, 20, 30], values, strict=True)
            ]
        assert to_rgba(ax.lines[0].get_color()) != to_rgba(ax.lines[1].get_color())
    assert right.get_ylim() == (0, 1) and left.get_ylim()[0] == 0


@pytest.mark.parametrize("look", [{"things": [0, 1]}, {"names": [0.5]}])
def test_loss_and_look_of_different_kinds_or_steps(look):
    with pytest.raises(ValueError, match="give"):
        plot.learned_to_look([10, 20], {"names": [2, 1]}, look, "A head looks back")
