"""A kind of document: what it can say, and what an average one of it costs to predict."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from gptlib.web.document import Document
from gptlib.world.entry import Entry
from gptlib.world.events import EVENTS
from gptlib.world.grammar import Events, Plot
from gptlib.world.lexicon import LEXICON
from gptlib.world.predictor import Predictor
from gptlib.world.telling import World


@dataclass(frozen=True)
class Kind:
    """A kind of document, made from plots as a tale is.

    share: how often it comes, beside the shares of the other kinds
    plots: how its documents go, all equally likely
    events, words: what they need besides the tales' events and words
    """

    name: str
    share: int
    plots: Sequence[Plot]
    events: Events = field(default_factory=dict)
    words: Mapping[str, Sequence[Entry]] = field(default_factory=dict)

    @cached_property
    def world(self) -> World:
        """All its documents, and how likely each is."""
        return World(LEXICON | self.words, EVENTS | self.events, self.plots, end="")

    @cached_property
    def perfect(self) -> Predictor:
        """The predictor that knows this kind's odds."""
        return Predictor(self.world)

    def tell(self, seed: int) -> Document:
        """The document of a seed, the same one on every machine; ValueError below 0."""
        story = self.world.tell(seed)
        return Document(self.name, story.text, story.answers, story.draws)
