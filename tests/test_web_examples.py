"""Lists of examples, and that what is said to be known of them is exactly that."""

import math
import os
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from itertools import permutations, product
from pathlib import Path
from random import Random

import pytest

from gptlib.prompts import few_shot
from gptlib.web.examples import (
    FORMS,
    KINDS,
    LINES,
    LISTS,
    NEW_ANSWERS,
    NEW_LABELS,
    NEW_NAMES,
    NEW_RULES,
    PAIRS,
    RULES,
    SORTS,
    UNUSUAL_FORMS,
    Example,
    ExampleList,
    Labels,
    Lists,
    Rules,
    best,
)

ROOT = Path(__file__).parent.parent
TINY = Labels("tiny", {"a": "ab", "c": "c", "d": "def"}, 2, ("X", "Y", "Z"), wrong=0.2)
TINY_RULES = Rules(
    "tiny rules",
    {
        "up": {"a": "A", "b": "B"},
        "same": {"a": "a", "b": "b", "c": "c"},
        "one": {"a": "A", "c": "A"},
    },
    wrong=0.2,
)


def by_enumeration(family, examples, question):
    """The probability of everything, and of everything with each answer right, the long way."""
    together, right = 0.0, Counter()
    ways = list(product(permutations(family.groups, family.size), permutations("XYZ", family.size)))
    for groups, labels in ways:
        p = 1 / len(ways)
        label_of = dict(zip(groups, labels, strict=True))
        for example in examples:
            p *= chance(family, groups, example.question)
            own = label_of.get(family.group_of[example.question])
            p *= sum(
                (1 - family.wrong) * (own == example.answer) / family.size
                + family.wrong / family.size * (label == example.answer)
                for label in labels
            )
        p *= chance(family, groups, question)
        together += p
        if p:
            right[label_of[family.group_of[question]]] += p
    return together, right


def chance(family, groups, thing):
    group = family.group_of[thing]
    return (group in groups) / family.size / len(family.groups[group])


def examples_of(*lines):
    return [Example(*line.split(), "never looked at") for line in lines]


@pytest.mark.parametrize(
    ("lines", "question"),
    [
        ([], "a"),
        (["a X"], "b"),
        (["a X"], "c"),
        (["a X", "c Y", "a Y"], "b"),
        (["a X", "b X", "a Y", "b Y", "a Y"], "c"),
        (["c Z", "c Z", "e Z"], "f"),
        (["c Z", "e Y", "e Z"], "f"),
    ],
)
def test_what_labels_tell_is_what_an_enumeration_of_all_lists_gives(lines, question):
    examples = examples_of(*lines)
    together, right = by_enumeration(TINY, examples, question)
    belief = TINY.belief("", examples, question)
    assert math.exp(belief.log_prob) == pytest.approx(together, rel=1e-12)
    assert set(belief.answers) == set("XYZ")
    for answer, p in belief.answers.items():
        assert p == pytest.approx(right[answer] / together, rel=1e-12)
    assert sum(belief.answers.values()) == pytest.approx(1, rel=1e-12)


@pytest.mark.parametrize(
    ("lines", "question"),
    [
        (["a X", "c Y", "d Z"], "a"),
        (["a X", "c Y"], "d"),
        (["a Q"], "a"),
        ([], "q"),
        (["q X"], "a"),
    ],
)
def test_lists_that_no_labels_make_are_impossible(lines, question):
    assert TINY.belief("", examples_of(*lines), question) == (-math.inf, {})
    assert TINY.belief("a name", [], "a") == (-math.inf, {})


@pytest.mark.parametrize(
    ("named", "lines", "question"),
    [("", [], "a"), ("", ["a A"], "b"), ("", ["a A", "b b"], "a"), ("same", ["a A"], "b")],
)
def test_what_rules_tell_is_what_an_enumeration_gives(named, lines, question):
    examples, together, right = examples_of(*lines), 0.0, Counter()
    for name, table in TINY_RULES.rules.items():
        p = 1 / 3 * 0.5 if named in ("", name) else 0
        for e in examples:
            own = table.get(e.question)
            p *= sum(
                (0.8 * (own == e.answer) + 0.2 * (other == e.answer)) / len(table)
                for other in table.values()
            )
            p *= (e.question in table) / len(table)
        p *= (question in table) / len(table)
        together += p
        if p:
            right[table[question]] += p
    belief = TINY_RULES.belief(named, examples, question)
    assert math.exp(belief.log_prob) == pytest.approx(together, rel=1e-12)
    assert belief.answers == pytest.approx({a: p / together for a, p in right.items()}, rel=1e-12)


def test_rules_do_not_make_what_no_rule_makes():
    assert TINY_RULES.belief("", examples_of("a A", "b C"), "c") == (-math.inf, {})
    assert best([TINY, TINY_RULES], "", [], "q") == {}


def test_families_are_weighed_by_what_they_make_of_the_list():
    other = replace(TINY, labels=("X", "B"), wrong=0.5)
    examples = examples_of("a X")
    beliefs = [family.belief("", examples, "b") for family in (TINY, other)]
    weights = [math.exp(belief.log_prob) for belief in beliefs]
    mixed = sum(w * belief.answers["X"] for w, belief in zip(weights, beliefs, strict=True))
    got = best([TINY, other, TINY_RULES], "", examples, "b")
    assert got["X"] == pytest.approx(mixed / sum(weights), rel=1e-12)
    assert sum(got.values()) == pytest.approx(1, rel=1e-12)


@pytest.fixture(scope="module")
def told():
    return [LISTS.tell(seed) for seed in range(1_500)]


