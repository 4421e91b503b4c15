"""The arrays behind the pictures of many heads, and that a reader can make them out."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from test_plot import assert_legible, cells, style  # noqa: F401

from gptlib import plot


@pytest.mark.parametrize("H, T", [(1, 3), (3, 16), (8, 16), (5, 12)])
def test_heads(H, T):
    maps = np.random.default_rng(0).dirichlet(np.ones(T), (H, T))
    tokens, names = list('a den. "$x_\\park q')[:T], [f"head ${h}" for h in range(H)]
    fig = plot.heads(maps, tokens, names, title="Who looks at $whom")
    assert_legible(fig)
    assert len(fig.axes) == H
    past = np.tri(T, dtype=bool)
    for ax, looks, name in zip(fig.axes, maps, names, strict=True):
        drawn, hatched = cells(ax)
        np.testing.assert_array_equal(drawn, looks)
        np.testing.assert_array_equal(hatched, ~past)
        assert ax.get_images()[0].get_clim() == (0, 1)
        assert ax.get_title(loc="left") == name
    shown = [label.get_text() for label in fig.axes[0].get_yticklabels()]
    assert shown == [plot.visible(token) for token in tokens]


@pytest.mark.parametrize(
    ("draw", "size"),
    [
        (lambda names: plot.heads(np.eye(3)[None], names, ["head 0"], title="Spaces"), 9),
        (lambda names: plot.weights({"one": (np.eye(3), None)}, names, names, title="Spaces"), 11),
        (lambda names: plot.pairs(np.eye(3), names), 11),
    ],
)
def test_the_sign_of_a_space_is_raised_into_its_row(draw, size):
    plot.use_style()
    fig = draw(["a", " ", "b"])
    fig.draw_without_rendering()
    above, row, below = (
        label.get_transform().transform((0, label.get_position()[1]))[1]
        for label in fig.axes[0].get_yticklabels()
    )
    quarter = size / 4 / 72 * fig.dpi  # of its height
    assert row - (above + below) / 2 == pytest.approx(quarter)


def test_compare():
    losses = {"narrow": [2.1, 2.2, 2.0], "standard": [1.9, 1.85, 1.95], "wide": [1.7]}
    fig = plot.compare(losses, {"standard": 1.91}, {"trigram": 1.68, "bigram": 2.34}, "Wide wins")
    assert_legible(fig)
    ax = fig.axes[0]
    assert [label.get_text() for label in ax.get_yticklabels()] == list(losses)
    assert ax.get_ylim()[0] > ax.get_ylim()[1], "the first is not above"
    drawn = [(list(line.get_xdata()), set(line.get_ydata())) for line in ax.lines]
    for y, values in enumerate(losses.values()):
        assert (values, {y}) in drawn
    assert ([1.91], {1}) in drawn
    assert [text.get_text() for text in ax.texts] == ["trigram 1.68", "bigram 2.34"]
    assert [text.get_position()[0] for text in ax.texts] == [1.68, 2.34]
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["in the log", "here"]
    alone = plot.compare(losses, {}, {"trigram": 1.68}, "Wide wins")
    assert alone.axes[0].get_legend() is None  # all dots are alike
    assert_legible(alone)


def test_costs():
    lengths, ms = [64, 128, 256], {"readable": [1, 4, 17], "fused": [0.5, 1.7, 6.1]}
    kept = {"readable": [2.7e5, 1.1e6, 4.3e6], "fused": [1.3e5, 2.7e5, 5.3e5]}
    fig = plot.costs(lengths, ms, kept, title="Memory: T times T, or T")
    assert_legible(fig)
    assert all("on a scale of its own" in ax.get_title("left") for ax in fig.axes)
    for ax, wanted, unit in zip(fig.axes, (ms, kept), (1, 1e6), strict=True):
        for line, text, (name, values) in zip(ax.lines, ax.texts, wanted.items(), strict=True):
            assert line.get_xdata().tolist() == lengths
            np.testing.assert_allclose(unit * line.get_ydata(), values)
            assert text.get_text() == name and text.xy[1] == line.get_ydata()[-1]
        assert {line.get_linestyle() for line in ax.lines} == {"-", "--"}
    plt.close(fig)


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
