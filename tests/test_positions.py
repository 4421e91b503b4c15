"""Positions: the paper's formula, and tables that know their size."""

import math

import pytest
import torch
from torch.testing import assert_close
from transformers.models.gptj.modeling_gptj import apply_rotary_pos_emb

from gptlib.positions import (
    LearnedPositions,
    RotaryPositions,
    SinusoidalPositions,
    rotate,
    sinusoidal,
)


def test_waves_are_the_papers():
    T, C = 300, 8
    table = sinusoidal(T, C)
    for pos in range(T):
        for i in range(C // 2):
            angle = pos / 10000 ** (2 * i / C)
            assert math.isclose(table[pos, 2 * i], math.sin(angle), abs_tol=1e-6)
            assert math.isclose(table[pos, 2 * i + 1], math.cos(angle), abs_tol=1e-6)


def test_a_step_is_the_same_rotation_everywhere():
    """So that a matrix can turn any row into the one k further on (section 3.5)."""
    torch.set_default_dtype(torch.float64)
    try:
        table = sinusoidal(100, 6)
    finally:
        torch.set_default_dtype(torch.float32)
    k = 7
    for i in range(3):
        turn = torch.tensor(k / 10000 ** (2 * i / 6), dtype=torch.float64)
        rotation = torch.stack([turn.cos(), turn.sin(), -turn.sin(), turn.cos()]).view(2, 2)
        pair = table[:, 2 * i : 2 * i + 2]
        assert_close(pair[k:], pair[:-k] @ rotation.T, rtol=0, atol=1e-12)
    products = table @ table.T  # so they depend on the distance alone
    for distance in (0, 1, 30):
        diagonal = products.diagonal(distance)
        assert_close(diagonal, diagonal[:1].expand_as(diagonal), rtol=0, atol=1e-12)


def test_far_out_the_waves_are_as_exact_as_near():
    """A product of single precision would be wrong by 2e-4 at position 5000."""
    C = 512
    row = sinusoidal(5001, C)[5000]
    assert row.dtype == torch.float32
    for i in range(C // 2):
        angle = 5000 / 10000 ** (2 * i / C)
        assert math.isclose(row[2 * i], math.sin(angle), abs_tol=1e-6)
        assert math.isclose(row[2 * i + 1], math.cos(angle), abs_tol=1e-6)


KINDS = [SinusoidalPositions, LearnedPositions, RotaryPositions]
kinds = pytest.mark.parametrize("kind", KINDS)


@kinds
def test_each_position_has_its_row_in_any_order(kind):
    pos_emb = kind(10, 4)
    for positions in ([0, 1, 2], [9], [3, 3, 0, 8], list(range(10))):
        rows = pos_emb(torch.tensor(positions))
        assert torch.equal(rows, torch.stack([pos_emb.table[n] for n in positions]))


@kinds
def test_what_comes_after_others_has_the_rows_after_theirs(kind):
    pos_emb = kind(10, 4)
    rows = pos_emb(torch.tensor([[0, 1, 2], [7, 8, 9], [2, 3, 4]]))
    assert torch.equal(rows, torch.stack([pos_emb.table[n : n + 3] for n in (0, 7, 2)]))


@kinds
def test_more_tokens_than_positions(kind):
    pos_emb = kind(10, 4)
    assert pos_emb(torch.arange(10)).shape == (10, 4)
    for positions in (torch.arange(11), torch.zeros(3, 11, dtype=torch.int64)):
        with pytest.raises(ValueError, match="11 tokens have more than block_size = 10 positions"):
            pos_emb(positions)
    with pytest.raises(IndexError):
        pos_emb(torch.tensor([10]))


def test_only_learned_positions_are_parameters():
    (learned,) = LearnedPositions(100, 40).parameters()
    assert learned.shape == (100, 40)
    assert 0.018 < learned.std() < 0.022
    fixed = SinusoidalPositions(10, 4)
    assert not list(fixed.parameters()) and not list(RotaryPositions(10, 4).parameters())
    assert torch.equal(fixed.double().table, sinusoidal(10, 4).double())


@kinds
def test_a_table_is_kept_with_what_was_learned(kind):
    """In half precision, too, a model that comes back from a file is the one that was saved."""
    half = kind(10, 4).bfloat16()
    with torch.device("meta"):
        other = kind(10, 4)
    other.load_state_dict(half.state_dict(), assign=True)
    rows = other(torch.arange(10))
    assert rows.dtype == torch.bfloat16 and torch.equal(rows, half(torch.arange(10)))


def turned(x, positions):
    """x, (..., T, D), rotated as stands at positions, (T,)."""
    table = RotaryPositions(300, x.shape[-1]).double()
    return rotate(x, table(torch.as_tensor(positions)))


def test_a_rotation_is_that_of_gpt_j():
    B, T, H, D = 2, 5, 3, 8
    x = torch.randn(B, T, H, D, dtype=torch.float64)
    angles = torch.arange(T)[:, None] / 10_000 ** (torch.arange(0, D, 2) / D).double()
    want = apply_rotary_pos_emb(x, angles.sin().expand(B, T, -1), angles.cos().expand(B, T, -1))
    got = turned(x.transpose(1, 2), range(T)).transpose(1, 2)
    assert_close(got, want, rtol=0, atol=1e-6)  # the table is made in single precision
    assert torch.equal(got[:, 0], x[:, 0])


def test_a_rotation_turns_pairs_of_neighbours_and_keeps_their_lengths():
    x = torch.randn(7, 8, dtype=torch.float64)
    pairs, after = x.unflatten(1, (4, 2)), turned(x, range(100, 107)).unflatten(1, (4, 2))
    assert_close(after.norm(dim=-1), pairs.norm(dim=-1), rtol=1e-6, atol=0)
    one = turned(torch.tensor([[1.0, 0, 1, 0], [0, 1, 0, 1]], dtype=torch.float64), [3, 3])
    cos, sin = (torch.tensor([f(3.0), f(0.03)]).double() for f in (math.cos, math.sin))
    assert_close(one[0], torch.stack([cos, sin], 1).flatten(), rtol=0, atol=1e-6)
    assert_close(one[1], torch.stack([-sin, cos], 1).flatten(), rtol=0, atol=1e-6)


def test_a_product_of_two_rotated_vectors_knows_only_how_far_they_are_apart():
    q, k = torch.randn(2, 1, 8, dtype=torch.float64)
    for back in (0, 1, 40):
        here, far = [turned(q, [t]) @ turned(k, [t - back]).T for t in (back, 250)]
        assert_close(here, far, rtol=0, atol=1e-5)
    assert (turned(q, [40]) @ turned(k, [0]).T - q @ k.T).abs() > 0.1


def test_each_row_may_stand_elsewhere():
    x, positions = torch.randn(2, 3, 4, 8).double(), torch.tensor([[0, 1, 2, 3], [5, 6, 7, 8]])
    table = RotaryPositions(300, 8).double()
    got = rotate(x, table(positions).unsqueeze(-3))
    for row, where, want in zip(x, positions, got, strict=True):
        assert torch.equal(turned(row, where), want)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float32, torch.float64])
def test_a_rotation_is_in_the_precision_of_its_table(dtype):
    table = RotaryPositions(9, 4).to(dtype)
    x = torch.randn(9, 4).to(torch.bfloat16)
    got = rotate(x, table(torch.arange(9)))
    assert got.dtype == dtype
    atol = 0.03 if dtype == torch.bfloat16 else 1e-6
    assert_close(got.double(), turned(x.double(), range(9)), rtol=0, atol=atol)


def test_waves_come_in_pairs():
    with pytest.raises(ValueError, match="n_embd is 5: give an even number"):
        sinusoidal(3, 5)
