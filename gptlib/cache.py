"""The KV cache: keys and values of the tokens so far, so that none is computed twice."""

from collections.abc import Callable, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

# Takes keys and values of new tokens, (B, H, T, D), and returns those of all, (B, H, S, D).
Extend = Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]


class KeyValueCache:
    """Room for the keys and values of every layer, for B rows of up to block_size tokens.

    bands: for each layer, how many of the last tokens a position sees, itself included; None: all

    A layer with a band drops, when new tokens come, what these cannot see any more.

    `length`, (B,) on the CPU, is how many tokens each row has; only `advance` and `forget` change
    it. Use it without gradients, under torch.no_grad().
    """

    def __init__(
        self,
        bands: Sequence[int | None],
        B: int,
        n_head: int,
        block_size: int,
        head_size: int,
        dtype: torch.dtype | None = None,
        device: torch.device | None = None,
    ) -> None:
        self.bands, self.block_size = tuple(bands), block_size
        shapes = [(B, n_head, 0 if band else block_size, head_size) for band in bands]
        # Not torch.empty: 0 times whatever is in that memory could be nan.
        self.keys = [torch.zeros(shape, dtype=dtype, device=device) for shape in shapes]
        self.values = [torch.zeros(shape, dtype=dtype, device=device) for shape in shapes]
        self.kept_from = [0] * len(bands)  # the position of the first key that each layer has
        self.length = torch.zeros(B, dtype=torch.int64)

    @property
    def nbytes(self) -> int:
        """The bytes that all keys and values take."""
        return sum(kept.nbytes for kept in (*self.keys, *self.values))

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

    def first(self, band: int | None) -> int:
        """The position of the first token that new ones can see in a layer with this band."""
        return _first(self.length, band)

    def places(self, positions: Tensor, first: int = 0) -> tuple:
        """Where new tokens stand in the keys of a layer, (B, H, S, D), as an index.

        positions: (B, T), from `positions`, on the device of the keys
        first: from `first`, for the band of the layer

        Where all rows are equally long it is a slice, which is faster.
        """
        B, T = positions.shape
        if self.even:
            start = int(self.length[0]) - first
            return ..., slice(start, start + T), slice(None)
        H = self.keys[0].shape[1]
        rows = torch.arange(B, device=positions.device)[:, None, None]  # (B, 1, 1)
        heads = torch.arange(H, device=positions.device)[:, None]  # (H, 1)
        return rows, heads, positions[:, None] - first

    def extend(self, layer: int, places: tuple, k: Tensor, v: Tensor) -> tuple[Tensor, Tensor]:
        """Store a layer's keys and values of new tokens, (B, H, T, D), at their places.

        places: from `places`, the same for all layers with the same band

        Returns those of all tokens that these can see, (B, H, S, D): from `first` to the end of the
        longest row, new tokens included.
        """
        B, H, T, D = k.shape
        first, longest = self.first(self.bands[layer]), int(self.length.max())
        if self.bands[layer]:
            seen = slice(first - self.kept_from[layer], longest - self.kept_from[layer])
            for kept in (self.keys, self.values):
                kept[layer] = F.pad(kept[layer][:, :, seen], (0, 0, 0, T))
            self.kept_from[layer] = first
        kept_k, kept_v = self.keys[layer], self.values[layer]
        kept_k[places] = k.to(kept_k.dtype)  # k may be autocast
        kept_v[places] = v.to(kept_v.dtype)
        S = longest + T - first
        return kept_k[:, :, :S], kept_v[:, :, :S]  # (B, H, S, D)

    def advance(self, T: int) -> None:
        """Add T to the length of each row, once every layer has stored the new tokens."""
        self.length = self.length + T  # not in place: the old tensor may still be in use

    def forget(self, n: int | Tensor) -> None:
        """Drop the last n tokens of each row; n is one number, or one for each row, (B,).

        The next tokens overwrite their keys and values, which no query looks at until then.
        ValueError for more tokens than a row has, for a negative n, and where the tokens that would
        be seen next are those that a banded layer has dropped.
        """
        length = self.length - n
        if (length < 0).any() or (length > self.length).any():
            raise ValueError(f"cannot forget {n} of {self.length.tolist()} tokens: give fewer")
        for band, start in zip(self.bands, self.kept_from, strict=True):
            if _first(length, band) < start:
                raise ValueError(
                    f"cannot forget {n} of {self.length.tolist()} tokens, for a layer with a band "
                    f"of {band} has dropped those before {start}: give fewer, or a new cache"
                )
        self.length = length


def _first(length: Tensor, band: int | None) -> int:
    return max(0, int(length.min()) - band + 1) if band else 0
