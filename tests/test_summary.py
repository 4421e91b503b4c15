"""A summary says what every part gives and has, and what a sequence costs."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from test_gpt import SMALL, made, norms, tying

from gptlib import checkpoint
from gptlib.bigram import Bigram
from gptlib.config import GPTConfig
from gptlib.gpt import GPT
from gptlib.papers import GPT_1, GPT_2
from gptlib.summary import summary

ROOT = Path(__file__).parent.parent


def on_meta(config):
    with torch.device("meta"):
        return GPT(config)


def by_hand(config, T):
    """Multiply-adds of maps, of which a block has twelve of C by C, and of attention.

    Four of the twelve are attention's, and smaller or larger where heads have a size of their own.
    """
    V, C, N = config.vocab_size, config.n_embd, config.n_layer
    inner = C if config.head_size is None else config.n_head * config.head_size
    maps = T * (N * (4 * C * inner + 8 * C * C) + C * V)
    seen = [T if band is None else min(T, band) for band in config.bands]
    return maps, sum(T * S * inner + T * S * inner for S in seen)


def test_the_smallest_gpt_2():
    table = summary(on_meta(GPT_2["small"].config), T=100)
    assert (table.linear, table.attention) == (12_353_203_200, 184_320_000)
    assert table.parameters == 124_439_808
    last = str(table).splitlines()[-2:]
    assert last[0].split() == ["total", "124,439,808"]
    costs = "multiply-adds: 12.35 G in linear layers, 0.18 G in attention, 12.54 G in total"
    assert last[1] == costs


@norms
@tying
@pytest.mark.parametrize("T", [1, 7, 20])
def test_costs_are_those_by_hand(T, norm, tied):
    for settings in (
        {},
        {"n_layer": 3, "n_head": 1},
        {"band": 2},
        {"bias": False, "attn_bias": False},
        {"n_head": 5, "head_size": 7},
    ):
        config = replace(SMALL, norm=norm, tied=tied, **settings)
        table = summary(GPT(config), T)
        assert (table.linear, table.attention) == by_hand(config, T)
        assert summary(on_meta(config), T) == table


def test_every_part_with_its_shape_and_parameters():
    rows = summary(made(), T=7).rows
    block = 12 * 12 * 12 + 13 * 12
    assert [(r.name, r.kind, r.shape, r.parameters) for r in rows] == [
        ("tok_emb", "Embedding", (1, 7, 12), 13 * 12),
        ("pos_emb", "LearnedPositions", (7, 12), 20 * 12),
        ("blocks.0", "Block", (1, 7, 12), block),
        ("blocks.1", "Block", (1, 7, 12), block),
        ("ln_f", "LayerNorm", (1, 7, 12), 2 * 12),
        ("lm_head", "of tok_emb", (1, 7, 13), 0),
    ]


@norms
@tying
@pytest.mark.parametrize("positions", ["learned", "sinusoidal"])
def test_rows_add_up_to_the_whole(positions, norm, tied):
    model = made(norm=norm, tied=tied, positions=positions)
    table = summary(model, T=3)
    assert sum(row.parameters for row in table.rows) == table.parameters == model.num_parameters()
    names = [row.name for row in table.rows]
    assert ("ln_f" in names) == (norm == "pre")
    assert names[-1] == "lm_head"
    assert table.rows[-1].shape == (1, 3, 13)


def test_it_prints_a_table():
    text = str(summary(GPT(GPTConfig(13, 20, n_layer=1, n_head=3, n_embd=12)), T=5))
    assert text.splitlines() == [
        "layer                       output      parameters",
        "--------------------------------------------------",
        "tok_emb   Embedding         (1, 5, 12)         156",
        "pos_emb   LearnedPositions  (5, 12)            240",
        "blocks.0  Block             (1, 5, 12)       1,884",
        "ln_f      LayerNorm         (1, 5, 12)          24",
        "lm_head   of tok_emb        (1, 5, 13)           0",
        "--------------------------------------------------",
        "total                                        2,304",
        "multiply-adds: 0.01 M in linear layers, 0.00 M in attention, 0.01 M in total",
    ]


def hooks(model):
    return sum(len(part._forward_hooks) for part in model.modules())


@pytest.mark.parametrize("training", [True, False])
def test_it_leaves_everything_as_it_was(training):
    model = made(dropout=0.5).train(training)
    model.blocks[0].eval()
    modes = [part.training for part in model.modules()]
    torch.manual_seed(3)
    drawn = torch.rand(3)
    torch.manual_seed(3)
    summary(model, T=5)
    assert torch.equal(torch.rand(3), drawn)
    assert [part.training for part in model.modules()] == modes
    assert all(p.grad is None for p in model.parameters())
    assert hooks(model) == 0


def test_more_tokens_than_positions():
    model = made().train()
    with pytest.raises(ValueError, match="21 tokens have more than block_size = 20 positions"):
        summary(model, T=21)
    assert hooks(model) == 0 and model.training


@pytest.mark.parametrize(
    ("model", "T", "says"),
    [
        (Bigram(2), None, "model is a Bigram: give a GPT"),
        (made(), 0, "tokens is 0: give a whole number, at least 1"),
        (made(), 2.5, "tokens is 2.5: give a whole number, at least 1"),
    ],
)
def test_what_has_no_summary(model, T, says):
    with pytest.raises(ValueError, match=f"^{says}$"):
        summary(model, T)


def test_unless_told_otherwise_the_sequence_is_as_long_as_can_be():
    assert summary(made()) == summary(made(), 20) != summary(made(), 19)


def test_the_table_beside_the_pictures_is_what_the_models_have():
    readme = (ROOT / "images" / "README.md").read_text(encoding="utf-8")
    models = [checkpoint.load(ROOT / "notebooks" / "experiments" / "gpt.safetensors").model]
    with torch.device("meta"):
        models += [GPT(published.config) for published in (GPT_1, *GPT_2.values())]

    def size(part):
        return f"{sum(p.numel() for p in part.parameters()):,}"

    rows = {
        "blocks × heads × channels": [
            f"{m.config.n_layer} × {m.config.n_head} × {m.config.n_embd}" for m in models
        ],
        "`tok_emb`, makes the logits too": [size(m.tok_emb) for m in models],
        "`pos_emb`": [size(m.pos_emb) for m in models],
        "`blocks`": [f"{m.config.n_layer} × {size(m.blocks[0])}" for m in models],
        "`ln_f`": [size(m.ln_f) for m in models],
        "total": [f"{m.num_parameters():,}" for m in models],
    }
    for name, cells in rows.items():
        assert f"| {' | '.join([name, *cells])} |" in readme
