"""The checks of attention on tensors and of a head: what is right passes, mistakes are named."""

import math

import pytest
import torch
from torch import nn

from gptlib import exercises
from gptlib.attention import Head
from gptlib.attention import attention as finished
from gptlib.exercises import NOT_YET, RIGHT


def attends(
    root=lambda q, k: math.sqrt(q.shape[-1]),
    turned=lambda k: k.transpose(-2, -1),
    hide=lambda scores, mask: scores.masked_fill(~mask, -math.inf),
    softmax=lambda scores: scores.softmax(dim=-1),
    late=lambda weights, mask: weights,
    end=lambda weights, q, k, v: (weights @ v, weights),
):
    """Attention with one thing done in its own way."""

    def mine(q, k, v, mask=None):
        scores = q @ turned(k) / root(q, k)
        if mask is not None:
            scores = hide(scores, mask)
        weights = softmax(scores)
        if mask is not None:
            weights = late(weights, mask)
        return end(weights, q, k, v)

    return mine


def by_hand(scores):
    return scores.exp() / scores.exp().sum(dim=-1, keepdim=True)


def unmasked(scores, mask):
    return scores


def shared_again(weights, mask):
    return weights * mask / (weights * mask).sum(dim=-1, keepdim=True)


def causal(scores):
    return torch.ones(scores.shape[-2:], dtype=torch.bool).triu(1)


@pytest.mark.parametrize(
    ("mine", "says"),
    [
        (attends(), "Right!"),
        (finished, "Right!"),
        (attends(end=lambda weights, q, k, v: [weights @ v, weights]), "Right!"),
        (attends(hide=lambda scores, mask: scores.masked_fill(~mask, -1e30)), "Right!"),
        (attends(root=lambda q, k: 1), "Divide the scores by sqrt(D)"),
        (attends(root=lambda q, k: q.shape[-1]), "You divide by D"),
        (attends(root=lambda q, k: q.shape[-2] ** 0.5), "the number of positions"),
        (attends(root=lambda q, k: k.shape[-2] ** 0.5), "the number of keys"),
        (attends(root=lambda q, k: q.shape[-1] ** -0.5), "You multiply by sqrt(D)"),
        (attends(softmax=lambda scores: scores.softmax(dim=-2)), "over the queries"),
        (attends(softmax=lambda scores: scores.softmax(dim=1)), "over the queries"),
        (attends(softmax=lambda scores: scores.softmax(dim=0)), "over the batch"),
        (attends(softmax=lambda scores: scores), "These weights are the scores"),
        (attends(hide=unmasked), "The mask is ignored"),
        (
            attends(hide=lambda scores, mask: scores.masked_fill(mask, -math.inf)),
            "the other way round",
        ),
        (
            attends(hide=unmasked, late=lambda weights, mask: weights * mask),
            "You mask after the softmax",
        ),
        (attends(hide=lambda scores, mask: scores * mask), "Hidden scores become 0"),
        (attends(hide=lambda scores, mask: scores + mask), "Adding True adds 1"),
        (attends(hide=lambda scores, mask: scores + ~mask * -math.inf), "as 0 * inf does"),
        (
            attends(hide=lambda scores, mask: scores.masked_fill(causal(scores), -math.inf)),
            "You hide the future, whatever the mask says",
        ),
        (attends(hide=unmasked, softmax=lambda scores: scores), "hide some by the mask, then"),
        (attends(softmax=lambda scores: scores.exp() / scores.exp().sum()), "the sum of all"),
        (
            attends(
                lambda q, k: 1, late=lambda w, mask: w / 5**0.5, end=lambda w, q, k, v: (w @ v, w)
            ),
            "You divide the weights by sqrt(D)",
        ),
        (lambda q, k, v, mask: finished(q.float(), k.float(), v.float(), mask), "Right!"),
        (attends(hide=lambda scores, mask: scores.masked_fill(~mask, -1e4)), "hide with -math.inf"),
        (
            attends(turned=lambda k: k.reshape(*k.shape[:-2], k.shape[-1], k.shape[-2])),
            "has to be transposed",
        ),
        (attends(end=lambda weights, q, k, v: (weights @ k, weights)), "not the keys"),
        (attends(end=lambda weights, q, k, v: (weights @ v * 2, weights)), "weights @ v"),
        (attends(end=lambda weights, q, k, v: weights @ v), "Return two tensors"),
        (attends(end=lambda weights, q, k, v: (weights, weights @ v)), "The second, the weights,"),
        (attends(end=lambda weights, q, k, v: (v, weights)), "The first, the mixed values,"),
        (attends(end=lambda weights, q, k, v: (v, weights.tolist())), "return a tensor of shape"),
        (attends(softmax=by_hand), "scores of 1000 become nan"),
        (attends(hide=unmasked, late=shared_again), "hide with -math.inf, before the softmax"),
        (attends(softmax=lambda scores: scores.log_softmax(dim=-1)), "logarithms of the weights"),
        (
            attends(hide=lambda scores, mask: scores * mask, softmax=lambda scores: scores),
            "hide some with -inf, not 0, then take a softmax",
        ),
        (lambda q, k, v, mask: finished(k, q, v, mask), "q and k are swapped"),
        (lambda q, k, v, mask: finished(q, k, v, mask.mT), "The mask is transposed"),
        (attends(softmax=lambda scores: scores.softmax(-1).round(decimals=4)), "is 0.589."),
        (attends(root=lambda q, k: math.sqrt(5)), "Right, but not for without a batch"),
        (lambda q, k, v, mask: finished(q, k, v, mask if mask is not None else True), "stops"),
        (attends(turned=lambda k: k.transpose(1, 2)), "Your code stops at line"),
        (lambda q, k, v, mask: (3, 4), "is the number 4: return a tensor"),
        (lambda q, k, v, mask: (v, torch.full((2, 3, 6), math.nan)), "contains nan"),
    ],
)
def test_attention(mine, says):
    assert says in exercises.check_attention(mine)


