"""Tokenizers in folders, in the files of the Hugging Face hub: vocab.json and merges.txt.

transformers has written both into one file, tokenizer.json, since its version 5.
"""

import json
import math
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path

from gptlib.atomic_files import read_file, write_file
from gptlib.bpe import BYTES, END_OF_TEXT, BPETokenizer
from gptlib.tokenizer import TextTokenizer
from gptlib.word_bpe import UNKNOWN, GPT1Tokenizer

VOCAB, MERGES, CONFIG = "vocab.json", "merges.txt", "tokenizer_config.json"
FILES = (VOCAB, MERGES, CONFIG)
BOTH = "tokenizer.json"

# GPT-2's files write each byte as a letter: itself if it can be seen, else one from 256 on.
_SEEN = [b for b in range(256) if chr(b).isprintable() and chr(b) != " "]
_UNSEEN = [b for b in range(256) if b not in _SEEN]
LETTERS = {b: chr(b) for b in _SEEN} | {b: chr(256 + i) for i, b in enumerate(_UNSEEN)}
BYTE_OF = {letter: b for b, letter in LETTERS.items()}


def read_tokenizer(folder: str | Path, kind: str) -> TextTokenizer:
    """The tokenizer in a folder.

    kind: transformers' name of its class, where the folder does not say; GPT2Tokenizer or
        OpenAIGPTTokenizer

    ValueError for files that are missing, damaged, or of another tokenizer; OSError for those that
    cannot be read.
    """
    folder = Path(folder)
    kinds = {"GPT2Tokenizer": _of_bytes, "OpenAIGPTTokenizer": GPT1Tokenizer}
    try:
        settings = _json(folder / CONFIG) if (folder / CONFIG).is_file() else {}
        kind = settings.get("tokenizer_class", kind).removesuffix("Fast")
        tokens, merges = _tokens_and_merges(folder)
        if kind not in kinds:
            raise ValueError(f"it is a {kind}, not a {' or a '.join(kinds)}")
        if settings.get("add_prefix_space"):
            raise ValueError("it puts a space before each text")
        return kinds[kind](tokens, merges)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise ValueError(
            f"{str(folder)!r} holds no tokenizer of GPT-1 or GPT-2 ({error}): "
            f"give a folder with {VOCAB} and {MERGES} as they were published"
        ) from None


def write_tokenizer(folder: str | Path, tokenizer: TextTokenizer) -> None:
    """Write the files that `read_tokenizer` and transformers read.

    In transformers a special token is one wherever it stands in a text. ValueError for a tokenizer
    that has no such files, such as one of single characters; OSError if they cannot be written.
    """
    if isinstance(tokenizer, GPT1Tokenizer):
        tokens, merges = tokenizer.tokens, tokenizer.merges
        settings = {"tokenizer_class": "OpenAIGPTTokenizer", "unk_token": UNKNOWN}
    elif isinstance(tokenizer, BPETokenizer):
        tokens = [*map(_spelled, tokenizer.tokens), *tokenizer.special]
        merges = [f"{_spelled(a)} {_spelled(b)}" for a, b in merges_of(tokenizer.tokens)]
        end = END_OF_TEXT if END_OF_TEXT in tokenizer.special else None
        # Null, or transformers would add the ones of GPT-2, with ids that the model does not know.
        settings = {"tokenizer_class": "GPT2Tokenizer"}
        settings |= dict.fromkeys(("unk_token", "bos_token", "eos_token"), end)
        settings["extra_special_tokens"] = [name for name in tokenizer.special if name != end]
    else:
        raise ValueError(
            f"a {type(tokenizer).__name__} has no {MERGES}: give a BPETokenizer or a GPT1Tokenizer"
        )
    vocab = {token: i for i, token in enumerate(tokens)}
    if len(vocab) < len(tokens):
        raise ValueError(f"special tokens {tokenizer.special} are tokens already: rename them")
    folder = Path(folder)
    write_file(folder / VOCAB, json.dumps(vocab, ensure_ascii=False).encode())
    write_file(folder / MERGES, "\n".join(["#version: 0.2", *merges, ""]).encode())
    write_file(folder / CONFIG, json.dumps(settings, indent=1).encode())


def merges_of(tokens: Sequence[bytes]) -> Iterator[tuple[bytes, bytes]]:
    """For each token of several bytes, the two that the tokens before it make of these.

    >>> list(merges_of([b"a", b"b", b"ab", b"abab"]))
    [(b'a', b'b'), (b'ab', b'ab')]
    """
    id_of = {token: i for i, token in enumerate(tokens)}
    for new, token in enumerate(tokens):
        parts = [bytes([b]) for b in token]
        while len(parts) > 2:
            ids = [min(id_of.get(a + b, math.inf), new) for a, b in pairwise(parts)]
            i = ids.index(min(ids))
            parts[i : i + 2] = [parts[i] + parts[i + 1]]
        if len(parts) == 2:
            yield tuple(parts)


def _of_bytes(tokens: Sequence[str], merges: Sequence[str]) -> BPETokenizer:
    n = len(BYTES) + len(merges)
    read = [bytes(BYTE_OF[letter] for letter in token) for token in tokens[:n]]
    joined = [merge.replace(" ", "") for merge in merges]
    # Ours joins the pair whose token has the smallest id, theirs the pair that comes first.
    if joined != [token for token, raw in zip(tokens, read, strict=False) if len(raw) > 1]:
        raise ValueError("the merges are not those of the tokens, in the order of their ids")
    return BPETokenizer(read, tokens[n:])


def _tokens_and_merges(folder: Path) -> tuple[list[str], list[str]]:
    """The token of each id, and the merges, with a space between their parts."""
    if (folder / VOCAB).is_file() and (folder / MERGES).is_file():
        id_of = _json(folder / VOCAB)
        # Not by splitlines, which also breaks lines at characters that tokens may have.
        lines = read_file(folder / MERGES).decode().split("\n")
        first = int(lines[0].startswith("#version"))
        merges = [line for line in lines[first:] if line]
    elif (folder / BOTH).is_file():
        table = _json(folder / BOTH)
        id_of = table["model"]["vocab"] | {t["content"]: t["id"] for t in table["added_tokens"]}
        merges = [" ".join(pair) for pair in table["model"]["merges"]]
    else:
        raise ValueError(f"neither {VOCAB} and {MERGES} nor {BOTH} is there")
    tokens = sorted(id_of, key=id_of.get)
    if [id_of[token] for token in tokens] != list(range(len(tokens))):
        raise ValueError(f"the ids are not 0 to {len(tokens) - 1}")
    return tokens, merges


def _json(path: Path) -> dict:
    return json.loads(read_file(path))


def _spelled(token: bytes) -> str:
    return "".join(LETTERS[b] for b in token)
