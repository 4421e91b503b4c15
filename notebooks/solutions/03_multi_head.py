"""Answers to the exercises of notebook 03."""

import math


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


def my_dropout(weights, kept, p):
    return [w / (1 - p) if keep else 0.0 for w, keep in zip(weights, kept, strict=True)]
