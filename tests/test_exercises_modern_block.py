"""Appendix A3's exercises: right answers pass, and usual mistakes are named."""

import math

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from gptlib import exercises


def normed(norm, shape=lambda H, C: (H, C // H), end=lambda heads, x: heads.flatten(-2)):
    return lambda x, H: end(norm(x.unflatten(-1, shape(H, x.shape[-1]))), x)


def last(heads):
    return F.layer_norm(heads, heads.shape[-1:])


def over(dim):
    return lambda heads: last(heads.transpose(dim, -1)).transpose(dim, -1)


def by_hand(heads, correction=0, eps=1e-5):
    centred = heads - heads.mean(-1, keepdim=True)
    return centred / (heads.var(-1, correction=correction, keepdim=True) + eps).sqrt()


def with_a_loop(x, n_head):
    return torch.cat([F.layer_norm(part, part.shape[-1:]) for part in x.chunk(n_head, -1)], -1)


def odd(H, C):
    return C // H, H


@pytest.mark.parametrize(
    ("mine", "says"),
    [
        (normed(last), "Right!"),
        (normed(by_hand), "Right!"),
        (with_a_loop, "Right!"),
        (lambda x, H: F.group_norm(x.reshape(-1, x.shape[-1]), H).reshape(x.shape), "Right!"),
        (lambda x, H: x, "Nothing has changed"),
        (normed(last, end=lambda heads, x: heads), "Put the heads side by side again"),
        (normed(last, end=lambda heads, x: heads.transpose(1, 2)), "Put the heads side by side"),
        (lambda x, H: F.layer_norm(x, x.shape[-1:]), "cut them into heads"),
        (normed(over(-2)), "You norm over the heads"),
        (normed(last, odd), "not (..., D, n_head)"),
        (normed(over(-2), odd), "not (..., D, n_head)"),
        (normed(over(1)), "You norm over the positions"),
        (normed(over(0)), "You norm over the batch"),
        (normed(lambda heads: F.layer_norm(heads, heads.shape[-2:])), "norm D at a time"),
        (normed(lambda heads: F.rms_norm(heads, heads.shape[-1:])), "subtracts the mean, too"),
        (
            normed(lambda heads: F.rms_norm(heads, heads.shape[-1:], eps=1e-5)),
            "subtracts the mean, too",
        ),
        (normed(lambda heads: F.normalize(heads, dim=-1)), "a vector of length 1"),
        (normed(lambda heads: heads - heads.mean(-1, keepdim=True)), "You only subtract the mean"),
        (normed(lambda heads: by_hand(heads, 1, 0)), "not by D - 1"),
        (
            normed(lambda heads: heads / heads.std(-1, correction=0, keepdim=True)),
            "Subtract the mean before",
        ),
        (
            normed(
                lambda heads: F.layer_norm(
                    heads.transpose(1, 2), (heads.shape[1], heads.shape[3])
                ).transpose(1, 2)
            ),
            "over the positions, too",
        ),
        (normed(lambda heads: by_hand(heads, eps=0)), "Add 1e-5 to the variance"),
        (
            normed(last, end=lambda heads, x: heads.transpose(1, 2).reshape(x.shape)),
            "The heads are transposed",
        ),
        (normed(lambda heads: 7 * heads), "the number at ["),
        (lambda x, H: normed(last)(x, H).tolist(), "Yours is a list"),
        (lambda x, H: normed(last)(x, min(H, 4) if H > 1 else 2), "and n_head = 1"),
        (lambda x, H: normed(last)(x, 4 if H == 4 else 2), "and n_head = 3"),
    ],
)
def test_head_norm(mine, says):
    assert says in exercises.check_head_norm(mine)


def swiglu(forward=lambda gate, fc: F.silu(gate) * fc, inner=lambda C: 8 * C // 3, bias=False):
    class Layer(nn.Module):
        def __init__(self, C):
            super().__init__()
            self.gate = nn.Linear(C, inner(C), bias=bias)
            self.fc = nn.Linear(C, inner(C), bias=bias)
            self.proj = nn.Linear(inner(C), C, bias=bias)

        def forward(self, x):
            return self.proj(forward(self.gate(x), self.fc(x)))

    return Layer


def ending(end):
    class Layer(swiglu()):
        def forward(self, x):
            return end(self, x, super().forward(x))

    return Layer


class Renamed(nn.Module):
    def __init__(self, C):
        super().__init__()
        self.w1 = nn.Linear(C, 8 * C // 3, bias=False)

    def forward(self, x):
        return self.w1(x)


@pytest.mark.parametrize(
    ("mine", "says"),
    [
        (swiglu(), "Right!"),
        (swiglu(lambda gate, fc: gate * gate.sigmoid() * fc), "Right!"),
        (swiglu(inner=lambda C: int(C * 8 / 3)), "Right!"),
        (Renamed, "There is no parameter gate.weight: yours are w1.weight"),
        (swiglu(bias=True), "There is a parameter gate.bias too many"),
        (swiglu(inner=lambda C: 4 * C), "has the shape (40, 10): make it (26, 10)"),
        (swiglu(inner=lambda C: round(8 * C / 3)), "has the shape (27, 10): make it (26, 10)"),
        (swiglu(lambda gate, fc: gate * fc), "No function is applied to the gate"),
        (swiglu(lambda gate, fc: gate.sigmoid() * fc), "That is a sigmoid"),
        (swiglu(lambda gate, fc: gate.relu() * fc), "That is a ReLU"),
        (swiglu(lambda gate, fc: gate.relu() ** 2 * fc), "That is a squared ReLU"),
        (swiglu(lambda gate, fc: F.gelu(gate) * fc), "That is a GELU"),
        (swiglu(lambda gate, fc: F.gelu(gate, approximate="tanh") * fc), "That is a GELU"),
        (swiglu(lambda gate, fc: gate.tanh() * fc), "That is a tanh"),
        (swiglu(lambda gate, fc: gate * F.silu(fc)), "not around fc"),
        (swiglu(lambda gate, fc: F.silu(gate) * F.silu(fc)), "around the gate alone"),
        (swiglu(lambda gate, fc: F.silu(gate * fc)), "SiLU comes before the product"),
        (swiglu(lambda gate, fc: F.silu(gate) + fc), "you add them"),
        (swiglu(lambda gate, fc: F.silu(gate)), "fc is not used"),
        (swiglu(lambda gate, fc: F.silu(fc)), "The gate is not used"),
        (swiglu(lambda gate, fc: fc), "The gate is not used"),
        (swiglu(lambda gate, fc: 2 * gate * fc), "the number at ["),
        (ending(lambda self, x, out: x + out), "Leave out the residual connection"),
        (ending(lambda self, x, out: F.silu(out)), "Nothing follows proj"),
        (ending(lambda self, x, out: x), "Nothing has changed"),
        (ending(lambda self, x, out: self.gate(x)), "Bring it back to C channels"),
        (ending(lambda self, x, out: out[0]), "has the shape (3, 10)"),
        (ending(lambda self, x, out: out if x.dim() == 3 else out + x), "for C = 6 and x of shape"),
        (swiglu(inner=lambda C: 26), "Right, but not for C = 6. Your parameter gate.weight"),
        (lambda C: F.silu, "Make it an nn.Module"),
    ],
)
def test_swiglu(mine, says):
    assert says in exercises.check_swiglu(mine)


def test_a_stub_of_swiglu_is_told_not_yet():
    assert exercises.check_swiglu(ending(lambda *_: None)) == exercises.NOT_YET


def test_silu_before_the_gate_is_named():
    class Early(nn.Module):
        def __init__(self, C):
            super().__init__()
            self.gate, self.fc = (nn.Linear(C, 8 * C // 3, bias=False) for _ in range(2))
            self.proj = nn.Linear(8 * C // 3, C, bias=False)

        def forward(self, x):
            return self.proj(self.gate(F.silu(x)) * self.fc(x))

    assert "after the linear layer gate" in exercises.check_swiglu(Early)


def rotated(
    angle=lambda t, j, D: t / 10_000 ** (2 * j / D),
    turn=lambda a, b, cos, sin: (a * cos - b * sin, a * sin + b * cos),
    pairs=lambda D: D // 2,
):
    def mine(row, t):
        out, D = list(row), len(row)
        for j in range(pairs(D)):
            by = angle(t, j, D)
            out[2 * j : 2 * j + 2] = turn(*row[2 * j : 2 * j + 2], math.cos(by), math.sin(by))
        return out

    return mine


@pytest.mark.parametrize(
    ("mine", "says"),
    [
        (rotated(), "Right!"),
        (rotated(lambda t, j, D: t / 10_000 ** (2 * (j + 1) / D)), "The first pair is pair 0"),
        (rotated(lambda t, j, D: (t / 10_000) ** (2 * j / D)), "The angle of pair j is"),
        (rotated(lambda t, j, D: 1 / 10_000 ** (2 * j / D)), "grows with the position"),
        (rotated(lambda t, j, D: 0.5 * t), "half a radian"),
        (rotated(turn=lambda a, b, cos, sin: (a * cos + b * sin, a * sin + b * cos)), "the signs"),
        (rotated(turn=lambda a, b, cos, sin: (a * cos - b * sin, a * sin - b * cos)), "the signs"),
        (rotated(turn=lambda a, b, cos, sin: (a * cos, b * cos)), "The sines are missing"),
        (rotated(pairs=lambda D: 1), "Only the first pair"),
    ],
)
def test_rotated(mine, says):
    assert says in exercises.check_rotated(mine)


def divided_by(divisor):
    return lambda row: [x / divisor(torch.tensor(row).double()).item() for x in row]


@pytest.mark.parametrize(
    ("mine", "says"),
    [
        (divided_by(torch.std), "the standard deviation"),
        (divided_by(lambda row: row.norm() / len(row)), "under the root, not after"),
        (divided_by(lambda row: len(row) ** 0.5 / row.norm()), "you multiply"),
        (divided_by(lambda row: row.abs().max()), "the largest number"),
    ],
)
def test_rms_norm(mine, says):
    assert says in exercises.check_rms_norm(mine)


def shifted(before=lambda rows, t, n: rows[t - n] if t >= n else None, use=lambda shares: shares):
    def mine(rows, shares):
        out = []
        for t, row in enumerate(rows):
            for n, share in enumerate(use(shares), start=1):
                if earlier := before(rows, t, n):
                    row = [x + share * y for x, y in zip(row, earlier, strict=True)]
            out.append(row)
        return out

    return mine


@pytest.mark.parametrize(
    ("mine", "says"),
    [
        (shifted(), "Right!"),
        (shifted(use=lambda shares: [-s for s in shares]), "you subtract them"),
        (shifted(use=lambda shares: shares[:1]), "the one before that, too"),
        (shifted(lambda rows, t, n: rows[t - n + 1] if t + 1 >= n else None), "the row itself"),
        (shifted(lambda rows, t, n: rows[max(t - n, 0)]), "for what is not there"),
        (shifted(lambda rows, t, n: rows[t - n] if t >= 2 else None), "Row 1 has one row before"),
    ],
)
def test_shifted(mine, says):
    assert says in exercises.check_shifted(mine)
