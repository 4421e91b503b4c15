"""Counting is what a loop does; the counted table is the one that learning leads to."""

import json
from collections import Counter

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.testing import assert_close

from gptlib.bigram import Bigram, count, pair_loss
from gptlib.data import load_split, story_ids
from gptlib.tokenizer import CharTokenizer
from gptlib.train import next_token_loss


@given(st.lists(st.integers(0, 3), min_size=1, max_size=40), st.integers(1, 3))
def test_counts_are_those_of_a_loop(ids, n):
    if len(ids) < n:
        return
    runs = Counter(tuple(ids[i : i + n]) for i in range(len(ids) - n + 1))
    counts = count(torch.tensor(ids), vocab_size=4, n=n)
    assert counts.shape == (4,) * n
    assert {run: int(counts[run]) for run in runs} == runs
    assert counts.sum() == runs.total()


def test_a_new_model_knows_nothing():
    logits = Bigram(5)(torch.tensor([[0, 1, 4]]))
    assert logits.shape == (1, 3, 5)
    assert torch.equal(logits.softmax(-1), torch.full((1, 3, 5), 0.2))


def test_each_token_has_a_row_of_its_own():
    model = Bigram(5)
    torch.nn.init.normal_(model.table)
    idx = torch.randint(5, (2, 7))
    one_hot = torch.nn.functional.one_hot(idx, 5).float()
    assert_close(model(idx), one_hot @ model.table, rtol=0, atol=1e-6)
    assert model.vocab_size == 5


@pytest.mark.parametrize("pseudo", [0.01, 0.5, 3.0])
def test_a_counted_model_gives_the_fractions(pseudo):
    counts = torch.tensor([[3, 1, 0], [0, 0, 0], [0, 0, 7]])
    probs = Bigram.counted(counts.double(), pseudo)(torch.arange(3)[None])[0].softmax(-1)
    want = (counts + pseudo) / (counts + pseudo).sum(1, keepdim=True)
    assert_close(probs, want.double(), rtol=0, atol=1e-6)
    assert_close(probs[1], torch.full((3,), 1 / 3).double())


def test_the_loss_is_lowest_at_the_counted_table():
    """The gradient of the loss over all pairs is 0 there, and nowhere else is it lower."""
    data = story_ids(text := load_split("tales")[0][:20_000], tokenizer := CharTokenizer(text))[0]
    counts = count(data, tokenizer.vocab_size).double()
    counts[counts.sum(1) == 0] = 1  # a last token that was never left
    model = Bigram.counted(counts, pseudo=1e-9)
    batch = data[None, :-1], data[None, 1:]

    def loss(model):
        total, asked = next_token_loss(model, batch)
        return total / asked

    lowest = loss(model)
    lowest.backward()
    assert model.table.grad.abs().max() < 1e-9
    generator = torch.Generator().manual_seed(0)
    for size in (0.001, 0.1, 1.0):
        with torch.no_grad():
            other = Bigram.counted(counts, pseudo=1e-9)
            other.table += size * torch.randn(other.table.shape, generator=generator)
        assert loss(other) > lowest


@pytest.mark.parametrize(
    ("ids", "says"),
    [
        ([0], "1 tokens are fewer than 2"),
        ([], "0 tokens are fewer than 2"),
        ([0, 3], "ids 0 to 3, and not all are from 0 to 1"),
        ([1, -1], "ids -1 to 1, and not all are from 0 to 1"),
    ],
)
def test_what_cannot_be_counted(ids, says):
    with pytest.raises(ValueError, match=says):
        count(torch.tensor(ids, dtype=torch.int64), vocab_size=2)


@pytest.mark.parametrize(("counts", "pseudo"), [([[1, 1], [0, 0]], 0), ([[1, 1], [1, 1]], -0.5)])
def test_a_row_without_counts(counts, pseudo):
    with pytest.raises(ValueError, match=f"pseudo is {pseudo}, and . rows of counts are empty"):
        Bigram.counted(torch.tensor(counts), pseudo)


@pytest.mark.parametrize(("V", "n"), [(10_001, 2), (465, 3)])
def test_a_table_that_is_too_large(V, n):
    with pytest.raises(ValueError, match=f"a table for {n} of {V} tokens has {V**n:,} cells"):
        count(torch.tensor([0, 1]), V, n)
    if n == 2:
        with pytest.raises(ValueError, match="fewer different characters"):
            Bigram(V)


def test_a_state_is_all_it_takes_to_make_the_same_model():
    """But for its table; and a state can be written as JSON."""
    model = Bigram.counted(torch.tensor([[3, 1, 0], [0, 0, 5], [2, 0, 7]]))
    twin = Bigram.from_state(json.loads(json.dumps(model.state())))
    assert model.state() == {"vocab_size": 3} and twin.vocab_size == 3
    assert torch.equal(twin.table, torch.zeros(3, 3))
    twin.load_state_dict(model.state_dict())
    idx = torch.tensor([[0, 2, 1]])
    assert torch.equal(twin(idx), model(idx))
    with pytest.raises(TypeError, match="n_layer"):
        Bigram.from_state({"vocab_size": 3, "n_layer": 1})
    with pytest.raises(ValueError, match="fewer different characters"):
        Bigram.from_state({"vocab_size": 10_001})


@pytest.mark.parametrize("V", [3, 50])
@pytest.mark.parametrize("pseudo", [0.01, 2.0])
def test_the_loss_of_counted_pairs_without_their_table(V, pseudo):
    torch.manual_seed(V)
    train, valid = torch.randint(V, (200,)), torch.randint(V, (90,))
    train[train == 1] = 0  # a token that is never seen
    model = Bigram.counted(count(train, V).double(), pseudo)
    total, asked = next_token_loss(model, (valid[None, :-1], valid[None, 1:]))
    assert pair_loss(train, valid, V, pseudo) == pytest.approx((total / asked).item(), rel=1e-6)


def test_the_loss_of_counted_pairs_of_many_tokens():
    """A table for them would have 10 billion cells."""
    V = 100_000
    train = torch.arange(V).repeat(2)
    assert pair_loss(train, train[: V // 2], V, pseudo=1e-9) == pytest.approx(0, abs=1e-3)
