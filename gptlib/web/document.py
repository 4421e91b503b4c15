"""A document of the little web: its text, what it answers, and the choices that it was made by."""

import math
from typing import NamedTuple

from gptlib.world.story import Answer, Draw


class Document(NamedTuple):
    """A document of one kind.

    answers: where its text answers a question, or does a task that it sets
    draws: the choices that were made, besides that of its kind
    """

    kind: str
    text: str
    answers: tuple[Answer, ...]
    draws: tuple[Draw, ...]

    @property
    def nats(self) -> float:
        """Minus the log-probability of these choices, and so of a text that shows all of them.

        Nearly every text does: only of rows, one list in a thousand fits two rules, and is a bit
        likelier than its choices.
        """
        return math.fsum(math.log(draw.options) for draw in self.draws)
