"""Answers to the exercises of notebook 01."""

import math


def my_counts(ids, V):
    counts = [[0] * V for _ in range(V)]
    for before, after in zip(ids[:-1], ids[1:], strict=True):
        counts[before][after] += 1
    return counts


def my_gradient(logits, came):
    exps = [math.exp(z) for z in logits]
    gradient = [e / sum(exps) for e in exps]
    gradient[came] -= 1
    return gradient


def my_top_p(probs, p):
    kept, together = [0.0] * len(probs), 0.0
    for i in sorted(range(len(probs)), key=lambda i: -probs[i]):
        kept[i] = probs[i]
        together += probs[i]
        if together >= p:
            break
    return [prob / together for prob in kept]


def my_score(losses, sizes):
    # A mean times its size is the sum it was made of.
    total = sum(loss * n for loss, n in zip(losses, sizes, strict=True))
    return total / sum(sizes)
