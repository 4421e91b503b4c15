"""The text and the arrays behind every figure, and that a reader can make them out."""

import runpy
from itertools import combinations
from pathlib import Path
from unittest.mock import patch

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.colors import to_hex, to_rgba
from matplotlib.patches import FancyArrowPatch
from matplotlib.text import Text

from gptlib import plot

matplotlib.use("Agg")

IMAGES = Path(__file__).parent.parent / "images"
STOPS = runpy.run_path(str(IMAGES / "build.py"))["STOPS"]

SENTENCES = [
    "On a windy morning Mia put her red kite in the shed.",
    "Tom wanted it.",
    "Mia went to the river, all the way down the hill and over the old bridge, to see the frogs.",
    'Now the shed cost $5, the bridge $6, and "the kite" was <gone> & hidden under the boat.',
    "So Mia and Tom ran there.",
]
USES = [
    [],
    [(0, "who has it")],
    [],
    [(0, "where it is"), (0, "whose it is")],
    [(2, "a"), (3, "$x$")],
]


@pytest.fixture(autouse=True)
def style():
    with matplotlib.rc_context():
        plot.use_style()
        yield
    plt.close("all")


def texts(fig):
    """The texts that are really drawn: a tick label outside its axes, for one, is not."""
    with patch.object(Text, "draw", autospec=True) as draw:
        fig.canvas.draw()
    called = [call.args[0] for call in draw.call_args_list]
    return [text for text in called if text.get_text() and text.get_visible()]


def assert_legible(fig):
    """Every text is large enough, lies inside the figure, and overlaps no other."""
    frame = fig.bbox.padded(1)
    boxes = [(text.get_text(), text.get_window_extent()) for text in texts(fig)]
    # The sign of a space has ink only in the lower half of its box.
    boxes = [(text, box.shrunk(1, 0.5) if text == "␣" else box) for text, box in boxes]
    for text, box in boxes:
        assert frame.contains(box.x0, box.y0), f"{text!r} leaves the figure"
        assert frame.contains(box.x1, box.y1), f"{text!r} leaves the figure"
    for (one, box), (other, beside) in combinations(boxes, 2):
        # A glyph's box ends beyond its ink: two may touch by a pixel.
        assert not box.padded(-1).overlaps(beside.padded(-1)), f"{one!r} overlaps {other!r}"
    assert min(text.get_fontsize() for text in texts(fig)) >= 9
    assert fig.get_size_inches()[0] == plot.WIDTH


@given(st.text())
def test_visible_shows_every_character(text):
    shown = plot.visible(text)
    assert len(shown) >= len(text)
    assert shown.isprintable()
    assert not any(char.isspace() for char in shown)


def test_visible_leaves_ink_as_it_is():
    assert plot.visible("a$\\é猫🙂") == "a$\\é猫🙂"
    assert plot.visible(" \n\t\r\u3000") == "␣↵→\\r\\u3000"


@pytest.mark.parametrize("kind", [np.array, torch.tensor])
@pytest.mark.parametrize(("B", "T"), [(1, 1), (3, 16), (2, 32)])
def test_batch(B, T, kind):
    text = "so he\n said: $a_$ or\tb?" * 3
    idx = np.array([[ord(text[b + t]) for t in range(T)] for b in range(B)])
    targets = np.array([[ord(text[b + t + 1]) for t in range(T)] for b in range(B)])
    fig = plot.batch(kind(idx.tolist()), kind(targets.tolist()), chr)
    assert_legible(fig)

    drawn = {tuple(np.round(text.get_position(), 6)): text.get_text() for text in fig.axes[0].texts}
    y = {label: y for (_, y), label in drawn.items()}
    for b in range(B):
        assert y[f"idx[{b}]"] < y[f"targets[{b}]"]  # y points down
        for t in range(T):
            assert drawn[t, y[f"idx[{b}]"]] == plot.visible(chr(idx[b, t]))
            assert drawn[t, y[f"targets[{b}]"]] == plot.visible(chr(targets[b, t]))

    # Every line joins a target to the same character, one place later in the same row.
    assert len(fig.axes[0].lines) == B * (T - 1)
    for line in fig.axes[0].lines:
        (left, right), (below, above) = line.get_data()
        assert right == left + 1
        target, later = drawn[left, round(below + 0.5, 6)], drawn[right, round(above - 0.5, 6)]
        assert target == later


