"""Notebook 07's exercises: right forms pass, and each wrong answer that a check knows is told."""

import codecs
import math
from collections import Counter
from itertools import combinations, pairwise

import numpy as np
import pytest
import torch
from exercise_checks import assert_refused

from gptlib import exercises
from gptlib.bpe import merge, pre_tokens, train
from gptlib.exercises import RIGHT, tokens, tokens_encoding, tokens_training


@pytest.mark.parametrize(
    ("cases", "mistakes"),
    [
        (tokens.MERGES, [(merge, RIGHT), *tokens.MERGED_WRONGLY]),
        (
            [(words,) for words in tokens_training.WORDS],
            [(tokens_training.right_pair, RIGHT), *tokens_training.CHOSEN_WRONGLY],
        ),
        (
            tokens_training.TEXTS,
            [(lambda *case: train(*case)[256:], RIGHT), *tokens_training.TRAINED_WRONGLY],
        ),
        (
            [(word,) for word in tokens_encoding.WORDS],
            [(tokens_encoding._joined, RIGHT), *tokens_encoding.ENCODED_WRONGLY],
        ),
        (
            [(parts,) for parts in tokens_encoding.PARTS],
            [(tokens_encoding._streamed, RIGHT), *tokens_encoding.DECODED_WRONGLY],
        ),
    ],
    ids=["merge", "pair", "train", "encode_word", "decoder"],
)
def test_the_cases_tell_all_mistakes_apart(cases, mistakes):
    given = [([mistaken(*case) for case in cases], says) for mistaken, says in mistakes]
    for (one, says), (other, others) in combinations(given, 2):
        assert one != other or says == others


def replaced(found, skip=2):
    """Replaces what found(ids, i, pair) finds at i."""

    def mine(ids, pair, new):
        merged, i = [], 0
        while i < len(ids):
            hit = found(ids, i, pair)
            merged.append(new if hit else ids[i])
            i += skip if hit else 1
        return merged

    return mine


def here(ids, i, pair):
    return tuple(ids[i : i + 2]) == pair


def in_place(ids, pair, new):
    for i in range(len(ids)):
        if here(ids, i, pair):
            ids[i : i + 2] = [new]
    return ids


def until_last(ids, pair, new):
    merged, i = [], 0
    while i < len(ids) - 1:
        hit = here(ids, i, pair)
        merged.append(new if hit else ids[i])
        i += 2 if hit else 1
    return merged


def from_the_right(ids, pair, new):
    ids, i = list(ids), len(ids) - 2
    while i >= 0:
        if here(ids, i, pair):
            ids[i : i + 2] = [new]
        i -= 1
    return ids


def overlapping(ids, pair, new):
    merged = []
    for i, x in enumerate(ids):
        if here(ids, i, pair):
            merged.append(new)
        elif not (i and here(ids, i - 1, pair)):
            merged.append(x)
    return merged


def first_alone(ids, pair, new):
    for i in range(len(ids)):
        if here(ids, i, pair):
            return [*ids[:i], new, *ids[i + 2 :]]
    return ids


def as_text(ids, pair, new):
    text = " ".join(map(str, ids)).replace(f"{pair[0]} {pair[1]}", str(new))
    return [int(x) for x in text.split()]


