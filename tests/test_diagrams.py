"""The diagrams show the numbers that the library computes, each where it belongs."""

import math
import re
import runpy
from functools import cache
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
import torch
from matplotlib.colors import to_rgb, to_rgba
from test_plot import assert_legible, style, texts  # noqa: F401
from torch.testing import assert_close

from gptlib import plot
from gptlib.attention import MultiHeadAttention, attention_maps, banded_mask, causal_mask
from gptlib.config import TransformerConfig
from gptlib.layers import Block
from gptlib.narrow import NarrowAttention
from gptlib.positions import sinusoidal

BUILD = runpy.run_path(str(Path(__file__).parent.parent / "images" / "build.py"))
COLORS = {"q": plot.QUERY, "k": plot.KEY, "v": plot.VALUE}


def matrices(fig):
    """The meshes of a figure by name."""
    meshes = fig.axes[0].collections
    found = {mesh.get_gid(): mesh for mesh in meshes}
    assert len(found) == len(meshes)
    return found


def place(mesh):
    """Left, top, right and bottom of a matrix in inches; y points down."""
    (left, top), (right, bottom) = mesh.get_coordinates()[[0, -1], [0, -1]]
    assert left < right and top < bottom
    return np.array([left, top, right, bottom])


@cache
def written(fig):
    """Height, place and words of the texts of a figure, by line."""
    return sorted((*text.get_position()[::-1], text.get_text()) for text in texts(fig))


def inside(fig, box):
    """The texts that stand in a box, by line."""
    left, top, right, bottom = box
    return [told for y, x, told in written(fig) if left < x < right and top < y < bottom]


def assert_shows(fig, name, values, mask=None):
    """The matrix of this name has these values, and those that are masked let hatching show."""
    mesh, values = matrices(fig)[name], np.asarray(values)
    hidden = np.zeros(values.shape, bool) if mask is None else ~np.asarray(mask)
    drawn = mesh.get_array()
    np.testing.assert_array_equal(np.ma.getmaskarray(drawn), hidden, err_msg=name)
    np.testing.assert_array_equal(drawn.data, values, err_msg=name)
    mesh.update_scalarmappable()
    opaque = mesh.get_facecolors()[:, 3].reshape(values.shape)
    np.testing.assert_array_equal(opaque, 1.0 - hidden)
    [behind] = [
        patch
        for patch in fig.axes[0].patches
        if patch.get_hatch() and np.allclose(corners(patch), place(mesh))
    ]
    assert behind.get_zorder() < mesh.get_zorder()


def corners(patch):
    x, y, width, height = *patch.get_xy(), patch.get_width(), patch.get_height()
    return np.array([x, y, x + width, y + height])


def assert_tells(fig, name, values, form, mask=None):
    """The numbers of this matrix are written in its cells, and in hatched ones none is."""
    mask = np.ones(np.shape(values), bool) if mask is None else np.asarray(mask)
    left, top, right, bottom = place(matrices(fig)[name])
    rows, columns = mask.shape
    wide, high = (right - left) / columns, (bottom - top) / rows
    for i, j in np.ndindex(rows, columns):
        x, y = left + j * wide, top + i * high
        want = [form.format(float(values[i][j]))] if mask[i, j] else []
        assert inside(fig, (x, y, x + wide, y + high)) == want, f"{name}[{i}, {j}]"


def hue(color):
    """What a colour takes from white, its strongest part being 1."""
    away = 1 - np.array(to_rgb(color))
    return away / away.max()


@pytest.fixture
def steps():
    return BUILD["attention_steps"]()


def test_attention_is_that_of_the_notebook(steps):
    # e^1.41 = 4.1, e^2.83 = 16.9 and e^0 = 1, as in notebook 02
    sums = 4.113 + 4.113 + 16.919 + 1
    by_hand = [4.113 / sums, 4.113 / sums, 16.919 / sums, 1 / sums]
    np.testing.assert_allclose(steps["weights"][3], by_hand, atol=1e-4)
    q, k = (np.asarray(steps["vectors"][name]) for name in "qk")
    for t, s in np.ndindex(4, 4):
        assert steps["products"][t, s] == sum(q[t] * k[s])
        assert steps["scores"][t, s] == pytest.approx(sum(q[t] * k[s]) / math.sqrt(2))
    np.testing.assert_allclose(
        steps["mixed"][3], [by_hand[0], by_hand[1] + 3 * by_hand[2]], atol=1e-3
    )
    assert torch.equal(steps["mask"], causal_mask(4))


