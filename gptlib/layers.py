"""Layers: what every Transformer is stacked from."""

from collections.abc import Callable
from functools import partial

import torch.nn.functional as F
from torch import Tensor, nn

from gptlib.attention import MultiHeadAttention
from gptlib.cache import Extend
from gptlib.config import GPTConfig, TransformerConfig

ACTIVATIONS = {
    "relu": F.relu,
    "gelu": F.gelu,
    "gelu_tanh": partial(F.gelu, approximate="tanh"),  # differs by up to 0.0005
}


class FeedForward(nn.Module):
    """What each position makes of what it holds, alone: two maps, and between them an activation.

    Equation 2 of Vaswani et al. (2017), whose activation is ReLU; GELU is by Hendrycks and Gimpel
    (2016).
    """

    def __init__(self, config: TransformerConfig | GPTConfig) -> None:
        super().__init__()
        self.fc = nn.Linear(config.n_embd, config.n_inner, config.other_bias)
        self.activation = ACTIVATIONS[config.activation]
        self.proj = nn.Linear(config.n_inner, config.n_embd, config.other_bias)

    def forward(self, x: Tensor) -> Tensor:
        """x: (..., C). Returns (..., C)."""
        return self.proj(self.activation(self.fc(x)))


class Block(nn.Module):
    """Look at each other, look at memory if cross, then think alone; each adds to what was there.

    causal: nobody looks at later positions
    cross: with a second attention, in which x looks at memory

    Section 3.1 of Vaswani et al. (2017).
    """

    def __init__(
        self,
        config: TransformerConfig | GPTConfig,
        causal: bool = False,
        cross: bool = False,
    ) -> None:
        super().__init__()
        C, H, bias = config.n_embd, config.n_head, config.bias
        self.pre_norm = config.norm == "pre"
        self.attn = MultiHeadAttention(C, H, causal, config.attn_dropout, bias=bias)
        self.cross = MultiHeadAttention(C, H, bias=bias) if cross else None
        self.mlp = FeedForward(config)
        self.ln_1 = nn.LayerNorm(C, bias=config.other_bias)
        self.ln_cross = nn.LayerNorm(C, bias=config.other_bias) if cross else None
        self.ln_2 = nn.LayerNorm(C, bias=config.other_bias)
        self.dropout = nn.Dropout(config.dropout)

    def forward(
        self,
        x: Tensor,
        mask: Tensor | None = None,
        memory: Tensor | None = None,
        memory_mask: Tensor | None = None,
        extend: Extend | None = None,
    ) -> Tensor:
        """x: (B, T, C); memory: (B, S, C); the rest as in `MultiHeadAttention`. Returns (B, T, C).

        ValueError for a memory without cross, and for cross without a memory.
        """
        if (memory is None) != (self.cross is None):
            # Without this, x would look at itself instead, and at its future.
            raise ValueError("give memory to a block with cross=True, and to no other")
        x = self.add(x, self.ln_1, lambda inner: self.attn(inner, mask=mask, extend=extend))
        if self.cross is not None:
            x = self.add(x, self.ln_cross, lambda inner: self.cross(inner, memory, memory_mask))
        return self.add(x, self.ln_2, self.mlp)

    def add(self, x: Tensor, norm: nn.Module, layer: Callable[[Tensor], Tensor]) -> Tensor:
        """Add what layer makes of x, (B, T, C), to x; norm the sum, or before that the input."""
        if self.pre_norm:
            return x + self.dropout(layer(norm(x)))
        return norm(x + self.dropout(layer(x)))
