"""A text prepared for a model: batches, validation loss, and losses to compare that with."""

import hashlib
import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

import torch
from torch import Tensor, nn

from gptlib.bigram import pair_loss
from gptlib.bpe import BPETokenizer, gpt2_tokenizer
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
from gptlib.documents import document_ids, end_of, end_of_text, packed_windows, parted
from gptlib.tokenizer import CharTokenizer, TextTokenizer, Tokenizer
from gptlib.train import evaluate


@dataclass(frozen=True)
class Part:
    """One part of a corpus: its ids (N,) and, if it holds many texts, their offsets (M,)."""

    ids: Tensor
    starts: Tensor | None
    tokens_per_character: float

    @classmethod
    def of(cls, text: str, tokenizer: Tokenizer, end: int | None = None) -> "Part":
        """The part that a text is for a tokenizer; end as in `Corpus`. Errors as in `encode`."""
        if end is None:
            ids, starts = tokenizer.encode_to_tensor(text), None
        elif end == end_of(tokenizer):
            documents = parted(text)
            ids, starts = document_ids(documents, tokenizer)
            return cls(ids, starts, (len(ids) - 1) / max(1, sum(map(len, documents))))
        else:
            ids, starts = story_ids(text, tokenizer)
        asked = ids[1:]  # the first token is never a target
        return cls(ids, starts, len(asked) / max(1, len(tokenizer.decode(asked))))

    def batches(self, batch_size: int, block_size: int) -> Iterator[tuple[Tensor, Tensor]]:
        """The whole part once, in order, as `all_batches` cuts it."""
        return all_batches(self.ids, batch_size, block_size, self.starts)

    def score(self, model: nn.Module, batch_size: int, block_size: int) -> float:
        """The mean loss of model on the whole part, in nats per token."""
        return evaluate(model, self.batches(batch_size, block_size))

    def to(self, device: str | torch.device) -> "Part":
        """The same part, with its ids on a device."""
        return replace(self, ids=self.ids.to(device))


