"""Checks for the exercises of notebook 07: encoding a word, and decoding token by token."""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import accumulate, pairwise
from operator import index
from typing import NamedTuple

from gptlib.bpe import BYTES
from gptlib.exercises.checking import NOT_YET, RIGHT, Stopped, described, in_words
from gptlib.exercises.tokens import Mistakes, told, unordered

MERGED = [b"ab", b"de", b"bc", b"aa", b"a\xc3", b"cd", b"bcde", "é".encode(), b"abcde"]
TOKENS = [*BYTES, *MERGED]
WORDS = [b"bca", b"e", b"aaa", "aé".encode(), b"abcdeab"]


def _joined(
    word: bytes,
    tokens: Sequence[bytes] = TOKENS,
    rank: Callable[[int, int], object] = lambda i, place: i,
    most: float = math.inf,
    begin: Callable[[bytes], Iterable[bytes]] = lambda word: (bytes([b]) for b in word),
) -> list[int]:
    """The ids of a word; the options replace one of the steps each, to make mistakes.

    rank: of the pairs that are tokens, the one with the smallest is joined first, from its id and
    its place; most: how many pairs are joined; begin: what the word is cut into at first
    """
    parts = list(begin(word))
    while most > 0:
        joined = [(a + b, place) for place, (a, b) in enumerate(pairwise(parts))]
        known = [(tokens.index(new), place) for new, place in joined if new in tokens]
        if not known:
            break
        i, place = min(known, key=lambda found: rank(*found))
        parts[place : place + 2] = [tokens[i]]
        most -= 1
    return [tokens.index(part) for part in parts]


def _longest(word: bytes) -> list[int]:
    """The ids of the longest tokens, from left to right."""
    ids = []
    while word:
        token = max((token for token in TOKENS if word.startswith(token)), key=len)
        ids.append(TOKENS.index(token))
        word = word[len(token) :]
    return ids


def _sweep(word: bytes) -> list[int]:
    """The ids after one pass, in which each byte joins what stands before it if that is a token."""
    parts = [b""]
    for b in word:
        if parts[-1] + bytes([b]) in TOKENS:
            parts[-1] += bytes([b])
        else:
            parts.append(bytes([b]))
    return [TOKENS.index(part) for part in parts]


def _one_of_each(word: bytes) -> list[int]:
    """The ids after joining one pair for each token, from the smallest id."""
    parts = [bytes([b]) for b in word]
    for token in TOKENS:
        for place, (a, b) in enumerate(pairwise(parts)):
            if a + b == token:
                parts[place : place + 2] = [token]
                break
    return [TOKENS.index(part) for part in parts]


FIRST = "You join the first pair that is a token: join the one with the smallest id."
ENCODED_WRONGLY = [
    (_longest, "These are the longest tokens from the left: join the pair with the smallest id."),
    (partial(_joined, rank=lambda i, place: place), FIRST),
    (_sweep, FIRST),
    (
        partial(_joined, rank=lambda i, place: -place),
        "You join the last pair that is a token: join the one with the smallest id.",
    ),
    (
        partial(_joined, rank=lambda i, place: -i),
        "You join the pair with the largest id: join the one with the smallest.",
    ),
    (
        partial(_joined, rank=lambda i, place: (i, -place)),
        "Of equal pairs you join the last: join the first, as in training.",
    ),
    (partial(_joined, most=1), "You join one pair: go on until no pair is a token."),
    (_one_of_each, "A pair may stand in a word more than once: join all of them."),
    (partial(_joined, most=0), "Nothing is joined: join the pair with the smallest id."),
    (
        partial(_joined, begin=lambda word: (char.encode() for char in word.decode())),
        "You begin with characters: begin with single bytes, of which é has two.",
    ),
]


@in_words("a list of ids, which are whole numbers")
def check_encode_word(mine: Callable[[bytes, list[bytes]], Sequence[int]]) -> str:
    """Notebook 07: mine(word, tokens) gives the ids of the bytes of one pre-token."""
    found = []
    for word in WORDS:
        got = mine(word, list(TOKENS))
        if got is None:
            return NOT_YET
        if says := unordered(got):
            return says
        got = list(got)
        if any(isinstance(x, str | bytes) for x in got):
            return "These are tokens: return their ids, which are their places in tokens."
        found.append([index(i) for i in got])
    cases = [(word,) for word in WORDS]
    what = f"with {MERGED} after the 256 bytes, it"
    says = told(found, cases, _joined, ENCODED_WRONGLY, what)
    if says == RIGHT:
        # The bytes of GPT-2 are in another order, too.
        others = [*BYTES[::-1], *MERGED]
        if any([*mine(word, list(others))] != _joined(word, others) for word in WORDS):
            return "Right, but look up the ids of single bytes, too: GPT-2's are in another order."
    return says


class Piece(NamedTuple):
    """What a reader's function yielded, and how many parts it had asked for by then."""

    text: str
    asked: int


# Some of the parts end inside a character, and so does the last text as a whole.
PARTS = [
    [b"caf", b"\xc3", b"\xa9", b"s!"],
    [b"5 \xe2", b"\x82", b"\xac a", b"nd"],
    [b" \xf0\x9f", b"\x98", b"\x80", b"\xc3\xa9\xc3", b"\xa8", b"so\xc3", b"\xa9", b"ok"],
    [b"no \xe2\x82", b"\xac, n\xf0", b"\x9f\x98"],
]


def _text(raw: bytes) -> str:
    return raw.decode(errors="ignore")


def _streamed(parts: Sequence[bytes], end: str = "") -> list[str]:
    """The text that each part completes, and then what is yielded after the last part."""
    so_far = ["", *map(_text, accumulate(parts))]
    return [*(after[len(before) :] for before, after in pairwise(so_far)), end]


