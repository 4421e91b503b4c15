"""Losses, shares and changes stand where they belong, and a reader can make them out."""

from itertools import pairwise

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_rgb
from test_plot import assert_legible, style, texts  # noqa: F401

from gptlib import plot

KINDS = (
    *("tale", "quiz", "bedtime", "in short", "book list", "letter", "diary", "talk"),
    *("phrase book", "two languages", "vocabulary", "shop", "sums", "register"),
    *("riddles", "alphabet", "$labels", "named rules", "rows"),
)
MODELS = ("1 × 32", "2 × 64", "3 × $96", "16 × 64", "4 × 128")
TOKENS = (1_024_000, 8_192_000, 2_048_000, 4_096_000)  # in an order of their own
SIZES = (86_496, 1_088_256, 247_552, 556_896)
TASKS = ("reading", "summary", "translation", "addition", "$rules")
PARTS = ("quiz, bedtime", "in short", "phrase book, two languages, vocabulary", "$sums", "rows")


def made_losses(models, kinds):
    """Losses and floors in which no two numbers are alike."""
    floors = {kind: 0.25 * 1.1**i for i, kind in enumerate(kinds)}
    losses = {
        model: {
            kind: {tokens: floor + 1e5 * (8 - i) / tokens for tokens in TOKENS}
            for kind, floor in reversed(floors.items())
        }
        for i, model in enumerate(models)
    }
    return losses, floors


