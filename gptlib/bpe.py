"""Byte-pair encoding (BPE): tokens for any text, learned by merging frequent pairs of tokens.

Sennrich et al. (2016), section 3.2; on bytes, and with this pattern, as in GPT-2 (Radford et al.,
2019, section 2.2).
"""

import base64
import hashlib
import heapq
import json
import math
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from itertools import pairwise
from pathlib import Path
from reprlib import repr as brief
from typing import Self

import numpy as np
import regex
import tiktoken
import torch
from torch import Tensor

from gptlib.atomic_files import read_file, write_file
from gptlib.config import check_whole
from gptlib.data import DATA
from gptlib.tokenizer import TextTokenizer, checked_ids

# GPT-2's: an English ending such as 's; a word, a number or other signs, each with the space before
# it; white space, but for the last one before anything else.
PATTERN = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
PRE_TOKEN = regex.compile(PATTERN)
EDGE = regex.compile(r"(?<=\S)\s")  # no pre-token reaches across
BYTES = [bytes([b]) for b in range(256)]

END_OF_TEXT = "<|endoftext|>"
GPT2 = DATA / "gpt2.tiktoken"
GPT2_SHA256 = "306cd27f03c1a714eca7108e03d66b7dc042abe8c258b44c199a7ed9838dd930"


def pre_tokens(text: str) -> list[str]:
    """Cut a text into stretches across which nothing is ever merged; joined, they are the text.

    >>> pre_tokens("I'll take  42 of them!")
    ['I', "'ll", ' take', ' ', ' 42', ' of', ' them', '!']

    ValueError for anything but a str, and for a lone surrogate, which UTF-8 has no bytes for.
    """
    _check_text(text)
    return PRE_TOKEN.findall(text)


def train_naive(text: str, vocab_size: int) -> list[bytes]:
    """The tokens of `train`, found by counting all pairs anew before each merge."""
    check_whole("vocab_size", vocab_size, len(BYTES))
    tokens, pieces = list(BYTES), [list(piece.encode()) for piece in pre_tokens(text)]
    while len(tokens) < vocab_size:
        counts = Counter(pair for ids in pieces for pair in pairwise(ids))
        pair = min(counts, key=lambda pair: (-counts[pair], pair), default=None)
        if counts[pair] < 2:
            break
        pieces = [merge(ids, pair, len(tokens)) for ids in pieces]
        tokens.append(tokens[pair[0]] + tokens[pair[1]])
    return tokens


def merge(ids: Sequence[int], pair: tuple[int, int], new: int) -> list[int]:
    """Put the id new in place of each pair of ids, from left to right.

    >>> merge([1, 1, 1, 2], (1, 1), 3)
    [3, 1, 2]
    """
    merged, i = [], 0
    while i < len(ids):
        found = tuple(ids[i : i + 2]) == pair
        merged.append(new if found else ids[i])
        i += 2 if found else 1
    return merged


def train(text: str, vocab_size: int) -> list[bytes]:
    """The tokens of byte-pair encoding, in the order of their ids: all bytes, then the merged ones.

    Each merge is of the pair of neighbours that the pre-tokens of text hold most often. Of pairs
    that they hold equally often, the one with the smaller first id is merged, and of those the one
    with the smaller second id. No pair is merged that occurs only once, so a short text may have
    fewer than vocab_size tokens.

    >>> train("to be or not to be, that is to be", 260)[256:]
    [b' b', b' t', b' be', b' to']

    ValueError for a vocab_size below 256 and errors as in `pre_tokens`.
    """
    check_whole("vocab_size", vocab_size, len(BYTES))
    _check_text(text)
    # Each different pre-token once, one after the other; the places i and after[i] are neighbours.
    counts = Counter(piece for chunk in chunks(text) for piece in PRE_TOKEN.findall(chunk))
    ids, times, after, before = [], [], [], []
    for piece, n in counts.items():
        first, raw = len(ids), piece.encode()
        ids += raw
        times += [n] * len(raw)
        before += [None, *range(first, first + len(raw) - 1)]
        after += [*range(first + 1, first + len(raw)), None]
    how_often, where = Counter(), defaultdict(list)

    def add(i: int | None, j: int | None, sign: int) -> None:
        """Count the pair at the places i and j, or take it out of the count."""
        if i is not None and j is not None:
            how_often[ids[i], ids[j]] += sign * times[i]
            if sign > 0:
                where[ids[i], ids[j]].append(i)
                changed.add((ids[i], ids[j]))

    changed = set()
    for i, j in enumerate(after):
        add(i, j, 1)
    queue, tokens = [(-how_often[pair], pair) for pair in changed], list(BYTES)
    heapq.heapify(queue)
    while queue and len(tokens) < vocab_size:
        n, pair = heapq.heappop(queue)
        if -n != how_often[pair]:  # it has become rarer since
            if how_often[pair]:
                heapq.heappush(queue, (-how_often[pair], pair))
            continue
        if n > -2:
            break
        new, changed = len(tokens), set()
        tokens.append(tokens[pair[0]] + tokens[pair[1]])
        for i in sorted(where.pop(pair)):
            j = after[i]
            if j is None or (ids[i], ids[j]) != pair:  # merged with another neighbour, as in aaa
                continue
            left, right = before[i], after[j]
            add(left, i, -1)
            add(i, j, -1)
            add(j, right, -1)
            ids[i], ids[j], after[i], after[j] = new, None, right, None
            if right is not None:
                before[right] = i
            add(left, i, 1)
            add(i, right, 1)
        for pair in changed:
            heapq.heappush(queue, (-how_often[pair], pair))
    return tokens


