"""A text prepared for a model: batches, validation loss, and losses to compare that with."""

import hashlib
import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

import torch
from torch import Tensor, nn

from gptlib.bigram import Bigram, count
from gptlib.data import (
    all_batches,
    cut_windows,
    get_batch,
    load_floor,
    load_split,
    mixed_seed,
    padded_batch,
    story_ids,
)
from gptlib.tokenizer import CharTokenizer, PieceTokenizer, Tokenizer
from gptlib.train import evaluate


@dataclass(frozen=True)
class Part:
    """One part of a corpus: its ids (N,) and, if it holds many texts, their offsets (M,)."""

    ids: Tensor
    starts: Tensor | None
    tokens_per_character: float


class Corpus:
    """A text in a training and a validation part, served in rows of at most block_size tokens.

    end: the id of the token that ends each of many short texts, such as tales. A row then holds one
        text, led by the end token before it, or a piece of one. None for one long text, in which
        rows begin anywhere
    floor: the lowest loss that a model can expect on the validation part, in nats per character,
        if it is known

    All losses are in nats per character, so that they can be compared across tokenizers.
    ValueError if a part has fewer than block_size + 1 tokens.
    """

    def __init__(
        self,
        train_text: str,
        valid_text: str,
        tokenizer: Tokenizer,
        block_size: int,
        end: int | None = None,
        floor: float | None = None,
    ) -> None:
        self.tokenizer, self.block_size = tokenizer, block_size
        self.end, self.floor = end, floor
        self.sha256 = hashlib.sha256((train_text + valid_text).encode()).hexdigest()
        self.train = self._part("training", train_text)
        self.valid = self._part("validation", valid_text)
        if end is not None:
            edges = [*self.train.starts.tolist(), len(self.train.ids) - 1]
            self._rows = cut_windows(edges, block_size)

    @classmethod
    def load(
        cls,
        source: str,
        block_size: int,
        tokenizer: Literal["pieces", "chars"] = "pieces",
        vocab_size: int = 4096,
    ) -> "Corpus":
        """The corpus of a text that `data.load_split` can read, with a tokenizer made from it.

        vocab_size: the most pieces, characters included; "chars" ignores it

        Errors as in `load_split` and `PieceTokenizer.from_text`; ValueError for another tokenizer
        and for a text that is too short.
        """
        train_text, valid_text = load_split(source)
        if tokenizer == "chars":
            made = CharTokenizer(train_text + valid_text)
        elif tokenizer == "pieces":
            made = PieceTokenizer.from_text(train_text, vocab_size, valid_text)
        else:
            raise ValueError(f"tokenizer is {tokenizer!r}: give 'pieces' or 'chars'")
        if source == "tales":
            return cls.of_tales(train_text, valid_text, made, block_size)
        return cls(train_text, valid_text, made, block_size)

    @classmethod
    def of_tales(
        cls, train_text: str, valid_text: str, tokenizer: Tokenizer, block_size: int
    ) -> "Corpus":
        """The corpus of the tales: a line break begins and ends each, and their floor is known.

        valid_text: from `data.load_split`, since the floor is that of these tales
        """
        (end,) = tokenizer.encode("\n")
        floor = load_floor().nats_per_character
        return cls(train_text, valid_text, tokenizer, block_size, end, floor)

    def to(self, device: str | torch.device) -> "Corpus":
        """Move the ids to a device; returns the corpus itself."""
        for name in ("train", "valid"):
            part = getattr(self, name)
            setattr(self, name, replace(part, ids=part.ids.to(device)))
        return self

    def batch(self, n: int, batch_size: int, seed: int) -> tuple[Tensor, Tensor]:
        """Batch number n, from 0, of the sequence drawn from seed: idx and targets, both (B, T).

        B is batch_size. T is block_size, or less if all rows are shorter; rows shorter than T are
        padded, with targets IGNORE. No batch depends on those before it, so training can resume at
        any n.
        """
        generator = torch.Generator().manual_seed(mixed_seed(seed, n))
        ids = self.train.ids
        if self.train.starts is None:
            return get_batch(ids, batch_size, self.block_size, generator)
        drawn = torch.randint(len(self._rows), (batch_size,), generator=generator)
        return padded_batch(ids, [self._rows[i] for i in drawn.tolist()])

    def batches(
        self, batch_size: int, seed: int, first: int = 0
    ) -> Iterator[tuple[Tensor, Tensor]]:
        """Endless batches as in `batch`, beginning with number first."""
        return (self.batch(n, batch_size, seed) for n in itertools.count(first))

    def valid_batches(self, batch_size: int) -> Iterator[tuple[Tensor, Tensor]]:
        """The whole validation part once, in order, as `all_batches` cuts it."""
        return all_batches(self.valid.ids, batch_size, self.block_size, self.valid.starts)

    def score(self, model: nn.Module, batch_size: int, max_batches: int | None = None) -> float:
        """The validation loss of model, in nats per character.

        max_batches: if given, use at most this many batches, evenly spaced and always the same, so
            that scores can be compared; otherwise use the whole part
        """
        batches = list(self.valid_batches(batch_size))
        step = math.ceil(len(batches) / max_batches) if max_batches else 1
        return evaluate(model, batches[::step]) * self.valid.tokens_per_character

    def landmarks(self, batch_size: int) -> dict[str, float]:
        """Losses to compare a validation loss with, by name, in nats per character."""
        V, device = self.tokenizer.vocab_size, self.valid.ids.device
        counted = Bigram.counted(count(self.train.ids.cpu(), V)).to(device)
        marks = {
            "knows nothing": math.log(V) * self.valid.tokens_per_character,
            "counted pairs": self.score(counted, batch_size),
        }
        return marks if self.floor is None else marks | {"exact floor": self.floor}

    def _part(self, name: str, text: str) -> Part:
        if self.end is None:
            ids, starts = torch.tensor(self.tokenizer.encode(text)), None
        else:
            ids, starts = story_ids(text, self.tokenizer)
        if len(ids) <= self.block_size:
            raise ValueError(
                f"the {name} part of the text has {len(ids)} tokens, fewer than "
                f"block_size + 1 = {self.block_size + 1}: "
                "give a longer text or a smaller block_size"
            )
        asked = ids[1:]  # the first token is never a target
        return Part(ids, starts, len(asked) / len(self.tokenizer.decode(asked)))
