"""Checks for the exercises of notebook 02 with tensors: attention, and a causal head."""

import math
from collections.abc import Callable

import torch
from torch import Tensor

from gptlib.attention import Head, causal_mask
from gptlib.exercises.checking import NOT_YET, RIGHT, Stopped, described, in_words, run
from gptlib.exercises.modules import (
    close,
    draw,
    misfit,
    module,
    named_tensor,
    off,
    ordinary,
    unfinished,
)

INF = math.inf

DIAGNOSES = {
    "no scale": "Divide the scores by sqrt(D) before the softmax.",
    "by D": "You divide by D: divide by its root, sqrt(D).",
    "by sqrt(T)": "You divide by the root of the number of positions: D is the length of a query.",
    "by sqrt(S)": "You divide by the root of the number of keys: D is the length of a key.",
    "times sqrt(D)": "You multiply by sqrt(D): divide by it.",
    "columns": "The softmax runs over the queries: take it over the keys, the last dimension.",
    "all": "Each weight is divided by the sum of all: every query has a sum of its own.",
    "divided late": "You divide the weights by sqrt(D): divide the scores, before the softmax.",
    "batch": "The softmax runs over the batch: take it over the keys, the last dimension.",
    "no softmax": "These weights are the scores: take a softmax of them, over the keys.",
    "no softmax, no mask": "These are the scores: hide some by the mask, then take a softmax.",
    "no softmax, zeros": "These are the scores: hide some with -inf, not 0, then take a softmax.",
    "log": "These are the logarithms of the weights: use softmax, not log_softmax.",
    "no mask": "The mask is ignored: where it is False, set the score to -inf before the softmax.",
    "inverted": "The mask is used the other way round: here True means that a query may look.",
    "late": "You mask after the softmax, so rows no longer sum to 1: mask the scores, before it.",
    "zeros": "Hidden scores become 0, and e^0 is 1: make them -inf, so that e^-inf = 0.",
    "0 * inf": "Yours contains nan, as 0 * inf does: use scores.masked_fill(~mask, -math.inf).",
    "added": "Adding True adds 1: instead, set the scores to -inf where the mask is False.",
    "reshaped": "k is reshaped where it has to be transposed: use k.transpose(-2, -1).",
}


def _weights(q: Tensor, k: Tensor, mask: Tensor, mistake: str = "") -> Tensor:
    """The attention weights, with one mistake if it is named."""
    B, T, D = q.shape
    kT = k.reshape(B, D, -1) if mistake == "reshaped" else k.mT
    divisors = {"no scale": 1, "by D": D, "times sqrt(D)": D**-0.5}
    divisors |= {"by sqrt(T)": T**0.5, "by sqrt(S)": k.shape[1] ** 0.5}
    scores = q @ kT / divisors.get(mistake, D**0.5)
    dim = {"columns": -2, "batch": 0}.get(mistake, -1)
    hidden = mask if mistake == "inverted" else ~mask
    masked = scores.masked_fill(hidden, 0 if mistake == "zeros" else -INF)
    ways = {
        "no softmax": lambda: masked,
        "no softmax, no mask": lambda: scores,
        "no softmax, zeros": lambda: scores * ~hidden,
        "log": lambda: masked.log_softmax(dim),
        "no mask": lambda: scores.softmax(dim),
        "all": lambda: masked.exp() / masked.exp().sum(),
        "divided late": lambda: (masked * D**0.5).softmax(dim) / D**0.5,
        "0 * inf": lambda: (scores + ~mask * -INF).softmax(dim),
        "added": lambda: (scores + mask).softmax(dim),
        "late": lambda: scores.softmax(dim).masked_fill(hidden, 0),
    }
    return ways.get(mistake, lambda: masked.softmax(dim))()


def _mistaken(q: Tensor, k: Tensor, mask: Tensor) -> list[tuple[Tensor, str]]:
    """The right weights, then those with each usual mistake, nan where nothing may be looked at."""
    diagnoses = [(_weights(q, k, mask, name), says) for name, says in DIAGNOSES.items()]
    return [(_weights(q, k, mask), RIGHT), *diagnoses]


@in_words("the mixed values and the weights")
def check_attention(mine: Callable[[Tensor, Tensor, Tensor, Tensor | None], tuple]) -> str:
    """Notebook 02: mine(q, k, v, mask) gives the mixed values and the weights.

    q: (..., T, D); k and v: (..., S, D); mask: (T, S) bool, True = may look, or None
    mixed: (..., T, D); weights: (..., T, S)
    """
    B, T, S, D = 2, 3, 6, 5
    q, k, v = draw((B, T, D), (B, S, D), (B, S, D))
    rows = [1, 0, 0, 1, 0, 1], [1, 1, 0, 0, 1, 0], [0, 1, 1, 0, 0, 1]
    mask = torch.tensor(rows, dtype=torch.bool)
    try:
        got = mine(q.clone(), k.clone(), v.clone(), mask.clone())
    except Stopped:
        if says := _exchanged(mine):
            return says
        raise
    if got is None:
        return NOT_YET
    if isinstance(got, Tensor) or len(got) != 2:
        return f"Return two tensors, the mixed values and the weights: yours is {described(got)}."
    mixed, weights = got
    if says := misfit(weights, (B, T, S), "The second, the weights,"):
        return says
    own = _weights(q, k, torch.ones(T, S, dtype=torch.bool).tril())
    own = (own, "You hide the future, whatever the mask says: hide where mask is False.")
    says = named_tensor(weights, [*_mistaken(q, k, mask), own])
    if says != RIGHT:
        return says or off(weights, _weights(q, k, mask), "q, k and mask in the weights")
    if says := misfit(mixed, (B, T, D), "The first, the mixed values,"):
        return says
    says = named_tensor(
        mixed,
        [
            (weights.double() @ v, RIGHT),
            (
                weights.double() @ k,
                "The weights are right, but mix the values v with them, not the keys.",
            ),
            (_weights(q, k, mask, "no mask") @ v, "The values are mixed without the mask."),
        ],
    )
    if says != RIGHT:
        return says or "The weights are right, the mixed values are not: they are weights @ v."
    return _more(mine)


