"""The tasks of the story world: right labels, and no way to them but by reading."""

import math
import re
from collections import Counter
from functools import cache

import pytest
from experiments import rows, script

from gptlib.corpus import Corpus
from gptlib.texts import SEEDS as TALES
from gptlib.world import (
    CEILING,
    PERFECT,
    TASKS,
    Example,
    Predictor,
    Task,
    World,
    examples,
    parts,
)
from gptlib.world.entry import names
from gptlib.world.grammar import plot
from gptlib.world.lexicon import BOYS, GIRLS
from gptlib.world.tasks import FIRST_SEED

SEEDS = range(30_000_000, 30_000_300)
BOY = {entry.name: int(entry in BOYS) for entry in GIRLS + BOYS}


@cache
def found(name):
    return examples(TASKS[name], SEEDS)


# A second way to each label: readers of the text alone, who know neither facts nor plots. Of two
# endings, the fourth takes the one that the tales' grammar allows.


def has_it(tale):
    """Who has the thing in the end: 0 for the girl, 1 for the boy."""
    sentence = tale.split(". ")[-1]
    return 1 - BOY[doer(sentence)]


def read_classification(tale):
    return has_it(tale)


def read_entailment(tale, hypothesis):
    if "had never liked" in hypothesis:
        return 2
    return int(has_it(tale) != (" boy " in hypothesis))


def read_similarity(one, other):
    return int(doer(one) == doer(other))


def doer(sentence):
    """Who gives, sends, follows, waits: named last where the sentence tells it from the other."""
    named = [name for name in re.findall(r"\w+", sentence) if name in BOY]
    return named[bool(re.search(r" from \w+\.| by [A-Z]| after | led | kept ", sentence))]


def read_choice(beginning, *endings):
    odds = [PERFECT.log_prob(f"{beginning} {ending}\n\n") for ending in endings]
    assert min(odds) == -math.inf  # so nothing is left to chance
    return odds.index(max(odds))


READERS = {
    "classification": read_classification,
    "entailment": read_entailment,
    "similarity": read_similarity,
    "choice": read_choice,
}


@pytest.mark.parametrize("name", TASKS)
def test_whoever_reads_gets_every_label_right(name):
    some = found(name)[:50] if name == "choice" else found(name)  # its reader takes long
    right = [READERS[name](*texts) == label for texts, label in some]
    assert len(right) >= 50
    assert sum(right) / len(right) == CEILING


@pytest.mark.parametrize("name", TASKS)
def test_labels_are_about_equally_frequent(name):
    labels = Counter(example.label for example in found(name))
    K, n = len(TASKS[name].labels), len(found(name))
    assert set(labels) == set(range(K))
    assert all(abs(count - n / K) < 4 * (n / K * (1 - 1 / K)) ** 0.5 for count in labels.values())


def swapped(text, one, other):
    """A text with two words in each other's place."""
    return re.sub(f"{one}|{other}", lambda match: other if match[0] == one else one, text)


def test_a_wrong_ending_has_the_children_exchanged_and_ends_the_tale_that_has():
    for (beginning, *endings), label in found("choice")[:8]:
        one, other = (name for name in dict.fromkeys(re.findall(r"\w+", beginning)) if name in BOY)
        assert BOY[one] == BOY[other]
        assert endings[0] == swapped(endings[1], one, other) != endings[1]
        right = PERFECT.log_prob(f"{beginning} {endings[label]}\n\n")
        mirrored = f"{swapped(beginning, one, other)} {endings[1 - label]}\n\n"
        assert PERFECT.log_prob(mirrored) == pytest.approx(right, abs=1e-9)


def test_no_ending_tells_what_two_do_together():
    # Who is named first in it would not matter, and both endings would be right.
    world = TASKS["choice"].world
    ends = [world.tell(seed).sentences[-1].text for seed in SEEDS]
    assert sum(bool(TOGETHER.search(end)) for end in ends) > 5
    assert not any(TOGETHER.search(end) for texts, _ in found("choice") for end in texts[1:])


TOGETHER = re.compile(f"({'|'.join(BOY)}) and ({'|'.join(BOY)})")


