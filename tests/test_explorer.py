"""What the explorer shows is what the arrays say, and a token is never anything but text."""

import base64
import io
import re
import runpy
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import matplotlib
import matplotlib.pyplot as plt
import nbformat
import numpy as np
import pytest
import torch
from explorer_html import check, told, tree
from hypothesis import given
from hypothesis import strategies as st

from gptlib.explorer import AttentionExplorer, markup
from gptlib.plot import visible

matplotlib.use("Agg")

ROOT = Path(__file__).parent.parent
WORDS = "Mia said that the red kite was in the shed".split()
HOSTILE = ["<script>alert(1)</script>", '"><img src=x onerror=1>', "&amp;", "'", "</title>", "<!--"]


def past(T):
    return np.tri(T, dtype=bool)


def softmax(*shape, mask=True, seed=0):
    """Random rows that sum to 1, or to 0 where the mask allows nothing."""
    powers = np.exp(2 * np.random.default_rng(seed).normal(size=shape)) * mask
    sums = powers.sum(-1, keepdims=True)
    return powers / np.where(sums, sums, 1)


def html(explorer):
    """All that the explorer gives the browser to parse."""
    if type(explorer).__name__ == "HTML":
        return explorer.value
    return "".join(html(child) for child in getattr(explorer, "children", ()))


def choose(explorer, layer, head, t):
    explorer.layer.value, explorer.head.value, explorer.token.value = layer, head, t


