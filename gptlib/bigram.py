"""The bigram: what follows a token, said by a table, whether counted or learned."""

import torch
from torch import Tensor, nn

MOST_CELLS = 10**8  # of a table; with 4 bytes each and what AdamW keeps, 1.6 GB


def count(data: Tensor, vocab_size: int, n: int = 2) -> Tensor:
    """Count how often each n tokens stand side by side in data.

    data: (N,) int64. Returns (V, ..., V), n times: for n = 2, row a is what followed a.

    >>> count(torch.tensor([0, 1, 0, 1, 1]), vocab_size=2)
    tensor([[0, 2],
            [1, 1]])

    ValueError for a table that would be too large.
    """
    V = vocab_size
    _check_cells(V, n)
    # The n tokens of a run, read as the digits of one number to the base V, are its cell's.
    cells = data.unfold(0, n, 1) @ V ** torch.arange(n - 1, -1, -1)
    return torch.bincount(cells, minlength=V**n).view((V,) * n)


class Bigram(nn.Module):
    """A language model that looks at one token: row a of its table has the logits after a.

    At first all logits are 0, so that every token is equally likely after every other.
    ValueError for a table that would be too large.
    """

    def __init__(self, vocab_size: int) -> None:
        super().__init__()
        _check_cells(vocab_size, 2)
        self.table = nn.Parameter(torch.zeros(vocab_size, vocab_size))

    @classmethod
    def counted(cls, counts: Tensor, pseudo: float = 0.01) -> "Bigram":
        """The model whose probabilities are the fractions of counts (V, V).

        pseudo is added to each count. Without it, what was never seen would be impossible,
        and its loss infinite.
        """
        model = cls(len(counts))
        # The softmax of ln c is c over the sum of its row.
        model.table = nn.Parameter((counts + pseudo).log())
        return model

    @property
    def vocab_size(self) -> int:
        return len(self.table)

    def forward(self, idx: Tensor) -> Tensor:
        """idx: (B, T) int64. Returns the logits (B, T, V) of what follows each of its tokens."""
        B, T = idx.shape
        V, V = self.table.shape
        return self.table[idx]  # (B, T, V)


def _check_cells(V: int, n: int) -> None:
    if V**n > MOST_CELLS:
        raise ValueError(
            f"a table for {n} of {V} tokens has {V**n:,} cells, more than {MOST_CELLS:,}: "
            "take a text with fewer different characters"
        )
