"""The lines, bars and cells of a figure are the numbers that it was given, each under its name."""

import numpy as np
import pytest
from bars_html import told, wanted
from matplotlib.colors import to_rgba
from test_diagrams import assert_shows, inside, matrices, place
from test_plot import assert_legible, is_bold, style, texts  # noqa: F401

from gptlib import plot

KINDS = ("something new", "spelling", "grammar", "phrases", "names", "things", "places")
STEPS = [0, 100, 200, 500, 1000, 2000, 5000, 5200]


def curves(ax):
    """The lines of a panel without the pieces of them beside it; and name -> its piece."""
    lines = [line for line in ax.lines if line.get_transform() != ax.transAxes]
    pieces = {line.get_ydata()[0]: line for line in ax.lines if line not in lines}
    names = {text.get_text(): pieces[text.get_position()[1]] for text in ax.texts}
    return lines, names


def look(line):
    """Colour, dashes and marker of a line."""
    return line.get_color(), str(line._unscaled_dash_pattern), line.get_marker()


def assert_lines(ax, x, values):
    """Each line has these values, no two look alike even without colour, and each has its name."""
    lines, names = curves(ax)
    assert list(names) == sorted(values, key=lambda name: ends(values)[name])
    for line, (name, y) in zip(lines, values.items(), strict=True):
        np.testing.assert_array_equal(line.get_xdata(), x)
        np.testing.assert_array_equal(line.get_ydata(), y, err_msg=name)
        assert look(names[name]) == look(line), name
    assert len({look(line)[1:] for line in lines}) == len(lines)
    heights = [text.get_position()[1] for text in ax.texts]
    assert heights == sorted(heights) and 0 < heights[0] and heights[-1] < 1


def ends(values):
    return {name: np.asarray(y)[np.isfinite(y)][-1] for name, y in values.items()}


@pytest.mark.parametrize("apart", [1.0, -1.0, 0.001])  # names have room, or must make it
@pytest.mark.parametrize("first", [0, 1, 6])
@pytest.mark.parametrize("n", [1, 7])
def test_by_kind(apart, first, n):
    steps = STEPS[first:]
    excess = {
        kind: [30.0 * (1 + step) ** -0.5 * 2 ** (apart * i) for step in steps]
        for i, kind in enumerate(KINDS[:n])
    }
    fig = plot.by_kind(steps, excess, title="Spelling <first> for $5")
    assert_legible(fig)
    (ax,) = fig.axes
    assert_lines(ax, steps, excess)
    assert ax.get_yscale() == "log"
    assert ax.get_xscale() == ("symlog" if first == 0 else "log")
    assert ax.get_xlabel() == "step, log scale"
    assert ax.get_ylabel() == "excess, nats per story, log scale"
    shown = {
        tick: label.get_text()
        for tick, label in zip(ax.get_xticks(), ax.get_xticklabels(), strict=True)
    }
    assert set(shown) <= set(steps) and steps[-1] in shown
    assert (5000 in shown) == (first == 6)  # it is too near to 5200 if there are others
    assert all(text == f"{step:,}" for step, text in shown.items())
    assert fig.get_suptitle() == "Spelling <first> for $5"


def test_what_is_not_above_0_has_no_place_on_a_log_scale():
    excess = {"names": [3.0, 1.0, 0.0], "things": [2.0, -0.1, 0.5]}
    fig = plot.by_kind([1, 10, 100], excess, title="Two")
    assert_legible(fig)
    assert_lines(fig.axes[0], [1, 10, 100], {"names": [3, 1, np.nan], "things": [2, np.nan, 0.5]})


NAMES = ["embedding", *(f"after block {n}" for n in range(1, 13))]


@pytest.mark.parametrize("n", [3, 5, 13])
@pytest.mark.parametrize("wide", [1, 100])
def test_stream(n, wide):
    sizes = {
        "std 0.02": [wide ** (i / (n - 1)) for i in range(n)],
        "std 0.02, less for what writes": [1.0] * n,
        "std 0.2": np.linspace(1, 2, n),
    }
    fig = plot.stream(sizes, NAMES[:n], title="It $grows")
    assert_legible(fig)
    (ax,) = fig.axes
    assert_lines(ax, range(n), sizes)
    assert [label.get_text() for label in ax.get_xticklabels()] == NAMES[:n]
    assert ax.get_yscale() == ("log" if wide == 100 else "linear")
    assert ax.get_ylabel() == "size of the stream (RMS)" + ", log scale" * (wide == 100)
    assert wide == 100 or ax.get_ylim()[0] == 0  # no slope looks steeper than it is
    bottom, top = ax.get_ylim()
    assert top > max(max(values) for values in sizes.values())


