"""From text to numbers and back."""

from collections.abc import Sequence
from operator import index
from reprlib import repr as brief
from typing import Protocol

from torch import Tensor


class Tokenizer(Protocol):
    """What every tokenizer of the course can do, so that one can stand in for another.

    Ids run from 0 to vocab_size - 1, and decode(encode(text)) is text again.
    """

    @property
    def vocab_size(self) -> int: ...

    def encode(self, text: str) -> list[int]: ...

    def decode(self, ids: Sequence[int] | Tensor) -> str: ...


class CharTokenizer:
    """One id for each character of a text, in the order of their code points.

    Its whole state is the string `chars`: CharTokenizer(tokenizer.chars) == tokenizer.
    ValueError for an empty text, and for what is no str.

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
        if hasattr(ids, "tolist"):  # a tensor or an array
            ids = ids.tolist()  # one step off the device, not one per token
        try:
            ids = [index(i) for i in ids]
        except TypeError:
            raise ValueError(
                f"ids {brief(ids)} are not one sequence of ints: "
                "give a list or a tensor (T,), such as one row of a batch"
            ) from None
        for i in ids:
            if not 0 <= i < self.vocab_size:  # chars[-1] would quietly be the last character
                raise ValueError(
                    f"id {i} is not among this tokenizer's, 0 to {self.vocab_size - 1}: "
                    "decode ids that it made"
                )
        return "".join([self.chars[i] for i in ids])

    def __eq__(self, other: object) -> bool:
        return isinstance(other, CharTokenizer) and self.chars == other.chars

    def __hash__(self) -> int:
        return hash(self.chars)

    def __repr__(self) -> str:
        return f"CharTokenizer({self.chars!r})"