def test_attention_steps(steps):
    fig = plot.attention_steps(**steps)
    assert_legible(fig)
    mask, vectors = steps["mask"], steps["vectors"]
    for name, values, form, seen in [
        ("q", vectors["q"], "{:.0f}", None),
        ("kᵀ", vectors["k"].T, "{:.0f}", None),
        ("v", vectors["v"], "{:.0f}", None),
        ("q kᵀ", steps["products"], "{:.0f}", None),
        ("scores", steps["scores"], "{:.2f}", None),
        ("masked", steps["scores"], "{:.2f}", mask),
        ("weights", steps["weights"], "{:.2f}", mask),
        ("mixed", steps["mixed"], "{:.2f}", None),
    ]:
        assert_shows(fig, name, values, seen)
        assert_tells(fig, name, values, form, seen)
    assert texts(fig)[0].get_text() == "“shouted” gives 0.65 of its attention to “Domino”"


def test_the_matrices_of_attention_stand_where_they_meet(steps):
    fig = plot.attention_steps(**steps)
    at = {name: place(mesh) for name, mesh in matrices(fig).items()}
    rows = ["q", "q kᵀ", "scores", "masked", "weights", "mixed"]
    for one, other in zip(rows, rows[1:], strict=False):
        np.testing.assert_array_equal(at[one][[1, 3]], at[other][[1, 3]])  # the same askers
        assert at[one][2] < at[other][0]
    for factor, product in (("kᵀ", "q kᵀ"), ("v", "mixed")):
        np.testing.assert_array_equal(at[factor][[0, 2]], at[product][[0, 2]])  # the same columns
        assert at[factor][3] < at[product][1]
    # Names stand at the rows of q, the columns of kᵀ and the rows of v.
    spots = {"q": (-0.85, 0), "v": (-0.85, 0)}
    for name, (far, near) in spots.items():
        left, top, _, bottom = at[name]
        assert inside(fig, (left + far, top, left + near, bottom)) == steps["names"]
    left, top, right, _ = at["kᵀ"]
    assert inside(fig, (left, top - 0.2, right, top)) == steps["names"]
    # Each row of the last who asks has a frame.
    frames = [
        corners(p) for p in fig.axes[0].patches if p.get_edgecolor() == to_rgba(plot.HIGHLIGHT)
    ]
    for name, frame in zip(rows, frames, strict=True):
        left, top, right, bottom = at[name]
        np.testing.assert_allclose(frame, [left, bottom - (bottom - top) / 4, right, bottom])
    arrows = [note for note in fig.axes[0].texts if getattr(note, "arrow_patch", None)]
    ways = [(at[one][2], at[other][0]) for one, other in zip(rows[1:4], rows[2:5], strict=True)]
    for arrow, (start, end) in zip(arrows, ways, strict=True):
        assert start < arrow.xyann[0] < arrow.xy[0] < end


def test_attention_is_told_in_the_colours_and_shapes_of_the_course(steps):
    fig = plot.attention_steps(**steps)
    found = matrices(fig)
    for name, color in {
        "q": plot.QUERY,
        "kᵀ": plot.KEY,
        "v": plot.VALUE,
        "mixed": plot.VALUE,
    }.items():
        [shade] = {
            tuple(shade) for shade in found[name].to_rgba(found[name].get_array()).reshape(-1, 4)
        }
        np.testing.assert_allclose(hue(shade[:3]), hue(color), atol=0.02)
    np.testing.assert_array_equal(found["weights"].to_rgba(0.65), plot.attention.LOOKS(0.65))
    sizes = {"T": 4, "S": 4, "D": 2}
    for name in ("q", "q kᵀ", "scores", "masked", "weights", "mixed"):
        left, _, right, bottom = place(found[name])
        title, shape, *_ = inside(fig, (left, bottom, right, bottom + 0.5))
        assert title == name
        told = tuple(sizes[letter] for letter in re.findall("[A-Z]", shape))
        assert told == found[name].get_array().shape
    for name, shape in {"kᵀ": "(D, S)", "v": "(S, D)"}.items():
        left, top, right, _ = place(found[name])
        assert {name, shape} <= set(inside(fig, (left - 0.2, top - 0.5, right, top + 0.5)))
        assert tuple(sizes[letter] for letter in shape[1::3]) == found[name].get_array().shape


