"""Checks for the exercises of notebook 07: the pair to merge, and a trainer."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from itertools import combinations, pairwise
from operator import index

from gptlib.bpe import BYTES, merge, pre_tokens
from gptlib.exercises.checking import NOT_YET, Stopped, described, in_words
from gptlib.exercises.tokens import Pair, told

Words = Mapping[tuple[int, ...], int]  # the ids of each pre-token, and how often it occurs

# In some of these, pairs occur equally often; in some, a pair occurs twice in a word or overlaps.
WORDS = [
    {(1, 2, 3): 1, (1, 2): 2},
    {(2, 2, 2, 4, 1): 2, (4, 3, 30, 1): 5, (1, 3, 2): 3},
    {(3, 2, 2): 1, (2, 3, 3, 1, 4): 1, (5,): 9, (3, 30, 1, 2): 1},
    {(1, 1, 1, 1, 2): 5, (1, 1): 1, (2, 1, 2, 1): 6},
]


def _counts(words: Words, pairs: Callable = pairwise, times: Callable = lambda n: n) -> Counter:
    """How often pairs occur; pairs: those of one word; times: how often a word counts."""
    counts = Counter()
    for ids, n in words.items():
        for pair in pairs(ids):
            counts[pair] += times(n)
    return counts


def _best(counts: Mapping[Pair, int]) -> Pair:
    return min(counts, key=lambda pair: (-counts[pair], pair))


def right_pair(words: Words) -> Pair:
    return _best(_counts(words))


def _once(n: int) -> int:
    return 1


def _different(ids: Sequence[int]) -> set[Pair]:
    return set(pairwise(ids))


def _apart(ids: Sequence[int]) -> list[Pair]:
    """The pairs of ids, but for those that overlap an equal one."""
    last, found = {}, []
    for i, pair in enumerate(pairwise(ids)):
        if last.get(pair, -2) < i - 1:
            last[pair] = i
            found.append(pair)
    return found


def _text(words: Words) -> list[int]:
    return [i for ids, n in words.items() for i in n * ids]


def _singles(words: Words) -> Pair:
    counts = Counter(_text(words))
    return tuple(sorted(counts, key=lambda i: (-counts[i], i))[:2])


TIE = "Of equally frequent pairs, take the one with the smaller first id"
SECOND = "Where the first ids are equal, too, take the smaller second id."
BEFORE = "For ties, compare the first ids before the second ones."
ACROSS = "You count pairs of two words: nothing is merged across the end of a word."
APART = "You count ids that are not neighbours: take ids[i] and ids[i + 1]."
PLACES = "You count a pair once in each pre-token: count every place where it stands."


def _tie(key: Callable[[Pair], object]) -> Callable[[Words], Pair]:
    """A choice of the most frequent pair with another rule for ties."""

    def chosen(words: Words) -> Pair:
        counts = _counts(words)
        return min(counts, key=lambda pair: (-counts[pair], key(pair)))

    return chosen


CHOSEN_WRONGLY = [
    (
        lambda words: _best(_counts(words, times=_once)),
        "A pair counts as often as its word occurs: add words[ids] for it, not 1.",
    ),
    (lambda words: _best(_counts(words, _different)), PLACES),
    (
        lambda words: _best(_counts(words, _different, _once)),
        "You count the words with a pair: count every place, times how often its word occurs.",
    ),
    (
        lambda words: _best(_counts(words, _apart)),
        "In (1, 1, 1) the pair (1, 1) counts twice, though only one can be merged.",
    ),
    (_tie(lambda pair: 0), f"{TIE}, not the one that you met first."),
    (
        lambda words: _tie(lambda pair: -[*_counts(words)].index(pair))(words),
        f"{TIE}, not the one that you met last.",
    ),
    (_tie(lambda pair: (-pair[0], -pair[1])), f"{TIE}, not the larger one."),
    (
        _tie(lambda pair: (pair[0], -pair[1])),
        SECOND,
    ),
    (_tie(lambda pair: pair[0]), SECOND),
    (_tie(lambda pair: pair[::-1]), BEFORE),
    (_tie(sum), f"{TIE}, not the one with the smaller sum."),
    (lambda words: _best(Counter(pairwise(_text(words)))), ACROSS),
    (lambda words: _best(Counter(pairwise([i for ids in words for i in ids]))), ACROSS),
    (lambda words: _best(_counts(words, lambda ids: combinations(ids, 2))), APART),
    (lambda words: _best(_counts(words, lambda ids: zip(ids, ids[2:], strict=False))), APART),
    (
        lambda words: _best(_counts(words, lambda ids: zip(ids, ids[1:] + ids[:1], strict=True))),
        "You pair the last id of a word with its first: they are not neighbours.",
    ),
    (
        lambda words: _best(_counts(words, lambda ids: zip(ids[::2], ids[1::2], strict=False))),
        "You cut words into pairs: (1, 2, 3) has two pairs, (1, 2) and (2, 3).",
    ),
    (
        lambda words: _best(_counts(words, lambda ids: [*pairwise(ids)][:1])),
        "You look at the first pair of each word alone.",
    ),
    (
        lambda words: _best(_counts(words, lambda ids: pairwise(ids[:-1]))),
        "You miss the last pair of each word.",
    ),
    (
        lambda words: min(c := _counts(words), key=lambda pair: (c[pair], pair)),
        "This is the rarest pair: take the most frequent.",
    ),
    (
        lambda words: right_pair(words)[::-1],
        "This is the right pair the wrong way round: keep the order of the ids.",
    ),
    (
        lambda words: _best(_counts(words, lambda ids: (tuple(sorted(p)) for p in pairwise(ids)))),
        "(1, 2) and (2, 1) are two pairs: keep the order of the ids.",
    ),
    (_singles, "These are the two most frequent ids: count pairs of neighbours."),
    (
        lambda words: tuple(max((ids for ids in words if len(ids) > 1), key=words.get)[:2]),
        "You look at the most frequent word alone: add up the counts of all words.",
    ),
]


@in_words("a pair of ids")
def check_pair(mine: Callable[[Words], Pair]) -> str:
    """Notebook 07: mine(words) gives the pair of ids to merge, the most frequent in words."""
    found = []
    for words in WORDS:
        got = mine(dict(words))
        if got is None:
            return NOT_YET
        if isinstance(got, str | bytes):
            return f"Return the two ids of the pair: yours is {described(got)}."
        if isinstance(got, Mapping):
            return "These are the counts: return the pair with the highest."
        got = list(got)
        if len(got) == 3 or any(isinstance(x, tuple | list) for x in got):
            return f"Return the pair alone, two ids: yours is {got}."
        if len(got) != 2:
            return f"A pair has two ids: yours has {len(got)}."
        found.append(tuple(index(i) for i in got))
    return told(found, [(words,) for words in WORDS], right_pair, CHOSEN_WRONGLY)


# In the last, the pairs that occur twice run out.
TEXTS = [
    ("banana banana aaa aaa", 260),
    ("hé at hé", 260),
    ("to be or not to be, that is to be", 260),
    ("at", 256),
    ("hé hé!", 300),
]


def _trained(
    text: str,
    vocab_size: int,
    cut: Callable[[str], Iterable[str]] = pre_tokens,
    encoding: str = "utf-8",
    pairs: Callable = pairwise,
    worth: Callable = lambda n, pair, tokens: (-n, pair),
    least: int = 2,
    again: bool = True,
    turned: bool = False,
) -> list[bytes]:
    """The tokens of `train`; the options replace one of its steps each, to make mistakes.

    cut: into pre-tokens; pairs: those counted in one; worth: the pair with the smallest is merged;
    least: how often it has to occur; again: whether pairs are counted anew after a merge; turned:
    whether the second half of a token comes first
    """
    tokens, pieces, counts = list(BYTES), [list(p.encode(encoding)) for p in cut(text)], None
    while len(tokens) < vocab_size:
        if again or counts is None:
            counts = Counter(pair for ids in pieces for pair in pairs(ids))
        pair = min(counts, key=lambda pair: worth(counts[pair], pair, tokens), default=None)
        if pair is None or counts[pair] < least:
            break
        pieces = [merge(ids, pair, len(tokens)) for ids in pieces]
        tokens.append(b"".join(tokens[i] for i in (pair[::-1] if turned else pair)))
        if not again:
            del counts[pair]
    return tokens[256:]


def _by(**mistake: object) -> Callable[[str, int], list[bytes]]:
    """The merged tokens, found with a mistake."""
    return partial(_trained, **mistake)


SIZE = "vocab_size counts all tokens, the 256 bytes included: "
SPLIT = "split() loses the spaces: cut the text with pre_tokens."
BY_BYTES = f"{TIE}: ids are in the order of the merges, not of the bytes."
TRAINED_WRONGLY = [
    (_by(cut=lambda text: [text]), "You merge across words: cut the text with pre_tokens first."),
    (_by(cut=str.split), SPLIT),
    (
        _by(cut=lambda text: dict.fromkeys(pre_tokens(text))),
        "You count each different pre-token once: count it as often as it occurs.",
    ),
    (lambda text, size: _trained(text, size + 256), SIZE + "make vocab_size - 256 merges."),
    (lambda text, size: _trained(text, size - 1), SIZE + "you stop one too early."),
    (lambda text, size: _trained(text, size + 1), SIZE + "you stop one too late."),
    (_by(least=1), "Stop when no pair occurs twice: you also merge what occurs once."),
    (_by(least=3), "You stop too early: a pair that occurs twice is merged, too."),
    (_by(pairs=_different), PLACES),
    (_by(pairs=_apart), "In 'aaa' the pair 'aa' counts twice, though only one can be merged."),
    (_by(worth=lambda n, pair, tokens: -n), f"{TIE}, not the one that you met first."),
    (
        _by(worth=lambda n, pair, tokens: (-n, -pair[0], -pair[1])),
        f"{TIE}, not the larger one.",
    ),
    (
        _by(worth=lambda n, pair, tokens: (-n, pair[::-1])),
        BEFORE,
    ),
    *(
        (_by(worth=worth), SECOND)
        for worth in (
            lambda n, pair, tokens: (-n, pair[0]),
            lambda n, pair, tokens: (-n, pair[0], -pair[1]),
        )
    ),
    (_by(worth=lambda n, pair, tokens: (-n, tokens[pair[0]] + tokens[pair[1]])), BY_BYTES),
    (_by(worth=lambda n, pair, tokens: (-n, tokens[pair[0]], tokens[pair[1]])), BY_BYTES),
    (_by(again=False), "You count once: after each merge, count the pairs anew."),
    (_by(turned=True), "Your tokens are the wrong way round: tokens[pair[0]] comes first."),
    (_by(encoding="latin-1"), "ord gives code points: take the bytes of text.encode()."),
]


@in_words("a list of tokens, each of type bytes")
def check_train(mine: Callable[[str, int], Sequence[bytes]]) -> str:
    """Notebook 07: mine(text, vocab_size) gives the 256 bytes and the tokens merged from them."""
    found = []
    for text, vocab_size in TEXTS:
        try:
            got = mine(text, vocab_size)
        except Stopped as stopped:
            if (text, vocab_size) != TEXTS[-1]:
                raise
            return f"{stopped} In {text!r} pairs run out: stop when none occurs twice."
        if got is None:
            return NOT_YET
        if isinstance(got, Mapping):
            return "Return a list, of the tokens in the order of their ids."
        got = list(got)
        if says := _misbegun(got, _trained(text, vocab_size)):
            return says
        found.append([bytes(token) for token in got[256:]])
        if _by_characters(found[-1]):
            return "é is two bytes, which are merged like others: begin with those of encode()."
    return told(found, TEXTS, _trained, TRAINED_WRONGLY, "the merged tokens")


def _by_characters(merged: list[bytes]) -> bool:
    """Whether é is in a merged token without ever having been merged from its two bytes."""
    texts = [token.decode(errors="replace") for token in merged]
    return "é" in "".join(texts) and not any("\ufffd" in text or len(text) == 1 for text in texts)


def _misbegun(got: list, merged: list[bytes]) -> str | None:
    """What is wrong with the tokens if they are no bytes, or do not begin with all single ones."""
    for token in got:
        if isinstance(token, str):
            return f"{token!r} is a string: begin with bytes([b]), and join these."
        if isinstance(token, tuple | list):
            return f"{token} is no token: add the bytes that it stands for."
        if not isinstance(token, bytes | bytearray):
            return f"A token is of type bytes: one of yours is {described(token)}."
    if got[:256] == BYTES:
        return None
    if got == merged:
        return "These are the merged tokens alone: the 256 single bytes come before them."
    if got[66:67] == [bytes(66)]:
        return "bytes(b) is b zeros: a byte is bytes([b])."
    if got[66:67] == [b"66"]:
        return "str(b) has digits in it: a byte is bytes([b])."
    if got[200:201] == ["\xc8".encode()]:
        return "From 128 on, chr(b).encode() is two bytes: a byte is bytes([b])."
    if 0 < len({bytes(token) for token in got if len(token) == 1}) < 256:
        return "Begin with all 256 bytes, not only with those in the text."
    return "Begin with the 256 single bytes, in order: token b is bytes([b])."
