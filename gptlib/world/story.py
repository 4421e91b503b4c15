"""A story as it was told, with what its teller knew."""

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


class Story(NamedTuple):
    """A story, and what its teller knew."""

    plot: str
    sentences: tuple[Sentence, ...]
    facts: tuple[Fact, ...]  # those that hold at the end
    draws: tuple[Draw, ...]

    @property
    def text(self) -> str:
        """The story on one line, and the blank line that ends it."""
        return " ".join(sentence.text for sentence in self.sentences) + "\n\n"

    def repeats(self, back: int) -> list[tuple[Fact, slice]]:
        """Facts told again `back` or more sentences later in the same words, and where in text.

        Of several facts in one place there is the first. Those told again in other words, such
        as a pronoun, are left out.
        """
        places, start = {}, 0
        for i, sentence in enumerate(self.sentences):
            for fact in sentence.uses:
                at = start + sentence.text.find(fact.value)
                if i - fact.told >= back and at >= start:
                    places.setdefault((at, at + len(fact.value)), fact)
            start += len(sentence.text) + 1
        return [(fact, slice(*place)) for place, fact in places.items()]
