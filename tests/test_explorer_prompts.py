"""What the prompt explorer shows is what the two readers expect, and text is never HTML."""

import base64
import io
import math
import re

import matplotlib
import matplotlib.pyplot as plt
import prompts_html
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_explorer import HOSTILE, described, html

from gptlib.explorer import PromptExplorer
from gptlib.plot.prompts import expected_sentence

matplotlib.use("Agg")

READERS = ("our model", "the best reader")
PROMPTS = {"first": ["- a:", "- b: x\n- a:", "- b: x\n- c: y\n- a:"], "second": ["?", "-", "-->"]}


def expected(prompt):
    """Made from the prompt alone: two answers, and on short prompts only one reader has any."""
    p = 1 / (2 + len(prompt))
    return {"x": (p, 0.5 if len(prompt) > 3 else math.nan), prompt[-9:]: (0.3, 0.002), "z": (0, 0)}


def explore(**more):
    return PromptExplorer(PROMPTS, READERS, expected, **more)


def test_the_answers_are_those_of_the_prompt():
    explorer = explore(examples=1)
    asked = [explorer.prompt.value]
    explorer.examples.value = 2
    asked.append(explorer.prompt.value)
    explorer.name.value = "second"
    asked.append(explorer.prompt.value)
    explorer.prompt.value = "typed\n - q"
    assert asked == [PROMPTS["first"][1], PROMPTS["first"][2], "-->"]
    assert explorer.told == {a: tuple(p) for a, p in expected("typed\n - q").items()}
    prompts_html.check(html(explorer), explorer.told, READERS)
    explorer.prompt.value = "abc"  # of which the second reader knows nothing
    assert math.isnan(explorer.told["x"][1])
    prompts_html.check(html(explorer), explorer.told, READERS)
    assert "the best reader knows no list that begins like this" not in html(explorer)
    explorer._expected = lambda prompt: {"x": (0.2, math.nan)}
    explorer.prompt.value = "abcd"
    assert "the best reader knows no list that begins like this" in html(explorer)


def test_each_change_asks_once():
    asked = []
    explorer = PromptExplorer(PROMPTS, READERS, lambda prompt: asked.append(prompt) or {})
    explorer.examples.value = 2
    explorer.name.value = "second"
    explorer.prompt.value += "!"
    assert asked == ["- a:", PROMPTS["first"][2], "-->", "-->!"]


@settings(deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=20))
def test_any_prompt(prompt):
    explorer = explore()
    explorer.prompt.value = prompt
    prompts_html.check(html(explorer), expected(prompt), READERS)


@pytest.mark.parametrize(
    "told, said",
    [
        ({"x": (0.9, 0.4), "y": (0.05, 0.6)}, "“x” (90%), the best reader expects “y” (60%)."),
        ({"x": (0.9, 0.2), "y": (0.05, 0.2)}, "“x” (90%), the best reader has no favourite (20%"),
        ({"x": (0.9, math.nan)}, "“x” (90%), the best reader knows no list that begins like this."),
        ({"a\nb": (0.004, 1)}, "“a↵b” (under 1%), the best reader expects “a↵b” (100%)."),
    ],
)
def test_the_sentence(told, said):
    assert f"Our model expects {said}" in expected_sentence(told, READERS)


def test_a_refusal_is_shown_and_what_is_no_refusal_is_not_hidden():
    def refuses(prompt):
        raise {"no": ValueError, "worse": TypeError}[prompt](f"{prompt} <b>")

    explorer = PromptExplorer({"n": ["no"]}, READERS, refuses)
    prompts_html.check(html(explorer), {}, READERS, "no <b>")
    explorer._repr_mimebundle_()
    with pytest.raises(TypeError):
        explorer.prompt.value = "worse"


@pytest.mark.parametrize("text", [*HOSTILE, "</td></table>", "$x$", '" onload="x'])
def test_no_answer_and_no_reader_is_html(text):
    explorer = PromptExplorer({text: [text]}, ("our model", text), lambda _: {text: (0.5, 0.1)})
    page = html(explorer)
    ours = set("style div p table thead tr th td span".split())
    assert set(re.findall(r"<[!/]?(\w*)", page)) <= ours
    prompts_html.check(page, {text: (0.5, 0.1)}, ("our model", text))
    assert not any(child.description_allow_html for child in described(explorer))


def test_the_controls_have_names():
    explorer = explore()
    names = [widget.description for widget in described(explorer) if widget.description]
    assert names == ["list", "examples", "prompt"]
    assert (explorer.examples.min, explorer.examples.max) == (0, 2)


ERRORS = {
    "no prompts": ({}, READERS, expected, "prompts have the lengths []"),
    "an empty list": ({"a": []}, READERS, expected, "prompts have the lengths [0]"),
    "lengths": ({"a": ["x"], "b": ["x", "y"]}, READERS, expected, "have the lengths [1, 2]"),
    "one reader": ({"a": ["x"]}, READERS[:1], expected, "readers are ['our model']: give each"),
    "too sure": ({"a": ["x"]}, READERS, lambda _: {"x": (1.5, 0)}, "'x' has (1.5, 0.0): give two"),
    "three": ({"a": ["x"]}, READERS, lambda _: {"x": (0, 0, 0)}, "give two probabilities"),
    "a sum": (
        {"a": ["x"]},
        READERS,
        lambda _: {"x": (0.9, 0), "y": (0.2, 0)},
        "the answers of a reader sum to 1.1: give at most 1 together",
    ),
}


@pytest.mark.parametrize("prompts, readers, told, message", ERRORS.values(), ids=ERRORS)
def test_mistakes(prompts, readers, told, message):
    with pytest.raises(ValueError) as error:
        PromptExplorer(prompts, readers, told)
    assert message in str(error.value)


def test_a_picture_stands_in():
    explorer, pictures = explore(), set()
    for name, k in (("first", 0), ("first", 2), ("second", 1)):
        explorer.name.value, explorer.examples.value = name, k
        data, about = explorer._repr_mimebundle_()
        picture = base64.b64decode(data["image/png"])
        assert plt.imread(io.BytesIO(picture)).shape[1] > 800
        assert expected_sentence(explorer.told, READERS)[:30] in about["image/png"]["alt"]
        pictures.add(picture)
    assert len(pictures) == 3 and not plt.get_fignums()


def test_repr():
    assert repr(explore()) == "PromptExplorer(2 lists)"