def test_a_stream_through_many_blocks():
    sizes = {"as they are": np.linspace(0.03, 9, 25), "scaled": np.linspace(0.03, 1, 25)}
    names = [str(n) for n in range(25)]
    fig = plot.stream(sizes, names, title="Far up", xlabel="after so many blocks")
    assert_legible(fig)
    (ax,) = fig.axes
    assert_lines(ax, range(25), sizes)
    assert [label.get_text() for label in ax.get_xticklabels()] == names
    assert ax.get_xlabel() == "after so many blocks"


def test_generation_times():
    lengths = np.arange(16, 257, 16)
    times = {"without cache": 2 + 0.0004 * lengths**2, "with cache": 1.5 + 0.003 * lengths}
    fig = plot.generation_times(lengths, times, title="Longer, and not slower")
    assert_legible(fig)
    (ax,) = fig.axes
    assert_lines(ax, lengths, times)
    assert (ax.get_xlim()[0], ax.get_ylim()[0]) == (0, 0)
    assert ax.get_xlabel() == "tokens so far"
    assert ax.get_ylabel() == "ms for one more"
    slow = plot.generation_times(lengths, times | {"without": 50 * times["without cache"]}, "Slow")
    assert_legible(slow)
    assert slow.axes[0].get_yscale() == "log" and "log scale" in slow.axes[0].get_ylabel()


@pytest.mark.parametrize(
    "draw, message",
    [
        (
            lambda: plot.by_kind([1, 2], {"a": [1.0]}, "t"),
            "'a' has numbers of shape (1,): give 2, one for each step",
        ),
        (lambda: plot.by_kind([1, 2], {"a": [0.0, -1]}, "t"), "'a' has no number above 0: leave"),
        (lambda: plot.by_kind([1], {"a": [np.nan]}, "t"), "'a' has nan: give finite numbers"),
        (
            lambda: plot.by_kind([1], {str(i): [1.0] for i in range(9)}, "t"),
            "9 lines: give 1 to 8, which can be told apart",
        ),
        (lambda: plot.by_kind([1], {}, "t"), "0 lines: give 1 to 8"),
        (
            lambda: plot.generation_times([1], {"a": [1.0, 2]}, "t"),
            "'a' has numbers of shape (2,): give 1, one for each length",
        ),
        (
            lambda: plot.stream({"a": [1.0]}, ["x", "y"], "t"),
            "'a' has numbers of shape (1,): give 2, one for each depth",
        ),
        (lambda: plot.stream({str(i): [1.0] for i in range(5)}, ["x"], "t"), "5 lines: give 1"),
    ],
)
def test_lines_that_cannot_be_drawn(draw, message):
    with pytest.raises(ValueError) as error:
        draw()
    assert str(error.value).startswith(message)


def test_the_styles_of_lines_differ_without_colour():
    values = {str(i): [1.0 + i, 2.0 + i] for i in range(8)}
    fig = plot.by_kind([1, 2], values, title="Eight")
    assert_legible(fig)
    markers = [line.get_marker() for line in curves(fig.axes[0])[0]]
    assert len(set(markers)) == 8


def rectangles(ax):
    """Of each bar, by where it stands: height, whether it is hatched, and whether it is filled."""
    found = {}
    for bar in ax.patches:
        assert bar.get_y() == 0
        middle = round(bar.get_x() + bar.get_width() / 2, 6)
        filled = bar.get_facecolor() == to_rgba(plot.HIGHLIGHT)
        found.setdefault(middle, []).append((bar.get_height(), bool(bar.get_hatch()), filled))
    return found


