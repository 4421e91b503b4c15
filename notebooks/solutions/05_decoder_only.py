"""Answers to the exercises of notebook 05."""

import math

import torch
import torch.nn.functional as F
from torch import nn

from gptlib.attention import MultiHeadAttention


class Attention(MultiHeadAttention):
    """The notebook's attention; it has the same parameters."""

    def __init__(self, C, H):
        super().__init__(C, H, bias=True)

    def forward(self, x):
        return super().forward(x, causal=True)


class MLP(nn.Module):
    def __init__(self, C):
        super().__init__()
        self.fc, self.proj = nn.Linear(C, 4 * C), nn.Linear(4 * C, C)

    def forward(self, x):
        return self.proj(F.gelu(self.fc(x), approximate="tanh"))


class MyBlock(nn.Module):
    def __init__(self, C, H):
        super().__init__()
        self.ln_1, self.attn = nn.LayerNorm(C), Attention(C, H)
        self.ln_2, self.mlp = nn.LayerNorm(C), MLP(C)

    def forward(self, x):
        x = x + self.attn(self.ln_1(x))
        return x + self.mlp(self.ln_2(x))


class MyGPT(nn.Module):
    def __init__(self, vocab_size, block_size, n_layer, n_head, n_embd):
        super().__init__()
        self.tok_emb = nn.Embedding(vocab_size, n_embd)
        self.pos_emb = nn.Embedding(block_size, n_embd)
        self.blocks = nn.ModuleList(MyBlock(n_embd, n_head) for _ in range(n_layer))
        self.ln_f = nn.LayerNorm(n_embd)

    def forward(self, idx):
        positions = torch.arange(idx.shape[1])
        x = self.tok_emb(idx) + self.pos_emb(positions)  # (B, T, C)
        for block in self.blocks:
            x = block(x)
        return F.linear(self.ln_f(x), self.tok_emb.weight)  # (B, T, V)


def my_parameters(V, T, n_layer, C, tied):
    norm = 2 * C
    attention = 4 * (C * C + C)  # query, key, value, proj
    feed_forward = (C * 4 * C + 4 * C) + (4 * C * C + C)
    block = norm + attention + norm + feed_forward
    head = 0 if tied else V * C
    return V * C + T * C + n_layer * block + norm + head


def my_cached_step(q, k, v, keys, values):
    keys.append(k)
    values.append(v)
    scores = [sum(a * b for a, b in zip(q, key, strict=True)) for key in keys]
    exps = [math.exp(score / math.sqrt(len(q))) for score in scores]
    weights = [e / sum(exps) for e in exps]
    return [sum(w * row[d] for w, row in zip(weights, values, strict=True)) for d in range(len(v))]


def my_min_p(probs, share):
    least = share * max(probs)
    kept = [p if p >= least else 0.0 for p in probs]
    return [p / sum(kept) for p in kept]


@torch.no_grad()
def my_generate(model, idx, new, choose):
    cache, block_size = model.new_cache(len(idx)), model.config.block_size
    unread = idx
    for _ in range(new):
        if idx.shape[1] <= block_size:
            logits = model(unread, cache)
        else:
            logits = model(idx[:, -block_size:])  # nothing that was kept fits the moved window
        unread = choose(logits[:, -1])[:, None]  # (B, 1)
        idx = torch.cat([idx, unread], dim=1)
    return idx
