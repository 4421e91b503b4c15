"""The KV cache: keys and values of the tokens so far, kept so that nobody computes them again."""

from collections.abc import Callable

import torch
from torch import Tensor

# Takes keys and values of new tokens, (B, H, T, D), and returns those of all, (B, H, S, D).
Extend = Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]


class KeyValueCache:
    """Room for the keys and values of every layer, for B rows of up to block_size tokens.

    `length`, (B,) on the CPU, is how many tokens each row has; only `advance` and `forget` change
    it. It is for use without gradients, under torch.no_grad().
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

    @property
    def block_size(self) -> int:
        return self.keys.shape[-2]

    @property
    def room(self) -> int:
        """How many more tokens fit, in the row that has most."""
        return self.block_size - int(self.length.max())

    def positions(self, T: int) -> Tensor:
        """Where T new tokens of each row go. Returns (B, T), on the CPU.

        ValueError for more tokens than there is room for.
        """
        if T > self.room:
            raise ValueError(
                f"{T} tokens after {int(self.length.max())} are more than block_size = "
                f"{self.block_size}: give fewer tokens, or make the model with a larger block_size"
            )
        return self.length[:, None] + torch.arange(T)

    def extend(self, layer: int, positions: Tensor, k: Tensor, v: Tensor) -> tuple[Tensor, Tensor]:
        """Keep the keys and values, (B, H, T, D), of new tokens in a layer, at their positions.

        positions: (B, T), from `positions`, for all layers the same

        Returns those of all tokens, (B, H, S, D), S = as many as the longest row has with them.
        """
        B, H, T, D = k.shape
        rows = torch.arange(B, device=k.device)[:, None]  # (B, 1)
        kept_k, kept_v = self.keys[layer], self.values[layer]
        kept_k[rows, :, positions] = k.transpose(1, 2).to(kept_k.dtype)  # autocast may differ
        kept_v[rows, :, positions] = v.transpose(1, 2).to(kept_v.dtype)
        S = int(self.length.max()) + T
        return kept_k[:, :, :S], kept_v[:, :, :S]  # (B, H, S, D)

    def advance(self, T: int) -> None:
        """Count T more tokens in each row: every layer has them now."""
        self.length = self.length + T  # not in place: somebody may hold the old one

    def forget(self, n: int | Tensor) -> None:
        """Take back the last n tokens of each row; n is one number, or one for each row, (B,).

        What they left is seen by nobody, and written over by what comes next. ValueError for more
        tokens than there are, and for fewer than 0.
        """
        length = self.length - n
        if (length < 0).any() or (length > self.length).any():
            raise ValueError(f"cannot forget {n} of {self.length.tolist()} tokens: give fewer")
        self.length = length