@pytest.mark.parametrize(
    ("mine", "says"),
    [
        (merge, RIGHT),
        (lambda *given: tuple(merge(*given)), RIGHT),
        (lambda *given: iter(merge(*given)), RIGHT),
        (lambda *given: np.array(merge(*given), dtype=int), RIGHT),
        (lambda *given: torch.tensor(merge(*given), dtype=int), RIGHT),
        (in_place, "Right, but you change the list"),
        (lambda *given: in_place(*given) and None, "You change the list that you are given, and"),
        (lambda ids, pair, new: ids, "Nothing is merged"),
        (replaced(lambda ids, i, pair: ids[i : i + 2] == pair), "[1, 2] == (1, 2) is False"),
        (from_the_right, "from right to left"),
        (overlapping, "Pairs do not overlap"),
        (first_alone, "the first pair alone"),
        (replaced(here, skip=1), "The second id of a pair stays"),
        (replaced(here, skip=3), "You lose the id after each merge"),
        (until_last, "The last id is lost"),
        (replaced(lambda ids, i, pair: i < len(ids) - 2 and here(ids, i, pair)), "You miss a pair"),
        (lambda ids, pair, new: [new if x in pair else x for x in ids], "You replace single ids"),
        (replaced(lambda ids, i, pair: ids[i] == pair[0], skip=1), "one id of the pair alone"),
        (replaced(lambda ids, i, pair: ids[i] == pair[1], skip=1), "one id of the pair alone"),
        (lambda ids, pair, new: [x for x in merge(ids, pair, new) if x != new], "new is missing"),
        (replaced(lambda ids, i, pair: here(ids, i, pair[::-1])), "the other way round"),
        (
            replaced(lambda ids, i, pair: here(ids, i, pair) or here(ids, i, pair[::-1])),
            "The order counts",
        ),
        (as_text, "You replace in text"),
        (lambda ids, pair, new: merge(ids, pair, max([0, *ids]) + 1), "You make up an id"),
        (lambda ids, pair, new: merge(ids, pair, 256), "You make up an id"),
        (lambda *given: bytes(len(given[0])), "Return a list of ids: yours is bytes."),
        (lambda *given: "".join(map(chr, merge(*given))), "yours is a string"),
        (lambda *given: set(merge(*given)), "yours is a set"),
        (lambda *given: dict(enumerate(merge(*given))), "yours is a dict"),
        (lambda ids, pair, new: merge(ids, pair, pair), "which are whole numbers"),
        (
            lambda ids, pair, new: [7],
            "For [5, 1, 2, 7, 4], (1, 2), 90, it should be [5, 90, 7, 4], not [7].",
        ),
    ],
)
def test_merge(mine, says):
    assert says in exercises.check_merge(mine)


def counted(words, pairs=pairwise, weighted=True):
    counts = Counter()
    for ids, times in words.items():
        for pair in pairs(ids):
            counts[pair] += times if weighted else 1
    return counts


def chosen(key=lambda n, pair: (-n, pair), **how):
    def mine(words):
        counts = counted(words, **how)
        return min(counts, key=lambda pair: key(counts[pair], pair))

    return mine


def disjoint(ids):
    i = 0
    while i < len(ids) - 1:
        yield ids[i : i + 2]
        i += 2 if ids[i : i + 2] == ids[i + 1 : i + 3] else 1


def last_met(words):
    counts = counted(words)
    return max(reversed(counts), key=counts.get)


def joined(weighted):
    def mine(words):
        text = [i for ids, n in words.items() for i in ids * (n if weighted else 1)]
        return chosen()({tuple(text): 1})

    return mine


def two_singles(words):
    counts = Counter(i for ids, n in words.items() for _ in range(n) for i in ids)
    return sorted(counts, key=lambda i: (-counts[i], i))[:2]


