"""A model in a file: its parameters in the safetensors format, the rest as JSON in its header."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from reprlib import repr as brief

import torch
from safetensors import SafetensorError
from safetensors.torch import load as from_bytes
from safetensors.torch import save as to_bytes
from torch import Tensor, nn

from gptlib.bigram import Bigram
from gptlib.config import GPTConfig, TransformerConfig
from gptlib.files import read_whole, write_whole
from gptlib.gpt import GPT
from gptlib.tokenizer import CharTokenizer, PieceTokenizer, Tokenizer, WordTokenizer
from gptlib.transformer import Transformer

MODELS = {
    "Bigram": Bigram,
    "GPT": lambda **sizes: GPT(GPTConfig(**sizes)),
    "Transformer": lambda **sizes: Transformer(TransformerConfig(**sizes)),
}
TOKENIZERS = {
    "CharTokenizer": CharTokenizer,
    "PieceTokenizer": PieceTokenizer,
    "WordTokenizer": WordTokenizer,
}
TRAINING = "training/"  # before the names of what is no parameter


@dataclass(frozen=True)
class Checkpoint:
    """A model, the tokenizer that it was trained with, and after how many steps.

    training: what going on from there takes, by name; empty where training has ended
    settings: how it was trained, as whoever saved it put it
    """

    model: nn.Module
    tokenizer: Tokenizer
    step: int
    training: dict[str, Tensor] = field(default_factory=dict)
    settings: dict = field(default_factory=dict)


def save(
    path: str | Path,
    model: nn.Module,
    tokenizer: Tokenizer,
    step: int,
    training: Mapping[str, Tensor] | None = None,
    settings: Mapping[str, object] | None = None,
) -> None:
    """Write a checkpoint; while it is written, and if that fails, the file at path stays as it was.

    training: what going on from there takes, such as `optimizer_state` and random states
    settings: what else to keep, as JSON can say it

    ValueError for a model that `load` would not know and for one that was not made for this
    tokenizer; OSError if the file cannot be written.
    """
    facts = {
        "model": type(model).__name__,
        "sizes": _sizes(model),
        "tokenizer": type(tokenizer).__name__,
        "text": _text(tokenizer),
        "step": step,
        "settings": dict(settings or {}),
    }
    _check(facts)
    named = model.state_dict() | {TRAINING + name: t for name, t in (training or {}).items()}
    tensors = {name: t.detach().cpu().contiguous() for name, t in named.items()}
    facts["sha256"] = _sha256(facts, tensors)
    # One entry only: safetensors writes several in an order that changes from run to run.
    write_whole(path, to_bytes(tensors, {"gptlib": json.dumps(facts)}))


def load(path: str | Path) -> Checkpoint:
    """Read a checkpoint; its model is on the CPU, in evaluation mode.

    ValueError for what is no checkpoint, not one of this course's, or damaged. Nothing in a
    file is run as code.
    """
    path = Path(path)
    if not path.is_file():
        raise ValueError(f"{str(path)!r} is not a file: give a checkpoint's path")
    raw = read_whole(path)  # and not a map of the file, which others may change under our hands
    try:
        tensors = from_bytes(raw)
        header = json.loads(raw[8 : 8 + int.from_bytes(raw[:8], "little")])
        facts = json.loads(header.get("__metadata__", {}).get("gptlib", "null"))
    except (SafetensorError, RuntimeError, ValueError, KeyError) as error:
        raise ValueError(
            f"{str(path)!r} is damaged or no checkpoint ({error}): train again, or take a copy"
        ) from None
    if not isinstance(facts, dict):
        raise ValueError(
            f"{str(path)!r} was not written by gptlib: give a checkpoint that `main.py` made"
        )
    if facts.pop("sha256", None) != _sha256(facts, tensors):
        raise ValueError(
            f"{str(path)!r} is damaged, its checksum is wrong: train again, or take a copy"
        )
    training = {
        name.removeprefix(TRAINING): tensors.pop(name)
        for name in list(tensors)
        if name.startswith(TRAINING)
    }
    try:
        _check(facts)
        make = MODELS[facts["model"]]
        with torch.device("meta"):  # shapes without numbers: do the sizes fit?
            make(**facts["sizes"]).load_state_dict(tensors, assign=True)
        with torch.random.fork_rng(devices=[]):  # the caller's seed draws on as if nothing were
            model = make(**facts["sizes"])
        model.load_state_dict(tensors, assign=True)
    except (KeyError, TypeError, ValueError, RuntimeError) as error:
        what = " ".join(str(error).split())
        raise ValueError(f"{str(path)!r} does not suit this gptlib ({what}): train again") from None
    tokenizer = TOKENIZERS[facts["tokenizer"]](facts["text"])
    return Checkpoint(model.eval(), tokenizer, facts["step"], training, facts.get("settings", {}))


def _check(facts: dict) -> None:
    """ValueError or KeyError for what no checkpoint may say."""
    for key, known in (("model", MODELS), ("tokenizer", TOKENIZERS)):
        if facts[key] not in list(known):
            raise ValueError(f"the {key} is a {facts[key]!r}, not a {' or '.join(known)}")
    V, text = facts["sizes"]["vocab_size"], facts["text"]
    tokenizer = TOKENIZERS[facts["tokenizer"]](text)
    if _text(tokenizer) != text or V != tokenizer.vocab_size:
        raise ValueError(f"the model knows {V!r} tokens, and the tokenizer is of {brief(text)}")
    if not isinstance(facts["step"], int):
        raise ValueError(f"the step is {facts['step']!r}, not a whole number")
    if not isinstance(facts.get("settings", {}), dict):
        raise ValueError(f"the settings are {brief(facts['settings'])}, not a table")


def _sizes(model: nn.Module) -> dict:
    """What its class in MODELS makes a model of this size from."""
    config = getattr(model, "config", None)
    return {"vocab_size": model.vocab_size} if config is None else asdict(config)


def _text(tokenizer: Tokenizer) -> str | list[str]:
    """What its class makes the same tokenizer from."""
    if isinstance(tokenizer, WordTokenizer):
        return " ".join(tokenizer.words)
    return tokenizer.pieces if isinstance(tokenizer, PieceTokenizer) else tokenizer.chars


def _sha256(facts: dict, tensors: dict[str, Tensor]) -> str:
    """The SHA-256 of the facts and of each tensor's name, type, shape and bytes."""
    digest = hashlib.sha256(json.dumps(facts).encode())
    for name, tensor in sorted(tensors.items()):
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}".encode())
        digest.update(tensor.flatten().view(torch.uint8).numpy())
    return digest.hexdigest()
