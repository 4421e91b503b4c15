"""A model in a file: its parameters in the safetensors format, the rest as JSON in its header."""

import hashlib
import importlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from reprlib import repr as brief

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save as to_bytes
from torch import Tensor, nn

from gptlib.atomic_files import write_file
from gptlib.tokenizer import Tokenizer
from gptlib.undrawn import undrawn
from gptlib.unwrap import unwrapped

TRAINING = "training/"  # prefix of tensors that are not the model's


@dataclass(frozen=True)
class Checkpoint:
    """A model, the tokenizer that it was trained with, and the number of training steps.

    end: the id of the token that ends a text, as in `Corpus`; None if there is none
    training: the tensors needed to resume training, by name; empty once it has ended
    settings: how it was trained, as given to `save`
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
    """Write a checkpoint; until it is complete, the file at path stays as it was.

    model, tokenizer: of gptlib classes that have `state` and `from_state`; a wrapped model, such
        as torch.compile returns, is saved without its wrapper
    training: the tensors needed to resume training, such as `optimizer_state`
    settings: anything else to keep, in types that JSON has

    ValueError for a model that `load` could not rebuild and for one that was not made for this
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
    """The checkpoint at path; its model is on the CPU, in evaluation mode.

    Its parameters are memory-mapped, and read from the file only when used: copy them before
    writing to that path again. Errors as in `read`, and ValueError for a checkpoint that does not
    fit this version of gptlib. Nothing in a file is run as code.
    """
    facts, tensors = read(path)
    training = {
        name.removeprefix(TRAINING): tensors.pop(name)
        for name in list(tensors)
        if name.startswith(TRAINING)
    }
    try:
        tokenizer = _check(facts)
        with undrawn():
            model = _class(facts["model"], nn.Module).from_state(facts["model"]["state"])
        model.load_state_dict(tensors, assign=True)
    except (KeyError, TypeError, ValueError, RuntimeError) as error:
        what = " ".join(str(error).split())
        raise ValueError(
            f"{str(path)!r} does not fit this version of gptlib ({what}): train again"
        ) from None
    return Checkpoint(
        model.eval(), tokenizer, facts["step"], facts["end"], training, facts["settings"]
    )


def read(path: str | Path) -> tuple[dict, dict[str, Tensor]]:
    """The facts (the JSON of the header) and the tensors of a checkpoint of any model.

    ValueError for a file that is missing, damaged, or not a checkpoint of this course; OSError if
    it cannot be read.
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
            f"{str(path)!r} is damaged or not a checkpoint ({error}): train again, or take a copy"
        ) from None
    except OSError as error:  # whatever the reason, safetensors says that the file is missing
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
    """The name of a thing's class, and the state from which that class can rebuild it."""
    kind = type(thing)
    if not hasattr(thing, "state"):
        raise ValueError(f"a {kind.__name__} has no state: save a model of gptlib")
    return {"class": f"{kind.__module__}.{kind.__qualname__}", "state": thing.state()}


def _class(described: dict, kind: type) -> type:
    """The class that `_described` named; only one of gptlib, so that no file chooses what is run.

    kind: a base class that it must have. ValueError for any other class.
    """
    full = described["class"]
    module, _, name = str(full).rpartition(".")
    found = None
    if module.startswith("gptlib."):
        try:
            found = getattr(importlib.import_module(module), name, None)
        except ImportError:
            pass
    # A module also holds what it imports: accept only a class that was defined in it.
    if not (
        isinstance(found, type)
        and f"{found.__module__}.{found.__qualname__}" == full
        and issubclass(found, kind)
        and hasattr(found, "from_state")
    ):
        raise ValueError(f"{brief(full)} is no {kind.__name__} of gptlib that can be made again")
    return found


def _check(facts: dict) -> Tokenizer:
    """Check the facts of a checkpoint and return its tokenizer; ValueError for invalid facts."""
    _class(facts["model"], nn.Module)
    described = facts["tokenizer"]
    tokenizer = _class(described, Tokenizer).from_state(described["state"])
    known, V = facts["model"]["state"]["vocab_size"], tokenizer.vocab_size
    if known != V or tokenizer.state() != described["state"]:
        raise ValueError(
            f"the model has {known!r} tokens, which does not fit the tokenizer "
            f"{brief(described['state'])}"
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
