import math

import pytest

from gptlib.log import at_best_rate, read_log, scores_by


def test_numbers_are_numbers_and_all_else_stays_text(tmp_path):
    path = tmp_path / "some.csv"
    path.write_text("model,step,rate,loss\n4-gram,1250,,1.0\nwaves,-1,0.02,nan\n")
    first, second = read_log(path)
    assert first == {"model": "4-gram", "step": 1250, "rate": "", "loss": 1.0}
    assert second["rate"] == 0.02 and math.isnan(second["loss"])
    kinds = [type(row[name]) for name in ("step", "loss") for row in (first, second)]
    assert kinds == [int, int, float, float]  # a whole number is an int, and 1.0 stays a float


def runs(*given):
    return [{"rate": rate, "seed": seed, "loss": loss} for rate, seed, loss in given]


def test_a_broken_training_is_not_the_best():
    assert at_best_rate(runs((0.1, 1, math.nan), (0.01, 1, 2.0))) == [2.0]


def test_the_best_rate_is_not_that_of_the_luckiest_seed():
    tried = runs((0.1, 1, 1.5), (0.1, 2, 1.0), (0.2, 1, 1.2), (0.2, 2, 1.2))
    assert at_best_rate(tried) == [1.2, 1.2]


def test_seeds_that_only_some_rates_have_do_not_choose():
    assert at_best_rate(runs((0.1, 1, 1.5), (0.2, 1, 1.2), (0.2, 2, 9.0))) == [1.2, 9.0]


@pytest.mark.parametrize("rows", [[], runs((0.1, 1, 1.5), (0.2, 2, 1.2))])
def test_rates_with_no_seed_in_common_are_not_compared(rows):
    with pytest.raises(ValueError, match="no seed has a row at every rate"):
        at_best_rate(rows)


def test_scores_are_told_apart_by_all_columns_that_are_named():
    rows = [
        {"model": model, "rate": rate, "seed": seed, "floor": 10 * seed + rate}
        for seed in (1, 2)
        for model, rate in (("waves", 0.1), ("learned", 0.1), ("learned", 0.3))
    ]
    assert scores_by(rows, "model", "rate", score="floor") == {
        ("waves", 0.1): [10.1, 20.1],
        ("learned", 0.1): [10.1, 20.1],
        ("learned", 0.3): [10.3, 20.3],
    }
    assert list(scores_by(rows, "model", score="floor")) == ["waves", "learned"]