@pytest.mark.parametrize(
    ("mine", "says"),
    [
        (chosen(), RIGHT),
        (lambda words: list(chosen()(words)), RIGHT),
        (lambda words: iter(chosen()(words)), RIGHT),
        (lambda words: torch.tensor(chosen()(words)), RIGHT),
        (lambda words: np.array(chosen()(words)), RIGHT),
        (lambda words: max(sorted(counts := counted(words)), key=counts.get), RIGHT),
        (chosen(weighted=False), "as often as its word occurs"),
        (chosen(pairs=lambda ids: set(pairwise(ids))), "You count a pair once in each pre-token"),
        (
            chosen(pairs=lambda ids: set(pairwise(ids)), weighted=False),
            "You count the words with a pair",
        ),
        (chosen(pairs=disjoint), "(1, 1) counts twice"),
        (lambda words: counted(words).most_common(1)[0][0], "not the one that you met first"),
        (last_met, "not the one that you met last"),
        (lambda words: max((n, pair) for pair, n in counted(words).items())[1], "not the larger"),
        (chosen(lambda n, pair: (-n, pair[0])), "take the smaller second id"),
        (chosen(lambda n, pair: (-n, pair[0], -pair[1])), "take the smaller second id"),
        (chosen(lambda n, pair: (-n, pair[::-1])), "compare the first ids before"),
        (chosen(lambda n, pair: (-n, sum(pair))), "not the one with the smaller sum"),
        (joined(weighted=True), "pairs of two words"),
        (joined(weighted=False), "pairs of two words"),
        (chosen(pairs=lambda ids: combinations(ids, 2)), "ids that are not neighbours"),
        (
            chosen(pairs=lambda ids: zip(ids, ids[2:], strict=False)),
            "ids that are not neighbours",
        ),
        (chosen(pairs=lambda ids: pairwise(ids + ids[:1])), "the last id of a word with its first"),
        (
            chosen(pairs=lambda ids: zip(ids[::2], ids[1::2], strict=False)),
            "You cut words into pairs",
        ),
        (chosen(pairs=lambda ids: pairwise(ids[:2])), "the first pair of each word alone"),
        (chosen(pairs=lambda ids: pairwise(ids[:-1])), "You miss the last pair"),
        (chosen(lambda n, pair: (n, pair)), "the rarest pair"),
        (lambda words: chosen()(words)[::-1], "the right pair the wrong way round"),
        (chosen(pairs=lambda ids: (tuple(sorted(p)) for p in pairwise(ids))), "are two pairs"),
        (two_singles, "the two most frequent ids"),
        (lambda words: max((ids for ids in words if ids[1:]), key=words.get)[:2], "word alone"),
        (lambda words: counted(words).most_common(1)[0], "Return the pair alone, two ids"),
        (lambda words: counted(words).most_common(1), "Return the pair alone, two ids"),
        (lambda words: (*chosen()(words), 3), "Return the pair alone, two ids"),
        (counted, "These are the counts"),
        (lambda words: bytes(chosen()(words)), "Return the two ids of the pair: yours is bytes."),
        (lambda words: max(counted(words).values()), "Return a pair of ids: yours is the number"),
        (lambda words: (2,), "A pair has two ids: yours has 1."),
        (lambda words: (9, 9), "it should be (1, 2), not (9, 9)."),
    ],
)
def test_pair(mine, says):
    assert says in exercises.check_pair(mine)


ALL = [bytes([b]) for b in range(256)]


def trainer(
    begin=ALL,
    cut=pre_tokens,
    units=lambda piece: list(piece.encode()),
    choose=lambda counts, tokens: min(counts, key=lambda pair: (-counts[pair], pair), default=None),
    pairs=pairwise,
    least=2,
    more=0,
    join=lambda a, b: a + b,
):
    def mine(text, vocab_size):
        tokens, pieces = list(begin), [units(piece) for piece in cut(text)]
        while len(tokens) < vocab_size + more:
            counts = Counter(pair for ids in pieces for pair in pairs(ids))
            best = choose(counts, tokens)
            if best is None or counts[best] < least:
                break
            pieces = [merge(ids, best, len(tokens)) for ids in pieces]
            tokens.append(join(tokens[best[0]], tokens[best[1]]))
        return tokens

    return mine


def rarely(key):
    """Chooses the most frequent pair with the lowest key."""
    return lambda counts, tokens: min(
        counts, key=lambda pair: (-counts[pair], key(pair, tokens)), default=None
    )


def by_characters(text, vocab_size):
    tokens, pieces = list(ALL), [list(piece) for piece in pre_tokens(text)]
    while len(tokens) < vocab_size:
        counts = Counter(pair for piece in pieces for pair in pairwise(piece))
        best = min(counts, key=lambda pair: (-counts[pair], pair), default=None)
        if counts[best] < 2:
            break
        pieces = [merge(piece, best, "".join(best)) for piece in pieces]
        tokens.append("".join(best).encode())
    return tokens


def never_stops(text, vocab_size):
    tokens, pieces = list(ALL), [list(piece.encode()) for piece in pre_tokens(text)]
    while len(tokens) < vocab_size:
        counts = Counter(pair for ids in pieces for pair in pairwise(ids))
        best = min(counts, key=lambda pair: (-counts[pair], pair))
        pieces = [merge(ids, best, len(tokens)) for ids in pieces]
        tokens.append(tokens[best[0]] + tokens[best[1]])
    return tokens