class Corpus:
    """A text in a training and a validation part, served in rows of at most block_size tokens.

    end: the id of the token that ends each of many short texts, such as tales. A row then holds one
        text, led by the end token before it, or a piece of one. If it is END_OF_TEXT, the texts are
        documents, each followed by it, and a row holds as many of them as fit, as in GPT-3's
        training, unless packed is False. None for one long text, in which rows begin anywhere
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
        packed: bool = True,
    ) -> None:
        self.tokenizer, self.block_size = tokenizer, block_size
        self.end, self.floor = end, floor
        self.sha256 = hashlib.sha256((train_text + valid_text).encode()).hexdigest()
        self.train = Part.of(train_text, tokenizer, end)
        self.valid = Part.of(valid_text, tokenizer, end)
        self._check_lengths()
        if end is not None:
            edges = [*self.train.starts.tolist(), len(self.train.ids) - 1]
            self._packed = packed and end == end_of(tokenizer)
            self._rows = (packed_windows if self._packed else cut_windows)(edges, block_size)

    @classmethod
    def load(
        cls,
        source: str,
        block_size: int,
        tokenizer: Literal["bpe", "gpt2", "chars"] = "bpe",
        vocab_size: int = 4096,
    ) -> "Corpus":
        """The corpus of a text that `load_split` can read. Errors as there and in `of_texts`."""
        make = cls.of_tales if source == "tales" else cls.of_texts
        return make(*load_split(source), tokenizer, block_size, vocab_size)

    @classmethod
    def of_texts(
        cls,
        train_text: str,
        valid_text: str,
        tokenizer: Literal["bpe", "gpt2", "chars"] | TextTokenizer,
        block_size: int,
        vocab_size: int = 4096,
    ) -> "Corpus":
        """The corpus of two texts, in the form to which the tokenizer normalizes them.

        tokenizer: one to use, or a kind: "bpe" is learned from train_text, with at most vocab_size
            tokens, "gpt2" is GPT-2's, and "chars" are the characters of both texts

        ValueError for another kind of tokenizer, for a text that is too short, and for characters
        that the tokenizer does not know.
        """
        tokenizer = make_tokenizer(tokenizer, train_text, valid_text, vocab_size)
        train_text, valid_text = map(tokenizer.normalize, (train_text, valid_text))
        return cls(train_text, valid_text, tokenizer, block_size)

    @classmethod
    def of_tales(
        cls,
        train_text: str,
        valid_text: str,
        tokenizer: Literal["bpe", "gpt2", "chars"] | TextTokenizer,
        block_size: int,
        vocab_size: int = 4096,
    ) -> "Corpus":
        """The corpus of the tales: a line break begins and ends each, and their floor is known.

        valid_text: from `data.load_split`, since the floor is that of these tales; the rest and
            errors as in `of_texts`
        """
        tokenizer = make_tokenizer(tokenizer, train_text, valid_text, vocab_size)
        (end,) = tokenizer.encode("\n")
        floor = load_floor().nats_per_character
        return cls(train_text, valid_text, tokenizer, block_size, end, floor)

    @classmethod
    def of_documents(
        cls,
        train_text: str,
        valid_text: str,
        tokenizer: BPETokenizer,
        block_size: int,
        floor: float | None = None,
        packed: bool = True,
    ) -> "Corpus":
        """The corpus of two texts of documents, such as those of the little web in data/.

        Each document is followed by END_OF_TEXT, one of the tokenizer's tokens, and a line break.
        ValueError for a tokenizer without it, and for a text that is too short.
        """
        end = end_of_text(tokenizer)
        return cls(train_text, valid_text, tokenizer, block_size, end, floor, packed)

    def to(self, device: str | torch.device) -> "Corpus":
        """Move the ids to a device; returns the corpus itself."""
        self.train, self.valid = self.train.to(device), self.valid.to(device)
        return self

    def batch(self, n: int, batch_size: int, seed: int) -> tuple[Tensor, Tensor]:
        """Batch number n, from 0, of the sequence drawn from seed: idx and targets, both (B, T).

        B is batch_size. T is block_size, or less if all rows are shorter; rows shorter than T are
        padded, with targets IGNORE. No batch depends on those before it, so training can resume at
        any n. Rows of packed documents are drawn without replacement: none comes a second time
        before all have come once.
        """
        generator = torch.Generator().manual_seed(mixed_seed(seed, n))
        ids = self.train.ids
        if self.train.starts is None:
            return get_batch(ids, batch_size, self.block_size, generator)
        if self._packed:
            drawn = self._without_replacement(n, batch_size, seed)
        else:
            drawn = torch.randint(len(self._rows), (batch_size,), generator=generator).tolist()
        return padded_batch(ids, [self._rows[i] for i in drawn])

    def batches(
        self, batch_size: int, seed: int, first: int = 0
    ) -> Iterator[tuple[Tensor, Tensor]]:
        """Endless batches as in `batch`, beginning with number first."""
        return (self.batch(n, batch_size, seed) for n in itertools.count(first))

    def valid_batches(self, batch_size: int) -> Iterator[tuple[Tensor, Tensor]]:
        """The whole validation part once, in order, as `all_batches` cuts it."""
        return self.valid.batches(batch_size, self.block_size)

    def score(self, model: nn.Module, batch_size: int, max_batches: int | None = None) -> float:
        """The validation loss of model, in nats per character.

        max_batches: if given, use at most this many batches, evenly spaced and always the same, so
            that scores can be compared; otherwise use the whole part
        """
        batches = list(self.valid_batches(batch_size))
        step = math.ceil(len(batches) / max_batches) if max_batches else 1
        return evaluate(model, batches[::step]) * self.valid.tokens_per_character

    def landmarks(self) -> dict[str, float]:
        """Losses to compare a validation loss with, by name, in nats per character."""
        V = self.tokenizer.vocab_size
        pairs = pair_loss(self.train.ids.cpu(), self.valid.ids.cpu(), V)
        marks = {
            "knows nothing": math.log(V) * self.valid.tokens_per_character,
            "counted pairs": pairs * self.valid.tokens_per_character,
        }
        return marks if self.floor is None else marks | {"exact floor": self.floor}

    def longest_copy(self, text: str) -> str:
        """The longest stretch of text that stands word for word in the training part."""
        known, best, i = self.tokenizer.decode(self.train.ids), "", 0
        while i + len(best) < len(text):
            if text[i : i + len(best) + 1] in known:
                best = text[i : i + len(best) + 1]
            else:
                i += 1
        return best

    def _without_replacement(self, n: int, batch_size: int, seed: int) -> list[int]:
        """The numbers of the rows of batch n, of a sequence that is a new permutation each time."""
        N, at = len(self._rows), range(n * batch_size, (n + 1) * batch_size)
        orders = {}
        for time in range(at[0] // N, at[-1] // N + 1):
            generator = torch.Generator().manual_seed(mixed_seed(seed, time, 2))
            orders[time] = torch.randperm(N, generator=generator)
        return [int(orders[i // N][i % N]) for i in at]

    def _check_lengths(self) -> None:
        parts = {"training": len(self.train.ids), "validation": len(self.valid.ids)}
        name = min(parts, key=parts.get)
        if parts[name] <= self.block_size:
            advice = f"give a longer text or a block_size of at most {parts[name] - 1}"
            if parts[name] < 2:
                advice = "give a longer text"
            raise ValueError(
                f"the {name} part of the text has {parts[name]} tokens, fewer than "
                f"block_size + 1 = {self.block_size + 1}: {advice}"
            )


def make_tokenizer(
    kind: str | TextTokenizer, train_text: str, valid_text: str, vocab_size: int
) -> TextTokenizer:
    """A tokenizer of this kind, made from two texts, as in `Corpus.of_texts`, or kind if it is one.

    ValueError for another kind, and errors as in `bpe.train`.
    """
    if isinstance(kind, TextTokenizer):
        return kind
    if kind == "bpe":
        return BPETokenizer.from_text(train_text, vocab_size)
    if kind == "gpt2":
        return gpt2_tokenizer()
    if kind == "chars":
        return CharTokenizer("".join(map(CharTokenizer.normalize, (train_text, valid_text))))
    raise ValueError(f"tokenizer is {kind!r}: give 'bpe', 'gpt2' or 'chars'")
