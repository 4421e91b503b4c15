"""The model inside a wrapper, such as that of torch.compile."""

import sys

from torch import nn
from torch.nn.parallel import DataParallel, DistributedDataParallel


def unwrapped(model: nn.Module) -> nn.Module:
    """The model without any wrapper of torch.compile, DataParallel or DistributedDataParallel.

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
    """Whether torch.compile made model, without importing its module, which takes seconds."""
    dynamo = sys.modules.get("torch._dynamo")
    return dynamo is not None and isinstance(model, dynamo.OptimizedModule)