def test_names_and_numbers_of_other_examples(steps):
    steps |= {"names": ["$a$", "b c", "\n", "$"], "mixed": -steps["mixed"]}
    fig = plot.attention_steps(**steps)
    assert_legible(fig)
    assert {"$a$", "b␣c", "↵", "$", "-2.10"} <= {text.get_text() for text in texts(fig)}


@pytest.fixture
def heads():
    return BUILD["multi_head"]()


def test_the_heads_are_those_of_the_module(heads):
    H, T, D = 4, 5, 2
    for name in "qkv":
        for h in range(H):
            part = heads["maps"][name][0, :, h * D : (h + 1) * D]
            assert torch.equal(heads["slices"][name][0, h], part)
    assert np.allclose(heads["weights"].sum(-1), 1)
    for h in range(H):
        q, k, v = (heads["slices"][name][0, h] for name in "qkv")
        scores = (q @ k.T / math.sqrt(D)).masked_fill(~causal_mask(T), -math.inf)
        np.testing.assert_allclose(heads["weights"][0, h], scores.softmax(dim=1), atol=1e-6)
        np.testing.assert_allclose(heads["mixed"][0, h], scores.softmax(dim=1) @ v, atol=1e-5)
        part = heads["joined"][0, :, h * D : (h + 1) * D]
        assert torch.equal(heads["mixed"][0, h], part)
    for one, other in combinations(heads["weights"][0], 2):
        # Of their attention, two heads give a third at least to different tokens.
        assert np.abs(one - other)[1:].sum(axis=1).mean() / 2 > 1 / 3


def test_multi_head(heads):
    fig = plot.multi_head(**heads)
    assert_legible(fig)
    assert_shows(fig, "x", heads["x"][0])
    assert_shows(fig, "joined", heads["joined"][0])
    assert_shows(fig, "out", heads["out"][0])
    for h in range(4):
        for name in "qkv":
            assert_shows(fig, f"{name} {h}", heads["maps"][name][0, :, 2 * h : 2 * h + 2])
            assert_shows(fig, f"{name} of head {h}", heads["slices"][name][0, h])
        assert_shows(fig, f"weights {h}", heads["weights"][0, h], heads["mask"])
        assert_shows(fig, f"mixed {h}", heads["mixed"][0, h])
    found = matrices(fig)
    assert len(found) == 3 + 4 * 8
    np.testing.assert_array_equal(found["weights 2"].to_rgba(0.5), plot.attention.LOOKS(0.5))
    # A number has the same shade wherever it stands, and the colour of what it is.
    for name, color in COLORS.items():
        for h in range(4):
            one, other = found[f"{name} {h}"], found[f"{name} of head {h}"]
            np.testing.assert_array_equal(one.get_facecolors(), other.get_facecolors())
            np.testing.assert_allclose(one.get_cmap()(1.0), to_rgba(color))
    joined = found["joined"].get_facecolors().reshape(5, 8, 4)
    for h in range(4):
        mixed = found[f"mixed {h}"].get_facecolors().reshape(5, 2, 4)
        np.testing.assert_array_equal(joined[:, 2 * h : 2 * h + 2], mixed)
    np.testing.assert_allclose(found["joined"].get_cmap()(1.0), to_rgba(plot.VALUE))


