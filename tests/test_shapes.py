"""Every shape comment in gptlib is true of an example here."""

import runpy
from inspect import isgenerator
from pathlib import Path
from textwrap import indent

import pytest
import torch
from shape_comments import checking, shape_notes

import gptlib
from gptlib.attention import MultiHeadAttention, attention, causal_mask, past_mask
from gptlib.attention_only import AttentionOnly
from gptlib.bigram import Bigram
from gptlib.config import GPTConfig, TrainConfig, TransformerConfig
from gptlib.corpus import Corpus
from gptlib.data import all_batches, get_batch
from gptlib.explorer import AttentionExplorer
from gptlib.finetune import Classifier, fine_tuning_loss, with_special_tokens
from gptlib.gpt import GPT
from gptlib.inference import Int8Linear
from gptlib.narrow import NarrowAttention
from gptlib.positions import SinusoidalPositions, sinusoidal
from gptlib.sampling import Sampling, beam_search, generate, next_probs
from gptlib.summary import summary
from gptlib.task_inputs import Special, all_task_batches, choice, encode_examples
from gptlib.tokenizer import CharTokenizer
from gptlib.train import next_token_loss, train
from gptlib.transformer import Transformer
from gptlib.translation import translate_batch
from gptlib.writing import write


def batches():
    data = torch.arange(20)
    get_batch(data, batch_size=2, block_size=3)
    get_batch(data, batch_size=2, block_size=3, starts=torch.tensor([0, 7]))
    list(all_batches(data, batch_size=3, block_size=4))


def bigram():
    model = Bigram(5)
    model(torch.zeros(2, 3, dtype=torch.int64))
    likely = Sampling(top_k=2, top_p=0.9, repetition_penalty=1.5)
    generate(model, torch.zeros(2, 3, dtype=torch.int64), max_new_tokens=2, sampling=likely)
    next_probs(torch.zeros(2, 5), Sampling(temperature=0))
    next_probs(torch.zeros(2, 5), Sampling(top_p=0.9))
    next_probs(torch.zeros(2, 5))


def self_and_cross_attention():
    x, memory = torch.zeros(2, 3, 5), torch.zeros(2, 4, 5)
    attention(x, memory, memory)
    attention(x, x, x, causal_mask(3))
    past_mask(torch.tensor([[0, 1, 2], [3, 4, 5]]), S=7)
    past_mask(torch.tensor([[0, 1, 2], [3, 4, 5]]), S=7, width=2)
    sinusoidal(3, 8)


def many_heads():
    x, memory = torch.zeros(2, 3, 20), torch.zeros(2, 6, 20)
    MultiHeadAttention(20, 5)(x, memory)
    NarrowAttention(20, 5)(x)
    attn = MultiHeadAttention(20, 5)
    AttentionOnly(7, 20, attn, SinusoidalPositions(3, 20))(torch.zeros(2, 3, dtype=torch.int64))


def transformer():
    src, idx = torch.ones(2, 5, dtype=torch.int64), torch.ones(2, 3, dtype=torch.int64)
    for norm in ("post", "pre"):
        model = Transformer(TransformerConfig(11, n_layer=1, n_head=2, n_embd=8, norm=norm))
        model(src, idx)
        translate_batch(model, src, beam_width=4)


def gpt():
    idx = torch.zeros(3, 5, dtype=torch.int64)
    for norm in ("post", "pre"):
        config = GPTConfig(11, 6, n_layer=2, n_head=2, n_embd=8, head_size=7, norm=norm, band=2)
        model = GPT(config)
        model(idx)
        model(idx, model.new_cache(3))
        generate(model, idx, max_new_tokens=4, lengths=torch.tensor([1, 5, 2]), stop=7)
        summary(model, T=4)


def writing():
    model = GPT(GPTConfig(5, block_size=4, n_layer=1, n_head=2, n_embd=8))
    list(write(model, CharTokenizer("abc d"), "ab", max_new_tokens=3))


def eight_bits():
    layer = Int8Linear(torch.zeros(5, 3))
    layer(torch.zeros(2, 3))
    layer(torch.zeros(4, 6, 3))


def training():
    corpus = Corpus("abcd" * 9, "abc" * 5, CharTokenizer("abcd"), block_size=3)
    model = GPT(GPTConfig(4, block_size=3, n_layer=1, n_head=2, n_embd=8))
    for optimizer in ("adamw", "muon"):
        config = TrainConfig(max_iters=2, optimizer=optimizer)
        list(train(model, corpus.batches(2, seed=0), next_token_loss, config))
    corpus.score(model, batch_size=2)
    corpus.landmarks()


def fine_tuning():
    model = with_special_tokens(GPT(GPTConfig(5, block_size=9, n_layer=1, n_head=2, n_embd=8)))
    some = [(("abc", "d", "ad", "bc"), 2), (("ab", "da", "b", "a"), 0)]
    encoded = encode_examples(some, choice, CharTokenizer("abcde"), Special(5, 6, 7), 9)
    for batch in all_task_batches(encoded, batch_size=2):
        fine_tuning_loss(Classifier(model, classes=1), batch)


def beam():
    start, limits = torch.zeros(2, 3, dtype=torch.int64), torch.tensor([2, 5])
    beam_search(lambda idx: torch.randn(len(idx), 7), start, 1, limits, beam_width=4)


def explorer():
    AttentionExplorer([[0.5, 0.5, 0], [0, 0, 1]], ["a", "b"], ["c", "d", "e"])


# Calls that together run every line with a shape comment. Sizes should differ: were B equal to T,
# (T, B) would pass for (B, T).
EXAMPLES = [
    batches,
    bigram,
    self_and_cross_attention,
    many_heads,
    transformer,
    gpt,
    writing,
    eight_bits,
    training,
    fine_tuning,
    beam,
    explorer,
]


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
