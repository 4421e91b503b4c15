"""Answers to the exercises of notebook 00."""

import math


def my_encode(text, chars):
    return [chars.index(char) for char in text]


def my_windows(data, starts, block_size):
    idx, targets = [], []
    for start in starts:
        idx.append([data[start + t] for t in range(block_size)])
        targets.append([data[start + t + 1] for t in range(block_size)])
    return idx, targets


def my_loss(probs):
    # The sum of the logarithms, and not the logarithm of the sum.
    return -sum(math.log(p) for p in probs) / len(probs)


def my_places(text):
    # Which story, then who, and who else. Emma surprises more than Jack: June is in the world too.
    return [text.index("From"), text.index("Emma"), text.index("Jack")]
