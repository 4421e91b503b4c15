"""Tokenizers: from text to token ids and back."""

import re
import unicodedata
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Sequence
from operator import index
from reprlib import repr as brief
from typing import Self

import regex
from torch import Tensor

# A word, punctuation or white space, the first two with a space before them. A combining mark
# continues the word that it stands in, as does an invisible joiner. Not so in Thai and other
# scripts that write no spaces, whose whole sentences would be words.
PIECE = regex.compile(
    r"""(?V1)\ ?[\p{L}\p{N}_'] [\p{L}\p{N}_'[[\p{M}\u200C\u200D]--\p{Line_Break=SA}]]*
    | \ ?[^\p{L}\p{N}_\s]+ | \s+""",
    regex.VERBOSE,
)


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

    @abstractmethod
    def decode(self, ids: Sequence[int] | Tensor) -> str: ...

    @abstractmethod
    def state(self) -> str | list:
        """What `from_state` needs to make the same tokenizer, in types that JSON has."""

    @classmethod
    def from_state(cls, state: str | list) -> Self:
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
        return "".join([self.chars[i] for i in _checked(ids, self.vocab_size)])

    def token_bytes(self, i: int) -> bytes:
        return self.decode([i]).encode()

    @staticmethod
    def normalize(text: str) -> str:
        return unicodedata.normalize("NFC", text)

    def state(self) -> str:
        return self.chars


class PieceTokenizer(TextTokenizer):
    """One id for each frequent piece of a text, and one for each character, to spell the rest.

    A piece is a word or a run of punctuation, with the space before it if there is one, or a run of
    other white space; joined, the pieces of a text are the text. Its whole state is
    `pieces`, in the order of their ids: PieceTokenizer(tokenizer.pieces) == tokenizer.
    `normalize` is as in `CharTokenizer`. ValueError for no pieces, for one given twice, and for one
    with a character that is not a piece too.

    >>> tokenizer = PieceTokenizer.from_text("a cat, a cat, a rat", vocab_size=10)
    >>> tokenizer.pieces
    [' ', ',', 'a', 'c', 'r', 't', ' cat', ' a']
    >>> tokenizer.encode("a cat, a cart")
    [2, 6, 1, 7, 0, 3, 2, 4, 5]
    """

    def __init__(self, pieces: Sequence[str]) -> None:
        self.pieces = list(pieces)
        self._spell = CharTokenizer("".join(self.pieces))
        self._id_of = {piece: i for i, piece in enumerate(self.pieces)}
        lacking = set(self._spell.chars) - set(self.pieces)
        if lacking or len(self._id_of) < len(self.pieces):
            raise ValueError(
                f"pieces are {brief(self.pieces)}: "
                "give each once, and each of their characters as a piece too"
            )

    @classmethod
    def from_text(cls, text: str, vocab_size: int, more: str = "") -> "PieceTokenizer":
        """A tokenizer of all characters of text and its most frequent pieces, at most vocab_size.

        more: another text, whose characters are included too, but not its pieces

        A piece that occurs only once is spelled out: a model could learn little about it. All
        characters are included, even if they are more than vocab_size. ValueError for an empty
        text.
        """
        chars = CharTokenizer(text + more).chars
        counts = Counter(piece for piece in split_pieces(text) if len(piece) > 1)
        room = max(0, vocab_size - len(chars))
        frequent = [piece for piece, n in counts.most_common(room) if n > 1]
        return cls([*chars, *frequent])

    @property
    def vocab_size(self) -> int:
        return len(self.pieces)

    def encode(self, text: str) -> list[int]:
        """The ids of the pieces of text; ValueError at the first unknown character."""
        if not (isinstance(text, str) and set(text) <= self._id_of.keys()):
            self._spell.encode(text)  # raises, and says what is wrong and where
        ids = []
        for piece in split_pieces(text):
            i = self._id_of.get(piece)
            ids += [self._id_of[char] for char in piece] if i is None else [i]
        return ids

    def decode(self, ids: Sequence[int] | Tensor) -> str:
        """The text of ids, as in `CharTokenizer`."""
        return "".join([self.pieces[i] for i in _checked(ids, self.vocab_size)])

    def token_bytes(self, i: int) -> bytes:
        return self.decode([i]).encode()

    normalize = staticmethod(CharTokenizer.normalize)

    def as_prompt(self, text: str) -> str:
        """Text without the spaces at its end: a space belongs to the word after it."""
        return text.rstrip(" ")

    def state(self) -> list[str]:
        return list(self.pieces)


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
        return join_words(
            [self.words[i - self.end - 1] for i in _checked(ids, self.vocab_size) if i > self.end]
        )

    def state(self) -> str:
        return " ".join(self.words)


def split_pieces(text: str) -> list[str]:
    """The words and punctuation of a text, each with the space before it, and other white space.

    >>> split_pieces('"Come in," said Mia.')
    ['"', 'Come', ' in', ',"', ' said', ' Mia', '.']
    """
    return PIECE.findall(text)


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


def _checked(ids: Sequence[int] | Tensor, vocab_size: int) -> list[int]:
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
