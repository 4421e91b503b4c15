"""The pictures of a GPT show its arrays and their shapes, each step after the one before it."""

import math
import re

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from matplotlib.colors import to_rgba
from test_diagrams import (
    BUILD,
    COLORS,
    assert_shows,
    corners,
    drawn,
    inside,
    matrices,
    place,
    touches,
)
from test_plot import assert_legible, style, texts  # noqa: F401
from torch.testing import assert_close

from gptlib import plot

LETTERS = {"B": 1, "H": 2, "D": 3, "T": 5, "C": 6, "4C": 24, "V": 30}
PRE = ["ln_1", "attn", "dropout", "ln_2", "mlp", "dropout"]


def many(arrays, B):
    """The same with B rows in a batch."""
    if isinstance(arrays, dict):
        return {name: many(array, B) for name, array in arrays.items()}
    return torch.cat([torch.as_tensor(arrays)] * B)


def assert_told(letters, numbers, B=1):
    sizes = [LETTERS[letter] if letter != "B" else B for letter in letters.split(", ")]
    assert numbers == ", ".join(map(str, sizes)), letters


@pytest.fixture
def whole():
    return BUILD["gpt"]()


def test_the_arrays_are_those_of_a_gpt(whole):
    arrays = whole["arrays"]
    assert_close(arrays["embedded"], arrays["table"][arrays["idx"]] + arrays["positions"])
    normed = F.layer_norm(arrays["stream"], (6,))
    assert_close(arrays["logits"], normed @ arrays["table"].T)
    np.testing.assert_array_equal(whole["mask"], np.tri(5, dtype=bool))
    assert whole["order"] == PRE and whole["n_layer"] == 3


def test_gpt_is_one_stream_from_the_bottom_up(whole):
    fig = plot.gpt(**whole)
    assert_legible(fig)
    boxes = drawn(fig, "box")
    stack = ["tok_emb", "dropout", "blocks", "ln_f", "linear"]
    tops = [boxes[name][1] for name in stack]
    assert tops == sorted(tops, reverse=True)
    assert inside(fig, boxes["tok_emb"]) == ["tok_emb"]
    assert inside(fig, boxes["ln_f"]) == ["ln_f, a norm"]
    assert inside(fig, boxes["linear"]) == ["linear, the same table"]
    # A thick line goes straight from the sum of both embeddings through all blocks to ln_f.
    stack_line, block_line = [p for p in fig.axes[0].patches if p.get_linewidth() == 2.5]
    (x, bottom), (same, top) = stack_line._path_original.vertices
    assert x == same and top == pytest.approx(boxes["ln_f"][3])
    pluses = [text.get_position() for text in texts(fig) if text.get_text() == "+"]
    own = sorted(y for a, y in pluses if a == x)
    assert len(own) == 3 and boxes["dropout"][3] < bottom < own[-1] < boxes["tok_emb"][1]
    left, top, right, bottom = boxes["blocks"]
    assert left < x < right and all(top < y < bottom for y in own[:2])
    assert any(text.get_text() == "N = 3 ×" for text in texts(fig))
    # Positions come from the side, below the dropout.
    assert inside(fig, boxes["pos_emb"]) == ["pos_emb"]
    assert boxes["pos_emb"][1] < own[-1] < boxes["pos_emb"][3]


