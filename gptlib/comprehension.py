"""Reading comprehension: questions about tales, with answers that stand in the tale."""

from collections.abc import Iterable
from typing import NamedTuple

from gptlib.tokenizer import split_words
from gptlib.world import questions, tell

ARTICLES = {"a", "an", "the"}


class Asked(NamedTuple):
    """A question about a tale, the tale, and the first word of the answer, without an article."""

    question: str
    tale: str
    answer: str


def asked(seeds: Iterable[int]) -> list[Asked]:
    """All questions about the tales of these seeds whose answer's first word stands in the tale.

    >>> asked([100_083])[0].question, asked([100_083])[0].answer
    ('What is the hedgehog like?', 'round')
    """
    found = []
    for story in map(tell, seeds):
        words = set(split_words(story.text))
        for question in questions(story):
            value = split_words(question.fact.value)
            answer = next(word for word in value if word not in ARTICLES)
            if answer in words:
                found.append(Asked(question.text, story.text, answer))
    return found
