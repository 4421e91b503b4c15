"""What notebook 02 compares lacks the parts that its log says, and the log holds all runs."""

import math

import pytest
import torch
from experiments import rows, script
from torch.testing import assert_close

from gptlib.attention import attention, causal_mask


@pytest.fixture(scope="module")
def runs():
    return script("self_attention")


def test_each_head_lacks_the_maps_that_its_name_says(runs):
    x = torch.randn(2, 6, runs.C)
    scale = math.sqrt(runs.C)
    for name, missing, times in [
        ("no positions", "", 1),
        ("no query and key", "query key", 1),
        ("no value", "value", 1),
        ("none of the three", "query key value", 1),
        ("not divided", "", scale),
    ]:
        head = runs.make(name, seed=1).attn
        q, k, v = (
            x if part in missing.split() else getattr(head, part)(x)
            for part in ("query", "key", "value")
        )
        mixed, _ = attention(q * times, k, v, causal_mask(6))
        assert_close(head(x, causal=True), mixed)


def test_the_average_is_one_of_the_past(runs):
    average, x = runs.Average(), torch.randn(1, 6, runs.C)
    mean = torch.stack([average.value(x[0, : t + 1]).mean(dim=0) for t in range(6)])
    assert_close(average(x, causal=True)[0], mean)


@pytest.mark.parametrize("std", [0.02, 0.25, 0.71])
def test_learned_positions_begin_as_large_as_their_name_says(runs, std):
    table = runs.make(f"learned, {std}", seed=1).pos_emb.table
    assert table.requires_grad
    assert math.isclose(table.std().item(), std, rel_tol=0.03)


def test_the_log_has_five_rates_and_three_seeds_at_the_best(runs):
    log = [(row["model"], float(row["rate"]), int(row["seed"])) for row in rows("self_attention")]
    losses = dict(zip(log, (float(row["loss"]) for row in rows("self_attention")), strict=True))
    wanted = set()
    for name in runs.MODELS:
        best = min(runs.RATES, key=lambda rate: losses[name, rate, 1])
        wanted |= {(name, rate, 1) for rate in runs.RATES} | {(name, best, s) for s in runs.SEEDS}
    assert set(log) == wanted and len(log) == len(wanted)
