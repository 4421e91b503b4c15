"""Training mode and evaluation mode."""

from collections.abc import Iterator
from contextlib import contextmanager

from torch import nn


@contextmanager
def evaluating(model: nn.Module) -> Iterator[None]:
    """Put model into evaluation mode, without dropout, and back whatever happens."""
    training = model.training
    model.eval()
    try:
        yield
    finally:
        model.train(training)
