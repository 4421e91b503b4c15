"""Bands are compared at equal steps and at equal time, and in nothing else do models differ."""

from dataclasses import replace

import pytest
import torch
from experiments import rows, script


@pytest.fixture(scope="module")
def trial():
    made = script("bands")
    made.TOLD, made.DOCUMENTS = range(20_000_000, 20_000_100), 60
    made.TURNS = 1
    made.MODEL = replace(made.MODEL, n_layer=2, n_embd=32, n_head=1)
    made.CONFIG = replace(made.CONFIG, warmup_iters=1, batch_size=1)
    return made


def test_all_begin_alike_and_read_the_same(trial):
    runs = [trial.start(band, 10, seed=2) for band in trial.BANDS]
    first = runs[0]
    for run, band in zip(runs, trial.BANDS, strict=True):
        assert run.model.config.bands == (None, band)
        assert run.config == first.config and run.config.decay_iters == 2
        for p, q in zip(run.model.parameters(), first.model.parameters(), strict=True):
            assert torch.equal(p, q)
        for ours, theirs in zip(
            run.corpus.batch(3, 1, 2), first.corpus.batch(3, 1, 2), strict=True
        ):
            assert torch.equal(ours, theirs)


def test_every_band_is_timed(trial):
    threads = torch.get_num_threads()
    try:
        seconds = trial.time_of_a_step()
    finally:
        torch.set_num_threads(threads)
    assert list(seconds) == list(trial.BANDS) and min(seconds.values()) > 0


def test_the_table_has_all_bands_with_three_seeds_at_equal_steps_and_time():
    made, stored = script("bands"), rows("bands")
    seconds = {row["band"]: float(row["seconds"]) for row in stored}
    assert list(seconds) == [str(band or "all") for band in made.BANDS]
    for band, taken in seconds.items():
        of = [row for row in stored if row["band"] == band]
        longer = round(made.STEPS * seconds["all"] / taken)
        found = {int(row["steps"]) for row in of} - {made.LONGER}
        # Seconds are rounded in the table.
        assert made.STEPS in found and max(found) == pytest.approx(longer, abs=2)
        for steps in found:
            assert {row["seed"] for row in of if int(row["steps"]) == steps} == {"1", "2", "3"}
    longer = [row["band"] for row in stored if int(row["steps"]) == made.LONGER]
    assert longer == [str(band or "all") for band in made.LONG_BANDS]
