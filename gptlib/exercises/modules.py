"""What the checks of functions of tensors, and of modules, share."""

from collections.abc import Callable, Iterable, Sequence

import torch
from torch import Tensor, nn

from gptlib.exercises.checking import described, run

CLOSE = 2e-6  # an answer may have passed through float32
NO_PARAMETERS = (
    "It has no parameters: make its layers in __init__, as in self.query = nn.Linear(...), after "
    "super().__init__()."
)


def unfinished(made: object, *given: object) -> bool:
    """Whether a learner's module is a stub: there is none yet, or its forward returns None."""
    return made is None or (callable(made) and run(made, *given) is None)


def module(build: Callable, right: nn.Module, *sizes: object) -> nn.Module | str:
    """build(*sizes) in float64 with the parameters of right, or what is wrong with its own.

    Parameters are carried over by their names, so the exercise says how they are called.
    """
    torch.manual_seed(0)
    mine = build(*sizes)
    if not isinstance(mine, nn.Module):
        return f"Make it an nn.Module: yours is {described(mine)}."
    yours, wanted = dict(mine.named_parameters()), dict(right.named_parameters())
    if not yours:
        return NO_PARAMETERS
    if missing := [name for name in wanted if name not in yours]:
        return f"There is no parameter {missing[0]}: yours are {', '.join(yours)}."
    if more := [name for name in yours if name not in wanted]:
        return f"There is a parameter {more[0]} too many: the exercise has none of this name."
    for name, p in wanted.items():
        if yours[name].shape != p.shape:
            shapes = f"{tuple(yours[name].shape)}: make it {tuple(p.shape)}"
            return f"Your parameter {name} has the shape {shapes}."
    mine = mine.double().eval()
    with torch.no_grad():
        for name, p in wanted.items():
            yours[name].copy_(p)
    return mine


def ordinary(right: nn.Module) -> nn.Module:
    """The module in float64 and evaluation mode, with parameters so large that mistakes show."""
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for p in right.parameters():
            p.copy_(torch.randn(p.shape, generator=generator) / 2)
    return right.double().eval()


def draw(*shapes: Sequence[int]) -> list[Tensor]:
    """Numbers of ordinary size in float64, the same in every call."""
    generator = torch.Generator().manual_seed(2)
    return [torch.randn(shape, generator=generator, dtype=torch.float64) for shape in shapes]


def misfit(got: object, shape: Sequence[int], what: str = "Yours") -> str | None:
    """What is wrong with got, if it is no tensor of real numbers of this shape."""
    if not isinstance(got, Tensor):
        return f"{what} is {described(got)}: return a tensor of shape {tuple(shape)}."
    if got.shape != tuple(shape):
        return f"{what} has the shape {tuple(got.shape)}: it should be {tuple(shape)}."
    if not got.is_floating_point():
        return f"{what} holds {got.dtype}: it should hold floats."
    return None


def close(got: Tensor, want: Tensor, atol: float = CLOSE) -> bool:
    """Whether both have the same shape, nearly the same numbers, and nan in the same places."""
    return got.shape == want.shape and torch.allclose(got.double(), want, 0.0, atol, equal_nan=True)


def named_tensor(
    got: Tensor, diagnoses: Iterable[tuple[Tensor, str]], atol: float = CLOSE
) -> str | None:
    """The diagnosis for got, if there is one."""
    return next((says for values, says in diagnoses if close(got, values, atol)), None)


def off(got: Tensor, want: Tensor, given: str) -> str:
    """Say where got is furthest from want."""
    if got.isnan().any():
        return f"For {given} yours contains nan."
    at = torch.unravel_index((got.double() - want).abs().argmax(), want.shape)
    place = ", ".join(str(int(i)) for i in at)
    for digits in (4, 9):
        right, yours = (f"{x[at].detach().item():.{digits}g}" for x in (want, got))
        if right != yours:
            break
    return f"For {given} the number at [{place}] should be {right}, but yours is {yours}."
