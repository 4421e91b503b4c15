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


@pytest.mark.parametrize("kind", [SinusoidalPositions, LearnedPositions])
def test_a_table_gives_its_first_rows(kind):
    positions = kind(block_size=10, n_embd=4)
    assert torch.equal(positions(3), positions.table[:3])
    assert positions(10).shape == (10, 4)
    with pytest.raises(ValueError, match="11 tokens have more than block_size = 10 positions"):
        positions(11)


@pytest.mark.parametrize("kind", [SinusoidalPositions, LearnedPositions])
def test_what_comes_after_others_has_the_rows_after_theirs(kind):
    positions = kind(block_size=10, n_embd=4)
    rows = positions(3, past=torch.tensor([0, 7, 2]))
    assert torch.equal(rows, torch.stack([positions.table[n : n + 3] for n in (0, 7, 2)]))
    assert torch.equal(positions(10, past=torch.tensor([0]))[0], positions(10))
    with pytest.raises(ValueError, match="12 tokens have more than block_size = 10 positions"):
        positions(4, past=torch.tensor([0, 8, 1]))


def test_only_learned_positions_are_parameters():
    (learned,) = LearnedPositions(100, 40).parameters()
    assert learned.shape == (100, 40)
    assert 0.018 < learned.std() < 0.022
    fixed = SinusoidalPositions(10, 4)
    assert not list(fixed.parameters()) and not fixed.state_dict()
    assert torch.equal(fixed.double().table, sinusoidal(10, 4).double())


def test_waves_come_in_pairs():
    with pytest.raises(ValueError, match="n_embd is 5: give an even number"):
        sinusoidal(3, 5)
