"""What notebook 03 quotes was trained as it says, and is what the log holds."""

import pytest
import torch
from experiments import rows, script


@pytest.fixture(scope="module")
def runs():
    return script("multi_head")


def first_loss(runs, seed, data_seed):
    return next(runs.steps(runs.make("standard, 8", seed), data_seed, 0.03, 60))


def test_a_seed_has_parameters_and_batches_of_its_own(runs):
    assert first_loss(runs, 1, 1) == first_loss(runs, 1, 1)
    assert len({first_loss(runs, *seeds) for seeds in ((1, 1), (2, 1), (1, 2))}) == 3


def test_two_more_seeds_are_trained_at_the_rate_that_is_best_for_the_first(runs, monkeypatch):
    losses = {0.015: 1.7, 0.03: 1.8, 0.06: 1.6}
    monkeypatch.setattr(runs, "loss_after", lambda name, seed, rate, max_iters: losses[rate])
    assert runs.runs_of("wide, 8", 3) == [(0.015, 1), (0.03, 1), (0.06, 1), (0.06, 2), (0.06, 3)]


def test_without_proj_heads_are_only_laid_side_by_side(runs):
    look = runs.LOOKS["without proj"]()
    x = torch.randn(1, 4, runs.C)
    one = x[:, :1]  # it can look only at itself, so it gets its own values
    assert torch.allclose(look(one, causal=True), look.value(one), atol=1e-6)


def test_the_log_is_of_this_script(runs):
    log = rows("multi_head")
    ms = {row["look"]: float(row["ms_per_step"]) for row in log}
    assert list(ms) == list(runs.LOOKS)
    found = [(row["look"], row["run"]) for row in log]
    for name, look in runs.LOOKS.items():
        parameters = sum(p.numel() for p in look().parameters())
        assert {int(row["parameters"]) for row in log if row["look"] == name} == {parameters}
        kinds = ["1,000 steps"] + ["same time"] * (name in runs.SAME_TIME)
        assert [run for look, run in found if look == name] == [k for k in kinds for _ in range(5)]
    for name, run in dict.fromkeys(found):
        those = [row for row in log if (row["look"], row["run"]) == (name, run)]
        best = min(those[:3], key=lambda row: float(row["loss"]))["rate"]
        wanted = [(rate, 1) for rate in runs.RATES] + [(float(best), seed) for seed in (2, 3)]
        assert [(float(row["rate"]), int(row["seed"])) for row in those] == wanted
        fitting = ms["standard, 8"] / ms[name] if run == "same time" else 1
        assert all(abs(int(row["steps"]) - runs.STEPS * fitting) <= 2 for row in those)