def counts_once(text, vocab_size):
    counts = Counter(pair for piece in pre_tokens(text) for pair in pairwise(piece.encode()))
    pairs = sorted((pair for pair in counts if counts[pair] > 1), key=lambda p: (-counts[p], p))
    pieces, tokens = [list(piece.encode()) for piece in pre_tokens(text)], list(ALL)
    for pair in pairs[: vocab_size - 256]:
        pieces = [merge(ids, pair, len(tokens)) for ids in pieces]
        tokens.append(tokens[pair[0]] + tokens[pair[1]])
    return tokens


def that_occur(text, vocab_size):
    used = {bytes([b]) for b in text.encode()}
    return sorted(used) + train(text, vocab_size)[256:]


@pytest.mark.parametrize(
    ("mine", "says"),
    [
        (train, RIGHT),
        (trainer(), RIGHT),
        (lambda *given: tuple(map(bytearray, train(*given))), RIGHT),
        (lambda *given: iter(train(*given)), RIGHT),
        (trainer(cut=lambda text: [text]), "You merge across words"),
        (trainer(cut=str.split), "split() loses the spaces"),
        (trainer(cut=lambda text: text.split(" ")), "split() loses the spaces"),
        (
            trainer(cut=lambda text: dict.fromkeys(pre_tokens(text))),
            "each different pre-token once",
        ),
        (trainer(more=256), "make vocab_size - 256 merges"),
        (lambda text, size: trainer(more=-1)(text, size), "you stop one too early"),
        (trainer(more=1), "you stop one too late"),
        (trainer(least=1), "Stop when no pair occurs twice"),
        (never_stops, "In 'hé hé!' pairs run out: stop when none occurs twice."),
        (trainer(least=3), "You stop too early: a pair that occurs twice"),
        (trainer(pairs=lambda ids: set(pairwise(ids))), "You count a pair once in each pre-token"),
        (trainer(pairs=lambda ids: disjoint(tuple(ids))), "In 'aaa' the pair 'aa' counts twice"),
        (trainer(choose=rarely(lambda pair, tokens: 0)), "not the one that you met first"),
        (trainer(choose=rarely(lambda pair, _: (-pair[0], -pair[1]))), "not the larger one"),
        (trainer(choose=rarely(lambda pair, _: pair[::-1])), "compare the first ids before"),
        (trainer(choose=rarely(lambda pair, _: pair[0])), "take the smaller second id"),
        (
            trainer(choose=rarely(lambda pair, _: (pair[0], -pair[1]))),
            "take the smaller second id",
        ),
        (
            trainer(choose=rarely(lambda pair, tokens: tokens[pair[0]] + tokens[pair[1]])),
            "not of the bytes",
        ),
        (
            trainer(choose=rarely(lambda pair, tokens: [tokens[i] for i in pair])),
            "not of the bytes",
        ),
        (counts_once, "after each merge, count the pairs anew"),
        (trainer(join=lambda a, b: b + a), "the wrong way round: tokens[pair[0]] comes first"),
        (trainer(units=lambda piece: list(map(ord, piece))), "ord gives code points"),
        (by_characters, "é is two bytes"),
        (that_occur, "Begin with all 256 bytes, not only"),
        (lambda *given: train(*given)[256:], "These are the merged tokens alone"),
        (lambda *given: [*ALL[::-1], *train(*given)[256:]], "in order: token b is bytes([b])"),
        (trainer(begin=[bytes(b) for b in range(256)]), "bytes(b) is b zeros"),
        (trainer(begin=[str(b).encode() for b in range(256)]), "str(b) has digits in it"),
        (trainer(begin=[chr(b).encode() for b in range(256)]), "chr(b).encode() is two bytes"),
        (trainer(begin=[chr(b) for b in range(256)]), "is a string: begin with bytes([b])"),
        (trainer(begin=range(256)), "A token is of type bytes: one of yours is the number 0."),
        (lambda *given: [*ALL, (97, 98)], "(97, 98) is no token"),
        (lambda *given: dict(enumerate(train(*given))), "Return a list, of the tokens"),
        (
            lambda *given: [*ALL, b"ba"],
            "260, the merged tokens should be [b'aa', b'an', b' aa', b'ban'], not [b'ba'].",
        ),
    ],
)
def test_train(mine, says):
    assert says in exercises.check_train(mine)