def encode_naive(text: str, tokens: Sequence[bytes]) -> list[int]:
    """The ids of a text: in each pre-token, the pair with the smallest id is joined first.

    >>> encode_naive("bee", [*BYTES, b"ee", b"be"])
    [98, 256]
    """
    id_of = {token: i for i, token in enumerate(tokens)}
    ids = []
    for piece in pre_tokens(text):
        parts = [bytes([b]) for b in piece.encode()]
        while len(parts) > 1:
            joined = [a + b for a, b in pairwise(parts)]
            i = min(range(len(joined)), key=lambda i: id_of.get(joined[i], math.inf))
            if joined[i] not in id_of:
                break
            parts[i : i + 2] = [joined[i]]
        ids += [id_of[part] for part in parts]
    return ids


class BPETokenizer(TextTokenizer):
    """A tokenizer of bytes and merged bytes, which can encode every text.

    tokens: the bytes of each id, such as `train` returns: every single byte, and longer ones, each
        the join of two before it
    special: the names of tokens that stand for no text, such as END_OF_TEXT. They have the ids
        after the others, and text that looks like one is text, unless the caller of `encode` allows
        it: whoever may write a prompt could else end a document

    tiktoken does the encoding, as it does for OpenAI's models. ValueError for other tokens.

    >>> tokenizer = BPETokenizer.from_text("to be or not to be, that is to be", 260, [END_OF_TEXT])
    >>> tokenizer.encode(" be<|endoftext|>") == [258, *b"<|endoftext|>"]
    True
    >>> tokenizer.encode(" be<|endoftext|>", allowed_special=[END_OF_TEXT])
    [258, 259]
    """

    def __init__(self, tokens: Sequence[bytes], special: Sequence[str] = ()) -> None:
        self.tokens, self.special = list(tokens), list(special)
        self._check()
        names = {name: len(self.tokens) + i for i, name in enumerate(self.special)}
        id_of = {token: i for i, token in enumerate(self.tokens)}
        self._encoding = tiktoken.Encoding(
            "gptlib", pat_str=PATTERN, mergeable_ranks=id_of, special_tokens=names
        )

    @classmethod
    def from_text(cls, text: str, vocab_size: int, special: Sequence[str] = ()) -> Self:
        """The tokenizer that `train` finds, with vocab_size tokens at most, special ones included.

        Errors as in `train`.
        """
        check_whole("vocab_size", vocab_size, len(BYTES) + len(special))
        return cls(train(text, vocab_size - len(special)), special)

    @property
    def vocab_size(self) -> int:
        return len(self.tokens) + len(self.special)

    def encode(self, text: str, allowed_special: Collection[str] = ()) -> list[int]:
        """The ids of text. Errors as in `pre_tokens`.

        allowed_special: the special tokens that are to be recognized in text. ValueError for others
        """
        allowed = set(allowed_special)
        if unknown := allowed - set(self.special):
            raise ValueError(
                f"special token {min(unknown)!r} is unknown: give some of {self.special}"
            )
        _check_text(text)
        with _enough_stack():
            return self._encoding.encode(text, allowed_special=allowed, disallowed_special=())

    def encode_to_tensor(self, text: str) -> Tensor:
        """The ids of a long text, (N,) int64: a Python list of them would need five times as much.

        Errors as in `pre_tokens`.
        """
        _check_text(text)
        encode = self._encoding.encode_to_numpy
        with _enough_stack():
            parts = [encode(chunk, disallowed_special=()) for chunk in chunks(text)]
        return torch.from_numpy(np.concatenate([[], *parts], dtype=np.int64, casting="unsafe"))

    def decode(self, ids: Sequence[int] | Tensor) -> str:
        """The text of ids, as in `CharTokenizer`; an incomplete character is left out."""
        ids = checked_ids(ids, self.vocab_size)
        return b"".join(map(self._bytes_of, ids)).decode("utf-8", "ignore")

    def token_bytes(self, i: int) -> bytes:
        (i,) = checked_ids([i], self.vocab_size)
        return self._bytes_of(i)

    def as_prompt(self, text: str) -> str:
        """Text without the spaces at its end: a space belongs to the word after it."""
        return text.rstrip(" ")

    def state(self) -> dict[str, list]:
        return {"special": list(self.special), "tokens": [_readable(t) for t in self.tokens]}

    @classmethod
    def from_state(cls, state: dict[str, list]) -> Self:
        """The tokenizer that has this state; ValueError if none has."""
        try:
            made = cls([_raw(token) for token in state["tokens"]], state["special"])
        except (KeyError, TypeError, AttributeError):
            made = None
        if made is None or made.state() != state:
            raise ValueError(f"{brief(state)} is not the state of a {cls.__name__}")
        return made

    def save(self, path: str | Path) -> None:
        """Write the tokenizer as JSON, one token a line: its text, or bytes that are no text."""
        state = self.state()
        lines = ",\n".join(json.dumps(token, ensure_ascii=False) for token in state["tokens"])
        head = json.dumps(state["special"], ensure_ascii=False)
        write_file(path, f'{{"special": {head},\n"tokens": [\n{lines}\n]}}\n'.encode())

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """The tokenizer that `save` wrote. ValueError for any other file."""
        if not Path(path).is_file():
            raise ValueError(f"{str(path)!r} is not a file: give one that BPETokenizer.save wrote")
        try:
            return cls.from_state(json.loads(read_file(path)))
        except ValueError as error:
            raise ValueError(f"{str(path)!r} holds no tokenizer ({error})") from None

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.vocab_size} tokens)"

    def _bytes_of(self, i: int) -> bytes:
        n = len(self.tokens)
        return self.tokens[i] if i < n else self.special[i - n].encode()

    def _check(self) -> None:
        seen = set()
        for token in self.tokens:
            cuts = range(1, len(token))
            if token in seen or not (
                len(token) == 1 or any(token[:i] in seen and token[i:] in seen for i in cuts)
            ):
                raise ValueError(
                    f"token {brief(token)} is there twice, or is not one byte and not the join of "
                    "two tokens before it: give the tokens that `train` returned"
                )
            seen.add(token)
        if missing := set(BYTES) - seen:
            raise ValueError(f"the byte {min(missing)} is not among the tokens: give all 256")
        names = self.special
        if len(set(names)) < len(names) or not all(isinstance(n, str) and n for n in names):
            raise ValueError(f"special is {names}: give different names, each a str")


