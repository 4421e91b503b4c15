"""Every shape comment in gptlib is true of an example here."""

import runpy
from inspect import isgenerator
from pathlib import Path
from textwrap import indent

import pytest
import torch
from shape_comments import checking, shape_notes

import gptlib
from gptlib.attention import MultiHeadAttention, attention, causal_mask
from gptlib.bigram import Bigram
from gptlib.config import GPTConfig, TransformerConfig
from gptlib.data import all_batches, get_batch
from gptlib.explorer import AttentionExplorer
from gptlib.gpt import GPT
from gptlib.narrow import NarrowAttention
from gptlib.positions import SinusoidalPositions, sinusoidal
from gptlib.reader import Reader
from gptlib.sampling import beam_search, generate, next_probs
from gptlib.summary import summary
from gptlib.transformer import Transformer
from gptlib.translation import translate_batch


def batches():
    data = torch.arange(20)
    get_batch(data, batch_size=2, block_size=3)
    get_batch(data, batch_size=2, block_size=3, starts=torch.tensor([0, 7]))
    list(all_batches(data, batch_size=3, block_size=4))


def bigram():
    model = Bigram(5)
    model(torch.zeros(2, 3, dtype=torch.int64))
    generate(model, torch.zeros(2, 3, dtype=torch.int64), max_new_tokens=2, top_k=2, top_p=0.9)
    next_probs(torch.zeros(2, 5), temperature=0)
    next_probs(torch.zeros(2, 5))


def self_and_cross_attention():
    x, memory = torch.zeros(2, 3, 5), torch.zeros(2, 4, 5)
    attention(x, memory, memory)
    attention(x, x, x, causal_mask(3))
    sinusoidal(3, 8)


def many_heads():
    x, memory = torch.zeros(2, 3, 20), torch.zeros(2, 6, 20)
    MultiHeadAttention(20, 5)(x, memory)
    NarrowAttention(20, 5)(x)
    look = MultiHeadAttention(20, 5, causal=True)
    Reader(7, 20, look, SinusoidalPositions(3, 20))(torch.zeros(2, 3, dtype=torch.int64))


def transformer():
    model = Transformer(TransformerConfig(11, n_layer=1, n_head=2, n_embd=8))
    src, idx = torch.ones(2, 5, dtype=torch.int64), torch.ones(2, 3, dtype=torch.int64)
    model(src, idx)
    translate_batch(model, src, beam_width=4)


def gpt():
    model = GPT(GPTConfig(11, block_size=6, n_layer=2, n_head=2, n_embd=8, band=2))
    idx = torch.zeros(3, 5, dtype=torch.int64)
    model(idx)
    generate(model, idx, max_new_tokens=4, lengths=torch.tensor([1, 5, 2]), stop=7)
    summary(model, T=4)


def beam():
    start, limits = torch.zeros(2, 3, dtype=torch.int64), torch.tensor([2, 5])
    beam_search(lambda idx: torch.randn(len(idx), 7), start, 1, limits, beam_width=4)


def explorer():
    AttentionExplorer([[0.5, 0.5, 0], [0, 0, 1]], ["a", "b"], ["c", "d", "e"])


# Calls that together run every line with a shape comment. Sizes should differ: were B equal to T,
# (T, B) would pass for (B, T).
EXAMPLES = [batches, bigram, self_and_cross_attention, many_heads, transformer, gpt, beam, explorer]


def test_every_shape_comment_in_gptlib_is_true():
    paths = sorted(Path(gptlib.__file__).parent.rglob("*.py"))
    notes = [note for path in paths for note in shape_notes(path)]
    with checking(notes) as reached:
        for example in EXAMPLES:
            example()
    missed = [str(note) for note in notes if note not in reached]
    assert not missed, f"add an example that runs {', '.join(missed)}"


def run(tmp_path, body, x):
    """Check a function with this body; return how many shape comments ran, out of how many."""
    path = tmp_path / "toy.py"
    path.write_text("import torch\ndef toy(x):\n" + indent(body, "    "))
    notes = shape_notes(path)
    with checking(notes) as reached:
        result = runpy.run_path(str(path))["toy"](x)
        if isgenerator(result):
            list(result)
    return len(reached), len(notes)


X = torch.zeros(2, 3, 4)
TRUE = [
    "B, T, C = x.shape\ny = x.mT  # (B, C, T)",
    "B, T, C = x.shape\nreturn x[0], x[1]  # (T, C)",
    "B, T, C = x.shape\ny, z = x.split(C // 2, -1)  # (B, T, C // 2)",
    "B, T, C = x.shape\nx = x.reshape(\n    B,\n    -1,\n)  # (B, T * C)",
    "B, T, C = x.shape\nfor row in x:\n    y = row * 2  # (T, C)",
    "B, T, C = x.shape\nfor row in x:\n    yield row  # (T, C)",
    "B, T, C = x.shape\nwith torch.no_grad():\n    return x + 1  # (B, T, C)",
    "B, T, C = x.shape\ntry:\n    y = x @ x  # (T, T)\nexcept RuntimeError:\n    y = x  # (B, ...)",
    "C = x.shape[-1]\nx += 1  # (..., C)\ny = x  # (2, ..., 3, C)",
    "y = x.sum()  # ()\nB = len(x)\ny = x[:, 0, 0]  # (B,)",
]
FALSE = [
    ("B, T, C = x.shape\ny = x.mT  # (B, T, C)", r"toy.py:4 .* y is \[2, 4, 3\], not \[2, 3, 4\]"),
    ("B, T, C = x.shape\nreturn x, x[0]  # (B, T, C)", r"result 1 is \[3, 4\]"),
    ("C = x.shape[-1]\ny = x.sum(-1)  # (..., C)", r"y is \[2, 3\], not \[2, 4\]"),
    ("B, T, C = x.shape\ny = x.sum()  # (..., T, C)", r"y is \[\]"),
    ("y = x  # (B, T, C)", "'B' is not defined"),
]
UNCHECKABLE = [
    ("torch.zeros(3)  # (T,)", "ends no assignment"),
    ("y = [\n    x,  # (B, T, C)\n]", "ends no assignment"),
    ("y = x  # scores: (B, T, C)", "nothing else"),
]


@pytest.mark.parametrize("body", TRUE)
def test_a_true_comment_passes(tmp_path, body):
    reached, notes = run(tmp_path, body, X)
    assert reached == notes - body.count("try:") > 0


@pytest.mark.parametrize("body, message", FALSE)
def test_an_untrue_comment_fails(tmp_path, body, message):
    with pytest.raises(AssertionError, match=message):
        run(tmp_path, body, X)


@pytest.mark.parametrize("body, message", UNCHECKABLE)
def test_a_comment_that_cannot_be_checked_fails(tmp_path, body, message):
    with pytest.raises(ValueError, match=message):
        run(tmp_path, body, X)


def test_a_comment_that_does_not_run_is_not_reached(tmp_path):
    assert run(tmp_path, "if x is None:\n    y = x  # (T,)", X) == (0, 1)
