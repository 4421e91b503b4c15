"""Notebook 10's exercises: right forms pass, and each wrong answer that a check knows is told."""

import math
import re
import runpy
from pathlib import Path

import numpy as np
import pytest
import torch

from gptlib import exercises
from gptlib.attention import attention, banded_mask, causal_mask
from gptlib.attention import banded_attention as finished
from gptlib.config import GPTConfig
from gptlib.cost import flops_per_token
from gptlib.exercises import NOT_YET, RIGHT

SOLUTIONS = Path(__file__).parent.parent / "notebooks" / "solutions"
ANSWERS = runpy.run_path(str(SOLUTIONS / "10_gpt3.py"))
NAMES = ["banded_attention", "flops", "power_law", "posterior"]


@pytest.mark.parametrize("name", NAMES)
def test_the_solutions_are_right_and_stubs_are_not_yet(name):
    check = getattr(exercises, f"check_{name}")
    assert check(ANSWERS[f"my_{name}"]) == RIGHT
    assert check(lambda *_: None) == NOT_YET


@pytest.mark.parametrize("name", NAMES)
def test_code_that_stops_is_shown_with_its_line(name):
    def mine(*given):
        return given[9]

    says = getattr(exercises, f"check_{name}")(mine)
    line = mine.__code__.co_firstlineno + 1
    assert says.startswith(f"Your code stops at line {line}, `return given[9]`, with IndexError")


# Bands.


def in_blocks(q, k, v, width, mask, before=1):
    """Attention of each block of queries to its own keys and to those of blocks before it."""
    mixed = []
    for start in range(0, len(q), width):
        first, stop = max(0, start - before * width), min(start + width, len(q))
        seen = mask(len(q), width)[start:stop, first:stop]
        mixed.append(attention(q[start:stop], k[first:stop], v[first:stop], seen)[0])
    return torch.cat(mixed)


def with_mask(make):
    return lambda q, k, v, width: attention(q, k, v, make(len(q), width))[0]


def within_two_blocks(T, width):
    block = torch.arange(T) // width
    return (block[:, None] - block >= 0) & (block[:, None] - block <= 1)


def back(T):
    return torch.arange(T)[:, None] - torch.arange(T)


WRONG = {
    "one too wide": with_mask(lambda T, w: banded_mask(T, w + 1)),
    "one too narrow": with_mask(lambda T, w: banded_mask(T, w - 1)),
    "see only themselves": lambda *given: in_blocks(*given, banded_mask, before=0),
    "but not the past": with_mask(lambda T, w: within_two_blocks(T, w) & causal_mask(T)),
    "blocks have no mask": with_mask(within_two_blocks),
    "but not at the query": with_mask(lambda T, w: within_two_blocks(T, w) & (back(T) < w)),
    "the whole past": with_mask(lambda T, w: causal_mask(T)),
    "Right, but each query still meets": with_mask(banded_mask),
    r"For T = 12, width = 3 row 0 is not what": lambda q, k, v, width: 2 * v,
    r"return \(12, 4\): yours is a tensor of shape \(3, 4\)": lambda q, k, v, width: v[:width],
    r"Return a tensor \(T, D\): yours is the number 3": lambda q, k, v, width: width,
}


@pytest.mark.parametrize("says", WRONG)
def test_what_is_wrong_with_a_band(says):
    assert re.search(says, exercises.check_banded_attention(WRONG[says]))


def test_other_right_forms_of_a_band():
    assert exercises.check_banded_attention(lambda *given: in_blocks(*given, banded_mask)) == RIGHT
    one_head = lambda q, k, v, width: finished(q[None], k[None], v[None], width)[0]  # noqa: E731
    assert exercises.check_banded_attention(one_head) == RIGHT


# Operations.


def flops(matrices=12, logits=1, attention=2, operations=2, passes=3):
    def mine(n_layer, C, V, T):
        products = matrices * n_layer * C * C + logits * C * V + attention * n_layer * T * C
        return passes * operations * products

    return mine


@pytest.mark.parametrize(
    ("mine", "says"),
    [
        (flops(passes=1), "That is the forward pass: the backward"),
        (flops(passes=2), "The backward pass costs twice the forward one"),
        (flops(operations=1), "A multiply-add is two operations"),
        (flops(operations=1, passes=1), "These are the multiply-adds of the forward pass"),
        (flops(attention=0), "Attention is missing"),
        (flops(logits=0), "The logits are missing"),
        (flops(logits=0, attention=0), "The logits and the two products of attention are missing"),
        (flops(attention=1), "Attention has two products"),
        (lambda L, C, V, T: 6 * (12 * L * C * C + C * V + 2 * L * C * T * T), "Count for one tok"),
        (flops(logits=2), "The table of tokens is read, not multiplied with"),
        (flops(matrices=8), r"You count 8 \* C \* C numbers .* It has 12"),
        (flops(matrices=9), r"You count 9 \* C \* C numbers .* It has 12"),
        (lambda *_: 7.0, "For n_layer = 3, n_embd = 8, .* it should be 21,984, not 7"),
        (lambda *_: "many", "Return a number: yours is a string"),
    ],
)
def test_what_is_wrong_with_a_count(mine, says):
    assert re.match(says, exercises.check_flops(mine))