def test_lines_lead_from_each_slice_to_its_head(heads):
    fig = plot.multi_head(**heads)
    at = {name: place(mesh) for name, mesh in matrices(fig).items()}
    lines = [(np.transpose(line.get_data()), line.get_color()) for line in fig.axes[0].lines]

    def joins(above, below, color, part=(0, 1)):
        """Whether a line of this colour leads from below one matrix to a part of another's top."""
        (left, _, right, bottom), (begin, top, end, _) = at[above], at[below]
        begin, end = begin + part[0] * (end - begin), begin + part[1] * (end - begin)
        return any(
            left < way[0][0] < right
            and bottom < way[0][1] < bottom + 0.1
            and begin < way[-1][0] < end
            and top - 0.25 < way[-1][1] < top
            for way, drawn in lines
            if drawn == color
        )

    for h in range(4):
        for name, color in COLORS.items():
            others = [
                other
                for other in range(4)
                if joins(f"{name} {h}", f"{name} of head {other}", color)
            ]
            assert others == [h], f"{name} {h}"
            left, top, right, _ = at[f"{name} of head {h}"]
            assert inside(fig, (left, top - 0.2, right, top)) == [name]
        parts = [
            i for i in range(4) if joins(f"mixed {h}", "joined", plot.VALUE, (i / 4, i / 4 + 1 / 4))
        ]
        assert parts == [h]
        left, _, right, bottom = at[f"weights {h}"]
        assert inside(fig, (left, bottom, right, bottom + 0.3)) == [f"head {h}"]
        frame = at["joined"] * [1, 1, 0, 1] + [0.28 * h, 0, at["joined"][0] + 0.28 * (h + 1), 0]
        assert any(
            np.allclose(corners(p), frame) for p in fig.axes[0].patches if hasattr(p, "get_xy")
        )
    # All of x is under the bracket, from which a line leads to the three maps.
    left, top, right, _ = at["x"]
    bracket = next(way for way, _ in lines if len(way) == 4)
    assert (bracket[:, 0].min(), bracket[:, 0].max()) == (left, right)
    assert top - 0.2 < bracket[:, 1].min() < bracket[:, 1].max() < top
    arrows = [note for note in fig.axes[0].texts if getattr(note, "arrow_patch", None)]
    for name, module in zip("qkv", ("query", "key", "value"), strict=True):
        begin, end, over = at[f"{name} 0"][0], at[f"{name} 3"][2], at[f"{name} 0"][1]
        [arrow] = [arrow for arrow in arrows if begin < arrow.xy[0] < end and arrow.xy[1] < over]
        assert module in inside(fig, (arrow.xy[0], over - 0.3, end, over))
        assert name in inside(fig, (begin - 0.2, over, begin, over + 1))


@pytest.mark.parametrize("B", [1, 3])
def test_the_shapes_are_those_of_the_arrays(heads, B):
    def many(array):
        return np.repeat(np.asarray(array), B, axis=0)

    maps, slices = ({n: many(a) for n, a in heads[key].items()} for key in ("maps", "slices"))
    arrays = {key: many(heads[key]) for key in ("x", "weights", "mixed", "joined", "out")}
    fig = plot.multi_head(maps=maps, slices=slices, mask=heads["mask"], **arrays)
    assert_legible(fig)
    letters = {"B": B, "T": 5, "C": 8, "H": 4, "D": 2}
    told = [text for text in inside(fig, (0, 0.5, 2.9, 9)) if " = " in text]
    assert [text.split(" = ")[0] for text in told] == [
        "(B, T, C)",
        "(B, T, H, D)",
        "(B, H, T, D)",
        "(B, H, T, T)",
        "(B, H, T, D)",
        "(B, T, C)",
    ]
    for text in told:
        names, numbers = text.split(" = ")
        assert [letters[name] for name in re.findall("[A-Z]", names)] == list(eval(numbers))


def test_masks():
    panels = BUILD["masks"]()
    triangle = np.tri(6, dtype=bool)
    filled = np.broadcast_to(np.array([True] * 4 + [False] * 2), (6, 6))
    assert np.array_equal(panels["causal"][0], triangle)
    assert np.array_equal(panels["banded, width 3"][0], banded_mask(6, width=3))
    assert np.array_equal(panels["padded"][0], filled)
    assert np.array_equal(panels["causal & padded"][0], triangle & filled)

    fig = plot.masks(panels, "Who may look")
    assert_legible(fig)
    blue = plot.attention.LOOKS(0.3)
    found = matrices(fig)
    for name, (mask, tokens, words) in panels.items():
        assert_shows(fig, name, mask, mask)
        assert (found[name].get_facecolors()[np.asarray(mask).ravel()] == blue).all()
        left, top, right, bottom = place(found[name])
        assert inside(fig, (left - 0.2, top, left, bottom)) == tokens
        assert inside(fig, (left, bottom, right, bottom + 0.2)) == tokens
        assert inside(fig, (left - 0.1, bottom + 0.2, right, bottom + 0.8)) == ["answers", words]
        assert inside(fig, (left - 0.1, top - 0.3, right, top)) == [name]
    assert_shows(fig, "may look", [[True]], [[True]])
    assert_shows(fig, "must not look", [[False]], [[False]])
    for name in ("may look", "must not look"):
        _, top, right, bottom = place(found[name])
        assert inside(fig, (right, top, right + 0.2, bottom)) == [name]
    assert "asks" in {text.get_text() for text in texts(fig)}


