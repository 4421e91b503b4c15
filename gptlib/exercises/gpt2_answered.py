"""The check for the exercise of notebook 09 on answers that a model would have written."""

import math
from collections.abc import Callable, Iterator, Sequence

import numpy as np
import torch
from torch import Tensor

from gptlib.exercises.checking import NOT_YET, RIGHT, described, in_words
from gptlib.exercises.modules import draw

Case = tuple[list[int], list[int], float, range]

# The ids, the likeliest token after each, its probability, and the places of the answer. The
# simplest case comes first; no answer is at an end of ids, where the usual mistakes would stop.
ASKED = [
    ([3, 1, 4, 2, 5, 0, 6], [1, 4, 2, 5, 0, 6, 3], 0.7, range(2, 5)),
    ([3, 1, 4, 2, 5, 0, 6], [6, 4, 2, 5, 0, 6, 3], 0.7, range(2, 5)),  # wrong before the answer
    ([3, 1, 4, 2, 5, 0, 6], [1, 4, 2, 5, 3, 6, 0], 0.7, range(2, 5)),  # wrong after it
    ([3, 1, 4, 2, 5, 0, 6], [1, 4, 2, 5, 0, 6, 3], 0.4, range(2, 5)),  # but not sure
    ([3, 1, 4, 2, 5, 0, 6], [1, 4, 2, 6, 0, 6, 3], 0.7, range(2, 5)),  # its last is wrong,
    ([3, 1, 4, 2, 5, 0, 6], [1, 4, 3, 5, 0, 6, 3], 0.7, range(2, 5)),  # its second,
    ([3, 1, 4, 2, 5, 0, 6], [1, 5, 2, 5, 0, 6, 3], 0.7, range(2, 5)),  # its first
    ([2, 5, 1, 6, 3, 0, 4], [2, 5, 1, 6, 3, 0, 4], 0.9, range(3, 5)),  # each said again
    ([2, 5, 1, 6, 3, 0, 4], [4, 2, 5, 1, 6, 3, 0], 0.9, range(3, 5)),  # those before
    ([2, 5, 1, 6, 3, 0, 4], [1, 6, 3, 0, 4, 2, 5], 0.9, range(3, 5)),  # those after the next
    ([2, 5, 1, 6, 3, 0, 4], [5, 1, 0, 0, 0, 4, 2], 0.9, range(3, 5)),  # right around the answer
    ([2, 5, 1, 6, 3, 0, 4], [5, 1, 2, 3, 0, 4, 2], 0.9, range(3, 5)),
    ([2, 5, 1, 6, 3, 0, 4], [5, 1, 6, 2, 0, 4, 2], 0.9, range(3, 5)),
    ([2, 5, 1, 6, 3, 0, 4], [0, 0, 6, 0, 0, 0, 0], 0.9, range(3, 4)),
]
AT_ENDS = [
    ([1, 3, 2, 0], [3, 0, 0, 0], 0.8, range(1, 2)),
    ([1, 3, 2, 0], [0, 2, 0, 1], 0.8, range(2, 4)),
    ([1, 3, 2, 0], [3, 2, 0, 2], 0.3, range(1, 4)),
    ([1, 3, 2, 0], [3, 2, 1, 0], 0.8, range(1, 4)),
]


def _logits(likeliest: list[int], p: float) -> Tensor:
    """Logits (T, V) from which these tokens have probability p, and are the likeliest."""
    T, V = len(likeliest), 7
    (noise,) = draw((T, V))
    logits = noise / 20
    rows, said = torch.arange(T), torch.tensor(likeliest)
    logits[rows, said] = -math.inf
    logits[rows, said] = logits.logsumexp(1) + math.log(p / (1 - p))
    return logits


def _same(
    logits: Tensor, ids: Tensor, answer: range, row: int = -1, place: int = 0
) -> Iterator[bool]:
    """For each t of answer, whether row t + row of logits says what stands at t + place."""
    said, T = logits.argmax(dim=1).tolist(), len(ids)
    return (said[(t + row) % T] == ids[(t + place) % T].item() for t in answer)


def _probs(logits: Tensor, ids: Tensor, answer: range) -> list[float]:
    return [logits.softmax(1)[t - 1, ids[t]].item() for t in answer]


def _answered(logits: Tensor, ids: Tensor, answer: range) -> bool:
    return all(_same(logits, ids, answer))


