"""Paths and schedules are drawn as they are, on contour lines of the right bowl."""

import numpy as np
import pytest
from test_plot import assert_legible, style  # noqa: F401

from gptlib import plot

STEEP = np.diag([1.0, 0.01])
TURNED = np.array([[0.505, 0.495], [0.495, 0.505]])


def path(steps, far=1.0):
    return far * np.stack([0.8 ** np.arange(steps + 1), 0.99 ** np.arange(steps + 1)], axis=1)


@pytest.mark.parametrize("n", [1, 3, 4])
def test_descents(n):
    paths = {f"rate ${i}": (TURNED if i % 2 else STEEP, path(5 + i)) for i in range(n)}
    fig = plot.descents(paths, "Down, <slowly>")
    assert_legible(fig)
    assert fig.get_suptitle() == "Down, <slowly>"
    for ax, (name, (bowl, steps)) in zip(fig.axes, paths.items(), strict=True):
        way, start, goal = ax.lines
        assert ax.get_title(loc="left") == name
        np.testing.assert_array_equal(way.get_xydata(), steps)
        np.testing.assert_array_equal(start.get_xydata(), steps[:1])
        np.testing.assert_array_equal(goal.get_xydata(), [[0, 0]])
        (contours,) = ax.collections
        for level, found in zip(contours.levels, contours.get_paths(), strict=True):
            assert len(found.vertices)
            losses = [p @ bowl @ p / 2 for p in found.vertices]
            assert losses == pytest.approx([level] * len(losses), rel=0.05)


def test_a_path_that_runs_away_does_not_move_the_axes():
    away = plot.descents({"too high": (STEEP, path(3, far=40.0))}, "Away")
    assert away.axes[0].get_xlim() == away.axes[0].get_ylim() == (-1.5, 1.5)


def test_descents_that_cannot_be_drawn():
    with pytest.raises(ValueError, match="5 paths"):
        plot.descents({str(i): (STEEP, path(2)) for i in range(5)}, "Many")
    with pytest.raises(ValueError, match=r"shapes \(2, 2\) and \(3, 1\)"):
        plot.descents({"a": (STEEP, path(2)[:, :1])}, "Thin")
    with pytest.raises(ValueError, match=r"shapes \(2,\) and \(3, 2\)"):
        plot.descents({"a": ([1, 0.01], path(2))}, "A row")


@pytest.mark.parametrize("n", [1, 3])
def test_schedules(n):
    steps = np.arange(100)
    rates = {
        "linear": 0.02 * (1 - steps / 100),
        "cosine $": 0.01 * (1 + np.cos(np.pi * steps / 100)),
        "inverse square root": 0.02 / np.sqrt(1 + steps),
    }
    rates = dict(list(rates.items())[:n])
    fig = plot.schedules({name: each.tolist() for name, each in rates.items()}, "Down to 0")
    assert_legible(fig)
    (ax,) = fig.axes
    *lines, top = [line for line in ax.lines if line.get_transform() != ax.transAxes]
    assert list(top.get_ydata()) == [0.02, 0.02]
    top.remove()
    for line, each in zip(lines, rates.values(), strict=True):
        np.testing.assert_array_equal(line.get_ydata(), each)
        np.testing.assert_array_equal(line.get_xdata(), steps)
    assert [text.get_text() for text in ax.texts] == sorted(rates, key=lambda k: rates[k][-1])
    assert len({line.get_linestyle() for line in lines}) == n


def test_schedules_that_cannot_be_drawn():
    with pytest.raises(ValueError, match="5 schedules"):
        plot.schedules({str(i): [1.0] for i in range(5)}, "Many")
    with pytest.raises(ValueError, match=r"\[1, 2\]"):
        plot.schedules({"a": [1.0], "b": [1.0, 2.0]}, "Unlike")