def test_the_maps_of_the_heads_are_those_of_the_modules():
    maps, D = BUILD["head_maps"]()["maps"], 2
    assert [tuple(array.shape) for array in maps.values()] == [(8, 8)] * 3 + [(8, 32)]
    for name in ("narrow, shared", "narrow"):
        blocks = [maps[name][h * D : (h + 1) * D, h * D : (h + 1) * D] for h in range(4)]
        assert torch.equal(torch.block_diag(*blocks), maps[name])  # 0 elsewhere
        same = [torch.equal(blocks[0], block) for block in blocks]
        assert same == ([True] * 4 if name == "narrow, shared" else [True] + [False] * 3)
    assert (maps["standard"] != 0).all() and (maps["wide"] != 0).all()


def test_head_maps():
    arguments = BUILD["head_maps"]()
    fig = plot.head_maps(**arguments)
    assert_legible(fig)
    found = matrices(fig)
    black = [corners(p) for p in fig.axes[0].patches if p.get_edgecolor() == to_rgba("black")]
    want = {
        "narrow, shared": ("aaaa", 2, 2, "scale 1/√D = 1/√2", "3,072"),
        "narrow": ("abcd", 2, 2, "scale 1/√D = 1/√2", "24,576"),
        "standard": ("abcd", 2, 8, "scale 1/√D = 1/√2", "196,608"),
        "wide": ("abcd", 8, 8, "scale 1/√C = 1/√8", "1,572,864"),
    }
    for name, (letters, D, seen, scale, count) in want.items():
        assert_shows(fig, name, arguments["maps"][name].abs())
        np.testing.assert_allclose(found[name].get_cmap()(1.0), to_rgba(plot.QUERY))
        left, top, right, bottom = place(found[name])
        assert inside(fig, (left, top - 0.25, right, top)) == list(letters)
        assert inside(fig, (left - 0.1, top - 0.5, right, top - 0.3)) == [name]
        cell = (bottom - top) / 8
        for h in range(4):
            first = h * D if seen == 2 else 0
            block = left + h * D * cell, top + first * cell
            frame, black = black[0], black[1:]
            np.testing.assert_allclose(frame, [*block, block[0] + D * cell, block[1] + seen * cell])
        assert inside(fig, (left, top, right, bottom)) == (["0", "0"] if seen == 2 else [])
        told = inside(fig, (left - 0.1, bottom, right, bottom + 1.3))
        assert told == [
            "channels of q",
            f"a head sees {seen} of 8",
            scale,
            "at C = 256, H = 8:",
            f"{count} parameters",
        ]
    assert not black


def test_a_head_maps_letter_is_for_equal_numbers():
    same = torch.arange(1.0, 5).view(2, 2)
    blocks = torch.block_diag(same, same, same + 4, same)
    fig = plot.head_maps({"a": blocks}, n_head=4, counted={"a": 1}, at="these sizes")
    left, top, right, _ = place(matrices(fig)["a"])
    assert inside(fig, (left, top - 0.25, right, top)) == ["a", "a", "b", "a"]


@pytest.mark.parametrize(
    ("module", "D"),
    [
        (NarrowAttention(8, 4, shared=True), 2),
        (NarrowAttention(8, 4), 2),
        (MultiHeadAttention(8, 4), 2),
        (MultiHeadAttention(8, 4, head_size=8), 8),
    ],
)
def test_the_scale_that_is_told_is_that_of_the_module(module, D):
    x = 3 * torch.randn(1, 5, 8)
    with torch.no_grad():
        q, k = (part(x).view(5, 4, D).transpose(0, 1) for part in (module.query, module.key))
    weights = (q @ k.mT / math.sqrt(D)).softmax(dim=-1)
    np.testing.assert_allclose(attention_maps(module, x)["attention"][0], weights, atol=1e-6)


@pytest.fixture
def stacks():
    return BUILD["encoder_decoder"]()


