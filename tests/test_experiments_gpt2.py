"""What GPT-2 changed is taken back one by one, each at the best of its rates."""

import math
from collections import Counter
from dataclasses import replace

import pytest
from experiments import rows, script

from gptlib.config import GPTConfig


@pytest.fixture(scope="module")
def trial():
    made = script("gpt2")
    made.TOLD = range(20_000_000, 20_000_060)
    made.CONFIG = replace(made.CONFIG, max_iters=2, warmup_iters=1)
    return made


def test_each_variant_takes_back_one_change(trial):
    assert trial.CHANGES["as in GPT-2"] == {}
    taken_back = [change for change in trial.CHANGES.values() if change]
    assert all(len(change) == 1 for change in taken_back)
    for change in taken_back:
        assert replace(trial.MODEL, **change) != trial.MODEL
    usual = GPTConfig(7)
    assert (trial.MODEL.norm, trial.MODEL.tied, trial.MODEL.scale_residual) == ("pre", True, True)
    assert (usual.norm, usual.tied, usual.scale_residual) == ("pre", True, True)


def test_every_variant_reads_as_many_tokens(trial, monkeypatch):
    read = []

    def count(model, batches, loss, config):
        idx, targets = next(batches)
        read.append(idx.numel())
        return []

    monkeypatch.setattr(trial, "train", count)
    monkeypatch.setattr(trial.Corpus, "score", lambda *_: 1.0)
    for change in trial.CHANGES:
        trial.loss(change, 0.004, 1)
    assert read == [trial.TOKENS] * len(trial.CHANGES)


@pytest.mark.parametrize("lowest", [0.004, 0.0005, 0.016])
def test_rates_go_on_until_the_best_has_a_worse_one_on_either_side(trial, monkeypatch, lowest):
    tried = []

    def loss(change, rate, seed):
        tried.append((rate, seed))
        return abs(math.log(rate / lowest)) + seed

    monkeypatch.setattr(trial, "loss", loss)
    table = trial.table("half the context")
    assert len(tried) == len(set(tried)) == len(table)
    assert {(row["rate"], row["seed"]) for row in table} == set(tried)
    rates = [row["rate"] for row in table if row["seed"] == 1]
    assert rates == sorted(rates) and {lowest / 2, lowest, 2 * lowest} <= set(rates)
    assert [(row["rate"], row["seed"]) for row in table if row["seed"] > 1] == [
        (lowest, 2),
        (lowest, 3),
    ]


def test_the_table_has_three_seeds_of_each_variant_at_a_rate_between_worse_ones(trial):
    stored = rows("gpt2")
    assert {row["change"] for row in stored} == set(trial.CHANGES)
    for change in trial.CHANGES:
        of = [row for row in stored if row["change"] == change]
        first = {float(row["rate"]): float(row["loss"]) for row in of if row["seed"] == "1"}
        best = min(first, key=first.get)
        assert {best / 2, 2 * best} <= set(first)
        seeds = Counter(float(row["rate"]) for row in of)
        assert seeds[best] == len(trial.SEEDS) and set(seeds.values()) == {1, len(trial.SEEDS)}