def head(bias=False, of=lambda q, k, v: (q, k, v), size=None, **parts):
    """A causal head with one thing done in its own way."""

    class MyHead(nn.Module):
        def __init__(self, n_embd, head_size):
            super().__init__()
            self.C, D = n_embd, size or head_size
            self.query, self.key, self.value = (nn.Linear(n_embd, D, bias) for _ in range(3))

        def forward(self, x):
            T = parts.get("T", x.shape[1])
            mask = torch.ones(T, T, dtype=torch.bool).tril()
            q, k, v = of(self.query(x), self.key(x), self.value(x))
            given = {name: part for name, part in parts.items() if name != "T"}
            return attends(**given)(q, k, v, mask)[0]

    return MyHead


class Stub(nn.Module):
    def __init__(self, n_embd, head_size):
        super().__init__()

    def forward(self, x):
        return None


class NoInit(Stub):
    def __init__(self, n_embd, head_size):
        self.query = nn.Linear(n_embd, head_size)


class NoLayers(Stub):
    def forward(self, x):
        return x


class OneLayer(NoLayers):
    def __init__(self, n_embd, head_size):
        super().__init__(n_embd, head_size)
        self.queries = nn.Linear(n_embd, head_size, bias=False)


def as_matrices(C, D):
    right = Head(C, D)
    right.forward = lambda x: Head.forward(right, x, causal=True)
    return right


class LooksWithX(head()):
    def forward(self, x):
        return attends()(x, x, self.value(x), ~causal(x @ x.mT))[0]


@pytest.mark.parametrize(
    ("mine", "says"),
    [
        (head(), "Right!"),
        (as_matrices, "Right!"),
        (Stub, NOT_YET),
        (NoLayers, "It has no parameters"),
        (OneLayer, "There is no parameter query.weight: yours are queries.weight."),
        (NoInit, "cannot assign module before Module.__init__() call"),
        (head(bias=True), "There is a parameter query.bias too many"),
        (head(size=5), "has the shape (5, 6): make it (3, 6)"),
        (head(root=lambda q, k: 1), "Divide the scores by sqrt(D)"),
        (head(root=lambda q, k: math.sqrt(6)), "You divide by sqrt(C)"),
        (head(hide=unmasked), "The mask is ignored"),
        (
            head(hide=lambda scores, mask: scores.masked_fill(~mask.mT, -math.inf)),
            "The wrong side is masked",
        ),
        (head(hide=unmasked, late=lambda weights, mask: weights * mask), "after the softmax"),
        (head(of=lambda q, k, v: (k, q, v)), "Queries and keys are swapped"),
        (
            head(hide=lambda scores, mask: scores.masked_fill(~mask.tril(-1), -math.inf)),
            "A position may look at itself too",
        ),
        (head(of=lambda q, k, v: (k, k, v)), "You use the keys as queries"),
        (head(of=lambda q, k, v: (q, q, v)), "You use the queries as keys"),
        (head(of=lambda q, k, v: (q, k, k)), "yours mixes the keys"),
        (head(of=lambda q, k, v: (q, k, q)), "yours mixes the queries"),
        (head(softmax=lambda scores: scores.softmax(dim=1)), "over the queries"),
        (head(softmax=lambda scores: scores.log_softmax(dim=-1)), "logarithms of the weights"),
        (head(end=lambda weights, q, k, v: (v, 0)), "as they came"),
        (head(end=lambda weights, q, k, v: (weights, 0)), "shape (2, 4, 4): it should be"),
        (head(end=lambda weights, q, k, v: (v * 7, 0)), "should be"),
        (head(T=4), "Your code stops at line"),
        (head(end=lambda weights, q, k, v: ((weights @ v)[:1].expand(2, -1, -1), 0)), "Every text"),
        (LooksWithX, "x itself asks and answers"),
    ],
)
def test_head(mine, says):
    assert says in exercises.check_head(mine)


def test_a_right_head_is_right():
    assert exercises.check_head(head()) == RIGHT


def test_what_the_library_raises_is_told_with_the_learners_line():
    def mine(q, k, v, mask):
        return finished(q, k, v, mask.float())

    says = exercises.check_attention(mine)
    assert says.startswith(f"Your code stops at line {mine.__code__.co_firstlineno + 1}, `return")
    assert "mask is of torch.float32" in says


def test_a_generator_that_stops_is_told_its_line():
    def mine(T, width):
        for t in range(T):
            yield [1 / (s - t) for s in range(T)]

    says = exercises.check_band(mine)
    assert says.startswith(f"Your code stops at line {mine.__code__.co_firstlineno + 2}, `yield")
