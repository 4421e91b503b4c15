"""Answers to the exercises of notebook 07."""

import codecs
import math
from collections import Counter
from itertools import pairwise

from gptlib.bpe import pre_tokens


def my_merge(ids, pair, new):
    merged, i = [], 0
    while i < len(ids):
        if tuple(ids[i : i + 2]) == pair:
            merged.append(new)
            i += 2
        else:
            merged.append(ids[i])
            i += 1
    return merged


def pair_counts(words):
    counts = Counter()
    for ids, times in words.items():
        for pair in pairwise(ids):
            counts[pair] += times
    return counts


def my_pair(words):
    counts = pair_counts(words)
    # The highest count has the lowest negative; of equal ones, min takes the smaller ids.
    return min(counts, key=lambda pair: (-counts[pair], pair))


def my_train(text, vocab_size):
    tokens = [bytes([b]) for b in range(256)]
    words = Counter(tuple(piece.encode()) for piece in pre_tokens(text))
    while len(tokens) < vocab_size and max(pair_counts(words).values(), default=0) > 1:
        pair, new = my_pair(words), len(tokens)
        words = {tuple(my_merge(ids, pair, new)): times for ids, times in words.items()}
        tokens.append(tokens[pair[0]] + tokens[pair[1]])
    return tokens


def my_encode_word(word, tokens):
    id_of = {token: i for i, token in enumerate(tokens)}
    parts = [bytes([b]) for b in word]
    while True:
        known = [(id_of[a + b], i) for i, (a, b) in enumerate(pairwise(parts)) if a + b in id_of]
        if not known:
            return [id_of[part] for part in parts]
        _, i = min(known)
        parts[i : i + 2] = [parts[i] + parts[i + 1]]


def my_decoder(parts):
    decoder = codecs.getincrementaldecoder("utf-8")()  # it keeps the bytes of half a character
    for part in parts:
        yield decoder.decode(part)


def my_bits_per_byte(nats_per_token, n_tokens, text):
    return nats_per_token * n_tokens / math.log(2) / len(text.encode())
