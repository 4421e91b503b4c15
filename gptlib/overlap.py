"""How much of a text stands in other texts, word for word.

As in section 4 of Radford et al. (2019), "Language Models are Unsupervised Multitask Learners".
"""

import re
from collections.abc import Iterable


def ngrams(text: str, n: int = 8) -> list[tuple[str, ...]]:
    """All runs of n words in a text; a word is one of letters and digits, in lower case.

    >>> ngrams("Go away, Rain!", 2)
    [('go', 'away'), ('away', 'rain')]
    """
    words = re.findall(r"\w+", text.lower())
    return [tuple(words[i : i + n]) for i in range(len(words) - n + 1)]


def overlap(text: str, others: Iterable[str], n: int = 8) -> float:
    """The share of the runs of n words in text that stand in any of the others; 0 without any.

    >>> overlap("Go away, Rain!", ["He had to go away.", "Away with you, rain"], 2)
    0.5
    """
    own = ngrams(text, n)
    held = {gram for other in others for gram in ngrams(other, n)}
    return sum(gram in held for gram in own) / len(own) if own else 0.0