def _exchanged(mine: Callable) -> str | None:
    """What is swapped in an answer that stops where T is not S, if that is why it stops."""
    q, k, v = draw((2, 4, 5), (2, 4, 5), (2, 4, 5))
    mask = torch.tensor([[1, 0, 1, 0], [0, 1, 1, 1], [1, 0, 1, 1], [0, 0, 1, 1]], dtype=torch.bool)
    _, weights = mine(q, k, v, mask)
    diagnoses = [
        (
            _weights(k, q, mask),
            "q and k are swapped: the rows of scores are queries, as in q @ k^T.",
        ),
        (
            _weights(q, k, mask.mT),
            "The mask is transposed: its row t says what query t may look at.",
        ),
    ]
    return named_tensor(weights, diagnoses)


def _more(mine: Callable) -> str:
    """RIGHT if a right function also is right for other inputs; otherwise what is wrong."""
    q, k, v = draw((2, 3, 4, 6), (2, 3, 5, 6), (2, 3, 5, 6))
    want = (q @ k.mT / math.sqrt(6)).softmax(-1)
    for given, case in [
        ((q[0, 0], k[0, 0], v[0, 0]), "without a batch, q of shape (4, 6)"),
        ((q, k, v), "q of shape (2, 3, 4, 6)"),
    ]:
        mixed, weights = mine(*given, None)
        right = want[0, 0] if given[0].dim() == 2 else want
        if not (close(weights, right) and close(mixed, right @ given[2])):
            return f"Right, but not for {case} and mask = None."
    mixed, weights = mine(1000 * q, k, v, None)
    if weights.isnan().any():
        return "Right, but scores of 1000 become nan: e^1000 is too large, so use .softmax(dim=-1)."
    low = torch.tensor([[0.0], [-2000.0]], dtype=torch.float64)
    _, weights = mine(-low, low, low, torch.tensor([[True, False], [False, True]]))
    if not close(weights, torch.eye(2, dtype=torch.float64)):
        return (
            "Right, but a score of -4,000,000 gets less weight than hidden ones: "
            "hide with -math.inf, before the softmax."
        )
    return RIGHT


@in_words("a tensor of shape (B, T, D)")
def check_head(mine: Callable) -> str:
    """Notebook 02: mine(n_embd, head_size) is a module whose forward(x) is a causal head.

    It has linear layers query, key and value without biases; x: (B, T, C) -> (B, T, D).
    """
    B, T, C, D = 2, 4, 6, 3
    right = ordinary(Head(C, D))
    (x,) = draw((B, T, C))
    head = mine(C, D)
    if unfinished(head, x.float()):
        return NOT_YET
    head = module(mine, right, C, D)
    if isinstance(head, str):
        return head
    got = run(head, x.clone())
    if says := misfit(got, (B, T, D)):
        return says
    q, k, v = right.query(x), right.key(x), right.value(x)
    mask = causal_mask(T)
    by_C = (q @ k.mT / math.sqrt(C)).masked_fill(~mask, -INF).softmax(-1)
    diagnoses = [(weights @ v, says) for weights, says in _mistaken(q, k, mask)]
    diagnoses += [
        (by_C @ v, "You divide by sqrt(C): queries and keys have D channels, so by sqrt(D)."),
        (_weights(k, q, mask) @ v, "Queries and keys are swapped: the rows of q @ k^T ask."),
        (_weights(q, k, mask) @ q, "Mix the values: yours mixes the queries."),
        (_weights(q, k, mask) @ k, "Mix the values: yours mixes the keys."),
        (
            _weights(q, k, mask.mT) @ v,
            "The wrong side is masked: hide what comes after position t.",
        ),
        (_weights(q, k, mask.tril(-1)) @ v, "A position may look at itself too: hide only s > t."),
        (_weights(k, k, mask) @ v, "You use the keys as queries: make q with self.query."),
        (_weights(q, q, mask) @ v, "You use the queries as keys: make k with self.key."),
        (
            _weights(x, x, mask) @ v,
            "x itself asks and answers: use self.query(x), self.key(x).",
        ),
        (
            (_weights(q, k, mask) @ v)[:1].expand(B, T, D),
            "Every text in the batch gets the first one's result: keep all B of them.",
        ),
        (v, "These are the values, as they came: mix those of the positions that t looks at."),
    ]
    says = named_tensor(got, diagnoses)
    if says != RIGHT:
        return says or off(got, diagnoses[0][0], "random x and parameters")
    (x,) = draw((1, 7, C))
    if not close(run(head, x), right(x, causal=True)):
        return "Right, but not for T = 7: make the mask for the T of each x."
    return RIGHT
