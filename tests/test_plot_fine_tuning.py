"""Each share of right answers stands where it belongs, and no two hide each other."""

from itertools import combinations

import matplotlib.pyplot as plt
import numpy as np
import pytest
from test_plot import assert_legible, style  # noqa: F401

from gptlib import plot

GUESSING = {"classification": 1 / 2, "entailment": 1 / 3, "similarity": 1 / 2, "choice": 1 / 2}
SCORES = {
    "full": {"classification": [1, 1, 1], "entailment": [0.97, 0.99, 0.985]},
    "no auxiliary loss": {"classification": [1, 1, 1], "entailment": [0.98, 0.66, 0.99]},
    "no pre-training": {"classification": [0.49, 0.51, 0.5], "entailment": [0.1, 0.1, 0.1]},
    "LSTM": {"classification": [0.82, 0.79, 0.88], "entailment": [1, 1, 1]},
}
SCORES = {
    model: of | {"similarity": of["entailment"], "choice": of["classification"]}
    for model, of in SCORES.items()
}
PANELS = {
    "pre-trained blocks kept": {
        "classification": {4: [1, 1, 1], 0: [0.5, 0.51, 0.49], 2: [0.9, 0.71, 0.82]},
        "similarity": {0: [0.5, 0.52, 0.49], 2: [0.97, 0.99, 0.98], 4: [1, 1, 1]},
    },
    "labelled $examples": {
        "similarity": {10: [0.5, 0.6], 300: [1, 0.98], 1000: [1, 1], 2500: [1, 1]},
        "classification": {10: [0.1, 0.1, 0.1], 300: [0.7, 0.6, 0.9], 2500: [1, 1, 1]},
    },
}


def means(ax):
    """Name -> the line of the means, and the ends of the bar at each."""
    return {
        drawn.get_label(): (drawn[0], np.array(drawn[2][0].get_segments())[:, :, 1])
        for drawn in ax.containers
    }


def assert_means(drawn, wanted):
    line, bars = drawn
    np.testing.assert_allclose(line.get_ydata(), [np.mean(seeds) for seeds in wanted])
    np.testing.assert_allclose(bars, [(min(seeds), max(seeds)) for seeds in wanted])


def assert_looks_differ(lines):
    assert len({line.get_color() for line in lines}) == len(lines)
    assert len({line.get_marker() for line in lines}) == len(lines)


def dots(ax):
    """The lines of dots, one for each mean."""
    return [line for line in ax.lines if line.get_markersize() == 3]


def dotted(ax):
    """The ends of each dotted line."""
    return [line.get_xydata().tolist() for line in ax.lines if line.get_linestyle() == ":"]


def assert_legends_are_below(fig, names):
    for ax in fig.axes:
        legend = ax.get_legend()
        assert [text.get_text() for text in legend.get_texts()] == names
        labels = [ax.xaxis.label, *ax.get_xticklabels()]
        lowest = min(label.get_window_extent().y0 for label in labels if label.get_text())
        assert legend.get_window_extent().y1 < lowest < ax.bbox.y0


@pytest.mark.parametrize("models, tasks", [(4, 4), (1, 1), (3, 2)])
def test_the_models_of_each_task_stand_side_by_side(models, tasks):
    guessing = dict(list(GUESSING.items())[:tasks])
    scores = {
        model: {task: of[task] for task in reversed(guessing)}  # in an order of its own
        for model, of in list(SCORES.items())[:models]
    }
    fig = plot.fine_tuned(scores, guessing, 0.99, "Without $pre-training")
    assert_legible(fig)
    (ax,) = fig.axes
    drawn, seeds = means(ax), iter(dots(ax))
    assert list(drawn) == list(scores)
    assert_looks_differ([line for line, _ in drawn.values()])
    ends = [[] for _ in guessing]
    for model, (line, bars) in drawn.items():
        assert_means((line, bars), [scores[model][task] for task in guessing])
        assert line.get_linestyle() == "None"  # tasks have no order that a line could follow
        for n, (task, x) in enumerate(zip(guessing, line.get_xdata(), strict=True)):
            beside = next(seeds)
            np.testing.assert_array_equal(beside.get_ydata(), scores[model][task])
            assert beside.get_color() == line.get_color()
            ends[n] += [x, *beside.get_xdata()]
    assert next(seeds, None) is None
    *guessed, ceiling = dotted(ax)
    assert ceiling == [[0, 0.99], [1, 0.99]]
    for n, (xs, share) in enumerate(zip(ends, guessing.values(), strict=True)):
        (left, y), (right, same) = guessed[n]
        assert y == same == share
        # A model's mean, its seeds, the next model's mean: all beside each other, in their task.
        assert (np.diff([n - 0.5, left, *xs, right, n + 0.5]) > 0).all()
    named = [label.get_text() for label in ax.get_xticklabels()]
    assert named == [f"{task}\nguessing: {share:.0%}" for task, share in guessing.items()]
    assert_legends_are_below(fig, list(scores))
    assert fig.get_suptitle() == "Without $pre-training"


def pixels(line):
    """Where on the page the points of a line are."""
    return line.get_transform().transform(line.get_xydata())