def test_tale():
    fig = plot.tale(SENTENCES, USES)
    assert_legible(fig)
    ax = fig.axes[0]
    shown = [text.get_text() for text in ax.texts]
    for sentence in SENTENCES:
        assert sentence in " ".join(shown)
    for note in ("who has it (told in 0)", "whose it is (told in 0)", "$x$ (told in 3)"):
        assert note in shown
    assert ax.get_title("left") == "2 of 5 sentences repeat a fact from two or more sentences back"
    assert not any(text.get_parse_math() for text in ax.texts)  # $ is a dollar

    numbers = {text.get_position()[1]: int(text.get_text()) for text in ax.texts if is_bold(text)}
    rows = sorted(numbers, key=numbers.get)
    assert rows == sorted(rows)
    arcs = [arc.get_path().vertices for arc in ax.patches if isinstance(arc, FancyArrowPatch)]
    ends = [tuple(nearest(y, numbers) for _, y in arc[[0, 3]]) for arc in arcs]
    assert sorted(ends) == [(1, 0), (3, 0), (4, 2), (4, 3)]


def is_bold(text):
    return text.get_fontweight() == "bold"


def nearest(y, numbers):
    return numbers[min(numbers, key=lambda row: abs(row - y))]


@pytest.mark.parametrize("n", [4, 10])
def test_a_long_tale_fits(n):
    sentences = [
        "Mmm, a wide sentence of a great many words, wrapped if need be: as wide as 90 "
    ] * n
    uses = [
        [(j, "where the big red kite with a tail is") for j in range(max(0, i - 3), i)]
        for i in range(n)
    ]
    uses[-1] = [(0, "who flew it")]
    fig = plot.tale(sentences, uses)
    assert_legible(fig)
    for arc in fig.axes[0].patches:
        assert fig.bbox.padded(1).contains(*arc.get_window_extent().min)


def test_a_tale_without_uses_for_each_sentence():
    with pytest.raises(ValueError, match="zip"):
        plot.tale(SENTENCES, USES[:-1])


@pytest.mark.parametrize("lit", range(len(STOPS)))
def test_course_map(lit):
    fig = plot.course_map(STOPS, lit)
    assert_legible(fig)
    shown = fig.axes[0].texts
    assert [text.get_text().replace("\n", " ") for text in shown] == STOPS
    assert [is_bold(text) for text in shown] == [i == lit for i in range(len(STOPS))]
    dots = fig.axes[0].collections
    lit_colour = to_rgba(plot.HIGHLIGHT)
    assert [tuple(dot.get_facecolor()[0]) == lit_colour for dot in dots] == [
        i == lit for i in range(len(STOPS))
    ]
    assert max(range(len(dots)), key=lambda i: dots[i].get_sizes()[0]) == lit


def test_character_counts():
    fig = plot.character_counts("banana $\n $")
    assert_legible(fig)
    ax = fig.axes[0]
    shown = dict(zip((t.get_text() for t in ax.get_xticklabels()), ax.patches, strict=True))
    heights = {char: bar.get_height() * 11 / 100 for char, bar in shown.items()}
    assert heights == pytest.approx({"a": 3, "n": 2, "␣": 2, "$": 2, "b": 1, "↵": 1})
    assert list(heights.values()) == sorted(heights.values(), reverse=True)
    assert ax.get_title("left") == "27% of the text is the character a"
    assert (
        ax.get_xlabel()
        == "all 6 characters, the most frequent first; space as ␣ and line break as ↵"
    )


def test_character_counts_of_many_characters():
    fig = plot.character_counts("".join(chr(33 + i) for i in range(94)) + "~")
    assert_legible(fig)
    assert len(fig.axes[0].patches) == plot.MOST_BARS
    assert (
        fig.axes[0].get_xlabel()
        == "the 80 most frequent characters, space as ␣ and line break as ↵"
    )


