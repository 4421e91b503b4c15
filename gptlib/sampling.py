"""Choosing the next tokens: sampling one at a time, and beam search."""

import math
from collections.abc import Callable, Iterator
from numbers import Integral

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gptlib.cache import KeyValueCache
from gptlib.config import Sampling
from gptlib.eval_mode import evaluating
from gptlib.unwrap import unwrapped


def next_probs(
    logits: Tensor, sampling: Sampling = Sampling(), seen: Tensor | None = None
) -> Tensor:
    """Turn the logits (B, V) of the next token into the probabilities (B, V) to draw it with.

    seen: (B, V) bool, which tokens are in each row already; a repetition penalty divides their
        logits where positive, and multiplies them where negative

    Then the logits are divided by the temperature; a temperature of 0 leaves only the likeliest
    token. top_k keeps the k likeliest tokens; of these, top_p keeps the fewest, from the likeliest
    on, whose probabilities sum to at least top_p. Among equally likely tokens, the first are kept.
    What is left is scaled to sum to 1. ValueError for logits with nan or infinity (but -inf means
    probability 0), and for a repetition penalty without `seen`.
    """
    B, V = logits.shape
    _check_logits(logits)
    logits = logits.to(torch.promote_types(logits.dtype, torch.float32))  # low-precision sums drift
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
    if sampling.top_p is not None and sampling.top_p < 1:  # at 1, rounding could cut some off
        kept, order = kept.sort(dim=-1, descending=True, stable=True)
        enough = kept.cumsum(-1) >= sampling.top_p
        kept[:, 1:][enough[:, :-1]] = 0  # the likeliest stays, however small top_p is
        kept, token = kept / kept.sum(-1, keepdim=True), token.gather(-1, order)
    return torch.zeros_like(logits).scatter(-1, token, kept)  # (B, V)


def draw(probs: Tensor, u: Tensor) -> Tensor:
    """Draw a token from each row of probs, (B, V). Returns (B,), on the CPU.

    u: (B,) float64, on the CPU: a random number for each row, uniform in [0, 1)

    Laid end to end, the probabilities divide the interval from 0 to 1; the token is the one whose
    part contains u, and a token of probability 0 has no part. All of this is done on the CPU in
    float64, so that the same probabilities and u give the same token on every device.
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
    of each row are its last ones, after the padding if there is any.
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
    """Yield the next token of each row, (B,), as soon as it is drawn, then the next, and so on.

    model: if it has `new_cache`, nothing is computed twice for the first block_size tokens; after
        these, each token is drawn from the last block_size before it
    idx: (B, T) int64, the text so far
    generator: on the CPU, so that a seed gives the same draws on every device
    lengths: (B,) how many tokens of each row are text; the rest is padding and does not matter
    stop: the token that ends a row, which then repeats it until all rows have ended

    From the first token until the stream ends or is closed, the model is in evaluation mode and its
    parameters must not change. ValueError for arguments out of range.
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
    """`stream` with checked arguments; ends: (B,) on the CPU, where the text of each row ends."""
    B, T = idx.shape
    rows = torch.arange(B)
    text = F.pad(idx, (0, max_new_tokens))  # (B, T + max_new_tokens)
    done = torch.zeros(B, dtype=torch.bool)  # (B,)
    seen = None
    # A wrapper may hide the method new_cache, but passes a cache on to the model.
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
    """The logits (B, V) of the token after the first ends tokens of each row of text, (B, T)."""
    rows = torch.arange(len(text))
    if cache is None:
        return model(text[:, : int(ends.max())])[rows, ends - 1]
    if (ends > cache.block_size).any():
        # The cache is useless now: it was computed from tokens that have left the window.
        first = (ends - cache.block_size).clamp(min=0)
        within = ends - first
        window = first[:, None] + torch.arange(int(within.max()))
        return model(text[rows[:, None], window])[rows, within - 1]
    unread = ends - cache.length
    T = int(unread.max())
    logits = model(text[rows[:, None], cache.positions(T)], cache)
    cache.forget(T - unread)  # the padding of shorter rows
    return logits[rows, unread - 1]


def _seen(text: Tensor, ends: Tensor, V: int) -> Tensor:
    """Which of V tokens occur in the first ends of each row of text, (B, T): bool (B, V)."""
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
    """The k tokens of each row with the largest logits, (B, V); the first of equals: (B, k)."""
    B, V = logits.shape
    least = logits.topk(k).values[:, -1:]  # (B, 1)
    # Which of several equal logits topk itself takes depends on the device.
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
    """Keep the beam_width likeliest hypotheses at each step, and return the best in the end.

    next_logits: takes hypotheses (B * K, T), K = beam_width for each row of idx, those of a row
        together, and returns the logits (B * K, V) of the next token
    idx: (B, T) int64, the text so far
    end: the token that ends a row
    max_new_tokens: (B,), the number of new tokens after which a row ends anyway

    A hypothesis that has ended stays in the beam as it is, unless others become likelier. The best
    has the highest ln p / ((5 + length) / 6) ** length_penalty, where length counts the new tokens,
    `end` included (Wu et al., 2016, equation 14). A beam_width of 1 is greedy decoding. Returns
    (B, T + new); shorter rows are padded with `end`. ValueError for a beam_width below 1, and for
    logits with nan or infinity.
    """
    if not (isinstance(beam_width, Integral) and beam_width >= 1):
        raise ValueError(f"beam_width is {beam_width!r}: give a whole number, at least 1")
    B, T = idx.shape
    K = beam_width
    idx = idx.repeat_interleave(K, dim=0)  # (B * K, T)
    # All K hypotheses of a row are the same at first: only one of them may continue.
    log_p = torch.full((B, K), -math.inf, device=idx.device)  # (B, K)
    log_p[:, 0] = 0
    length = torch.zeros(B, K, dtype=torch.int64, device=idx.device)  # (B, K)
    done = max_new_tokens[:, None] <= length  # (B, K)
    while not done.all():
        logits = next_logits(idx)
        _check_logits(logits)
        V = logits.shape[-1]
        following = logits.log_softmax(-1).view(B, K, V)  # (B, K, V)
        # A hypothesis that has ended can only repeat its last token, at no cost.
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
            f"lengths are {lengths.tolist()}: give {B} whole numbers from 1 to {T}, one per row"
        )
    return lengths


def _check_logits(logits: Tensor) -> None:
    largest = logits.amax(-1)
    broken = largest[~largest.isfinite()]
    if len(broken):
        raise ValueError(
            f"logits hold {broken[0].item()}, so the model is broken: take an earlier checkpoint"
        )
