"""Positions: what tells a model where in a sequence a token stands."""

import torch
from torch import Tensor, nn


def sinusoidal(T: int, n_embd: int) -> Tensor:
    """Waves, in pairs of sine and cosine, each pair longer than the one before it.

    Row t holds where each wave is at position t. Returns (T, C), C = n_embd; the shortest wave
    repeats after 2 pi positions, and none is as long as 20,000 pi. Section 3.5 of Vaswani et al.
    (2017). ValueError for an odd C.
    """
    C = n_embd
    if C % 2:
        raise ValueError(f"n_embd is {C}: give an even number, for waves come in pairs")
    t = torch.arange(T, dtype=torch.float64)[:, None]
    angles = t / 10_000 ** (torch.arange(0, C, 2, dtype=torch.float64) / C)  # (T, C // 2)
    waves = torch.stack([angles.sin(), angles.cos()], dim=-1).flatten(1)  # (T, C)
    return waves.to(torch.get_default_dtype())


class _Positions(nn.Module):
    """A table (block_size, C), with a row for each position."""

    table: Tensor

    def forward(self, T: int, past: Tensor | None = None) -> Tensor:
        """The rows of T positions: of the first T, (T, C), or of those that come after others.

        past: (B,) how many came before in each of B sequences; then the rows are (B, T, C).
        ValueError if there are fewer positions.
        """
        end = T if past is None else T + int(past.max())
        if end > len(self.table):
            raise ValueError(
                f"{end} tokens have more than block_size = {len(self.table)} positions: "
                "give fewer tokens, or make the model with a larger block_size"
            )
        if past is None:
            return self.table[:T]
        return self.table[past[:, None] + torch.arange(T)]


class SinusoidalPositions(_Positions):
    """The table is `sinusoidal`, and stays so."""

    def __init__(self, block_size: int, n_embd: int) -> None:
        super().__init__()
        # It can be made again, so it is not saved with the parameters.
        self.register_buffer("table", sinusoidal(block_size, n_embd), persistent=False)


class LearnedPositions(_Positions):
    """The table is small random numbers at first, as in GPT-1, and learned."""

    def __init__(self, block_size: int, n_embd: int) -> None:
        super().__init__()
        self.table = nn.Parameter(0.02 * torch.randn(block_size, n_embd))