def check_all(explorer, weights, mask, rows, columns=None):
    """Each head of each layer, with the first token, the middle one and the last."""
    L, H, T, _ = weights.shape
    mask = np.broadcast_to(mask, weights.shape)
    for layer, head in np.ndindex(L, H):
        for t in {0, T // 2, T - 1}:
            choose(explorer, layer, head, t)
            check(html(explorer), weights[layer, head], mask[layer, head], t, rows, columns)


def buttons(explorer):
    """The names beside the sliders that are shown."""
    if hasattr(explorer, "children"):
        return [name for child in explorer.children for name in buttons(child)]
    return [explorer.description] if getattr(explorer, "description", "") else []


MASKS = {
    "all": None,
    "past": past(10),
    "band": past(10) & ~np.tri(10, k=-3, dtype=bool),
    "one each": past(10) & np.array([[[[True]]], [[[False]]]]) | np.eye(10, dtype=bool),
}


@pytest.mark.parametrize("mask", MASKS.values(), ids=MASKS)
def test_self_attention(mask):
    may = True if mask is None else mask
    weights = softmax(2, 3, 10, 10, mask=may)
    check_all(AttentionExplorer(weights, WORDS, mask=mask), weights, may, WORDS)


@pytest.mark.parametrize("T, S", [(1, 1), (3, 8), (8, 3), (2, 100), (128, 5)])
def test_cross_attention(T, S):
    rows, columns = [f"ask{t}" for t in range(T)], [f"answer{s}" for s in range(S)]
    mask = np.arange(S) < max(1, S - 2)
    weights = softmax(2, 2, T, S, mask=mask)
    explorer = AttentionExplorer(weights, rows, columns, mask)
    check_all(explorer, weights, mask, rows, columns)


def test_characters():
    text = 'a <b> & "c"\n\n\tit\'s\0'
    weights = softmax(1, 2, len(text), len(text), mask=past(len(text)))
    explorer = AttentionExplorer(weights, text, mask=past(len(text)))
    check_all(explorer, weights, past(len(text)), list(text))
    (strip,) = [div for div in tree(html(explorer)).iter("div") if div.get("class")]
    assert "".join(strip.itertext()) == visible(text).replace("␣", " ")  # no gaps


@pytest.mark.parametrize("T", [33, 128])
def test_a_large_map_is_an_image(T):
    text = ("Mia lost a kite.\n\n" * 8)[:T]
    weights = softmax(2, 2, T, T, mask=past(T))
    explorer = AttentionExplorer(weights, text, mask=past(T))
    check_all(explorer, weights, past(T), list(text))
    assert "<image" in html(explorer)
    assert len(html(explorer)) < 120_000
    (svg,) = tree(html(explorer)).iter("svg")
    assert float(svg.get("width")) < 660 and float(svg.get("height")) < 660


def labels(explorer):
    return [text.text for text in tree(html(explorer)).iter("text") if text.text]


def test_rows_ask_and_columns_answer():
    explorer = AttentionExplorer(softmax(1, 1, 2, 3), ["one", "two"], ["x" * 12, "y" * 13, " z"])
    assert labels(explorer) == ["one", "two", "x" * 12, "y" * 11 + "…", "␣z", "asks", "answers"]
    texts = list(tree(html(explorer)).iter("text"))
    assert [text.text for text in texts if text.get("class") == "asks"] == ["two"]


def test_the_sign_of_a_space_is_raised_into_its_row():
    texts = tree(html(AttentionExplorer(softmax(1, 1, 3, 3), "a b"))).iter("text")
    assert [float(text.get("y")) for text in texts][:3] == [10, 30 - markup.LIFT, 50]


@pytest.mark.parametrize(
    "t, beside", [(0, [0, 16, 32, 48, 64, 80, 96, 112]), (17, [0, 17, 32, 48, 64, 80, 96, 112])]
)
def test_small_cells_have_positions(t, beside):
    explorer = AttentionExplorer(softmax(1, 1, 128, 128), ["word"] * 128)
    explorer.token.value = t
    below = range(0, 128, 16)
    assert labels(explorer) == [*map(str, [*beside, *below]), "asks", "answers"]


def test_a_masked_cell_is_told_from_a_zero():
    weights = np.array([[0.0, 1, 0]] * 2)
    mask = np.array([[True, True, False], [True, True, True]])
    explorer = AttentionExplorer(weights, ["a1", "b2"], ["c3", "d4", "e5"], mask)
    check_all(explorer, weights[None, None], mask, ["a1", "b2"], ["c3", "d4", "e5"])
    white = [r for r in tree(html(explorer)).iter("rect") if r.get("fill") == "#ffffff"]
    assert [(rect.get("x"), rect.get("y")) for rect in white] == [
        ("0", "0"),
        ("0", "20"),
        ("40", "20"),
    ]


@pytest.mark.parametrize("mask", [None, np.array([[False, False], [True, True]])])
def test_who_may_look_at_nothing(mask):
    explorer = AttentionExplorer([[0, 0], [0.5, 0.5]], ["so", "it"], mask=mask)
    explorer.token.value = 0
    assert "“so” (0) may look at nothing." in html(explorer)
    explorer.token.value = 1
    assert "“it” (1) looks most at “so” (0) 50% and “it” (1) 50%." in html(explorer)


@given(st.lists(st.integers(0, 300), min_size=1, max_size=6).filter(any), st.text(max_size=3))
def test_the_sentence(counts, name):
    looks = np.array(counts) / sum(counts)
    columns = [name] * len(counts)
    assert markup.sentence(looks, 0, [name], columns) == told(looks, 0, [name], columns)


def test_the_colour_scale_is_the_same_in_every_map():
    faint = AttentionExplorer(np.full((1, 5), 0.2), ["a"], list("bcdef"))
    strong = AttentionExplorer(np.array([[0.2, 0.8]]), ["a"], list("bc"))
    colours = [re.findall(r'class="cell".*?fill="(#\w+)"', html(e))[0] for e in (faint, strong)]
    assert colours[0] == colours[1]


@pytest.mark.parametrize("tokens", [HOSTILE, [*"<>&\"'"], ["\0\x1b", "$x$", "猫🙂", "", " ", "\n"]])
@pytest.mark.parametrize("S", [None, 40])
def test_tokens_are_text(tokens, S):
    memory = None if S is None else (tokens * S)[:S]
    weights = softmax(1, 2, len(tokens), S or len(tokens))
    explorer = AttentionExplorer(weights, tokens, memory)
    elements, texts, attributes = [], [], []

    class Parser(HTMLParser):
        def handle_starttag(self, tag, attrs):
            elements.append(tag)
            attributes.extend(name for name, _ in attrs)

        def handle_data(self, data):
            texts.append(data)

        def handle_comment(self, data):
            raise AssertionError(data)

    for t in range(len(tokens)):
        explorer.token.value = t
        Parser().feed(html(explorer))
    expected = "style div p span svg rect path g title text".split()
    assert set(elements) == set(expected)
    assert not [name for name in attributes if name.startswith("on")]
    assert all(
        explorer_text in texts
        for explorer_text in map(visible, filter(None, tokens))
        if explorer_text != "␣"
    )
    assert not any(child.description_allow_html for child in described(explorer))


def described(widget):
    found = [widget] if hasattr(widget, "description_allow_html") else []
    return found + [w for child in getattr(widget, "children", ()) for w in described(child)]


def test_sliders_and_fields_move_together():
    explorer = AttentionExplorer(softmax(2, 3, 4, 4), ["w", "x", "y", "z"])
    assert buttons(explorer) == ["layer", "head", "token"]
    assert [explorer.layer.value, explorer.head.value, explorer.token.value] == [0, 0, 3]
    fields = {widget.description: widget for widget in described(explorer) if widget.description}
    fields["head"].value = 2
    assert explorer.head.value == 2
    explorer.layer.value = 1
    assert fields["layer"].value == 1
    check(html(explorer), explorer.weights[1, 2], explorer.mask[1, 2], 3, explorer.tokens)


def test_a_slider_with_one_value_is_not_shown():
    assert buttons(AttentionExplorer(softmax(1, 3, 4, 4), WORDS[:4])) == ["head", "token"]
    assert buttons(AttentionExplorer(softmax(3, 4, 4), WORDS[:4])) == ["head", "token"]
    assert buttons(AttentionExplorer(softmax(2, 1, 1, 4), ["a"], WORDS[:4])) == ["layer"]
    assert buttons(AttentionExplorer([[1.0]], ["a"])) == []


def test_arrays_of_fewer_dimensions():
    weights = softmax(3, 4, 4)
    one, all_ = AttentionExplorer(weights[1], WORDS[:4]), AttentionExplorer(weights, WORDS[:4])
    all_.head.value = 1
    assert one.weights.shape == (1, 1, 4, 4) and all_.weights.shape == (1, 3, 4, 4)
    np.testing.assert_array_equal(one.weights[0, 0], all_.weights[0, 1])
    assert one.mask.shape == one.weights.shape and one.mask.all()
    tensor = AttentionExplorer(torch.tensor(weights, dtype=torch.float32), WORDS[:4])
    np.testing.assert_allclose(tensor.weights, all_.weights, atol=1e-7)


def test_the_arrays_are_the_explorers_own():
    weights, mask, tokens = softmax(1, 1, 3, 3, mask=past(3)), past(3), WORDS[:3]
    before = weights.copy(), mask.copy()
    explorer = AttentionExplorer(weights, tokens, mask=mask)
    explorer.token.value = 1
    np.testing.assert_array_equal(weights, before[0])
    weights[:], mask[:], tokens[:] = 7, False, "xyz"
    explorer.token.value = 2
    check(html(explorer), before[0][0, 0], before[1], 2, WORDS[:3])
    with pytest.raises(ValueError, match="read-only"):
        explorer.weights[0, 0, 0, 0] = 1


EVEN = np.full((3, 3), 1 / 3)
ERRORS = {
    "one dimension": (
        {"weights": [1.0]},
        "weights are of shape (1,): give (layers, heads, T, S), (heads, T, S) or (T, S), none of "
        "them 0",
    ),
    "five": ({"weights": np.ones((1,) * 5)}, "weights are of shape (1, 1, 1, 1, 1): give"),
    "empty": ({"weights": np.ones((0, 3, 3))}, "weights are of shape (0, 3, 3): give"),
    "tokens": (
        {"tokens": ["a", "b"]},
        "weights have 3 rows that ask and 3 columns that answer, but there are 2 tokens: give one "
        "for each",
    ),
    "memory tokens": (
        {"memory_tokens": ["a"]},
        "weights have 3 rows that ask and 3 columns that answer, but there are 3 tokens and 1 "
        "memory token: give one for each",
    ),
    "not square": (
        {"weights": EVEN[:2]},
        "weights have 2 rows that ask and 3 columns that answer, but there are 3 tokens: give "
        "those that answer as memory_tokens",
    ),
    "many": (
        {"weights": np.eye(129), "tokens": ["a"] * 129},
        "129 tokens are too many to see: give at most 128, such as tokens[-128:], and their part "
        "of the weights and the mask",
    ),
    "many memory": (
        {"weights": np.eye(3, 130), "memory_tokens": ["a"] * 130},
        "130 memory tokens are too many to see: give at most 128, such as memory_tokens[-128:], "
        "and their part of the weights and the mask",
    ),
    "mask of numbers": (
        {"mask": past(3).astype(int)},
        "mask is of int64: give bool, True = may look",
    ),
    "mask of another shape": (
        {"mask": past(2)},
        "mask of shape (2, 2) does not broadcast to weights of shape (1, 1, 3, 3): give one that "
        "does",
    ),
    "mask larger": (
        {"mask": np.ones((2, 1, 3, 3), bool)},
        "mask of shape (2, 1, 3, 3) does not broadcast to weights of shape (1, 1, 3, 3): give",
    ),
    "sum": (
        {"weights": np.stack([EVEN, EVEN * [[1], [1.5], [1]]])},
        "layer 0, head 1, row 1 sums to 1.5: give weights after the softmax, where each row sums "
        "to 1, or to 0 if it may look at nothing",
    ),
    "small sum": ({"weights": EVEN * 0.9}, "layer 0, head 0, row 0 sums to 0.9: give"),
    "nan": (
        {"weights": np.array([[1, 0, 0], [0, 1, np.nan], [0, 0, 1]])},
        "layer 0, head 0, row 1, column 2 is nan: give weights after the softmax, from 0 to 1",
    ),
    "negative": (
        {"weights": np.array([[1.5, -0.5, 0]] * 3)},
        "layer 0, head 0, row 0, column 1 is -0.5: give",
    ),
    "transposed mask": (
        {"weights": past(3) / past(3).sum(1, keepdims=True), "mask": past(3).T},
        "layer 0, head 0, row 1, column 0 is 0.5, but the mask forbids to look there: give a mask "
        "that is True where the row may look at the column",
    ),
}


@pytest.mark.parametrize("given, message", ERRORS.values(), ids=ERRORS)
def test_mistakes(given, message):
    with pytest.raises(ValueError) as error:
        AttentionExplorer(**{"weights": EVEN, "tokens": ["a", "b", "c"]} | given)
    said = str(error.value)
    assert said.startswith(message) if message.endswith(": give") else said == message


def test_rounding_is_no_mistake():
    AttentionExplorer(np.full((128, 128), np.float16(1 / 128)), ["a"] * 128)
    AttentionExplorer(EVEN * 1.0009, ["a", "b", "c"])
    torch.manual_seed(0)
    weights = torch.randn(4, 64, 64).bfloat16().softmax(dim=-1).float()
    assert (weights.sum(dim=-1) - 1).abs().max() > 1e-3
    AttentionExplorer(weights, ["a"] * 64)


def test_repr():
    def show(*shape, cross=False):
        memory = ["b"] * shape[-1] if cross else None
        return repr(AttentionExplorer(softmax(*shape), ["a"] * shape[-2], memory))

    assert show(2, 4, 24, 24) == "AttentionExplorer(2 layers, 4 heads, 24 tokens)"
    assert show(1, 4, 6, 24, cross=True) == (
        "AttentionExplorer(1 layer, 4 heads, 6 tokens looking at 24)"
    )
    assert show(1, 1) == "AttentionExplorer(1 layer, 1 head, 1 token)"


@pytest.mark.parametrize("T", [3, 128])
def test_a_picture_stands_in(T):
    weights = softmax(2, 2, T, T, mask=past(T))
    explorer = AttentionExplorer(weights, ["so"] * T, mask=past(T))
    pictures = {}
    for layer, head in np.ndindex(2, 2):
        choose(explorer, layer, head, T - 1)
        data, about = explorer._repr_mimebundle_()
        assert data["text/plain"] == repr(explorer)
        assert "application/vnd.jupyter.widget-view+json" in data
        pictures[layer, head] = base64.b64decode(data["image/png"])
        assert data["image/png"] == explorer._repr_mimebundle_()[0]["image/png"]
    assert len(set(pictures.values())) == 4
    _, width, _ = plt.imread(io.BytesIO(pictures[layer, head])).shape
    assert width // 2 == about["image/png"]["width"] < 1000
    assert "looks most at" in about["image/png"]["alt"]
    assert not plt.get_fignums()


def test_the_picture_shows_the_chosen_head(monkeypatch):
    drawn = []
    monkeypatch.setattr("gptlib.plot.weights", lambda *given: drawn.append(given) or plt.figure())
    weights = softmax(2, 2, 3, 3, mask=past(3))
    explorer = AttentionExplorer(weights, ["a1", "b2", "c3"], mask=past(3))
    choose(explorer, 1, 0, 2)
    style = dict(plt.rcParams)
    explorer._repr_mimebundle_()
    assert dict(plt.rcParams) == style
    ((panels, rows, columns, title),) = drawn
    ((shown, mask),) = panels.values()
    np.testing.assert_array_equal(shown, weights[1, 0])
    np.testing.assert_array_equal(mask, past(3))
    assert rows == columns == ["a1", "b2", "c3"]
    assert title == f"Layer 1, head 0: {told(weights[1, 0, 2], 2, rows, columns)}"


NOTEBOOK = """
import numpy as np
from gptlib.explorer import AttentionExplorer, SamplingExplorer, TokenExplorer
from gptlib.tokenizer import CharTokenizer
"""
SHOWN = [
    'AttentionExplorer(np.eye(3), ["a", "b", "c"])',
    'SamplingExplorer(lambda t, k, p: np.eye(3)[0], ["a", "b", "c"], lambda t, k, p: "abc")',
    'TokenExplorer({"characters": CharTokenizer("ab c")}, "a c?")',
]


def test_strict_nbval_passes(tmp_path):
    """A stored notebook holds pictures, no widgets, and is the same when it is run again."""
    path = tmp_path / "explorers.ipynb"
    cells = [nbformat.v4.new_code_cell(source) for source in (NOTEBOOK.strip(), *SHOWN)]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
    execute = runpy.run_path(str(ROOT / "notebooks" / "build.py"))["execute"]
    assert execute(path) == "stored"
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells[1:]:
        (output,) = cell.outputs
        assert set(output.data) == {"text/plain", "image/png"}
    assert "widgets" not in notebook.metadata
    assert execute(path) == "unchanged"
    nbval = [sys.executable, "-m", "pytest", "--nbval", "--nbval-current-env", str(path)]
    result = subprocess.run(nbval, capture_output=True, text=True, cwd=tmp_path)
    assert result.returncode == 0 and "4 passed" in result.stdout, result.stdout
