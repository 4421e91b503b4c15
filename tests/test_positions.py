"""Positions: the paper's formula, and tables that know their size."""

import math

import pytest
import torch
from torch.testing import assert_close

from gptlib.positions import LearnedPositions, SinusoidalPositions, sinusoidal


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


kinds = pytest.mark.parametrize("kind", [SinusoidalPositions, LearnedPositions])


@kinds
def test_each_position_has_its_row_in_any_order(kind):
    pos_emb = kind(block_size=10, n_embd=4)
    for positions in ([0, 1, 2], [9], [3, 3, 0, 8], list(range(10))):
        rows = pos_emb(torch.tensor(positions))
        assert torch.equal(rows, torch.stack([pos_emb.table[n] for n in positions]))


@kinds
def test_what_comes_after_others_has_the_rows_after_theirs(kind):
    pos_emb = kind(block_size=10, n_embd=4)
    rows = pos_emb(torch.tensor([[0, 1, 2], [7, 8, 9], [2, 3, 4]]))
    assert torch.equal(rows, torch.stack([pos_emb.table[n : n + 3] for n in (0, 7, 2)]))


@kinds
def test_more_tokens_than_positions(kind):
    pos_emb = kind(block_size=10, n_embd=4)
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
    assert not list(fixed.parameters())
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


def test_waves_come_in_pairs():
    with pytest.raises(ValueError, match="n_embd is 5: give an even number"):
        sinusoidal(3, 5)
