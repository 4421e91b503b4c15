"""Answers to the exercises of appendix A3."""

import math

import torch.nn.functional as F
from torch import nn


def my_rotated(row, t):
    D, out = len(row), []
    for i in range(D // 2):
        a, b = row[2 * i], row[2 * i + 1]
        angle = t / 10_000 ** (2 * i / D)
        out.append(a * math.cos(angle) - b * math.sin(angle))
        out.append(a * math.sin(angle) + b * math.cos(angle))
    return out


def my_head_norm(x, n_head):
    heads = x.unflatten(-1, (n_head, -1))
    return F.layer_norm(heads, heads.shape[-1:]).flatten(-2)


def my_rms_norm(row):
    root = math.sqrt(sum(x * x for x in row) / len(row) + 1e-5)
    return [x / root for x in row]


class MySwiglu(nn.Module):
    def __init__(self, C):
        super().__init__()
        inner = 8 * C // 3
        self.gate = nn.Linear(C, inner, bias=False)
        self.fc = nn.Linear(C, inner, bias=False)
        self.proj = nn.Linear(inner, C, bias=False)

    def forward(self, x):
        return self.proj(F.silu(self.gate(x)) * self.fc(x))


def my_shifted(rows, shares):
    out = []
    for t, row in enumerate(rows):
        mixed = list(row)
        for n, share in enumerate(shares[:t], start=1):
            mixed = [x + share * y for x, y in zip(mixed, rows[t - n], strict=True)]
        out.append(mixed)
    return out
