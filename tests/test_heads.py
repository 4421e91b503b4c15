"""What single heads look for and hand on, against plain loops."""

import pytest
import torch
from torch.testing import assert_close

from gptlib.attention import attention_maps
from gptlib.config import GPTConfig
from gptlib.gpt import GPT
from gptlib.heads import copying, looks, means_of, put_in, repeated, taken_in

N, H, C, V = 3, 2, 12, 17


@pytest.fixture
def model():
    torch.manual_seed(1)
    model = GPT(GPTConfig(V, 24, n_layer=N, n_head=H, n_embd=C, dropout=0.1, init_std=0.4))
    return model.double().eval()


@pytest.fixture
def twice():
    return repeated(4, 7, 16, start=16, seed=3)


@pytest.fixture
def idx(twice):
    return twice[0]


def test_random_tokens_come_twice_after_the_start(twice):
    idx, where = twice
    assert idx.shape == (4, 15) and (idx[:, 0] == 16).all() and (idx[:, 1:] < 16).all()
    assert torch.equal(idx[:, 1:8], idx[:, 8:]) and len(idx.unique()) > 12
    assert torch.equal(idx, repeated(4, 7, 16, 16, 3)[0])
    assert not torch.equal(idx, repeated(4, 7, 16, 16, 4)[0])
    assert where.sum() == 4 * 6 and where.dtype == torch.bool
    for b, t, s in where.nonzero().tolist():
        assert t >= 8 and idx[b, t] == idx[b, s - 1] and idx[b, t + 1] == idx[b, s] and s < 8


def test_looks_are_means_of_weights(model, idx):
    maps = torch.stack([torch.tensor(w) for w in attention_maps(model, idx).values()])
    where = torch.zeros(4, 15, 15, dtype=torch.bool)
    where[0, 5, [1, 3]] = where[2, 9, 4] = True
    expected = (maps[:, 0, :, 5, 1] + maps[:, 0, :, 5, 3] + maps[:, 2, :, 9, 4]) / 2
    assert_close(looks(model, idx, where), expected)


def test_what_a_head_copies_is_ranked_by_what_it_adds_to_the_stream(model, twice):
    idx, where = twice
    where[:, -1, 3] = True  # where nothing comes
    mixed, got, D = taken_in(model, idx), copying(model, idx, where), C // H
    for n, block in enumerate(model.blocks):
        for h in range(H):
            shares = []
            for b in range(len(idx)):
                for t in range(8, 14):
                    alone = torch.zeros(C, dtype=torch.float64)
                    alone[h * D : (h + 1) * D] = mixed[n, b, h, t]
                    added = block.attn.proj.weight @ alone
                    logits = model.tok_emb.weight @ (model.ln_f.weight * (added - added.mean()))
                    shares.append((logits < logits[idx[b, t + 1]]).sum().item() / (V - 1))
            assert got[n, h] == pytest.approx(sum(shares) / len(shares))
    assert_close(copying(model, idx, where, idx.roll(-1, dims=1)), got, rtol=0, atol=0)
    assert not torch.allclose(copying(model, idx, where, idx), got)


def test_heads_that_are_given_what_they_take_in_change_nothing(model, idx):
    everything = [(n, h) for n in range(N) for h in range(H)]
    with torch.no_grad():
        usual = model(idx)
        with put_in(model, everything, taken_in(model, idx)):
            assert torch.equal(model(idx), usual)
        assert torch.equal(model(idx), usual)


def test_heads_that_are_given_something_else_take_in_that_and_the_others_do_not(model, idx):
    other = torch.randn(N, H, 1, C // H, dtype=torch.float64)
    with torch.no_grad(), put_in(model, [(1, 0), (2, 1)], other):
        mixed, changed = taken_in(model, idx), model(idx)
    usual = taken_in(model, idx)
    assert_close(mixed[1, :, 0], other[1, 0].expand_as(mixed[1, :, 0]), rtol=0, atol=0)
    assert_close(mixed[2, :, 1], other[2, 1].expand_as(mixed[2, :, 1]), rtol=0, atol=0)
    assert torch.equal(mixed[:2, :, 1], usual[:2, :, 1]) and torch.equal(mixed[0], usual[0])
    with torch.no_grad():
        assert not torch.allclose(changed, model(idx))


def test_reading_puts_dropout_aside_and_leaves_the_mode(model, idx):
    usual = taken_in(model, idx)
    model.train()
    assert torch.equal(taken_in(model, idx), usual) and model.training


def test_means_are_of_the_positions_that_count_and_silence_a_head(model, idx):
    real = torch.rand(idx.shape, generator=torch.Generator().manual_seed(0)) < 0.5
    means, mixed = means_of(model, idx, real), taken_in(model, idx)
    assert means.shape == (N, 1, H, 1, C // H)
    for n, h in ((0, 1), (2, 0)):
        each = [mixed[n, b, h, t] for b, t in real.nonzero().tolist()]
        assert_close(means[n, 0, h, 0], sum(each) / len(each), rtol=0, atol=1e-12)
    with torch.no_grad(), put_in(model, [(1, 1)], means):
        now = taken_in(model, idx)[1, :, 1]
    assert_close(now, means[1, 0, 1].expand_as(now), rtol=0, atol=0)