def test_pictures_are_drawn_the_same_every_time(tmp_path):
    build = runpy.run_path(str(IMAGES / "build.py"))["build"]
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        build(tmp_path / name)
    one, two = (sorted((tmp_path / name).iterdir()) for name in ("one", "two"))
    assert [path.read_bytes() for path in one] == [path.read_bytes() for path in two]
    photograph = {"explorer.png"}
    assert {path.name for path in one} | photograph == {path.name for path in IMAGES.glob("*.png")}
    for path in one:
        drawn, stored = plt.imread(path), plt.imread(IMAGES / path.name)
        assert drawn.shape == stored.shape, f"{path.name} is not what build.py draws: make images"
        # Another machine may round the shade of a pixel differently, but not draw another letter.
        assert np.isclose(drawn, stored, atol=0.1).mean() > 0.9999, f"{path.name}: make images"


def test_guesses():
    likely = {"a": 0.3, "b": 0.2, "c": 0.15, "d": 0.1, "e": 0.1, "f": 0.08, "g": 0.05, "h": 0.02}
    figure = plot.guesses([("little", likely), ("all", {"h": 1.0})], truth="h")
    little, everything = figure.axes
    # Six bars a panel, and what came is among them though seven are likelier.
    assert [bar.get_width() for bar in little.patches] == [0.3, 0.2, 0.15, 0.1, 0.1, 0.02]
    assert [text.get_text() for text in little.texts][::2] == list("abcdeh")
    assert [bar.get_width() for bar in everything.patches] == [1.0]
    highlighted = [to_hex(bar.get_facecolor()).upper() == plot.HIGHLIGHT for bar in little.patches]
    assert highlighted == [False] * 5 + [True]
    assert figure.get_suptitle() == "Knowing more takes the guess 'h' from 2% to 100%"


LOST = "Mia lost a kite.\n\n"
NATS = [2.0, 0.7, 0.0, *[0.0] * 8, 3.0, *[0.0] * 5, 0.1]


def test_surprise():
    fig = plot.surprise(LOST, NATS)
    assert_legible(fig)
    ax = fig.axes[0]
    letters = [text for text in ax.texts if "%" not in text.get_text()]
    assert "".join(text.get_text() for text in letters) == "Mia lost a kite.↵↵"
    assert [is_bold(text) for text in letters] == [n > 0 for n in NATS]
    pale = to_rgba(plot.BEFORE)
    assert [to_rgba(text.get_color()) == pale for text in letters] == [n == 0 for n in NATS]
    # Four bars stand behind their letters, as much higher than the lowest as they hold more nats.
    places = [text.get_position()[0] for text, n in zip(letters, NATS, strict=True) if n]
    middles = [bar.get_x() + bar.get_width() / 2 for bar in ax.patches]
    assert middles == pytest.approx(places)
    heights = [bar.get_height() for bar in ax.patches]
    rises = [height - heights[3] for height in heights]
    assert [rise / rises[0] for rise in rises] == pytest.approx([1, 0.6 / 1.9, 2.9 / 1.9, 0])
    shades = [sum(to_rgba(bar.get_facecolor())) for bar in ax.patches]
    assert sorted(range(4), key=lambda i: shades[i]) == [2, 0, 1, 3]
    # exp(-2) and exp(-3); the second letter stands beside a higher one.
    assert [text.get_text() for text in ax.texts if "%" in text.get_text()] == ["14%", "5%"]
    assert ax.get_title("left") == "Half of the surprise is in 1 of 18 characters"


def test_no_percentage_in_a_picture_of_surprise_touches_another_line():
    fig = plot.surprise("word " * 40, [6.0, 0.1, 0.1, 0.1, 0.1] * 40)
    fig.canvas.draw()
    labels = [t.get_window_extent() for t in fig.axes[0].texts if t.get_text() == "<1%"]
    bars = [bar.get_window_extent() for bar in fig.axes[0].patches]
    assert len(labels) == 40
    assert not any(label.overlaps(bar) for label in labels for bar in bars)


def test_two_surprises_on_one_scale():
    def heights(nats, **scale):
        return [bar.get_height() for bar in plot.surprise("ab", nats, **scale).axes[0].patches]

    assert heights([1.0, 2.0]) == heights([1.0, 2.0], highest=4)
    assert heights([1.0, 2.0], highest=8)[0] == pytest.approx(heights([1.0, 8.0])[0])
    assert heights([1.0, 8.0], highest=4) == heights([1.0, 8.0], highest=8)


