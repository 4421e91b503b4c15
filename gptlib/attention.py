"""Attention: each position looks at others and takes in what it finds there."""

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gptlib.cache import Extend
from gptlib.eval_mode import evaluating
from gptlib.positions import rotate

SHORT = 256  # positions; at 64 bfloat16 takes three to four times as long, at 1024 four fifths


def attention(
    q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None, dropout: float = 0.0
) -> tuple[Tensor, Tensor]:
    """Mix the values v by how well each query in q matches each key in k.

    q: (..., T, D)   what each of T positions is looking for
    k: (..., S, D)   what each of S positions has on offer
    v: (..., S, D)   what each of S positions hands over
    mask: bool, broadcasts to (..., T, S), True = may look
    dropout: the probability that a weight is set to 0; the others are scaled up to make up for it

    Returns the mixed values (..., T, D) and the weights (..., T, S) before dropout. Each row of
    weights sums to 1, except that all weights and mixed values of a position that may look at
    nothing are 0.

    Equation 1 of Vaswani et al. (2017). ValueError for a mask that is not bool.
    """
    _check(q, k, mask)
    T, D = q.shape[-2:]
    S, D = k.shape[-2:]
    # With q and k of variance 1 the product has variance D, and softmax would pick one key.
    scores = q @ k.mT / math.sqrt(D)  # (..., T, S)
    if mask is None:
        weights = scores.softmax(dim=-1)  # (..., T, S)
    else:
        # Not -inf: in a fully masked row, softmax and its gradient would be nan.
        scores = scores.masked_fill(~mask, torch.finfo(scores.dtype).min)  # (..., T, S)
        weights = scores.softmax(dim=-1).masked_fill(~mask, 0)  # (..., T, S)
    return F.dropout(weights, dropout) @ v, weights


def fused_attention(
    q: Tensor,
    k: Tensor,
    v: Tensor,
    mask: Tensor | None = None,
    causal: bool = False,
    dropout: float = 0.0,
) -> Tensor:
    """The mixed values of `attention`, computed without storing the weights where possible.

    causal: apply causal_mask(T), in addition to mask if there is one

    Flash attention (Dao et al., 2022) avoids storing them. PyTorch's version works with a mask but
    not with dropout on a CPU, and with dropout but no mask other than causal on a GPU. On a CPU its
    backward pass is slow in bfloat16 for short sequences, so these stay in float32 under autocast.

    ValueError for a mask that is not bool, and for causal if T is not S.
    """
    _check(q, k, mask, causal)
    if q.dim() == 3:
        # Flash attention needs four dimensions, so a single head gets H = 1.
        mask = mask[:, None] if mask is not None and mask.dim() == 3 else mask
        return fused_attention(q[:, None], k[:, None], v[:, None], mask, causal, dropout)[:, 0]
    if causal and mask is not None:
        mask, causal = _in_the_past(mask, q), False
    low = q.dtype != torch.float64 and q.device.type == "cpu" and torch.is_autocast_enabled("cpu")
    if low and q.shape[-2] < SHORT:
        with torch.autocast("cpu", enabled=False):
            return fused_attention(q.float(), k.float(), v.float(), mask, causal, dropout)
    return F.scaled_dot_product_attention(q, k, v, mask, dropout, is_causal=causal)


def banded_attention(q: Tensor, k: Tensor, v: Tensor, width: int, dropout: float = 0.0) -> Tensor:
    """The mixed values of `attention` with `banded_mask`, at a cost that grows with T x width.

    q, k and v: (..., T, D), of the same positions; dropout as in `attention`

    The queries are cut into blocks of width. What a block may look at is in the block of keys at
    the same place and the one before, so it is given these two and no others. For a band
    wider than a quarter of T, flash attention to all tokens is faster (tests/bench/banded.py).

    The local half of Child et al. (2019), which GPT-3 follows. ValueError for a width below 1, and
    for other numbers of queries and keys.
    """
    _check(q, k, None, causal=True)
    if q.dim() == 2:
        return banded_attention(q[None], k[None], v[None], width, dropout)[0]
    *outer, T, D = q.shape
    if T <= width:
        return fused_attention(q, k, v, causal=True, dropout=dropout)
    mask = banded_mask(2 * width, width, q.device)[width:]  # (width, 2 * width)
    N = math.ceil(T / width)  # blocks
    after = N * width - T
    q = F.pad(q, (0, 0, 0, after)).reshape(-1, N, width, D)
    # One block of zeros before the first, which has no other to look back at.
    k, v = (F.pad(x, (0, 0, width, after)).unflatten(-2, (-1, width)) for x in (k, v))
    k, v = (torch.cat([x[..., :-1, :, :], x[..., 1:, :, :]], dim=-2).flatten(0, -4) for x in (k, v))
    # Flash attention takes a mask of two or four dimensions.
    masks = mask.repeat(1, N, 1, 1)  # (1, N, width, 2 * width)
    masks[:, 0, :, :width] = False
    mixed = fused_attention(q, k, v, masks, dropout=dropout)  # (..., N, width, D)
    return mixed.reshape(*outer, N * width, -1)[..., :T, :]


