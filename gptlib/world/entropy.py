"""The floor: how surprising stories are to the perfect predictor, and where.

A model gives what comes next some probability p, and its loss is the mean of -ln p. On the world's
stories no model can expect a lower loss than the predictor that knows the world's own
probabilities. That lowest loss is the world's entropy; its estimate from some stories is their
floor.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest
from statistics import fmean

from gptlib.world.lexicon import LEXICON
from gptlib.world.story import Draw, Story
from gptlib.world.tales import PERFECT

NAMES = set("child family relative worker called dog.pet".split())
PLACES = set("place room garden field indoors store high water tree perch".split())
DETAILS = set("day time hour number side illness".split())


@dataclass(frozen=True)
class Floor:
    """The lowest loss that a model can expect on some stories that it has never seen.

    Each _se is the standard error of the number before it, as over newly drawn stories.
    """

    stories: int
    characters: int
    nats_per_story: float
    nats_per_story_se: float
    nats_per_character: float
    nats_per_character_se: float
    bits_per_byte: float
    bits_per_byte_se: float
    by_choice: dict[str, float]  # kind of choice -> nats per story; together nats_per_story
    by_sentence: list[float]  # mean nats in the first sentence, the second ..., where there is one
    by_character: list[float]  # the same for the first character, the second ...


def floor(stories: Sequence[Story]) -> Floor:
    """Measure the floor of some of the tales' stories, each read whole and from its start.

    The blank line that ends a story counts like the rest of it. ValueError for fewer than two
    stories, which have no standard error, and for a story that is not one of the tales'.
    """
    if len(stories) < 2:
        raise ValueError(f"{len(stories)} stories have no standard error: give two or more")
    read = [PERFECT.surprisals(story.text) for story in stories]
    nats = [math.fsum(surprisals) for surprisals in read]
    bits = [n / math.log(2) for n in nats]
    characters = [len(story.text) for story in stories]
    size = [len(story.text.encode()) for story in stories]
    per_story, per_story_se = ratio(nats, [1] * len(stories))
    per_character, per_character_se = ratio(nats, characters)
    per_byte, per_byte_se = ratio(bits, size)
    by_sentence = [_sentences(story, s) for story, s in zip(stories, read, strict=True)]
    return Floor(
        stories=len(stories),
        characters=sum(characters),
        nats_per_story=per_story,
        nats_per_story_se=per_story_se,
        nats_per_character=per_character,
        nats_per_character_se=per_character_se,
        bits_per_byte=per_byte,
        bits_per_byte_se=per_byte_se,
        by_choice=_choices(stories),
        by_sentence=_means(by_sentence),
        by_character=_means(read),
    )


def ratio(nats: Sequence[float], sizes: Sequence[float]) -> tuple[float, float]:
    """Sum of nats over sum of sizes, one of each per story, and the standard error of this ratio.

    The characters of a story are not independent, so the error is computed over stories.
    """
    n, mean = len(nats), math.fsum(nats) / math.fsum(sizes)
    squares = math.fsum((a - mean * b) ** 2 for a, b in zip(nats, sizes, strict=True))
    return mean, math.sqrt(squares / (n - 1) / n) / fmean(sizes)


def kind(draw: Draw) -> str:
    """What a draw decides, in one word: plot, names, things, places, details or wording."""
    category, _, column = draw.kind.partition(".")
    if draw.kind == "plot":
        return "plot"
    if draw.kind in NAMES:
        return "names"
    if draw.kind in PLACES or column in ("spots", "shelves", "corners"):
        return "places"
    if draw.kind in DETAILS or column:
        return "details"
    return "things" if category in LEXICON else "wording"


def _choices(stories: Sequence[Story]) -> dict[str, float]:
    """Nats per story by kind of choice: a draw from n options, all equally likely, costs ln n."""
    nats = dict.fromkeys(("plot", "names", "things", "places", "details", "wording"), 0.0)
    for story in stories:
        for draw in story.draws:
            nats[kind(draw)] += math.log(draw.options) / len(stories)
    return nats


def _sentences(story: Story, surprisals: Sequence[float]) -> list[float]:
    """Nats in each sentence with the space before it; the story's end counts to the last one."""
    nats, start = [], 0
    for sentence in story.sentences:
        end = start + len(sentence.text) + (start > 0)
        nats.append(math.fsum(surprisals[start:end]))
        start = end
    nats[-1] += math.fsum(surprisals[start:])
    return nats


def _means(rows: Sequence[Sequence[float]]) -> list[float]:
    """Column means of rows of unequal length, each over the rows that reach so far."""
    columns = zip_longest(*rows)
    return [fmean(value for value in column if value is not None) for column in columns]
