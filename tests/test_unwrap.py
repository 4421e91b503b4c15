"""A wrapper comes off, and nothing else does."""

import subprocess
import sys

import pytest
import torch
from torch import nn

from gptlib.bigram import Bigram
from gptlib.unwrap import unwrapped


class Distributed(nn.parallel.DistributedDataParallel):
    """One that needs no other processes."""

    def __init__(self, model):
        nn.Module.__init__(self)
        self.module = model


class Holder(nn.Module):
    """A model with children that are called as those of wrappers are."""

    def __init__(self):
        super().__init__()
        self.module = nn.Linear(2, 2)
        self._orig_mod = nn.Linear(2, 2)


class Strict(nn.Module):
    """A model that knows its own parts, and does not like to be asked for others."""

    def __getattr__(self, name):
        raise RuntimeError(f"asked for {name}")


class Eager(nn.Module):
    """A model that has an answer to everything."""

    def __getattr__(self, name):
        return nn.Linear(2, 2)


class Empty(nn.Sequential):
    """A model that is false."""


MODELS = {
    "ours": lambda: Bigram(3),
    "with such children": Holder,
    "strict": Strict,
    "eager": Eager,
    "empty": Empty,
}
WRAPPERS = {
    "not": lambda model: model,
    "by torch.compile": torch.compile,
    "by DataParallel": nn.DataParallel,
    "by DistributedDataParallel": Distributed,
    "compiled, then distributed": lambda model: Distributed(torch.compile(model)),
    "distributed, then compiled": lambda model: torch.compile(Distributed(model)),
}
FITTING = [
    (model, wrapper)
    for model in MODELS
    for wrapper in WRAPPERS
    # They ask the model themselves.
    if wrapper == "not" or model not in ("strict", "eager")
]


@pytest.mark.parametrize(("name", "wrapper"), FITTING)
def test_only_wrappers_come_off(name, wrapper):
    model = MODELS[name]()
    wrapped = WRAPPERS[wrapper](model)
    assert (wrapped is model) == (wrapper == "not")
    assert unwrapped(wrapped) is model


def test_a_model_that_compiles_itself_is_no_wrapper():
    model = Bigram(3)
    model.compile()
    assert unwrapped(model) is model


def test_a_wrapper_inside_a_model_stays():
    model = nn.Sequential(nn.DataParallel(nn.Linear(2, 2)))
    assert unwrapped(model) is model
    assert isinstance(model[0], nn.DataParallel)


def test_a_wrapped_model_computes_the_same_under_other_names():
    model = Bigram(3)
    compiled = torch.compile(model, backend="eager")
    assert list(dict(compiled.named_parameters())) != list(dict(model.named_parameters()))
    idx = torch.tensor([[0, 2, 1]])
    assert torch.equal(compiled(idx), unwrapped(compiled)(idx))


def test_the_compiler_is_not_imported_to_find_out():
    code = """
import sys
from torch import nn
from gptlib.unwrap import unwrapped
model = nn.Linear(2, 2)
assert unwrapped(model) is model and unwrapped(nn.DataParallel(model)) is model
assert "torch._dynamo" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", code], check=True)
