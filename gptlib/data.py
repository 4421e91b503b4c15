"""Text in, batches of token ids out."""

import hashlib
import itertools
import json
import os
import re
import sys
import urllib.request
from collections.abc import Iterator
from functools import cache
from http.client import HTTPException
from itertools import pairwise
from numbers import Integral
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from gptlib.atomic_files import read_file, write_file
from gptlib.tokenizer import Tokenizer
from gptlib.world import Floor

DATA = Path(__file__).resolve().parent.parent / "data"
TALES_TRAIN = DATA / "tales-train.txt"
TALES_VALID = DATA / "tales-valid.txt"
FLOOR = DATA / "floor.json"
WEB_TEXTS = {part: DATA / f"web-{part}.txt" for part in ("train", "valid")}
WEB_BPE, WEB_FLOOR = DATA / "web.bpe.json", DATA / "web-floor.json"
PAIRS = {part: DATA / f"pairs-{part}.tsv" for part in ("train", "valid", "test")}

SHAKESPEARE = DATA / "shakespeare.txt"
SHAKESPEARE_URL = (
    "https://raw.githubusercontent.com/karpathy/char-rnn/master/data/tinyshakespeare/input.txt"
)
SHAKESPEARE_SHA256 = "86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed"
TIMEOUT = 30  # seconds without a byte before a download fails

IGNORE = -100  # a target that does not count; also the default ignore_index of F.cross_entropy


def load_text(source: str | Path) -> str:
    r"""Read a text: "tales", "shakespeare", the path of a UTF-8 file, or "-" for standard input.

    "tales" is the training stories followed by the validation stories; only `load_split`
    separates the two, since split(load_text("tales")) cuts somewhere else. "shakespeare" is
    downloaded once (1.1 MB) and kept in data/. The text is returned as `clean` leaves it.

    ValueError for a name or path that is not a file, a file that is not UTF-8, a text of
    only white space, or a damaged copy; OSError if it cannot be read, downloaded or saved.
    """
    if source == "-":
        return _decoded(_standard_input(), "standard input")
    if source == "tales":
        return _read(TALES_TRAIN) + _read(TALES_VALID)
    if source == "shakespeare":
        _fetch(SHAKESPEARE_URL, SHAKESPEARE_SHA256, SHAKESPEARE)
        return _read(SHAKESPEARE)
    return _read(source)


def clean(text: str) -> str:
    r"""Remove a byte order mark at the start of text, and make every line ending "\n"."""
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")


def load_split(source: str | Path) -> tuple[str, str]:
    """Read a text, and return its training part and its validation part.

    The tales have validation stories of their own, told from other seeds, so they need no
    cut; any other text is cut by `split`. (`python main.py` trains on more tales: see `texts`.)
    Errors as in `load_text` and `split`.
    """
    if source == "tales":
        return _read(TALES_TRAIN), _read(TALES_VALID)
    return split(load_text(source))


def load_floor() -> Floor:
    """The floor of the tales' validation stories: the lowest loss that a model can expect on them.

    It is read from data/; gptlib.world.floor computed it. ValueError if it is not there.
    """
    return Floor(**json.loads(_read(FLOOR)))


def split(text: str, valid_fraction: float = 0.1) -> tuple[str, str]:
    """Cut text in two: the first part to train on, the last valid_fraction to validate on.

    The cut may fall inside a word. It is the usual one, so that losses on Tiny
    Shakespeare can be compared with published ones.

    >>> split("to be or not", valid_fraction=0.25)
    ('to be or ', 'not')

    ValueError for a fraction that is not between 0 and 1, or that leaves a part empty.
    """
    if not 0 < valid_fraction < 1:
        raise ValueError(f"valid_fraction is {valid_fraction}: choose one between 0 and 1")
    cut = int(len(text) * (1 - valid_fraction))
    if cut in (0, len(text)):
        raise ValueError(
            f"valid_fraction {valid_fraction} of {len(text)} characters leaves one part empty: "
            "give a longer text or another fraction"
        )
    return text[:cut], text[cut:]


def story_starts(text: str) -> Tensor:
    r"""Find where each story begins; one or more blank lines separate stories.

    Returns the offsets (N,) in characters, which are also those in a CharTokenizer's ids.

    >>> story_starts("A cat sat.\n\nA dog ran.\n\n")
    tensor([ 0, 12])

    ValueError for a text without a story.
    """
    starts = [story.start() for story in re.finditer(r".+(\n.+)*", text)]
    if not starts:
        raise ValueError(f"text {text!r} holds no story: give at least one line to read")
    return torch.tensor(starts)