def test_two_sentences_with_the_children_exchanged_in_one_are_found_too_and_in_either_order():
    log_prob = Predictor(TASKS["similarity"].world).log_prob
    for (one, other), label in found("similarity")[:3]:
        a, b = (name for name in re.findall(r"\w+", one) if name in BOY)
        exchanged = swapped(other, a, b)  # the same words
        assert read_similarity(one, exchanged) == 1 - label
        assert log_prob(f"{one} {exchanged}\n\n") > -math.inf
        odds = [log_prob(f"{x} {y}\n\n") for x, y in [(one, other), (other, one)]]
        assert odds[0] == pytest.approx(odds[1], abs=1e-9)


def test_a_hypothesis_speaks_of_the_thing_in_the_tale():
    for (tale, hypothesis), _ in found("entailment"):
        thing = re.fullmatch("The .+ (?:had|liked) the (.+?)(?: in the end)?.", hypothesis)[1]
        assert thing in tale


def test_all_of_an_example_fits_in_110_tokens():
    tokenizer = Corpus.load("tales", 96).tokenizer
    for name in TASKS:
        for texts, _ in found(name):
            shown = [(texts[0], text) for text in texts[1:]] if name == "choice" else [texts]
            assert all(sum(len(tokenizer.encode(t)) for t in row) + 3 <= 110 for row in shown)


def test_a_seed_gives_the_same_example_whichever_others_are_asked_for():
    for task in TASKS.values():
        assert examples(task, SEEDS[:20]) == examples(task, SEEDS[:7]) + examples(task, SEEDS[7:20])


# Six stories, each of which is told in two orders.
FEW = Task(
    ("yes",),
    World({"side": names("Up, Down, Left, Right")}, {}, [plot("", "a b: side", "{A}.\n{B}.")]),
    lambda story, chance: Example((story.text.strip(),), 0),
)


def test_no_story_is_in_two_parts_or_in_one_twice():
    found = [example.texts[0] for part in parts(FEW, (2, 4)) for example in part]
    assert len({frozenset(text.split()) for text in found}) == 6


def test_parts_have_their_sizes_and_only_the_last_changes_when_it_grows():
    small, large = (parts(TASKS["choice"], (3, 2, size)) for size in (1, 4))
    assert [len(part) for part in large] == [3, 2, 4]
    assert small[:2] == large[:2]
    assert small[2] == large[2][:1]


def test_parts_can_do_without_given_tales():
    (first,) = parts(FEW, (1,))[0]
    left = parts(FEW, (5,), but_for={first.texts[0]})[0]
    assert first not in left


def test_examples_are_told_from_seeds_of_no_other_text():
    assert FIRST_SEED > TALES.stop


# Neighbours tell who did what, and the last sentence of a tale is all that matters of it.
ORDERED = dict.fromkeys(TASKS, {"pairs"}) | {"classification": {"pairs", "last text"}}


@pytest.mark.parametrize("name", TASKS)
def test_what_cannot_read_stays_far_below_the_ceiling(name):
    attack = script("shortcuts")
    few = parts(TASKS[name], (200, 50, 500))
    assert attack.accuracy(few, attack.VIEWS["all words"]) < CEILING - 0.15
    (row,) = [row for row in rows("shortcuts") if row["task"] == name]
    assert all(
        float(row[view]) < CEILING - 0.15 for view in attack.VIEWS if view not in ORDERED[name]
    )


def test_the_attack_finds_what_words_and_neighbours_give_away():
    attack = script("shortcuts")
    told = [Example(("Mia had a kite.",), 0), Example(("Mia lost a kite.",), 1)] * 500
    assert attack.accuracy([told] * 3, attack.VIEWS["words"]) == 1
    met = [Example(("Mia met Tom.",), 0), Example(("Tom met Mia.",), 1)] * 500
    assert attack.accuracy([met] * 3, attack.VIEWS["words"]) == 0.5
    assert attack.accuracy([met] * 3, attack.VIEWS["pairs"]) == 1
    fits = [Example(("Mia ran.", "Mia sat.", "Tom sat."), 0)] * 500
    fits += [Example(("Mia ran.", "Tom sat.", "Mia sat."), 1)] * 500
    assert attack.accuracy([fits] * 3, attack.VIEWS["shared"]) == 1
