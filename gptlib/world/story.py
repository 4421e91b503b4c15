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
