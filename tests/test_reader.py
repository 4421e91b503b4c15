"""The reader is a bigram that adds what it found by looking back."""

import torch
from torch import nn
from torch.testing import assert_close

from gptlib.attention import MultiHeadAttention
from gptlib.positions import SinusoidalPositions
from gptlib.reader import Reader


def test_it_adds_what_it_found_to_what_it_has():
    torch.manual_seed(0)
    look, pos_emb = MultiHeadAttention(8, 2, causal=True), SinusoidalPositions(6, 8)
    idx = torch.tensor([[1, 2, 3, 1], [0, 4, 4, 2]])
    for model in (Reader(5, 8, look), Reader(5, 8, look, pos_emb)):
        x = model.tok_emb.weight[idx]
        if model.pos_emb is not None:
            x = x + pos_emb.table[:4]
        assert_close(model(idx), (x + look(x)) @ model.lm_head.weight.T + model.lm_head.bias)
        assert model(idx).shape == (2, 4, 5)


def test_what_finds_nothing_leaves_a_bigram():
    look = MultiHeadAttention(8, 2, causal=True)
    nn.init.zeros_(look.proj.weight)
    model = Reader(5, 8, look)
    a, b = model(torch.tensor([[1, 2, 3]])), model(torch.tensor([[4, 0, 3]]))
    assert torch.equal(a[:, -1], b[:, -1]) and not torch.equal(a[:, 0], b[:, 0])


def test_embeddings_begin_small_beside_waves():
    torch.manual_seed(0)
    model = Reader(1000, 8, nn.Identity())
    assert abs(model.tok_emb.weight.std().item() - 0.25) < 0.01
