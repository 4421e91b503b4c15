"""Losses and laws stand where they belong, and a reader can make them out."""

import numpy as np
import pytest
from test_plot import assert_legible, style  # noqa: F401
from test_plot_ladder import brightness

from gptlib import plot
from gptlib.laws import PowerLaw

FLOOR = 0.4
LAW = PowerLaw(FLOOR, 2e5, 0.42, 0.02, 0.1)
OTHER = PowerLaw(0.0, 1e4, 0.31, 0.02, 0.1)
BUDGETS = [10 ** (11 + k / 3) for k in range(8)]
SIZES = (86_496, 247_552, 556_896, 1_088_256, 1_915_360)


def made(n):
    """Losses of n models by compute, in an order of their own."""
    return {
        f"{i} × {32 * i}": {c: LAW(c) + 0.1 * i + 0.2 for c in reversed(BUDGETS[i : i + 5])}
        for i in range(1, n + 1)
    }


@pytest.mark.parametrize("n", [1, 5])
def test_models_and_laws_are_drawn_above_the_floor(n):
    losses = made(n)
    points = {"foretold": (1e14, 0.9), "found": (1e14, 0.7)}
    laws = {"known": LAW, "$fitted": OTHER}
    fig = plot.by_compute(losses, FLOOR, laws, "A $law", points)
    assert_legible(fig)
    (ax,) = fig.axes
    assert ax.get_title("left") == "A $law"
    assert ax.get_xscale() == ax.get_yscale() == "log"
    curves, lines, marks = ax.lines[:n], ax.lines[n : n + 2], ax.lines[n + 2 :]
    for line, (model, of) in zip(curves, losses.items(), strict=True):
        assert line.get_label() == model
        np.testing.assert_allclose(line.get_xdata(), sorted(of))
        np.testing.assert_allclose(line.get_ydata(), [of[c] - FLOOR for c in sorted(of)])
    shades = [brightness(line.get_color()) for line in curves]
    assert shades == sorted(shades, reverse=True)
    assert len({line.get_marker() for line in curves}) == n
    for line, (name, law) in zip(lines, laws.items(), strict=True):
        assert line.get_label() == name
        x = line.get_xdata()
        assert x[0] <= min(map(min, losses.values())) and x[-1] == pytest.approx(1e14)
        np.testing.assert_allclose(line.get_ydata(), law(x) - FLOOR)
    assert lines[0].get_linestyle() != lines[1].get_linestyle()
    for mark, (name, (x, y)) in zip(marks, points.items(), strict=True):
        assert mark.get_label() == name
        assert (mark.get_xdata()[0], mark.get_ydata()[0]) == pytest.approx((x, y - FLOOR))
    assert marks[0].get_marker() != marks[1].get_marker()


def test_each_budget_is_a_curve_over_sizes_with_its_lowest_point():
    losses = {
        budget: {n: LAW(budget) + 0.3 * np.log(n / 3e5) ** 2 for n in reversed(SIZES[i // 3 :])}
        for i, budget in enumerate(BUDGETS)
    }
    lowest = {budget: (3e5, LAW(budget)) for budget in BUDGETS[2:]}
    fig = plot.by_size(losses, lowest, "Valleys")
    assert_legible(fig)
    (ax,) = fig.axes
    curves, marks = ax.lines[: len(losses)], ax.lines[len(losses) :]
    for line, of in zip(curves, losses.values(), strict=True):
        np.testing.assert_allclose(line.get_xdata(), sorted(of))
        np.testing.assert_allclose(line.get_ydata(), [of[n] for n in sorted(of)])
    assert [text.get_text() for text in ax.texts] == [f"{b:.1e}".replace("e+", "e") for b in losses]
    for mark, (x, y) in zip(marks, lowest.values(), strict=True):
        assert (mark.get_xdata()[0], mark.get_ydata()[0]) == pytest.approx((x, y))


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: plot.by_compute({}, FLOOR, {}, ""), "0 models: give 1 to 5"),
        (lambda: plot.by_compute(made(6), FLOOR, {}, ""), "6 models: give 1 to 5"),
        (
            lambda: plot.by_compute(made(1), FLOOR, dict.fromkeys("abc", LAW), ""),
            "3 laws: give at most 2",
        ),
        (
            lambda: plot.by_compute(made(1), FLOOR, {}, "", dict.fromkeys("abcd", (1e12, 1.0))),
            "4 points: give at most 3",
        ),
        (
            lambda: plot.by_compute(made(1), 9.0, {}, ""),
            "a loss is .*: give losses above floor = 9",
        ),
        (lambda: plot.by_size({}, {}, ""), "0 budgets: give 1 to 9"),
        (
            lambda: plot.by_size({1e11 + i: {1e5: 2.0} for i in range(10)}, {}, ""),
            "10 budgets: give 1 to 9",
        ),
    ],
)
def test_what_cannot_be_drawn(call, says):
    with pytest.raises(ValueError, match=says):
        call()
