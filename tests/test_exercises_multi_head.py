"""The checks of multi-head attention on tensors: what is right passes, mistakes are named."""

import math

import pytest
import torch
from torch import nn

from gptlib import exercises
from gptlib.attention import MultiHeadAttention, causal_mask, padding_mask
from gptlib.exercises import NOT_YET, RIGHT
from gptlib.exercises.multi_head_tensors import DIAGNOSES, LAYERS


def cut(x, H):
    B, T, C = x.shape
    return x.view(B, T, H, C // H).transpose(1, 2)


def joined(heads):
    return heads.transpose(1, 2).flatten(2)


def hidden(scores, mask, causal):
    return scores.masked_fill(~mask, -math.inf) if causal else scores


def weighted(scores, mask, causal):
    return hidden(scores, mask, causal).softmax(dim=-1)


def root_of_D(q, H):
    return math.sqrt(q.shape[-1])


def heads_that(
    layers="qkv",
    split=cut,
    join=joined,
    root=root_of_D,
    weigh=weighted,
    product=lambda q, k: q @ k.transpose(-2, -1),
    last=lambda module, x, found: module.proj(found),
    mask=lambda T: torch.ones(T, T, dtype=torch.bool).tril(),
):
    """Multi-head attention with one thing done in its own way."""

    class MyMultiHead(nn.Module):
        def __init__(self, n_embd, n_head):
            super().__init__()
            self.n_head = n_head
            for name in ("query", "key", "value", "proj"):
                setattr(self, name, nn.Linear(n_embd, n_embd, bias=False))

        def forward(self, x, causal=False):
            made = {"q": self.query, "k": self.key, "v": self.value, "x": nn.Identity()}
            q, k, v = (split(made[layer](x), self.n_head) for layer in layers)
            scores = product(q, k) / root(q, self.n_head)
            weights = weigh(scores, mask(scores.shape[-1]), causal)
            return last(self, x, join(weights @ v))

    return MyMultiHead


def as_batch(x, H):
    B, T, C = x.shape
    return x.view(B, T, H, C // H).transpose(1, 2).reshape(B * H, T, C // H)


def einsum(n_embd, n_head):
    """Without a transposition."""
    made = MultiHeadAttention(n_embd, n_head)

    def forward(x, causal=False):
        q, k, v = (f(x).unflatten(2, (n_head, -1)) for f in (made.query, made.key, made.value))
        scores = torch.einsum("bthd,bshd->bhts", q, k) / q.shape[-1] ** 0.5
        weights = weighted(scores, causal_mask(x.shape[1]), causal)
        return made.proj(torch.einsum("bhts,bshd->bthd", weights, v).flatten(2))

    made.forward = forward
    return made


def loop(n_embd, n_head):
    """A loop over heads, which is right as well."""
    made = MultiHeadAttention(n_embd, n_head)

    def forward(x, causal=False):
        D = n_embd // n_head
        found = []
        parts = [f(x).split(D, dim=2) for f in (made.query, made.key, made.value)]
        for q, k, v in zip(*parts, strict=True):
            scores = q @ k.mT / math.sqrt(D)
            found.append(weighted(scores, causal_mask(x.shape[1]), causal) @ v)
        return made.proj(torch.cat(found, dim=2))

    made.forward = forward
    return made


def finished(n_embd, n_head):
    made = MultiHeadAttention(n_embd, n_head)
    made.forward = lambda x, causal=False: MultiHeadAttention.forward(made, x, causal=causal)
    return made


@pytest.mark.parametrize("mine", [heads_that(), einsum, loop, finished])
def test_right_forms(mine):
    assert exercises.check_multi_head(mine) == RIGHT


def test_heads_as_rows_of_a_batch():
    def join(heads):
        return heads.view(2, 3, 5, 4).transpose(1, 2).flatten(2)

    says = exercises.check_multi_head(heads_that(split=as_batch, join=join))
    assert "stops at line" in says and "return heads.view(2, 3, 5, 4)" in says  # other sizes


def shared(choose):
    return heads_that(weigh=lambda *given: choose(weighted(*given)))


def torn(x, H):
    B, T, C = x.shape
    return x.view(B, H, T, C // H)


def in_turns(x, H):
    B, T, C = x.shape
    return x.view(B, T, C // H, H).permute(0, 3, 1, 2)


def many(x, H):
    B, T, C = x.shape
    return x.view(B, T, C // H, H).transpose(1, 2)


def uncut(x, H):
    B, T, C = x.shape
    return x.view(B, T, H, C // H)


def back(heads):
    B, H, T, D = heads.shape
    return heads.reshape(B, T, H * D)


def rolled(x, H):
    """Heads with a channel of their neighbours."""
    return cut(x.roll(1, 2), H)


@pytest.mark.parametrize(
    ("mine", "says"),
    [
        (heads_that(root=lambda q, H: math.sqrt(q.shape[-1] * H)), "You divide by sqrt(C)"),
        (heads_that(root=lambda q, H: 1), "Divide the scores by sqrt(D)"),
        (heads_that(root=lambda q, H: q.shape[-1]), "You divide by D:"),
        (heads_that(root=lambda q, H: H**0.5), "You divide by sqrt(H)"),
        (heads_that(root=lambda q, H: q.shape[-2] ** 0.5), "the number of positions"),
        (heads_that(root=lambda q, H: q.shape[-1] ** -0.5), "You multiply by sqrt(D)"),
        (heads_that(weigh=lambda scores, *_: scores.softmax(-1)), "nothing is hidden"),
        (heads_that(weigh=lambda scores, m, c: weighted(scores, m, True)), "with causal=False too"),
        (heads_that(mask=lambda T: causal_mask(T).mT), "The wrong side is masked"),
        (heads_that(mask=lambda T: ~causal_mask(T)), "The wrong side is masked"),
        (heads_that(mask=lambda T: causal_mask(T).tril(-1)), "may look at itself too"),
        (
            heads_that(weigh=lambda scores, m, c: scores.softmax(-1) * (m if c else 1)),
            "You mask after the softmax",
        ),
        (
            heads_that(weigh=lambda scores, m, c: (scores * m if c else scores).softmax(-1)),
            "Hidden scores become 0",
        ),
        (
            heads_that(
                weigh=lambda scores, m, c: scores.softmax(-1).masked_fill(~m & c, -math.inf)
            ),
            "You put -inf among the weights",
        ),
        (
            heads_that(root=lambda q, H: 1, weigh=lambda *given: weighted(*given) / 2),
            "You divide the weights by sqrt(D)",
        ),
        (heads_that(weigh=lambda scores, m, c: scores * m if c else scores), "no softmax"),
        (heads_that(weigh=hidden), "no softmax"),
        (heads_that(weigh=lambda *given: hidden(*given).softmax(2)), "over the queries"),
        (heads_that(weigh=lambda *given: hidden(*given).softmax(1)), "over the heads"),
        (heads_that(weigh=lambda *given: hidden(*given).softmax(0)), "over the batch"),
        (
            heads_that(product=lambda q, k: q @ k.reshape(*k.shape[:2], k.shape[3], k.shape[2])),
            "k is reshaped",
        ),
        (heads_that(split=torn), "tears the vectors apart"),
        (heads_that(split=torn, join=back), "tears the vectors apart"),
        (heads_that(split=in_turns), "every H-th channel"),
        (
            heads_that(split=in_turns, join=lambda heads: heads.permute(0, 2, 3, 1).flatten(2)),
            "every H-th channel",
        ),
        (heads_that(split=many), "You make D heads of H channels"),
        (heads_that(split=many, root=lambda q, H: 2), "You make D heads of H channels"),
        (heads_that(join=back), "You join without the swap"),
        (heads_that(join=lambda heads: heads.permute(0, 2, 3, 1).flatten(2)), "take turns"),
        (heads_that(join=lambda heads: heads.sum(1).repeat(1, 1, heads.shape[1])), "added up"),
        (heads_that(split=uncut, join=lambda heads: heads.flatten(2)), "look at each other"),
        (
            heads_that(
                split=lambda x, H: cut(x, H).transpose(0, 2),
                join=lambda heads: joined(heads.transpose(0, 2)),
            ),
            "Rows of the batch look at each other",
        ),
        (shared(lambda weights: weights.mean(1, keepdim=True)), "share their weights"),
        (shared(lambda weights: weights[:, :1]), "share their weights"),
        (heads_that(split=lambda x, H: x[:, None]), "This is one head"),
        (heads_that(split=lambda x, H: x[:, None], root=lambda q, H: 2), "This is one head"),
        (heads_that("kqv"), "Queries and keys are swapped"),
        (heads_that("qkk"), "yours mixes the keys"),
        (heads_that("qkq"), "yours mixes the queries"),
        (heads_that("qqv"), "You make keys with the `query` layer"),
        (heads_that("kkv"), "Your queries are made by the layer key"),
        (heads_that("qqq"), "All three are made"),
        (heads_that("vkq"), "Queries and values are swapped"),
        (heads_that("xkv"), "Your queries are x itself"),
        (heads_that("qxv"), "Your keys are x itself"),
        (heads_that("qkx"), "Your values are x itself"),
        (heads_that("xxx"), "are all x itself"),
        (heads_that(last=lambda module, x, found: found), "The last step is missing"),
        (heads_that(last=lambda m, x, found: m.proj(m.proj(found))), "applied twice"),
        (heads_that(last=lambda m, x, found: x + m.proj(found)), "x is added"),
        (heads_that(last=lambda m, x, found: m.proj(m.value(x))), "The values are not mixed"),
        (heads_that(last=lambda m, x, found: m.proj(x)), "proj is applied to x"),
        (heads_that(last=lambda m, x, found: found[0]), "shape (5, 12): it should be (2, 5, 12)"),
        (heads_that(last=lambda m, x, found: 3), "is the number 3: return a tensor"),
        (heads_that(split=rolled), "should be"),
        (heads_that(last=lambda m, x, found: m.proj(found + found.mean(0))), "with the other rows"),
        (
            heads_that(last=lambda m, x, found: m.proj(found + found.mean(1, keepdim=True))),
            "causal=False the number at",
        ),
        (
            heads_that(
                weigh=lambda scores, m, c: (
                    weighted(scores, m, c) + (0.1 * weighted(scores, m, False) if c else 0)
                )
            ),
            "earlier positions still change",
        ),
        (heads_that(last=lambda m, x, found: m.proj(found) * math.nan), "contains nan"),
        (heads_that(root=lambda q, H: 2), "Right, but not for B = 1, T = 7"),
        (heads_that(split=lambda x, H: cut(x, 3)), "stops at line"),
        (heads_that(mask=lambda T: causal_mask(5)), "stops at line"),
    ],
)
def test_multi_head(mine, says):
    assert says in exercises.check_multi_head(mine)


class Stub(nn.Module):
    def __init__(self, n_embd, n_head):
        super().__init__()

    def forward(self, x, causal=False):
        return None


class Loop(Stub):
    def __init__(self, n_embd, n_head):
        super().__init__(n_embd, n_head)
        self.heads = nn.ModuleList(nn.Linear(n_embd, n_embd // n_head) for _ in range(n_head))

    def forward(self, x, causal=False):
        return torch.cat([head(x) for head in self.heads], dim=-1)


class Biased(Stub):
    def __init__(self, n_embd, n_head):
        super().__init__(n_embd, n_head)
        for name in ("query", "key", "value", "proj"):
            setattr(self, name, nn.Linear(n_embd, n_embd))

    def forward(self, x, causal=False):
        return x


class Small(Biased):
    def __init__(self, n_embd, n_head):
        super().__init__(n_embd, n_head)
        for name in ("query", "key", "value", "proj"):
            setattr(self, name, nn.Linear(n_embd, n_embd // n_head, bias=False))


@pytest.mark.parametrize(
    ("mine", "says"),
    [
        (Stub, NOT_YET),
        (Loop, "There is no parameter query.weight: yours are heads.0.weight"),
        (Biased, "There is a parameter query.bias too many"),
        (Small, "Your parameter query.weight has the shape (4, 12): make it (12, 12)"),
        (lambda C: Stub(C, 1), "cannot be called as the exercise says"),
    ],
)
def test_what_the_module_is_made_of(mine, says):
    assert says in exercises.check_multi_head(mine)


def test_no_sentence_is_for_two_mistakes_by_chance():
    """Those that share one on purpose: cuts and joins that undo each other, and two scales."""
    assert len(set(DIAGNOSES.values())) == len(DIAGNOSES) - 6
    assert len(set(LAYERS.values())) == len(LAYERS)


def mask(causal=lambda T: causal_mask(T), real=lambda idx, pad: (idx != pad)[:, None, None]):
    return lambda idx, pad: causal(idx.shape[1]) & real(idx, pad)


def all_may(T):
    return torch.ones(T, T, dtype=torch.bool)


@pytest.mark.parametrize(
    ("mine", "says"),
    [
        (mask(), "Right!"),
        (lambda idx, pad: mask()(idx, pad).expand(-1, 6, -1, -1), "Right!"),
        (lambda idx, pad: causal_mask(idx.shape[1]) * padding_mask(idx, pad)[:, None], "Right!"),
        (lambda idx, pad: ~mask()(idx, pad), "The other way round"),
        (mask(real=lambda idx, pad: (idx == idx)[:, None, None]), "Padding is not hidden"),
        (mask(causal=all_may), "The future is not hidden"),
        (lambda idx, pad: (idx != pad)[:, None, None], "The future is not hidden"),
        (mask(causal=lambda T: causal_mask(T).mT), "The wrong side is masked"),
        (mask(causal=lambda T: causal_mask(T).tril(-1)), "may look at itself too"),
        (
            lambda idx, pad: causal_mask(idx.shape[1]) | (idx != pad)[:, None, None],
            "with &, not with |",
        ),
        (mask(real=lambda idx, pad: (idx == pad)[:, None, None]), "use idx != pad"),
        (mask(real=lambda idx, pad: (idx != pad)[:, None, :, None]), "Padding may not ask"),
        (
            mask(
                real=lambda idx, pad: (idx != pad)[:, None, None] & (idx != pad)[:, None, :, None]
            ),
            "Rows of padding are hidden too",
        ),
        (lambda idx, pad: mask()(idx, pad).mT, "Rows and columns are swapped"),
        (mask(real=lambda idx, pad: (idx != 0)[:, None, None]), "Padding is not hidden"),
        (mask(real=lambda idx, pad: (idx != 9)[:, None, None]), "Right, but not for B = 1"),
        (mask(causal=lambda T: causal_mask(5)), "stops at line"),
        (mask(real=lambda idx, pad: (idx != pad)[:, None]), "so B would line up with H"),
        (lambda idx, pad: causal_mask(idx.shape[1]), "no batch dimension"),
        (lambda idx, pad: mask()(idx, pad).float(), "Yours contains torch.float32"),
        (lambda idx, pad: mask()(idx, pad).tolist(), "return a tensor of shape (3, 1, 5, 5)"),
        (lambda idx, pad: mask()(idx, pad)[:, :, :-1], "make it (3, 1, 5, 5)"),
        (
            lambda idx, pad: mask()(idx, pad) & torch.arange(2).bool()[:, None, None],
            "differs between the heads",
        ),
        (lambda idx, pad: mask()(idx, pad) & (idx != 7)[:, None, None], "mask at [1, 0, 1, 1]"),
    ],
)
def test_mask(mine, says):
    assert says in exercises.check_mask(mine)