def causal_mask(T: int, device: torch.device | None = None) -> Tensor:
    """Let each of T positions look at itself and those before it. Returns (T, T), bool.

    >>> causal_mask(3).int()
    tensor([[1, 0, 0],
            [1, 1, 0],
            [1, 1, 1]], dtype=torch.int32)
    """
    return torch.ones(T, T, dtype=torch.bool, device=device).tril()


def banded_mask(T: int, width: int, device: torch.device | None = None) -> Tensor:
    """Let each of T positions look at itself and the width - 1 before it. Returns (T, T), bool.

    >>> banded_mask(4, width=2).int()
    tensor([[1, 0, 0, 0],
            [1, 1, 0, 0],
            [0, 1, 1, 0],
            [0, 0, 1, 1]], dtype=torch.int32)

    ValueError for a width below 1.
    """
    if width < 1:
        raise ValueError(f"width is {width}: give 1 or more, for a position counts itself")
    return causal_mask(T, device).triu(1 - width)


def past_mask(positions: Tensor, S: int, width: int | None = None) -> Tensor:
    """Let each query look at the keys up to its own position, or at the last `width` of these.

    positions: (B, T) int64, of the queries; those of the keys are 0 to S - 1

    Returns (B, T, S), bool. It is `causal_mask` or `banded_mask` for queries that need not begin at
    position 0, such as those that follow a cache.

    >>> past_mask(torch.tensor([[2, 3]]), S=4).int()
    tensor([[[1, 1, 1, 0],
             [1, 1, 1, 1]]], dtype=torch.int32)
    """
    B, T = positions.shape
    back = positions[..., None] - torch.arange(S, device=positions.device)  # (B, T, S)
    return back >= 0 if width is None else (back >= 0) & (back < width)


def padding_mask(idx: Tensor, pad: int) -> Tensor:
    """Let no position look at the padding of shorter rows.

    idx: (B, S) token ids; pad: the id of padding. Returns (B, 1, S), bool, for scores (B, T, S).
    """
    return (idx != pad)[:, None]


class Attention(nn.Module):
    """`fused_attention` as a module, so that `record_attention` can find it and see its weights.

    dropout: as in `attention`, in training mode only
    band: if given, causal also hides all but the last `band` keys, by `banded_attention`
    """

    def __init__(self, dropout: float = 0.0, band: int | None = None) -> None:
        super().__init__()
        self.dropout, self.band = dropout, band
        self.record: Callable[[Tensor], None] | None = None

    def forward(
        self, q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None, causal: bool = False
    ) -> Tensor:
        """q: (..., T, D); k and v: (..., S, D). Returns (..., T, D).

        mask, causal: as in `fused_attention`
        """
        dropout = self.dropout if self.training else 0.0
        _check(q, k, mask, causal)
        if causal and self.band is not None and mask is None and self.record is None:
            return banded_attention(q, k, v, self.band, dropout)
        if causal and (self.band is not None or self.record is not None):
            mask, causal = _in_the_past(mask, q, self.band), False
        if self.record is None:
            return fused_attention(q, k, v, mask, causal, dropout)
        mixed, weights = attention(q, k, v, mask, dropout)
        self.record(weights.detach())
        return mixed


class Head(nn.Module):
    """One head of attention, with queries from x, and keys and values from memory (default: x).

    n_embd: C, channels of x and memory
    head_size: D, channels of queries, keys and values
    """

    def __init__(self, n_embd: int, head_size: int) -> None:
        super().__init__()
        self.query = nn.Linear(n_embd, head_size, bias=False)
        self.key = nn.Linear(n_embd, head_size, bias=False)
        self.value = nn.Linear(n_embd, head_size, bias=False)
        self.attention = Attention()

    def forward(
        self,
        x: Tensor,
        memory: Tensor | None = None,
        mask: Tensor | None = None,
        causal: bool = False,
    ) -> Tensor:
        """x: (B, T, C); memory: (B, S, C); mask as in `attention`. Returns (B, T, D).

        causal: no position looks at later ones
        """
        memory = x if memory is None else memory
        q, k, v = self.query(x), self.key(memory), self.value(memory)
        return self.attention(q, k, v, mask, causal)


