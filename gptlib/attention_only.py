"""Attention only: the smallest language model that looks back."""

import torch
from torch import Tensor, nn


class AttentionOnly(nn.Module):
    """One attention layer between embedding and logits, whose output is added to its input.

    vocab_size: V; n_embd: C
    attn: called with (B, T, C) and causal=True, returns as much: `Head`, `MultiHeadAttention`, ...
    pos_emb: called with positions, (T,) int64, returns their rows, (T, C); None for a model that
        does not know where it is
    """

    def __init__(
        self, vocab_size: int, n_embd: int, attn: nn.Module, pos_emb: nn.Module | None = None
    ) -> None:
        super().__init__()
        self.tok_emb = nn.Embedding(vocab_size, n_embd)
        nn.init.normal_(self.tok_emb.weight, std=0.25)  # small beside the waves of positions
        self.pos_emb = pos_emb
        self.attn = attn
        self.lm_head = nn.Linear(n_embd, vocab_size)

    def forward(self, idx: Tensor) -> Tensor:
        """idx: (B, T) token ids. Returns logits (B, T, V)."""
        x = self.tok_emb(idx)
        B, T, C = x.shape
        if self.pos_emb is not None:
            x = x + self.pos_emb(torch.arange(T, device=idx.device))  # (B, T, C)
        return self.lm_head(x + self.attn(x, causal=True))