def story_ids(text: str, tokenizer: Tokenizer) -> tuple[Tensor, Tensor]:
    r"""Encode stories, each with a line break before it, from which a model predicts its beginning.

    Returns the ids (N,), with one more line break than the text has, for the first story, and the
    offsets (M,) of the line breaks just before each story.

    >>> from gptlib.tokenizer import CharTokenizer
    >>> story_ids("A cat.\n\nA dog.\n\n", CharTokenizer("A cat dog.\n"))[1]
    tensor([0, 8])

    ValueError for a text without a story, and for unknown characters.
    """
    # Each story is encoded alone, or a token could reach into the next. So is the last line break:
    # it must be a token of its own at the end, as it is before a story.
    last = len(text) + (not text.endswith("\n\n"))
    edges = [*story_starts(text).tolist(), last, len(text) + 1]
    text = "\n" + text
    head = tokenizer.encode(text[: edges[0]])
    parts = [tokenizer.encode(text[start:end]) for start, end in pairwise(edges)]
    starts = torch.tensor([len(head), *map(len, parts[:-2])]).cumsum(0)
    return torch.tensor([*head, *itertools.chain(*parts)]), starts


def get_batch(
    data: Tensor,
    batch_size: int,
    block_size: int,
    generator: torch.Generator | None = None,
    starts: Tensor | None = None,
) -> tuple[Tensor, Tensor]:
    """Draw B = batch_size windows of T = block_size ids, with the id after each as its target.

    data: (N,) int64, on any device
    generator: on the CPU, so that a seed gives the same batch on every device
    starts: (M,) int64, on the CPU: the only offsets at which a window may begin;
        None allows all of them

    Returns idx and targets, both (B, T): targets[b, t] is what follows idx[b, : t + 1].
    ValueError for data of another type or shape, sizes that are not whole numbers from 1,
    a negative start, and data with no room for a window.
    """
    B, T = batch_size, block_size
    _check_sizes(B, T)
    if not (isinstance(data, Tensor) and data.dim() == 1 and data.dtype == torch.int64):
        kind = type(data).__name__
        if isinstance(data, Tensor):
            kind = f"{data.dtype} and shape {tuple(data.shape)}"
        raise ValueError(
            f"data is of type {kind}, not an int64 tensor (N,): "
            "give torch.tensor(tokenizer.encode(text))"
        )
    # A window takes T + 1 ids, since its last input has a target too.
    windows = len(data) - T
    if windows < 1:
        raise ValueError(
            f"{len(data)} tokens are fewer than block_size + 1 = {T + 1}: "
            "give a longer text or a smaller block_size"
        )
    if starts is None:
        first = torch.randint(windows, (B,), generator=generator)  # (B,)
    else:
        if (starts < 0).any():
            raise ValueError(f"starts holds {starts.min()}: give offsets that count from 0")
        starts = starts[starts < windows]
        if len(starts) == 0:
            raise ValueError(
                f"no start leaves room for block_size + 1 = {T + 1} of {len(data)} tokens: "
                "give a longer text or a smaller block_size"
            )
        first = starts[torch.randint(len(starts), (B,), generator=generator)]  # (B,)
    at = first[:, None] + torch.arange(T)  # (B, T)
    return data[at], data[at + 1]  # (B, T)


