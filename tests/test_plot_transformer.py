"""The pictures of norms and of cross-attention show the arrays that they are given."""

import numpy as np
import pytest
from matplotlib.colors import to_rgba
from test_diagrams import assert_shows, assert_tells, corners, inside, matrices, place
from test_plot import assert_legible, style, texts  # noqa: F401

from gptlib import plot

POST = ["attn", "dropout", "ln_1", "mlp", "dropout", "ln_2"]
PRE = ["ln_1", "attn", "dropout", "ln_2", "mlp", "dropout"]
CROSS = ["attn", "dropout", "ln_1", "cross", "dropout", "ln_cross", "mlp", "dropout", "ln_2"]


def boxes(fig, start):
    """The boxes whose names begin so, from the lowest: left, top, right, bottom, and words."""
    found = [
        corners(p)
        for p in fig.axes[0].patches
        if (p.get_gid() or "").startswith(start) and hasattr(p, "get_xy")
    ]
    return [(tuple(box), *inside(fig, box)) for box in sorted(found, key=lambda box: -box[1])]


@pytest.mark.parametrize("orders", [{"post": POST, "pre": PRE}, {"one": PRE, "two": CROSS}])
def test_block_orders(orders):
    fig = plot.block_orders(orders)
    assert_legible(fig)
    streams = [p for p in fig.axes[0].patches if p.get_linewidth() == 2.5]
    branches = [
        p._path_original.vertices
        for p in fig.axes[0].patches
        if p.get_gid() and p.get_gid().endswith("branch")
    ]
    pluses = [t.get_position() for t in texts(fig) if t.get_text() == "+"]
    told = []
    for (name, order), arrow in zip(orders.items(), streams, strict=True):
        (x, bottom), (same, top) = arrow._path_original.vertices
        assert x == same and bottom > top  # straight up
        drawn = boxes(fig, f"{name} ")
        assert sorted(part for _, part in drawn) == sorted(order)
        on_stream = [part for (left, _, right, _), part in drawn if left < x < right]
        beside = [part for (left, _, _, _), part in drawn if left > x]
        # A part before the layer's dropout is on the branch, one after it on the stream.
        pre = order[0] == "ln_1"
        assert on_stream == ([] if pre else [part for part in order if part.startswith("ln_")])
        assert beside == [part for part in order if pre or not part.startswith("ln_")]
        own = [points for points in branches if points[0, 0] == x]
        assert len(own) == order.count("dropout")
        for start, up, across, end in own:
            assert start[1] == up[1] > across[1] == end[1]  # from the stream up and back to it
            assert any(abs(end[0] - a) < 0.15 and end[1] == b for a, b in pluses if a == x)
        words = {t.get_text() for t in texts(fig)}
        assert f"norms on the gradient's way back: {len(on_stream)}" in words
        told.append(f"{len(on_stream)} in {name}")
        form = "x + dropout(layer(norm(x)))" if pre else "norm(x + dropout(layer(x)))"
        assert f"x = {form}" in words
    assert texts(fig)[0].get_text().endswith(", ".join(told))


@pytest.mark.parametrize("order", [[], ["attn", "ln_1"], POST[:-1], ["dropout", *POST]])
def test_block_orders_wants_one_dropout_for_each_layer(order):
    with pytest.raises(ValueError, match="give one dropout for each layer"):
        plot.block_orders({"post": order})


WORDS = "the small hedgehog that <nobody> had seen gave $5 and_a kite to her , Wim .".split()
MOTS = "le petit hérisson que personne n' avait vu lui a donné WWWW-MMMMMM rouge et . <end>".split()


