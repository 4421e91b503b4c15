"""A story as it was told, with what its teller knew."""

import re
from itertools import accumulate
from typing import NamedTuple


class Fact(NamedTuple):
    """Something that a story has told: the kite (subject) is (at) behind the shed (value)."""

    subject: str
    relation: str
    value: str
    told: int  # the sentence, from 0, that told it


class Sentence(NamedTuple):
    """One sentence, and the facts from earlier sentences that it repeats."""

    text: str
    uses: tuple[Fact, ...]


class Draw(NamedTuple):
    """A choice that the teller made, one of several options, all equally likely."""

    at: int  # how many characters stood before it
    kind: str  # "plot", "wording", an event, a category of the lexicon or its column: "toy.look"
    options: int


class Answer(NamedTuple):
    """A place in a text that answers a question, or that does a task which the text sets."""

    task: str
    place: slice


class Repeat(NamedTuple):
    """A fact that a story tells in the same words twice, and the two places in its text."""

    fact: Fact
    told: slice
    again: slice


class Story(NamedTuple):
    """A story, and what its teller knew."""

    plot: str
    sentences: tuple[Sentence, ...]
    facts: tuple[Fact, ...]  # those that hold at the end
    draws: tuple[Draw, ...]
    text: str = ""  # a tale is one line, and the blank line that ends it
    answers: tuple[Answer, ...] = ()  # tales have none

    def repeats(self, back: int) -> list[Repeat]:
        """Facts told again, `back` or more sentences later, in the words that told them.

        Those told again in other words, such as a pronoun, are left out; of several facts at one
        place only the first is given.
        """
        starts = [0, *accumulate(len(sentence.text) + 1 for sentence in self.sentences)]
        repeats = {}
        for i, sentence in enumerate(self.sentences):
            for fact in sentence.uses:
                words = re.compile(rf"\b{re.escape(fact.value)}\b")  # "old" is not in "told"
                told = words.search(self.sentences[fact.told].text)
                again = words.search(sentence.text)
                if i - fact.told >= back and told and again:
                    places = [
                        slice(starts[k] + found.start(), starts[k] + found.end())
                        for k, found in ((fact.told, told), (i, again))
                    ]
                    repeats.setdefault(places[1].start, Repeat(fact, *places))
        return list(repeats.values())
