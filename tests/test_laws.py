"""Power laws are found in points that follow one, with the errors that theory gives them."""

import numpy as np
import pytest

from gptlib.laws import PowerLaw, fit, fit_floor, misfit, valley

X = np.geomspace(1e11, 1e14, 10)
LAW = PowerLaw(floor=0.4, scale=2e5, exponent=0.42, error=0.0, off=0.0)


def noisy(seed, off=0.05):
    noise = np.random.default_rng(seed).normal(0, off, len(X))
    return LAW.floor + (LAW(X) - LAW.floor) * np.exp(noise)


def test_the_law_of_exact_points():
    law = fit(X, LAW(X), 0.4)
    assert law.floor == 0.4 and law.exponent == pytest.approx(0.42, rel=1e-9)
    assert law.scale == pytest.approx(2e5, rel=1e-8)
    assert law.error < 1e-9 and law.off < 1e-9
    np.testing.assert_allclose(law(X), LAW(X), rtol=1e-9)


def test_the_errors_are_those_of_many_noisy_fits():
    laws = [fit(X, noisy(seed), 0.4) for seed in range(400)]
    spread = np.std([law.exponent for law in laws])
    assert np.mean([law.exponent for law in laws]) == pytest.approx(0.42, abs=3 * spread / 20)
    assert np.sqrt(np.mean([law.error**2 for law in laws])) == pytest.approx(spread, rel=0.1)
    assert np.sqrt(np.mean([law.off**2 for law in laws])) == pytest.approx(0.05, rel=0.1)


def test_a_floor_that_nobody_knows():
    law = fit_floor(X, LAW(X))
    assert law.floor == pytest.approx(0.4, abs=0.001)
    assert law.exponent == pytest.approx(0.42, abs=0.002)
    off = fit(X, noisy(1), 0.4)
    free = fit_floor(X, noisy(1))
    assert misfit(free, X, noisy(1)) <= misfit(off, X, noisy(1))
    assert misfit(LAW, X, 2 * LAW(X)) == pytest.approx(np.log(2) ** 2)


def test_a_wrong_floor_misses_what_comes_later():
    low, high = (fit(X[:5], LAW(X[:5]), floor)(X[-1]) for floor in (0.0, 0.6))
    assert low < LAW(X[-1]) < high


def test_the_lowest_place_of_a_valley():
    x = np.array([1.0, 2.0, 4.0, 8.0])
    y = 0.3 * np.exp(0.7 * np.log(x / 3) ** 2)
    assert valley(x, y) == pytest.approx((3, 0.7))
    assert valley(x, y[::-1]) == pytest.approx((8 / 3, 0.7))
    assert valley(x, x) is None and valley(x, 1 / x) is None


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: fit([1, 2], [1, 2], 0), "2 x and 2 losses: give three points or more"),
        (lambda: fit([1, 2, 3], [1, 2], 0), "3 x and 2 losses: give three points or more"),
        (lambda: fit([0, 1, 2], [3, 2, 1], 0), "an x is 0: give numbers above 0"),
        (lambda: fit([1, 2, 3], [3, 2, 1], 1), "a loss is 1: give losses above floor = 1"),
        (lambda: valley([1, 3, 2], [3, 1, 2]), "x is .1.0, 3.0, 2.0.: give it in ascending order"),
        (lambda: valley([1, 2], [1, 2]), "2 x and 2 losses: give three points or more"),
    ],
)
def test_errors(call, says):
    with pytest.raises(ValueError, match=says):
        call()
