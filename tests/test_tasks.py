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

SEEDS = range(30_000_000, 30_000_700)
BOY = {entry.name: int(entry in BOYS) for entry in GIRLS + BOYS}


@cache
def found(name):
    return examples(TASKS[name], SEEDS)


# A second way to each label: readers of the text alone, who know neither facts nor plots. Of two
# endings, the fourth takes the one that the tales' grammar allows.

# Who has the thing in the end: one of these fits each tale.
HAS_IT = [
    r"^(\w+) wanted an? .* With the coins ",
    r"\. (?:It poured before supper|Not a drop fell), and (\w+) got the ",
    r"^It was \w+\. (?:(\w+) lent|\w+ borrowed (\w+)'s) .*(?<! keep it)\.$",
    r"^It was \w+\. (?:\w+ lent (\w+)|(\w+) borrowed) .* keep it\.$",
    r"^(?:(\w+) lent|\w+ borrowed (\w+)'s) .* and (?:told the truth|confessed)\.",
    r"\. \".+\" asked (\w+) in the doorway\.",
    r" blew (\w+)'s .* into ",
    r" Then (\w+) came and \w+, \"I have lost my ",
    r" (\w+) had reached ",
    r"never looked back\. .* long after (\w+)\b",
    r"^(\w+) had an? .* and wished for ",
    r" (\w+) gave it (?:his|her) own ",
    r"^(\w+) (?:laid|put|left) .*(?:kept the| came down from) ",
]


def fitting(tale):
    """Each pattern of HAS_IT that fits a tale, and whom it finds."""
    tries = ((pattern, re.search(pattern, tale)) for pattern in HAS_IT)
    return {pattern: next(filter(None, fits.groups())) for pattern, fits in tries if fits}


def read_classification(tale):
    (child,) = fitting(tale).values()
    return BOY[child]


def read_entailment(tale, hypothesis):
    sentence = tale.split(". ")[-1]
    if re.search(r" asked | told ", sentence):
        return 2
    return int(BOY[gets(sentence)] != BOYS_HAVE[hypothesis])


BOYS_HAVE = {"The girl has it.": 0, "The boy has it.": 1}


def read_similarity(one, other):
    return int(gets(one) == gets(other))


def gets(sentence):
    """Who has the thing then: the one named first borrows, buys or gets it."""
    first, verb, *others = re.findall(r"\w+", sentence)
    if verb in ("lent", "sold", "gave"):
        return others[0]
    assert verb in ("borrowed", "bought", "got")
    return first


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


def test_every_way_to_have_a_thing_is_told():
    often = Counter(pattern for texts, _ in found("classification") for pattern in fitting(*texts))
    assert sum(often.values()) == len(found("classification")) > 300
    assert all(often[pattern] > 5 for pattern in HAS_IT)


@pytest.mark.parametrize("name", TASKS)
def test_labels_are_about_equally_frequent(name):
    labels = Counter(example.label for example in found(name))
    K, n = len(TASKS[name].labels), len(found(name))
    assert set(labels) == set(range(K))
    assert all(abs(count - n / K) < 4 * (n / K * (1 - 1 / K)) ** 0.5 for count in labels.values())


def swapped(text, one, other):
    """A text with two words in each other's place."""
    exchanged = {one: other, other: one}
    return re.sub(rf"\b({one}|{other})\b", lambda word: exchanged[word[0]], text)


def children(text):
    return [word for word in dict.fromkeys(re.findall(r"\w+", text)) if word in BOY]


PRONOUN = re.compile(r"\b(?:she|he|her|him|his|herself|himself)\b", re.IGNORECASE)


def test_a_wrong_ending_has_the_children_exchanged_and_ends_the_tale_that_has():
    plain = []
    for (beginning, *endings), label in found("choice"):
        one, other = children(beginning)
        assert BOY[one] != BOY[other]
        assert endings[0] == swapped(endings[1], one, other) != endings[1]
        if not PRONOUN.search(" ".join([beginning, *endings])):  # they would change too
            mirrored = f"{swapped(beginning, one, other)} {endings[1 - label]}\n\n"
            plain.append((f"{beginning} {endings[label]}\n\n", mirrored))
    assert len(plain) > 8
    for right, mirrored in plain[:8]:
        odds = PERFECT.log_prob(right)
        assert odds > -math.inf
        assert PERFECT.log_prob(mirrored) == pytest.approx(odds, abs=1e-9)


def test_no_ending_has_a_pronoun_but_a_few_have_a_reflexive_one():
    endings = [ending for texts, _ in found("choice") for ending in texts[1:]]
    plain, reflexive = r"\b(?:she|he|her|him|his)\b", r"\b(?:herself|himself)\b"
    assert not [end for end in endings if re.search(plain, end, re.IGNORECASE)]
    assert sum(bool(re.search(reflexive, end)) for end in endings) < 0.1 * len(endings)


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


@pytest.mark.parametrize("name", TASKS)
def test_a_tale_is_of_a_girl_and_a_boy(name):
    for texts, _ in found(name):
        assert sorted(BOY[child] for child in children(texts[0])) == [0, 1]


def test_things_pass_as_often_to_a_boy_and_a_tale_alone_says_a_little():
    told = [(texts, label) for texts, label in found("entailment") if label < 2]
    labels = {0: [], 1: []}
    for (tale, _), label in told:
        labels[BOY[gets(tale.split(". ")[-1])]].append(label)
    assert len(labels[1]) / len(told) == pytest.approx(1 / 2, abs=0.1)
    for who, said in ((0, 3 / 4), (1, 1 / 4)):
        assert labels[who].count(0) / len(labels[who]) == pytest.approx(said, abs=0.1)


def test_of_what_is_only_spoken_of_either_child_may_be_said_to_have_it():
    often = Counter(texts[1] for texts, label in found("entailment") if label == 2)
    assert min(often[hypothesis] for hypothesis in BOYS_HAVE) > 0.4 * often.total()


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


# Neighbours may tell who did what; and of a tale alone, who is named in its last sentence.
ORDERED = dict.fromkeys(TASKS, {"pairs"})
ORDERED["classification"] = {"pairs", "last text", "shared", "all words"}


@pytest.mark.parametrize("name", TASKS)
def test_what_cannot_read_stays_far_below_the_ceiling(name):
    attack = script("shortcuts")
    few = parts(TASKS[name], (200, 50, 500))
    assert attack.accuracy(few, attack.VIEWS["words"]) < CEILING - 0.15
    (row,) = [row for row in rows("shortcuts") if row["task"] == name]
    told = {view: float(row[view]) for view in attack.VIEWS if view not in ORDERED[name]}
    assert {view: share for view, share in told.items() if share >= CEILING - 0.15} == {}


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
