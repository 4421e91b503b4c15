"""Notebook 06's exercises: each wrong answer that a check knows is told apart."""

import math

import pytest
import torch
from exercise_checks import assert_refused

from gptlib import exercises
from gptlib.exercises import RIGHT


def look(row=0, column=1):
    return lambda weights, t, earlier: sum(weights[t + row][s + column] for s in earlier)


@pytest.mark.parametrize(
    ("mine", "says"),
    [
        (look(), RIGHT),
        (lambda w, t, earlier: torch.tensor(w)[t, torch.tensor(earlier) + 1].sum(), RIGHT),
        (look(column=0), "Column 0 is `start`"),
        (look(row=1), "Row t + 1 has read word t already"),
        (look(row=1, column=0), "Word t is asked for by row t"),
        (look(row=-1), "Row t - 1 has not read word t - 1 yet"),
        (lambda w, t, earlier: sum(w[s + 1][t] for s in earlier), "Yours is 0, like every weight"),
        (lambda w, t, earlier: sum(w[-1][s + 1] for s in earlier), "That is the last row"),
        (lambda w, t, earlier: sum(w[t][earlier[0] + 1 : earlier[-1] + 2]), "the words in between"),
        (lambda w, t, earlier: sum(w[t]), "the weight on everything read"),
        (lambda w, t, earlier: look()(w, t, earlier) / len(earlier), "take their sum"),
        (lambda w, t, earlier: w[t][earlier[-1] + 1], "not only the last"),
        (lambda w, t, earlier: w[t][earlier[0] + 1] if earlier[1:] else 0, "not only the first"),
        (lambda w, t, earlier: look()(w, 4, [0, 2]) if len(w) == 7 else 0, "Right, but not for"),
        (lambda w, t, earlier: 7.0, "but yours is 7"),
    ],
)
def test_look(mine, says):
    assert says in exercises.check_look(mine)


def ablated(columns=lambda head, D, H: range(head * D, head * D + D), by=None):
    def mine(mixed, head, D):
        H = len(mixed[0]) // D
        means = [sum(column) / len(mixed) for column in zip(*mixed, strict=True)]
        instead = by or (lambda row, c, part, means: means[c])
        part = list(columns(head, D, H))
        return [
            [instead(row, c, part, means) if c in part else x for c, x in enumerate(row)]
            for row in mixed
        ]

    return mine


def in_place(mixed, head, D):
    for c in range(head * D, head * D + D):
        mean = sum(row[c] for row in mixed) / len(mixed)
        for row in mixed:
            row[c] = mean
    return mixed


def in_replaced_rows(mixed, head, D):
    for row in mixed:
        for c in range(head * D, head * D + D):
            row[c] = sum(each[c] for each in mixed) / len(mixed)
    return mixed


def rows_so_far(mixed, head, D):
    return [ablated()(mixed[: t + 1], head, D)[t] for t in range(len(mixed))]


@pytest.mark.parametrize(
    ("mine", "says"),
    [
        (ablated(), RIGHT),
        (lambda *given: torch.tensor(ablated()(*given)), RIGHT),
        (lambda *given: (tuple(row) for row in ablated()(*given)), RIGHT),
        (in_place, RIGHT),
        (ablated(by=lambda *_: 0.0), "You put zeros there"),
        (ablated(by=lambda row, c, part, means: 3 * means[c]), "the sum over the rows"),
        (ablated(by=lambda row, c, part, means: row[c] - means[c]), "You subtract the mean"),
        (ablated(by=lambda row, c, part, means: sum(means) / 6), "the mean of all heads"),
        (
            ablated(by=lambda row, c, part, _: sum(row[i] for i in part) / len(part)),
            "over the rows",
        ),
        (ablated(by=lambda row, c, part, means: sum(means[i] for i in part) / 2), "one number"),
        (ablated(lambda head, D, H: range(head, H * D, H)), "channels are neighbours"),
        (
            ablated(lambda head, D, H: {*range(H * D)} - {*range(head * D, head * D + D)}),
            "keep this",
        ),
        (ablated(lambda head, D, H: range(H * D)), "You replace all heads"),
        (ablated(lambda head, D, H: range(head, head + D)), "begins at column head * D"),
        (ablated(lambda head, D, H: range(head * D - D, head * D)), "the previous head"),
        (ablated(lambda head, D, H: range(head * D, head * D + D - 1)), "the last of the head's"),
        (rows_so_far, "over the rows so far"),
        (ablated(by=lambda row, c, part, means: row[c] + means[c]), "You add the mean"),
        (ablated(by=lambda row, c, part, means: sum(row) / len(row)), "the mean over a row"),
        (in_replaced_rows, "rows you have replaced already"),
        (lambda mixed, head, D: mixed, "Nothing is replaced."),
        (ablated(lambda head, D, H: (2, 3)), "Right, but not for H = 2 and D = 1"),
        (lambda mixed, head, D: mixed[:2], "Return 3 rows"),
        (lambda mixed, head, D: [[7.0 + row[0]] * 6 for row in mixed], "row 0 should be"),
    ],
)
def test_ablated(mine, says):
    assert says in exercises.check_ablated(mine)


def induction(to=1, last=1, over=None, turned=False):
    def mine(weights):
        R = len(weights) // 2
        pairs = [(t, t - R + to) for t in range(R, 2 * R - last)]
        found = [weights[s][t] if turned else weights[t][s] for t, s in pairs]
        return sum(found) / (over(R) if over else len(found))

    return mine


@pytest.mark.parametrize(
    ("mine", "says"),
    [
        (induction(), RIGHT),
        (lambda weights: torch.tensor(induction()(weights)), RIGHT),
        (induction(to=0), "That is the same token"),
        (induction(to=0, last=0), "Take the token after it"),
        (lambda w: sum(w[t][t - 1] for t in (4, 5, 6)) / 3, "the token just before"),
        (induction(last=0), "Leave the last one out"),
        (induction(to=2), "One too far"),
        (lambda w: sum(w[t][t - 3] for t in (5, 6)) / 2, "You leave out row R"),
        (lambda w: max(w[t][t - 3] for t in (4, 5, 6)), "That is the largest"),
        (lambda w: sum(w[t - 3][t] for t in (4, 5, 6)) / 3, "Yours is 0, like every weight"),
        (lambda w: sum(w[t][t - 1] for t in (4, 5, 6, 7)) / 4, "the token just before"),
        (induction(to=-1), "the token before the same one"),
        (lambda w: sum(w[t][t - 3] for t in (5, 6, 7)) / 3, "one row too late"),
        (induction(over=lambda R: 1), "That is the sum"),
        (induction(over=lambda R: R), "Divide by the number of terms"),
        (induction(over=lambda R: 2 * R), "Divide by the number of terms"),
        (lambda w: sum(w[t][t - 3] for t in (4, 5, 6) if t < len(w)) / 3, "not for R = 3"),
        (lambda w: 7.0, "but yours is 7"),
    ],
)
def test_induction(mine, says):
    assert says in exercises.check_induction(mine)


@pytest.mark.parametrize("check", ["look", "ablated", "induction"])
@pytest.mark.parametrize(
    "answer",
    [
        [],
        [[]],
        [[[1]]],
        [None] * 3,
        [[math.nan] * 6] * 3,
        [["a"] * 6] * 3,
        {1: 2},
        torch.zeros(3, 2),
    ],
)
def test_no_answer_stops_a_check(check, answer):
    assert_refused(check, answer)