@pytest.mark.parametrize(("text", "nats"), [("", []), ("ab", [1.0]), ("a", [1.0, 2.0])])
def test_surprise_wants_a_number_for_each_character(text, nats):
    with pytest.raises(ValueError, match=f"{len(nats)} surprisals for {len(text)} characters"):
        plot.surprise(text, nats)


def test_surprise_of_a_long_text_breaks_lines_between_words():
    text = " ".join(f"word{i}" for i in range(60)) + "x" * 200
    fig = plot.surprise(text, [6.0] * len(text))
    assert_legible(fig)
    shown = sorted(fig.axes[0].texts, key=lambda t: (t.get_position()[1], t.get_position()[0]))
    assert "".join(t.get_text() for t in shown if "%" not in t.get_text()) == text


@pytest.mark.parametrize("names", ["ab\n", "abcdefghijklmnopqrstuvwxyz \n.,\"'"])
def test_pairs(names):
    n = len(names)
    probs = np.eye(n)[np.arange(n) - 1] * 0.6  # after each comes the one before it in names
    probs[1, 0], probs[2, 0] = 0.9, 0.25
    fig = plot.pairs(torch.tensor(probs), names)
    assert_legible(fig)
    ax, bar = fig.axes
    [image] = ax.images
    assert np.array_equal(image.get_array(), probs)
    darkness = 1 - image.to_rgba(probs)[..., 0]
    assert darkness[1, 0] > darkness[2, 1] > darkness[2, 0] > darkness[0, 0] == 0
    for labels in (ax.get_xticklabels(), ax.get_yticklabels()):
        assert [label.get_text() for label in labels] == [plot.visible(name) for name in names]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("this one comes", "after this one")
    assert ax.get_title("left") == "After b comes a with 90%"


LANDMARKS = {"knows nothing": 4.11, "best bigram": 2.34, "exact floor": 0.09, "a head": 2.3}


@pytest.mark.parametrize("steps", [1, 2, 1000])
@pytest.mark.parametrize("landmarks", [LANDMARKS, {"knows nothing": 0.0, "best bigram": 0.0}])
def test_loss_curve(steps, landmarks):
    train = list(np.linspace(4.2, 2.4, steps))
    valid = {0: 4.11, steps / 2: 3.0, steps: 2.5}
    fig = plot.loss_curve(train, valid, landmarks)
    assert_legible(fig)
    ax = fig.axes[0]
    *lines, one, two = ax.lines
    assert sorted(line.get_ydata()[0] for line in lines) == sorted(landmarks.values())
    assert np.array_equal(one.get_xdata(), np.arange(1, steps + 1))
    assert np.array_equal(one.get_ydata(), train)
    assert dict(zip(*two.get_data(), strict=True)) == valid
    assert (one.get_color(), two.get_color()) == (plot.TRAIN, plot.VALID)
    assert (one.get_linestyle(), two.get_linestyle()) == ("-", "--")
    labels = {text.get_text() for text in ax.texts}
    assert labels == {f"{loss:.2f}  {name}" for name, loss in landmarks.items()}
    places = sorted((text.get_position()[1], text.get_text()) for text in ax.texts)
    losses = [float(text[:4]) for _, text in places]
    assert losses == sorted(losses)  # the higher the loss, the higher up
    low, high = ax.get_ylim()
    assert low == 0 and high > max(4.2, *landmarks.values())
    assert ax.get_title("left") == f"Validation loss from 4.11 to 2.50 in {steps} steps"


@pytest.mark.parametrize(
    ("valid", "title"),
    [
        ({0: 0.9, 10: 0.123, 20: 0.21}, "Validation loss is lowest at step 10, 0.12; at 20, 0.21"),
        ({0: 0.9, 10: 0.2051, 20: 0.2052}, "Validation loss from 0.90 to 0.21 in 20 steps"),
        ({0: 0.1, 10: 0.5}, "Validation loss from 0.10 to 0.50 in 10 steps"),  # nothing is learned
        ({0: 0.1}, "Validation loss from 0.10 to 0.10 in 0 steps"),
    ],
)
def test_the_lowest_loss_is_marked_and_named(valid, title):
    ax = plot.loss_curve([1.0, 0.5], valid, LANDMARKS).axes[0]
    assert ax.get_title("left") == title
    marked = [line.get_xydata().tolist() for line in ax.lines if line.get_label() == "lowest"]
    assert marked == ([[[10, 0.123]]] if "lowest" in title else [])


