"""Positions: embeddings or rotations that tell a model where in a sequence each token stands."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn


def sinusoidal(T: int, n_embd: int) -> Tensor:
    """Sinusoidal embeddings: pairs of a sine and a cosine, each pair longer than the one before.

    Row t holds the values of all waves at position t. Returns (T, C), C = n_embd. The shortest
    wavelength is 2 pi positions; all are below 20,000 pi. Section 3.5 of Vaswani et al. (2017).
    ValueError for an odd C.
    """
    C = n_embd
    if C % 2:
        raise ValueError(f"n_embd is {C}: give an even number, for waves come in pairs")
    t = torch.arange(T, dtype=torch.float64)[:, None]
    angles = t / 10_000 ** (torch.arange(0, C, 2, dtype=torch.float64) / C)  # (T, C // 2)
    waves = torch.stack([angles.sin(), angles.cos()], dim=-1).flatten(1)  # (T, C)
    return waves.to(torch.get_default_dtype())


def rotate(x: Tensor, turns: Tensor) -> Tensor:
    """Turn each pair of neighbouring channels of x, as an arrow in a plane, by an angle.

    x: (..., T, D), queries or keys
    turns: (..., T, D), for each pair the cosine and the sine of its angle, as from
        `RotaryPositions`

    Returns (..., T, D), in the dtype of turns. Equation 34 of Su et al. (2021), "RoFormer".
    """
    wide = torch.promote_types(turns.dtype, torch.float32)  # there are no complex bfloat16 numbers
    arrows, rotations = (
        torch.view_as_complex(pairs.to(wide).unflatten(-1, (-1, 2))) for pairs in (x, turns)
    )
    # Angles add up where complex numbers are multiplied; these products are faster than real ones.
    return torch.view_as_real(arrows * rotations).flatten(-2).to(turns.dtype)


class _Positions(nn.Module):
    """A table (block_size, C), or of D columns if rotary, with a row for each position."""

    table: Tensor

    def forward(self, positions: Tensor) -> Tensor:
        """The table's rows for positions, (T,) or (B, T) int64, from 0. Returns (..., T, C).

        ValueError for more than block_size positions.
        """
        T = positions.shape[-1]
        if T > len(self.table):
            raise ValueError(
                f"{T} tokens have more than block_size = {len(self.table)} positions: "
                "give fewer tokens, or make the model with a larger block_size"
            )
        return F.embedding(positions, self.table)


class SinusoidalPositions(_Positions):
    """A fixed table: `sinusoidal`."""

    def __init__(self, block_size: int, n_embd: int) -> None:
        super().__init__()
        # Saved with the parameters, or a half-precision model would reload a table in single.
        self.register_buffer("table", sinusoidal(block_size, n_embd))


class LearnedPositions(_Positions):
    """A learned table, of small random numbers at first, as in GPT-1."""

    def __init__(self, block_size: int, n_embd: int) -> None:
        super().__init__()
        self.table = nn.Parameter(0.02 * torch.randn(block_size, n_embd))


class RotaryPositions(_Positions):
    """A fixed table of cosines and sines, with which to `rotate` queries and keys of D channels.

    The angles are those of `sinusoidal`, in proportion to the position. So the product of a query
    and a key that are both rotated depends on how far apart they stand, and not on where.
    """

    def __init__(self, block_size: int, head_size: int) -> None:
        super().__init__()
        sin, cos = sinusoidal(block_size, head_size).unflatten(1, (-1, 2)).unbind(-1)
        self.register_buffer("table", torch.stack([cos, sin], dim=-1).flatten(1))
