"""The attention-only model is a bigram that adds what it found by looking back."""

import torch
from torch import nn
from torch.testing import assert_close

from gptlib.attention import MultiHeadAttention
from gptlib.attention_only import AttentionOnly
from gptlib.positions import SinusoidalPositions


def test_it_adds_what_it_found_to_what_it_has():
    torch.manual_seed(0)
    attn, pos_emb = MultiHeadAttention(8, 2), SinusoidalPositions(6, 8)
    idx = torch.tensor([[1, 2, 3, 1], [0, 4, 4, 2]])
    for model in (AttentionOnly(5, 8, attn), AttentionOnly(5, 8, attn, pos_emb)):
        x = model.tok_emb.weight[idx]
        if model.pos_emb is not None:
            x = x + pos_emb.table[:4]
        found = attn(x, causal=True)
        assert_close(model(idx), (x + found) @ model.lm_head.weight.T + model.lm_head.bias)
        assert model(idx).shape == (2, 4, 5)


def test_what_finds_nothing_leaves_a_bigram():
    attn = MultiHeadAttention(8, 2)
    nn.init.zeros_(attn.proj.weight)
    model = AttentionOnly(5, 8, attn)
    a, b = model(torch.tensor([[1, 2, 3]])), model(torch.tensor([[4, 0, 3]]))
    assert torch.equal(a[:, -1], b[:, -1]) and not torch.equal(a[:, 0], b[:, 0])


def test_it_does_not_see_what_comes_later():
    torch.manual_seed(0)
    model = AttentionOnly(5, 8, MultiHeadAttention(8, 2), SinusoidalPositions(6, 8))
    a, b = model(torch.tensor([[1, 2, 3]])), model(torch.tensor([[1, 2, 4]]))
    assert torch.equal(a[:, :2], b[:, :2]) and not torch.equal(a[:, 2], b[:, 2])


def test_embeddings_begin_small_beside_waves():
    torch.manual_seed(0)
    model = AttentionOnly(1000, 8, nn.Identity())
    assert abs(model.tok_emb.weight.std().item() - 0.25) < 0.01