def test_the_right_count_is_that_of_cost():
    config = GPTConfig(50_257, 2048, n_layer=12, n_embd=768)
    assert flops()(12, 768, 50_257, 2048) == flops_per_token(config)


# Power laws.


def line(x, y):
    return np.polyfit(np.log(x), np.log(y), 1)


def turned(x, y):
    slope, start = np.polyfit(np.log(y), np.log(x), 1)
    return math.exp(-start / slope), -1 / slope


def to_base_10(x, y):
    slope, start = np.polyfit(np.log10(x), np.log10(y), 1)
    return slope, start


@pytest.mark.parametrize(
    ("mine", "says"),
    [
        (lambda x, y: (-line(x, y)[0], math.exp(line(x, y)[1])), "The scale comes first"),
        (lambda x, y: (math.exp(line(x, y)[1]), line(x, y)[0]), "The exponent should be positive"),
        (lambda x, y: (line(x, y)[1], -line(x, y)[0]), "Your scale is its own logarithm: take exp"),
        (lambda x, y: line(x, y)[::-1], "You return the line itself"),
        (lambda x, y: (to_base_10(x, y)[1], -to_base_10(x, y)[0]), "Your scale is .* raise 10"),
        (lambda x, y: (math.exp(to_base_10(x, y)[1]), -line(x, y)[0]), "You take logarithms to"),
        (lambda x, y: (np.polyfit(x, y, 1)[1], -np.polyfit(x, y, 1)[0]), "You fit a line to x and"),
        (turned, "You fit x to y"),
        (lambda x, y: (1, 2), "For x = .* it should be .*: yours is 1, 2"),
        (lambda x, y: 3.0, "Return two numbers: the scale and the exponent: yours is the number 3"),
    ],
)
def test_what_is_wrong_with_a_power_law(mine, says):
    assert re.match(says, exercises.check_power_law(mine))


def test_a_power_law_by_numpy_is_right():
    def mine(x, y):
        slope, start = line(x, y)
        return np.exp(start), -slope

    assert exercises.check_power_law(mine) == RIGHT


# What examples tell.


def posterior(each, shared=True):
    """The answer of somebody who weighs a line by each(table, question, answer, wrong)."""

    def mine(rules, examples, wrong):
        weights = {
            name: math.prod(each(table, *example, wrong) for example in examples)
            for name, table in rules.items()
        }
        total = sum(weights.values()) if shared else 1
        return {name: weight / total for name, weight in weights.items()}

    return mine


def right_line(table, question, answer, wrong):
    answers = [*table.values()]
    slip = wrong * answers.count(answer) / len(answers)
    return (question in table) / len(table) * ((1 - wrong) * (table.get(question) == answer) + slip)


def no_slip(table, question, answer, wrong):
    """Adds a little, or nothing would be left to divide by."""
    return (question in table) / len(table) * (table.get(question) == answer) + 1e-30


def any_other(table, question, answer, wrong):
    if question not in table:
        return 0
    return (1 - wrong if table[question] == answer else wrong) / len(table)


def unknown_ignored(table, question, answer, wrong):
    return right_line(table, question, answer, wrong) if question in table else 1


@pytest.mark.parametrize(
    ("mine", "says"),
    [
        (posterior(right_line, shared=False), "Divide by the sum"),
        (posterior(lambda t, *e: len(t) * right_line(t, *e)), "A rule with a larger table"),
        (posterior(no_slip), "A wrong answer does not rule a rule out"),
        (posterior(any_other), "A wrong answer is that of a question drawn anew"),
        (posterior(unknown_ignored), "A rule that does not know a question"),
        (lambda rules, *_: dict.fromkeys(rules, 1 / 3), "After [('kite', 'e')] it should be"),
        (lambda rules, *_: {"first letter": 1.0}, "Return a probability for each of"),
        (lambda *_: 0.5, "Return a dict with a probability for each rule: yours is the number"),
    ],
)
def test_a_mistake_about_what_examples_tell_is_told(mine, says):
    assert posterior(right_line)({"a": {"q": "r"}}, [("q", "r")], 0.1) == {"a": 1}
    assert exercises.check_posterior(posterior(right_line)) == RIGHT
    assert exercises.check_posterior(mine).startswith(says)