def batches(
    data: Tensor,
    batch_size: int,
    block_size: int,
    generator: torch.Generator | None = None,
    starts: Tensor | None = None,
) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield endless batches, each drawn by `get_batch`."""
    while True:
        yield get_batch(data, batch_size, block_size, generator, starts)


def all_batches(
    data: Tensor, batch_size: int, block_size: int, starts: Tensor | None = None
) -> Iterator[tuple[Tensor, Tensor]]:
    """Cut all of data into windows, in order: every token but the first is a target exactly once.

    A window begins where the one before it ended and, if starts are given, also at each of
    them, so that every story is read from its start. Yields idx and targets, both (B, T), with
    B = batch_size, or fewer in the last batch, and T at most block_size; windows shorter than
    the longest in their batch are padded, with targets IGNORE.

    >>> for idx, targets in all_batches(torch.arange(6), 2, 4, starts=torch.tensor([3])):
    ...     print(idx.tolist(), targets.tolist())
    [[0, 1, 2], [3, 4, 0]] [[1, 2, 3], [4, 5, -100]]

    ValueError for sizes that are not whole numbers from 1, and starts that are not in
    ascending order or lie outside data.
    """
    _check_sizes(batch_size, block_size)
    edges = [0, *(starts.tolist() if starts is not None else []), max(0, len(data) - 1)]
    if edges != sorted(edges):
        raise ValueError(
            f"starts must be in ascending order, from 0 to below {len(data)}, the number of tokens"
        )
    windows = cut_windows(edges, block_size)
    for k in range(0, len(windows), batch_size):
        yield padded_batch(data, windows[k : k + batch_size])


def cut_windows(edges: list[int], block_size: int) -> list[tuple[int, int]]:
    """Cut the stretch from each edge to the next into windows of at most block_size tokens.

    Returns the start and the stop of each window.

    >>> cut_windows([0, 3, 8], block_size=4)
    [(0, 3), (3, 7), (7, 8)]
    """
    return [
        (i, min(i + block_size, end))
        for start, end in pairwise(edges)
        for i in range(start, end, block_size)
    ]


def padded_batch(data: Tensor, windows: list[tuple[int, int]]) -> tuple[Tensor, Tensor]:
    """Make a batch of windows of data, (N,), each given by its start and its stop.

    Returns idx and targets, both (B, T), where T is the longest window; shorter rows are padded,
    with targets IGNORE.
    """
    idx = pad_sequence([data[i:j] for i, j in windows], True)
    targets = pad_sequence([data[i + 1 : j + 1] for i, j in windows], True, IGNORE)
    B, T = idx.shape
    return idx, targets  # (B, T)


def mixed_seed(*numbers: int) -> int:
    """Mix several numbers, such as a run's seed and a step, into one seed.

    Sums or products would often coincide, and PyTorch's generator on the CPU uses only 32 bits.
    Numbers must be whole and not negative; zeros at the end change nothing.
    """
    return int(np.random.SeedSequence(numbers).generate_state(1)[0])


def _check_sizes(batch_size: int, block_size: int) -> None:
    if not all(isinstance(size, Integral) and size >= 1 for size in (batch_size, block_size)):
        raise ValueError(
            f"batch_size {batch_size!r} and block_size {block_size!r} must both be whole numbers, "
            "at least 1"
        )


def _read(source: str | Path) -> str:
    path = os.path.expanduser(source)
    if not os.path.isfile(path):
        advice = "give the path of one, 'tales' or 'shakespeare'"
        if source in (
            TALES_TRAIN,
            TALES_VALID,
            FLOOR,
            *WEB_TEXTS.values(),
            WEB_FLOOR,
            *PAIRS.values(),
        ):
            advice = (
                "the course's data folder lacks it, so run `make data`, "
                "or clone the course again and start from there"
            )
        raise ValueError(f"{path!r} is not a file: {advice}")
    return _decoded(read_file(path), repr(path))


@cache
def _standard_input() -> bytes:
    """All of standard input, which can be read only once."""
    return sys.stdin.buffer.read()


def _decoded(raw: bytes, name: str) -> str:
    """The text in raw, as `clean` leaves it; ValueError, which calls it name, if there is none."""
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ValueError(
            f"{name} is not UTF-8 (byte 0x{raw[error.start]:02x} at offset {error.start}): "
            "save it as UTF-8"
        ) from None
    if "\0" in text:  # UTF-16 without a byte order mark is mostly valid UTF-8
        raise ValueError(
            f"{name} holds a NUL character (offset {raw.index(0)}, in line "
            f"{raw[: raw.index(0)].count(10) + 1}), so it is probably not UTF-8 text: "
            "save it as UTF-8, or remove that character"
        )
    if not text.strip().strip("\ufeff"):
        raise ValueError(f"{name} holds no text: give a file with something to learn from")
    return clean(text)


def _fetch(url: str, sha256: str, path: Path) -> None:
    """Download url to path unless it is there; either way its bytes must have this SHA-256."""
    if path.exists():
        if not path.is_file() or hashlib.sha256(path.read_bytes()).hexdigest() != sha256:
            raise ValueError(
                f"{str(path)!r} is damaged or a folder: delete it, and it is downloaded again"
            )
        return
    advice = f"try again, or get the right file elsewhere and save it as {str(path)!r}"
    try:
        with urllib.request.urlopen(url, timeout=TIMEOUT) as response:
            raw = response.read()
    except (OSError, HTTPException) as error:
        raise OSError(f"could not download {url} ({error}): {advice}") from error
    if (got := hashlib.sha256(raw).hexdigest()) != sha256:
        raise ValueError(f"{url} sent {len(raw)} bytes with SHA-256 {got}, not {sha256}: {advice}")
    write_file(path, raw)
