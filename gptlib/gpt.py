"""The decoder-only Transformer: one stack of causal blocks, as in all GPTs."""

import math
from dataclasses import asdict
from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gptlib.attention import past_mask
from gptlib.cache import KeyValueCache
from gptlib.config import GPTConfig
from gptlib.layers import Block
from gptlib.positions import LearnedPositions, RotaryPositions, SinusoidalPositions

POSITIONS = {
    "learned": LearnedPositions,
    "sinusoidal": SinusoidalPositions,
    "rotary": RotaryPositions,
}


class GPT(nn.Module):
    """A decoder-only Transformer: the logits of the next token, at every position at once.

    Radford et al. (2018), equation 2; Radford et al. (2019), section 2.3; Brown et al. (2020),
    section 2.1.
    """

    def __init__(self, config: GPTConfig) -> None:
        super().__init__()
        V, C = config.vocab_size, config.n_embd
        self.config = config
        self.tok_emb = nn.Embedding(V, C)
        self.rotary = config.positions == "rotary"
        D = config.head_size or C // config.n_head
        self.pos_emb = POSITIONS[config.positions](config.block_size, D if self.rotary else C)
        self.dropout = nn.Dropout(config.dropout)
        self.blocks = nn.ModuleList(Block(config, band=band) for band in config.bands)
        # In pre-norm nothing else normalizes the sum that the blocks have built up.
        pre = config.norm == "pre"
        self.ln_f = nn.LayerNorm(C, bias=config.bias) if pre else nn.Identity()
        self.lm_head = None if config.tied else nn.Linear(C, V, bias=False)
        self.init_parameters()

    def init_parameters(self) -> None:
        """Draw the matrices anew and set biases to 0; the gains of norms stay as they are."""
        std, writers = self.config.init_std, 2 * self.config.n_layer
        for name, p in self.named_parameters():
            if name.endswith("bias"):
                nn.init.zeros_(p)
            elif name.endswith("proj.weight") and self.config.scale_residual:
                # So that all together add about what one alone would (GPT-2's paper, section 2.3).
                nn.init.normal_(p, std=std / math.sqrt(writers))
            elif p.dim() > 1:
                nn.init.normal_(p, std=std)

    def forward(self, idx: Tensor, cache: KeyValueCache | None = None) -> Tensor:
        """The logits (B, T, V) of the token after each position of idx, (B, T).

        cache: holds the tokens before idx, and takes in those of idx

        ValueError for more than config.block_size tokens, those of the cache included, and for a
        cache with another B.
        """
        return self.logits(self.hidden(idx, cache))

    def hidden(self, idx: Tensor, cache: KeyValueCache | None = None) -> Tensor:
        """The hidden states (B, T, C) from which `forward` computes the logits.

        Arguments and errors as in `forward`.
        """
        x = self.tok_emb(idx)
        B, T, C = x.shape
        bands, masks, places = self.config.bands, {}, {}
        if cache is None:
            positions = torch.arange(T, device=idx.device)  # (T)
        else:
            positions = cache.positions(T).to(idx.device)  # (B, T)
            if len(positions) != B:
                raise ValueError(
                    f"idx has {B} rows, the cache {len(positions)}: make one with new_cache({B})"
                )
            last = T == 1 and cache.even  # nothing comes after it, so it may look at all
            for band in set(bands):
                first = cache.first(band)
                S = int(cache.length.max()) + T - first
                places[band] = cache.places(positions, first)
                masks[band] = None if last else past_mask(positions - first, S, band)
        rows = self.pos_emb(positions)
        turns = rows.unsqueeze(-3) if self.rotary else None  # one more dimension, for the heads
        x = self.dropout(x if self.rotary else x + rows)  # (B, T, C)
        for n, (block, band) in enumerate(zip(self.blocks, bands, strict=True)):
            extend = None if cache is None else partial(cache.extend, n, places[band])
            x = block(x, masks.get(band), cache is None, extend=extend, turns=turns)  # (B, T, C)
        if cache is not None:
            cache.advance(T)
        return self.ln_f(x)

    def logits(self, x: Tensor) -> Tensor:
        """The logits (..., V) of the next token, from hidden states x, (..., C)."""
        return F.linear(x, self.tok_emb.weight) if self.lm_head is None else self.lm_head(x)

    def new_cache(self, B: int = 1) -> KeyValueCache:
        """An empty cache for B rows, of the model's dtype and on its device."""
        config, table = self.config, self.tok_emb.weight
        return KeyValueCache(
            config.bands,
            B,
            config.n_head,
            config.block_size,
            self.blocks[0].attn.head_size,
            table.dtype,
            table.device,
        )

    def num_parameters(self) -> int:
        """The number of parameters; a shared table counts once."""
        return sum(p.numel() for p in self.parameters())

    def state(self) -> dict:
        """What `from_state` needs to make a model of this size, in types that JSON has."""
        return asdict(self.config)

    @classmethod
    def from_state(cls, state: dict) -> "GPT":
        """A new model of the sizes in state. TypeError or ValueError for an invalid state."""
        return cls(GPTConfig(**state))
