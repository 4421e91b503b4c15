"""The decoder-only Transformer: one stack of causal blocks, as in all GPTs."""

import math
from dataclasses import asdict
from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gptlib.attention import banded_mask, past_mask
from gptlib.cache import KeyValueCache
from gptlib.config import GPTConfig
from gptlib.layers import Block
from gptlib.positions import LearnedPositions, SinusoidalPositions

POSITIONS = {"learned": LearnedPositions, "sinusoidal": SinusoidalPositions}


class GPT(nn.Module):
    """From the tokens so far to the logits of the next one, at every position at once.

    Radford et al. (2018), equation 2; Radford et al. (2019), section 2.3; Brown et al. (2020),
    section 2.1.
    """

    def __init__(self, config: GPTConfig) -> None:
        super().__init__()
        V, C = config.vocab_size, config.n_embd
        self.config = config
        self.tok_emb = nn.Embedding(V, C)
        self.pos_emb = POSITIONS[config.positions](config.block_size, C)
        self.dropout = nn.Dropout(config.dropout)
        self.blocks = nn.ModuleList(Block(config) for _ in range(config.n_layer))
        # In pre-norm nothing else norms what the blocks have added up.
        pre = config.norm == "pre"
        self.ln_f = nn.LayerNorm(C, bias=config.bias) if pre else nn.Identity()
        self.lm_head = None if config.tied else nn.Linear(C, V, bias=False)
        self.init_parameters()

    def init_parameters(self) -> None:
        """Draw the matrices anew; biases start at 0, and norms as PyTorch made them."""
        std, writers = self.config.init_std, 2 * self.config.n_layer
        for name, p in self.named_parameters():
            if name.endswith("bias"):
                nn.init.zeros_(p)
            elif name.endswith("proj.weight") and self.config.scale_residual:
                # All of them together are to add what one would (GPT-2's paper, section 2.3).
                nn.init.normal_(p, std=std / math.sqrt(writers))
            elif p.dim() > 1:
                nn.init.normal_(p, std=std)

    def forward(self, idx: Tensor, cache: KeyValueCache | None = None) -> Tensor:
        """The logits (B, T, V) of what follows each beginning of idx, (B, T).

        cache: idx comes after the tokens that it holds, and is kept there too

        ValueError for more than config.block_size tokens, those of the cache included, and for a
        cache of another B.
        """
        x = self.hidden(idx, cache)
        return F.linear(x, self.tok_emb.weight) if self.lm_head is None else self.lm_head(x)

    def hidden(self, idx: Tensor, cache: KeyValueCache | None = None) -> Tensor:
        """What the last block, and the norm after it, make of idx: (B, T, C), before the head.

        Arguments and errors as in `forward`.
        """
        x = self.tok_emb(idx)
        B, T, C = x.shape
        bands = self.config.bands
        if cache is None:
            positions = torch.arange(T, device=idx.device)  # (T)
            # Attention that is only causal needs no mask, and is faster without.
            masks = {band: band and banded_mask(T, band, idx.device) for band in set(bands)}
        else:
            positions = cache.positions(T).to(idx.device)  # (B, T)
            if len(positions) != B:
                raise ValueError(
                    f"idx has {B} rows, the cache {len(positions)}: make one with new_cache({B})"
                )
            S = int(cache.length.max()) + T
            masks = {band: past_mask(positions, S, band) for band in set(bands)}
        x = self.dropout(x + self.pos_emb(positions))  # (B, T, C)
        for n, (block, band) in enumerate(zip(self.blocks, bands, strict=True)):
            mask = masks[band]
            extend = None if cache is None else partial(cache.extend, n, positions)
            x = block(x, mask, causal=mask is None, extend=extend)  # (B, T, C)
        if cache is not None:
            cache.advance(T)
        return self.ln_f(x)

    def new_cache(self, B: int = 1) -> KeyValueCache:
        """An empty cache for B rows, where the model is."""
        config, table = self.config, self.tok_emb.weight
        return KeyValueCache(
            config.n_layer,
            B,
            config.n_head,
            config.block_size,
            self.blocks[0].attn.head_size,
            table.dtype,
            table.device,
        )

    def num_parameters(self) -> int:
        """How many numbers training changes; a shared table counts once."""
        return sum(p.numel() for p in self.parameters())

    def state(self) -> dict:
        """What `from_state` makes a model of this size from, as JSON can say it."""
        return asdict(self.config)

    @classmethod
    def from_state(cls, state: dict) -> "GPT":
        """A new model of the sizes in state. TypeError or ValueError for what are none."""
        return cls(GPTConfig(**state))
