"""Many documents in one text: what parts them, and how they are packed into rows."""

import itertools
from bisect import bisect_right
from collections.abc import Iterable

import torch
from torch import Tensor

from gptlib.bpe import END_OF_TEXT, BPETokenizer
from gptlib.tokenizer import Tokenizer

_AFTER = f"{END_OF_TEXT}\n"  # stands after each document


def joined(documents: Iterable[str]) -> str:
    r"""The documents as one text, each followed by END_OF_TEXT and a line break.

    >>> joined(["A cat.\n", "A dog."])
    'A cat.\n<|endoftext|>\nA dog.<|endoftext|>\n'
    """
    return "".join(document + _AFTER for document in documents)


def parted(text: str) -> list[str]:
    r"""The documents that `joined` has made one text of; a text without END_OF_TEXT is one.

    >>> parted("A cat.\n<|endoftext|>\nA dog.<|endoftext|>\n")
    ['A cat.\n', 'A dog.']
    """
    if text.endswith(END_OF_TEXT):  # the last line break is easily lost
        text += "\n"
    *documents, rest = text.split(_AFTER)
    return documents + [rest] if rest else documents


def end_of(tokenizer: Tokenizer) -> int | None:
    """The id of END_OF_TEXT, which ends a text and begins the next; None if there is none."""
    if isinstance(tokenizer, BPETokenizer) and END_OF_TEXT in tokenizer.special:
        return len(tokenizer.tokens) + tokenizer.special.index(END_OF_TEXT)
    return None


def end_of_text(tokenizer: Tokenizer) -> int:
    """The same; ValueError if there is none."""
    if (end := end_of(tokenizer)) is None:
        raise ValueError(f"{tokenizer} has no {END_OF_TEXT}: make one with this special token")
    return end


def before_end(ids: list[int], end: int) -> list[int]:
    """The ids before the first end; all of them if there is none.

    >>> before_end([3, 1, 0, 2, 0], end=0)
    [3, 1]
    """
    return ids[: ids.index(end)] if end in ids else ids


def document_ids(documents: Iterable[str], tokenizer: BPETokenizer) -> tuple[Tensor, Tensor]:
    """Encode documents, with END_OF_TEXT before the first and after each.

    Returns the ids (N,) and the offsets (M,) of the token just before each document, from which a
    model predicts its beginning. ValueError for a tokenizer without END_OF_TEXT.
    """
    end = end_of_text(tokenizer)
    parts = [[*tokenizer.encode(document), end] for document in documents]
    starts = torch.tensor([0, *map(len, parts[:-1])]).cumsum(0)
    return torch.tensor([end, *itertools.chain(*parts)]), starts


def packed_windows(edges: list[int], block_size: int) -> list[tuple[int, int]]:
    """Cut the stretch from the first edge to the last into windows of block_size tokens.

    Each begins with the first text that the one before it does not hold whole, so that no window
    begins inside a text unless that is longer than block_size. The last may be shorter.
    Returns the start and the stop of each.

    >>> packed_windows([0, 3, 5, 9], block_size=6)
    [(0, 6), (5, 9)]
    """
    windows, start = [], edges[0]
    while True:
        stop = start + block_size
        if stop >= edges[-1]:
            return [*windows, (start, edges[-1])]
        windows.append((start, stop))
        whole = edges[bisect_right(edges, stop) - 1]  # where the last text that fits ends
        start = whole if whole > start else stop
