"""Answers to the exercises of notebook 00."""

import math
from collections import Counter

import torch


def my_encode(text, chars):
    return [chars.index(char) for char in text]


def my_windows(data, starts, block_size):
    idx, targets = [], []
    for start in starts:
        idx.append([data[start + t] for t in range(block_size)])
        targets.append([data[start + t + 1] for t in range(block_size)])
    return idx, targets


def my_batch(data, starts, B, T):
    drawn = torch.randint(len(starts), (B,))
    at = starts[drawn][:, None] + torch.arange(T)  # (B, T)
    return data[at], data[at + 1]


def my_followers(text, context):
    counts, n = Counter(), len(context)
    for i in range(len(text) - n):  # no further, so that there is always a next character
        if text[i : i + n] == context:
            counts[text[i + n]] += 1
    return {char: times / counts.total() for char, times in counts.items()}


def my_loss(probs):
    # The sum of the logarithms, and not the logarithm of the sum.
    return -sum(math.log(p) for p in probs) / len(probs)


def my_entropy_and_kl(p, q):
    pairs = [(a, b) for a, b in zip(p, q, strict=True) if a > 0]
    entropy = -sum(a * math.log(a) for a, _ in pairs)
    kl = sum(a * math.log(a / b) for a, b in pairs)
    return entropy, kl


def my_places(text):
    # Which story, then who, and who else. Emma surprises more than Jack: June is in the world too.
    return [text.index("From"), text.index("Emma"), text.index("Jack")]
