"""What appendix A1 quotes was trained as it says, and is what the logs hold."""

import pytest
import torch
from experiments import rows, script
from torch.testing import assert_close

from gptlib import optim


@pytest.fixture(scope="module")
def runs():
    return script("optimizers")


def test_the_logs_are_of_this_script(runs):
    fit = {row["optimizer"]: int(row["steps"]) for row in rows("optimizer_steps")}
    assert list(fit) == list(runs.RATES)
    assert fit["Muon"] == runs.STEPS < fit["AdamW"]
    found = rows("optimizers")
    log = [(r["optimizer"], float(r["rate"]), int(r["steps"]), int(r["seed"])) for r in found]
    best = float(runs.best_rate(found, "AdamW"))
    assert log == [
        *(
            (n, rate, runs.STEPS, s)
            for n, some in runs.RATES.items()
            for rate in some
            for s in runs.SEEDS
        ),
        *(("AdamW", best, fit["AdamW"], s) for s in runs.SEEDS),
    ]
    log = [(int(r["warmup"]), float(r["rate"]), int(r["seed"])) for r in rows("warmup")]
    warm = (0, runs.SMALL_WARMUP)
    assert log == [(w, rate, s) for w in warm for rate in runs.RATES["AdamW"] for s in runs.SEEDS]
    log = [(r["singular_values"], float(r["rate"]), int(r["seed"])) for r in rows("exact")]
    how = ("about 1", "exactly 1")
    assert log == [(h, rate, s) for h in how for rate in runs.RATES["Muon"] for s in runs.SEEDS]


def test_only_the_optimizer_and_its_rate_differ(runs):
    adamw, muon = runs.config("AdamW", 0.01, 7, 2), runs.config("Muon", 0.03, 7, 2)
    assert (adamw.optimizer, adamw.learning_rate) == ("adamw", 0.01)
    assert (muon.optimizer, muon.muon_rate, muon.learning_rate) == ("muon", 0.03, 0.004)
    for config in (adamw, muon):
        assert (config.max_iters, config.warmup_iters, config.decay) == (7, 2, "linear")
        assert (config.weight_decay, config.muon_momentum) == (0, 0.95)


def test_what_is_exact_has_singular_values_of_1(runs):
    G = torch.randn(3, 8, 5, dtype=torch.float64)
    made = runs.orthogonal(G)
    assert_close(torch.linalg.svdvals(made), torch.ones(3, 5).double(), rtol=0, atol=1e-12)
    # It is made of the same directions: the product with G is symmetric, with no value below 0.
    product = made.mT @ G
    assert_close(product, product.mT, rtol=0, atol=1e-12)
    assert torch.linalg.eigvalsh(product).min() > 0


def test_a_run_with_exact_ones_trains_otherwise_and_leaves_muon_as_it_was(runs, monkeypatch):
    monkeypatch.setattr(runs, "SMALL_STEPS", 60)
    monkeypatch.setattr(runs, "evaluate", lambda model, batches: model.tok_emb.weight.sum().item())
    usual = optim.orthogonalize
    losses = {runs.evened(0.02, exact, 1)["loss"] for exact in (False, True)}
    assert len(losses) == 2 and optim.orthogonalize is usual


def test_a_warm_up_changes_the_training(runs, monkeypatch):
    monkeypatch.setattr(runs, "SMALL_STEPS", 60)
    monkeypatch.setattr(runs, "evaluate", lambda model, batches: model.tok_emb.weight.sum().item())
    assert runs.warmed(0.01, 0, 1)["loss"] != runs.warmed(0.01, 50, 1)["loss"]


def test_the_best_rate_has_the_lowest_mean(runs):
    log = [(0.1, 2000, 3), (0.1, 2000, 1), (0.2, 2000, 1.9), (0.2, 2000, 1.9), (0.3, 99, 1)]
    log = [{"optimizer": "AdamW", "rate": r, "steps": n, "loss": str(x)} for r, n, x in log]
    log.append({"optimizer": "Muon", "rate": 0.4, "steps": 2000, "loss": "0"})
    assert runs.best_rate(log, "AdamW") == 0.2
