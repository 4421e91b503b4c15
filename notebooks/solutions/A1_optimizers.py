"""Answers to the exercises of appendix A1."""

import math

import torch


def my_sgd_step(p, velocity, gradient, rate, beta, decay):
    velocity = beta * velocity + gradient + decay * p
    return p - rate * velocity, velocity


def my_adam_step(p, gradients, rate):
    mean = square = 0.0
    for gradient in gradients:
        mean = 0.9 * mean + 0.1 * gradient
        square = 0.95 * square + 0.05 * gradient**2
    mean /= 1 - 0.9 ** len(gradients)
    square /= 1 - 0.95 ** len(gradients)
    return p - rate * mean / (math.sqrt(square) + 1e-8)


def my_schedule(step, highest, warmup, steps):
    if step < warmup:
        return highest * (step + 1) / warmup
    done = (step - warmup) / (steps - warmup)
    return highest * (1 + math.cos(math.pi * done)) / 2


def my_clipped(gradients, longest):
    length = math.sqrt(sum(g.square().sum().item() for g in gradients))
    if length <= longest:
        return gradients
    return [g * longest / length for g in gradients]


def product(one, other):
    columns = list(zip(*other, strict=True))
    return [
        [sum(x * y for x, y in zip(row, column, strict=True)) for column in columns] for row in one
    ]


def my_stretched(X, a, b, c):
    square = product(X, list(zip(*X, strict=True)))  # X times its transpose
    third = product(square, X)
    fifth = product(square, third)
    return [
        [a * x + b * y + c * z for x, y, z in zip(*rows, strict=True)]
        for rows in zip(X, third, fifth, strict=True)
    ]


def my_orthogonalized(G):
    X = G / G.norm()
    for _ in range(30):
        X = 1.5 * X - 0.5 * X @ X.T @ X
    return X


def with_svd(G):
    U, _, Vh = torch.linalg.svd(G, full_matrices=False)
    return U @ Vh
