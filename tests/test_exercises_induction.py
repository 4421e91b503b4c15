"""Appendix A4's exercise: right forms pass, and each wrong answer that the check knows is told."""

import re
import runpy
from pathlib import Path

import numpy as np
import pytest
import torch
from exercise_checks import assert_refused

from gptlib import exercises
from gptlib.exercises import NOT_YET, RIGHT

SOLUTIONS = Path(__file__).parent.parent / "notebooks" / "solutions"
ANSWERS = runpy.run_path(str(SOLUTIONS / "A4_induction_heads.py"))


def test_the_solution_is_right_and_a_stub_is_not_yet():
    assert exercises.check_prefix_matching(ANSWERS["my_prefix_matching"]) == RIGHT
    assert exercises.check_prefix_matching(lambda *_: None) == NOT_YET


def by_loops(after=1, first=False, mean=True, turned=False):
    def mine(weights, tokens):
        found = []
        for t in range(len(tokens)):
            for s in range(t) if first else reversed(range(t)):
                if tokens[s] == tokens[t]:
                    row, column = (s + after, t) if turned else (t, s + after)
                    found.append(weights[row][column])
                    break
        return np.mean(found) if mean is True else sum(found) / (mean or 1)

    return mine


def test_another_right_form():
    as_array = by_loops()
    assert exercises.check_prefix_matching(lambda w, t: as_array(np.array(w), t)) == RIGHT
    assert exercises.check_prefix_matching(lambda w, t: as_array(torch.tensor(w), t)) == RIGHT


@pytest.mark.parametrize(
    ("mine", "says"),
    [
        (by_loops(after=0), "You look at the earlier token itself"),
        (by_loops(after=-1), "You look at the token before the earlier one"),
        (by_loops(first=True), "A token may have come more than once"),
        (by_loops(mean=9), "Divide by the number of positions whose token has come before"),
        (by_loops(mean=0), "That is the sum"),
        (by_loops(turned=True), "Your row and column are exchanged"),
        (lambda *_: 0.5, r"For the tokens \['kite', .* it should be 0\.\d+: yours is 0\.5\."),
        (lambda *_: "half", "Return a number: yours is a string"),
        (lambda *given: given[9], "Your code stops at line"),
    ],
)
def test_what_is_wrong(mine, says):
    assert re.match(says, exercises.check_prefix_matching(mine))


@pytest.mark.parametrize("answer", [[], {}, "a", object(), [1, 2], float("nan"), torch.zeros(2)])
def test_what_is_no_number_is_refused(answer):
    assert_refused("prefix_matching", answer)
