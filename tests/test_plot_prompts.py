"""What examples tell stands where it belongs, and a reader can make it out."""

import math

import numpy as np
import pytest
from test_plot import assert_legible, style  # noqa: F401
from test_plot_ladder import brightness

from gptlib import plot
from gptlib.plot.prompts import with_others

SHOTS = [0, 1, 2, 4, 8, 16, 32]
BEST = {k: 1 - 0.7 / (1 + k) for k in reversed(SHOTS)}


def shares(n):
    """n models from small to large, with two seeds."""
    return {
        f"{i} × {32 * i}": {k: [0.15 * i * BEST[k], 0.17 * i * BEST[k]] for k in reversed(SHOTS)}
        for i in range(1, n + 1)
    }


@pytest.mark.parametrize("panels", [1, 4])
@pytest.mark.parametrize("models", [1, 5])
def test_models_and_the_best_reader_are_drawn_in_each_panel(panels, models):
    given = {f"kinds $ {i}": shares(models) for i in range(panels)}
    fig = plot.by_examples(given, dict.fromkeys(given, BEST), "A $title")
    assert_legible(fig)
    assert fig.get_suptitle() == "A $title" and len(fig.axes) == panels
    for ax, (name, of) in zip(fig.axes, given.items(), strict=True):
        assert ax.get_title("left") == name
        best, *lines = ax.lines
        np.testing.assert_allclose(best.get_xydata(), [(k, BEST[k]) for k in SHOTS])
        assert best.get_linestyle() == "--"
        for line, (model, by_k) in zip(lines, of.items(), strict=True):
            assert line.get_label() == model
            wanted = [(k, np.mean(by_k[k])) for k in SHOTS]
            np.testing.assert_allclose(line.get_xydata(), wanted)
        shades = [brightness(line.get_color()) for line in lines]
        assert shades == sorted(shades, reverse=True)
        assert len({line.get_marker() for line in lines}) == models


def test_a_model_may_be_missing_in_a_panel_and_keeps_its_look():
    given = {"all": shares(3), "one": {"3 × 96": shares(3)["3 × 96"]}}
    fig = plot.by_examples(given, dict.fromkeys(given, BEST), "title")
    left, right = ([*ax.lines][-1] for ax in fig.axes)
    assert left.get_label() == right.get_label() == "3 × 96"
    assert tuple(left.get_color()) == tuple(right.get_color())


def test_births_are_drawn_for_each_seed_above_each_other():
    curves = {
        name: [([100, 200, 300], [0.1 * i, 0.2, 0.3 * i + 0.05 * seed]) for seed in range(3)]
        for i, name in enumerate(("rules", "pairs", "kinds"), 1)
    }
    panels = {"right": curves, "weights": {"pairs": curves["pairs"]}}
    fig = plot.births(panels, "A $title")
    assert_legible(fig)
    everywhere = set()
    for ax, (name, of) in zip(fig.axes, panels.items(), strict=True):
        assert ax.get_title("left") == name
        drawn = iter(ax.lines)
        looks = set()
        for seeds in of.values():
            for steps, values in seeds:
                line = next(drawn)
                np.testing.assert_allclose(line.get_xydata(), list(zip(steps, values, strict=True)))
                looks.add((tuple(line.get_color()), line.get_linestyle()))
        assert len(looks) == len(of)
        everywhere |= looks
        assert [text.get_text() for text in ax.get_legend().get_texts()] == list(of)
    assert len(everywhere) == 3
    assert fig.axes[-1].get_xlabel() == "steps of training"


def test_too_much_is_refused():
    with pytest.raises(ValueError, match="5 panels"):
        plot.by_examples(dict.fromkeys("abcde", shares(1)), dict.fromkeys("abcde", BEST), "title")
    with pytest.raises(ValueError, match="6 models"):
        plot.by_examples({"a": shares(6)}, {"a": BEST}, "title")
    with pytest.raises(ValueError, match="5 curves"):
        plot.births({"a": dict.fromkeys("abcde", [([1], [0.5])])}, "title")


@pytest.mark.parametrize("lines", [1, 12, 60])
def test_what_two_readers_expect_is_drawn_beside_the_prompt(lines):
    prompt = "\n".join(f"- a long line of a prompt, number {i}: $x$" for i in range(lines))
    told = {"an $answer": (0.5, 0.25), "other": (0.125, 0.5), "never": (0.001, 0), "3": (0.1, 0.05)}
    fig = plot.expected(prompt, told, ("our model", "the best $reader"))
    assert_legible(fig)
    beside, ax = fig.axes
    (written,) = [text.get_text() for text in beside.texts]
    assert written.split("\n")[-1].endswith("$x$") and written.count("\n") < 24
    names = [label.get_text() for label in ax.get_yticklabels()]
    assert names == ["an $answer", "other", "3", "(others)"]
    wide = [bar.get_width() for bar in ax.patches]
    left = (1 - 0.5 - 0.125 - 0.1, 1 - 0.25 - 0.5 - 0.05)
    np.testing.assert_allclose(wide, [0.5, 0.125, 0.1, left[0], 0.25, 0.5, 0.05, left[1]])
    high = [bar.get_y() + bar.get_height() / 2 for bar in ax.patches]
    np.testing.assert_allclose(np.subtract(high[4:], high[:4]), 0.4)
    assert [t.get_text() for t in ax.get_legend().get_texts()] == ["our model", "the best $reader"]
    assert fig.get_suptitle().startswith("Our model expects “an $answer” (50%), the best $reader")


def test_what_has_no_probability_is_a_dash_and_others_are_counted():
    told = {"x": (0.7, math.nan), "y": (0.004, math.nan)}
    fig = plot.expected("?", told, ("a", "b"))
    assert "–" in [text.get_text() for text in fig.axes[1].texts]
    shown = with_others(told)
    assert list(shown) == ["x", "(others)"] and shown["(others)"][0] == pytest.approx(0.3)
    assert with_others({"x": (0.998, 1.0)}) == {"x": (0.998, 1.0)}
