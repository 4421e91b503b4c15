"""What the sampling explorer shows is what it was told, and a token is never anything but text."""

import base64
import io
import math
import re

import bars_html
import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from test_explorer import HOSTILE, described, html

from gptlib.explorer import AttentionExplorer, SamplingExplorer, attention, sampling
from gptlib.plot.sampling import CEILINGS, bars, ceiling, kept_sentence
from gptlib.sampling import Sampling, next_probs

matplotlib.use("Agg")

CHARACTERS = list("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ \n.,!?-'\"")


def explore(tokens=CHARACTERS, seed=0, **more):
    """An explorer of random logits, and the function that it asks."""
    generator = torch.Generator().manual_seed(seed)
    logits = 2 * torch.randn(1, len(tokens), dtype=torch.float64, generator=generator)

    def distribution(temperature, top_k, top_p):
        return next_probs(logits, Sampling(temperature, top_k, top_p))[0].numpy()

    return SamplingExplorer(distribution, tokens, **more), distribution


def choose(explorer, temperature, top_k, top_p):
    explorer.temperature.value, explorer.top_k.value = temperature, top_k
    explorer.top_p.value = top_p


SETTINGS = [
    (1.0, 61, 1.0),
    (1.0, 5, 1.0),
    (0.7, 61, 0.9),
    (1.5, 30, 0.95),
    (2.0, 30, 1.0),
    (0.05, 61, 1.0),
    (0.0, 61, 1.0),
    (0.0, 3, 0.5),
    (1.0, 1, 0.05),
]


@pytest.mark.parametrize("temperature, top_k, top_p", SETTINGS)
def test_bars_are_the_probabilities(temperature, top_k, top_p):
    explorer, distribution = explore()
    choose(explorer, temperature, top_k, top_p)
    probs = distribution(temperature, None, None)
    kept = distribution(temperature, top_k, top_p)
    np.testing.assert_array_equal(explorer.probs, probs)
    np.testing.assert_allclose(explorer.kept, kept, atol=1e-12)
    bars_html.check(html(explorer), probs, kept, CHARACTERS)


@pytest.mark.parametrize("V", [2, 20, 21, 22])
def test_few_tokens(V):
    tokens = [f"token number {i}" for i in range(V)]
    explorer, distribution = explore(tokens)
    for top_k in (1, 2, V):
        explorer.top_k.value = top_k
        probs, kept = distribution(1.0, None, None), distribution(1.0, top_k, None)
        bars_html.check(html(explorer), probs, kept, tokens)


def test_it_asks_for_what_the_sliders_say():
    asked = []

    def distribution(*settings):
        asked.append(settings)
        return np.full(3, 1 / 3)

    explorer = SamplingExplorer(distribution, "abc")
    assert asked == [(1.0, None, None)] * 2
    for settings, cut in [
        ((0.15000000000000002, 3, 1.0), (0.15, None, None)),
        ((0.15, 2, 1.0), (0.15, 2, None)),
        ((0.15, 2, 0.35000000000000003), (0.15, 2, 0.35)),
        ((0.0, 2, 0.35), (0.0, 2, 0.35)),
        ((0.004, 3, 0.35), (0.0, None, 0.35)),
    ]:
        choose(explorer, *settings)
        assert asked[-2:] == [(cut[0], None, None), cut]


@pytest.mark.parametrize("n", [1, 5, 60])
def test_the_text_is_that_of_the_settings(n):
    def write(temperature, top_k, top_p):
        return f"<b>{temperature}</b> & {top_k}\n\n{top_p} </div>" * n

    explorer, _ = explore(write=write)
    assert explorer.text == write(1.0, None, None)
    choose(explorer, 0.8, 10, 0.5)
    text = write(0.8, 10, 0.5)
    assert explorer.text == text
    bars_html.check(html(explorer), explorer.probs, explorer.kept, CHARACTERS, text)


def test_what_is_slow_waits_for_the_slider_to_stand_still():
    for write, follows in ((None, True), (lambda *_: "", False)):
        explorer, _ = explore(write=write)
        sliders = (explorer.temperature, explorer.top_k, explorer.top_p)
        assert [slider.continuous_update for slider in sliders] == [follows] * 3


