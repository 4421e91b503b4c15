"""Answers to the exercises of notebook 01."""

import math

import torch
import torch.nn.functional as F


def my_counts(ids, V):
    counts = [[0] * V for _ in range(V)]
    for before, after in zip(ids[:-1], ids[1:], strict=True):
        counts[before][after] += 1
    return counts


def my_cross_entropy(logits, targets):
    # What is subtracted from all logits of a position changes no probability.
    z = logits - logits.max(dim=-1, keepdim=True).values
    came = z.gather(-1, targets[..., None])[..., 0]  # (B, T)
    return (z.exp().sum(dim=-1).log() - came).mean()


def my_score(losses, sizes):
    # A mean times its size is the sum it was made of.
    total = sum(loss * n for loss, n in zip(losses, sizes, strict=True))
    return total / sum(sizes)


def my_gradient(logits, came):
    exps = [math.exp(z) for z in logits]
    gradient = [e / sum(exps) for e in exps]
    gradient[came] -= 1
    return gradient


def my_training(model, batches, rate):
    losses = []
    for idx, targets in batches:
        logits = model(idx)  # (B, T, V)
        loss = F.cross_entropy(logits.flatten(0, 1), targets.flatten())
        model.zero_grad()
        loss.backward()
        with torch.no_grad():
            for p in model.parameters():
                p -= rate * p.grad
        losses.append(loss.item())
    return losses


@torch.no_grad()
def my_continue(model, idx, new, temperature, generator):
    for _ in range(new):
        logits = model(idx)[:, -1]  # (B, V)
        probs = (logits / temperature).softmax(dim=-1)
        token = torch.multinomial(probs, 1, generator=generator)  # (B, 1)
        idx = torch.cat([idx, token], dim=1)
    return idx


def my_top_p(probs, p):
    kept, together = [0.0] * len(probs), 0.0
    for i in sorted(range(len(probs)), key=lambda i: -probs[i]):
        kept[i] = probs[i]
        together += probs[i]
        if together >= p:
            break
    return [prob / together for prob in kept]
