"""The settings of training, checked when they are made."""

import math
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Literal


@dataclass(frozen=True)
class TrainConfig:
    """How `train` changes a model's parameters. ValueError for a setting that makes no sense."""

    max_iters: int = 1000  # steps
    learning_rate: float = 1e-3  # the highest
    warmup_iters: int = 0  # steps in which the rate rises to it
    decay: Literal["cosine", "linear"] = "cosine"  # how it falls to 0 from there
    weight_decay: float = 0.1  # of matrices, see train.make_optimizer
    betas: tuple[float, float] = (0.9, 0.95)  # AdamW's memory of gradients and of their squares
    grad_clip: float = 1.0  # the longest that a step's gradient may be

    def __post_init__(self) -> None:
        if not (_number(self.learning_rate) and 0 < self.learning_rate < 1e6):
            raise ValueError(
                f"learning_rate is {self.learning_rate!r}: give a number above 0, such as 0.001"
            )
        for name, least in (("max_iters", 1), ("warmup_iters", 0)):
            value = getattr(self, name)
            if not (isinstance(value, Integral) and value >= least):
                raise ValueError(f"{name} is {value!r}: give a whole number, at least {least}")
        if self.warmup_iters >= self.max_iters:
            raise ValueError(
                f"warmup_iters {self.warmup_iters} leave nothing of max_iters {self.max_iters}: "
                "give fewer of the first or more of the second"
            )
        if self.decay not in ("cosine", "linear"):
            raise ValueError(f"decay is {self.decay!r}: give 'cosine' or 'linear'")
        if not (_number(self.weight_decay) and 0 <= self.weight_decay < math.inf):
            raise ValueError(f"weight_decay is {self.weight_decay!r}: give 0 or a positive number")
        if not (
            isinstance(self.betas, tuple)
            and len(self.betas) == 2
            and all(_number(beta) and 0 <= beta < 1 for beta in self.betas)
        ):
            raise ValueError(f"betas are {self.betas!r}: give two numbers from 0 to below 1")
        if not (_number(self.grad_clip) and self.grad_clip > 0):
            raise ValueError(f"grad_clip is {self.grad_clip!r}: give a length, or inf for none")


def _number(value: object) -> bool:
    return isinstance(value, Real)
