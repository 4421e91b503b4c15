"""The little web: documents of many kinds, each as often as its share says."""

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from random import Random
from typing import NamedTuple

from gptlib.web.document import Document
from gptlib.web.kind import Kind
from gptlib.world.entropy import ratio


class KindFloor(NamedTuple):
    """The lowest loss that a model can expect on documents of one kind that it has never seen.

    It is told of none of them which kind it is. Each _se is the standard error of the number
    before it, as over newly made documents.
    """

    documents: int
    characters: int
    nats_per_document: float
    nats_per_document_se: float
    nats_per_character: float
    nats_per_character_se: float


class Web:
    """Documents of several kinds. ValueError for none, and for two of the same name."""

    def __init__(self, kinds: Sequence[Kind]) -> None:
        self.kinds = {kind.name: kind for kind in kinds}
        if not kinds or len(self.kinds) < len(kinds):
            names = [kind.name for kind in kinds]
            raise ValueError(f"the kinds are {names}: give one or more, and none twice")
        self._drawn_from = [kind for kind in kinds for _ in range(kind.share)]

    def without(self, *names: str) -> "Web":
        """The web without some kinds, whose share goes to the others; ValueError for unknown ones.

        >>> from gptlib.web import WEB
        >>> sorted(WEB.kinds.keys() - WEB.without("quiz", "bedtime").kinds.keys())
        ['bedtime', 'quiz']
        """
        if unknown := set(names) - self.kinds.keys():
            raise ValueError(f"there is no kind {min(unknown)!r}: give some of {list(self.kinds)}")
        return Web([kind for kind in self.kinds.values() if kind.name not in names])

    def share(self, name: str) -> float:
        """The part of all documents that are of this kind."""
        return self.kinds[name].share / len(self._drawn_from)

    def tell(self, seed: int) -> Document:
        """The document of a seed, the same one on every machine; ValueError below 0."""
        # Random(seed) would draw again what the teller draws, and tie the plot to the kind.
        drawn = Random(f"kind {seed}").random()
        return self._drawn_from[int(drawn * len(self._drawn_from))].tell(seed)

    def log_prob(self, text: str) -> float:
        """The log-probability, in nats, that a document of the web is exactly this text.

        Minus infinity for a text that is never told.
        """
        each = [
            math.log(self.share(kind.name)) + kind.perfect.log_prob(text)
            for kind in self.kinds.values()
        ]
        most = max(each)
        if most == -math.inf:
            return most
        return most + math.log(math.fsum(math.exp(one - most) for one in each))

    def reach(self, text: str) -> int:
        """The length of the longest beginning of text with which some document begins too."""
        return max(kind.perfect.reach(text) for kind in self.kinds.values())

    def floors(self, documents: Iterable[Document]) -> dict[str, KindFloor]:
        """The floor of each kind, measured on two or more documents of it, in this web.

        No document could be of two kinds, so its kind's share and its probability within the kind
        are all that counts.
        """
        nats, sizes = defaultdict(list), defaultdict(list)
        for document in documents:
            log_prob = self.kinds[document.kind].perfect.log_prob(document.text)
            nats[document.kind].append(-math.log(self.share(document.kind)) - log_prob)
            sizes[document.kind].append(len(document.text))
        return {
            name: KindFloor(
                len(sizes[name]),
                sum(sizes[name]),
                *ratio(nats[name], [1] * len(sizes[name])),
                *ratio(nats[name], sizes[name]),
            )
            for name in self.kinds
            if name in sizes
        }
