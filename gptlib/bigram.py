"""The bigram model: a table, counted or learned, of what follows each token."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

MOST_CELLS = 10**8  # of a table; with its gradient and AdamW's two averages, 1.6 GB


def count(data: Tensor, vocab_size: int, n: int = 2) -> Tensor:
    """Count how often each sequence of n tokens occurs in data.

    data: (N,) int64, on the CPU. Returns (V, ..., V), n times: for n = 2, row a counts
        what follows a.

    >>> count(torch.tensor([0, 1, 0, 1, 1]), vocab_size=2)
    tensor([[0, 2],
            [1, 1]])

    ValueError for a table that would be too large, fewer tokens than n, and ids that are not
    from 0 to vocab_size - 1.
    """
    V = vocab_size
    _check_cells(V, n)
    if len(data) < n:
        raise ValueError(f"{len(data)} tokens are fewer than {n}: give a longer text")
    if not 0 <= data.min() <= data.max() < V:
        raise ValueError(
            f"data holds the ids {data.min()} to {data.max()}, and not all are from 0 to {V - 1}: "
            "give the vocab_size of the tokenizer that made them"
        )
    # Read as the digits of a number in base V, n tokens give the index of their cell.
    cells = data.unfold(0, n, 1) @ V ** torch.arange(n - 1, -1, -1)
    return torch.bincount(cells, minlength=V**n).view((V,) * n)


def pair_loss(train: Tensor, valid: Tensor, vocab_size: int, pseudo: float = 0.01) -> float:
    """The mean loss on valid, in nats per token, of `Bigram.counted` with the pairs of train.

    train, valid: (N,) int64, on the CPU

    Only pairs that occur are counted, so the vocabulary may be as large as one likes.
    """

    def cells(data: Tensor) -> Tensor:
        return data[:-1] * vocab_size + data[1:]

    seen, counts = cells(train).unique(return_counts=True)
    wanted = cells(valid)
    at = torch.searchsorted(seen, wanted).clamp(max=len(seen) - 1)
    pairs = torch.where(seen[at] == wanted, counts[at], 0) + pseudo
    rows = torch.bincount(train[:-1], minlength=vocab_size) + pseudo * vocab_size
    return -(pairs / rows[valid[:-1]]).double().log().mean().item()


class Bigram(nn.Module):
    """A language model that looks at one token: row a of its table holds the logits after a.

    At first all logits are 0: every token is equally likely after every other.
    ValueError for a table that would be too large.
    """

    def __init__(self, vocab_size: int) -> None:
        super().__init__()
        _check_cells(vocab_size, 2)
        self.table = nn.Parameter(torch.zeros(vocab_size, vocab_size))

    @classmethod
    def counted(cls, counts: Tensor, pseudo: float = 0.01) -> "Bigram":
        """The model whose probabilities are the relative frequencies in counts (V, V).

        pseudo is added to each count. Without it, a pair that was never seen would be impossible,
        and its loss infinite. ValueError if pseudo is negative or leaves a row empty.
        """
        model = cls(len(counts))
        empty = (counts + pseudo).sum(dim=1) <= 0
        if pseudo < 0 or empty.any():
            raise ValueError(
                f"pseudo is {pseudo}, and {empty.sum()} rows of counts are empty: give more than 0"
            )
        # Softmax turns ln c into c divided by the sum of its row.
        model.table = nn.Parameter((counts + pseudo).log())
        return model

    @property
    def vocab_size(self) -> int:
        return len(self.table)

    def state(self) -> dict:
        """What `from_state` needs to make a model of this size, in types that JSON has."""
        return {"vocab_size": self.vocab_size}

    @classmethod
    def from_state(cls, state: dict) -> "Bigram":
        """A new model of the size in state. TypeError or ValueError for an invalid state."""
        return cls(**state)

    def forward(self, idx: Tensor) -> Tensor:
        """idx: (B, T) int64. Returns the logits (B, T, V) of what follows each of its tokens."""
        B, T = idx.shape
        V, V = self.table.shape
        # table[idx] is the same, but with several threads its gradient is summed in no fixed order.
        return F.embedding(idx, self.table)  # (B, T, V)


def _check_cells(V: int, n: int) -> None:
    if V**n > MOST_CELLS:
        raise ValueError(
            f"a table for {n} of {V} tokens has {V**n:,} cells, more than {MOST_CELLS:,}: "
            "take a text with fewer different characters"
        )
