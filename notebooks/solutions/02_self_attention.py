"""Answers to the exercises of notebook 02."""

import math

import torch
from torch import nn


def my_average(x):
    sums, means = [0.0] * len(x[0]), []
    for t, row in enumerate(x):
        sums = [a + b for a, b in zip(sums, row, strict=True)]
        means.append([a / (t + 1) for a in sums])
    return means


def my_weights(q, k):
    T, D = len(q), len(q[0])
    weights = []
    for t in range(T):
        # What is not looked at needs no score of -inf, only a weight of 0.
        scores = [sum(a * b for a, b in zip(q[t], k[s], strict=True)) for s in range(t + 1)]
        exps = [math.exp(score / math.sqrt(D)) for score in scores]
        weights.append([e / sum(exps) for e in exps] + [0.0] * (T - t - 1))
    return weights


def my_attention(q, k, v, mask=None):
    scores = q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])
    if mask is not None:
        scores = scores.masked_fill(~mask, -math.inf)
    weights = scores.softmax(dim=-1)
    return weights @ v, weights


def my_band(T, width):
    return [[t - width < s <= t for s in range(T)] for t in range(T)]


class MyHead(nn.Module):
    def __init__(self, n_embd, head_size):
        super().__init__()
        self.query = nn.Linear(n_embd, head_size, bias=False)
        self.key = nn.Linear(n_embd, head_size, bias=False)
        self.value = nn.Linear(n_embd, head_size, bias=False)

    def forward(self, x):
        B, T, C = x.shape
        past = torch.ones(T, T, dtype=torch.bool, device=x.device).tril()
        return my_attention(self.query(x), self.key(x), self.value(x), past)[0]


def my_positions(T, C):
    table = [[0.0] * C for _ in range(T)]
    for t in range(T):
        for i in range(C // 2):
            angle = t / 10_000 ** (2 * i / C)
            table[t][2 * i] = math.sin(angle)
            table[t][2 * i + 1] = math.cos(angle)
    return table
