"""Narrow attention: each head sees only its slice of the channels."""

import math

import torch
from torch import Tensor, nn

from gptlib.attention import MultiHeadAttention


class NarrowAttention(MultiHeadAttention):
    """`MultiHeadAttention` in which each head sees only its own D of the channels of x.

    n_embd, n_head, dropout: as in `MultiHeadAttention`
    shared: all heads share one matrix for queries, one for keys and one for values; otherwise
        each head has its own

    Bloem, "Transformers from scratch" (2019): his text gives each head its own matrices, his
    code shares them.
    """

    def __init__(
        self,
        n_embd: int,
        n_head: int,
        dropout: float = 0.0,
        shared: bool = False,
    ) -> None:
        super().__init__(n_embd, n_head, dropout)
        self.query = SliceLinear(n_head, self.head_size, shared)
        self.key = SliceLinear(n_head, self.head_size, shared)
        self.value = SliceLinear(n_head, self.head_size, shared)


class SliceLinear(nn.Module):
    """Cut the channels into H slices of D, with a linear layer from D to D for each slice.

    Like nn.Linear(C, C, bias=False) with a weight that is 0 but for H blocks along its diagonal.
    """

    def __init__(self, n_head: int, head_size: int, shared: bool) -> None:
        super().__init__()
        self.n_head = n_head
        self.weight = nn.Parameter(torch.empty(1 if shared else n_head, head_size, head_size))
        bound = 1 / math.sqrt(head_size)  # as nn.Linear does
        nn.init.uniform_(self.weight, -bound, bound)

    def forward(self, x: Tensor) -> Tensor:
        """x: (B, T, C). Returns (B, T, C)."""
        B, T, C = x.shape
        H, D = self.n_head, C // self.n_head
        slices = x.view(B, T, H, D).transpose(1, 2)  # (B, H, T, D)
        return (slices @ self.weight.mT).transpose(1, 2).flatten(2)
