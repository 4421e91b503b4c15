"""Sentence pairs of two languages in, batches of about equally many tokens out."""

from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from gptlib.data import IGNORE, PAIRS, load_text
from gptlib.tokenizer import WordTokenizer

Encoded = tuple[Tensor, Tensor]  # ids of a source sentence, and of a target from `start` to `end`


class Pair(NamedTuple):
    """A sentence, its translation, and its word alignment: index pairs (english, french)."""

    english: str
    french: str
    alignment: tuple[tuple[int, int], ...]


def load_pairs(part: Literal["train", "valid", "test"]) -> list[Pair]:
    """The training, validation or test pairs.

    Each test pair combines an adjective and a noun that are never combined in the other parts.
    ValueError if data/ lacks them.
    """
    pairs = []
    for line in load_text(PAIRS[part]).splitlines():
        english, french, links = line.split("\t")
        alignment = tuple(tuple(map(int, link.split("-"))) for link in links.split())
        pairs.append(Pair(english, french, alignment))
    return pairs


def encode_pairs(pairs: Sequence[Pair], tokenizer: WordTokenizer) -> list[Encoded]:
    """The ids of each pair's words; ValueError for unknown ones."""
    return [
        (
            torch.tensor(tokenizer.encode(pair.english)),
            torch.tensor([tokenizer.start, *tokenizer.encode(pair.french), tokenizer.end]),
        )
        for pair in pairs
    ]


def pair_batches(
    pairs: Sequence[Encoded], max_tokens: int, seed: int, first: int = 0
) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
    """Endless batches, as `all_pair_batches` cuts them: each pair once, then each again.

    Each time, pairs of similar length are grouped anew, and the batches come in a new order.
    first: the number of batches to skip at the beginning, to resume training
    """
    generator = torch.Generator().manual_seed(seed)
    while True:
        shuffled = [pairs[i] for i in torch.randperm(len(pairs), generator=generator)]
        cut = list(all_pair_batches(shuffled, max_tokens))
        order = torch.randperm(len(cut), generator=generator).tolist()
        yield from (cut[i] for i in order[first:])
        first = max(0, first - len(order))


def all_pair_batches(
    pairs: Sequence[Encoded], max_tokens: int
) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
    """Group pairs of similar length into batches, as many as fit, from short to long.

    Yields src (B, S), idx (B, T) and targets (B, T): what `Transformer` takes, and what it should
    predict. B times S and B times T are at most max_tokens; src and idx are padded with `pad`,
    targets with IGNORE. ValueError for a pair that is longer than max_tokens, and for no pairs.
    """
    if not pairs:
        raise ValueError("pairs is empty: give at least one")
    rows: list[Encoded] = []
    longest = 0
    for pair in sorted(pairs, key=lambda pair: (len(pair[1]), len(pair[0]))):
        size = max(len(pair[0]), len(pair[1]) - 1)
        if size > max_tokens:
            raise ValueError(f"a pair has {size} tokens, max_tokens is {max_tokens}: give more")
        longest = max(longest, size)
        if longest * (len(rows) + 1) > max_tokens:
            yield _batch(rows)
            rows, longest = [], size
        rows.append(pair)
    yield _batch(rows)


def _batch(rows: list[Encoded]) -> tuple[Tensor, Tensor, Tensor]:
    src = pad_sequence([source for source, _ in rows], True, WordTokenizer.pad)
    idx = pad_sequence([target[:-1] for _, target in rows], True, WordTokenizer.pad)
    targets = pad_sequence([target[1:] for _, target in rows], True, IGNORE)
    return src, idx, targets