@cache
def gpt2_tokenizer() -> BPETokenizer:
    """GPT-2's tokenizer, of 50,257 tokens, from a file of the course. (GPT-3 has the same.)

    ValueError if the file is missing or damaged.
    """
    advice = "clone the course again, and take it from there"
    if not GPT2.is_file():
        raise ValueError(f"{str(GPT2)!r} is missing: {advice}")
    raw = read_file(GPT2)
    if (got := hashlib.sha256(raw).hexdigest()) != GPT2_SHA256:
        raise ValueError(
            f"{str(GPT2)!r} is damaged, its SHA-256 is {got} and not {GPT2_SHA256}: {advice}"
        )
    return BPETokenizer(
        [base64.b64decode(line.split()[0]) for line in raw.splitlines()], [END_OF_TEXT]
    )


def chunks(text: str, size: int = 2**20) -> Iterator[str]:
    """Cut a long text, after size characters or a little more each, where no pre-token is cut."""
    start = 0
    while start < len(text):
        edge = EDGE.search(text, start + size)
        stop = edge.start() if edge else len(text)
        yield text[start:stop]
        start = stop


@contextmanager
def _enough_stack() -> Iterator[None]:
    """Say in a sentence what the regular expressions of tiktoken cannot do."""
    try:
        yield
    except ValueError as error:
        raise ValueError(
            f"the text has too long a run of white space, about a million characters ({error}): "
            "shorten it"
        ) from None


def _readable(token: bytes) -> str | list[int]:
    try:
        return token.decode()
    except UnicodeDecodeError:
        return list(token)


def _raw(token: str | Iterable[int]) -> bytes:
    return token.encode() if isinstance(token, str) else bytes([*token])


def _check_text(text: str) -> None:
    if not isinstance(text, str):
        raise ValueError(f"text is {brief(text)}: encode a str")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise ValueError(
            f"{text[error.start]!r} at position {error.start} is half of a surrogate pair and no "
            "character: remove it"
        ) from None
