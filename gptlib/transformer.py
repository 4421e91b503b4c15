"""The Transformer of 2017: an encoder, and a decoder that looks at the encoder's output."""

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
    """An encoder-decoder that predicts the next target token from a source and the target so far.

    In post-norm, as in the paper, each stack ends in a norm. In pre-norm nothing has normalized the
    sum of a stack's layers, so each stack gets another norm at its end.

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
                nn.init.xavier_uniform_(p)  # the paper does not say; its code did this
        # Multiplied by sqrt(C) in embed, they are of size 1, comparable to sinusoidal positions.
        nn.init.normal_(self.tok_emb.weight, std=C**-0.5)

    def forward(self, src: Tensor, idx: Tensor) -> Tensor:
        """Logits (B, T, V) of the token after each position of idx, (B, T), given src, (B, S).

        Shorter rows of src are padded with config.pad at their end; those of idx may be too, and
        their logits there mean nothing. ValueError for more than config.block_size tokens.
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
        """The logits of `forward`, given what `encode` returned."""
        x = self.embed(idx)
        for block in self.decoder:
            x = block(x, causal=True, memory=memory, memory_mask=memory_mask)
        return F.linear(self.ln_f(x), self.tok_emb.weight)

    def embed(self, idx: Tensor) -> Tensor:
        """The embeddings (B, T, C) of the tokens of idx, (B, T), plus those of their positions."""
        x = self.tok_emb(idx)
        B, T, C = x.shape
        positions = torch.arange(T, device=idx.device)  # (T)
        return self.dropout(math.sqrt(C) * x + self.pos_emb(positions))

    def state(self) -> dict:
        """What `from_state` needs to make a model of this size, in types that JSON has."""
        return asdict(self.config)

    @classmethod
    def from_state(cls, state: dict) -> "Transformer":
        """A new model of the sizes in state. TypeError or ValueError for an invalid state."""
        return cls(TransformerConfig(**state))