def encoder(choose, most=99, begin=lambda word: [bytes([b]) for b in word]):
    """Joins the pair that choose takes from (id, place), most times."""

    def mine(word, tokens):
        parts = begin(word)
        for _ in range(most):
            joins = [a + b for a, b in pairwise(parts)]
            known = [(tokens.index(new), i) for i, new in enumerate(joins) if new in tokens]
            if known:
                i = choose(known)[1]
                parts[i : i + 2] = [joins[i]]
        return [tokens.index(part) for part in parts]

    return mine


def by_rank(word, tokens):
    """The right ids, found by going through the tokens in order."""
    ids = [tokens.index(bytes([b])) for b in word]
    for new in range(256, len(tokens)):
        for cut in range(1, len(tokens[new])):
            halves = tokens[new][:cut], tokens[new][cut:]
            if halves[0] in tokens and halves[1] in tokens:
                ids = merge(ids, tuple(map(tokens.index, halves)), new)
    return ids


def longest(word, tokens):
    ids = []
    while word:
        n = next(n for n in range(len(word), 0, -1) if word[:n] in tokens)
        ids.append(tokens.index(word[:n]))
        word = word[n:]
    return ids


def swept(word, tokens):
    ids, last = [], b""
    for b in word:
        if last + bytes([b]) in tokens:
            last += bytes([b])
        else:
            ids.append(tokens.index(last))
            last = bytes([b])
    return [*ids, tokens.index(last)]


def each_once(word, tokens):
    parts = [bytes([b]) for b in word]
    for token in tokens[256:]:
        for i in range(len(parts) - 1):
            if parts[i] + parts[i + 1] == token:
                parts[i : i + 2] = [token]
                break
    return [tokens.index(part) for part in parts]


@pytest.mark.parametrize(
    ("mine", "says"),
    [
        (encoder(min), RIGHT),
        (by_rank, RIGHT),
        (lambda *given: tuple(encoder(min)(*given)), RIGHT),
        (lambda *given: iter(encoder(min)(*given)), RIGHT),
        (lambda *given: torch.tensor(encoder(min)(*given)), RIGHT),
        (lambda *given: np.array(encoder(min)(*given)), RIGHT),
        (longest, "the longest tokens from the left"),
        (encoder(lambda known: known[0]), "You join the first pair that is a token"),
        (swept, "You join the first pair that is a token"),
        (encoder(lambda known: known[-1]), "You join the last pair that is a token"),
        (encoder(lambda known: max(known, key=lambda x: x[0])), "the pair with the largest id"),
        (
            encoder(lambda known: min(known, key=lambda x: (x[0], -x[1]))),
            "Of equal pairs you join the last",
        ),
        (encoder(min, most=1), "You join one pair: go on"),
        (each_once, "A pair may stand in a word more than once"),
        (lambda word, tokens: list(word), "Nothing is joined"),
        (
            encoder(min, begin=lambda word: [char.encode() for char in word.decode()]),
            "begin with single bytes, of which é has two",
        ),
        (
            lambda word, tokens: encoder(min)(word, [*ALL, *tokens[256:]]),
            "Right, but look up the ids of single bytes",
        ),
        (lambda word, tokens: [bytes([b]) for b in word], "These are tokens: return their ids"),
        (lambda word, tokens: word, "Return a list of ids: yours is bytes."),
        (lambda word, tokens: [tokens.index(word)], "with ValueError: b'bca' is not in list"),
        (lambda word, tokens: [None], "yours is a list with None in it"),
        (lambda word, tokens: [3], "after the 256 bytes, it should be [258, 97], not [3]."),
    ],
)
def test_encode_word(mine, says):
    assert says in exercises.check_encode_word(mine)


def incremental(parts, errors="strict", final=False):
    decoder = codecs.getincrementaldecoder("utf-8")(errors)
    for part in parts:
        yield decoder.decode(part)
    if final:
        yield decoder.decode(b"", final=True)


