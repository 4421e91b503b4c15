"""The KV cache: keys and values of the tokens so far, so that none is computed twice."""

from collections.abc import Callable

import torch
from torch import Tensor

# Takes keys and values of new tokens, (B, H, T, D), and returns those of all, (B, H, S, D).
Extend = Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]


class KeyValueCache:
    """Room for the keys and values of every layer, for B rows of up to block_size tokens.

    `length`, (B,) on the CPU, is how many tokens each row has; only `advance` and `forget` change
    it. Use it without gradients, under torch.no_grad().
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
        # Not torch.empty: 0 times whatever is in that memory could be nan.
        self.keys = torch.zeros(shape, dtype=dtype, device=device)
        self.values = torch.zeros(shape, dtype=dtype, device=device)
        self.length = torch.zeros(B, dtype=torch.int64)

    @property
    def block_size(self) -> int:
        return self.keys.shape[-2]

    @property
    def room(self) -> int:
        """How many more tokens fit into the longest row."""
        return self.block_size - int(self.length.max())

    @property
    def even(self) -> bool:
        """Whether all rows have the same number of tokens."""
        return bool((self.length == self.length[0]).all())

    def positions(self, T: int) -> Tensor:
        """The positions of T new tokens in each row. Returns (B, T), on the CPU.

        ValueError for more tokens than there is room for.
        """
        if T > self.room:
            raise ValueError(
                f"{T} tokens after {int(self.length.max())} are more than block_size = "
                f"{self.block_size}: give fewer tokens, or make the model with a larger block_size"
            )
        return self.length[:, None] + torch.arange(T)

    def places(self, positions: Tensor) -> tuple:
        """Where new tokens stand in the keys of a layer, (B, H, block_size, D), as an index.

        positions: (B, T), from `positions`, on the device of the keys

        Where all rows are equally long it is a slice, which is faster.
        """
        B, T = positions.shape
        if self.even:
            first = int(self.length[0])
            return ..., slice(first, first + T), slice(None)
        H = self.keys.shape[2]
        rows = torch.arange(B, device=positions.device)[:, None, None]  # (B, 1, 1)
        heads = torch.arange(H, device=positions.device)[:, None]  # (H, 1)
        return rows, heads, positions[:, None]

    def extend(self, layer: int, places: tuple, k: Tensor, v: Tensor) -> tuple[Tensor, Tensor]:
        """Store a layer's keys and values of new tokens, (B, H, T, D), at their places.

        places: from `places`, the same for all layers

        Returns those of all tokens, (B, H, S, D); S is the longest row's length, new
        tokens included.
        """
        B, H, T, D = k.shape
        kept_k, kept_v = self.keys[layer], self.values[layer]
        kept_k[places] = k.to(kept_k.dtype)  # k may be autocast
        kept_v[places] = v.to(kept_v.dtype)
        S = int(self.length.max()) + T
        return kept_k[:, :, :S], kept_v[:, :, :S]  # (B, H, S, D)

    def advance(self, T: int) -> None:
        """Add T to the length of each row, once every layer has stored the new tokens."""
        self.length = self.length + T  # not in place: the old tensor may still be in use

    def forget(self, n: int | Tensor) -> None:
        """Drop the last n tokens of each row; n is one number, or one for each row, (B,).

        The next tokens overwrite their keys and values, which no query looks at until then.
        ValueError for more tokens than a row has, and for a negative n.
        """
        length = self.length - n
        if (length < 0).any() or (length > self.length).any():
            raise ValueError(f"cannot forget {n} of {self.length.tolist()} tokens: give fewer")
        self.length = length