class MultiHeadAttention(nn.Module):
    """Several heads of attention in parallel; `proj` mixes their outputs.

    n_embd: C, channels of x and memory
    n_head: H
    dropout: as in `attention`, in training mode only
    head_size: D, channels of a head's queries, keys and values; C / H unless given. With D = C
        this is the wide attention of Bloem, "Transformers from scratch" (2019).
    bias: whether the four linear layers have biases, as in GPT; the paper's equations have none
    band: as in `Attention`

    Section 3.2.2 of Vaswani et al. (2017). ValueError if n_head does not divide C and
    head_size is not given.
    """

    def __init__(
        self,
        n_embd: int,
        n_head: int,
        dropout: float = 0.0,
        head_size: int | None = None,
        bias: bool = False,
        band: int | None = None,
    ) -> None:
        super().__init__()
        if n_head < 1 or (head_size is None and n_embd % n_head):
            raise ValueError(
                f"n_embd {n_embd} is not divisible by n_head = {n_head}: "
                "give an n_head that divides it, or a head_size"
            )
        self.n_head = n_head
        self.head_size = n_embd // n_head if head_size is None else head_size
        inner = n_head * self.head_size
        self.query = nn.Linear(n_embd, inner, bias)
        self.key = nn.Linear(n_embd, inner, bias)
        self.value = nn.Linear(n_embd, inner, bias)
        self.attention = Attention(dropout, band)
        self.proj = nn.Linear(inner, n_embd, bias)

    def forward(
        self,
        x: Tensor,
        memory: Tensor | None = None,
        mask: Tensor | None = None,
        causal: bool = False,
        extend: Extend | None = None,
        turns: Tensor | None = None,
    ) -> Tensor:
        """Let x look at memory, which is x itself unless given.

        x: (B, T, C); memory: (B, S, C)
        mask: bool, (B, T, S) or (T, S), any size may be 1; True = may look, for all heads alike
        causal: no position looks at later ones
        extend: one layer of a cache: takes the keys and values of x, (B, H, T, D), and returns
            those of all tokens so far, (B, H, S, D); mask must hide those that are later
        turns: (T, D) or (B, 1, T, D), with which to `rotate` the queries and keys of x

        Returns (B, T, C). ValueError for turns with a memory, whose positions they are not, and
        for extend without a mask: x would see its own future. Only if T is 1, and all rows are
        equally long, there is nothing to hide.
        """
        if turns is not None and memory is not None:
            raise ValueError("turns are those of x: give either them or a memory")
        if extend is not None and mask is None and x.shape[1] > 1:
            raise ValueError("extend needs a mask that hides later keys: give a `past_mask`")
        memory = x if memory is None else memory
        B, T, C = x.shape
        S, H, D = memory.shape[1], self.n_head, self.head_size
        q = self.query(x).view(B, T, H, D).transpose(1, 2)  # (B, H, T, D)
        k = self.key(memory).view(B, S, H, D).transpose(1, 2)  # (B, H, S, D)
        v = self.value(memory).view(B, S, H, D).transpose(1, 2)  # (B, H, S, D)
        if turns is not None:
            q, k = rotate(q, turns), rotate(k, turns)
        if extend is not None:
            k, v = extend(k, v)
        mask = mask if mask is None else mask.unsqueeze(-3)  # one more dimension, for the heads
        mixed = self.attention(q, k, v, mask, causal)  # (B, H, T, D)
        return self.proj(mixed.transpose(1, 2).flatten(2))


@contextmanager
def record_attention(model: nn.Module) -> Iterator[dict[str, Tensor]]:
    """Record the weights of the last call of every `Attention` in model, under its name.

    Meanwhile the forward pass uses the readable `attention`, which gives the same values. A
    recording inside another gets all calls until it ends.
    """
    weights = {}
    parts = {name: part for name, part in model.named_modules() if isinstance(part, Attention)}
    before = {name: part.record for name, part in parts.items()}
    for name, part in parts.items():
        part.record = partial(weights.__setitem__, name)
    try:
        yield weights
    finally:
        for name, part in parts.items():
            part.record = before[name]


@torch.no_grad()
def attention_maps(model: nn.Module, *inputs: Tensor) -> dict[str, np.ndarray]:
    """The weights of each `Attention` in model during model(*inputs), in evaluation mode.

    Returns them, (..., T, S), under its name. ValueError for a model without attention.
    """
    with evaluating(model), record_attention(model) as weights:
        model(*inputs)
    if not weights:
        raise ValueError(f"{type(model).__name__} used no attention: there is nothing to look at")
    return {name: rows.cpu().double().numpy() for name, rows in weights.items()}


def _in_the_past(mask: Tensor | None, q: Tensor, band: int | None = None) -> Tensor:
    """A mask that allows what mask, if given, allows in the past, or in the band."""
    T = q.shape[-2]
    past = causal_mask(T, q.device) if band is None else banded_mask(T, band, q.device)
    return past if mask is None else mask & past


def _check(q: Tensor, k: Tensor, mask: Tensor | None, causal: bool = False) -> None:
    if mask is not None and mask.dtype != torch.bool:
        raise ValueError(f"mask is of {mask.dtype}: give bool, True = may look")
    T, S = q.shape[-2], k.shape[-2]
    if causal and T != S:
        raise ValueError(
            f"{T} queries and {S} keys, so it is unclear which are later: give a mask, not causal"
        )
