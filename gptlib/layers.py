"""Layers: what every Transformer is stacked from."""

from collections.abc import Callable

import torch.nn.functional as F
from torch import Tensor, nn

from gptlib.attention import MultiHeadAttention
from gptlib.config import TransformerConfig


class FeedForward(nn.Module):
    """What each position makes of what it holds, alone: two maps, and between them ReLU.

    Equation 2 of Vaswani et al. (2017).
    """

    def __init__(self, config: TransformerConfig) -> None:
        super().__init__()
        self.fc = nn.Linear(config.n_embd, config.n_inner)
        self.proj = nn.Linear(config.n_inner, config.n_embd)

    def forward(self, x: Tensor) -> Tensor:
        """x: (..., C). Returns (..., C)."""
        return self.proj(F.relu(self.fc(x)))


class Block(nn.Module):
    """Look at each other, look at memory if cross, then think alone; each adds to what was there.

    causal: nobody looks at later positions
    cross: with a second attention, in which x looks at memory

    Section 3.1 of Vaswani et al. (2017).
    """

    def __init__(
        self, config: TransformerConfig, causal: bool = False, cross: bool = False
    ) -> None:
        super().__init__()
        C, H, bias = config.n_embd, config.n_head, config.bias
        self.pre_norm = config.norm == "pre"
        self.attn = MultiHeadAttention(C, H, causal, bias=bias)
        self.cross = MultiHeadAttention(C, H, bias=bias) if cross else None
        self.mlp = FeedForward(config)
        self.ln_1 = nn.LayerNorm(C)
        self.ln_cross = nn.LayerNorm(C) if cross else None
        self.ln_2 = nn.LayerNorm(C)
        self.dropout = nn.Dropout(config.dropout)

    def forward(
        self,
        x: Tensor,
        mask: Tensor | None = None,
        memory: Tensor | None = None,
        memory_mask: Tensor | None = None,
    ) -> Tensor:
        """x: (B, T, C); memory: (B, S, C); masks as in `MultiHeadAttention`. Returns (B, T, C).

        ValueError for a memory without cross, and for cross without a memory.
        """
        if (memory is None) != (self.cross is None):
            # Without this, x would look at itself instead, and at its future.
            raise ValueError("give memory to a block with cross=True, and to no other")
        x = self.add(x, self.ln_1, lambda inner: self.attn(inner, mask=mask))
        if self.cross is not None:
            x = self.add(x, self.ln_cross, lambda inner: self.cross(inner, memory, memory_mask))
        return self.add(x, self.ln_2, self.mlp)

    def add(self, x: Tensor, norm: nn.Module, layer: Callable[[Tensor], Tensor]) -> Tensor:
        """Add what layer makes of x, (B, T, C), to x; norm the sum, or before that the input."""
        if self.pre_norm:
            return x + self.dropout(layer(norm(x)))
        return norm(x + self.dropout(layer(x)))