@pytest.mark.parametrize("kept_count", [1, 6, 20, 30, 61])
@pytest.mark.parametrize("long", [False, True])
def test_distribution(kept_count, long):
    rng = np.random.default_rng(1)
    tokens = list("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ \n$.,!?-'")
    tokens = [f" the {token}whole{token}word" for token in tokens] if long else tokens
    probs = rng.dirichlet(np.full(61, 0.3))
    kept = np.where(np.argsort(np.argsort(-probs)) < kept_count, probs, 0)
    kept /= kept.sum()
    fig = plot.distribution(probs, kept, tokens, title="What $may come")
    assert_legible(fig)
    (ax,) = fig.axes
    bars = wanted(probs, kept, tokens)
    names = [label.get_text().replace("\n", " ") for label in ax.get_xticklabels()]
    assert names == [name for name, _, _ in bars]
    drawn = rectangles(ax)
    assert list(drawn) == sorted(drawn) == list(np.round(ax.get_xticks(), 6))
    numbers = {round(text.get_position()[0], 6): text for text in ax.texts}
    for (x, shown), (_, before, after) in zip(drawn.items(), bars, strict=True):
        if before > 0 and after == 0:
            assert shown == [(pytest.approx(before), True, False)] and x not in numbers
        else:
            # The new height filled, the old one as an outline, and the number above both.
            assert shown == [
                (pytest.approx(after), False, True),
                (pytest.approx(before), False, False),
            ]
            assert (x in numbers) == (after >= 0.005)
            if x in numbers:
                assert numbers[x].get_text() == f"{after:.0%}"
                assert numbers[x].get_position()[1] > max(before, after)
    highest = max(max(before, after) for _, before, after in bars)
    assert ax.get_ylim()[0] == 0 and ax.get_ylim()[1] > highest
    ticks = {
        t: label.get_text() for t, label in zip(ax.get_yticks(), ax.get_yticklabels(), strict=True)
    }
    assert all(float(text.rstrip("%")) == pytest.approx(100 * t) for t, text in ticks.items())
    legend = [text.get_text() for text in ax.get_legend().get_texts()]
    assert legend == ["kept, at its new height", "height before the cut", "cut off"]
    patches = ax.get_legend().get_patches()
    assert [bool(patch.get_hatch()) for patch in patches] == [False, False, True]
    assert fig.get_suptitle() == "What $may come"


def test_a_greedy_distribution():
    one = np.eye(61)[7]
    fig = plot.distribution(one, one, ["x"] * 61, title=told(one, one))
    assert_legible(fig)
    assert rectangles(fig.axes[0]) == {
        0: [(1.0, False, True), (1.0, False, False)],
        1.4: [(0.0, False, True), (0.0, False, False)],
    }
    assert [text.get_text() for text in fig.axes[0].texts] == ["100%"]


def test_a_distribution_that_is_none():
    with pytest.raises(ValueError, match=r"kept sum to 0.5: give probabilities, which sum to 1"):
        plot.distribution([0.5, 0.5], [0.5, 0], "ab", title="Half")


TEXT = "Mia lost $5 in <b>.\n She ran to Tom"


