"""Text in, text out: what a model writes, yielded as soon as it is certain."""

import codecs
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from numbers import Integral

import torch
from torch import Tensor, nn

from gptlib.config import Sampling
from gptlib.data import clean
from gptlib.sampling import stream
from gptlib.tokenizer import TextTokenizer


def write(
    model: nn.Module,
    tokenizer: TextTokenizer,
    prompt: str = "",
    max_new_tokens: int = 200,
    sampling: Sampling = Sampling(),
    seed: int = 0,
    end: int | None = None,
    stop: Sequence[str] = (),
) -> Iterator[str]:
    """Yield the prompt, then the text with which model continues it, piece by piece.

    tokenizer: the one that model was trained with; see its `as_prompt` for spaces at the end
    prompt: it is cleaned and normalized as texts to train on are
    seed: another one gives another text
    end: the token that ends a text, if the model was trained with one. The model is then given it
        before the prompt, as in training, and it is not yielded. Without one, the model starts
        an empty prompt from a line break, or from the tokenizer's first token if it has none.
    stop: strings; the text ends before the first of them that occurs after the prompt

    ValueError for arguments out of range, and for a prompt that the tokenizer cannot encode.
    """
    _check(tokenizer, prompt, seed, end, stop)
    prompt = tokenizer.as_prompt(tokenizer.normalize(clean(prompt)))
    ids = tokenizer.encode(prompt)
    if end is not None:
        ids = [end, *ids]
    elif not ids:
        ids = [_line_break(tokenizer)]
    device = next(model.parameters()).device
    generator = torch.Generator().manual_seed(seed)
    new = stream(
        model, torch.tensor([ids], device=device), max_new_tokens, sampling, generator, stop=end
    )
    return _write(prompt, new, tokenizer, end, stop)


def _write(
    prompt: str,
    new: Iterator[Tensor],
    tokenizer: TextTokenizer,
    end: int | None,
    stop: Sequence[str],
) -> Iterator[str]:
    yield prompt
    with closing(new):  # so that a caller who stops early has the model back at once
        ids = (int(token) for token in new)
        said = (tokenizer.token_bytes(i) for i in ids if i != end)
        yield from before_stop(whole_characters(said), stop)


def whole_characters(parts: Iterable[bytes]) -> Iterator[str]:
    """Decode UTF-8 that arrives in parts, and yield each character once it is complete.

    Invalid bytes are left out, and so is a character that is incomplete at the end.
    """
    decoder = codecs.getincrementaldecoder("utf-8")("ignore")
    for part in parts:
        if text := decoder.decode(part):
            yield text


def before_stop(parts: Iterable[str], stop: Sequence[str]) -> Iterator[str]:
    """Yield text that arrives in parts, up to the first occurrence of any string in stop.

    Text that may be the beginning of one is held back until more text decides.
    """
    held = ""
    for part in parts:
        held += part
        found = _first(held, stop)
        sure = min(found, _undecided(held, stop))
        if sure > 0:
            yield held[:sure]
        held = held[sure:]
        if sure == found and held:
            return
    if rest := held[: _first(held, stop)]:
        yield rest


def _first(text: str, stop: Sequence[str]) -> int:
    """Where the first of the strings in stop begins in text; its length if none is there."""
    return min((text.find(s) for s in stop if s in text), default=len(text))


def _undecided(text: str, stop: Sequence[str]) -> int:
    """Where the longest suffix of text begins that may become a string in stop; else its length."""
    longest = max(map(len, stop), default=0)
    for i in range(max(0, len(text) - longest + 1), len(text)):
        if any(s.startswith(text[i:]) for s in stop):
            return i
    return len(text)


def _line_break(tokenizer: TextTokenizer) -> int:
    """The token that is a line break, or 0 if none is."""
    ids = range(tokenizer.vocab_size)
    return next((i for i in ids if tokenizer.token_bytes(i) == b"\n"), 0)


def _check(
    tokenizer: TextTokenizer, prompt: str, seed: int, end: int | None, stop: Sequence[str]
) -> None:
    if not isinstance(tokenizer, TextTokenizer):
        raise ValueError(
            f"tokenizer is a {type(tokenizer).__name__}: give one whose tokens, "
            "one after the other, are the text"
        )
    if not isinstance(prompt, str):
        raise ValueError(f"prompt is {prompt!r}: give a str")
    if not (isinstance(seed, Integral) and 0 <= seed < 2**63):
        raise ValueError(f"seed is {seed!r}: give a whole number from 0 to 2**63 - 1")
    V = tokenizer.vocab_size
    if end is not None and not (isinstance(end, Integral) and 0 <= end < V):
        raise ValueError(f"end is {end!r}: give one of the tokenizer's ids, 0 to {V - 1}, or None")
    if isinstance(stop, str) or not all(isinstance(s, str) and s for s in stop):
        raise ValueError(f"stop is {stop!r}: give a list of strings, none of them empty")
