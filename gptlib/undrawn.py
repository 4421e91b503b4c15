"""Models made without drawing numbers for them."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode


@contextmanager
def undrawn() -> Iterator[None]:
    """Leave the parameters of models made here without values, for those of a file to replace.

    So making one takes hardly any time or memory, and the random numbers drawn later stay as they
    would have been.
    """
    with torch.random.fork_rng(devices=[]), _Undrawn():
        yield


class _Undrawn(TorchFunctionMode):
    """Skips the initialization of parameters.

    The device "meta" would do that too, but the first tensor there takes seconds of imports.
    """

    def __torch_function__(
        self, func: Callable, types: object, args: tuple = (), kwargs: dict | None = None
    ) -> object:
        kwargs = kwargs or {}
        module = getattr(func, "__module__", "")
        if module == "torch.nn.init" or func in (Tensor.normal_, Tensor.uniform_):
            return args[0] if args else kwargs["tensor"]
        return (torch.empty if func is torch.randn else func)(*args, **kwargs)
