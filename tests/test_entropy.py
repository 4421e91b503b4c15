"""The floor: what is stored is what is found, its parts add up, and no model gets below it."""

import json
import math
from collections import Counter, defaultdict
from dataclasses import asdict
from functools import cache
from statistics import fmean, stdev

import pytest

from data import build
from gptlib.data import load_floor, load_split
from gptlib.world import LEXICON, PERFECT, PLOTS, floor, tell
from gptlib.world.entropy import DETAILS, NAMES, PLACES, kind, ratio
from gptlib.world.story import Draw

VALID = "tales-valid.txt"
found = cache(lambda: floor(build.stories(VALID)))
# What the perfect predictor says at each place of each validation story.
perfect = cache(lambda: [PERFECT.distributions(story.text) for story in build.stories(VALID)])


def test_the_floor_that_is_stored_is_found_again():
    stored = json.loads((build.DATA / "floor.json").read_text())
    assert list(stored) == list(asdict(found()))
    for name, value in asdict(found()).items():
        assert stored[name] == pytest.approx(value, abs=1e-8), name
        assert getattr(load_floor(), name) == stored[name]


def test_the_readme_of_data_has_the_floor():
    readme = (build.DATA / "README.md").read_text(encoding="utf-8")
    for line, value in build.surprise(found()).items():
        assert f"| {line} | {value} |" in readme


def test_the_units_are_those_of_one_sum():
    """Counted again from the file, whose stories end with their blank lines."""
    floor, text = found(), load_split("tales")[1]
    nats = -math.fsum(PERFECT.log_prob(story + "\n\n") for story in text.split("\n\n")[:-1])
    assert floor.stories == text.count("\n\n") == 380
    assert floor.characters == len(text)
    assert floor.nats_per_story == pytest.approx(nats / 380)
    assert floor.nats_per_character == pytest.approx(nats / len(text))
    assert floor.bits_per_byte == pytest.approx(nats / math.log(2) / len(text.encode()))


def test_the_parts_add_up():
    floor, stories = found(), build.stories(VALID)
    assert math.fsum(floor.by_choice.values()) == pytest.approx(floor.nats_per_story)
    with_so_many = Counter(i for s in stories for i in range(len(s.sentences)))
    sentences = [nats * with_so_many[i] for i, nats in enumerate(floor.by_sentence)]
    assert len(sentences) == len(with_so_many)
    assert math.fsum(sentences) / 380 == pytest.approx(floor.nats_per_story)
    as_long = Counter(i for s in stories for i in range(len(s.text)))
    characters = [nats * as_long[i] for i, nats in enumerate(floor.by_character)]
    assert len(characters) == len(as_long)
    assert math.fsum(characters) / 380 == pytest.approx(floor.nats_per_story)


def test_what_a_sentence_says_is_counted_in_that_sentence():
    stories = [tell(seed) for seed in range(2)]
    by_sentence = floor(stories).by_sentence
    first = [math.fsum(PERFECT.surprisals(s.text)[: len(s.sentences[0].text)]) for s in stories]
    assert by_sentence[0] == pytest.approx(fmean(first))


def test_the_standard_error_is_the_jackknife_s():
    """Leave out one story after the other: how much does the floor move?"""
    stories = build.stories(VALID)
    nats = [math.fsum(math.log(draw.options) for draw in story.draws) for story in stories]
    for sizes in ([len(story.text) for story in stories], [1] * 380):
        without = [(sum(nats) - a) / (sum(sizes) - b) for a, b in zip(nats, sizes, strict=True)]
        moved = sum((x - fmean(without)) ** 2 for x in without)
        assert ratio(nats, sizes)[1] == pytest.approx(math.sqrt(moved * 379 / 380), rel=0.01)
    assert found().nats_per_story_se == pytest.approx(ratio(nats, [1] * 380)[1])


