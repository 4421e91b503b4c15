"""Answers to the exercises of notebook 03."""

import math

import torch
from torch import nn


def my_split(rows, n_head):
    D = len(rows[0]) // n_head
    return [[row[h * D : (h + 1) * D] for row in rows] for h in range(n_head)]


def my_join(heads):
    return [[x for part in parts for x in part] for parts in zip(*heads, strict=True)]


def attend(q, k, v):
    """One causal head."""
    D, mixed = len(q[0]), []
    for t in range(len(q)):
        scores = [sum(a * b for a, b in zip(q[t], k[s], strict=True)) for s in range(t + 1)]
        exps = [math.exp(score / math.sqrt(D)) for score in scores]
        weights = [e / sum(exps) for e in exps]
        mixed.append([sum(w * v[s][d] for s, w in enumerate(weights)) for d in range(D)])
    return mixed


def my_heads(q, k, v, n_head):
    parts = [my_split(rows, n_head) for rows in (q, k, v)]
    return my_join([attend(*head) for head in zip(*parts, strict=True)])


class MyMultiHead(nn.Module):
    def __init__(self, n_embd, n_head):
        super().__init__()
        self.n_head = n_head
        self.query = nn.Linear(n_embd, n_embd, bias=False)
        self.key = nn.Linear(n_embd, n_embd, bias=False)
        self.value = nn.Linear(n_embd, n_embd, bias=False)
        self.proj = nn.Linear(n_embd, n_embd, bias=False)

    def forward(self, x, causal=False):
        B, T, C = x.shape
        H, D = self.n_head, C // self.n_head
        q, k, v = (layer(x).view(B, T, H, D) for layer in (self.query, self.key, self.value))
        scores = torch.einsum("bthd,bshd->bhts", q, k) / math.sqrt(D)
        if causal:
            future = torch.ones(T, T, dtype=torch.bool).triu(1)
            scores = scores.masked_fill(future, -math.inf)
        mixed = torch.einsum("bhts,bshd->bthd", scores.softmax(dim=-1), v)
        return self.proj(mixed.reshape(B, T, C))


def my_mask(idx, pad):
    T = idx.shape[1]
    past = torch.ones(T, T, dtype=torch.bool).tril()
    return past & (idx != pad)[:, None, None, :]


def my_dropout(weights, kept, p):
    return [w / (1 - p) if keep else 0.0 for w, keep in zip(weights, kept, strict=True)]
