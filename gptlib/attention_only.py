"""Attention only: the smallest language model that sees more than one token."""

import torch
from torch import Tensor, nn


class AttentionOnly(nn.Module):
    """A language model with one attention layer, whose output is added to its input.

    vocab_size: V; n_embd: C
    attn: called with (B, T, C) and causal=True, returns (B, T, C): `Head`, `MultiHeadAttention`
    pos_emb: called with positions, (T,) int64, returns their embeddings, (T, C); None for a
        model without positions
    """

    def __init__(
        self, vocab_size: int, n_embd: int, attn: nn.Module, pos_emb: nn.Module | None = None
    ) -> None:
        super().__init__()
        self.tok_emb = nn.Embedding(vocab_size, n_embd)
        nn.init.normal_(self.tok_emb.weight, std=0.25)  # small next to sinusoidal positions
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