ROW = "The token at t is said before it is read, in logits[t - 1]"
OWN = f"You compare each token with what the model says after it. {ROW}, not in logits[t]."
PLACES = "Your places are one too {}: the answer's first token is ids[answer.start]. " + ROW + "."
MORE_SURE = "The likeliest token may have less than 1/2: it only has to be the likeliest."
ANSWERED_WRONGLY = [
    (lambda x, ids, a: all(_same(x, ids, a, row=0)), OWN),
    (lambda x, ids, a: all(_same(x, ids, a, place=-1)), OWN),
    (lambda x, ids, a: all(_same(x, ids, a, row=1)), f"You look the wrong way. {ROW}."),
    (lambda x, ids, a: all(_same(x, ids, a, row=-2)), f"You go back too far. {ROW}."),
    (lambda x, ids, a: all(_same(x, ids, a, 0, 1)), PLACES.format("late")),
    (lambda x, ids, a: all(_same(x, ids, a, -2, -1)), PLACES.format("early")),
    (
        lambda x, ids, a: next(_same(x, ids, a)),
        "You look at the first token alone: each token of the answer has to be right.",
    ),
    (
        lambda x, ids, a: [*_same(x, ids, a)][-1],
        "You look at the last token alone: each token of the answer has to be right.",
    ),
    (
        lambda x, ids, a: any(_same(x, ids, a)),
        "One right token is enough for yours: each has to be right, so all, not any.",
    ),
    (
        lambda x, ids, a: sum(_same(x, ids, a)) > len(a) / 2,
        "Most are enough for yours: each token of the answer has to be right.",
    ),
    (lambda x, ids, a: all(p > 0.5 for p in _probs(x, ids, a)), MORE_SURE),
    (lambda x, ids, a: math.prod(_probs(x, ids, a)) > 0.5, MORE_SURE),
    (
        lambda x, ids, a: _answered(x, ids, range(a.start, a.stop + 1)),
        "You include the token after the answer: a range ends before its stop.",
    ),
    (
        lambda x, ids, a: _answered(x, ids, range(a.start - 1, a.stop)),
        "You include the token before the answer, which is given.",
    ),
    (
        lambda x, ids, a: _answered(x, ids, range(a.start, a.stop - 1)),
        "You leave out the answer's last token.",
    ),
    (
        lambda x, ids, a: _answered(x, ids, range(a.start + 1, a.stop)),
        "You leave out the answer's first token: the model says it after the last one given.",
    ),
    (
        lambda x, ids, a: _answered(x, ids, range(1, len(ids))),
        "You compare all of ids: the answer alone has to be right.",
    ),
    (
        lambda x, ids, a: not _answered(x, ids, a),
        "Yours is the wrong way round: True if the answer is right.",
    ),
    (lambda x, ids, a: True, "Yours is always True."),
    (lambda x, ids, a: False, "Yours is always False."),
]


@in_words("True or False")
def check_answered(mine: Callable[[Tensor, Tensor, range], bool]) -> str:
    """Notebook 09: mine(logits, ids, answer) is whether a model would have written the answer.

    logits: (T, V), what it says after each of ids, (T,); answer: places in ids, from 1 on. It
    would always have taken the likeliest token.
    """
    found = []
    for ids, likeliest, p, answer in ASKED + AT_ENDS:
        if len(found) == len(ASKED) and (says := _judged(found, ASKED)) != RIGHT:
            return says
        got = mine(_logits(likeliest, p), torch.tensor(ids), answer)
        if got is None and not found:
            return NOT_YET
        if isinstance(got, Tensor) and got.dtype == torch.bool and got.numel() == 1:
            got = got.item()
        if not isinstance(got, bool | np.bool_):
            if isinstance(got, Tensor | list) and len(got) == len(answer):
                return "Return one value, not one for each token: True if all of them are right."
            return f"Return True or False: yours is {described(got)}."
        found.append(bool(got))
    return _judged(found, ASKED + AT_ENDS)


def _judged(found: list[bool], cases: Sequence[Case]) -> str:
    """RIGHT, or what is wrong with what was found for the first of cases."""
    given = [(_logits(said, p), torch.tensor(ids), answer) for ids, said, p, answer in cases]
    for by, says in [(_answered, RIGHT), *ANSWERED_WRONGLY]:
        if found == [by(*one) for one in given]:
            return says
    (ids, likeliest, _, answer), yours = next(
        (case, x) for case, one, x in zip(cases, given, found, strict=True) if x != _answered(*one)
    )
    where = f"ids = {ids} and answer = {answer}, if the likeliest after each are {likeliest}"
    return f"For {where}, it should be {not yours}, but yours is {yours}."
