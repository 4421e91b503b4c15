"""GPT-1's tokenizer: byte-pair encoding as it was published, on the characters of single words.

Sennrich et al. (2016), section 3.2; Radford et al. (2018), section 4.1.
"""

from collections.abc import Sequence
from reprlib import repr as brief
from typing import Self

from tokenizers import Tokenizer as Tokens
from tokenizers import models, normalizers, pre_tokenizers
from torch import Tensor

from gptlib.tokenizer import TextTokenizer, checked_ids

UNKNOWN = "<unk>"
WORD_END = "</w>"


class GPT1Tokenizer(TextTokenizer):
    r"""A tokenizer of lower-case words and parts of words; a token that ends a word says so.

    tokens: the token of each id, UNKNOWN among them, which stands for any unknown character
    merges: pairs of tokens with a space between them, as "t h"; an earlier one is joined first

    White space and punctuation end a word, and accents are dropped, so decoding is no inverse. A
    text written as `normalize` writes it comes back: in lower case, with one space after each word
    and each punctuation mark. ValueError for other tokens and merges.

    The ids are those of the class OpenAIGPTTokenizer in transformers. OpenAI's own code called the
    libraries ftfy and spaCy first: they mend broken characters and part "don't" as "do n't". It
    also kept line breaks, for which the vocabulary of GPT-1 has the token "\n</w>".

    >>> letters = ["<unk>", "t", "h", "e", "e</w>", ".</w>"]
    >>> tokenizer = GPT1Tokenizer([*letters, "th", "the</w>"], ["t h", "th e</w>"])
    >>> tokenizer.encode("The thé.")
    [7, 7, 5]
    >>> tokenizer.decode([7, 7, 5])
    'the the . '
    """

    def __init__(self, tokens: Sequence[str], merges: Sequence[str]) -> None:
        self.tokens, self.merges = list(tokens), list(merges)
        id_of = {token: i for i, token in enumerate(self.tokens)}
        pairs = [tuple(merge.split(" ")) for merge in self.merges]
        if len(id_of) < len(self.tokens) or UNKNOWN not in id_of:
            raise ValueError(f"tokens are {brief(tokens)}: give different ones, {UNKNOWN!r} too")
        for merge, pair in zip(self.merges, pairs, strict=True):
            if len(pair) != 2 or not {*pair, "".join(pair)} <= id_of.keys():
                raise ValueError(
                    f"merge {merge!r} is no pair of tokens whose join is a token: "
                    'give merges such as "t h"'
                )
        self._bpe = Tokens(models.BPE(id_of, pairs, unk_token=UNKNOWN, end_of_word_suffix=WORD_END))
        self._bpe.normalizer = normalizers.BertNormalizer(lowercase=True)
        self._bpe.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
        self._bpe.add_special_tokens([UNKNOWN])  # so that it is read as it is written

    @property
    def vocab_size(self) -> int:
        return len(self.tokens)

    def encode(self, text: str) -> list[int]:
        """The ids of text; ValueError for anything but a str, and for half of a surrogate pair."""
        # Line by line, since what the library returns for a text takes a lot of memory.
        try:
            lines = self._bpe.encode_batch_fast(text.split("\n"))
        except (AttributeError, TypeError):
            raise ValueError(
                f"text is {brief(text)}: encode a str without halves of surrogate pairs"
            ) from None
        return [i for line in lines for i in line.ids]

    def decode(self, ids: Sequence[int] | Tensor) -> str:
        """The text of ids, as in `CharTokenizer`; a space comes after each word."""
        ids = checked_ids(ids, self.vocab_size)
        return "".join([self._text(i) for i in ids])

    def token_bytes(self, i: int) -> bytes:
        return self.decode([i]).encode()

    def normalize(self, text: str) -> str:
        # Once more, since "a☃b" becomes "a<unk>b", and that "a <unk>b".
        return self.decode(self.encode(self.decode(self.encode(text))))

    def state(self) -> dict[str, list[str]]:
        return {"tokens": list(self.tokens), "merges": list(self.merges)}

    @classmethod
    def from_state(cls, state: dict[str, list[str]]) -> Self:
        """The tokenizer that has this state; ValueError if none has."""
        try:
            made = cls(**state)
        except (TypeError, AttributeError):
            made = None
        if made is None or made.state() != state:
            raise ValueError(f"{brief(state)} is not the state of a {cls.__name__}")
        return made

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.vocab_size} tokens)"

    def _text(self, i: int) -> str:
        token = self.tokens[i]
        # A line break needs no space, and so `write` finds it.
        return "\n" if token == "\n" + WORD_END else token.replace(WORD_END, " ")
