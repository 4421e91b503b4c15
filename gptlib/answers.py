"""What a model makes of documents that carry their own answers."""

from collections.abc import Iterator, Sequence
from itertools import accumulate, pairwise
from typing import NamedTuple

import torch
from torch import nn

from gptlib.bpe import BPETokenizer
from gptlib.data import padded_batch
from gptlib.documents import document_ids
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
    edges = accumulate((len(tokenizer.token_bytes(i)) for i in ids), initial=0)
    held = [k for k, (start, end) in enumerate(pairwise(edges)) if end > first and start < last]
    return range(held[0], held[-1] + 1)


@torch.no_grad()
def _read(
    model: nn.Module, tokenizer: BPETokenizer, documents: Sequence[Document]
) -> Iterator[Read]:
    ids, starts = document_ids((document.text for document in documents), tokenizer)
    windows = list(pairwise([*starts.tolist(), len(ids) - 1]))
    idx, targets = padded_batch(ids.to(next(model.parameters()).device), windows)
    logits = model(idx)
    logits = logits.to(torch.promote_types(logits.dtype, torch.float32))  # low-precision sums drift
    nats = token_losses(lambda _: logits, (idx, targets)).sum(1)
    likeliest = (logits.argmax(-1) == targets).cpu()
    for document, (i, j), n, found in zip(
        documents, windows, nats.tolist(), likeliest, strict=True
    ):
        said = ids[i + 1 : j].tolist()
        places = [tokens_of(a.place, document.text, said, tokenizer) for a in document.answers]
        yield Read(n, tuple(found[at.start : at.stop].all().item() for at in places))
