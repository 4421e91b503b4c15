"""Checks for the exercises of notebook 03 with tensors: multi-head attention, and its mask."""

import math
from collections.abc import Callable

import torch
from torch import Tensor, nn

from gptlib.attention import MultiHeadAttention, causal_mask, padding_mask
from gptlib.exercises.checking import NOT_YET, RIGHT, in_words, run
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
TORN = "view(B, H, T, D) tears the vectors apart: view(B, T, H, D), then transpose(1, 2)."
TURNS = "Your head h has every H-th channel: it needs neighbours, view(B, T, H, D), H before D."
SHARED = "Your heads share their weights: each needs its own softmax, from its own part of q and k."
ONE = "This is one head with all C channels: cut q, k and v into heads before the product."
MANY = "You make D heads of H channels: view(B, T, H, D) has H first, then D."
SIDE = "The wrong side is masked: hide the future, s > t."

# Each mistake and what to say of it. The names are those that the functions below ask for.
DIAGNOSES = {
    "by sqrt(C)": "You divide by sqrt(C): a head's queries have D = C / H channels, so sqrt(D).",
    "no scale": "Divide the scores by sqrt(D) before the softmax.",
    "by D": "You divide by D: divide by its root, sqrt(D).",
    "by sqrt(H)": "You divide by sqrt(H): divide by the root of D = C / H, a head's channels.",
    "by sqrt(T)": "You divide by the root of the number of positions: divide by sqrt(D).",
    "times sqrt(D)": "You multiply by sqrt(D): divide by it.",
    "no mask": "With causal=True nothing is hidden: set the scores of s > t to -inf.",
    "always": "You mask with causal=False too: there, each position may look at all.",
    "wrong side": SIDE,
    "strict": "Position t may look at itself too: hide only s > t.",
    "late": "You mask after the softmax, so rows no longer sum to 1: mask the scores, before it.",
    "late inf": "You put -inf among the weights: put it among the scores, before the softmax.",
    "divided late": "You divide the weights by sqrt(D): divide the scores, before the softmax.",
    "zeros": "Hidden scores become 0, and e^0 is 1: make them -inf, so that e^-inf = 0.",
    "no softmax": "There is no softmax: take one of the scores, over the keys.",
    "over queries": "The softmax runs over the queries: take it over the keys, the last dimension.",
    "over heads": "The softmax runs over the heads: take it over the keys, the last dimension.",
    "over batch": "The softmax runs over the batch: take it over the keys, the last dimension.",
    "reshaped": "k is reshaped where it has to be transposed: use k.transpose(-2, -1).",
    "torn": TORN,
    "torn and back": TORN,
    "torn but joined": TORN,
    "turns": TURNS,
    "turns and back": TURNS,
    "D heads": MANY,
    "D heads by sqrt(D)": MANY,
    "head after head": "You join without the swap: first transpose(1, 2), then flatten(2).",
    "in turn": "The heads take turns in your rows: all D channels of head 0 come first.",
    "sum": "Your heads are added up: lay them side by side, C channels in all.",
    "heads look": "Your heads look at each other, not at positions: after view, transpose(1, 2).",
    "rows look": "Rows of the batch look at each other: it is T and H that have to be swapped.",
    "shared mean": SHARED,
    "shared first": SHARED,
    "one head": ONE,
    "one head by sqrt(D)": ONE,
}
# The layers that make queries, keys and values, where they are not those of these names; x is none.
LAYERS = {
    "kqv": "Queries and keys are swapped: the rows of q @ k^T ask.",
    "qkk": "Mix the values: yours mixes the keys.",
    "qkq": "Mix the values: yours mixes the queries.",
    "qqv": "You make keys with the `query` layer: use `key`.",
    "kkv": "Your queries are made by the layer key: use query.",
    "qqq": "All three are made by the layer query: use key and value as well.",
    "vkq": "Queries and values are swapped.",
    "xkv": "Your queries are x itself: make them with the layer query.",
    "qxv": "Your keys are x itself: make them with the layer key.",
    "qkx": "Your values are x itself: make them with the layer value.",
    "xxx": "Your queries, keys and values are all x itself: make each with its own layer.",
}


