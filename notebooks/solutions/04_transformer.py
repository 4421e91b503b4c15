"""Answers to the exercises of notebook 04."""

import math

from torch import nn

from gptlib.attention import MultiHeadAttention
from gptlib.layers import FeedForward


def my_layer_norm(row, gain, bias):
    mean = sum(row) / len(row)
    variance = sum((x - mean) ** 2 for x in row) / len(row)
    root = math.sqrt(variance + 1e-5)
    return [(x - mean) / root * g + b for x, g, b in zip(row, gain, bias, strict=True)]


class MyEncoderBlock(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.attn = MultiHeadAttention(config.n_embd, config.n_head)
        self.mlp = FeedForward(config)
        self.ln_1 = nn.LayerNorm(config.n_embd)
        self.ln_2 = nn.LayerNorm(config.n_embd)

    def forward(self, x, mask):
        x = self.ln_1(x + self.attn(x, mask=mask))
        return self.ln_2(x + self.mlp(x))


def my_teacher_forcing(ids, start, end):
    return [start, *ids], [*ids, end]


class MyDecoderBlock(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.attn = MultiHeadAttention(config.n_embd, config.n_head)
        self.cross = MultiHeadAttention(config.n_embd, config.n_head)
        self.mlp = FeedForward(config)
        self.ln_1 = nn.LayerNorm(config.n_embd)
        self.ln_cross = nn.LayerNorm(config.n_embd)
        self.ln_2 = nn.LayerNorm(config.n_embd)

    def forward(self, x, memory, memory_mask):
        x = self.ln_1(x + self.attn(x, causal=True))
        x = self.ln_cross(x + self.cross(x, memory, memory_mask))
        return self.ln_2(x + self.mlp(x))


def my_rate(step, n_embd, warmup):
    return n_embd**-0.5 * min(step**-0.5, step * warmup**-1.5)


def my_smoothed(probs, target, share):
    # All tokens alike have share of the target, the one that came has the rest.
    alike = -sum(math.log(p) for p in probs) / len(probs)
    return share * alike + (1 - share) * -math.log(probs[target])


def my_beam(next_probs, width, end, longest):
    def complete(words):
        return words[-1:] == [end] or len(words) == longest

    def score(beginning):
        words, p = beginning
        return math.log(p) / ((5 + len(words)) / 6) ** 0.6

    beginnings = [([], 1.0)]
    while not all(complete(words) for words, _ in beginnings):
        longer = []
        for words, p in beginnings:
            if complete(words):
                longer.append((words, p))  # as it is, to compete with the others
            else:
                longer += [([*words, word], p * q) for word, q in next_probs(words).items()]
        beginnings = sorted(longer, key=lambda beginning: -beginning[1])[:width]
    return max(beginnings, key=score)[0]
