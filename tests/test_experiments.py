"""What notebook 04 quotes was trained without the parts that it says, and is what the log holds."""

import pytest
import torch
from experiments import EXPERIMENTS, rows, script
from torch.testing import assert_close

from gptlib import checkpoint
from gptlib.train import next_token_loss

SRC = torch.tensor([[9, 7, 4, 3, 8]])
OTHER = torch.tensor([[9, 7, 4, 8, 3]])
IDX = torch.tensor([[1, 5, 6, 12]])


@pytest.fixture(scope="module")
def runs():
    return script("transformer")


def model(runs, name):
    options = {k: v for k, v in runs.PARTS[name].items() if k not in ("label_smoothing", "warmup")}
    return runs.make(1, **options).double().eval()


def logits(runs, name, src=SRC, idx=IDX):
    with torch.no_grad():
        return model(runs, name)(src, idx)


def moves(runs, name, src=OTHER, idx=IDX):
    """The most by which another source, or another beginning, moves the last logits."""
    return (logits(runs, name, src, idx) - logits(runs, name))[:, -1].abs().max().item()


def test_each_change_changes_the_model(runs):
    same = {"the whole model", "half the warm-up", "no label smoothing", "with dropout 0.1"}
    whole = logits(runs, "the whole model")
    for name in runs.PARTS:
        assert torch.equal(logits(runs, name), whole) == (name in same), name


def test_without_cross_attention_the_source_is_not_seen(runs):
    assert moves(runs, "no cross-attention") == 0
    assert moves(runs, "the whole model") > 1e-3


def test_without_positions_the_order_of_the_source_is_not_seen(runs):
    assert moves(runs, "no positions") < 1e-12


def test_without_residual_connections_a_layer_s_input_is_lost(runs):
    block = model(runs, "no residual connections").encoder[0]
    x = torch.randn(1, 5, 64, dtype=torch.float64)
    with torch.no_grad():
        assert_close(block(x), block.ln_2(block.mlp(block.ln_1(block.attn(x)))))


def test_without_norms_a_block_only_adds(runs):
    block = model(runs, "no norms").encoder[0]
    x = torch.randn(1, 5, 64, dtype=torch.float64)
    with torch.no_grad():
        y = x + block.attn(x)
        assert_close(block(x), y + block.mlp(y))


def test_without_proj_the_heads_outputs_are_added_side_by_side(runs):
    block = model(runs, "no proj after the heads").decoder[0]
    x, memory = torch.randn(2, 1, 5, 64, dtype=torch.float64)
    for layer, given in ((block.attn, x), (block.cross, memory)):
        q, k, v = layer.query(x), layer.key(given), layer.value(given)
        heads = [each.unflatten(-1, (4, 16)).transpose(1, 2) for each in (q, k, v)]
        weights = (heads[0] @ heads[1].mT / 4).softmax(dim=-1)
        with torch.no_grad():
            assert_close(layer(x, given), (weights @ heads[2]).transpose(1, 2).flatten(2))


def test_without_its_attention_the_encoder_reads_each_word_alone(runs):
    alone, whole = (
        [model(runs, name).encode(src)[0][:, :3] for src in (SRC, OTHER)]
        for name in ("no attention in the encoder", "the whole model")
    )
    assert torch.equal(*alone)
    assert not torch.allclose(*whole)


def test_sizes_and_tables(runs):
    assert model(runs, "one head").encoder[0].attn.n_head == 1
    whole, own = (model(runs, name) for name in ("the whole model", "an output table of its own"))
    V, C = whole.tok_emb.weight.shape
    count = [sum(p.numel() for p in each.parameters()) for each in (whole, own)]
    assert count[1] - count[0] == V * C
    scaled, unscaled = whole.embed(IDX), model(runs, "embeddings not times sqrt(C)").embed(IDX)
    waves = whole.pos_emb(torch.arange(4))
    assert_close(scaled - waves, 8 * (unscaled - waves))


def test_the_loss_is_smoothed_and_batches_are_the_seed_s(runs):
    def first(seed, smoothing):
        whole = model(runs, "the whole model")
        return next(runs.losses(whole, runs.recipe(whole, 5, 2), seed, smoothing))

    assert first(1, 0.1) == first(1, 0.1)
    assert first(1, 0.1) not in (first(1, 0.0), first(2, 0.1))


def test_the_logs_are_of_this_script(runs):
    parts = [(row["what"], int(row["seed"])) for row in rows("parts")]
    assert parts == [(name, seed) for name in runs.PARTS for seed in runs.SEEDS]
    for row in rows("parts"):
        made = model(runs, row["what"])
        assert int(row["parameters"]) == sum(p.numel() for p in made.parameters())
    rates = [(row["norm"], float(row["times"]), int(row["seed"])) for row in rows("norm_rates")]
    assert rates == [(*key, seed) for key, seeds in runs.RATES.items() for seed in seeds]
    assert int(rows("long")[-1]["step"]) == runs.LONG_STEPS


def test_a_rate_is_a_multiple_of_the_paper_s(runs):
    whole = model(runs, "the whole model")
    assert runs.recipe(whole, 5, 2).learning_rate == (64 * 2) ** -0.5
    assert runs.recipe(whole, 5, 2, 0.5).learning_rate == 0.5 * (64 * 2) ** -0.5


def test_the_saved_model_is_the_one_of_the_last_row(runs):
    point = checkpoint.load(EXPERIMENTS / "transformer.safetensors")
    pairs, tokenizer = runs.texts()
    assert point.tokenizer == tokenizer and point.step == runs.LONG_STEPS
    encoded = runs.encode_pairs(pairs["valid"], tokenizer)
    loss = runs.evaluate(point.model, runs.all_pair_batches(encoded, 4000), next_token_loss)
    assert loss == pytest.approx(float(rows("long")[-1]["valid_loss"]), abs=2e-4)
