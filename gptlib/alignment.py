"""Word alignment: where a translating model looks, and where a grammar says that it should."""

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from gptlib.attention import attention_maps
from gptlib.pairs import Pair, encode_pairs
from gptlib.tokenizer import WordTokenizer
from gptlib.transformer import Transformer


def cross_attention(model: Transformer, tokenizer: WordTokenizer, pair: Pair) -> np.ndarray:
    """The weights of cross-attention in each block while model reads the French of pair.

    Returns (n_layer, H, T, S): a row for each word that is asked for, `end` the last of them, and a
    column for each English word. ValueError for unknown words.
    """
    [(source, target)] = encode_pairs([pair], tokenizer)
    maps = attention_maps(model, source[None], target[None, :-1])
    blocks = range(model.config.n_layer)
    return np.stack([maps[f"decoder.{n}.cross.attention"][0] for n in blocks])


def agreement(looks: Sequence[ArrayLike], pairs: Sequence[Pair]) -> float:
    """The share of French words whose largest weight is at an English word that they stand for.

    looks: for each pair the weights of one head, or the mean of several, (T, S)

    Words without a link in the pair's alignment are left out. ValueError if no word has one.
    """
    hits = []
    for weights, pair in zip(looks, pairs, strict=True):
        links = defaultdict(set)
        for i, j in pair.alignment:
            links[j].add(i)
        hits += [int(np.argmax(weights[j])) in places for j, places in links.items()]
    if not hits:
        raise ValueError("no word of the pairs has a link: give pairs with an alignment")
    return sum(hits) / len(hits)
