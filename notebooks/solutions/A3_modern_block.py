"""Answers to the exercises of appendix A3."""

import math


def my_rotated(row, t):
    D, out = len(row), []
    for i in range(D // 2):
        a, b = row[2 * i], row[2 * i + 1]
        angle = t / 10_000 ** (2 * i / D)
        out.append(a * math.cos(angle) - b * math.sin(angle))
        out.append(a * math.sin(angle) + b * math.cos(angle))
    return out


def my_rms_norm(row):
    root = math.sqrt(sum(x * x for x in row) / len(row) + 1e-5)
    return [x / root for x in row]


def my_shifted(rows, shares):
    out = []
    for t, row in enumerate(rows):
        mixed = list(row)
        for n, share in enumerate(shares[:t], start=1):
            mixed = [x + share * y for x, y in zip(mixed, rows[t - n], strict=True)]
        out.append(mixed)
    return out
