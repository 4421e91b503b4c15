"""The next token: its probabilities, as a model gives them, and one that is drawn from them."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from numbers import Integral

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gptlib.cache import KeyValueCache
from gptlib.eval_mode import evaluating
from gptlib.unwrap import unwrapped


@dataclass(frozen=True)
class Sampling:
    """How the next token is drawn; unless said otherwise, with the model's own probabilities.

    top_p is Holtzman et al. (2020), repetition_penalty Keskar et al. (2019), section 4.1.
    ValueError for a setting out of range.
    """

    temperature: float = 1.0  # below 1 safer, above 1 wilder, 0 always the likeliest token
    top_k: int | None = None  # if given, only the k likeliest tokens are drawn
    top_p: float | None = None  # if given, only the likeliest that have this probability together
    repetition_penalty: float = 1.0  # above 1 makes tokens that are in the text already less likely

    def __post_init__(self) -> None:
        if not (self.temperature == 0 or 0.01 <= self.temperature <= 100):
            raise ValueError(
                f"temperature is {self.temperature}: give 0 for the likeliest token, or 0.01 to 100"
            )
        if self.top_k is not None and not (isinstance(self.top_k, Integral) and self.top_k >= 1):
            raise ValueError(f"top_k is {self.top_k}: give a whole number, at least 1")
        if self.top_p is not None and not 0 < self.top_p <= 1:
            raise ValueError(f"top_p is {self.top_p}: give a number above 0, at most 1")
        if not 0.01 <= self.repetition_penalty <= 100:
            raise ValueError(
                f"repetition_penalty is {self.repetition_penalty}: "
                "give 1 for none, or another number from 0.01 to 100"
            )


def next_probs(
    logits: Tensor, sampling: Sampling = Sampling(), seen: Tensor | None = None
) -> Tensor:
    """Turn the logits (B, V) of what comes next into the probabilities (B, V) to draw it from.

    seen: (B, V) bool, which tokens are in each row already; a repetition penalty divides their
        logits where positive, and multiplies them where negative

    Then the logits are divided by the temperature, of which 0 leaves only the likeliest token;
    top_k keeps the k likeliest, and top_p the likeliest of these, as few as have that much
    probability together. Of tokens that are equally likely, the first are kept. What is left is
    scaled to sum to 1. ValueError for logits with nan or infinity (but -inf is probability 0), and
    for a repetition penalty without `seen`.
    """
    B, V = logits.shape
    _check_logits(logits)
    logits = logits.to(torch.promote_types(logits.dtype, torch.float32))  # sums of halves drift
    if sampling.repetition_penalty != 1:
        logits = _penalized(logits, seen, sampling.repetition_penalty)  # (B, V)
    if sampling.temperature == 0:
        return F.one_hot(logits.argmax(-1), V).to(logits.dtype)  # (B, V)
    logits = logits / sampling.temperature
    if sampling.top_k is None and sampling.top_p is None:
        return logits.softmax(-1)  # (B, V)
    if sampling.top_k is None:
        token = torch.arange(V, device=logits.device).expand(B, V)  # (B, V)
    else:
        token = _likeliest(logits, min(sampling.top_k, V))
    kept = logits.gather(-1, token).softmax(-1)
    if sampling.top_p is not None and sampling.top_p < 1:  # at 1 a rounded sum could cut some off
        kept, order = kept.sort(dim=-1, descending=True, stable=True)
        enough = kept.cumsum(-1) >= sampling.top_p
        kept[:, 1:][enough[:, :-1]] = 0  # the likeliest stays, however small top_p is
        kept, token = kept / kept.sum(-1, keepdim=True), token.gather(-1, order)
    return torch.zeros_like(logits).scatter(-1, token, kept)  # (B, V)


def draw(probs: Tensor, u: Tensor) -> Tensor:
    """Draw a token from each row of probs, (B, V), with a random number u: (B,), on the CPU.

    u: (B,) float64, on the CPU, uniform in [0, 1), as from torch.rand

    The probabilities, one after the other, divide the line from 0 to 1, and the token is the one
    in whose part u lies; a token of probability 0 has no part. All of this is done on the CPU in
    float64, so that from the same probabilities the same u draws the same token on every device.
    """
    B, V = probs.shape
    ends = probs.cpu().double().cumsum(-1)  # (B, V)
    ends = ends / ends[:, -1:]  # (B, V)
    return torch.searchsorted(ends, u[:, None], right=True)[:, 0]  # (B,)


def generate(
    model: nn.Module,
    idx: Tensor,
    max_new_tokens: int,
    sampling: Sampling = Sampling(),
    generator: torch.Generator | None = None,
    lengths: Tensor | None = None,
    stop: int | None = None,
) -> Tensor:
    """Let model continue the rows of idx: draw the next token, append it, and so on.

    Arguments and errors are those of `stream`. Returns (B, T + new), idx included; the new tokens
    of each row are its last ones, after the filling if there is any.
    """
    new = stream(model, idx, max_new_tokens, sampling, generator, lengths, stop)
    return torch.cat([idx, *(token[:, None] for token in new)], dim=1)


def stream(
    model: nn.Module,
    idx: Tensor,
    max_new_tokens: int,
    sampling: Sampling = Sampling(),
    generator: torch.Generator | None = None,
    lengths: Tensor | None = None,
    stop: int | None = None,
) -> Iterator[Tensor]:
    """Yield the next token of each row, (B,), as soon as it is drawn; then the one after it.

    model: its `new_cache`, if it has one, saves computing anything twice, up to block_size
        tokens; beyond, each token is drawn from the last block_size before it
    idx: (B, T) int64, the text so far
    generator: on the CPU, so that a seed draws the same on every device
    lengths: (B,) how many tokens of each row are text; those behind, its filling, do not matter
    stop: the token that ends a row, which then repeats it until all rows have ended

    From the first token until the stream has ended or is closed, the model is in evaluation mode
    and its parameters must stay as they are. ValueError for arguments out of range.
    """
    B, T = _check_idx(idx)
    if not (isinstance(max_new_tokens, Integral) and max_new_tokens >= 0):
        raise ValueError(f"max_new_tokens is {max_new_tokens}: give a whole number, 0 or more")
    ends = torch.full((B,), T) if lengths is None else _check_lengths(lengths, B, T)
    return _stream(model, idx, max_new_tokens, sampling, generator, ends, stop)


@torch.no_grad()
def _stream(
    model: nn.Module,
    idx: Tensor,
    max_new_tokens: int,
    sampling: Sampling,
    generator: torch.Generator | None,
    ends: Tensor,
    stop: int | None,
) -> Iterator[Tensor]:
    """`stream`, its arguments checked; ends: (B,) on the CPU, where the text of each row ends."""
    B, T = idx.shape
    rows = torch.arange(B)
    text = F.pad(idx, (0, max_new_tokens))  # (B, T + max_new_tokens)
    done = torch.zeros(B, dtype=torch.bool)  # (B,)
    seen = None
    # A wrapper need not hand on the method, but what it calls takes the cache.
    inner = unwrapped(model)
    cache = inner.new_cache(B) if hasattr(inner, "new_cache") else None
    with evaluating(model):
        for _ in range(max_new_tokens):
            logits = _next_logits(model, text, ends, cache)
            if sampling.repetition_penalty != 1:
                seen = _seen(text, ends, logits.shape[-1])
            probs = next_probs(logits, sampling, seen)
            if sampling.temperature == 0:
                new = probs.argmax(-1).cpu()
            else:
                new = draw(probs, torch.rand(B, generator=generator, dtype=torch.float64))
            if stop is not None:
                new[done] = stop
                done |= new == stop
            new = new.to(idx.device)
            text[rows, ends] = new
            ends = ends + 1
            yield new
            if done.all():
                return


def _next_logits(
    model: nn.Module, text: Tensor, ends: Tensor, cache: KeyValueCache | None
) -> Tensor:
    """The logits (B, V) of what comes after the first ends of each row of text, (B, T)."""
    rows = torch.arange(len(text))
    if cache is None:
        return model(text[:, : int(ends.max())])[rows, ends - 1]
    if (ends > cache.block_size).any():
        # Nothing kept is of use any more: it was made from tokens that the window has lost.
        first = (ends - cache.block_size).clamp(min=0)
        within = ends - first
        window = first[:, None] + torch.arange(int(within.max()))
        return model(text[rows[:, None], window])[rows, within - 1]
    unread = ends - cache.length
    T = int(unread.max())
    logits = model(text[rows[:, None], cache.positions(T)], cache)
    cache.forget(T - unread)  # the filling of shorter rows
    return logits[rows, unread - 1]


def _seen(text: Tensor, ends: Tensor, V: int) -> Tensor:
    """Which of V tokens are among the first ends of each row of text, (B, T): bool (B, V)."""
    B, T = text.shape
    row, place = (torch.arange(T) < ends[:, None]).nonzero(as_tuple=True)
    seen = torch.zeros(B, V, dtype=torch.bool, device=text.device)  # (B, V)
    seen[row, text[row, place]] = True
    return seen


def _penalized(logits: Tensor, seen: Tensor | None, penalty: float) -> Tensor:
    if seen is None:
        raise ValueError(
            f"repetition_penalty is {penalty}: give `seen` too, the tokens that it is for"
        )
    return torch.where(seen, torch.where(logits > 0, logits / penalty, logits * penalty), logits)


def _likeliest(logits: Tensor, k: int) -> Tensor:
    """The k tokens of each row with the largest logits, (B, V), of equals the first: (B, k)."""
    B, V = logits.shape
    least = logits.topk(k).values[:, -1:]  # (B, 1)
    # Which of equals topk itself takes is left to the device.
    above, equal = logits > least, logits == least  # (B, V)
    room = k - above.sum(-1, keepdim=True)  # (B, 1)
    kept = above | equal & (equal.cumsum(-1) <= room)  # (B, V)
    return kept.nonzero()[:, 1].view(B, k)  # (B, k)


@torch.no_grad()
def beam_search(
    next_logits: Callable[[Tensor], Tensor],
    idx: Tensor,
    end: int,
    max_new_tokens: Tensor,
    beam_width: int = 4,
    length_penalty: float = 0.6,
) -> Tensor:
    """Keep the beam_width likeliest beginnings at each step, and take the best of what they become.

    next_logits: takes beginnings (B * K, T), K = beam_width for each row of idx, those of a row
        together, and returns the logits (B * K, V) of what comes next
    idx: (B, T) int64, the text so far
    end: the token that ends a row
    max_new_tokens: (B,), after how many new tokens a row ends without it

    A beginning that has ended keeps its place in the beam as it is, unless others become likelier.
    The best, in the end, has the highest ln p / ((5 + length) / 6) ** length_penalty, the length in
    new tokens with `end` among them (Wu et al., 2016, equation 14). With a beam_width of 1 it is
    the greedy choice. Returns (B, T + new); a row that is shorter is filled up with `end`.
    ValueError for a beam_width below 1, and for nan.
    """
    if not (isinstance(beam_width, Integral) and beam_width >= 1):
        raise ValueError(f"beam_width is {beam_width!r}: give a whole number, at least 1")
    B, T = idx.shape
    K = beam_width
    idx = idx.repeat_interleave(K, dim=0)  # (B * K, T)
    # All K beginnings of a row are the same at first: only one of them may go on.
    log_p = torch.full((B, K), -math.inf, device=idx.device)  # (B, K)
    log_p[:, 0] = 0
    length = torch.zeros(B, K, dtype=torch.int64, device=idx.device)  # (B, K)
    done = max_new_tokens[:, None] <= length  # (B, K)
    while not done.all():
        logits = next_logits(idx)
        _check_logits(logits)
        V = logits.shape[-1]
        following = logits.log_softmax(-1).view(B, K, V)  # (B, K, V)
        # What has ended can only go on ending, at no cost.
        following[done] = -math.inf
        following[..., end][done] = 0
        log_p, best = (log_p[..., None] + following).flatten(1).topk(K)  # (B, K)
        parent, token = best // V, best % V  # (B, K)
        length = (length + ~done).gather(1, parent)  # (B, K)
        done = done.gather(1, parent) | (token == end) | (length >= max_new_tokens[:, None])
        rows = (parent + K * torch.arange(B, device=idx.device)[:, None]).flatten()  # (B * K)
        idx = torch.cat([idx[rows], token.view(-1, 1)], dim=1)
    score = log_p / ((5 + length) / 6) ** length_penalty  # (B, K)
    return idx[score.argmax(1) + K * torch.arange(B, device=idx.device)]


def _check_idx(idx: Tensor) -> torch.Size:
    if idx.dim() != 2 or idx.shape[1] == 0:
        raise ValueError(
            f"idx has shape {tuple(idx.shape)}: give (B, T) token ids, one or more in each row"
        )
    return idx.shape


def _check_lengths(lengths: Tensor, B: int, T: int) -> Tensor:
    lengths = lengths.cpu()
    whole = not lengths.is_floating_point()
    if lengths.shape != (B,) or not whole or not ((lengths >= 1) & (lengths <= T)).all():
        raise ValueError(
            f"lengths are {lengths.tolist()}: give {B} whole numbers from 1 to {T}, one a row"
        )
    return lengths


def _check_logits(logits: Tensor) -> None:
    largest = logits.amax(-1)
    broken = largest[~largest.isfinite()]
    if len(broken):
        raise ValueError(
            f"logits hold {broken[0].item()}, so the model is broken: take an earlier checkpoint"
        )
