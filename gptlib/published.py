"""The published models, GPT-1 and GPT-2, from the files of the Hugging Face hub, and back."""

import json
from functools import reduce
from pathlib import Path
from tempfile import TemporaryDirectory

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save as to_bytes
from torch import Tensor

from gptlib.atomic_files import read_file, write_file
from gptlib.config import GPTConfig
from gptlib.documents import end_of
from gptlib.families import family_of, from_config, mask_names, tensor_names, to_config
from gptlib.gpt import GPT
from gptlib.token_files import FILES, read_tokenizer, write_tokenizer
from gptlib.tokenizer import TextTokenizer
from gptlib.undrawn import undrawn
from gptlib.unwrap import unwrapped

NAMES = {
    "gpt-1": "openai-community/openai-gpt",
    "gpt-2-small": "openai-community/gpt2",
    "gpt-2-medium": "openai-community/gpt2-medium",
    "gpt-2-large": "openai-community/gpt2-large",
    "gpt-2-xl": "openai-community/gpt2-xl",
}

CONFIG, MODEL = "config.json", "model.safetensors"
PREFIX = "transformer."  # of all names but the head's, unless a file was saved without its head
HEAD = "lm_head.weight"
DTYPES = (torch.float16, torch.bfloat16, torch.float32, torch.float64)
PICKLES = (".bin", ".pt", ".pth", ".ckpt", ".pkl")


def is_published(source: str | Path) -> bool:
    """Whether source is one of NAMES, or a folder that transformers could have written.

    A run's folder has a config.json too, but without a model_type.
    """
    if str(source) in NAMES:
        return True
    try:
        return "model_type" in json.loads((Path(source) / CONFIG).read_bytes())
    except (OSError, TypeError, ValueError):
        return False


def load(source: str | Path) -> GPT:
    """The model in a folder, or one of NAMES from the hub; on the CPU, in evaluation mode.

    Its parameters are memory-mapped, as in `checkpoint.load`: copy them before writing to that file
    again. Those of half precision become float32, which needs memory besides. Only the safetensors
    format is read, in which no file can hold code.

    ValueError for a folder without the config of a GPT-1 or GPT-2, for a config that asks for what
    a `GPT` cannot be, and for a file that is missing, damaged, or does not hold the tensors of such
    a model, all of them finite; OSError for what cannot be read or fetched.
    """
    folder = _folder(source)
    config = _config(folder)
    return _assembled(config, _tensors(folder), str(folder / MODEL))


def load_tokenizer(source: str | Path) -> TextTokenizer:
    """The tokenizer of the model in a folder, or of one of NAMES.

    ValueError if it is missing, damaged, or has another number of tokens than the model; OSError as
    in `load`.
    """
    folder = _folder(source)
    config = _config(folder)
    tokenizer = read_tokenizer(folder, family_of(config).tokenizer)
    if tokenizer.vocab_size != config.vocab_size:
        raise ValueError(
            f"the tokenizer in {str(folder)!r} has {tokenizer.vocab_size} tokens, and the model "
            f"{config.vocab_size}: give a folder in which both are of one model"
        )
    return tokenizer


def save(folder: str | Path, model: GPT, tokenizer: TextTokenizer) -> None:
    """Write a new folder that `load` and transformers read: a model, its config, its tokenizer.

    A post-norm model becomes an openai-gpt, a pre-norm one a gpt2. ValueError for a model that
    neither can be, for a tokenizer that does not fit it or has no files there, and for a folder
    that exists; OSError if it cannot be written.
    """
    folder, model = Path(folder), unwrapped(model)
    table = from_config(model.config)
    if tokenizer.vocab_size != model.config.vocab_size:
        raise ValueError(
            f"the tokenizer has {tokenizer.vocab_size} tokens, and the model "
            f"{model.config.vocab_size}: give the one that it was trained with"
        )
    if folder.exists():
        raise ValueError(f"{str(folder)!r} exists already: name a new folder")
    state, tensors = model.state_dict(), {}
    for name, ours in tensor_names(model.config).items():
        tensor = torch.cat([state[part].detach().cpu() for part in ours])
        tensors[PREFIX + name] = _turned(tensor, name).contiguous()
    table["dtype"] = str(state["tok_emb.weight"].dtype).removeprefix("torch.")
    # Null without one, or transformers would end texts with the id that GPT-2's has.
    table |= dict.fromkeys(("bos_token_id", "eos_token_id"), end_of(tokenizer))
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=folder.parent, prefix=f"{folder.name}.") as place:
            new = Path(place, folder.name)
            new.mkdir()
            write_tokenizer(new, tokenizer)
            write_file(new / CONFIG, json.dumps(table, indent=1).encode())
            write_file(new / MODEL, to_bytes(tensors, {"format": "pt"}))
            new.rename(folder)  # happens completely or not at all
    except OSError as error:
        raise OSError(
            f"could not write {str(folder)!r} ({error.strerror or error}): "
            "make room there, or name a folder where you may write"
        ) from error


def _folder(source: str | Path) -> Path:
    """The folder itself, or the one with the files that the hub has under one of NAMES."""
    if str(source) in NAMES:
        return _fetched(str(source))
    if not Path(source).is_dir():
        raise ValueError(f"{str(source)!r} is no folder: give one, or one of {', '.join(NAMES)}")
    return Path(source)