def brightness(color):
    """From 0, black, to 1, white, as in the Web Content Accessibility Guidelines."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(color)]
    return np.dot(linear, (0.2126, 0.7152, 0.0722))


def labels(axis):
    """The labels of an axis that are drawn, by their place."""
    low, high = sorted(axis.get_view_interval())
    shown = [tick for tick in axis.get_major_ticks() if low <= tick.get_loc() <= high]
    return {tick.get_loc(): tick.label1.get_text() for tick in shown if tick.label1.get_visible()}


@pytest.mark.parametrize("n_models, n_kinds", [(5, 19), (1, 1), (2, 5)])
def test_each_kind_has_a_panel_with_the_losses_of_all_models(n_models, n_kinds):
    kinds = list(KINDS[:n_kinds])
    losses, floors = made_losses(MODELS[:n_models], kinds)
    fig = plot.kind_losses(losses, floors, "Larger is $better")
    assert_legible(fig)
    *panels, key = fig.axes
    assert [ax.get_title("left") for ax in panels] == kinds
    for ax, kind in zip(panels, kinds, strict=True):
        *curves, floor = ax.lines
        for line, of in zip(curves, losses.values(), strict=True):
            np.testing.assert_array_equal(line.get_xydata(), sorted(of[kind].items()))
            assert all(ax.bbox.contains(*at) for at in ax.transData.transform(line.get_xydata()))
        assert floor.get_xydata().tolist() == [[0, floors[kind]], [1, floors[kind]]]
        assert floor.get_linestyle() == ":"
        assert len({line.get_marker() for line in ax.lines}) == len(ax.lines)
        shades = [brightness(line.get_color()) for line in curves]
        assert all(dark < light - 0.01 for light, dark in pairwise([0.7, *shades]))
        assert ax.get_xscale() == ax.get_yscale() == "log"
    assert len({(ax.get_xlim(), ax.get_ylim()) for ax in panels}) == 1
    legend = key.get_legend()
    assert [name.get_text() for name in legend.get_texts()] == [*losses, "exact floor"]
    for handle, line in zip(legend.get_lines(), panels[0].lines, strict=True):
        assert handle.get_marker() == line.get_marker()
        np.testing.assert_array_equal(handle.get_color(), line.get_color())
    for ax in panels:
        assert not legend.get_window_extent().overlaps(ax.get_tightbbox())
    # Only where no panel is below, or to the left.
    bottom = [i >= n_kinds - 5 for i in range(n_kinds)]
    assert [bool(labels(ax.xaxis)) for ax in panels] == bottom
    assert [bool(labels(ax.yaxis)) for ax in panels] == [i % 5 == 0 for i in range(n_kinds)]
    assert labels(panels[-1].xaxis) == {1e6: "1", 2e6: "2", 5e6: "5"}
    assert fig.get_supxlabel() == "million tokens trained on, log scale"
    assert fig.get_supylabel() == "validation loss, nats per token, log scale"
    assert fig.get_suptitle() == "Larger is $better"


@pytest.mark.filterwarnings("error")  # matplotlib warns of an axis without a width
@pytest.mark.parametrize("tokens, loss", [(3.1e6, 0.31), (4e8, 4.9), (1000, 1)])
def test_one_loss_is_enough_and_each_axis_has_a_label(tokens, loss):
    fig = plot.kind_losses({"2 × 64": {"tale": {tokens: loss}}}, {"tale": loss}, "One")
    assert_legible(fig)
    across, up = labels(fig.axes[0].xaxis), labels(fig.axes[0].yaxis)
    assert across and all(float(text) == pytest.approx(x / 1e6) for x, text in across.items())
    assert up and all(float(text) == pytest.approx(y) for y, text in up.items())


def made_shares(tasks):
    return {
        task: {size: [0.1 * i, (size / 2e6) ** 0.5, 0.9] for size in SIZES}
        for i, task in enumerate(tasks)
    }


@pytest.mark.parametrize("n_tasks, n_extra", [(5, 1), (1, 0), (2, 2)])
def test_each_task_has_a_panel_with_the_share_of_right_answers_of_each_size(n_tasks, n_extra):
    tasks = TASKS[:n_tasks]
    scores = made_shares(tasks)
    names = ["guessing", "the most frequent $answer"]
    baselines = {task: (names[i % 2], 0.05 + 0.1 * i) for i, task in enumerate(tasks)}
    ceilings = {task: 1 - 0.1 * i for i, task in enumerate(tasks)}
    extra = {
        model: {task: (947_328 * i, [0.2 * i, 0.3]) for task in reversed(tasks)}
        for i, model in enumerate(["16 × 64", "none of $these sizes"][:n_extra], start=1)
    }
    fig = plot.zero_shot(
        scores,
        dict(reversed(baselines.items())),
        dict(reversed(ceilings.items())),
        "Not one $task",
        extra,
    )
    assert_legible(fig)
    assert [ax.get_title("left") for ax in fig.axes] == list(tasks)
    for ax, task in zip(fig.axes, tasks, strict=True):
        lines = iter(ax.lines)
        points = [sorted(scores[task].items()), *([of[task]] for of in extra.values())]
        drawn = []
        for of in points:
            drawn.append(means := next(lines))
            np.testing.assert_allclose(means.get_xydata(), [(x, np.mean(y)) for x, y in of])
            inside = ax.bbox.padded(-means.get_markersize() / 2 / 72 * fig.dpi)
            assert all(inside.contains(*at) for at in ax.transData.transform(means.get_xydata()))
            for x, shares in of:
                dots = next(lines)
                assert dots.get_xydata().tolist() == [[x, share] for share in shares]
                assert dots.get_linestyle() == "None"
                assert dots.get_color() == means.get_color()
        assert len({means.get_marker() for means in drawn}) == len(drawn)
        assert [means.get_linestyle() for means in drawn] == ["-"] + n_extra * ["None"]
        below, ceiling = lines
        name, share = baselines[task]
        assert below.get_ydata() == [share, share] and below.get_linestyle() == ":"
        assert ceiling.get_ydata() == [ceilings[task]] * 2 and ceiling.get_linestyle() == "--"
        legend = ax.get_legend()
        assert [text.get_text().replace("\n", " ") for text in legend.get_texts()] == [
            *extra,
            f"{name}: {share:.0%}",
            f"ceiling: {ceilings[task]:.0%}",
        ]
        told = legend.get_lines()
        assert [line.get_linestyle() for line in told[-2:]] == [":", "--"]
        assert [line.get_marker() for line in told[:-2]] == [
            means.get_marker() for means in drawn[1:]
        ]
        assert legend.get_window_extent().y1 < ax.xaxis.label.get_window_extent().y0
        assert ax.get_xscale() == "log"
        expected = {1e5: "0.1", 2e5: "0.2", 5e5: "0.5", 1e6: "1"}
        assert labels(ax.xaxis) == expected | ({2e6: "2"} if n_extra == 2 else {})
    assert {ax.get_ylim() for ax in fig.axes} == {(-0.03, 1.03)}
    assert [text.get_text() for text in fig.axes[0].get_yticklabels()][1:-1] == [
        f"{share}%" for share in range(0, 101, 20)
    ]
    assert fig.get_suptitle() == "Not one $task"


def made_changes(n_parts, n_tasks):
    """Changes from -100 to 100, and errors."""
    parts = [*PARTS, "a", "b", "c", "d", "e"][:n_parts]
    numbers = iter(np.linspace(-100, 100, n_parts * n_tasks).tolist())
    changes = {part: {task: next(numbers) for task in TASKS[:n_tasks]} for part in parts}
    errors = {
        part: {task: 100 - abs(change) for task, change in reversed(of.items())}
        for part, of in reversed(changes.items())
    }
    return changes, errors


@pytest.mark.parametrize("n_parts, n_tasks", [(5, 5), (1, 1), (10, 5), (2, 3)])
def test_each_cell_has_its_change_and_error(n_parts, n_tasks):
    changes, errors = made_changes(n_parts, n_tasks)
    fig = plot.lesion(changes, errors, "What is $missed")
    assert_legible(fig)
    ax, bar = fig.axes
    (mesh,) = ax.collections
    grid = mesh.get_array()
    np.testing.assert_array_equal(grid, [list(of.values()) for of in changes.values()])
    assert mesh.get_clim() == (-100, 100)
    cells = iter(ax.texts)
    for row, of in enumerate(changes.values()):
        for column, (task, change) in enumerate(of.items()):
            text = next(cells)
            number, error = text.get_text().split(" ± ")
            assert float(number) == pytest.approx(change, abs=0.5)
            assert float(error) == pytest.approx(list(errors.values())[-1 - row][task], abs=0.5)
            corners = ax.transData.transform([(column, row + 1), (column + 1, row)])
            (left, bottom), (right, top) = corners + [(3, 3), (-3, -3)]
            box = text.get_window_extent()
            assert left < box.x0 < box.x1 < right and bottom < box.y0 < box.y1 < top
            light, dark = sorted(
                [brightness(text.get_color()), brightness(mesh.to_rgba(change)[:3])], reverse=True
            )
            assert (light + 0.05) / (dark + 0.05) > 4.5
    assert next(cells, None) is None
    framed = [(*frame.get_xy(), frame.get_width(), frame.get_height()) for frame in ax.patches]
    assert framed == [(i, i, 1, 1) for i in range(min(n_parts, n_tasks))]
    for frame in ax.patches:  # no half of a line is cut off
        assert ax.bbox.padded(-1).contains(*frame.get_window_extent().min)
        assert ax.bbox.padded(-1).contains(*frame.get_window_extent().max)
    named = [label.get_text().replace("\n", " ") for label in ax.get_yticklabels()]
    assert named == list(changes)
    assert [label.get_text() for label in ax.get_xticklabels()] == list(TASKS[:n_tasks])
    assert ax.get_yticks().tolist() == [row + 0.5 for row in range(n_parts)]
    assert ax.get_xticks().tolist() == [column + 0.5 for column in range(n_tasks)]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("is asked", "taken out")
    told = [label.get_text() for label in bar.get_yticklabels()]
    assert told == ["-100", "-50", "0", "+50", "+100"]
    assert fig.get_suptitle() == "What is $missed"


def test_no_change_is_white_and_without_a_sign():
    changes = {"quiz": {"reading": -54.4, "addition": -0.4, "rules": 0.0, "summary": 2.3}}
    errors = {"quiz": {"reading": 3.2, "addition": 0.9, "rules": 0.0, "summary": 1.6}}
    ax, _ = plot.lesion(changes, errors, "What is missed").axes
    assert [text.get_text() for text in ax.texts] == ["-54 ± 3", "0 ± 1", "0 ± 0", "+2 ± 2"]
    (mesh,) = ax.collections
    assert mesh.to_rgba(0.0)[:3] == (1, 1, 1)
    for change in (30, 100):  # for the colour-blind too: one side is blue, the other is not
        (red, _, blue), (other_red, _, other_blue) = (
            mesh.to_rgba(sign * change)[:3] for sign in (1, -1)
        )
        assert blue > red and other_red > other_blue


LOSSES = {"2 × 64": {"tale": {1000: 1.5}}}
CHANGE, ERROR = {"quiz": {"reading": -54.0}}, {"quiz": {"reading": 3.0}}
SIX = {str(n): {} for n in range(6)}


@pytest.mark.parametrize(
    "losses, floors, message",
    [
        ({}, {"tale": 1}, "0 models: give 1 to 5, which can be told apart"),
        (SIX, {"tale": 1}, "6 models: give 1 to 5, which can be told apart"),
        (LOSSES, {}, "0 kinds: give 1 to 24, which have room"),
        (LOSSES, {str(n): 1 for n in range(25)}, "25 kinds: give 1 to 24, which have room"),
        (
            LOSSES,
            {"tale": 1, "quiz": 1},
            "'2 × 64' has the kinds ['tale'] and floors ['tale', 'quiz']: give the same",
        ),
        (LOSSES, {"tale": 0}, "floors are [0.0]: give one or more, all above 0"),
        (LOSSES, {"tale": np.nan}, "floors are [nan]: give one or more, all above 0"),
        (
            {"2 × 64": {"tale": {}}},
            {"tale": 1},
            "'2 × 64', 'tale' has tokens and losses []: give one or more, all above 0",
        ),
        (
            {"2 × 64": {"tale": {0: 7.6, 1000: 1.5}}},
            {"tale": 1},
            "'2 × 64', 'tale' has tokens and losses [[0.0, 7.6], [1000.0, 1.5]]: give one or more",
        ),
        (
            {"2 × 64": {"tale": {1000: np.inf}}},
            {"tale": 1},
            "'2 × 64', 'tale' has tokens and losses [[1000.0, inf]]: give one or more",
        ),
    ],
)
def test_losses_that_cannot_be_drawn(losses, floors, message):
    assert_refused(lambda: plot.kind_losses(losses, floors, "t"), message)


@pytest.mark.parametrize(
    "changed, message",
    [
        ({"scores": {}}, "0 tasks: give 1 to 5, which have room"),
        ({"scores": SIX}, "6 tasks: give 1 to 5, which have room"),
        (
            {"baselines": {}},
            "baselines has the tasks [] and scores ['reading']: give the same",
        ),
        (
            {"ceilings": {"reading": 1, "rules": 1}},
            "ceilings has the tasks ['reading', 'rules'] and scores ['reading']: give the same",
        ),
        (
            {"extra": {"16 × 64": {"rules": (1, [1])}}},
            "'16 × 64' has the tasks ['rules'] and scores ['reading']: give the same",
        ),
        ({"extra": {"a": {}, "b": {}, "c": {}}}, "3 models in extra: give at most 2"),
        (
            {"scores": {"reading": {}}},
            "'reading' has the sizes []: give one or more, all above 0",
        ),
        (
            {"scores": {"reading": {0: [1]}}},
            "'reading' has the sizes [0.0]: give one or more, all above 0",
        ),
        (
            {"scores": {"reading": {1000: []}}},
            "'reading', 1000 has []: give one or more shares from 0 to 1",
        ),
        (
            {"scores": {"reading": {1000: [54.0]}}},
            "'reading', 1000 has [54.0]: give one or more shares from 0 to 1",
        ),
        (
            {"extra": {"16 × 64": {"reading": (1000, 0.5)}}},
            "'16 × 64', 'reading', 1000 has 0.5: give one or more shares from 0 to 1",
        ),
        (
            {"baselines": {"reading": ("guessing", 33)}},
            "'reading', 'guessing' has [33.0]: give one or more shares from 0 to 1",
        ),
        (
            {"ceilings": {"reading": np.nan}},
            "'reading', 'ceiling' has [nan]: give one or more shares from 0 to 1",
        ),
    ],
)
def test_shares_that_cannot_be_drawn(changed, message):
    given = {
        "scores": {"reading": {1000: [0.5]}},
        "baselines": {"reading": ("guessing", 0.25)},
        "ceilings": {"reading": 1},
    }
    assert_refused(lambda: plot.zero_shot(**given | changed, title="t"), message)


@pytest.mark.parametrize(
    "changes, errors, message",
    [
        ({}, {}, "0 parts: give 1 to 10, which have room"),
        ({str(n): {} for n in range(11)}, {}, "11 parts: give 1 to 10, which have room"),
        (CHANGE, {}, "errors has the parts [] and changes ['quiz']: give the same"),
        ({"quiz": {}}, {"quiz": {}}, "0 tasks: give 1 to 5, which have room"),
        ({"quiz": SIX}, {"quiz": SIX}, "6 tasks: give 1 to 5, which have room"),
        (
            CHANGE | {"shop": {"addition": 1}},
            ERROR | {"shop": {"addition": 1}},
            "'shop' in changes has the tasks ['addition'] and 'quiz' in changes ['reading']: give",
        ),
        (
            CHANGE,
            {"quiz": {"addition": 1}},
            "'quiz' in errors has the tasks ['addition'] and 'quiz' in changes ['reading']: give",
        ),
        (
            {"quiz": {"reading": -101.0}},
            ERROR,
            "'quiz', 'reading' has -101.0 ± 3.0: give percentage points from -100 to 100, and an",
        ),
        (
            {"quiz": {"reading": np.nan}},
            ERROR,
            "'quiz', 'reading' has nan ± 3.0: give percentage points",
        ),
        (
            CHANGE,
            {"quiz": {"reading": -3.0}},
            "'quiz', 'reading' has -54.0 ± -3.0: give percentage points",
        ),
    ],
)
def test_changes_that_cannot_be_drawn(changes, errors, message):
    assert_refused(lambda: plot.lesion(changes, errors, "t"), message)


def assert_refused(draw, message):
    with pytest.raises(ValueError) as error:
        draw()
    assert str(error.value).startswith(message)
    assert not plt.get_fignums()  # a notebook would show it