def test_the_opened_block_is_the_module(whole):
    fig = plot.gpt(**whole)
    boxes, ways = drawn(fig, "box"), [p for p in fig.axes[0].patches if p.get_gid()]
    words = {
        "ln_1": "ln_1, a norm",
        "attn": "self-attention",
        "dropout": "dropout",
        "ln_2": "ln_2, a norm",
        "mlp": "feed-forward",
    }
    around = boxes["opened"]
    parts = [p for p in ways if p.get_gid().startswith("block ") and hasattr(p, "get_xy")]
    parts = sorted((corners(p) for p in parts), key=lambda box: -box[1])
    assert [inside(fig, box) for box in parts] == [[words[part]] for part in PRE]
    assert all((around[:2] < box[:2]).all() and (box[2:] < around[2:]).all() for box in parts)
    _, stream = [p._path_original.vertices for p in fig.axes[0].patches if p.get_linewidth() == 2.5]
    assert stream[0, 0] == stream[1, 0] < min(box[0] for box in parts)
    branches = [p._path_original.vertices for p in ways if p.get_gid() == "block branch"]
    for points, three in zip(branches, (parts[:3], parts[3:]), strict=True):
        assert points[0, 0] == stream[0, 0] and points[0, 1] > three[0][3]
        assert points[-1, 1] < three[-1][1] and abs(points[-1, 0] - stream[0, 0]) < 0.15
    assert_shows(fig, "mask", whole["mask"], whole["mask"])
    end = drawn(fig, "way")["mask of mask"][0][-1]
    assert touches(end, parts[1])
    (hatching,) = [p for p in fig.axes[0].patches if p.get_hatch()]
    behind = [p for p in fig.axes[0].patches if p.get_gid() == "opened"]
    assert hatching.get_zorder() > behind[0].get_zorder()  # or else it could not be seen


@pytest.mark.parametrize("B", [1, 4])
def test_the_shapes_of_the_gpt_are_those_of_the_arrays(whole, B):
    for name in ("idx", "embedded", "stream", "logits"):
        whole["arrays"][name] = many(whole["arrays"][name], B)
    fig = plot.gpt(**whole | {"n_layer": 12})
    assert_legible(fig)
    told = [text.get_text().replace("\n", " ") for text in texts(fig)]
    shapes = [re.search(r"\(([A-Z, ]+)\) = \(([0-9, ]+)\)", text) for text in told]
    shapes = [found.groups() for found in shapes if found]
    assert sorted(letters for letters, _ in shapes) == [
        "B, T",
        "B, T, C",
        "B, T, C",
        "B, T, C",
        "B, T, V",
        "T, C",
        "V, C",
    ]
    for letters, numbers in shapes:
        assert_told(letters, numbers, B)
    assert "N = 12 ×" in told


def test_one_table_has_a_dashed_line_to_each_use_in_a_gpt(whole):
    fig = plot.gpt(**whole)
    boxes = drawn(fig, "box")
    dashed = [np.transpose(line.get_data()) for line in fig.axes[0].lines if line.is_dashed()]
    for use in ("tok_emb", "linear"):
        assert any(
            touches(points[0], boxes["table"]) and touches(points[-1], boxes[use])
            for points in dashed
        )


@pytest.mark.parametrize(
    "order", [["attn", "dropout", "ln_1", "mlp", "dropout", "ln_2"], ["attn", "ln_1"]]
)
def test_a_gpt_is_drawn_with_its_norms_on_branches_only(order):
    with pytest.raises(ValueError, match="a block calls attn"):
        plot.gpt({}, order, np.tri(3, dtype=bool), n_layer=2)


@pytest.fixture
def steps():
    return BUILD["gpt_attention"]()


def test_each_step_of_attention_follows_from_the_one_before(steps):
    for name in "qkv":
        for h in range(2):
            part = steps["maps"][name][0, :, 3 * h : 3 * h + 3]
            assert torch.equal(steps["slices"][name][0, h], part)
    q, k, v = (steps["slices"][name] for name in "qkv")
    assert_close(steps["scores"], q @ k.mT / math.sqrt(3))
    mask = torch.ones(5, 5, dtype=torch.bool).tril()
    np.testing.assert_array_equal(steps["mask"], mask)
    assert_close(steps["weights"], steps["scores"].masked_fill(~mask, -math.inf).softmax(-1))
    assert_close(steps["mixed"], steps["weights"] @ v)
    assert_close(steps["joined"], torch.cat(list(steps["mixed"][0]), dim=-1)[None])
    one, other = steps["weights"][0]
    assert (one - other).abs()[1:].sum(-1).mean() / 2 > 0.2  # the heads look in different ways


