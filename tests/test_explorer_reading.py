"""What the reading explorer shows is what the classifier says, and a tale is never but text."""

import base64
import io
import re

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pytest
import reading_html
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.colors import to_rgba
from test_explorer import HOSTILE, described, html
from test_plot import assert_legible, style  # noqa: F401

from gptlib import plot
from gptlib.explorer import ReadingExplorer
from gptlib.plot.reading import Reading, read, reading

matplotlib.use("Agg")

TALES = [
    "Clara lent her red kite to Tom in the park.\nTom ran off with it.",
    "Ben asked Mia whether she wanted his boat.\n\n",
    "Go!",
]
HYPOTHESES = ["The girl has it.", "The boy has it."]
LABELS = ["yes", "no", "it does not say"]


def classify(pairs):
    """Probabilities that hang on each word, on the order of the words, and on the hypothesis."""
    seeds = [[ord(char) for char in f"{tale}|{hypothesis}"] for tale, hypothesis in pairs]
    powers = np.exp([np.random.default_rng(seed).normal(size=3) for seed in seeds])
    return powers / powers.sum(axis=1, keepdims=True)


def explore(**more):
    given = {"tales": TALES, "hypotheses": HYPOTHESES, "labels": LABELS}
    return ReadingExplorer(**{"classify": classify} | given | more)


def expected(tale, hypothesis, asked=classify):
    words = tale.split()
    texts = [words] + [words[:i] + words[i + 1 :] for i in range(len(words))]
    return asked([(" ".join(text), hypothesis) for text in texts])


def choose(explorer, tale, hypothesis):
    explorer.tale.value, explorer.hypothesis.value = tale, hypothesis


@pytest.mark.parametrize("hypothesis", range(2))
@pytest.mark.parametrize("tale", range(3))
def test_the_words_and_the_answer_are_those_of_the_menus(tale, hypothesis):
    explorer = explore()
    choose(explorer, tale, hypothesis)
    probs = expected(TALES[tale], HYPOTHESES[hypothesis])
    np.testing.assert_array_equal(explorer.reading.probs, probs)
    reading_html.check(html(explorer), TALES[tale], HYPOTHESES[hypothesis], LABELS, probs)


@pytest.mark.parametrize("tale", TALES)
def test_a_word_matters_as_much_as_when_it_is_left_out(tale):
    found, words = read(classify, tale, HYPOTHESES[0], LABELS), tale.split()
    for i, fall in enumerate(found.falls):
        left = " ".join(words[:i] + words[i + 1 :])
        whole, without = classify([(" ".join(words), HYPOTHESES[0]), (left, HYPOTHESES[0])])
        assert fall == whole.max() - without[whole.argmax()]


# By hand: the answer is "no"; one word takes much from it, one turns it, one adds to it.
PROBS = np.array(
    [[0.1, 0.9, 0], [0.4, 0.6, 0], [0.05, 0.2, 0.75], [0.04, 0.96, 0], [0.1, 0.9, 0], [0.2, 0.8, 0]]
)
BY_HAND = Reading("He lent a kite, today.".split(), "She has it.", LABELS, PROBS)


def test_by_hand():
    np.testing.assert_allclose(BY_HAND.falls, [0.3, 0.7, -0.06, 0, 0.1], atol=1e-12)
    assert BY_HAND.answer == 1
    assert BY_HAND.changed == ["", "it does not say", "", "", ""]
    assert BY_HAND.sentence == (
        "The answer is “no”, 90%. It is 70 points less probable without “lent” (1), 30 less "
        "without “He” (0) and 10 less without “today.” (4). The answer becomes “it does not say” "
        "without “lent” (1)."
    )


def without(*rows):
    """Of a text with as many words, the sentence."""
    words = "a b c d e f".split()[: len(rows)]
    return Reading(words, "", ["yes", "no"], np.array([[0.6, 0.4], *rows])).sentence


def test_the_sentence():
    assert without([0.604, 0.396], [0.597, 0.403]) == (
        "The answer is “yes”, 60%. No word changes that by a point when it is left out."
    )
    assert without([0.61, 0.39]) == (
        "The answer is “yes”, 60%. It is 1 point more probable without “a” (0)."
    )
    four = [[0.4, 0.6], [0.3, 0.7], [0.4, 0.6], [0.91, 0.09], [0.45, 0.55]]
    told = "The answer is “yes”, 60%. It is 31 points more probable without “d” (3), 30 less "
    assert without(*four).startswith(told)
    becomes = "The answer becomes “no” without “b” (1), “a” (0), “c” (2) or"
    assert without(*four).endswith(f"{becomes} 1 other.")
    assert without(*four, [0.45, 0.55]).endswith(f"{becomes} one of 2 others.")


