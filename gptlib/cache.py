"""The cache: keys and values of the tokens so far, kept so that nobody computes them again."""

from collections.abc import Callable

import torch
from torch import Tensor

# Takes keys and values of new tokens, (B, H, T, D), and returns those of all, (B, H, S, D).
Extend = Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]


class KeyValueCache:
    """Room for the keys and values of every layer, for B rows of up to block_size tokens.

    `length`, (B,) on the CPU, is how many tokens each row has. To take the last ones back, make
    it smaller: what stands behind it is seen by nobody, and written over by what comes next.

    It is for use without gradients, under torch.no_grad().
    """

    def __init__(
        self,
        n_layer: int,
        B: int,
        n_head: int,
        block_size: int,
        head_size: int,
        dtype: torch.dtype | None = None,
        device: torch.device | None = None,
    ) -> None:
        shape = (n_layer, B, n_head, block_size, head_size)
        # Not empty: a weight of 0 times what happened to be there could be nan.
        self.keys = torch.zeros(shape, dtype=dtype, device=device)
        self.values = torch.zeros(shape, dtype=dtype, device=device)
        self.length = torch.zeros(B, dtype=torch.int64)

    def places(self, T: int) -> Tensor:
        """Where T new tokens of each row go, (B, T) on the CPU."""
        return self.length[:, None] + torch.arange(T)

    def mask(self, T: int, band: int | None = None) -> Tensor:
        """What T new tokens may look at: themselves and what is before them, or the last `band`.

        Returns (B, T, S), bool, S = as many as the longest row has with them.
        """
        places = self.places(T)
        back = places[..., None] - torch.arange(int(places.max()) + 1)  # how far each is
        mask = back >= 0 if band is None else (back >= 0) & (back < band)
        return mask.to(self.keys.device)

    def extend(self, layer: int, k: Tensor, v: Tensor) -> tuple[Tensor, Tensor]:
        """Keep the keys and values of T new tokens of each row, (B, H, T, D), in a layer.

        Returns those of all tokens, (B, H, S, D). `length` stays: all layers get the same tokens.
        """
        B, H, T, D = k.shape
        rows, places = torch.arange(B)[:, None], self.places(T)
        kept_k, kept_v = self.keys[layer], self.values[layer]
        kept_k[rows, :, places] = k.transpose(1, 2).to(kept_k.dtype)  # autocast may differ
        kept_v[rows, :, places] = v.transpose(1, 2).to(kept_v.dtype)
        S = int(places.max()) + 1
        return kept_k[:, :, :S], kept_v[:, :, :S]