def test_the_stories_to_validate_are_no_harder_than_others():
    others = build.stories("tales-train.txt")
    nats = [math.fsum(math.log(draw.options) for draw in story.draws) for story in others]
    per_character, se = ratio(nats, [len(story.text) for story in others])
    error = math.hypot(se, found().nats_per_character_se)
    assert abs(per_character - found().nats_per_character) < 3 * error


@pytest.mark.parametrize("count", [0, 1])
def test_one_story_has_no_standard_error(count):
    with pytest.raises(ValueError, match=f"{count} stories"):
        floor([tell(0)] * count)


def test_every_choice_has_a_kind():
    kinds = {draw.kind: kind(draw) for seed in range(3000) for draw in tell(seed).draws}
    assert kinds["plot"] == "plot" and kinds["child"] == "names" and kinds["toy"] == "things"
    assert kinds["place.spots"] == "places" and kinds["toy.look"] == "details"
    assert kinds["wording"] == kinds["leave"] == "wording"
    assert set(kinds.values()) == set(found().by_choice)
    # No name in the lists is misspelt, and what has no list of its own is a thing or an animal.
    assert (NAMES | PLACES | DETAILS) - {"dog.pet"} <= set(LEXICON)
    assert kind(Draw(0, "dog.pet", 4)) == "names"


def test_the_plot_is_drawn_once_a_story():
    assert found().by_choice["plot"] == pytest.approx(math.log(len(PLOTS)))


# No model gets below the floor, except by chance. A model is a function that gives the
# probability of the next character, and what is asked of it is its loss minus the floor.


def excess(model):
    """Nats per story that a model loses more than the perfect predictor, and the standard error.

    model(text, i, probs): the probability it gives to text[i], knowing text[:i] and, if it
    wants to cheat, what the perfect predictor says there.
    """
    differences = []
    for story, along in zip(build.stories(VALID), perfect(), strict=True):
        text = story.text
        differences.append(
            math.fsum(
                math.log(along[i][char] / model(text, i, along[i])) for i, char in enumerate(text)
            )
        )
    return fmean(differences), stdev(differences) / math.sqrt(len(differences))


def counted(text, n):
    """A model that has counted what follows each n characters of text, and fewer where it must."""
    counts = defaultdict(Counter)
    for i in range(len(text)):
        for k in range(min(n, i) + 1):
            counts[text[i - k : i]][text[i]] += 1

    def model(text, i, _):
        p = 1 / 61
        for k in range(min(n, i) + 1):
            # Witten and Bell: as many votes for what fewer characters say as there are followers.
            seen = counts.get(text[i - k : i])
            if seen:
                p = (seen[text[i]] + len(seen) * p) / (seen.total() + len(seen))
        return p

    return model


def tempered(power):
    """The perfect predictor's probabilities, made bolder by a power above 1, or more timid."""
    return lambda text, i, probs: probs[text[i]] ** power / sum(p**power for p in probs.values())


def doubting(share):
    """The perfect predictor, with a share of its trust in all 61 characters alike."""
    return lambda text, i, probs: (1 - share) * probs[text[i]] + share / 61


def own_bigrams(text):
    """The table of the very text it is tried on: the best that pairs of characters can do."""
    pairs, firsts = Counter(zip("\n" + text, text, strict=False)), Counter("\n" + text[:-1])

    def model(story, i, _):
        before = story[i - 1] if i else "\n"
        return pairs[before, story[i]] / firsts[before]

    return model


@pytest.mark.parametrize(
    "make",
    [
        lambda: own_bigrams(load_split("tales")[1]),
        lambda: counted(load_split("tales")[0][:300_000], 12),
        lambda: tempered(1.5),
        lambda: tempered(1.1),
        lambda: tempered(0.9),
        lambda: tempered(0.7),
        lambda: doubting(0.001),
        lambda: doubting(0.1),
    ],
)
def test_no_model_gets_below_the_floor(make):
    mean, se = excess(make())
    assert mean > -3 * se
    print(f"{mean:.3f} ± {se:.3f} nats a story above the floor")
