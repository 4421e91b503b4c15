"""Smoothed n-grams are what a dictionary of counts says, and their probabilities sum to 1."""

from collections import Counter

import pytest
import torch
from experiments import rows, script
from hypothesis import given
from hypothesis import strategies as st
from torch.testing import assert_close

from gptlib.bigram import count
from gptlib.data import load_split, story_ids
from gptlib.ngram import NGram
from gptlib.tokenizer import CharTokenizer

V = 4
IDS = st.lists(st.integers(0, V - 1), min_size=5, max_size=30)


def witten_bell(train, context, token, n):
    """p(token | context) from the formula, with counts made anew for each question."""
    context = tuple(context[max(0, len(context) - n + 1) :])
    shorter = witten_bell(train, context[1:], token, n) if context else 1 / V
    size = len(context)
    places = [i for i in range(size, len(train)) if tuple(train[i - size : i]) == context]
    after = Counter(train[i] for i in places)
    if not after:
        return shorter
    return (after[token] + len(after) * shorter) / (after.total() + len(after))


@given(IDS, IDS, st.integers(1, 5))
def test_probabilities_are_those_of_the_formula(train, ids, n):
    want = [witten_bell(train, ids[:i], token, n) for i, token in enumerate(ids)]
    probs = NGram(torch.tensor(train), V, n).probs(torch.tensor(ids))
    assert_close(probs, torch.tensor(want, dtype=torch.float64), rtol=0, atol=1e-12)


@given(IDS, IDS, st.integers(1, 5))
def test_what_may_follow_has_probability_1(train, ids, n):
    model = NGram(torch.tensor(train), V, n)
    for i in range(len(ids)):
        probs = model.next_probs(torch.tensor(ids[:i], dtype=torch.int64))
        assert probs.shape == (V,) and (probs > 0).all()
        assert_close(probs.sum().item(), 1.0, rtol=0, atol=1e-12)
        assert probs[ids[i]] == model.probs(torch.tensor(ids[: i + 1]))[-1]


def test_rows_do_not_see_each_other_or_what_is_further_back():
    generator = torch.Generator().manual_seed(0)
    train, idx = (torch.randint(V, size, generator=generator) for size in ((60,), (3, 2, 9)))
    model = NGram(train, V, n=3)
    probs = model.probs(idx)
    assert torch.equal(probs[1, 0], model.probs(idx[1, 0]))
    idx[..., 0] = (idx[..., 0] + 1) % V
    assert torch.equal(model.probs(idx)[..., 3:], probs[..., 3:])


def test_a_context_that_was_never_left_is_not_asked():
    """The training text ends with its only 2: nothing is known of what follows it."""
    train, idx = torch.tensor([0, 1, 0, 2]), torch.tensor([2])
    assert torch.equal(NGram(train, V, n=2).next_probs(idx), NGram(train, V, n=1).next_probs(idx))


def test_many_examples_outweigh_the_smoothing():
    text = load_split("tales")[0][:200_000]
    tokenizer = CharTokenizer(text)
    data, _ = story_ids(text, tokenizer)
    counts = count(data, tokenizer.vocab_size)
    h, e = tokenizer.encode("he")
    probs = NGram(data, tokenizer.vocab_size, n=2).next_probs(torch.tensor([h]))
    assert probs[e].item() == pytest.approx((counts[h, e] / counts[h].sum()).item(), abs=2e-3)


@pytest.mark.parametrize("n", [0, 4])
def test_an_n_that_the_text_is_too_short_for(n):
    with pytest.raises(ValueError, match=f"n is {n}: give one from 1 to 3, the number of tokens"):
        NGram(torch.tensor([0, 1, 0]), V, n)


@pytest.mark.parametrize("wrong", [-1, V])
def test_ids_outside_the_vocabulary(wrong):
    ids = torch.tensor([0, 1, wrong])
    message = "the ids are -?[0-9]+ to [0-9]+, and not all are from 0 to 3"
    with pytest.raises(ValueError, match=message):
        NGram(ids, V, n=2)
    model = NGram(torch.tensor([0, 1, 2]), V, n=2)
    for ask in (model.probs, model.next_probs):
        with pytest.raises(ValueError, match=message):
            ask(ids)


def test_the_stored_scores_are_of_this_script():
    runs = script("ngrams")
    losses = {int(row["n"]): float(row["loss"]) for row in rows("ngrams")}
    assert list(losses) == list(runs.LENGTHS)
    assert min(losses, key=losses.get) == 12 < max(losses)  # what notebook 01 takes
    train_text, valid_text = load_split("tales")
    tokenizer = CharTokenizer(train_text)
    data, valid_data = (story_ids(text, tokenizer)[0] for text in (train_text, valid_text))
    loss = runs.score(NGram(data, tokenizer.vocab_size, n=4), valid_data)
    assert losses[4] == pytest.approx(loss, abs=1e-4)
