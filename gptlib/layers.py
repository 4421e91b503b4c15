"""Layers: the parts that every Transformer is built from."""

from functools import partial

import torch.nn.functional as F
from torch import Tensor, nn

from gptlib.attention import MultiHeadAttention
from gptlib.cache import Extend
from gptlib.config import GPTConfig, TransformerConfig

ACTIVATIONS = {
    "relu": F.relu,
    "gelu": F.gelu,
    "gelu_tanh": partial(F.gelu, approximate="tanh"),  # differs from gelu by up to 0.0005
}


class FeedForward(nn.Module):
    """Two linear layers with an activation between them, applied to each position alone.

    Equation 2 of Vaswani et al. (2017), whose activation is ReLU; GELU is by Hendrycks and Gimpel
    (2016).
    """

    def __init__(self, config: TransformerConfig | GPTConfig) -> None:
        super().__init__()
        self.fc = nn.Linear(config.n_embd, config.n_inner, config.bias)
        self.activation = ACTIVATIONS[config.activation]
        self.proj = nn.Linear(config.n_inner, config.n_embd, config.bias)

    def forward(self, x: Tensor) -> Tensor:
        """x: (..., C). Returns (..., C)."""
        return self.proj(self.activation(self.fc(x)))


class Block(nn.Module):
    """Attention, cross-attention if cross, and a feed-forward layer, each with a residual sum.

    Section 3.1 of Vaswani et al. (2017), whose norms come after each sum (post-norm); GPT-2 and
    GPT-3 have them before each layer (pre-norm).

    band: of its attention, as in `Attention`
    """

    def __init__(
        self,
        config: TransformerConfig | GPTConfig,
        cross: bool = False,
        band: int | None = None,
    ) -> None:
        super().__init__()
        C, H, D, bias = config.n_embd, config.n_head, config.head_size, config.attn_bias
        self.pre_norm = config.norm == "pre"
        self.attn = MultiHeadAttention(C, H, config.attn_dropout, D, bias, band)
        self.cross = MultiHeadAttention(C, H, config.attn_dropout, D, bias) if cross else None
        self.mlp = FeedForward(config)
        self.ln_1 = nn.LayerNorm(C, bias=config.bias)
        self.ln_cross = nn.LayerNorm(C, bias=config.bias) if cross else None
        self.ln_2 = nn.LayerNorm(C, bias=config.bias)
        self.dropout = nn.Dropout(config.dropout)

    def forward(
        self,
        x: Tensor,
        mask: Tensor | None = None,
        causal: bool = False,
        memory: Tensor | None = None,
        memory_mask: Tensor | None = None,
        extend: Extend | None = None,
        turns: Tensor | None = None,
    ) -> Tensor:
        """x: (B, T, C); memory: (B, S, C); the rest as in `MultiHeadAttention`. Returns (B, T, C).

        ValueError for a memory without cross, and for cross without a memory.
        """
        if (memory is None) != (self.cross is None):
            # Without this, x would look at itself instead, and at its future.
            raise ValueError("give memory to a block with cross=True, and to no other")
        B, T, C = x.shape
        attn = partial(self.attn, mask=mask, causal=causal, extend=extend, turns=turns)
        if self.pre_norm:
            x = x + self.dropout(attn(self.ln_1(x)))  # (B, T, C)
            if self.cross is not None:
                x = x + self.dropout(self.cross(self.ln_cross(x), memory, memory_mask))  # (B, T, C)
            x = x + self.dropout(self.mlp(self.ln_2(x)))  # (B, T, C)
        else:
            x = self.ln_1(x + self.dropout(attn(x)))  # (B, T, C)
            if self.cross is not None:
                x = self.ln_cross(x + self.dropout(self.cross(x, memory, memory_mask)))  # (B, T, C)
            x = self.ln_2(x + self.dropout(self.mlp(x)))  # (B, T, C)
        return x
