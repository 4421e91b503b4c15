"""What a model makes of documents that carry their own answers."""

from collections.abc import Iterator, Sequence
from itertools import accumulate, pairwise
from typing import NamedTuple

import torch
from torch import nn
from torch.nn.utils.rnn import pad_sequence

from gptlib.bpe import BPETokenizer
from gptlib.config import Sampling
from gptlib.data import padded_batch
from gptlib.documents import before_end, document_ids, end_of_text
from gptlib.eval_mode import evaluating
from gptlib.sampling import generate
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


def say(
    model: nn.Module,
    tokenizer: BPETokenizer,
    prompts: Sequence[str],
    max_new_tokens: int = 32,
    batch_size: int = 50,
) -> list[str]:
    r"""The line that a model writes after each prompt, always taking the likeliest token.

    A line ends with the first "\n", where the document ends, or after max_new_tokens; spaces around
    it are left out. tokenizer as in `read`; errors as of `generate`.
    """
    parts = [prompts[i : i + batch_size] for i in range(0, len(prompts), batch_size)]
    return [line for part in parts for line in _say(model, tokenizer, part, max_new_tokens)]


def prompts_of(documents: Sequence[Document]) -> tuple[list[str], list[str]]:
    """Documents up to their first answers, and what comes after these prompts in the same lines.

    ValueError for a document without an answer.
    """
    prompts, wanted = [], []
    for document in documents:
        if not document.answers:
            raise ValueError(f"{document.text!r} has no answer: give documents that have one")
        cut = document.answers[0].place.start
        prompts.append(document.text[:cut])
        wanted.append(document.text[cut:].split("\n")[0].strip())
    return prompts, wanted


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


def _say(
    model: nn.Module, tokenizer: BPETokenizer, prompts: Sequence[str], max_new_tokens: int
) -> Iterator[str]:
    end, device = end_of_text(tokenizer), next(model.parameters()).device
    rows = [
        torch.tensor([end, *tokenizer.encode(tokenizer.as_prompt(prompt))]) for prompt in prompts
    ]
    lengths = torch.tensor([len(row) for row in rows])
    idx = pad_sequence(rows, batch_first=True).to(device)
    likeliest = Sampling(temperature=0)
    new = generate(model, idx, max_new_tokens, likeliest, lengths=lengths, stop=end)
    for ids in new[:, idx.shape[1] :].tolist():
        yield tokenizer.decode(before_end(ids, end)).split("\n")[0].strip()
