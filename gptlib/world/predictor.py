"""The perfect predictor: how likely a text is, and what comes next in it, exactly.

The world is run with every choice branching: each option goes on with its share of the
probability for as long as what it says agrees with the text. Where an option departs from the
text, its share counts for the character with which it departs; so one reading of a text gives the
probability of every character at every place in it.
"""

import math
from collections import defaultdict
from os.path import commonprefix  # of any strings, character by character
from typing import NamedTuple

from gptlib.world.telling import State, Todo, World


class Way(NamedTuple):
    """One way in which the text up to here can have been told, and its probability."""

    p: float
    todo: Todo
    state: State


class Predictor:
    """The predictor that knows a world's odds, and of a story no more than the text so far.

    Stories of more than 700 nats, tens of times the tales', are too unlikely for a float.
    """

    def __init__(self, world: World) -> None:
        self.world = world

    def log_prob(self, text: str) -> float:
        """The log-probability, in nats, that the world tells exactly this story.

        text includes the blank line that ends a story; minus infinity for one that is never told.
        """
        p = self._read(text)[-1].get("", 0.0)
        return math.log(p) if p else -math.inf

    def next_char_probs(self, prefix: str) -> dict[str, float]:
        """The probability of each character that can follow, the likeliest first.

        After a whole story it is {"": 1.0}, for nothing follows. ValueError for a prefix with
        which no story begins.
        """
        probs = self.distributions(prefix)[-1]
        return dict(sorted(probs.items(), key=lambda item: -item[1]))

    def surprisals(self, text: str) -> list[float]:
        """For each character -ln p in nats, where p is its probability after the text before it.

        Over a whole story they sum to -log_prob. ValueError for a text with which no story
        begins.
        """
        places = zip(self.distributions(text), text, strict=False)
        return [math.log(1 / probs[char]) for probs, char in places]

    def reach(self, text: str) -> int:
        """The length of the longest beginning of text with which some story begins too.

        It is len(text) for a story, and for the beginning of one.
        """
        for here, (following, char) in enumerate(zip(self._read(text), text, strict=False)):
            if char not in following:
                return here
        return len(text)

    def distributions(self, text: str) -> list[dict[str, float]]:
        """What next_char_probs gives at each place in text and at its end, all in one reading."""
        read = self._read(text)
        for here, (following, char) in enumerate(zip(read, text, strict=False)):
            if char not in following:
                raise ValueError(
                    f"no story goes on with {char!r} after {text[:here]!r}: "
                    f"choose from {sorted(following)}, where '' is the end"
                )
        totals = [sum(following.values()) for following in read]
        return [
            {char: p / total for char, p in following.items()}
            for following, total in zip(read, totals, strict=True)
        ]

    def _read(self, text: str) -> list[dict[str, float]]:
        """For each place in text, and for its end, the characters that can stand there.

        With each comes the probability that a story begins with the text before that place and
        this character; "" is the end of the story.
        """
        if not isinstance(text, str):
            kind = type(text).__name__
            raise ValueError(f"text is of type {kind}: give a str, such as tell(7).text")
        read: list[dict[str, float]] = [defaultdict(float) for _ in range(len(text) + 1)]
        ways: list[dict[int, list[Way]]] = [{} for _ in range(len(text) + 1)]
        _add(ways[0], Way(1.0, self.world.start, State()))
        for here in range(len(text) + 1):
            while ways[here]:
                _, alike = ways[here].popitem()
                for p, todo, state in alike:
                    if not todo:
                        read[here][""] += p
                        continue
                    moves = self.world.moves(todo, state)
                    for move in moves:
                        share = p / len(moves)
                        there = here + len(commonprefix([move.text, text[here:]]))
                        if there == here + len(move.text):
                            _add(ways[there], Way(share, move.todo, move.state))
                        else:
                            read[there][move.text[there - here]] += share
        # All probability that got past a place went through the character that stands there.
        for here in reversed(range(len(text))):
            if further := sum(read[here + 1].values()):
                read[here][text[here]] = further
        return read


def _add(ways: dict[int, list[Way]], way: Way) -> None:
    """Add a way to those at the same place in the text; two in the same state become one.

    The parts of the grammar are never copied, so the same part is always the same object. (What is
    worked out is made anew for each way; such ways stay apart, and their shares still add up.)
    """
    alike = ways.setdefault(id(way.todo), [])
    for i, other in enumerate(alike):
        if other.state == way.state:
            alike[i] = way._replace(p=way.p + other.p)
            return
    alike.append(way)
