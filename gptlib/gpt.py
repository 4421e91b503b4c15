"""The decoder-only Transformer: one stack of causal blocks, as in all GPTs."""

import math
from functools import partial

import torch.nn.functional as F
from torch import Tensor, nn

from gptlib.attention import banded_mask
from gptlib.cache import KeyValueCache
from gptlib.config import GPTConfig
from gptlib.layers import Block
from gptlib.positions import LearnedPositions, SinusoidalPositions

POSITIONS = {"learned": LearnedPositions, "sinusoidal": SinusoidalPositions}


class GPT(nn.Module):
    """From what is written so far to what comes next, at each place of it.

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
        self.blocks = nn.ModuleList(Block(config, causal=True) for _ in range(config.n_layer))
        # In pre-norm nothing else norms what the blocks have added up.
        pre = config.norm == "pre"
        self.ln_f = nn.LayerNorm(C, bias=config.other_bias) if pre else nn.Identity()
        self.lm_head = None if config.tied else nn.Linear(C, V, bias=False)
        self._start()

    def _start(self) -> None:
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
        B, T = idx.shape
        if cache is not None and len(cache.length) != B:
            raise ValueError(
                f"idx has {B} rows, the cache {len(cache.length)}: make one with new_cache({B})"
            )
        past = None if cache is None else cache.length
        x = self.dropout(self.tok_emb(idx) + self.pos_emb(T, past))
        bands = self.config.bands
        if cache is None:
            # Attention that is only causal needs no mask, and is faster without.
            masks = {
                band: None if band is None else banded_mask(T, band, idx.device)
                for band in set(bands)
            }
        else:
            masks = {band: cache.mask(T, band) for band in set(bands)}
        for n, (block, band) in enumerate(zip(self.blocks, bands, strict=True)):
            extend = None if cache is None else partial(cache.extend, n)
            x = block(x, masks[band], extend=extend)
        if cache is not None:
            cache.length = cache.length + T  # not in place: somebody may hold the old one
        x = self.ln_f(x)
        return F.linear(x, self.tok_emb.weight) if self.lm_head is None else self.lm_head(x)

    def new_cache(self, B: int = 1) -> KeyValueCache:
        """An empty cache for B rows, where the model is."""
        config, table = self.config, self.tok_emb.weight
        head_size = config.n_embd // config.n_head
        return KeyValueCache(
            config.n_layer,
            B,
            config.n_head,
            config.block_size,
            head_size,
            table.dtype,
            table.device,
        )

    def num_parameters(self) -> int:
        """How many numbers training changes; a shared table counts once."""
        return sum(p.numel() for p in self.parameters())
