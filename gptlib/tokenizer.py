"""Tokenizers: from text to token ids and back."""

import re
import unicodedata
from abc import ABC, abstractmethod
from collections.abc import Sequence
from operator import index
from reprlib import repr as brief
from typing import Self

import torch
from torch import Tensor


class Tokenizer(ABC):
    """The interface of every tokenizer of the course, so that one can replace another.

    Ids run from 0 to vocab_size - 1, and decode(encode(text)) == text for every text of the form
    that the class describes. The class and the `state` define a tokenizer: a checkpoint keeps both,
    and tokenizers that have both in common are equal.
    """

    @property
    @abstractmethod
    def vocab_size(self) -> int: ...

    @abstractmethod
    def encode(self, text: str) -> list[int]: ...

    def encode_to_tensor(self, text: str) -> Tensor:
        """The ids of text, (N,) int64. Errors as in `encode`."""
        return torch.tensor(self.encode(text), dtype=torch.int64)

    @abstractmethod
    def decode(self, ids: Sequence[int] | Tensor) -> str: ...

    @abstractmethod
    def state(self) -> str | list | dict:
        """What `from_state` needs to make the same tokenizer, in types that JSON has."""

    @classmethod
    def from_state(cls, state: str | list | dict) -> Self:
        """The tokenizer that has this state; ValueError if none has."""
        try:
            tokenizer = cls(state)
        except TypeError:
            tokenizer = None
        if tokenizer is None or tokenizer.state() != state:
            raise ValueError(
                f"{brief(state)} is not the state of a {cls.__name__}: give what state() returned"
            )
        return tokenizer

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and other.state() == self.state()

    def __hash__(self) -> int:
        return hash(repr(self))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.state()!r})"


class TextTokenizer(Tokenizer):
    """A tokenizer whose tokens, joined, are the text, so that a model can write with it."""

    @abstractmethod
    def token_bytes(self, i: int) -> bytes:
        """The text of id i in UTF-8, which may be only a part of a character.

        ValueError for an unknown id.
        """

    @staticmethod
    def normalize(text: str) -> str:
        """The one spelling of text that a model is trained on and asked with: here text itself."""
        return text

    def as_prompt(self, text: str) -> str:
        """The part of text that a model should be given to continue it: here all of it."""
        return text


class CharTokenizer(TextTokenizer):
    """One id for each different character of a text, in the order of their code points.

    Its whole state is the string `chars`: CharTokenizer(tokenizer.chars) == tokenizer.
    `normalize` composes characters: an e and an accent become one é, as far as Unicode has it
    (NFC). ValueError for an empty text, and for anything but a str.

    >>> tokenizer = CharTokenizer("banana")
    >>> tokenizer.chars
    'abn'
    >>> tokenizer.encode("nab")
    [2, 0, 1]
    >>> tokenizer.decode([1, 0, 2])
    'ban'
    """

    def __init__(self, text: str) -> None:
        if not (isinstance(text, str) and text):
            raise ValueError(
                f"text is {brief(text)}: a tokenizer needs a str with at least one character"
            )
        self.chars = "".join(sorted(set(text)))
        self._id_of = {char: i for i, char in enumerate(self.chars)}

    @property
    def vocab_size(self) -> int:
        return len(self.chars)

    def encode(self, text: str) -> list[int]:
        """The ids of the characters of text, one each; ValueError at the first unknown one."""
        if not isinstance(text, str):
            raise ValueError(f"text is {brief(text)}: encode a str")
        try:
            return [self._id_of[char] for char in text]
        except KeyError as error:
            char = error.args[0]
            raise ValueError(
                f"character {char!r} at position {text.index(char)} is not among the "
                f"{self.vocab_size} this tokenizer knows: "
                "remove it, or build the tokenizer from a text that has it"
            ) from None

    def decode(self, ids: Sequence[int] | Tensor) -> str:
        """The text of ids, a list of ints or a tensor (T,); ValueError for other types and ids."""
        return "".join([self.chars[i] for i in checked_ids(ids, self.vocab_size)])

    def token_bytes(self, i: int) -> bytes:
        return self.decode([i]).encode()

    @staticmethod
    def normalize(text: str) -> str:
        return unicodedata.normalize("NFC", text)

    def state(self) -> str:
        return self.chars