def test_sliders_and_fields_move_together():
    explorer, distribution = explore()
    fields = {widget.description: widget for widget in described(explorer) if widget.description}
    assert list(fields) == ["temperature", "top-k", "top-p"]
    limits = [(field.min, field.max, field.value) for field in fields.values()]
    assert limits == [(0, 2, 1), (1, 61, 61), (0.05, 1, 1)]
    fields["top-k"].value = 7
    assert explorer.top_k.value == 7
    explorer.temperature.value = 0.5
    assert fields["temperature"].value == 0.5
    explorer.temperature.value = 0.15000000000000002
    assert fields["temperature"].value == 0.15
    explorer.temperature.value = 0.5
    fields["top-p"].value = 0.333  # typed by a reader, beside the steps of the slider
    assert explorer.top_p.value == 0.333
    kept = distribution(0.5, 7, 0.33)
    bars_html.check(html(explorer), distribution(0.5, None, None), kept, CHARACTERS)


@given(st.lists(st.integers(0, 100), min_size=2, max_size=30).filter(any), st.data())
def test_the_sentence(counts, data):
    probs = np.array(counts) / sum(counts)
    some = data.draw(st.lists(st.sampled_from(np.flatnonzero(probs).tolist()), min_size=1))
    kept = np.where(np.isin(np.arange(len(probs)), some), probs, 0)
    kept = kept / kept.sum()
    expected = bars_html.told(probs, kept)
    if " 0%" not in expected:
        assert kept_sentence(probs, kept) == expected


def test_a_share_is_not_rounded_to_all_or_nothing():
    almost = np.array([0.999, 0.001])
    assert kept_sentence(almost, np.array([1, 0])) == "1 of 2 tokens is kept; it had over 99%."
    assert kept_sentence(almost, np.array([0, 1])) == "1 of 2 tokens is kept; it had under 1%."
    assert kept_sentence(almost, almost) == "2 of 2 tokens are kept; they had 100%."
    assert kept_sentence(np.eye(5)[2], np.eye(5)[2]) == "1 of 5 tokens is kept; it had 100%."


@given(st.lists(st.floats(0, 1), min_size=2, max_size=40).filter(lambda x: sum(x) > 0.1))
def test_no_bar_is_lost_and_none_leaves_the_scale(numbers):
    probs = np.array(numbers) / sum(numbers)
    kept = np.where(probs >= np.median(probs), probs, 0)
    kept = kept / kept.sum()
    drawn = bars(probs, kept, ["x"] * len(probs))
    assert math.isclose(sum(bar.before for bar in drawn), 1)
    assert math.isclose(sum(bar.after for bar in drawn), 1)
    top, highest = ceiling(drawn), max(max(bar.before, bar.after) for bar in drawn)
    assert top in CEILINGS and (highest <= top or top == 1)
    assert all(highest > lower for lower in CEILINGS if lower < top)


@pytest.mark.parametrize(
    "tokens", [HOSTILE, [*"<>&\"'"], ["\0\x1b", "$x$", "猫🙂", "", " ", "\n", "<b>" * 9]]
)
def test_tokens_are_text(tokens):
    explorer, distribution = explore(tokens, write=lambda *_: "".join(tokens).replace("\0", ""))
    for top_k in range(1, len(tokens) + 1):
        explorer.top_k.value = top_k
        kept = distribution(1.0, top_k, None)
        text = explorer.text.replace("\x1b", "")  # which XML has no way to write
        page = html(explorer).replace("\x1b", "")
        bars_html.check(page, distribution(1.0, None, None), kept, tokens, text)
        names = set(re.findall(r"<(\w+)", page))
        assert names <= set("style div p svg rect path g title text".split())
        assert not re.search(r"<[^>]*\son\w+=", page)
    assert not any(child.description_allow_html for child in described(explorer))


def test_no_token_is_html():
    """Whatever stands between < and > is an element of ours."""
    explorer, _ = explore(HOSTILE, write=lambda *_: "".join(HOSTILE))
    page = html(explorer)
    assert set(re.findall(r"<[!/]?(\w*)", page)) <= set(
        "style div p svg rect path g title text".split()
    )
    assert page.count("</title>") == page.count("<title>")