def _each(text: Callable[[bytes], str]) -> Callable[[Sequence[bytes]], list[str]]:
    """Mistaken: text of each part alone."""
    return lambda parts: [*map(text, parts), ""]


def _complete(raw: bytes) -> bool:
    return _text(raw).encode() == raw


def _held(
    parts: Sequence[bytes], release: Callable[[bytes], bool] = _complete, rest: bool = True
) -> list[str]:
    """Mistaken: all bytes are held back until release says so; rest: whether the last ones come."""
    held, given = b"", []
    for part in parts:
        held += part
        given.append(_text(held) if release(held) else "")
        held = b"" if release(held) else held
    return [*given, _text(held) if rest else ""]


def _late_after_one(parts: Sequence[bytes]) -> list[str]:
    """Mistaken: after the first part that ends inside a character, all waits for the end."""
    n = next(i for i, part in enumerate(parts) if not _complete(part))
    return [*_streamed(parts[:n])[:-1], *[""] * (len(parts) - n), _text(b"".join(parts[n:]))]


KEEP = "keep the first bytes of a character until the others come."
LEFT_OVER = "Bytes left over at the end are no character: drop them."
WHOLE = "You hold back whole characters because the next one is incomplete: give them at once."
ASCII = "A byte from 128 on may be the last of its character: hold back only incomplete ones."
DECODED_WRONGLY = [
    (
        _each(_text),
        f"You decode each part alone, and characters are lost: {KEEP}",
    ),
    (_each(lambda raw: raw.decode("latin-1")), "That is Latin-1, one byte a character: use UTF-8."),
    (
        _each(lambda raw: _text(raw) if _complete(raw) else ""),
        f"You drop parts that end inside a character: {KEEP}",
    ),
    (
        lambda parts: [*[""] * len(parts), _text(b"".join(parts))],
        "You wait for the last part: yield each character as soon as its bytes are there.",
    ),
    (_held, WHOLE),
    (partial(_held, rest=False), WHOLE),
    (partial(_held, release=lambda raw: raw[-1] < 128), ASCII),
    (partial(_held, release=lambda raw: raw[-1] < 128, rest=False), ASCII),
    (
        _late_after_one,
        "After a part that ends inside a character you hold back all the rest: yield it, too.",
    ),
    (
        lambda parts: [*map(_text, accumulate(parts)), ""],
        "You give the whole text so far each time: give only what is new.",
    ),
    (
        lambda parts: ["", *_streamed(parts)[:-1]],
        "Your text comes one part late: yield it before you ask for the next part.",
    ),
    (
        lambda parts: _streamed(parts, "" if _complete(b"".join(parts)) else "\ufffd"),
        LEFT_OVER,
    ),
]


def check_decoder(mine: Callable[[Iterable[bytes]], Iterable[str]]) -> str:
    """Notebook 07: mine(parts) yields the text of parts, each character when it is complete."""
    return _decodes(lambda parts: _timed(mine, parts))


def _timed(mine: Callable, parts: list[bytes]) -> object:
    """What mine returns; if it yields its pieces, with how many parts it had asked for."""
    asked = 0

    def given() -> Iterator[bytes]:
        nonlocal asked
        asked = 1
        for part in parts:
            yield part
            asked += 1

    got = mine(given())
    return (Piece(text, asked) for text in got) if isinstance(got, Iterator) else got


@in_words("or yield strings")
def _decodes(mine: Callable[[list[bytes]], Sequence[Piece] | Sequence[str]]) -> str:
    """What is right or wrong with a function whose pieces are timed."""
    answers = []
    for parts in PARTS:
        try:
            got = mine(parts)
        except Stopped as stopped:
            if "UnicodeDecodeError" not in str(stopped):
                raise
            return f"{stopped} {LEFT_OVER if parts is PARTS[-1] else KEEP.capitalize()}"
        if got is None:
            return NOT_YET
        if isinstance(got, str | bytes):
            return f"Yours is {described(got)}: yield one piece after the other."
        answers.append(list(got))
    timed = any(isinstance(piece, Piece) for got in answers for piece in got)
    for piece in (piece for got in answers for piece in got):
        text = piece.text if timed else piece
        if not isinstance(text, str):
            return f"Each piece is a string: one of yours is {described(text)}."
    return _told_when(answers) if timed else _told_in_list(answers)


def _told_when(answers: list[list[Piece]]) -> str:
    """What is right or wrong with pieces, and with when each of them came."""
    found = [
        [
            "".join(text for text, asked in pieces if max(asked, 1) == n)
            for n in range(1, len(parts) + 2)
        ]
        for pieces, parts in zip(answers, PARTS, strict=True)
    ]
    return _told(found, _streamed, DECODED_WRONGLY, "what comes after each part, and at the end,")


def _told_in_list(found: list[list[str]]) -> str:
    """What is right or wrong with lists of pieces, of which nobody knows when they came."""
    found = [[text for text in pieces if text] for pieces in found]
    if found == [list(_text(b"".join(parts))) for parts in PARTS]:
        return "A list of characters does not show when each of them came: yield them."

    def listed(of: Callable) -> Callable[[list[bytes]], list[str]]:
        return lambda parts: [text for text in of(parts) if text]

    mistakes = [(listed(mistaken), says) for mistaken, says in DECODED_WRONGLY]
    return _told(found, listed(_streamed), mistakes, "the list")


def _told(found: list[list[str]], right: Callable, mistakes: Mistakes, what: str) -> str:
    says = told(found, [(parts,) for parts in PARTS], right, mistakes, what)
    if says.startswith("For ") and any("\ufffd" in text for pieces in found for text in pieces):
        return rf"Yours has '\ufffd' in it, which stands for no character: {KEEP}"
    return says
