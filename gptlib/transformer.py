"""The Transformer of 2017: an encoder that reads, and a decoder that writes and looks at it."""

import math
from dataclasses import asdict

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gptlib.attention import padding_mask
from gptlib.config import TransformerConfig
from gptlib.layers import Block
from gptlib.positions import SinusoidalPositions


class Transformer(nn.Module):
    """From a source and what is written so far to what comes next.

    With the norms where the paper prints them the stacks end in one. With those before each layer
    nothing has normed their sums, so each stack has another norm at its end.

    Vaswani et al. (2017), "Attention is all you need".
    """

    def __init__(self, config: TransformerConfig) -> None:
        super().__init__()
        C, N = config.n_embd, config.n_layer
        self.config = config
        # Source, target and output share one table (section 3.4).
        self.tok_emb = nn.Embedding(config.vocab_size, C)
        self.pos_emb = SinusoidalPositions(config.block_size, C)
        self.dropout = nn.Dropout(config.dropout)
        self.encoder = nn.ModuleList(Block(config) for _ in range(N))
        self.decoder = nn.ModuleList(Block(config, cross=True) for _ in range(N))
        pre = config.norm == "pre"
        self.ln_memory = nn.LayerNorm(C, bias=config.bias) if pre else nn.Identity()
        self.ln_f = nn.LayerNorm(C, bias=config.bias) if pre else nn.Identity()
        for p in self.parameters():
            if p.dim() > 1:
                nn.init.xavier_uniform_(p)  # the paper says nothing; its code did so
        # Times sqrt(C) they are of size 1, comparable to the waves of the positions.
        nn.init.normal_(self.tok_emb.weight, std=C**-0.5)

    def forward(self, src: Tensor, idx: Tensor) -> Tensor:
        """Logits (B, T, V) of what follows each beginning of idx, (B, T), given all of src, (B, S).

        Rows of src that are shorter are filled up with config.pad at their end; so may those of
        idx, whose logits there mean nothing. ValueError for more than config.block_size tokens.
        """
        memory, memory_mask = self.encode(src)
        return self.decode(idx, memory, memory_mask)

    def encode(self, src: Tensor) -> tuple[Tensor, Tensor]:
        """Read src, (B, S): its memory (B, S, C), and a mask (B, 1, S) that hides what is pad."""
        B, S = src.shape
        mask = padding_mask(src, self.config.pad)  # (B, 1, S)
        x = self.embed(src)
        for block in self.encoder:
            x = block(x, mask)
        return self.ln_memory(x), mask

    def decode(self, idx: Tensor, memory: Tensor, memory_mask: Tensor) -> Tensor:
        """The logits of `forward`, for a source that `encode` has read."""
        x = self.embed(idx)
        for block in self.decoder:
            x = block(x, causal=True, memory=memory, memory_mask=memory_mask)
        return F.linear(self.ln_f(x), self.tok_emb.weight)

    def embed(self, idx: Tensor) -> Tensor:
        """What each token of idx, (B, T), is and where it stands. Returns (B, T, C)."""
        x = self.tok_emb(idx)
        B, T, C = x.shape
        positions = torch.arange(T, device=idx.device)  # (T)
        return self.dropout(math.sqrt(C) * x + self.pos_emb(positions))

    def state(self) -> dict:
        """What `from_state` makes a model of this size from, as JSON can say it."""
        return asdict(self.config)

    @classmethod
    def from_state(cls, state: dict) -> "Transformer":
        """A new model of the sizes in state. TypeError or ValueError for what are none."""
        return cls(TransformerConfig(**state))