def test_gpt_attention(steps):
    fig = plot.gpt_attention(**steps)
    assert_legible(fig)
    assert_shows(fig, "x", steps["x"][0])
    assert_shows(fig, "joined", steps["joined"][0])
    assert_shows(fig, "out", steps["out"][0])
    for name in "qkv":
        assert_shows(fig, name, steps["maps"][name][0])
        for h in range(2):
            assert_shows(fig, f"{name} of heads {h}", steps["slices"][name][0, h])
    for h in range(2):
        assert_shows(fig, f"scores {h}", steps["scores"][0, h])
        assert_shows(fig, f"masked {h}", steps["scores"][0, h], steps["mask"])
        assert_shows(fig, f"weights {h}", steps["weights"][0, h], steps["mask"])
        assert_shows(fig, f"mixed {h}", steps["mixed"][0, h])
    found = matrices(fig)
    assert len(found) == 6 + 2 * 7
    np.testing.assert_array_equal(found["weights 1"].to_rgba(0.5), plot.attention.LOOKS(0.5))
    for name, color in COLORS.items():
        for gid in (name, f"{name} of heads 0", f"{name} of heads 1"):
            np.testing.assert_allclose(found[gid].get_cmap()(1.0), to_rgba(color))
    # What is not masked has the same shade before and after the mask.
    for h in range(2):
        one, other = found[f"scores {h}"], found[f"masked {h}"]
        seen = steps["mask"].ravel()
        np.testing.assert_array_equal(one.get_facecolors()[seen], other.get_facecolors()[seen])


def test_the_steps_of_attention_are_numbered_in_their_order(steps):
    fig = plot.gpt_attention(**steps)
    boxes, at = drawn(fig, "box"), {n: place(mesh) for n, mesh in matrices(fig).items()}
    order = ["query", "cut q", "scores", "mask", "softmax", "mix", "join", "proj"]
    words = [
        "query",
        "cut",
        "q kᵀ\n/ √D",
        "causal\nmask",
        "softmax",
        "weights\n× v",
        "join",
        "proj",
    ]
    for number, (name, told) in enumerate(zip(order, words, strict=True), start=1):
        left, top, right, _ = box = boxes[name]
        assert inside(fig, box) == [told]
        assert inside(fig, (left, top - 0.3, right, top)) == [str(number)]
    # Each box stands between what it gets and what it gives, in one row.
    for name, gets, gives in [
        *((part, "x", part[0]) for part in ("query", "key", "value")),
        *((f"cut {part}", part, f"{part} of heads 0") for part in "qkv"),
        ("scores", "q of heads 1", "scores 0"),
        ("softmax", "masked 1", "weights 0"),
        ("mix", "weights 1", "mixed 0"),
        ("join", "mixed 1", "joined"),
        ("proj", "joined", "out"),
    ]:
        left, _, right, _ = boxes[name]
        assert at[gets][2] < left < right < at[gives][0], name
    for name, color in COLORS.items():
        y = (at[name][1] + at[name][3]) / 2
        assert boxes[f"cut {name}"][1] < y < boxes[f"cut {name}"][3]
        module = {"q": "query", "k": "key", "v": "value"}[name]
        assert boxes[module][1] < y < boxes[module][3] and inside(fig, boxes[module]) == [module]
        points, drawn_in = drawn(fig, "way")["v" if name == "v" else f"{name} to scores"]
        assert drawn_in == to_rgba(color)
        assert touches(points[-1], boxes["mix" if name == "v" else "scores"])
        ends = at[f"{name} of heads 0"], at[f"{name} of heads 1"]
        assert min(ends[0][0], ends[1][0]) < points[0][0] <= ends[1][2]
    points, _ = drawn(fig, "way")["scores to mask"]
    assert touches(points[-1], boxes["mask"])
    assert at["scores 0"][0] < points[0][0] < at["scores 1"][2] and points[0][1] > at["scores 0"][3]