def test_a_figure_as_a_file():
    raw = plot.png(plot.loss_curve([1.0], {0: 1.0, 1: 0.5}, {"knows nothing": 1.0}))
    assert raw.startswith(b"\x89PNG")
    assert not plt.get_fignums()


def cells(ax):
    """The weights that a panel shows, and which of them let the hatching behind them show."""
    (image,) = ax.images
    (behind,) = [patch for patch in ax.patches if patch.get_hatch()]
    assert behind.get_zorder() < image.get_zorder()
    rows, columns = image.get_size()
    np.testing.assert_array_equal(behind.get_bbox().extents + 0.5, [0, 0, columns, rows])
    hatched = np.ma.getmaskarray(image.get_array())
    assert not image.to_rgba(image.get_array())[hatched, 3].any()
    assert (image.norm.vmin, image.norm.vmax) == (0, 1)
    return np.asarray(image.get_array().data), hatched


@pytest.mark.parametrize("T, S", [(4, 4), (3, 8), (6, 36), (40, 20), (128, 128)])
@pytest.mark.parametrize("n", [1, 2])
def test_weights(T, S, n):
    mask = np.arange(S) <= np.arange(T)[:, None]
    shown = [mask / mask.sum(1, keepdims=True), np.full((T, S), 1 / S)][:n]
    panels = dict(zip(["past", "all"], zip(shown, [mask, None], strict=False), strict=False))
    rows, columns = [f"$row{t}" for t in range(T)], [f"<word{s}>" for s in range(S)]
    fig = plot.weights(panels, rows, columns, title="Who looks at $whom")
    assert_legible(fig)
    named = S < 100 and (S < 36 or n == 1)  # otherwise the cells are too small
    beside = rows if named else [str(t) for t in range(0, T, 16)]
    below = columns if named else [str(s) for s in range(0, S, 16)]
    for ax, values, hidden in zip(fig.axes, shown, [~mask, np.zeros_like(mask)], strict=False):
        drawn, hatched = cells(ax)
        np.testing.assert_array_equal(drawn, values)
        np.testing.assert_array_equal(hatched, hidden)
        assert [label.get_text() for label in ax.get_yticklabels()] == beside
        assert [label.get_text() for label in ax.get_xticklabels()] == below
        numbers = [text.get_text() for text in ax.texts]
        assert numbers == ([f"{x:.2f}" for x in values[~hidden]] if S <= 8 else [])


def test_look():
    text = "\n" + "one two three four, " * 9
    looks = np.zeros(100)
    looks[[3, 50, 98, 99]] = 0.04, 0.55, 0.3, 0.11
    told = slice(50, 53)
    fig = plot.look(text, looks, told, title="Where it <looks> for $5")
    assert_legible(fig)
    (ax,) = fig.axes
    assert sum(len(line.get_xdata()) == 2 for line in ax.lines) == 3  # under each character
    blue = [patch.get_facecolor() for patch in ax.patches]
    assert len(blue) == len(text)
    assert blue[50] == plot.attention.LOOKS(0.55) and blue[0] == to_rgba("white")
    framed = [i for i, patch in enumerate(ax.patches) if patch.get_edgecolor() == to_rgba("black")]
    assert framed == [99]
    shown = [text for text in ax.texts if text.get_text() not in ("", " ")]
    assert [t.get_text() for t in shown if "%" in t.get_text()] == ["55%", "30%"]
    characters = [t for t in ax.texts if "%" not in t.get_text()]
    assert [t.get_color() == plot.BEFORE for t in characters] == [i > 99 for i in range(len(text))]


def test_positions():
    tables = {"one": np.eye(12, 6), "two": np.arange(72.0).reshape(12, 6)}
    fig = plot.positions(tables, at=5, title="Two tables")
    assert_legible(fig)
    maps = [ax for ax in fig.axes if ax.images and ax.get_xlabel() == "channel"]
    for ax, table in zip(maps, tables.values(), strict=True):
        np.testing.assert_array_equal(ax.images[0].get_array(), table)
    curves = [ax.lines[0].get_ydata() for ax in fig.axes if ax.get_ylabel().startswith("dot")]
    np.testing.assert_array_equal(curves, [table @ table[5] for table in tables.values()])