def test_curves_go_through_the_means_of_the_seeds():
    fig = plot.accuracy_curves(PANELS, 0.5, 0.99, "Few $labels")
    assert_legible(fig)
    left, right = fig.axes
    for ax, tasks in zip(fig.axes, PANELS.values(), strict=True):
        drawn, seeds = means(ax), iter(dots(ax))
        assert list(drawn) == list(tasks)
        assert_looks_differ([line for line, _ in drawn.values()])
        for task, of in tasks.items():
            line, _ = drawn[task]
            assert line.get_xdata().tolist() == sorted(of)
            assert_means(drawn[task], [of[x] for x in sorted(of)])
            for x, at in zip(sorted(of), pixels(line), strict=True):
                here = next(seeds)
                assert here.get_xydata().tolist() == [[x, share] for share in of[x]]
                assert here.get_color() == line.get_color()
                np.testing.assert_allclose(pixels(here)[:, 0], at[0])  # shifted as the mean is
        assert next(seeds, None) is None
        assert dotted(ax) == [[[0, 0.5], [1, 0.5]], [[0, 0.99], [1, 0.99]]]
        xs = sorted({x for of in tasks.values() for x in of})
        assert ax.get_xticks().tolist() == xs
        assert [label.get_text() for label in ax.get_xticklabels()] == [f"{x:,}" for x in xs]
        for line, _ in drawn.values():
            assert all(ax.bbox.padded(-5).contains(*at) for at in pixels(line))
    # A task looks the same in both.
    for task, (line, _) in means(left).items():
        assert line.get_marker() == means(right)[task][0].get_marker()
        assert line.get_color() == means(right)[task][0].get_color()
    assert (left.get_xscale(), right.get_xscale()) == ("linear", "log")
    assert left.get_xlabel() == "pre-trained blocks kept"
    assert right.get_xlabel() == "labelled $examples, log scale"
    assert left.get_ylim() == right.get_ylim()
    names = {text.get_text(): text.get_position()[1] for text in right.texts}
    assert names == {"guessing": 0.5, "best possible\nreader": 0.99}
    assert fig.get_suptitle() == "Few $labels"


@pytest.mark.parametrize("n", [1, 2, 3, 4])
def test_tasks_do_not_hide_each_other_at_100_percent(n):
    tasks = {task: {0: [1, 1], 4: [1, 1, 1]} for task in list(GUESSING)[:n]}
    fig = plot.accuracy_curves({"pre-trained blocks kept": tasks, "heads": tasks}, 0.5, 1, "All")
    assert_legible(fig)
    assert_legends_are_below(fig, list(tasks))
    for ax in fig.axes:
        lines = [line for line, _ in means(ax).values()]
        assert np.mean([pixels(line)[0, 0] for line in lines]) == pytest.approx(
            ax.transData.transform((0, 1))[0]
        )
        assert all(ax.bbox.padded(-5).contains(*at) for line in lines for at in pixels(line))
        for one, other in combinations(lines, 2):
            size = one.get_markersize() / 72 * fig.dpi
            assert abs(pixels(one)[0, 0] - pixels(other)[0, 0]) > size


@pytest.mark.filterwarnings("error")  # matplotlib warns of an axis without a width
def test_one_number_of_examples_is_enough():
    fig = plot.accuracy_curves({"labelled examples": {"choice": {100: [0.7]}}}, 0.5, 1, "One")
    assert_legible(fig)
    assert fig.axes[0].get_xscale() == "linear"
    assert_means(means(fig.axes[0])["choice"], [[0.7]])


FIVE = {str(n): {"choice": [1.0]} for n in range(5)}


@pytest.mark.parametrize(
    "draw, message",
    [
        (lambda: plot.fine_tuned({}, {"choice": 0.5}, 1, "t"), "0 models: give 1 to 4, which"),
        (lambda: plot.fine_tuned(FIVE, {"choice": 0.5}, 1, "t"), "5 models: give 1 to 4, which"),
        (lambda: plot.fine_tuned({"full": {}}, {}, 1, "t"), "0 tasks: give 1 to 4, which"),
        (
            lambda: plot.fine_tuned({"full": {"choice": [1]}}, GUESSING, 1, "t"),
            f"'full' has the tasks ['choice'] and guessing {list(GUESSING)}: give the same",
        ),
        (
            lambda: plot.fine_tuned({"full": {"choice": []}}, {"choice": 0.5}, 1, "t"),
            "'full', 'choice' has []: give one or more shares from 0 to 1",
        ),
        (
            lambda: plot.fine_tuned({"full": {"choice": [97, 98]}}, {"choice": 0.5}, 1, "t"),
            "'full', 'choice' has [97.0, 98.0]: give one or more shares from 0 to 1",
        ),
        (lambda: plot.accuracy_curves({}, 0.5, 1, "t"), "panels are {}: give each at least"),
        (
            lambda: plot.accuracy_curves({"x": {"choice": {}}}, 0.5, 1, "t"),
            "panels are {'x': {'choice': {}}}: give each at least one task, and each an x",
        ),
        (
            lambda: plot.accuracy_curves({"x": {str(n): {1: [1]} for n in range(5)}}, 0.5, 1, "t"),
            "5 tasks: give 1 to 4, which",
        ),
        (
            lambda: plot.accuracy_curves({"heads": {"choice": {4: [np.nan]}}}, 0.5, 1, "t"),
            "'heads' 4, 'choice' has [nan]: give one or more shares from 0 to 1",
        ),
        (
            lambda: plot.accuracy_curves({"heads": {"choice": {4: 0.5}}}, 0.5, 1, "t"),
            "'heads' 4, 'choice' has 0.5: give one or more shares from 0 to 1",
        ),
    ],
)
def test_scores_that_cannot_be_drawn(draw, message):
    with pytest.raises(ValueError) as error:
        draw()
    assert str(error.value).startswith(message)
    assert not plt.get_fignums()  # a notebook would show it