THIRD = np.full(3, 1 / 3)
ERRORS = {
    "no tokens": (lambda *_: [], "", "tokens are 0: give at least 2, or there is nothing"),
    "one token": (lambda *_: [1.0], "a", "tokens are 1: give at least 2"),
    "shape": (
        lambda *_: THIRD[None],
        "abc",
        "probs have shape (1, 3) for 3 tokens: give one number for each token",
    ),
    "too few tokens": (lambda *_: THIRD, "ab", "probs have shape (3,) for 2 tokens"),
    "logits": (lambda *_: np.array([1.0, -2.0, 2.0]), "abc", "probs[1] is -2.0: give"),
    "nan": (lambda *_: np.array([0.5, 0.5, np.nan]), "abc", "probs[2] is nan: give"),
    "sum": (lambda *_: THIRD / 2, "abc", "probs sum to 0.5: give probabilities, which sum to 1"),
    "only kept": (lambda _, k, p: THIRD * (2 if p else 1), "abc", "kept sum to 2: give"),
    "not possible before": (
        lambda _, k, p: [0.5, 0, 0.5] if p else [0.5, 0.5, 0],
        "abc",
        "kept[2] is 0.5 where probs are 0: give probs as they are before any token is cut off",
    ),
}


@pytest.mark.parametrize("distribution, tokens, message", ERRORS.values(), ids=ERRORS)
def test_mistakes(distribution, tokens, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        SamplingExplorer(distribution, tokens).top_p.value = 0.5


def test_a_text_that_is_none():
    with pytest.raises(ValueError, match="write returned None: return a str"):
        explore(write=lambda *_: None)


def test_rounding_is_no_mistake():
    torch.manual_seed(0)
    logits = torch.randn(1, 200).bfloat16()

    def distribution(*settings):
        return next_probs(logits, Sampling(*settings))[0].float()

    explorer = SamplingExplorer(distribution, ["a"] * 200)
    explorer.top_p.value = 0.5


def test_the_arrays_are_the_explorers_own():
    given, tokens = THIRD.copy(), list("abc")
    explorer = SamplingExplorer(lambda *_: given, tokens)
    given[:], tokens[:] = 0, "xyz"
    np.testing.assert_array_equal(explorer.probs, THIRD)
    np.testing.assert_array_equal(explorer.kept, THIRD)
    assert explorer.tokens == list("abc")


def test_repr():
    assert repr(explore()[0]) == "SamplingExplorer(61 tokens)"
    assert repr(explore(write=lambda *_: "")[0]) == "SamplingExplorer(61 tokens, with a text)"


def test_both_explorers_are_in_the_package():
    assert attention.AttentionExplorer is AttentionExplorer
    assert sampling.SamplingExplorer is SamplingExplorer


def test_a_picture_stands_in():
    explorer, _ = explore()
    pictures = set()
    for top_k in (3, 61):
        explorer.top_k.value = top_k
        data, about = explorer._repr_mimebundle_()
        assert data["text/plain"] == repr(explorer)
        assert "application/vnd.jupyter.widget-view+json" in data
        assert data["image/png"] == explorer._repr_mimebundle_()[0]["image/png"]
        pictures.add(data["image/png"])
    assert len(pictures) == 2
    height, width, _ = plt.imread(io.BytesIO(base64.b64decode(pictures.pop()))).shape
    assert width // 2 == about["image/png"]["width"] < 1000 and height < 1200
    assert "tokens are kept" in about["image/png"]["alt"]
    assert not plt.get_fignums()


def test_the_picture_shows_the_chosen_settings(monkeypatch):
    drawn = []
    monkeypatch.setattr(
        "gptlib.plot.distribution", lambda *given: drawn.append(given) or plt.figure()
    )
    explorer, distribution = explore()
    choose(explorer, 0.5, 9, 0.95)
    style = dict(plt.rcParams)
    explorer._repr_mimebundle_()
    assert dict(plt.rcParams) == style
    choose(explorer, 0.0, 61, 1.0)
    explorer._repr_mimebundle_()
    (probs, kept, tokens, title), (*_, greedy) = drawn
    np.testing.assert_array_equal(probs, distribution(0.5, None, None))
    np.testing.assert_array_equal(kept, distribution(0.5, 9, 0.95))
    assert tokens == CHARACTERS
    assert title == f"Temperature 0.5, top-k 9, top-p 0.95: {bars_html.told(probs, kept)}"
    assert greedy == "Temperature 0: 1 of 61 tokens is kept; it had 100%."
