"""N-grams of any length: what followed the last few tokens, counted and smoothed."""

import torch
from torch import Tensor


class NGram:
    """The probability of a token after the n - 1 tokens before it, by Witten-Bell smoothing.

    train: (N,) int64, on the CPU, ids from 0 to vocab_size - 1

    What followed a context h is mixed with what is likely after h without its first token:
    p(c | h) = (count(h, c) + types(h) * p(c | shorter h)) / (count(h) + types(h)), where types(h)
    is the number of different tokens that followed h. So for as many examples, a context that has
    been followed by more different tokens is trusted less, and one that was never seen is not
    asked. The last shorter context, without any token, is mixed with 1 / V.

    >>> model = NGram(torch.tensor([0, 1, 0, 1, 1]), vocab_size=2, n=2)
    >>> model.probs(torch.tensor([[0, 0], [0, 1]]))  # first 3/7 and 3/7, then 1/7 and 6/7
    tensor([[0.4286, 0.1429],
            [0.4286, 0.8571]], dtype=torch.float64)

    ValueError for fewer tokens than n, and for ids that are not from 0 to vocab_size - 1, here and
    when the model is asked. Witten and Bell (1991), method C, in the recursive form of
    Chen and Goodman (1998), section 2.5.
    """

    def __init__(self, train: Tensor, vocab_size: int, n: int) -> None:
        if not 1 <= n <= len(train):
            raise ValueError(f"n is {n}: give one from 1 to {len(train)}, the number of tokens")
        self.vocab_size = V = vocab_size
        self._check_ids(train)
        self.tables = []
        # A number for each run of k tokens, by where it ends: a run and its next token make a
        # pair, and the place of this pair among all of them is the number of the longer run.
        runs = torch.zeros(len(train) + 1, dtype=torch.int64)
        contexts = 1
        for k in range(n):
            pairs, runs, counts = (runs[:-1] * V + train[k:]).unique(
                return_inverse=True, return_counts=True
            )
            total = torch.bincount(pairs // V, counts.double(), minlength=contexts)
            types = torch.bincount(pairs // V, minlength=contexts)
            self.tables.append((pairs, counts, total, types))
            contexts = len(pairs)

    def _check_ids(self, ids: Tensor) -> None:
        V = self.vocab_size
        if ids.numel() and not 0 <= ids.min() <= ids.max() < V:
            raise ValueError(
                f"the ids are {ids.min()} to {ids.max()}, and not all are from 0 to {V - 1}: give "
                "the vocab_size of the tokenizer that made them"
            )

    def probs(self, idx: Tensor) -> Tensor:
        """The probability of each token in idx, (..., T), after the n - 1 before it, or the fewer
        that there are. Returns (..., T), float64."""
        V = self.vocab_size
        self._check_ids(idx)
        p = torch.full(idx.shape, 1 / V, dtype=torch.float64)
        runs = torch.zeros(*idx.shape[:-1], idx.shape[-1] + 1, dtype=torch.int64)
        for k, (pairs, counts, total, types) in enumerate(self.tables):
            context, shorter = runs[..., :-1], p[..., k:]
            wanted = context * V + idx[..., k:]
            at = torch.searchsorted(pairs, wanted).clamp(max=len(pairs) - 1)
            seen = pairs[at] == wanted
            mixed = torch.where(seen, counts[at], 0) + types[context] * shorter
            known = (context >= 0) & (types[context] > 0)
            p[..., k:] = torch.where(known, mixed / (total + types)[context], shorter)
            runs = torch.where(seen, at, -1)
        return p

    def next_probs(self, idx: Tensor) -> Tensor:
        """The probability of each token after idx, (T,) int64. Returns (V,), float64."""
        V = self.vocab_size
        each = torch.arange(V)[:, None]
        last = idx[max(0, len(idx) - len(self.tables) + 1) :]
        return self.probs(torch.cat([last.expand(V, -1), each], dim=1))[:, -1]