@pytest.mark.parametrize("T", [1, 5, 32])
@pytest.mark.parametrize("L", [1, 5])
def test_lens(T, L):
    rng = np.random.default_rng(0)
    chars = TEXT[: T + 1]
    guesses = ["".join(rng.choice([came, "e"]) for came in chars[1:]) for _ in range(L)]
    probs = rng.random((L, T))
    fig = plot.lens(chars, guesses, probs, NAMES[:L], title="The deeper, the $surer")
    assert_legible(fig)
    for row in (chars[:-1], *guesses, chars[1:]):
        assert f": {plot.visible(''.join(row))}" in fig.get_label()
    assert_shows(fig, "lens", probs[::-1])  # the top of the model is the top of the picture
    mesh = matrices(fig)["lens"]
    np.testing.assert_array_equal(mesh.to_rgba(0.3), plot.attention.LOOKS(0.3))
    np.testing.assert_array_equal(mesh.to_rgba(1.0), plot.attention.LOOKS(1.0))
    left, top, right, bottom = place(mesh)
    wide, high = (right - left) / T, (bottom - top) / L
    letters = {text.get_position(): text for text in texts(fig)}
    frames = [
        patch.get_bbox().get_points().mean(axis=0)
        for patch in fig.axes[0].patches
        if patch.get_edgecolor() == to_rgba(plot.HIGHLIGHT)
    ]
    framed = {((x - left) // wide, (bottom - y) // high) for x, y in frames if x < right}
    for depth in range(L):
        y = bottom - (depth + 1) * high
        assert inside(fig, (0, y, left, y + high)) == [NAMES[depth]]
        for t in range(T):
            x, guess = left + t * wide, guesses[depth][t]
            assert inside(fig, (x, y, x + wide, y + high)) == [plot.visible(guess)]
            (drawn,) = [
                text for (a, b), text in letters.items() if x < a < x + wide and y < b < y + high
            ]
            came = guess == chars[t + 1]
            assert is_bold(drawn) == came and ((t, depth) in framed) == came
            assert drawn.get_color() == ("white" if probs[depth, t] > 0.6 else "black")
    shown = [plot.visible(char) for char in chars]
    assert inside(fig, (left, top - 0.3, right, top)) == shown[1:]
    assert inside(fig, (left, bottom, right, bottom + 0.3)) == shown[:-1]
    assert "what came" in inside(fig, (0, top - 0.3, left, top))


@pytest.mark.parametrize(
    "chars, guesses, probs, message",
    [
        ("a", [""], [[]], "there are 1 chars: give 2 to 33, those read and one that came"),
        ("a" * 34, ["a" * 33], [[0.5] * 33], "there are 34 chars: give 2 to 33"),
        ("abc", ["ab"], [[0.5] * 3], "probs are (1, 3) and guesses 1 rows of [2], but there are 1"),
        ("abc", ["abc"], [[0.5] * 2], "probs are (1, 2) and guesses 1 rows of [3], but there"),
        ("abc", ["ab", "ab"], [[0.5] * 2] * 2, "probs are (2, 2) and guesses 2 rows of [2], but"),
        ("abc", ["ab"], [[0.5, 1.5]], "probs[0, 1] is 1.5: give probabilities"),
        ("abc", ["ab"], [[np.nan, 0.5]], "probs[0, 0] is nan: give probabilities"),
        ("abc", [["a", "bc"]], [[0.5, 0.5]], "'bc' is a guess: give one character"),
    ],
)
def test_lens_wants_sizes_that_fit(chars, guesses, probs, message):
    with pytest.raises(ValueError) as error:
        plot.lens(chars, guesses, probs, ["one"], title="t")
    assert str(error.value).startswith(message)


def test_loss_and_look_are_drawn_as_they_are():
    nats = {"names": [3, 2, 0.1], "things": [4, 1, 0.2]}
    look = {"names": [0.1, 0.2, 0.9], "things": [0.1, 0.4, 0.7]}
    fig = plot.learned_to_look([10, 20, 30], nats, look, "A head looks back")
    assert_legible(fig)
    left, right = fig.axes
    for ax, lines in ((left, nats), (right, look)):
        for line, (kind, values) in zip(ax.lines, lines.items(), strict=False):
            assert line.get_label() == kind
            assert line.get_xydata().tolist() == [
                list(p) for p in zip([10, 20, 30], values, strict=True)
            ]
        assert to_rgba(ax.lines[0].get_color()) != to_rgba(ax.lines[1].get_color())
    assert right.get_ylim() == (0, 1) and left.get_ylim()[0] == 0


@pytest.mark.parametrize("look", [{"things": [0, 1]}, {"names": [0.5]}, {"names": [0.5, np.nan]}])
def test_loss_and_look_of_different_kinds_or_steps(look):
    with pytest.raises(ValueError, match="give"):
        plot.learned_to_look([10, 20], {"names": [2, 1]}, look, "A head looks back")


def test_singular_values_are_drawn_for_each_matrix():
    values = {"gradient": [4, 0.2, 0.1], "signs": [2, 1, 0.5], "Muon": [1.1, 0.9, 0.7]}
    fig = plot.singular_values(values, "All directions alike")
    (ax,) = fig.axes
    for line, (name, each) in zip(ax.lines, values.items(), strict=True):
        assert line.get_label() == name
        assert line.get_xydata().tolist() == [[n, value] for n, value in enumerate(each, 1)]
    assert ax.get_yscale() == "log"
    assert len({line.get_marker() for line in ax.lines}) == 3
    with pytest.raises(ValueError):
        plot.singular_values({"a": [4, 0.2, 0.1], "b": [1.1, 0.9]}, "All directions alike")
    with pytest.raises(ValueError):
        plot.singular_values({str(n): [1, 2] for n in range(4)}, "All directions alike")


def test_a_loss_and_right_answers_over_the_same_steps():
    steps, losses = [10, 20, 30], [0.3, 0.2, 0.1]
    right, errors = [0.5, 0.6, 0.9], [0.04, 0.03, 0.02]
    fig = plot.pretraining(steps, losses, right, errors, {"floor": 0.09}, 0.5, "It learns")
    left, answers = fig.axes
    np.testing.assert_array_equal(left.lines[0].get_xydata(), np.transpose([steps, losses]))
    np.testing.assert_array_equal(answers.lines[0].get_xydata(), np.transpose([steps, right]))
    (bars,) = (c for c in answers.collections)
    low, high = np.array(bars.get_segments())[:, :, 1].T
    np.testing.assert_allclose((low, high), (np.subtract(right, errors), np.add(right, errors)))
    assert "0.09 floor" in [text.get_text() for text in left.texts]
    with pytest.raises(ValueError, match="give equal ones"):
        plot.pretraining(steps, losses[1:], right, errors, {}, 0.5, "It learns")
