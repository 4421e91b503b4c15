"""What is asked of a model by prompt alone has one right answer, in words that no document has."""

import math
import re
from itertools import islice

import pytest

from gptlib.web import WEB
from gptlib.web.asked import ZERO_SHOT, without_names

SEEDS = range(90_000_000, 90_000_025)


def told(task):
    """Documents that ask for something, what comes before the answer in each, and the answer."""
    for document in map(ZERO_SHOT[task].tell, SEEDS):
        (answer,) = document.answers
        assert answer.place.stop in (len(document.text), len(document.text) - 1)
        yield document, document.text[: answer.place.start], document.text[answer.place]


def could_be(kind, text):
    """Whether some document of a kind of the web begins like this."""
    return WEB.kinds[kind].perfect.reach(text) == len(text)


@pytest.mark.parametrize("task", ZERO_SHOT)
def test_no_document_of_the_web_asks_in_these_words(task):
    for _, prompt, answer in islice(told(task), 5):
        for kind in WEB.kinds:
            assert not could_be(kind, prompt + answer), kind


@pytest.mark.parametrize("task", ZERO_SHOT)
def test_whoever_knows_the_grammar_is_sure_of_the_answer(task):
    perfect = ZERO_SHOT[task].perfect
    for document, prompt, answer in told(task):
        surprisals = perfect.surprisals(document.text)[len(prompt) : len(prompt) + len(answer)]
        assert max(surprisals) < 1e-12


def test_the_answers_are_those_of_the_web():
    """Put in the web's own words, a question has the same answer."""
    for _, prompt, answer in told("reading"):
        tale, asked = prompt.rsplit("\n", 2)[0], re.search(r": (.*\?)\n", prompt)[1]
        answers = {answer, answer[0].lower() + answer[1:]}
        quiz = [f"{tale}\nQuestion: {asked}\nAnswer: {answer}" for answer in answers]
        assert any(could_be("quiz", text) for text in quiz), prompt
    for _, prompt, answer in told("summary"):
        tale = prompt.rsplit("\n", 1)[0]
        assert WEB.kinds["in short"].perfect.log_prob(f"{tale}\nIn short: {answer}") > -math.inf
    for _, prompt, answer in told("translation"):
        english = prompt.split("\n")[1]
        assert could_be("two languages", f"French lesson\n{english}\nIn French: {answer}")
    for _, prompt, answer in told("addition"):
        a, b = re.findall(r"\d+", prompt.split("\n")[1])
        assert int(answer) == int(a) + int(b)


def test_names_are_whole_words():
    assert (
        without_names("Max's maximum: Maxine and Uncle Joe, Sam.") == "'s maximum: Maxine and , ."
    )
    pairs = [("Mia gave it to Tom.", "Tom gave it to Mia."), ("Dad ran", "Aunt Polly ran")]
    for one, other in pairs:
        assert without_names(one) == without_names(other) != one
    assert without_names("La fille court.") == "La fille court."
