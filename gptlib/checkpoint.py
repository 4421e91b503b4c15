"""A model in a file: its parameters in the safetensors format, the rest as JSON in its header."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save as to_bytes
from torch import Tensor, nn

from gptlib.bigram import Bigram
from gptlib.files import write_whole
from gptlib.tokenizer import CharTokenizer

MODELS = {"Bigram": Bigram}


@dataclass(frozen=True)
class Checkpoint:
    """A model, the tokenizer that it was trained with, and after how many steps."""

    model: nn.Module
    tokenizer: CharTokenizer
    step: int


def save(path: str | Path, model: nn.Module, tokenizer: CharTokenizer, step: int) -> None:
    """Write a checkpoint; while it is written, and if that fails, the file at path stays as it was.

    OSError if it cannot be written.
    """
    facts = {
        "model": type(model).__name__,
        "vocab_size": model.vocab_size,
        "chars": tokenizer.chars,
        "step": step,
    }
    tensors = {name: p.detach().cpu().contiguous() for name, p in model.state_dict().items()}
    facts["sha256"] = _sha256(facts, tensors)
    # One entry only: safetensors writes several in an order that changes from run to run.
    write_whole(path, to_bytes(tensors, {"gptlib": json.dumps(facts)}))


def load(path: str | Path) -> Checkpoint:
    """Read a checkpoint; its model is on the CPU, in evaluation mode.

    ValueError for what is no checkpoint, not one of this course's, or damaged. Nothing in a
    file is run as code, so one from a stranger can do no harm.
    """
    path = Path(path)
    if not path.is_file():
        raise ValueError(f"{str(path)!r} is not a file: give a checkpoint's path")
    try:
        with safe_open(path, framework="pt") as file:
            header = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}
        facts = json.loads(header.get("gptlib", "null"))
    except (SafetensorError, RuntimeError, ValueError) as error:
        raise ValueError(
            f"{str(path)!r} is damaged or no checkpoint ({error}): train again, or take a copy"
        ) from None
    if facts is None:
        raise ValueError(
            f"{str(path)!r} was not written by gptlib: give a checkpoint that `main.py` made"
        )
    if facts.pop("sha256", None) != _sha256(facts, tensors):
        raise ValueError(
            f"{str(path)!r} is damaged, its checksum is wrong: train again, or take a copy"
        )
    if facts["model"] not in MODELS:
        raise ValueError(
            f"{str(path)!r} holds the model {facts['model']!r}, which this gptlib does not know: "
            f"it knows {', '.join(MODELS)}"
        )
    with torch.device("meta"):  # makes the shapes and no numbers: those are there already
        model = MODELS[facts["model"]](facts["vocab_size"])
    model.load_state_dict(tensors, assign=True)
    return Checkpoint(model.eval(), CharTokenizer(facts["chars"]), facts["step"])


def _sha256(facts: dict, tensors: dict[str, Tensor]) -> str:
    """The SHA-256 of the facts and of each tensor's name, type, shape and bytes."""
    digest = hashlib.sha256(json.dumps(facts).encode())
    for name, tensor in sorted(tensors.items()):
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}".encode())
        digest.update(tensor.flatten().view(torch.uint8).numpy())
    return digest.hexdigest()
