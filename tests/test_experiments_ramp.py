"""Three ways to spend the same tokens: only how many go into a step differs."""

from dataclasses import replace

import pytest
import torch
from experiments import rows, script

from gptlib.papers import miniature


@pytest.fixture(scope="module")
def trial():
    made = script("ramp")
    made.TOLD = range(20_000_000, 20_000_100)
    made.miniature = lambda n, C: miniature(1, 32)
    return made


def test_all_ways_read_as_many_tokens_and_warm_up_as_long():
    made = script("ramp")
    read = {way: c.batches_before(c.max_iters) for way, c in made.WAYS.items()}
    assert set(read.values()) == {made.BATCHES}
    warm = {c.warmup * c.accumulate for c in made.WAYS.values()}
    assert warm == {2 * made.MANY}
    growing = made.WAYS["growing"]
    assert growing.batches_before(growing.ramp_iters) == made.BATCHES / 4
    assert [growing.batches(n) for n in (0, 29, 30)] == [1, 15, 16]


def test_all_begin_alike(trial):
    runs = [trial.start(way, 1, seed=2) for way in trial.WAYS]
    for run in runs[1:]:
        for p, q in zip(run.model.parameters(), runs[0].model.parameters(), strict=True):
            assert torch.equal(p, q)
        changed = {"max_iters", "warmup_iters", "accumulate", "ramp_iters"}
        same = {name: vars(runs[0].config)[name] for name in changed}
        assert replace(run.config, **same) == runs[0].config


def test_the_table_has_each_way_at_rates_on_both_sides_of_its_best_and_with_all_seeds():
    made, stored = script("ramp"), rows("ramp")
    for way, config in made.WAYS.items():
        of = [row for row in stored if row["way"] == way]
        assert {int(row["steps"]) for row in of} == {config.max_iters}
        tried = {float(r["factor"]): float(r["loss"]) for r in of if r["seed"] == "1"}
        assert list(tried) == list(made.FACTORS)
        best = min(tried, key=tried.get)
        assert best not in (made.FACTORS[0], made.FACTORS[-1])
        again = {int(row["seed"]) for row in of if float(row["factor"]) == best}
        assert again == set(made.SEEDS)
