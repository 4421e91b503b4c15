"""Checks for the exercises of appendix A3 with tensors: a norm for each head, and SwiGLU."""

from collections.abc import Callable

import torch.nn.functional as F
from torch import Tensor, nn

from gptlib.exercises.checking import NOT_YET, RIGHT, in_words, run
from gptlib.exercises.modules import (
    close,
    draw,
    misfit,
    module,
    named_tensor,
    off,
    ordinary,
    unfinished,
)


def _normed(x: Tensor, H: int) -> Tensor:
    """x, (..., C), with a LayerNorm for each of H heads."""
    heads = x.unflatten(-1, (H, -1))
    return F.layer_norm(heads, heads.shape[-1:]).flatten(-2)


@in_words("a tensor of the shape of x")
def check_head_norm(mine: Callable[[Tensor, int], Tensor]) -> str:
    """Appendix A3: mine(x, n_head) gives each head of x, (..., C), a LayerNorm without gains."""
    B, T, H, D = 2, 3, 4, 5
    (x,) = draw((B, T, H * D))
    x = 2 * x + 1
    got = mine(x.clone(), H)
    if got is None:
        return NOT_YET
    if getattr(got, "shape", None) in ((B, T, H, D), (B, H, T, D)):
        return f"Put the heads side by side again, as (B, T, C): yours is {tuple(got.shape)}."
    if says := misfit(got, x.shape):
        return says
    heads, odd = x.unflatten(-1, (H, D)), x.unflatten(-1, (D, H))
    centred = heads - heads.mean(-1, keepdim=True)
    want = _normed(x, H)
    order = (
        "A head has D channels in a row: cut (..., C) into (..., n_head, D), not (..., D, n_head)."
    )
    diagnoses = [
        (want, RIGHT),
        (x, "Nothing has changed."),
        (
            F.layer_norm(x, x.shape[-1:]),
            "That norm takes all channels: cut them into heads, and norm D at a time.",
        ),
        (_over(heads, -2).flatten(-2), "You norm over the heads: norm over the channels of each."),
        (_over(odd, -1).flatten(-2), order),
        (_over(odd, -2).flatten(-2), order),
        (_over(heads, 1).flatten(-2), "You norm over the positions: norm over the channels."),
        (_over(heads, 0).flatten(-2), "You norm over the batch: norm over the channels."),
        (F.rms_norm(heads, (D,), eps=1e-5).flatten(-2), "A LayerNorm subtracts the mean, too."),
        (F.rms_norm(heads, (D,)).flatten(-2), "A LayerNorm subtracts the mean, too."),
        (
            F.normalize(heads, dim=-1).flatten(-2),
            "That makes each head a vector of length 1: use F.layer_norm.",
        ),
        (
            (heads / heads.std(-1, correction=0, keepdim=True)).flatten(-2),
            "Subtract the mean before you divide by the standard deviation.",
        ),
        (
            F.layer_norm(heads.transpose(1, 2), (T, D)).transpose(1, 2).flatten(-2),
            "You norm over the positions, too: norm over the channels of each alone.",
        ),
        (centred.flatten(-2), "You only subtract the mean: divide by the standard deviation, too."),
        (
            (centred / heads.std(-1, keepdim=True)).flatten(-2),
            "The variance divides by D, not by D - 1, and 1e-5 is added to it.",
        ),
        (
            (centred / heads.std(-1, correction=0, keepdim=True)).flatten(-2),
            "Add 1e-5 to the variance, as F.layer_norm does.",
        ),
        (
            want.unflatten(-1, (H, D)).transpose(1, 2).reshape(x.shape),
            "The heads are transposed: move them back after the positions before you join them.",
        ),
    ]
    says = named_tensor(got, diagnoses)
    if says != RIGHT:
        return says or off(got, want, "random x and n_head = 4")
    (x,) = draw((7, 6))
    for H in (3, 1):
        if not close(mine(x.clone(), H), _normed(x, H)):
            return f"Right, but not for x of shape (7, 6) and n_head = {H}."
    return RIGHT