def test_the_best_answer_is_right_as_often_as_is_said(told):
    sure, right = [], []
    for each in told:
        k = Random(each.text).randrange(min(6, len(each.examples)))
        answers = LISTS.best(each, k)
        assert sum(answers.values()) == pytest.approx(1, rel=1e-9)
        if answers:
            answer = max(answers, key=answers.get)
            sure.append(answers[answer])
            right.append(answer == each.examples[k].right)
    for low, high in ((0, 0.8), (0.8, 1.01)):
        those = [k for k, p in enumerate(sure) if low <= p < high]
        expected = sum(sure[k] for k in those)
        error = math.sqrt(sum(sure[k] * (1 - sure[k]) for k in those)) + 0.1
        assert len(those) > 40
        assert abs(sum(right[k] for k in those) - expected) < 3 * error


def test_the_reader_never_looks_at_what_is_right(told):
    for each in told[:50]:
        blind = each._replace(examples=tuple(e._replace(right="?") for e in each.examples))
        for k in range(len(each.examples)):
            assert LISTS.best(blind, k) == LISTS.best(each, k)


def test_lists_are_as_described(told):
    lines = [example for each in told for example in each.examples]
    assert {len(each.examples) for each in told} == {LINES}
    shares = Counter(each.family for each in told)
    assert all(abs(n / len(told) - 1 / 3) < 0.04 for n in shares.values()) and len(shares) == 3
    assert {each.form for each in told} == set(FORMS)
    rules = [each for each in told if each.family == "rules"]
    assert abs(sum(bool(each.named) for each in rules) / len(rules) - 0.5) < 0.07
    wrong = sum(e.answer != e.right for e in lines) / len(lines)
    assert 0.03 < wrong < 0.05  # some that are drawn anew come out right
    for each in told:
        assert [each.text[a.place] for a in each.answers] == [f" {e.answer}" for e in each.examples]
        assert each.text.startswith(f"{each.named}\n" if each.named else "- ")


def test_a_form_with_a_full_stop_has_it_in_the_answer():
    examples = Example("a", "X", "X"), Example("b", "Y", "X")
    one = ExampleList("kinds", "- {} becomes {}.", "", examples)
    assert one.text == "- a becomes X.\n- b becomes Y."
    assert [one.text[a.place] for a in one.answers] == [" X.", " Y."]


def test_no_thing_is_of_two_kinds():
    for labels in (KINDS, PAIRS, NEW_NAMES, NEW_ANSWERS, NEW_LABELS):
        words = [word for things in labels.groups.values() for word in things]
        assert len(words) == len(set(words)) == len(labels.group_of)


def test_what_is_called_new_is_in_no_list_to_train_on():
    assert not set(NEW_NAMES.groups) & set(PAIRS.groups)
    assert {*NEW_NAMES.groups, *PAIRS.groups} == set(SORTS["child"])
    assert not set(NEW_ANSWERS.labels) & set(PAIRS.labels)
    assert not set(NEW_LABELS.labels) & set(KINDS.labels)
    assert not set(NEW_RULES.rules) & set(RULES.rules)
    assert not set(UNUSUAL_FORMS) & set(FORMS)


def test_the_same_seed_tells_the_same_list_with_as_many_lines_as_are_asked_for():
    assert LISTS.tell(5) == LISTS.tell(5) != LISTS.tell(6)
    assert len(LISTS.tell(5, lines=17).examples) == 17
    usual, unusual = LISTS.tell(7, 9), replace(LISTS, forms=UNUSUAL_FORMS).tell(7, 9)
    assert unusual.examples == usual.examples and unusual.form in UNUSUAL_FORMS
    assert {told.family for told in map(Lists((PAIRS,)).tell, range(9))} == {"pairs"}


def test_of_equally_likely_answers_the_first_is_the_same_in_every_process():
    code = (
        "from gptlib.web.examples import LISTS\n"
        "for told in map(LISTS.tell, range(40)):\n"
        "    for k in (0, 1, 2, 5):\n"
        "        print(*LISTS.best(told, k).items())\n"
    )
    said = [
        subprocess.run(
            [sys.executable, "-c", code],
            env=os.environ | {"PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    ]
    assert said[0] == said[1] and len(said[0]) > 1000


def test_a_line_needs_the_list_if_only_the_lines_before_it_tell_the_answer():
    examples = tuple(examples_of("a X", "b Y", "a X", "a Y", "b Y", "c X"))
    right = tuple(e._replace(right="X" if e.question != "b" else "Y") for e in examples)
    needs = {
        family: [k for k in range(6) if ExampleList(family, "{}: {}", "", right).needs_list(k)]
        for family in ("kinds", "pairs", "rules")
    }
    assert needs == {"kinds": [0, 1, 5], "pairs": [2, 4], "rules": [0, 1, 5]}


@pytest.mark.parametrize("seed", range(40))
@pytest.mark.parametrize("k", [0, 1, 7])
def test_a_prompt_is_read_back(seed, k):
    told = LISTS.tell(seed)
    shown = [(e.question, e.answer) for e in told.examples[:k]]
    prompt = few_shot(shown, told.examples[k].question, told.form, told.named)
    assert LISTS.answers(prompt) == LISTS.best(told, k)
    assert LISTS.answers(prompt + " ") == LISTS.best(told, k)


@pytest.mark.parametrize(
    "prompt",
    [
        "",
        "In French",
        "-",
        "- ",
        "- :",
        "- kite",
        "- kite: le\n- kite",
        "- kite -> le\n- kite:",
        "-- kite: k\n-- drum:",
        "In Latin\n- kite:",
        "In French\nIn French\n- kite:",
        "- June: tradin\n\n- saw:",
        "- nothing known:",
    ],
)
def test_what_begins_no_list_has_no_answers(prompt):
    assert LISTS.answers(prompt) == {}
