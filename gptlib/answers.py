"""What a model makes of documents that carry their own answers."""

from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import NamedTuple

import torch
from torch import nn
from torch.nn.utils.rnn import pad_sequence

from gptlib.bpe import BPETokenizer
from gptlib.data import IGNORE
from gptlib.documents import end_of_text
from gptlib.eval_mode import evaluating
from gptlib.train import token_losses
from gptlib.web import Document


class Read(NamedTuple):
    """How a model has read a document.

    nats: minus the log-probability that it gave to the document, its end included
    right: for each answer, whether every token of it was the likeliest one in its place
    """

    nats: float
    right: tuple[bool, ...]


def read(
    model: nn.Module, tokenizer: BPETokenizer, documents: Sequence[Document], batch_size: int = 16
) -> list[Read]:
    """Let a model read documents, each from its start and by itself.

    tokenizer: the one that model was trained with, END_OF_TEXT among its tokens. Errors as of model
    for a document that is too long.
    """
    parts = [documents[i : i + batch_size] for i in range(0, len(documents), batch_size)]
    with evaluating(model):
        return [one for part in parts for one in _read(model, tokenizer, part)]


def tokens_of(place: slice, text: str, ids: Sequence[int], tokenizer: BPETokenizer) -> range:
    """Which of the tokens of a text hold something of the characters at a place in it.

    ids: tokenizer.encode(text)
    """
    first, last = (len(text[:end].encode()) for end in (place.start, place.stop))
    ends = list(accumulate(len(tokenizer.token_bytes(i)) for i in ids))
    held = [k for k, end in enumerate(ends) if end > first and end - _size(k, ends) < last]
    return range(held[0], held[-1] + 1)


def _size(k: int, ends: Sequence[int]) -> int:
    return ends[k] - (ends[k - 1] if k else 0)


@torch.no_grad()
def _read(
    model: nn.Module, tokenizer: BPETokenizer, documents: Sequence[Document]
) -> Iterator[Read]:
    end, device = end_of_text(tokenizer), next(model.parameters()).device
    texts = [tokenizer.encode(document.text) for document in documents]
    idx = pad_sequence([torch.tensor([end, *ids]) for ids in texts], True).to(device)
    targets = pad_sequence([torch.tensor([*ids, end]) for ids in texts], True, IGNORE).to(device)
    logits = model(idx)
    logits = logits.to(torch.promote_types(logits.dtype, torch.float32))  # low-precision sums drift
    nats = token_losses(lambda _: logits, (idx, targets)).sum(1)
    likeliest = (logits.argmax(-1) == targets).cpu()
    for document, ids, n, found in zip(documents, texts, nats.tolist(), likeliest, strict=True):
        places = [tokens_of(a.place, document.text, ids, tokenizer) for a in document.answers]
        yield Read(n, tuple(found[at.start : at.stop].all().item() for at in places))
