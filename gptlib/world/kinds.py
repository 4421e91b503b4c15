"""What it takes to guess each character of a story, as one of seven kinds."""

import re
from collections.abc import Sequence
from typing import NamedTuple

from gptlib.world.lexicon import LEXICON
from gptlib.world.story import Story

KINDS = ("something new", "spelling", "grammar", "phrases", "names", "things", "places")

TOLD = ("names", "things", "places")  # the kinds that a story has told of before
WHERE = {"at", "room", "area", "home", "going"}  # relations of facts that say where
AGREEING = set("he she him her his himself herself it its they them their a an".split())
PEOPLE = ("child", "family", "worker", "called")


def _words(categories: Sequence[str]) -> set[str]:
    names = [entry.name for category in categories for entry in LEXICON[category]]
    looks = [
        look
        for category in categories
        for entry in LEXICON[category]
        for look in entry.words.get("look", ())
    ]
    return {word for text in names + looks for word in text.split()}


NAMED = _words(PEOPLE)
THINGS = _words([category for category in LEXICON if category not in PEOPLE]) - {"the"}


def kinds(story: Story, surprisals: Sequence[float]) -> list[str]:
    """The kind of each character of story.text, one of KINDS.

    surprisals: the perfect predictor's; they tell what is new from what follows from the text

    - something new: even the perfect predictor is not sure
    - places: words that say again where something is
    - names, things: words for somebody or something that the story has mentioned before
    - grammar: words that agree with others (he, her, it, a, an), spaces and punctuation
    - spelling: the letters of other words after the first
    - phrases: the first letters of other words
    """
    text = story.text
    found = ["grammar"] * len(text)
    told: set[str] = set()
    for match in re.finditer(r"[\w'-]*\w", text):
        word = match[0].removesuffix("'s")
        where = slice(match.start(), match.start() + len(word))
        if word in told and word in NAMED:
            found[where] = ["names"] * len(word)
        elif word in told and word in THINGS:
            found[where] = ["things"] * len(word)
        elif word.lower() not in AGREEING:
            found[where] = ["phrases"] + ["spelling"] * (len(word) - 1)
        told.add(word)
    for repeat in story.repeats(1):
        if repeat.fact.relation in WHERE:
            found[repeat.again] = ["places"] * (repeat.again.stop - repeat.again.start)
    return [
        "something new" if nats > 1e-9 else kind
        for kind, nats in zip(found, surprisals, strict=True)
    ]


class Recall(NamedTuple):
    """A word that a reader can know because the same word stands earlier in the story."""

    at: int  # which of the story's words it is, from 0
    kind: str  # one of TOLD
    earlier: list[int]  # where the same word stood before


def recalls(story: Story, words: Sequence[str], surprisals: Sequence[float]) -> list[Recall]:
    """The words of a story that name again somebody, something or some place, and are certain.

    words: story.text cut into words and marks, in order; white space may be missing
    surprisals: the perfect predictor's, one for each character of story.text

    Articles are left out: "the" stands before most places, whichever they are.

    >>> from gptlib.tokenizer import split_words
    >>> from gptlib.world import surprisals, tell
    >>> story = tell(2_000_387)
    >>> words = split_words(story.text)
    >>> [(words[t], kind) for t, kind, _ in recalls(story, words, surprisals(story.text))]
    [('lake', 'places'), ('frilly', 'things'), ('bonnet', 'things'), ('Omar', 'names')]
    """
    kind_of, at, found = kinds(story, surprisals), 0, []
    for t, word in enumerate(words):
        at = story.text.index(word, at)
        earlier = [s for s in range(t) if words[s] == word]
        if kind_of[at] in TOLD and earlier and word != "the":
            found.append(Recall(t, kind_of[at], earlier))
        at += len(word)
    return found
