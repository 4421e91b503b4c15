"""A model in a file: its parameters in the safetensors format, the rest as JSON in its header."""

import hashlib
import importlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from reprlib import repr as brief

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save as to_bytes
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from gptlib.atomic_files import write_file
from gptlib.tokenizer import Tokenizer
from gptlib.unwrap import unwrapped

TRAINING = "training/"  # before the names of what is no parameter


@dataclass(frozen=True)
class Checkpoint:
    """A model, the tokenizer that it was trained with, and after how many steps.

    end: the id of the token that ends a text, as in `Corpus`; None if there is none
    training: what going on from there takes, by name; empty where training has ended
    settings: how it was trained, as whoever saved it put it
    """

    model: nn.Module
    tokenizer: Tokenizer
    step: int
    end: int | None = None
    training: dict[str, Tensor] = field(default_factory=dict)
    settings: dict = field(default_factory=dict)


def save(
    path: str | Path,
    model: nn.Module,
    tokenizer: Tokenizer,
    step: int,
    end: int | None = None,
    training: Mapping[str, Tensor] | None = None,
    settings: Mapping[str, object] | None = None,
) -> None:
    """Write a checkpoint; while it is written, and if that fails, the file at path stays as it was.

    model, tokenizer: of classes of gptlib that have `state` and `from_state`; a model that is
        wrapped, as by torch.compile, is saved as what it wraps
    training: what going on from there takes, such as `optimizer_state`
    settings: what else to keep, as JSON can say it

    ValueError for a model that `load` could not make again and for one that was not made for this
    tokenizer; OSError if the file cannot be written.
    """
    model = unwrapped(model)
    facts = {
        "model": _described(model),
        "tokenizer": _described(tokenizer),
        "step": step,
        "end": end,
        "settings": dict(settings or {}),
    }
    named = model.state_dict() | {TRAINING + name: t for name, t in (training or {}).items()}
    tensors = {name: t.detach().cpu().contiguous() for name, t in named.items()}
    _check(facts)
    facts["sha256"] = _sha256(facts, tensors)
    # One entry only: safetensors writes several in an order that changes from run to run.
    write_file(path, to_bytes(tensors, {"gptlib": json.dumps(facts)}))


def load(path: str | Path) -> Checkpoint:
    """The checkpoint in a file; its model is on the CPU, in evaluation mode.

    Its parameters are a map of the file, read when they are used: whoever means to write to that
    path again copies them first. Errors as in `read`, and ValueError for what does not suit this
    gptlib. Nothing in a file is run as code.
    """
    facts, tensors = read(path)
    training = {
        name.removeprefix(TRAINING): tensors.pop(name)
        for name in list(tensors)
        if name.startswith(TRAINING)
    }
    try:
        tokenizer = _check(facts)
        with torch.random.fork_rng(devices=[]), _Undrawn():
            model = _class(facts["model"], nn.Module).from_state(facts["model"]["state"])
        model.load_state_dict(tensors, assign=True)
    except (KeyError, TypeError, ValueError, RuntimeError) as error:
        what = " ".join(str(error).split())
        raise ValueError(f"{str(path)!r} does not suit this gptlib ({what}): train again") from None
    return Checkpoint(
        model.eval(), tokenizer, facts["step"], facts["end"], training, facts["settings"]
    )


def read(path: str | Path) -> tuple[dict, dict[str, Tensor]]:
    """The facts and the tensors of a checkpoint, whatever model they are of.

    ValueError for what is no checkpoint, not one of this course's, or damaged; OSError if the file
    cannot be read.
    """
    path = Path(path)
    if not path.is_file():
        raise ValueError(f"{str(path)!r} is not a file: give a checkpoint's path")
    try:
        with safe_open(path, "pt") as file:
            facts = json.loads((file.metadata() or {}).get("gptlib", "null"))
            tensors = {name: file.get_tensor(name) for name in file.keys()}
    except (SafetensorError, RuntimeError, ValueError, KeyError) as error:
        raise ValueError(
            f"{str(path)!r} is damaged or no checkpoint ({error}): train again, or take a copy"
        ) from None
    except OSError as error:  # safetensors says that the file is not there, whatever the reason
        raise OSError(f"could not read {str(path)!r}: make it a file that you may read") from error
    if not isinstance(facts, dict):
        raise ValueError(
            f"{str(path)!r} was not written by gptlib: give a checkpoint that `main.py` made"
        )
    if facts.pop("sha256", None) != _sha256(facts, tensors):
        raise ValueError(
            f"{str(path)!r} is damaged, its checksum is wrong: train again, or take a copy"
        )
    return facts, tensors


def _described(thing: object) -> dict:
    """The name of a thing's class and the state from which that makes it again."""
    kind = type(thing)
    if not hasattr(thing, "state"):
        raise ValueError(f"a {kind.__name__} has no state: save a model of gptlib")
    return {"class": f"{kind.__module__}.{kind.__qualname__}", "state": thing.state()}


def _class(described: dict, kind: type) -> type:
    """The class that `_described` names: one of gptlib, so that no file chooses what is run.

    kind: a base class of it. ValueError for anything else.
    """
    full = described["class"]
    module, _, name = str(full).rpartition(".")
    found = None
    if module.startswith("gptlib."):
        try:
            found = getattr(importlib.import_module(module), name, None)
        except ImportError:
            pass
    # A module also holds what it imports, so the class has to be its own.
    if not (
        isinstance(found, type)
        and f"{found.__module__}.{found.__qualname__}" == full
        and issubclass(found, kind)
        and hasattr(found, "from_state")
    ):
        raise ValueError(f"{brief(full)} is no {kind.__name__} of gptlib that can be made again")
    return found


class _Undrawn(TorchFunctionMode):
    """Makes models without numbers: inside it nothing is drawn, as a file's would replace it.

    The device "meta" would do so too, but the first tensor there takes seconds of imports.
    """

    def __torch_function__(
        self, func: Callable, types: object, args: tuple = (), kwargs: dict | None = None
    ) -> object:
        kwargs = kwargs or {}
        module = getattr(func, "__module__", "")
        if module == "torch.nn.init" or func in (Tensor.normal_, Tensor.uniform_):
            return args[0] if args else kwargs["tensor"]
        return (torch.empty if func is torch.randn else func)(*args, **kwargs)


def _check(facts: dict) -> Tokenizer:
    """The tokenizer that the facts describe; ValueError for facts that no checkpoint may hold."""
    _class(facts["model"], nn.Module)
    described = facts["tokenizer"]
    tokenizer = _class(described, Tokenizer).from_state(described["state"])
    known, V = facts["model"]["state"]["vocab_size"], tokenizer.vocab_size
    if known != V or tokenizer.state() != described["state"]:
        raise ValueError(
            f"the model knows {known!r} tokens, and the tokenizer is of {brief(described['state'])}"
        )
    for name, most in (("step", 2**63), ("end", V)):
        value = facts[name]
        if not (isinstance(value, int) and 0 <= value < most or value is None and name == "end"):
            raise ValueError(f"the {name} is {value!r}, not a whole number from 0 to {most - 1}")
    if not isinstance(facts["settings"], dict):
        raise ValueError(f"the settings are {brief(facts['settings'])}, not a table")
    return tokenizer


def _sha256(facts: dict, tensors: dict[str, Tensor]) -> str:
    """The SHA-256 of the facts and of each tensor's name, type, shape and bytes."""
    digest = hashlib.sha256(json.dumps(facts).encode())
    for name, tensor in sorted(tensors.items()):
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}".encode())
        digest.update(tensor.flatten().view(torch.uint8).numpy())
    return digest.hexdigest()
