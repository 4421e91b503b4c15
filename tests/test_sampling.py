"""What may be drawn is what transformers' samplers leave, and what is drawn follows the odds."""

import pytest
import torch
from torch import nn
from torch.testing import assert_close
from transformers import LogitsProcessorList
from transformers.generation.logits_process import (
    TemperatureLogitsWarper,
    TopKLogitsWarper,
    TopPLogitsWarper,
)

from gptlib.bigram import Bigram
from gptlib.sampling import generate, next_probs


def some_logits(B=6, V=11):
    return 2 * torch.randn(B, V, generator=torch.Generator().manual_seed(1)).double()


@pytest.mark.parametrize("temperature", [0.3, 1.0, 2.0])
@pytest.mark.parametrize("top_k", [None, 1, 3, 11])
@pytest.mark.parametrize("top_p", [None, 0.01, 0.5, 0.9])
def test_the_probabilities_are_those_of_transformers(temperature, top_k, top_p):
    logits = some_logits()
    warpers = LogitsProcessorList([TemperatureLogitsWarper(temperature)])
    if top_k is not None:
        warpers.append(TopKLogitsWarper(top_k))
    if top_p is not None:
        warpers.append(TopPLogitsWarper(top_p))
    want = warpers(None, logits.clone()).softmax(-1)
    got = next_probs(logits, temperature, top_k, top_p)
    assert_close(got, want, rtol=0, atol=1e-12)


def test_by_hand():
    logits = torch.tensor([[0.1, 0.4, 0.2, 0.3]]).log()
    assert_close(next_probs(logits), torch.tensor([[0.1, 0.4, 0.2, 0.3]]))
    assert_close(next_probs(logits, top_k=2), torch.tensor([[0, 4 / 7, 0, 3 / 7]]))
    # 0.4 + 0.3 is enough for 0.65, and for 0.75 the 0.2 is needed too.
    assert_close(next_probs(logits, top_p=0.65), torch.tensor([[0, 4 / 7, 0, 3 / 7]]))
    assert_close(next_probs(logits, top_p=0.75), torch.tensor([[0, 4 / 9, 2 / 9, 3 / 9]]))
    # Of the two likeliest, the first alone has more than half.
    assert_close(next_probs(logits, top_k=2, top_p=0.5), torch.tensor([[0, 1.0, 0, 0]]))
    squares = torch.tensor([[0.01, 0.16, 0.04, 0.09]]) / 0.3
    assert_close(next_probs(logits, temperature=0.5), squares)


def test_greedy_takes_the_likeliest_and_of_equals_the_first():
    logits = torch.tensor([[1.0, 3.0, 3.0], [0.0, 0.0, 0.0]])
    want = torch.tensor([[0.0, 1.0, 0.0], [1.0, 0.0, 0.0]])
    assert torch.equal(next_probs(logits, temperature=0), want)
    assert torch.equal(next_probs(logits, top_k=1), want)


def test_extreme_settings_stay_probabilities():
    logits = torch.tensor([[1e4, -1e4, 0.0, -torch.inf]])
    for settings in (
        {"temperature": 0.01},
        {"temperature": 100.0},
        {"top_p": 1e-300},
        {"top_p": 1.0},
    ):
        probs = next_probs(logits, **settings)
        assert_close(probs.sum(), torch.tensor(1.0))
        assert (probs >= 0).all()


def test_top_p_of_1_cuts_nothing_off():
    logits = torch.randn(1, 50_000, generator=torch.Generator().manual_seed(0))
    assert (next_probs(logits, top_p=1.0) > 0).all()


def test_logits_are_left_as_they_were():
    logits = some_logits()
    before = logits.clone()
    next_probs(logits, top_k=2, top_p=0.5)
    assert torch.equal(logits, before)


def a_model():
    model = Bigram(5)
    nn.init.normal_(model.table, std=2, generator=torch.Generator().manual_seed(3))
    return model


def test_what_is_drawn_follows_the_probabilities():
    model, n = a_model(), 20_000
    idx = torch.full((n, 1), 2)
    drawn = generate(model, idx, 1, generator=torch.Generator().manual_seed(0))[:, 1]
    p = model.table[2].softmax(-1)
    expected = n * p
    chi_square = ((torch.bincount(drawn, minlength=5) - expected) ** 2 / expected).sum()
    assert chi_square < 18.5  # 4 degrees of freedom: once in a thousand


def test_text_grows_from_the_right_and_each_row_on_its_own():
    model = a_model()
    idx = torch.tensor([[0, 1], [3, 4], [2, 2]])
    out = generate(model, idx, 8, temperature=0)
    assert out.shape == (3, 10)
    assert torch.equal(out[:, :2], idx)
    for row in out:
        for before, after in zip(row[1:-1], row[2:], strict=True):
            assert after == model.table[before].argmax()
    assert torch.equal(generate(model, idx, 0), idx)


def test_the_generator_alone_decides():
    model, idx = a_model(), torch.zeros(2, 1, dtype=torch.int64)

    def draw(seed):
        return generate(model, idx, 30, generator=torch.Generator().manual_seed(seed))

    one = draw(7)
    torch.manual_seed(123)
    assert torch.equal(draw(7), one)
    assert not torch.equal(draw(8), one)


class Dropping(nn.Module):
    """Gives random logits in training, and always the same ones in evaluation mode."""

    def forward(self, idx):
        logits = torch.arange(5.0).expand(*idx.shape, 5)
        return torch.randn(*idx.shape, 5) if self.training else logits


@pytest.mark.parametrize("training", [True, False])
def test_it_writes_in_evaluation_mode_and_leaves_the_mode_as_it_was(training):
    model = Dropping().train(training)
    out = generate(model, torch.tensor([[0]]), 20, temperature=0)
    assert out[0, 1:].tolist() == [4] * 20
    assert model.training == training


@pytest.mark.parametrize("temperature", [-1, 0.001, 1e9, float("nan"), float("inf")])
def test_temperature_out_of_range(temperature):
    message = f"temperature is {temperature}: give 0 for the likeliest token, or 0.01 to 100"
    with pytest.raises(ValueError, match=message):
        generate(a_model(), torch.tensor([[0]]), 1, temperature=temperature)


@pytest.mark.parametrize("top_k", [0, -1, 2.5])
def test_top_k_out_of_range(top_k):
    with pytest.raises(ValueError, match=f"top_k is {top_k}: give a whole number, at least 1"):
        generate(a_model(), torch.tensor([[0]]), 1, top_k=top_k)


@pytest.mark.parametrize("top_p", [0, -0.1, 1.1, float("nan")])
def test_top_p_out_of_range(top_p):
    with pytest.raises(ValueError, match=f"top_p is {top_p}: give a number above 0, at most 1"):
        generate(a_model(), torch.tensor([[0]]), 1, top_p=top_p)


def test_nan_is_no_token():
    logits = torch.tensor([[0.0, torch.nan]])
    for temperature in (0, 1.0):
        with pytest.raises(ValueError, match="logits hold nan, so the model is broken"):
            next_probs(logits, temperature)


def test_fewer_than_no_tokens():
    with pytest.raises(ValueError, match="max_new_tokens is -5: give 0 or more"):
        generate(a_model(), torch.tensor([[0]]), -5)


@pytest.mark.parametrize("shape", [(1, 0), (3,), (1, 2, 3)])
def test_nothing_to_go_on_from(shape):
    with pytest.raises(ValueError, match="one or more in each row"):
        generate(a_model(), torch.zeros(shape, dtype=torch.int64), 1)