numbers = st.lists(st.floats(0.01, 1), min_size=3, max_size=3)


@settings(deadline=None)
@given(st.lists(numbers, min_size=2, max_size=12))
def test_any_probabilities(rows):
    probs = np.array(rows) / np.sum(rows, axis=1, keepdims=True)
    tale = " ".join(f"word{i}" for i in range(len(rows) - 1))
    explorer = explore(classify=lambda pairs: probs, tales=[tale])
    reading_html.check(html(explorer), tale, HYPOTHESES[0], LABELS, probs)


OURS = set("style div p br i span table tr th td".split())


def test_nothing_is_html():
    """Whatever stands between < and > is an element of ours."""
    tale = " ".join([*HOSTILE, "</div></p>", "$x$"])
    for labels in (HOSTILE[:3], HOSTILE[3:]):
        explorer = explore(tales=[tale], hypotheses=HOSTILE, labels=labels)
        for n, hypothesis in enumerate(HOSTILE):
            explorer.hypothesis.value = n
            page = html(explorer)
            assert set(re.findall(r"<[!/]?(\w*)", page)) <= OURS
            assert not re.search(r"<[^>]*\son\w+=", re.sub('"[^"<>]*"', "", page))
            assert len(explorer.reading.words) == len(tale.split())
            assert any(explorer.reading.changed)  # a label stands in a title, too
            probs = expected(tale, hypothesis)
            reading_html.check(page, tale, hypothesis, labels, probs)
    assert not any(child.description_allow_html for child in described(explorer))


def test_what_cannot_be_seen_is_shown():
    assert "a\\x00b</span>" in html(explore(tales=["a\0b c"]))


def test_the_menus():
    explorer = explore(tales=[*TALES, "a b " * 99, TALES[0]])
    named = [menu.description for menu in described(explorer) if menu.description]
    assert named == ["tale", "hypothesis"]  # their names for screen readers
    first, *_, long, again = [name for name, _ in explorer.tale.options]
    assert first == "0: Clara lent her red kite to Tom in the park. Tom ran off with it."
    assert again == first.replace("0", "4", 1)
    assert long.endswith(" a…") and len(long) < 100
    assert [n for _, n in explorer.tale.options] == list(range(5))
    assert [name for name, _ in explorer.hypothesis.options] == [
        "0: The girl has it.",
        "1: The boy has it.",
    ]


def test_the_lists_and_the_array_are_the_explorers_own():
    lists, array = ([*TALES], [*HYPOTHESES], [*LABELS]), classify([("a", "b")] * 20)
    explorer = ReadingExplorer(lambda pairs: array[: len(pairs)], *lists)
    before = array.copy()
    array[:] = 0
    for own in lists:
        own.clear()
    np.testing.assert_array_equal(explorer.reading.probs, before[: len(TALES[0].split()) + 1])
    assert (explorer.tales, explorer.hypotheses, explorer.labels) == (TALES, HYPOTHESES, LABELS)
    assert explorer.reading.labels == LABELS


THIRD = np.full((20, 3), 1 / 3)


def thirds(pairs):
    return THIRD[: len(pairs)]


ERRORS = {
    "tales": ({"tales": []}, "tales are []: give a list of at least one text"),
    "hypotheses": ({"hypotheses": ()}, "hypotheses are (): give a list of at least one text"),
    "labels": ({"labels": []}, "labels are []: give a list of at least one text"),
    "one text": ({"tales": "Go!"}, "tales are 'Go!': give a list of at least one text"),
    "numbers": ({"labels": [0, 1]}, "labels are [0, 1]: give a list of at least one text"),
    "no words": (
        {"tales": ["Go!", " \n"]},
        "tales[1] is ' \\n': give texts with at least one word",
    ),
    "one row": (
        {"classify": lambda pairs: THIRD[0], "tales": ["Go on!"]},
        "classify returned shape (3,) for 3 pairs and 3 labels: return a row for each pair, with "
        "a number for each label",
    ),
    "too few labels": (
        {"classify": thirds, "labels": ["yes", "no"], "tales": ["Go on!"]},
        "classify returned shape (3, 3) for 3 pairs and 2 labels: return a row for each pair, with "
        "a number for each label",
    ),
    "logits": (
        {"classify": lambda pairs: np.array([[0.5, 0.5, 0], [2, -1, 0]]), "tales": ["Go!"]},
        "classify returned [2.0, -1.0, 0.0] for pair 1: return probabilities, from 0 to 1, which "
        "sum to 1",
    ),
    "nan": (
        {"classify": lambda pairs: thirds(pairs) * np.nan},
        "classify returned [nan, nan, nan] for pair 0: return probabilities, from 0 to 1, which "
        "sum to 1",
    ),
    "sum": (
        {"classify": lambda pairs: thirds(pairs) / 2 + np.eye(3)[0] / 4},
        f"classify returned {(THIRD[0] / 2 + np.eye(3)[0] / 4).tolist()} for pair 0: return "
        "probabilities, from 0 to 1, which sum to 1",
    ),
}