def test_the_stacks_are_those_of_a_transformer(stacks):
    arrays, masks = stacks["arrays"], stacks["masks"]
    src, table = arrays["src"], arrays["table"]
    assert len({2, 16, 30, *src.shape, *arrays["idx"].shape}) == 5  # B, S, T, C, V differ
    waves = sinusoidal(6, 16)
    assert_close(arrays["read"], math.sqrt(16) * table[src] + waves)
    assert_close(arrays["written"], math.sqrt(16) * table[arrays["idx"]] + waves[:5])
    real = (src[0] != 0).numpy()
    assert not real.all()
    np.testing.assert_array_equal(masks["encoder"], np.broadcast_to(real, (6, 6)))
    np.testing.assert_array_equal(masks["decoder"], np.tri(5, dtype=bool))
    np.testing.assert_array_equal(masks["cross"], np.broadcast_to(real, (5, 6)))
    assert stacks["orders"] == {
        "encoder": ["attn", "dropout", "ln_1", "mlp", "dropout", "ln_2"],
        "decoder": [
            *("attn", "dropout", "ln_1"),
            *("cross", "dropout", "ln_cross"),
            *("mlp", "dropout", "ln_2"),
        ],
    }


def drawn(fig, kind):
    """What has a gid of this kind of patch: name -> corners of boxes, points of ways."""
    patches = [patch for patch in fig.axes[0].patches if patch.get_gid()]
    if kind == "box":
        return {p.get_gid(): corners(p) for p in patches if hasattr(p, "get_xy")}
    ways = [p for p in patches if not hasattr(p, "get_xy")]
    return {p.get_gid(): (p._path_original.vertices, p.get_edgecolor()) for p in ways}


def touches(point, box):
    """Whether a point is on the edge of a box."""
    left, top, right, bottom = np.array(box) + [-1e-9, -1e-9, 1e-9, 1e-9]
    x, y = point
    within = left <= x <= right and top <= y <= bottom
    edge = min(abs(x - left), abs(x - right), abs(y - top), abs(y - bottom))
    return within and edge < 1e-6


def test_encoder_decoder(stacks):
    fig = plot.encoder_decoder(**stacks)
    assert_legible(fig)
    boxes, ways = drawn(fig, "box"), drawn(fig, "way")
    words = {"attn": "self-attention", "cross": "cross-attention", "mlp": "feed-forward"}
    for stack, order in stacks["orders"].items():
        names = [part for part in order if part != "dropout"]
        heights = [boxes[f"{stack} {name}"][1] for name in ("tok_emb", "pos_emb", *names)]
        assert heights == sorted(heights, reverse=True)  # the first is the lowest
        around = boxes[f"{stack} block"]
        for layer, norm in zip(names[::2], names[1::2], strict=True):
            assert inside(fig, boxes[f"{stack} {layer}"]) == [words[layer]]
            assert inside(fig, boxes[f"{stack} {norm}"]) == ["add & norm"]
            # The residual leaves below the layer, goes around it and arrives at the norm.
            points, _ = ways[f"around {stack} {layer}"]
            left, top, right, bottom = boxes[f"{stack} {layer}"]
            assert points[0][0] == (left + right) / 2 and points[0][1] > bottom
            assert all(right < x < around[2] for x, _ in points[1:3])
            assert points[2][1] < top and touches(points[-1], boxes[f"{stack} {norm}"])
            for name in (layer, norm):
                box = boxes[f"{stack} {name}"]
                assert (around[:2] < box[:2]).all() and (box[2:] < around[2:]).all()
    count = [text.get_text() for text in texts(fig) if "×" in text.get_text()]
    assert count == ["N = 2 ×", "N = 2 ×"]


def test_keys_and_values_come_from_memory_and_queries_from_below(stacks):
    fig = plot.encoder_decoder(**stacks)
    boxes, ways = drawn(fig, "box"), drawn(fig, "way")
    cross = boxes["decoder cross"]
    assert inside(fig, boxes["memory"]) == ["memory"]
    for name in "kv":
        points, color = ways[name]
        assert color == to_rgba(COLORS[name])
        assert touches(points[0], boxes["memory"]) and touches(points[-1], cross)
        (start, y), (end, same) = points
        assert y == same
        beside = inside(fig, (start, y - 0.15, (start + end) / 2, y + 0.15))
        assert beside == [name]
    points, color = ways["decoder cross"]
    assert color == to_rgba(COLORS["q"])
    assert points[0][1] > points[-1][1] == pytest.approx(cross[3])
    left, top, right, bottom = *points[-1], *points[0]
    assert inside(fig, (left - 0.2, top, right, bottom)) == ["q"]


