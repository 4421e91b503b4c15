"""What laws are read from: equal budgets, a copy that branches off, and the best of some rates."""

from dataclasses import replace

import pytest
import torch
from experiments import rows, script

from gptlib.cost import flops_per_token


@pytest.fixture(scope="module")
def trial():
    made = script("laws")
    made.TOLD = range(20_000_000, 20_000_200)
    made.FEWEST = 4
    made.documents_to_validate = lambda: []
    return made


def test_a_branch_is_what_a_training_of_its_own_would_be(trial, monkeypatch):
    """Its steps, rates and batches are those of a run that was planned for its budget alone."""
    monkeypatch.setattr(trial, "loss", lambda run: [p.clone() for p in run.model.parameters()])
    monkeypatch.setattr(trial, "CONFIG", replace(trial.CONFIG, warmup_iters=2, batch_size=2))
    step = flops_per_token(trial.config_of(1)) * 2 * 256
    branched = trial.branches(1, 0.5, [6 * step, 10 * step])
    assert [row["steps"] for row in branched] == [6, 10]
    assert [row["tokens"] for row in branched] == [6 * 512, 10 * 512]
    assert [row["flops"] for row in branched] == [6 * step, 10 * step]
    for row in branched:
        alone = trial.start(1, 0.5, row["steps"], seed=1)
        assert alone.config.decay_iters == round(0.2 * row["steps"])
        for got, want in zip(row["loss"], trial.to_end(alone), strict=True):
            assert torch.equal(got, want)


@pytest.mark.parametrize("lowest", [0.25, 1, 4])
def test_rates_go_on_until_the_best_has_a_worse_one_on_either_side(trial, monkeypatch, lowest):
    monkeypatch.setattr(trial, "start", lambda size, factor, steps, seed: factor)
    monkeypatch.setattr(trial, "to_end", lambda factor: abs(factor - lowest))
    factors = [row["factor"] for row in trial.tried(3)]
    assert factors == sorted(set(factors))
    assert {lowest / 2, lowest, 2 * lowest} <= set(factors)


def test_the_tables_hold_every_budget_within_reach_at_the_best_rate(trial):
    tried = [{name: float(value) for name, value in row.items()} for row in rows("laws_rates")]
    best = trial.best_factors(tried)
    assert list(best) == [*trial.SIZES, trial.LARGER]
    for size, factor in best.items():
        assert {factor / 2, factor, 2 * factor} <= {r["factor"] for r in tried if r["size"] == size}
    made = script("laws")
    reached = {(int(row["size"]), int(row["steps"])) for row in rows("laws")}
    assert reached == {
        (size, steps)
        for size in made.SIZES
        for budget in made.BUDGETS
        if made.FEWEST <= (steps := made.steps_of(size, budget)) <= made.MOST
    }
    for row in rows("laws"):
        config, tokens = made.config_of(int(row["size"])), int(row["tokens"])
        assert tokens == int(row["steps"]) * 8 * 256
        assert int(row["flops"]) == tokens * flops_per_token(config)
        nearest = min(made.BUDGETS, key=lambda budget: abs(budget - int(row["flops"])))
        assert int(row["flops"]) == pytest.approx(nearest, rel=0.01)
