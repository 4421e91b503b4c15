"""A model made ready to write says what it said before, or nearly."""

from copy import deepcopy

import pytest
import torch
from torch import nn
from torch.testing import assert_close

from gptlib import checkpoint, inference
from gptlib.bigram import Bigram
from gptlib.config import GPTConfig, Sampling
from gptlib.gpt import GPT
from gptlib.inference import Int8Linear, lay_out, quantize
from gptlib.sampling import generate
from gptlib.tokenizer import CharTokenizer

IDX = torch.tensor([[1, 2, 3, 4], [4, 0, 2, 2]])
GREEDY = Sampling(temperature=0)


def made(**more):
    torch.manual_seed(0)
    sizes = {"block_size": 12, "n_layer": 2, "n_head": 2, "n_embd": 12, "init_std": 0.3}
    model = GPT(GPTConfig(5, **sizes | more))
    for p in model.parameters():
        if p.dim() == 1:
            nn.init.normal_(p)
    return model.eval()


# The layout


@pytest.mark.parametrize("tied", [True, False])
def test_the_longer_side_runs_along_memory(tied):
    model = made(tied=tied)
    before = {name: p.detach().clone() for name, p in model.named_parameters()}
    assert lay_out(model) is model
    strides = {name: p.stride() for name, p in model.named_parameters() if p.dim() == 2}
    assert strides["blocks.0.mlp.fc.weight"] == (1, 48)  # 48 outputs, 12 inputs
    assert strides["blocks.1.mlp.proj.weight"] == (48, 1)
    assert strides["blocks.1.attn.query.weight"] == (1, 12)
    assert strides["tok_emb.weight"] == (12, 1)  # 5 tokens
    for name, p in model.named_parameters():
        assert torch.equal(p, before[name]), name


def test_a_vocabulary_is_usually_the_longer_side():
    assert lay_out(GPT(GPTConfig(50, 4, 1, 1, 8))).tok_emb.weight.stride() == (1, 50)


def test_laid_out_it_computes_the_same():
    model = made().double()
    want = model(IDX)
    assert_close(lay_out(model)(IDX), want, rtol=0, atol=1e-12)
    assert torch.equal(generate(model, IDX, 8, GREEDY), generate(made(), IDX, 8, GREEDY))


def test_any_model_can_be_laid_out():
    model = lay_out(Bigram(7))
    assert next(model.parameters()).stride() == (1, 7)


def test_a_model_that_is_laid_out_can_be_saved(tmp_path):
    model = made()
    want = model(IDX)
    checkpoint.save(tmp_path / "m", lay_out(model), CharTokenizer("abcde"), 0)
    again = checkpoint.load(tmp_path / "m").model
    assert all(p.is_contiguous() for p in again.parameters())
    assert torch.equal(again(IDX), want)


# 8-bit weights


def rounded(weight, group):
    """What 8 bits keep of weights (O, C), in plain loops."""
    out = weight.clone()
    for first in range(0, len(weight), group):
        rows = weight[first : first + group]
        short = group - len(rows)  # the last group is filled up with zeros
        for c in range(weight.shape[1]):
            column = torch.cat([rows[:, c], torch.zeros(short)])
            low, high = column.min(), column.max()
            step = (high - low) / 255
            out[first : first + group, c] = low + step * ((rows[:, c] - low) / step).round()
    return out


@pytest.mark.parametrize("outputs", [3, 8, 21])
@pytest.mark.parametrize("rows", [(1,), (3,), (2, 5), (20,), (0,)], ids=str)
@pytest.mark.parametrize("bias", [True, False])
def test_a_layer_of_8_bits(monkeypatch, outputs, rows, bias):
    monkeypatch.setattr(inference, "GROUP", 8)
    torch.manual_seed(0)
    layer = nn.Linear(6, outputs, bias)
    layer.weight.data = torch.randn(outputs, 6)
    low = Int8Linear(layer.weight, layer.bias)
    x = torch.randn(*rows, 6)
    got = low(x)
    assert got.shape == (*rows, outputs)
    kept = rounded(layer.weight.detach(), 8)
    assert 0.001 < (kept - layer.weight).abs().max() < 0.02
    assert_close(got, nn.functional.linear(x, kept, layer.bias), rtol=0, atol=1e-4)


def test_many_rows_at_once_are_computed_in_another_way_and_alike(monkeypatch):
    layer, x = Int8Linear(torch.randn(300, 40)), torch.randn(inference.FEW + 1, 40)
    apart = torch.cat([layer(row[None]) for row in x])
    monkeypatch.setattr(
        torch.ops.quantized,
        "embedding_bag_byte_rowwise_offsets",
        lambda *_, **__: pytest.fail("it was computed in the same way"),
    )
    assert_close(layer(x), apart, rtol=0, atol=1e-4)


@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16, torch.float16])
@pytest.mark.parametrize("rows", [1, 20])
def test_models_of_other_dtypes(dtype, rows):
    layer = nn.Linear(6, 4)
    layer.weight.data = torch.randn(4, 6).to(dtype).float()
    want = Int8Linear(layer.weight, layer.bias)(torch.ones(rows, 6))
    low = Int8Linear(layer.weight.to(dtype), layer.bias.to(dtype))
    got = low(torch.ones(rows, 6, dtype=dtype))
    assert got.dtype == dtype
    assert_close(got.float(), want, rtol=0, atol=0.05)
    model = quantize(made().to(dtype))
    assert model(IDX).dtype == dtype and generate(model, IDX, 3).shape == (2, 7)


def test_8_bits_are_a_byte():
    layer = Int8Linear(torch.randn(512, 40))
    assert layer.packed.dtype == torch.uint8
    assert layer.packed.numel() == 512 * 40 + 2 * 40 * 8  # and a scale and an offset for each group


@pytest.mark.parametrize("tied", [True, False])
def test_all_linear_layers_of_a_model_get_8_bits(tied):
    model = made(tied=tied)
    layers = [name for name, part in model.named_modules() if isinstance(part, nn.Linear)]
    table = model.tok_emb.weight.clone()
    assert quantize(model) is model
    parts = dict(model.named_modules())
    assert len(layers) == 12 + (not tied)
    assert all(isinstance(parts.get(name), Int8Linear) for name in {*layers, "lm_head"})
    assert not any(isinstance(part, nn.Linear) for part in parts.values())
    assert torch.equal(model.tok_emb.weight, table)


@pytest.mark.parametrize("tied", [True, False])
def test_with_8_bits_it_says_nearly_the_same(tied):
    model = made(tied=tied)
    low = quantize(deepcopy(model))
    with torch.no_grad():
        want, got = model(IDX), low(IDX)
        assert 1e-4 < (want - got).abs().max() < 0.1 < want.std()
    assert generate(low, IDX, 8).shape == (2, 12)
    assert_close(low(IDX[:, 2:]), model(IDX[:, 2:]), rtol=0, atol=0.1)