@pytest.mark.parametrize("B", [1, 7])
def test_the_shape_after_each_step_is_that_of_its_array(steps, B):
    mask = steps.pop("mask")
    fig = plot.gpt_attention(**many(steps, B), mask=mask)
    assert_legible(fig)
    at = {name: place(mesh) for name, mesh in matrices(fig).items()}
    for name, letters in {
        "x": "B, T, C",
        "scores 0": "B, H, T, T",
        "masked 0": "B, H, T, T",
        "weights 0": "B, H, T, T",
        "mixed 0": "B, H, T, D",
        "joined": "B, T, C",
        "out": "B, T, C",
    }.items():
        left, _, _, bottom = at[name]
        shape, numbers = inside(fig, (left - 0.2, bottom, left + 1.1, bottom + 0.4))
        assert shape == f"({letters})"
        assert_told(letters, numbers[1:-1], B)
    for name, letters in {"q": "B, T, C", "q of heads 0": "B, H, T, D"}.items():
        left, top, _, _ = at[name]
        shape, numbers = inside(fig, (left, top - 0.6, left + 0.7, top))
        assert shape == f"({letters})"
        assert_told(letters, numbers[1:-1], B)


@pytest.fixture
def layer():
    return BUILD["feed_forward"]()


def test_the_arrays_are_those_of_a_feed_forward_layer(layer):
    assert_close(layer["active"], F.gelu(layer["hidden"]))
    assert layer["hidden"].std() > 0.5  # or else GELU would be as good as a line
    assert_close(layer["curves"]["GELU"], F.gelu(layer["at"]))
    assert_close(layer["curves"]["ReLU"], F.relu(layer["at"]))


@pytest.mark.parametrize("B", [1, 7])
def test_feed_forward(layer, B):
    arrays = {name: many(layer[name], B) for name in ("x", "hidden", "active", "out")}
    fig = plot.feed_forward(**layer | arrays)
    assert_legible(fig)
    page, curve = fig.axes
    found = matrices(fig)
    at = {name: place(found[name]) for name in arrays}
    boxes = drawn(fig, "box")
    for name, array in arrays.items():
        assert_shows(fig, name, array[0])
        # White is 0 in all of them, and the two sides of it can be told apart.
        assert found[name].to_rgba(0.0)[:3] == pytest.approx((1, 1, 1), abs=0.01)
        low, high = (found[name].to_rgba(end * float(array.abs().max())) for end in (-1, 1))
        assert sum(high[:3]) == 0 and 1 < sum(low[:3]) < 2.5
        left, top, right, bottom = at[name]
        assert name in inside(fig, (left, top - 0.3, right, top))
        letters = "B, T, 4C" if name in ("hidden", "active") else "B, T, C"
        middle = (left + right) / 2
        shape, numbers = inside(fig, (middle - 0.2, bottom, middle + 0.2, bottom + 0.4))
        assert shape == f"({letters})"
        assert_told(letters, numbers[1:-1], B)
    for name, gets, gives in (("fc", "x", "hidden"), ("proj", "active", "out")):
        assert at[gets][2] < boxes[name][0] < boxes[name][2] < at[gives][0]
        assert inside(fig, boxes[name]) == [name]
    # The curve stands between what it gets and what it gives.
    left, _, right, _ = curve.get_position().extents * plot.WIDTH
    assert at["hidden"][2] < left < right < at["active"][0]
    assert [text.get_text() for text in curve.texts] == ["GELU", "ReLU"]
    pieces = {line.get_ydata()[0]: line for line in curve.lines if len(line.get_xdata()) == 2}
    curves = [line for line in curve.lines if len(line.get_xdata()) > 2]
    for line, text in zip(curves, curve.texts, strict=True):
        np.testing.assert_array_equal(line.get_ydata(), layer["curves"][text.get_text()])
        piece = pieces[text.get_position()[1]]
        assert (piece.get_color(), piece.is_dashed()) == (line.get_color(), line.is_dashed())
    assert [line.is_dashed() for line in curves] == [False, True]
    # The same row has a frame everywhere: a position has nothing from another one.
    frames = [corners(p) for p in page.patches if p.get_edgecolor() == to_rgba(plot.HIGHLIGHT)][:4]
    for frame, name in zip(frames, arrays, strict=True):
        left, top, right, bottom = at[name]
        high = (bottom - top) / 5
        np.testing.assert_allclose(frame, [left, top + 2 * high, right, top + 3 * high])