def test_masks_stand_where_they_act(stacks):
    fig = plot.encoder_decoder(**stacks)
    boxes, ways = drawn(fig, "box"), drawn(fig, "way")
    for name, layer, words in (
        ("encoder", "encoder attn", "source\npadding"),
        ("decoder", "decoder attn", "causal"),
        ("cross", "decoder cross", "source\npadding"),
    ):
        assert_shows(fig, name, stacks["masks"][name], stacks["masks"][name])
        left, top, right, bottom = place(matrices(fig)[name])
        (start, y), end = ways[f"mask of {name}"][0]
        assert right < start < right + 0.1 and top < y < bottom
        assert touches(end, boxes[layer])
        assert inside(fig, (left - 0.2, top, left, bottom)) == [words]


def test_the_shapes_of_the_stacks_are_those_of_the_arrays(stacks):
    stacks["arrays"] = {
        name: array if name == "table" else torch.cat([array] * 2)
        for name, array in stacks["arrays"].items()
    }
    fig = plot.encoder_decoder(**stacks | {"n_layer": 6})
    assert_legible(fig)
    letters = {"B": 4, "S": 6, "T": 5, "C": 16, "V": 30}
    told = [text.get_text() for text in texts(fig) if " = (" in text.get_text()]
    shapes = [re.search(r"\(([A-Z, ]+)\) = \((.*)\)", text).groups() for text in told]
    assert sorted(names for names, _ in shapes) == [
        "B, S",
        "B, S, C",
        "B, S, C",
        "B, T",
        "B, T, C",
        "B, T, V",
        "V, C",
    ]
    for names, numbers in shapes:
        assert ", ".join(str(letters[name]) for name in names.split(", ")) == numbers
    assert sum(text.get_text() == "N = 6 ×" for text in texts(fig)) == 2


def test_one_table_has_a_dashed_line_to_each_use(stacks):
    fig = plot.encoder_decoder(**stacks)
    boxes = drawn(fig, "box")
    dashed = [np.transpose(line.get_data()) for line in fig.axes[0].lines if line.is_dashed()]
    uses = ["encoder tok_emb", "decoder tok_emb", "linear"]
    for points, use in zip(dashed, uses, strict=True):
        assert touches(points[0], boxes["table"]) and touches(points[-1], boxes[use])


@pytest.mark.parametrize("norm", ["post", "pre"])
def test_the_order_of_a_block_is_that_of_its_sums(norm):
    order = BUILD["block_orders"]()[f"{norm}-norm"]
    block = Block(TransformerConfig(30, n_head=2, n_embd=16, norm=norm)).eval()
    x = want = torch.randn(1, 5, 16)
    for parts in (order[:3], order[3:]):
        branch = want
        for part in parts:
            if norm == "post" and part.startswith("ln_"):
                want = getattr(block, part)(want + branch)
                break
            branch = getattr(block, part)(branch)
        else:
            want = want + branch
    assert_close(block(x), want)
    fig = plot.block_orders(BUILD["block_orders"]())
    assert_legible(fig)
    told = "Norms on the way straight through a block: 2 in post-norm, 0 in pre-norm"
    assert texts(fig)[0].get_text() == told


def test_the_inputs_of_tasks_are_those_of_the_transformations():
    drawn = BUILD["task_inputs"]()
    assert drawn["tasks"]["entailment"] == [["start", "tale", "delimiter", "statement", "extract"]]
    fig = plot.task_inputs(**drawn)
    assert_legible(fig)
    boxes = {patch.get_gid(): patch.get_bbox() for patch in fig.axes[0].patches if patch.get_gid()}
    for task, sequences in drawn["tasks"].items():
        for k, parts in enumerate(sequences):
            for i, part in enumerate(parts):
                (left, top), (right, bottom) = boxes[f"{task} {k} {i}"].get_points()
                assert inside(fig, (left, top, right, bottom)) == [part]
            assert f"{task} {k} GPT" in boxes
            # Where the states of two orders are added, one linear layer reads the sum.
            assert (f"{task} {k} linear" in boxes) == (task != "similarity")
    assert "similarity linear" in boxes