def _over(x: Tensor, dim: int) -> Tensor:
    """A LayerNorm of x over another dimension than its last."""
    x = x.transpose(dim, -1)
    return F.layer_norm(x, x.shape[-1:]).transpose(dim, -1)


class _SwiGLU(nn.Module):
    """The right answer to `check_swiglu`."""

    def __init__(self, C: int) -> None:
        super().__init__()
        self.gate, self.fc = (nn.Linear(C, 8 * C // 3, bias=False) for _ in range(2))
        self.proj = nn.Linear(8 * C // 3, C, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        return self.proj(F.silu(self.gate(x)) * self.fc(x))


@in_words("a tensor of shape (B, T, C)")
def check_swiglu(mine: Callable[[int], nn.Module]) -> str:
    """Appendix A3: mine(C) is a module whose forward(x) is SwiGLU, (..., C) -> (..., C).

    It has linear layers gate, fc and proj without biases, with 8C/3 channels inside.
    """
    B, T, C = 2, 3, 10
    right = ordinary(_SwiGLU(C))
    (x,) = draw((B, T, C))
    layer = mine(C)
    if unfinished(layer, x.float()):
        return NOT_YET
    layer = module(mine, right, C)
    if isinstance(layer, str):
        return layer
    got = run(layer, x.clone())
    if getattr(got, "shape", None) == (B, T, 8 * C // 3):
        return f"Bring it back to C channels, with proj: yours has the shape {tuple(got.shape)}."
    if says := misfit(got, x.shape):
        return says
    gate, fc = right.gate(x), right.fc(x)
    want = right(x)
    gates = [
        (gate, "No function is applied to the gate: put SiLU around it."),
        (gate.sigmoid(), "That is a sigmoid: SiLU is x * sigmoid(x), F.silu."),
        (F.relu(gate), "That is a ReLU: take SiLU for the gate, F.silu."),
        (F.relu(gate).square(), "That is a squared ReLU: take SiLU for the gate, F.silu."),
        (F.gelu(gate), "That is a GELU: take SiLU for the gate, F.silu."),
        (F.gelu(gate, approximate="tanh"), "That is a GELU: take SiLU for the gate, F.silu."),
        (gate.tanh(), "That is a tanh: take SiLU for the gate, F.silu."),
    ]
    inner = [
        *((value * fc, says) for value, says in gates),
        (gate * F.silu(fc), "SiLU belongs around the gate, not around fc."),
        (F.silu(gate) * F.silu(fc), "SiLU belongs around the gate alone."),
        (F.silu(gate * fc), "SiLU comes before the product, around the gate alone."),
        (F.silu(gate) + fc, "Multiply the two, channel by channel: you add them."),
        (F.silu(gate), "fc is not used: multiply its output by SiLU of the gate."),
        (F.silu(fc), "The gate is not used: multiply fc's output by SiLU of the gate."),
        (fc, "The gate is not used: multiply fc's output by SiLU of the gate."),
    ]
    diagnoses = [(want, RIGHT), *((right.proj(value), says) for value, says in inner)]
    diagnoses += [
        (x + want, "Leave out the residual connection: the block adds x itself."),
        (
            right.proj(right.gate(F.silu(x)) * fc),
            "SiLU comes after the linear layer gate, not before it.",
        ),
        (F.silu(want), "Nothing follows proj: SiLU is for the gate."),
        (x, "Nothing has changed."),
    ]
    says = named_tensor(got, diagnoses)
    if says != RIGHT:
        return says or off(got, want, "random x and parameters")
    right = ordinary(_SwiGLU(6))
    layer, (x,) = module(mine, right, 6), draw((5, 6))
    if isinstance(layer, str):
        return f"Right, but not for C = 6. {layer}"
    if not close(run(layer, x), right(x)):
        return "Right, but not for C = 6 and x of shape (5, 6): use the last dimension of x."
    return RIGHT
