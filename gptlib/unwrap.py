"""What a wrapper wraps."""

import sys

from torch import nn
from torch.nn.parallel import DataParallel, DistributedDataParallel


def unwrapped(model: nn.Module) -> nn.Module:
    """The model itself, where model is what torch.compile or DistributedDataParallel made of it.

    A wrapper computes the same, but its parameters have other names and it has no config.
    """
    while True:
        if _compiled(model):
            model = model._orig_mod
        elif isinstance(model, DataParallel | DistributedDataParallel):
            model = model.module
        else:
            return model


def _compiled(model: nn.Module) -> bool:
    """Whether torch.compile made it, which is not imported to find out: that takes seconds."""
    dynamo = sys.modules.get("torch._dynamo")
    return dynamo is not None and isinstance(model, dynamo.OptimizedModule)
