"""Writing: a model's probabilities, and tokens drawn from them."""

import math
from collections.abc import Callable, Iterator
from numbers import Integral

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gptlib.cache import KeyValueCache
from gptlib.modes import evaluating


def next_probs(
    logits: Tensor,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
) -> Tensor:
    """Turn the logits (B, V) of what comes next into the probabilities (B, V) to draw it from.

    temperature: below 1 makes what is likely likelier, above 1 less so; 0 is greedy: all
        probability to the likeliest token
    top_k: only this many tokens, the likeliest, keep a probability
    top_p: of these only the likeliest, as few as have this much probability together
        (Holtzman et al., 2020)

    What is left is scaled to sum to 1. ValueError for settings out of range, and for nan.
    """
    B, V = logits.shape
    _check(temperature, top_k, top_p)
    _check_nan(logits)
    logits = logits.to(torch.promote_types(logits.dtype, torch.float32))  # sums of halves drift
    if temperature == 0:
        return F.one_hot(logits.argmax(-1), V).to(logits.dtype)  # (B, V)
    probs = (logits / temperature).softmax(-1)  # (B, V)
    if top_k is None and top_p is None:
        return probs  # (B, V)
    ordered, token = probs.sort(dim=-1, descending=True, stable=True)  # (B, V)
    if top_k is not None:
        ordered[:, top_k:] = 0
        ordered = ordered / ordered.sum(-1, keepdim=True)  # (B, V)
    if top_p is not None and top_p < 1:  # at 1 a rounded sum could cut off the last few
        before = ordered.cumsum(-1) - ordered  # (B, V)
        ordered[:, 1:][before[:, 1:] >= top_p] = 0  # the likeliest stays, however small top_p is
        ordered = ordered / ordered.sum(-1, keepdim=True)  # (B, V)
    return torch.zeros_like(probs).scatter(-1, token, ordered)  # (B, V)


def generate(
    model: nn.Module,
    idx: Tensor,
    max_new_tokens: int,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    generator: torch.Generator | None = None,
    lengths: Tensor | None = None,
    stop: int | None = None,
) -> Tensor:
    """Let model write on: draw the next token, append it, and again, until `stream` ends.

    Arguments and errors as there. Returns (B, T + new), idx included; the new tokens of each row
    are the last of it, after the filling if there is any.
    """
    new = stream(model, idx, max_new_tokens, temperature, top_k, top_p, generator, lengths, stop)
    return torch.cat([idx, *(token[:, None] for token in new)], dim=1)


@torch.no_grad()
def stream(
    model: nn.Module,
    idx: Tensor,
    max_new_tokens: int,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    generator: torch.Generator | None = None,
    lengths: Tensor | None = None,
    stop: int | None = None,
) -> Iterator[Tensor]:
    """Yield the next token of each row, (B,), as soon as it is drawn; then the one after it.

    model: its `new_cache`, if it has one, saves computing anything twice, up to block_size
        tokens; beyond, each token is drawn from the last block_size before it
    idx: (B, T) int64, what is there already
    temperature, top_k, top_p: as in `next_probs`
    generator: on the CPU, so that a seed draws alike on every device
    lengths: (B,) how many tokens of each row are there; what tokens stand behind does not matter
    stop: the token that ends a row; it goes on with nothing else until all have ended

    A stream is of one set of parameters: after a training step begin another.
    ValueError, once the first is asked for, for settings out of range and a row without a token.
    """
    _check(temperature, top_k, top_p)
    B, T = _check_idx(idx)
    if not (isinstance(max_new_tokens, Integral) and max_new_tokens >= 0):
        raise ValueError(f"max_new_tokens is {max_new_tokens}: give a whole number, 0 or more")
    ends = torch.full((B,), T) if lengths is None else _check_lengths(lengths, B, T)
    rows = torch.arange(B)
    text = F.pad(idx, (0, max_new_tokens))  # (B, T + max_new_tokens)
    done = torch.zeros(B, dtype=torch.bool, device=idx.device)
    cache = model.new_cache(B) if hasattr(model, "new_cache") else None
    for _ in range(max_new_tokens):
        with evaluating(model):  # between tokens the mode is the caller's
            logits = _next_logits(model, text, ends, cache)
        probs = next_probs(logits, temperature, top_k, top_p)
        new = torch.multinomial(probs.cpu(), 1, generator=generator)[:, 0].to(idx.device)
        if stop is not None:
            new[done] = stop
            done |= new == stop
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
    block_size = cache.keys.shape[-2]
    if (ends > block_size).any():
        # Nothing kept is of use again: it was made from tokens that the window has lost.
        first = (ends - block_size).clamp(min=0)
        within = ends - first
        window = first[:, None] + torch.arange(int(within.max()))
        return model(text[rows[:, None], window])[rows, within - 1]
    unread = ends - cache.length
    T = int(unread.max())
    logits = model(text[rows[:, None], cache.places(T)], cache)
    cache.length = cache.length - (T - unread)  # without the filling of shorter rows
    return logits[rows, unread - 1]


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

    next_logits: takes the beginnings (B * K, T), K = beam_width for each row of idx, one row's
        after the other's, and returns logits (B * K, V) of what comes next
    idx: (B, T) int64, what is there already
    end: the token that is the last of all
    max_new_tokens: (B,), after how many a row ends without it

    One that has taken `end` keeps its place in the beam as it is, unless others become likelier.
    The best, at last, has the highest ln p / ((5 + length) / 6) ** length_penalty, the length in
    new tokens with `end` among them (Wu et al., 2016, equation 14). With a beam_width of 1 it is
    what greedy choice finds. Returns (B, T + new); a row that is shorter is filled up with `end`.
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
        _check_nan(logits)
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


def _check_nan(logits: Tensor) -> None:
    if logits.isnan().any():
        raise ValueError("logits hold nan, so the model is broken: take an earlier checkpoint")


def _check(temperature: float, top_k: int | None, top_p: float | None) -> None:
    if not (temperature == 0 or 0.01 <= temperature <= 100):
        raise ValueError(
            f"temperature is {temperature}: give 0 for the likeliest token, or 0.01 to 100"
        )
    if top_k is not None and not (isinstance(top_k, Integral) and top_k >= 1):
        raise ValueError(f"top_k is {top_k}: give a whole number, at least 1")
    if top_p is not None and not 0 < top_p <= 1:
        raise ValueError(f"top_p is {top_p}: give a number above 0, at most 1")