class WordTokenizer(Tokenizer):
    """One id for each word and punctuation mark of a text, after three ids for special tokens.

    A text is words with one space between them, but none before ".", "," or an English 's, and none
    after a French apostrophe, as in l'oiseau. Its whole state is `words`, in the order of
    their ids: WordTokenizer(" ".join(tokenizer.words)) == tokenizer. ValueError for a text without
    a word.

    >>> tokenizer = WordTokenizer("the bird's egg. l'oeuf de l'oiseau.")
    >>> tokenizer.words
    ["'s", '.', 'bird', 'de', 'egg', "l'", 'oeuf', 'oiseau', 'the']
    >>> tokenizer.encode("l'oiseau.")
    [8, 10, 4]
    >>> tokenizer.decode([8, 10, 4, tokenizer.end])
    "l'oiseau."
    """

    pad = 0  # pads shorter rows
    start = 1  # comes before the first word
    end = 2  # comes after the last

    def __init__(self, text: str) -> None:
        self.words = sorted(set(split_words(text)))
        if not self.words:
            raise ValueError(f"text is {brief(text)}: give one with at least one word")
        self._id_of = {word: i for i, word in enumerate(self.words, self.end + 1)}

    @property
    def vocab_size(self) -> int:
        return self.end + 1 + len(self.words)

    def encode(self, text: str) -> list[int]:
        """The ids of the words of text; ValueError for a text without one, and for unknown ones."""
        words = split_words(text)
        if not words:
            raise ValueError(f"text {text!r} has no word: give at least one")
        if unknown := [word for word in words if word not in self._id_of]:
            raise ValueError(
                f"word {unknown[0]!r} is not among the {len(self.words)} this tokenizer knows: "
                "choose another, or build the tokenizer from a text that has it"
            )
        return [self._id_of[word] for word in words]

    def decode(self, ids: Sequence[int] | Tensor) -> str:
        """The text of ids, as in `CharTokenizer`; pad, start and end are left out."""
        ids = checked_ids(ids, self.vocab_size)
        return join_words([self.words[i - self.end - 1] for i in ids if i > self.end])

    def state(self) -> str:
        return " ".join(self.words)


def split_words(text: str) -> list[str]:
    """The words and punctuation marks of a text, without the spaces.

    >>> split_words("the bird's egg, l'oeuf.")
    ['the', 'bird', "'s", 'egg', ',', "l'", 'oeuf', '.']

    ValueError for anything but a str.
    """
    if not isinstance(text, str):
        raise ValueError(f"text is {brief(text)}: give a str")
    return re.findall(r"'s\b|[\w-]+'(?!s\b)|[\w-]+|[^\w\s]", text)


def join_words(words: Sequence[str]) -> str:
    """The text that `split_words` splits into these words and punctuation marks."""
    text = " ".join(words)
    return re.sub(r" (?=[.,]|'s\b)|(?<=') ", "", text)


def checked_ids(ids: Sequence[int] | Tensor, vocab_size: int) -> list[int]:
    """Return ids, a list of ints or a tensor (T,), as ints; ValueError for other types and ids."""
    if hasattr(ids, "tolist"):  # a tensor or an array
        ids = ids.tolist()  # one transfer from the device, not one per token
    try:
        ids = [index(i) for i in ids]
    except TypeError:
        raise ValueError(
            f"ids {brief(ids)} are not one sequence of ints: "
            "give a list or a tensor (T,), such as one row of a batch"
        ) from None
    for i in ids:
        if not 0 <= i < vocab_size:  # -1 would silently be the last of the vocabulary
            raise ValueError(
                f"id {i} is not among this tokenizer's, 0 to {vocab_size - 1}: "
                "decode ids that it made"
            )
    return ids