@pytest.mark.parametrize("S, T", [(16, 16), (8, 16), (16, 5), (3, 2), (1, 1)])
@pytest.mark.parametrize("wanted", [None, [*MOTS[1:], "<end>"]])
def test_alignment(S, T, wanted):
    weights = np.random.default_rng(0).dirichlet(np.ones(S), T)
    links = [(i, (3 * i + 1) % T) for i in range(0, S, 2)]
    wanted = wanted and wanted[:T]
    title = "Where it <looks> for $5"
    fig = plot.alignment(weights, WORDS[:S], MOTS[:T], links, title=title, wanted=wanted)
    assert_legible(fig)
    assert_shows(fig, "weights", weights)
    if 1 < S <= 8:
        assert_tells(fig, "weights", weights, "{:.2f}")
    mesh = matrices(fig)["weights"]
    np.testing.assert_array_equal(mesh.to_rgba(0.4), plot.attention.LOOKS(0.4))
    left, top, right, bottom = place(mesh)
    wide, high = (right - left) / S, (bottom - top) / T
    for s, word in enumerate(WORDS[:S]):
        column = left + s * wide, top - 0.2, left + (s + 1) * wide, top
        assert inside(fig, column) == [word]
    for t, word in enumerate(MOTS[:T]):
        row = left - 0.2, top + t * high, left, top + (t + 1) * high
        assert inside(fig, row) == [word]
        beside = right, top + t * high, right + 0.2, top + (t + 1) * high
        assert inside(fig, beside) == ([wanted[t]] if wanted else [])
    framed = [
        corners(p) for p in fig.axes[0].patches if p.get_edgecolor() == to_rgba(plot.HIGHLIGHT)
    ]
    *framed, key = [(box[:2] + box[2:]) / 2 for box in framed]
    cells = [(int((x - left) / wide), int((y - top) / high)) for x, y in framed]
    assert cells == links and key[0] > right


def test_alignment_without_links():
    fig = plot.alignment([[0.5, 0.5]], ["a", "b"], ["c"], title="Two")
    assert_legible(fig)
    assert not [p for p in fig.axes[0].patches if p.get_edgecolor() == to_rgba(plot.HIGHLIGHT)]
    assert "belong together" not in {text.get_text() for text in texts(fig)}
    assert fig.get_label() == "Two. Attention weights; rows, target: c; columns, source: a b"


def test_alignment_wants_weights_and_links_that_fit():
    with pytest.raises(ValueError, match=r"weights are \(2, 1\), target and source \(1, 2\)"):
        plot.alignment([[0.5], [0.5]], ["a", "b"], ["c"], title="Two")
    for link in ((2, 0), (0, 1), (-1, 0)):
        with pytest.raises(ValueError, match="outside of 2 source and 1 target"):
            plot.alignment([[0.5, 0.5]], ["a", "b"], ["c"], [link], title="Two")
    with pytest.raises(ValueError, match="2 tokens are wanted of 1 rows"):
        plot.alignment([[0.5, 0.5]], ["a", "b"], ["c"], title="Two", wanted=["d", "e"])


def test_compare_in_percent():
    names = [f"{n}: " + "without a thing that has a long name"[:37] for n in range(12)]
    values = {name: [8.0 * n, 8.0 * n + 3] for n, name in enumerate(names)}
    fig = plot.compare(
        values,
        {names[0]: 97.0},
        {"by words": 31.4, "all": 100.0},
        "Without positions the order of words is lost, and without warm-up a little more",
        xlabel="exact match on pairs never seen, %",
        form="{:.0f}%",
    )
    assert_legible(fig)
    ax = fig.axes[0]
    assert [text.get_text() for text in ax.texts] == ["by words 31%", "all 100%"]
    assert ax.get_xlabel() == "exact match on pairs never seen, %"
    drawn = [(list(line.get_xdata()), set(line.get_ydata())) for line in ax.lines]
    for y, seeds in enumerate(values.values()):
        assert (seeds, {y}) in drawn


@pytest.mark.parametrize("order", [PRE, POST[:-1], ["ln_1", *POST]])
def test_an_encoder_decoder_is_drawn_with_norms_after_layers_only(order):
    with pytest.raises(ValueError, match="draw one with a norm after each layer"):
        plot.encoder_decoder({}, {"encoder": order, "decoder": CROSS}, {}, n_layer=2)