def by_hand(parts):
    """Yields the characters one by one."""
    held = b""
    for part in parts:
        for b in part:
            held += bytes([b])
            try:
                yield held.decode()
            except UnicodeDecodeError:
                continue
            held = b""


def prefix(parts):
    raw, given = b"", 0
    for part in parts:
        raw += part
        text = raw.decode(errors="ignore")
        yield text[given:]
        given = len(text)


def each(decode):
    def mine(parts):
        for part in parts:
            yield decode(part)

    return mine


def or_nothing(part):
    try:
        return part.decode()
    except UnicodeDecodeError:
        return ""


def held(release, rest):
    def mine(parts):
        raw = b""
        for part in parts:
            raw += part
            if release(raw):
                yield raw.decode(errors="ignore")
                raw = b""
        if rest:
            yield raw.decode(errors="ignore")

    return mine


def whole(raw):
    return not raw.decode(errors="replace").endswith("\ufffd")


def waits_after_one(parts):
    raw, waits = b"", False
    for part in parts:
        raw += part
        waits = waits or not whole(part)
        if not waits:
            yield raw.decode()
            raw = b""
    yield raw.decode(errors="ignore")


def all_so_far(parts):
    raw = b""
    for part in parts:
        raw += part
        yield raw.decode(errors="ignore")


def one_late(parts):
    last = ""
    for text in incremental(parts):
        yield last
        last = text
    yield last


def at_the_end(parts):
    yield b"".join(parts).decode(errors="ignore")


def on_asking(parts):
    """Reads all, and then yields character by character."""
    yield from at_the_end(parts).__next__()


@pytest.mark.parametrize(
    ("mine", "says"),
    [
        (incremental, RIGHT),
        (by_hand, RIGHT),
        (prefix, RIGHT),
        (lambda parts: (text for text in prefix(parts) if text), RIGHT),
        (lambda parts: map(codecs.getincrementaldecoder("utf-8")().decode, parts), RIGHT),
        (lambda parts: list(incremental(parts)), RIGHT),
        (lambda parts: tuple(text for text in prefix(parts) if text), RIGHT),
        (each(lambda part: part.decode(errors="ignore")), "You decode each part alone"),
        (lambda parts: [part.decode(errors="ignore") for part in parts], "each part alone"),
        (each(lambda part: part.decode(errors="replace")), r"Yours has '\ufffd' in it"),
        (lambda parts: [part.decode(errors="replace") for part in parts], r"Yours has '\ufffd'"),
        (each(lambda part: part.decode()), "unexpected end of data. Keep the first bytes of"),
        (each(lambda part: part.decode("latin-1")), "That is Latin-1"),
        (each(or_nothing), "You drop parts that end inside a character"),
        (at_the_end, "You wait for the last part"),
        (on_asking, "You wait for the last part"),
        (lambda parts: [b"".join(parts).decode(errors="ignore")], "You wait for the last part"),
        (lambda parts: list(on_asking(parts)), "A list of characters does not show when"),
        (held(whole, rest=True), "You hold back whole characters"),
        (held(whole, rest=False), "You hold back whole characters"),
        (held(lambda raw: raw[-1] < 128, rest=True), "A byte from 128 on may be the last"),
        (held(lambda raw: raw[-1] < 128, rest=False), "A byte from 128 on may be the last"),
        (waits_after_one, "you hold back all the rest"),
        (all_so_far, "You give the whole text so far each time"),
        (lambda parts: list(all_so_far(parts)), "You give the whole text so far each time"),
        (one_late, "Your text comes one part late"),
        (lambda parts: incremental(parts, "replace", final=True), "Bytes left over at the end"),
        (lambda parts: [*incremental(parts, "replace", final=True)], "Bytes left over at the end"),
        (lambda parts: incremental(parts, final=True), "end of data. Bytes left over at the end"),
        (lambda parts: parts, "Each piece is a string: one of yours is bytes."),
        (each(lambda part: None), "Each piece is a string: one of yours is None."),
        (lambda parts: list(parts), "Each piece is a string: one of yours is bytes."),
        (lambda parts: "".join(incremental(parts)), "Yours is a string: yield one piece after"),
        (lambda parts: 3, "Return or yield strings: yours is the number 3."),
        (lambda parts: len(parts), "with TypeError: object of type 'generator' has no len()"),
        (lambda parts: iter([]), "the list should be ['caf', 'é', 's!'], not []."),
        (
            lambda parts: (text.upper() for text in incremental(parts)),
            "at the end, should be ['caf', '', 'é', 's!', ''], not ['CAF',",
        ),
    ],
)
def test_decoder(mine, says):
    assert says in exercises.check_decoder(mine)


