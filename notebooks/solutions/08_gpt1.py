"""Answers to the exercises of notebook 08."""

import math

import torch
import torch.nn.functional as F


def my_linear_layers(weight, bias):
    weights, biases = weight.chunk(3, dim=1), bias.chunk(3)
    return [(w.T, b) for w, b in zip(weights, biases, strict=True)]


def my_gpt1(tensors, idx, n_head):
    B, T = idx.shape
    tokens, positions = tensors["tokens_embed.weight"], tensors["positions_embed.weight"]
    future = torch.ones(T, T, dtype=torch.bool).triu(1)  # (T, T)

    def linear(x, name):
        return x @ tensors[f"{name}.weight"] + tensors[f"{name}.bias"]

    def norm(x, name):
        return F.layer_norm(x, x.shape[-1:], tensors[f"{name}.weight"], tensors[f"{name}.bias"])

    def attn(x, block):
        parts = linear(x, f"{block}.attn.c_attn").chunk(3, dim=2)
        q, k, v = (part.view(B, T, n_head, -1).transpose(1, 2) for part in parts)
        scores = q @ k.mT / math.sqrt(q.shape[-1])  # (B, H, T, T)
        found = scores.masked_fill(future, -math.inf).softmax(-1) @ v  # (B, H, T, D)
        return linear(found.transpose(1, 2).flatten(2), f"{block}.attn.c_proj")

    def mlp(x, block):
        x = F.gelu(linear(x, f"{block}.mlp.c_fc"), approximate="tanh")  # (B, T, 4C)
        return linear(x, f"{block}.mlp.c_proj")

    x, n = tokens[idx] + positions[:T], 0
    while f"h.{n}.ln_1.weight" in tensors:
        x = norm(x + attn(x, f"h.{n}"), f"h.{n}.ln_1")
        x = norm(x + mlp(x, f"h.{n}"), f"h.{n}.ln_2")
        n += 1
    return x @ tokens.T


def my_choice_inputs(beginning, endings, start, delimiter, extract):
    return [[start, *beginning, delimiter, *ending, extract] for ending in endings]


def my_extract(hidden, idx, extract):
    at = (idx == extract).int().argmax(dim=1)  # of equal values, the first
    return hidden[torch.arange(len(idx)), at]


def my_fine_tuning_loss(class_logits, labels, lm_logits, idx, real, lm_weight):
    losses = F.cross_entropy(lm_logits[:, :-1].mT, idx[:, 1:], reduction="none")  # (B, T - 1)
    wanted = real[:, 1:]
    each = (losses * wanted).sum(dim=1) / wanted.sum(dim=1)  # (B,)
    return F.cross_entropy(class_logits, labels) + lm_weight * each.mean()
