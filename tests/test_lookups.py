"""Words that stood earlier: where they are, what they cost, and who looks back, by loops."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from gptlib.attention import attention_maps
from gptlib.config import GPTConfig
from gptlib.gpt import GPT
from gptlib.lookups import Lookups
from gptlib.tokenizer import WordTokenizer, split_words
from gptlib.world import TOLD, recalls, surprisals, tell

TALES = [tell(seed) for seed in (2_000_387, 1, 2)]
WORDS = [split_words(tale.text) for tale in TALES]
TOKENIZER = WordTokenizer(" ".join(tale.text for tale in TALES))
FOUND = [
    (n, recall)
    for n, (tale, words) in enumerate(zip(TALES, WORDS, strict=True))
    for recall in recalls(tale, words, surprisals(tale.text))
]


@pytest.fixture(scope="module")
def lookups():
    return Lookups(TALES, TOKENIZER)


@pytest.fixture(scope="module")
def model():
    torch.manual_seed(0)
    sizes = {"n_layer": 2, "n_head": 3, "n_embd": 12, "dropout": 0.0, "init_std": 0.5}
    return GPT(GPTConfig(TOKENIZER.vocab_size, max(map(len, WORDS)) + 1, **sizes)).double().eval()


def ids(n):
    return torch.tensor([[TOKENIZER.start, *TOKENIZER.encode(TALES[n].text), TOKENIZER.end]])


def test_each_word_is_asked_for_where_the_one_before_it_was_read(lookups):
    assert len(FOUND) > 9 and {recall.kind for _, recall in FOUND} == set(TOLD)
    assert list(lookups.kinds) == [recall.kind for _, recall in FOUND]
    for w, (n, recall) in enumerate(FOUND):
        assert (lookups.row[w], lookups.at[w]) == (n, recall.at)
        word = TOKENIZER.encode(TALES[n].text)[recall.at]
        assert lookups.targets[n, recall.at] == word
        assert (lookups.idx[n][lookups.stood[w]] == word).all()
        assert lookups.stood[w].sum() == len(recall.earlier)


def test_costs_are_those_of_each_tale_alone(lookups, model):
    costs = lookups.costs(model)
    for cost, (n, recall) in zip(costs, FOUND, strict=True):
        idx = ids(n)
        losses = F.cross_entropy(model(idx[:, :-1])[0], idx[0, 1:], reduction="none")
        assert cost == pytest.approx(losses[recall.at].item(), abs=1e-9)


def test_looks_are_sums_of_weights(lookups, model):
    looks, even = lookups.looks(model), lookups.even()
    assert looks.shape == (len(FOUND), 2, 3)
    for w, (n, recall) in enumerate(FOUND):
        maps = list(attention_maps(model, ids(n)[:, :-1]).values())
        for layer, head in np.ndindex(2, 3):
            row = maps[layer][0, head, recall.at]
            want = sum(row[s + 1] for s in recall.earlier)
            assert looks[w, layer, head] == pytest.approx(want, abs=1e-9)
        assert even[w] == pytest.approx(len(recall.earlier) / (recall.at + 1))
    whole = lookups.maps(model)
    assert whole.shape == (2, 3, 3, *[lookups.idx.shape[1]] * 2)
    np.testing.assert_allclose(whole[:, 1, :, :5, :5], np.stack(maps_of(model, 1))[:, :, :5, :5])


def maps_of(model, n):
    return [rows[0] for rows in attention_maps(model, ids(n)[:, :-1]).values()]


def test_a_word_is_repeated_if_the_one_before_it_is(lookups):
    repeated = lookups.repeated()
    assert 0 < repeated.sum() < len(repeated)
    for w, (n, recall) in enumerate(FOUND):
        words, t = WORDS[n], recall.at
        assert repeated[w] == any(s and words[s - 1] == words[t - 1] for s in recall.earlier)


def test_by_kind_keeps_the_order(lookups):
    numbers = np.arange(len(FOUND))
    apart = lookups.by_kind(numbers)
    assert list(apart) == list(TOLD)
    for kind, which in apart.items():
        assert list(which) == [w for w, (_, recall) in enumerate(FOUND) if recall.kind == kind]