def _cut(x: Tensor, H: int, mistake: str) -> Tensor:
    """The heads of x, (B, H, T, D)."""
    B, T, C = x.shape
    if mistake.startswith("one head"):
        return x[:, None]
    if mistake.startswith("torn"):
        return x.reshape(B, H, T, C // H)
    if mistake.startswith("turns"):
        return x.view(B, T, C // H, H).permute(0, 3, 1, 2)
    if mistake == "heads look":
        return x.view(B, T, H, C // H)
    if mistake.startswith("D heads"):
        return x.view(B, T, C // H, H).transpose(1, 2)
    heads = x.view(B, T, H, C // H).transpose(1, 2)
    return heads.transpose(0, 2) if mistake == "rows look" else heads


def _join(heads: Tensor, shape: tuple[int, ...], mistake: str) -> Tensor:
    """What the heads found, side by side, (B, T, C)."""
    if mistake == "sum":
        return heads.sum(dim=1).repeat(1, 1, heads.shape[1])
    if mistake in ("torn and back", "head after head", "heads look"):
        return heads.reshape(shape)
    if mistake in ("turns and back", "in turn"):
        return heads.permute(0, 2, 3, 1).flatten(2)
    heads = heads.transpose(0, 2) if mistake == "rows look" else heads
    return heads.transpose(1, 2).flatten(2)


def _weights(q: Tensor, k: Tensor, sizes: dict[str, int], causal: bool, mistake: str) -> Tensor:
    """The weights of each head, (B, H, T, T)."""
    (_, _, T, D) = q.shape
    H, C = sizes["H"], sizes["C"]
    divisors = {"no scale": 1, "by D": D, "times sqrt(D)": D**-0.5, "by sqrt(C)": C**0.5}
    divisors |= {"by sqrt(H)": H**0.5, "by sqrt(T)": T**0.5, "divided late": 1}
    divisors |= dict.fromkeys(("one head by sqrt(D)", "D heads by sqrt(D)"), (C / H) ** 0.5)
    scores = q @ (k.reshape(*k.shape[:2], D, T) if mistake == "reshaped" else k.mT)
    scores = scores / divisors.get(mistake, D**0.5)
    dim = {"over queries": 2, "over heads": 1, "over batch": 0}.get(mistake, 3)
    may = causal_mask(T) if causal or mistake == "always" else torch.ones(T, T, dtype=torch.bool)
    if causal and mistake in ("wrong side", "strict"):
        may = may.T if mistake == "wrong side" else may.tril(-1)
    if mistake == "no softmax":
        return scores * may
    if mistake in ("late", "late inf", "no mask"):
        weights = scores.softmax(dim)
        if mistake == "late inf":
            return weights.masked_fill(~may, -INF)
        return weights * may if mistake == "late" else weights
    weights = scores.masked_fill(~may, 0 if mistake == "zeros" else -INF).softmax(dim)
    if mistake == "divided late":
        return weights / D**0.5
    if mistake == "shared mean":
        return weights.mean(dim=1, keepdim=True)
    return weights[:, :1] if mistake == "shared first" else weights


def _found(
    q: Tensor, k: Tensor, v: Tensor, H: int, causal: bool, mistake: str = "", late: str = ""
) -> Tensor:
    """What H heads find, (B, T, C), with one mistake before, and one after the softmax."""
    cut = [_cut(x, H, mistake) for x in (q, k, v)]
    weights = _weights(*cut[:2], {"H": H, "C": q.shape[2]}, causal, mistake)
    return _join(weights @ cut[2], q.shape, late or mistake)


def _outputs(right: MultiHeadAttention, x: Tensor, causal: bool) -> list[tuple[Tensor, str]]:
    """What the module returns, then what it returns with each usual mistake."""
    H = right.n_head
    made = {"q": right.query(x), "k": right.key(x), "v": right.value(x), "x": x}
    q, k, v, _ = made.values()
    found = {name: _found(q, k, v, H, causal, name) for name in DIAGNOSES}
    outputs = [(right(x, causal=causal), RIGHT)]
    outputs += [(right.proj(found[name]), says) for name, says in DIAGNOSES.items()]
    outputs += [
        (right.proj(_found(*(made[layer] for layer in layers), H, causal)), says)
        for layers, says in LAYERS.items()
    ]
    own = _found(q, k, v, H, causal)
    return [
        *outputs,
        (own, "The last step is missing: return proj of what the heads found."),
        (right.proj(right.proj(own)), "proj is applied twice."),
        (x + outputs[0][0], "x is added to what you return: return only what proj makes."),
        (right.proj(v), "The values are not mixed: multiply them with the weights."),
        (right.proj(x), "proj is applied to x: apply it to what the heads found."),
    ]


@in_words("a tensor of shape (B, T, C)")
def check_multi_head(mine: Callable) -> str:
    """Notebook 03: mine(n_embd, n_head) is multi-head attention, called as forward(x, causal).

    It has linear layers query, key, value and proj without biases; (B, T, C) -> (B, T, C).
    """
    B, T, C, H = 2, 5, 12, 3
    (x,) = draw((B, T, C))
    made = mine(C, H)
    if unfinished(made, x.float(), False):
        return NOT_YET
    right = ordinary(MultiHeadAttention(C, H))
    made = module(mine, right, C, H)
    if isinstance(made, str):
        return made
    for causal in (False, True):
        got = run(made, x.clone(), causal)
        if says := misfit(got, (B, T, C)):
            return says
        outputs = _outputs(right, x, causal)
        if close(got, outputs[0][0]):
            continue
        # Position 0 may be 0 / 0 where it looks at nothing.
        later = [(values[:, 1:], says) for values, says in outputs[1:]]
        given = f"random x and parameters and causal={causal}"
        return (
            named_tensor(got[:, 1:], later)
            or _leaks(made, x, got, causal)
            or off(got, outputs[0][0], given)
        )
    return _other_sizes(mine)


def _leaks(made: nn.Module, x: Tensor, got: Tensor, causal: bool) -> str | None:
    """Which positions reach an output that should not, or do not reach one that they should."""
    if not close(run(made, x[:1].clone(), causal), got[:1]):
        return "A row of the batch changes with the other rows: keep B in front, and apart from T."
    if not causal:
        return None
    first, last = x.clone(), x.clone()
    first[:, 0] += 1
    last[:, -1] += 1
    inside = got[:, 1:-1]  # the last may be 0 / 0
    if inside.isfinite().all() and close(run(made, first, causal)[:, 1:-1], inside):
        return SIDE
    if not close(run(made, last, causal)[:, :-1], got[:, :-1]):
        return "With causal=True, earlier positions still change when the last one does."
    return None


def _other_sizes(mine: Callable) -> str:
    """RIGHT if a right module is right for other sizes too, else what is wrong."""
    for B, T, C, H in [(1, 7, 8, 4), (3, 2, 6, 1), (2, 1, 4, 4)]:
        (x,) = draw((B, T, C))
        right = ordinary(MultiHeadAttention(C, H))
        made = module(mine, right, C, H)
        sizes = f"B = {B}, T = {T}, C = {C} and H = {H}"
        if isinstance(made, str):
            return f"Right, but not for {sizes}. {made}"
        for causal in (False, True):
            if not close(run(made, x.clone(), causal), right(x, causal=causal)):
                return f"Right, but not for {sizes}: take every size from what you are given."
    return RIGHT


@in_words("a boolean tensor of shape (B, 1, T, T)")
def check_mask(mine: Callable[[Tensor, int], Tensor]) -> str:
    """Notebook 03: mine(idx, pad) is the mask for scores (B, H, T, T), causal and without padding.

    True = may look.
    """
    idx, pad = torch.tensor([[3, 1, 4, 1, 5], [2, 7, 1, 9, 9], [9, 9, 6, 2, 8]]), 9
    B, T = idx.shape
    got = mine(idx.clone(), pad)
    if got is None:
        return NOT_YET
    if not isinstance(got, Tensor):
        return misfit(got, (B, 1, T, T))
    if says := _mask_misfit(got, B, T):
        return says
    right = _mask(idx, pad)
    got = got.expand(-1, -1, T, T)
    if not (got == got[:, :1]).all():
        return "The mask differs between the heads: all have the same."
    got, past, real = got[:, :1], causal_mask(T), padding_mask(idx, pad)[:, None]
    both_ways = past & real & real.mT
    for mask, says in [
        (right, RIGHT),
        (~right, "The other way round: True means that a position may look."),
        (past.expand_as(right), "Padding is not hidden: no position may look at it."),
        (real.expand_as(right), "The future is not hidden: add the causal mask with &."),
        (past.T & real, SIDE),
        (past.tril(-1) & real, DIAGNOSES["strict"]),
        (past | real, "Both must allow it: join the masks with &, not with |."),
        (past & ~real, "Only padding may be looked at: use idx != pad."),
        (past & real.mT, "Padding may not ask: it is what may not be looked at, so hide columns."),
        (both_ways, "Rows of padding are hidden too: only columns are, or such a row has no key."),
        (right.mT, "Rows and columns are swapped: rows ask, columns answer."),
        (past & padding_mask(idx, 0)[:, None], "Your padding is the id 0: take it from pad."),
    ]:
        if torch.equal(got, mask):
            return _other_masks(mine) if says == RIGHT else says
    b, _, t, s = (got != right).nonzero()[0].tolist()
    wanted = bool(right[b, 0, t, s])
    return f"For idx = {idx.tolist()} and pad = {pad} the mask at [{b}, 0, {t}, {s}] is {wanted}."


def _mask(idx: Tensor, pad: int) -> Tensor:
    return causal_mask(idx.shape[1]) & padding_mask(idx, pad)[:, None]


def _mask_misfit(got: Tensor, B: int, T: int) -> str | None:
    """What is wrong with the type or shape of a mask, if anything is."""
    if got.dtype != torch.bool:
        return f"Yours contains {got.dtype}: return torch.bool, True = may look."
    if got.shape == (B, T, T):
        return f"Yours is {(B, T, T)}, so B would line up with H: add a dimension, {(B, 1, T, T)}."
    if got.shape in ((T, T), (1, 1, T, T), (1, T, T)):
        return "Yours has no batch dimension: each row of idx has padding of its own."
    if got.dim() != 4 or got.shape[0] != B or got.shape[2] not in (1, T) or got.shape[3] != T:
        return f"Yours has the shape {tuple(got.shape)}: make it {(B, 1, T, T)}."
    return None


def _other_masks(mine: Callable[[Tensor, int], Tensor]) -> str:
    """RIGHT if a right mask is right for another size and padding too, else what is wrong."""
    idx = torch.tensor([[4, 0, 2, 0, 0, 0, 0]])
    got = mine(idx.clone(), 0)
    if got.shape[-2:] != (7, 7) or not torch.equal(got[:, :1], _mask(idx, 0)):
        return "Right, but not for B = 1, T = 7 and pad = 0: take them from what you are given."
    return RIGHT