@pytest.mark.parametrize("given, message", ERRORS.values(), ids=ERRORS)
def test_mistakes(given, message):
    with pytest.raises(ValueError) as error:
        explore(**given)
    assert str(error.value) == message


def test_rounding_is_no_mistake():
    explore(classify=lambda pairs: classify(pairs).astype(np.float16))


def test_repr():
    assert repr(explore()) == "ReadingExplorer(3 tales, 2 hypotheses, 3 labels)"
    one = explore(tales=TALES[:1], hypotheses=HYPOTHESES[:1])
    assert repr(one) == "ReadingExplorer(1 tale, 1 hypothesis, 3 labels)"


def test_a_picture_stands_in():
    explorer, pictures = explore(), set()
    before = dict(plt.rcParams)
    for tale, hypothesis in [(0, 0), (0, 1), (1, 1)]:
        choose(explorer, tale, hypothesis)
        data, about = explorer._repr_mimebundle_()
        assert data["text/plain"] == repr(explorer)
        assert "application/vnd.jupyter.widget-view+json" in data
        assert data["image/png"] == explorer._repr_mimebundle_()[0]["image/png"]
        pictures.add(data["image/png"])
        alt = about["image/png"]["alt"]
        assert alt.startswith(
            f"Text: {' '.join(TALES[tale].split())} Hypothesis: “The boy has"
        ) or (hypothesis == 0)
        assert explorer.reading.sentence in alt
    assert len(pictures) == 3 and dict(plt.rcParams) == before
    _, width, _ = plt.imread(io.BytesIO(base64.b64decode(data["image/png"]))).shape
    assert width // 2 == about["image/png"]["width"] < 1000
    assert not plt.get_fignums()


def test_the_picture():
    fig = reading(BY_HAND)
    assert_legible(fig)
    (ax,) = fig.axes
    words = [text for text in ax.texts if text.get_family() == ["DejaVu Sans Mono"]]
    assert [text.get_text() for text in words] == BY_HAND.words
    assert [text.get_weight() == "bold" for text in words] == [False, True, False, False, False]
    boxes, bars = ax.patches[:5], ax.patches[-3:]
    white, pink, sky = np.ones(4), np.array(to_rgba(plot.HIGHLIGHT)), np.array(to_rgba("#56B4E9"))
    for box, fall in zip(boxes, BY_HAND.falls, strict=True):
        end = pink if fall > 0 else sky
        wanted = white + abs(fall) * (end - white)
        np.testing.assert_allclose(box.get_facecolor(), wanted, atol=0.01)
        assert (box.get_edgecolor()[3] == 1) == (fall < 0)
    # One line is drawn, under the word without which the answer changes.
    (line,) = ax.lines
    left, right = line.get_xdata()
    assert boxes[1].get_x() <= left < right <= boxes[1].get_x() + boxes[1].get_width()
    widths = np.array([bar.get_width() for bar in bars])
    np.testing.assert_allclose(widths / widths.sum(), PROBS[0], atol=1e-12)
    shown = {text.get_text(): text.get_weight() for text in ax.texts}
    assert [shown[name] for name in (*LABELS, "10%", "90%", "0%")] == [
        "normal",
        "bold",
        "normal",
        "normal",
        "bold",
        "normal",
    ]


@pytest.mark.parametrize(
    "tale", ["x", "x" * 300 + " y", "word " * 120, "so-called " * 30, "$x$ _a_ <b> \0"]
)
@pytest.mark.parametrize(
    "labels",
    [LABELS, ["the tale does not say who has it, and so may anybody", "a $b$", "c"]],
    ids=["short", "long"],
)
def test_the_picture_of_any_text(tale, labels):
    found = read(classify, tale, "$Is$ it so? " * 20, labels)
    fig = reading(found)
    assert_legible(fig)
    (ax,) = fig.axes
    words = [t.get_text() for t in ax.texts if t.get_family() == ["DejaVu Sans Mono"]]
    assert len(words) == len(tale.split())