def test_a_decoder_may_not_know_what_comes():
    def guesses(parts):
        yield "caf"
        yield from incremental(parts)

    assert exercises.check_decoder(guesses) != RIGHT


LN_2 = math.log(2)


def per(size, bit=LN_2):
    return lambda nats, n, text: nats * n / bit / size(text)


def utf8(text):
    return len(text.encode())


@pytest.mark.parametrize(
    ("mine", "says"),
    [
        (per(utf8), RIGHT),
        (lambda *given: torch.tensor(per(utf8)(*given)), RIGHT),
        (lambda *given: np.float32(per(utf8)(*given)), RIGHT),
        (per(utf8, bit=1), "These are nats per byte"),
        (per(utf8, bit=1 / LN_2), "a nat is more than a bit, so divide"),
        (per(len), "These are bits per character"),
        (per(len, bit=1), "These are nats per character"),
        (per(len, bit=1 / LN_2), "do not multiply, and by bytes"),
        (lambda nats, n, text: nats / LN_2, "These are bits per token"),
        (lambda nats, n, text: nats * LN_2, "do not multiply, and count the bytes"),
        (lambda nats, n, text: nats, "This is the loss you are given"),
        (lambda nats, n, text: nats * n / LN_2, "the bits of the whole text"),
        (lambda nats, n, text: nats * n, "the nats of the whole text"),
        (lambda nats, n, text: per(utf8)(nats, 1, text), "The loss is that of one token"),
        (lambda nats, n, text: per(len)(nats, 1, text), "The loss is that of one token"),
        (lambda nats, n, text: nats / utf8(text), "Multiply by the tokens and divide by ln 2"),
        (lambda nats, n, text: nats / LN_2 * utf8(text) / n, "The wrong way round"),
        (lambda nats, n, text: nats / LN_2 * len(text) / n, "The wrong way round"),
        (lambda nats, n, text: math.exp(nats), "This is the perplexity"),
        (lambda *given: math.exp(per(utf8, bit=1)(*given)), "This is a perplexity per byte"),
        (lambda *given: 2 ** per(utf8)(*given), "This is a perplexity per byte"),
        (lambda *given: 1 / per(utf8)(*given), "These are bytes per bit"),
        (per(utf8, bit=math.log10(2)), "the logarithm to base 10"),
        (per(lambda text: 8 * utf8(text)), "do not divide by 8"),
        (per(lambda text: utf8(text) / 8), "do not multiply by 8"),
        (per(lambda text: len(text.encode("utf-16-le"))), "the bytes of UTF-16"),
        (lambda nats, n, text: per(utf8)(nats, len(text.split()), text), "You count words"),
        (lambda *given: per(utf8)(3.1, 11, "un café à l'été, 5 € l'une"), "Right, but not for"),
        (lambda *given: 7.0, "it should be 1.5"),
        (lambda *given: [1.0, 2.0], "Return one number: yours is a list of 2 numbers."),
    ],
)
def test_bits_per_byte(mine, says):
    assert says in exercises.check_bits_per_byte(mine)


@pytest.mark.parametrize(
    "check", ["merge", "pair", "train", "encode_word", "decoder", "bits_per_byte"]
)
@pytest.mark.parametrize(
    "answer",
    [
        *([], [[]], [[[1]]], [None] * 3, [[math.nan] * 6] * 3, [["a"] * 6] * 3, {1: 2}, {3}),
        *("", b"", b"ab", [b"ab"], (1.5, 2.5), torch.zeros(3, 2), math.nan, [""], True),
    ],
)
def test_no_answer_stops_a_check(check, answer):
    assert_refused(check, answer)
