"""Narrow attention is multi-head attention whose maps are blocks along a diagonal."""

import numpy as np
import pytest
import torch
from torch.testing import assert_close

from gptlib.attention import Head, MultiHeadAttention, attention_maps, padding_mask
from gptlib.narrow import NarrowAttention

B, T, S, C, H = 2, 5, 7, 12, 3
D = C // H
EXACT = {"rtol": 0, "atol": 1e-12}
MAPS = ["query", "key", "value"]


def made(**settings):
    torch.manual_seed(0)
    return NarrowAttention(C, H, **settings).double()


def sequences():
    generator = torch.Generator().manual_seed(1)
    return [torch.randn(B, n, C, generator=generator, dtype=torch.float64) for n in (T, S)]


@pytest.mark.parametrize("cross", [False, True])
@pytest.mark.parametrize("shared", [False, True])
def test_it_has_blocks_along_a_diagonal(shared, cross):
    model, standard = made(shared=shared), MultiHeadAttention(C, H).double()
    with torch.no_grad():
        standard.proj.weight.copy_(model.proj.weight)
        for name in MAPS:
            blocks = model.get_parameter(f"{name}.weight")
            assert len(blocks) == (1 if shared else H)
            whole = torch.block_diag(*blocks.expand(H, D, D))
            standard.get_parameter(f"{name}.weight").copy_(whole)
    x, memory = sequences()
    mask = padding_mask(torch.tensor([[1] * 7, [1, 2, 3, 0, 0, 0, 0]]), pad=0)
    inputs = (x, memory, mask) if cross else (x,)
    assert_close(model(*inputs), standard(*inputs), **EXACT)
    maps = [attention_maps(m, *inputs)["attention"] for m in (model, standard)]
    np.testing.assert_allclose(*maps, **EXACT)


@pytest.mark.parametrize("shared", [False, True])
def test_each_head_sees_its_slice(shared):
    model, (x, _) = made(shared=shared), sequences()
    joined = []
    for h in range(H):
        head = Head(D, D).double()
        with torch.no_grad():
            for name in MAPS:
                own = model.get_parameter(f"{name}.weight")[0 if shared else h]
                head.get_parameter(f"{name}.weight").copy_(own)
        joined.append(head(x[..., h * D : (h + 1) * D], causal=True))
    want = torch.cat(joined, dim=-1) @ model.proj.weight.T
    assert_close(model(x, causal=True), want, **EXACT)
    assert not torch.allclose(model(x), want)


def test_it_drops_weights_in_training_only():
    (x, _), plain, model = sequences(), made(), made(dropout=0.5)
    assert not torch.equal(model(x), plain(x))
    assert_close(model.eval()(x), plain(x), **EXACT)


@pytest.mark.parametrize("shared, count", [(True, 3_072), (False, 24_576)])
def test_parameters(shared, count):
    model = NarrowAttention(256, 8, shared=shared)
    assert sum(model.get_parameter(f"{name}.weight").numel() for name in MAPS) == count
    assert sum(p.numel() for p in model.parameters()) == count + 256 * 256  # proj, and none shared


def test_it_begins_as_linear_maps_of_its_size_begin():
    torch.manual_seed(0)
    weight = NarrowAttention(256, 8).query.weight
    assert weight.shape == (8, 32, 32)  # a matrix for each head, unless they share one
    assert weight.abs().max() <= 1 / 32**0.5
    assert_close(weight.std().item(), 1 / (3 * 32) ** 0.5, rtol=0.02, atol=0)