def _fetched(name: str) -> Path:
    from huggingface_hub import snapshot_download  # here, since it takes long and few need it

    files = [CONFIG, MODEL, *FILES]
    try:
        return Path(snapshot_download(NAMES[name], allow_patterns=files))
    except Exception as error:  # of whatever library the network is left to
        raise OSError(
            f"could not fetch {name} from the hub ({type(error).__name__}): where there is a "
            f"network, download {', '.join(files)} from https://huggingface.co/{NAMES[name]}, "
            "and give the folder that holds them"
        ) from error


def _config(folder: Path) -> GPTConfig:
    path = folder / CONFIG
    if not path.is_file():
        raise ValueError(
            f"{str(folder)!r} holds no {CONFIG}: give a folder that transformers or `save` wrote"
        )
    try:
        return to_config(json.loads(read_file(path)))
    except (AttributeError, TypeError, ValueError) as error:
        raise ValueError(f"{str(path)!r} is of no model that can be loaded here: {error}") from None


def _tensors(folder: Path) -> dict[str, Tensor]:
    """The tensors of a folder by name, as maps of its file."""
    path = folder / MODEL
    if not path.is_file():
        there = sorted(file.name for file in folder.iterdir())
        why = ""
        if pickles := [name for name in there if name.endswith(PICKLES)]:
            why = f" but {pickles[0]}, which is a pickle and may run any code when it is read"
        elif f"{MODEL}.index.json" in there:
            why = " but parts of one, which are not read here"
        raise ValueError(
            f"{str(folder)!r} holds no {MODEL}{why}: "
            "have transformers save the model there, in one file of this name"
        )
    try:
        with safe_open(path, "pt") as file:
            return {name: file.get_tensor(name) for name in file.keys()}
    except (SafetensorError, RuntimeError, ValueError, KeyError) as error:
        raise ValueError(f"{str(path)!r} is damaged ({error}): fetch it again") from None
    except OSError as error:  # whatever the reason, safetensors says that the file is missing
        raise OSError(f"could not read {str(path)!r}: make it a file that you may read") from error


def _assembled(config: GPTConfig, tensors: dict[str, Tensor], path: str) -> GPT:
    """The model of a file's tensors, whose memory becomes that of its parameters."""
    try:
        with undrawn():
            model = GPT(config)
    except RuntimeError as error:
        raise ValueError(f"{path!r} is of a model too large for the memory ({error})") from None
    prefix = PREFIX if any(name.startswith(PREFIX) for name in tensors) else ""
    held = {prefix + name: ours for name, ours in tensor_names(config).items()}
    may_be = {HEAD, *(prefix + name for name in mask_names(config))}
    if odd := held.keys() ^ (tensors.keys() - may_be):
        name = min(odd)
        what = "is missing in" if name in held else "should not be in"
        raise ValueError(f"tensor {name!r} {what} {path!r}: give a file that fits its {CONFIG}")
    empty = model.state_dict()
    for name, ours in held.items():
        rows, *columns = empty[ours[0]].shape
        shape = (len(ours) * rows, *columns)
        _check(tensors[name], name, shape[::-1] if ".c_" in name else shape, path)
    dtype = reduce(torch.promote_types, (tensors[name].dtype for name in held), torch.float32)
    state = {}
    for name, ours in held.items():
        tensor = _turned_in_place(tensors[name].to(dtype), name)
        state |= zip(ours, tensor.chunk(len(ours)), strict=True)
    if HEAD in tensors and not torch.equal(tensors[HEAD].to(dtype), state["tok_emb.weight"]):
        raise ValueError(
            f"tensor {HEAD!r} in {path!r} is not the table of tokens, as it is in all GPTs: "
            "give a file of another model"
        )
    model.load_state_dict(state, assign=True)
    return model.eval()


def _check(tensor: Tensor, name: str, shape: tuple[int, ...], path: str) -> None:
    """ValueError unless a tensor has this shape, and finite numbers that are not whole ones."""
    if tensor.shape != shape:
        wrong = f"has the shape {tuple(tensor.shape)}, not {shape}"
    elif tensor.dtype not in DTYPES:
        wrong = f"is of {tensor.dtype}, not one of {', '.join(map(str, DTYPES))}"
    elif not torch.stack(tensor.aminmax()).isfinite().all():  # NaN is both; no copy is needed
        wrong = "holds a number that is not finite"
    else:
        return
    raise ValueError(f"tensor {name!r} in {path!r} {wrong}: give a file that fits its {CONFIG}")


def _turned(tensor: Tensor, name: str) -> Tensor:
    """A tensor of this name in a file as nn.Linear has it, or the other way round: a view."""
    return tensor.t() if ".c_" in name else tensor


def _turned_in_place(tensor: Tensor, name: str) -> Tensor:
    """The same, but written over the tensor.

    The view would do for the forward pass, but PyTorch's fused AdamW updates other entries of one
    than it should, without a word; and copies of all would need the file's size once more.
    """
    turned = _turned(tensor, name)
    if turned.is_contiguous():
        return turned
    return tensor.view(-1).copy_(turned.flatten()).view_as(turned)
