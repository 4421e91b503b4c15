"""What may be drawn is what transformers' samplers leave, and what is drawn follows the odds.

A beam finds the best by enumeration where it is wide enough, and what greed finds where it is 1.
"""

import math
import re
from itertools import product

import pytest
import torch
from torch import nn
from torch.nn.parallel import DistributedDataParallel
from torch.testing import assert_close
from transformers import LogitsProcessorList
from transformers.generation.logits_process import (
    RepetitionPenaltyLogitsProcessor,
    TemperatureLogitsWarper,
    TopKLogitsWarper,
    TopPLogitsWarper,
)

from gptlib.attention import MultiHeadAttention
from gptlib.attention_only import AttentionOnly
from gptlib.bigram import Bigram
from gptlib.config import GPTConfig
from gptlib.gpt import GPT
from gptlib.sampling import Sampling, beam_search, draw, generate, next_probs, stream

GREEDY = Sampling(temperature=0)


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
    got = next_probs(logits, Sampling(temperature, top_k, top_p))
    assert_close(got, want, rtol=0, atol=1e-12)


def test_by_hand():
    logits = torch.tensor([[0.1, 0.4, 0.2, 0.3]]).log()
    assert_close(next_probs(logits), torch.tensor([[0.1, 0.4, 0.2, 0.3]]))
    assert_close(next_probs(logits, Sampling(top_k=2)), torch.tensor([[0, 4 / 7, 0, 3 / 7]]))
    # 0.4 + 0.3 is enough for 0.65, and for 0.75 the 0.2 is needed too.
    assert_close(next_probs(logits, Sampling(top_p=0.65)), torch.tensor([[0, 4 / 7, 0, 3 / 7]]))
    assert_close(next_probs(logits, Sampling(top_p=0.75)), torch.tensor([[0, 4 / 9, 2 / 9, 3 / 9]]))
    # Of the two likeliest, the first alone has more than half.
    assert_close(next_probs(logits, Sampling(top_k=2, top_p=0.5)), torch.tensor([[0, 1.0, 0, 0]]))
    squares = torch.tensor([[0.01, 0.16, 0.04, 0.09]]) / 0.3
    assert_close(next_probs(logits, Sampling(temperature=0.5)), squares)


def test_greedy_takes_the_likeliest_and_of_equals_the_first():
    logits = torch.tensor([[1.0, 3.0, 3.0], [0.0, 0.0, 0.0]])
    want = torch.tensor([[0.0, 1.0, 0.0], [1.0, 0.0, 0.0]])
    assert torch.equal(next_probs(logits, GREEDY), want)
    assert torch.equal(next_probs(logits, Sampling(top_k=1)), want)


def test_extreme_settings_stay_probabilities():
    logits = torch.tensor([[1e4, -1e4, 0.0, -torch.inf]])
    for settings in (
        {"temperature": 0.01},
        {"temperature": 100.0},
        {"top_p": 1e-300},
        {"top_p": 1.0},
    ):
        probs = next_probs(logits, Sampling(**settings))
        assert_close(probs.sum(), torch.tensor(1.0))
        assert (probs >= 0).all()


def test_top_p_of_1_cuts_nothing_off():
    """Not even a token so unlikely that the sum is 1 before it."""
    probs = next_probs(torch.tensor([[0.0, -40.0]]), Sampling(top_p=1.0))
    assert probs[0, 0] == 1 and probs[0, 1] > 0


def test_exactly_enough_is_enough():
    """Probabilities that are exact in binary, and so are their sums."""
    logits = torch.tensor([[0.25, 0.5, 0.25]], dtype=torch.float64).log()
    assert next_probs(logits).tolist() == [[0.25, 0.5, 0.25]]
    for top_p, want in (
        (0.5, [0, 1, 0]),
        (math.nextafter(0.5, 1), [1 / 3, 2 / 3, 0]),
        (0.75, [1 / 3, 2 / 3, 0]),  # of the two that are equally likely, the first
        (math.nextafter(0.75, 1), [0.25, 0.5, 0.25]),
        (1.0, [0.25, 0.5, 0.25]),
    ):
        assert next_probs(logits, Sampling(top_p=top_p)).tolist() == [want]
        assert next_probs(logits, Sampling(top_k=3, top_p=top_p)).tolist() == [want]


@pytest.mark.parametrize("top_k", [1, 3, 40, 600, 1000, 2000])
def test_exactly_k_tokens_are_kept_and_of_equals_the_first(top_k):
    logits = torch.randint(-9, 9, (7, 1000), generator=torch.Generator().manual_seed(2)) / 9
    logits[0] = 0
    for row, probs in zip(logits, next_probs(logits, Sampling(top_k=top_k)), strict=True):
        best = sorted(range(1000), key=lambda i: (-row[i].item(), i))[:top_k]
        assert probs.nonzero()[:, 0].tolist() == sorted(best)
        want = row.exp() / row[best].exp().sum()
        assert_close(probs[best], want[best])


def test_of_fewer_tokens_than_k_all_are_kept():
    logits = torch.tensor([[0.0, -math.inf, 1.0, -math.inf]], dtype=torch.float64)
    for top_k in (3, 4, 99):
        assert_close(next_probs(logits, Sampling(top_k=top_k)), logits.softmax(-1))


@pytest.mark.parametrize("penalty", [0.7, 1.0, 1.2, 3.0])
def test_the_penalty_is_that_of_transformers(penalty):
    logits = some_logits(B=3)
    text = torch.tensor([[1, 1, 4, 9], [0, 10, 10, 10], [2, 3, 5, 7]])
    want = RepetitionPenaltyLogitsProcessor(penalty)(text, logits.clone()).softmax(-1)
    seen = torch.zeros(3, 11, dtype=torch.bool).scatter(1, text, True)
    assert (logits[seen] > 0).any() and (logits[seen] < 0).any()
    got = next_probs(logits, Sampling(repetition_penalty=penalty), seen)
    assert_close(got, want, rtol=0, atol=1e-12)
    warm = TemperatureLogitsWarper(0.5)(
        text, RepetitionPenaltyLogitsProcessor(penalty)(text, logits)
    )
    got = next_probs(logits, Sampling(0.5, repetition_penalty=penalty), seen)
    assert_close(got, warm.softmax(-1), rtol=0, atol=1e-12)


def test_a_penalty_for_nothing():
    with pytest.raises(ValueError, match="repetition_penalty is 1.3: give `seen` too"):
        next_probs(some_logits(), Sampling(repetition_penalty=1.3))


@pytest.mark.parametrize("penalty", [0, -1, 0.001, 1000, float("nan")])
def test_penalty_out_of_range(penalty):
    with pytest.raises(ValueError, match=f"repetition_penalty is {penalty}: give 1 for none, or a"):
        Sampling(repetition_penalty=penalty)


def test_logits_are_left_as_they_were():
    logits = some_logits()
    before = logits.clone()
    next_probs(logits, Sampling(top_k=2, top_p=0.5))
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


LARGEST = math.nextafter(1, 0)  # below 1


def test_a_token_of_probability_0_is_never_drawn():
    """Not even at the edges of the line from 0 to 1, nor between two others."""
    probs = torch.tensor([[0, 0.5, 0, 0.25, 0.25, 0, 0]], dtype=torch.float64)
    at = {0: 1, 0.25: 1, 0.5: 3, 0.6: 3, 0.75: 4, LARGEST: 4}
    at |= {math.nextafter(0.5, 0): 1, math.nextafter(0.75, 0): 3}
    u = torch.tensor(list(at), dtype=torch.float64)
    assert draw(probs.expand(len(at), 7), u).tolist() == list(at.values())


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_a_sum_that_is_not_1_draws_nothing_unlikely(dtype):
    """Where the rounded probabilities add up to less or more, u is a share of that."""
    generator = torch.Generator().manual_seed(0)
    probs = torch.randn(50, 5000, generator=generator, dtype=dtype).mul(4).softmax(-1)
    probs[:, ::3] = 0
    probs[:, 4000:] = 0
    probs *= torch.linspace(0.5, 2, 50)[:, None].to(dtype)
    for u in (0, LARGEST):
        token = draw(probs, torch.full((50,), u, dtype=torch.float64))
        assert (probs.gather(1, token[:, None]) > 0).all()
    half = draw(probs, torch.full((50,), 0.5, dtype=torch.float64))
    share = probs.double().cumsum(-1) / probs.double().sum(-1, keepdim=True)
    assert (share.gather(1, half[:, None]) > 0.5).all()
    assert (share.gather(1, half[:, None] - 1) <= 0.5).all()


def test_what_is_unlikely_is_drawn_too():
    """A float32 of 0.5 plus 2**-26 is 0.5, so that a sum of them would leave no room for these."""
    probs = torch.tensor([[0.5] + 4096 * [2**-26]])
    share = 0.5 / (0.5 + 2**-14)
    u = torch.tensor([share - 1e-9, share + 1e-9, 1 - 1e-9], dtype=torch.float64)
    assert draw(probs.expand(3, -1), u).tolist() == [0, 1, 4096]


def test_each_row_has_its_own_number():
    probs = torch.tensor([[0.5, 0.5], [0.5, 0.5], [0.1, 0.9]])
    assert draw(probs, torch.tensor([0.4, 0.6, 0.4], dtype=torch.float64)).tolist() == [0, 1, 1]


def test_one_number_is_drawn_for_each_token_and_for_the_likeliest_none():
    model, idx = a_model(), torch.zeros(3, 1, dtype=torch.int64)
    one, other = (torch.Generator().manual_seed(5) for _ in range(2))
    drawn = generate(model, idx, 4, generator=one)
    before = idx
    for t in range(4):
        u = torch.rand(3, dtype=torch.float64, generator=other)
        token = draw(next_probs(model.table[before[:, -1]]), u)
        assert torch.equal(drawn[:, t + 1], token)
        before = torch.cat([before, token[:, None]], dim=1)
    assert torch.equal(one.get_state(), other.get_state())
    generate(model, idx, 4, GREEDY, generator=one)
    assert torch.equal(one.get_state(), other.get_state())


def test_text_grows_from_the_right_and_each_row_on_its_own():
    model = a_model()
    idx = torch.tensor([[0, 1], [3, 4], [2, 2]])
    out = generate(model, idx, 8, GREEDY)
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
    out = generate(model, torch.tensor([[0]]), 20, GREEDY)
    assert out[0, 1:].tolist() == [4] * 20
    assert model.training == training


@pytest.mark.parametrize("temperature", [-1, 0.001, 1e9, float("nan"), float("inf")])
def test_temperature_out_of_range(temperature):
    message = f"temperature is {temperature}: give 0 for the likeliest token, or 0.01 to 100"
    with pytest.raises(ValueError, match=message):
        Sampling(temperature=temperature)


@pytest.mark.parametrize("top_k", [0, -1, 2.5])
def test_top_k_out_of_range(top_k):
    with pytest.raises(ValueError, match=f"top_k is {top_k}: give a whole number, at least 1"):
        Sampling(top_k=top_k)


@pytest.mark.parametrize("top_p", [0, -0.1, 1.1, float("nan")])
def test_top_p_out_of_range(top_p):
    with pytest.raises(ValueError, match=f"top_p is {top_p}: give a number above 0, at most 1"):
        Sampling(top_p=top_p)


def test_nan_is_no_token():
    for bad in (math.nan, math.inf):
        logits = torch.tensor([[0.0, 1.0], [0.0, bad]])
        for sampling in (GREEDY, Sampling(), Sampling(top_k=1, top_p=0.5)):
            with pytest.raises(ValueError, match=f"logits hold {bad}, so the model is broken"):
                next_probs(logits, sampling)
    with pytest.raises(ValueError, match="logits hold -inf, so the model is broken"):
        next_probs(torch.full((1, 2), -math.inf))


def test_fewer_than_no_tokens():
    with pytest.raises(ValueError, match="max_new_tokens is -5: give a whole number, 0 or more"):
        generate(a_model(), torch.tensor([[0]]), -5)


@pytest.mark.parametrize("shape", [(1, 0), (3,), (1, 2, 3)])
def test_nothing_to_go_on_from(shape):
    with pytest.raises(ValueError, match="one or more in each row"):
        generate(a_model(), torch.zeros(shape, dtype=torch.int64), 1)


# One token at a time


def a_gpt():
    torch.manual_seed(0)
    config = GPTConfig(5, block_size=6, n_layer=2, n_head=2, n_embd=8, dropout=0.5, init_std=0.3)
    return GPT(config).double()


def a_reader():
    torch.manual_seed(0)
    return AttentionOnly(5, 8, MultiHeadAttention(8, 2)).double()


models = pytest.mark.parametrize("make", [a_model, a_reader, a_gpt])


@models
def test_a_stream_is_generate_one_token_at_a_time(make):
    model, idx = make(), torch.tensor([[0, 1], [3, 4], [2, 2]])
    settings, lengths = Sampling(1.5, 4, 0.95, 1.2), torch.tensor([2, 1, 2])
    text = generate(model, idx, 9, settings, torch.Generator().manual_seed(3), lengths)
    tokens = list(stream(model, idx, 9, settings, torch.Generator().manual_seed(3), lengths))
    assert [token.shape for token in tokens] == [(3,)] * 9
    assert torch.equal(text, torch.cat([idx, torch.stack(tokens, dim=1)], dim=1))
    assert list(stream(model, idx, 0)) == []


@models
def test_a_token_comes_as_soon_as_it_is_drawn(make):
    model, calls = make(), []
    model.register_forward_hook(lambda *_: calls.append(1))
    tokens = stream(model, torch.tensor([[0, 1]]), 10**6)
    assert not calls
    for n in range(1, 4):
        next(tokens)
        assert len(calls) == n


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("how", ["ended", "closed", "failed"])
def test_a_model_that_has_written_is_as_it_was(training, how):
    """In evaluation mode from the first token to the last, and then in that of the caller."""
    model = a_gpt().train(training)
    model.blocks[0].train(not training)
    modes = [module.training for module in model.modules()]
    tokens = stream(model, torch.tensor([[0]]), 3)
    assert [module.training for module in model.modules()] == modes
    for _ in range(3):
        next(tokens)
        assert not any(module.training for module in model.modules())
        assert torch.is_grad_enabled()
    if how == "ended":
        assert list(tokens) == []
    elif how == "closed":
        tokens.close()
    else:
        with pytest.raises(RuntimeError, match="by a test"):
            tokens.throw(RuntimeError("by a test"))
    assert [module.training for module in model.modules()] == modes


def test_a_stream_keeps_nothing_for_gradients():
    model, grads = a_model(), []
    model.register_forward_hook(lambda module, args, out: grads.append(out.requires_grad))
    generate(model, torch.tensor([[0]]), 3)
    assert grads == [False] * 3 and torch.is_grad_enabled()


def test_evaluation_mode_is_entered_once():
    model, entered = a_model(), []
    model.eval = lambda: entered.append(1) or nn.Module.eval(model)
    generate(model, torch.tensor([[0]]), 9)
    assert entered == [1]


def test_mistakes_are_told_before_the_first_token_is_asked_for():
    idx = torch.tensor([[0]])
    for mistake in (
        lambda: stream(a_model(), idx[0], 1),
        lambda: stream(a_model(), idx, -1),
        lambda: stream(a_model(), idx, 1, lengths=torch.tensor([2])),
    ):
        with pytest.raises(ValueError):
            mistake()


class Wrapped(DistributedDataParallel):
    """Wraps as its parent does, but in one process; keeps how many tokens were read at once."""

    def __init__(self, module):
        nn.Module.__init__(self)
        self.module = module
        self.read = []

    def forward(self, *args):
        self.read.append(args[0].shape[1])
        return self.module(*args)


def test_a_wrapped_model_keeps_its_cache():
    idx = torch.tensor([[0, 1, 2]])
    model = Wrapped(a_gpt())
    assert torch.equal(generate(model, idx, 5, GREEDY), generate(a_gpt(), idx, 5, GREEDY))
    assert model.read == [3, 1, 1, 1, 6]  # the last draws from the last block_size tokens


def test_a_compiled_model_keeps_its_cache():
    model, idx, read = a_gpt(), torch.tensor([[0, 1, 2]]), []
    want = generate(model, idx, 3, GREEDY)
    compiled = torch.compile(model, backend="eager")
    compiled.register_forward_hook(lambda module, args, out: read.append(args[0].shape[1]))
    with torch.compiler.set_stance("force_eager"):  # to compile takes long
        assert torch.equal(generate(compiled, idx, 3, GREEDY), want)
    assert read == [3, 1, 1]


@models
def test_a_row_is_penalized_for_its_own_text_and_not_for_its_filling(make):
    """As transformers does it, prompt and new tokens together, row by row."""
    model, sampling = make(), Sampling(0, repetition_penalty=4.0)
    idx = torch.randint(5, (4, 4), generator=torch.Generator().manual_seed(8))
    lengths = torch.tensor([1, 4, 2, 3])
    out = generate(model, idx, 4, sampling, lengths=lengths)
    penalize, differs = RepetitionPenaltyLogitsProcessor(4.0), False
    for row, n in enumerate(lengths.tolist()):
        text = idx[row : row + 1, :n]
        for _ in range(4):
            with torch.no_grad():
                logits = model.eval()(text[:, -6:])[:, -1]
            token = penalize(text, logits.clone()).argmax(-1)
            differs |= bool(token != logits.argmax(-1))
            text = torch.cat([text, token[:, None]], dim=1)
        assert torch.equal(out[row, 4:], text[0, n:])
    assert differs


def test_a_token_that_was_handed_out_is_the_callers():
    """To change it changes nothing of the text that is written on."""
    model, idx = a_model(), torch.tensor([[0], [3]])
    want = generate(model, idx, 6, GREEDY)
    tokens = []
    for token in stream(model, idx, 6, GREEDY):
        tokens.append(token.clone())
        token.fill_(2)
    assert torch.equal(torch.stack(tokens, dim=1), want[:, 1:])


@models
@pytest.mark.parametrize("lengths", [[1, 1, 1], [4, 1, 2], [2, 3, 4]], ids=str)
def test_a_row_with_filling_goes_on_from_its_own_end(make, lengths):
    model = make()
    idx = torch.randint(5, (3, 4), generator=torch.Generator().manual_seed(6))
    out = generate(model, idx, 7, GREEDY, lengths=torch.tensor(lengths))
    assert torch.equal(out[:, :4], idx)
    for row, n in enumerate(lengths):
        alone = generate(model, idx[row : row + 1, :n], 7, GREEDY)
        assert torch.equal(out[row, 4:], alone[0, n:])


@pytest.mark.parametrize("lengths", [[0, 2], [1, 4], [-1, 1], [2], [1, 1, 1], [[1, 2]]], ids=str)
def test_lengths_out_of_range(lengths):
    message = re.escape(f"lengths are {lengths}: give 2 whole numbers from 1 to 3, one per row")
    with pytest.raises(ValueError, match=message):
        generate(a_model(), torch.zeros(2, 3, dtype=torch.int64), 1, lengths=torch.tensor(lengths))


def round_and_round():
    """After 0 comes 1, then 2, 3, 4, and 0 again."""
    model = Bigram(5)
    model.table.data = 50 * torch.eye(5).roll(1, 1)
    return model


def test_a_row_that_has_ended_waits_for_the_others():
    idx = torch.tensor([[0], [3], [1]])
    out = generate(round_and_round(), idx, 99, stop=2)
    assert out.tolist() == [[0, 1, 2, 2, 2], [3, 4, 0, 1, 2], [1, 2, 2, 2, 2]]
    out = generate(round_and_round(), idx, 3, stop=2)
    assert out.tolist() == [[0, 1, 2, 2], [3, 4, 0, 1], [1, 2, 2, 2]]


def test_a_stop_in_what_is_given_ends_nothing():
    out = generate(round_and_round(), torch.tensor([[2, 2], [2, 0]]), 99, stop=2)
    assert out.tolist() == [[2, 2, 3, 4, 0, 1, 2], [2, 0, 1, 2, 2, 2, 2]]


@models
def test_up_to_its_stop_a_row_is_what_it_is_without(make):
    model, idx = make(), torch.tensor([[0, 1], [3, 4], [2, 2]])
    for seed in range(10):
        draws = [torch.Generator().manual_seed(seed) for _ in range(2)]
        free = generate(model, idx, 12, generator=draws[0])[:, 2:].tolist()
        stopped = generate(model, idx, 12, generator=draws[1], stop=3)[:, 2:].tolist()
        ends = [row.index(3) + 1 if 3 in row else 12 for row in free]
        n = max(ends)
        assert stopped == [row[:end] + [3] * (n - end) for row, end in zip(free, ends, strict=True)]


# Beam search

END = 2


def language(seed, V=4, sharpness=2.0):
    """Logits of what follows the last two tokens."""
    generator = torch.Generator().manual_seed(seed)
    table = sharpness * torch.randn(V, V, V, generator=generator, dtype=torch.float64)

    def next_logits(idx):
        before = idx[:, -2] if idx.shape[1] > 1 else torch.zeros_like(idx[:, 0])
        return table[before, idx[:, -1]]

    return next_logits


def spelled(probs):
    """What follows each beginning that is written out; after others and after "" comes END."""

    def next_logits(idx):
        rows = [probs.get("".join(map(str, row[1:])), [0, 0, 1, 0, 0]) for row in idx.tolist()]
        return torch.tensor(rows, dtype=torch.float64).log()

    return next_logits


def score(next_logits, row, T, length_penalty):
    """What a beam search wants high, of a row whose first T tokens were given."""
    log_p = 0.0
    for t in range(T, len(row)):
        log_p += next_logits(torch.tensor([row[:t]])).log_softmax(-1)[0, row[t]].item()
    return log_p / ((5 + len(row) - T) / 6) ** length_penalty


def without_filling(row, T, limit):
    """A row of a result up to its END, or to its limit."""
    new = row.tolist()[T:]
    n = new.index(END) + 1 if END in new else len(new)
    assert set(new[min(n, limit) :]) <= {END}
    return row.tolist()[: T + min(n, limit)]


def greedy(next_logits, row, limit):
    row = list(row)
    for _ in range(limit):
        row.append(next_logits(torch.tensor([row])).argmax().item())
        if row[-1] == END:
            break
    return row


@pytest.mark.parametrize("length_penalty", [0, 0.6, 2])
def test_a_beam_of_1_is_greedy(length_penalty):
    for seed in range(30):
        next_logits = language(seed)
        idx = torch.tensor([[0, 3], [1, 1], [3, 0], [1, 2]])
        limits = [7, 1, 0, 12]
        out = beam_search(next_logits, idx, END, torch.tensor(limits), 1, length_penalty)
        want = [greedy(next_logits, row, n) for row, n in zip(idx.tolist(), limits, strict=True)]
        got = [without_filling(row, 2, n) for row, n in zip(out, limits, strict=True)]
        assert got == want
        assert out.shape[1] == max(len(row) for row in want)


@pytest.mark.parametrize("length_penalty", [0, 0.6, 2])
@pytest.mark.parametrize("seed", range(4))
def test_as_wide_as_all_there_is_it_finds_the_best(seed, length_penalty):
    next_logits, limits = language(seed), [5, 3, 1]
    idx = torch.tensor([[1], [3], [0]])
    out = beam_search(next_logits, idx, END, torch.tensor(limits), 400, length_penalty)
    for start, limit, row in zip(idx.tolist(), limits, out, strict=True):
        words = [v for v in range(4) if v != END]
        rows = [
            [*start, *some, last]
            for n in range(limit)
            for some in product(words, repeat=n)
            for last in ([END] if n + 1 < limit else range(4))
        ]
        best = max(rows, key=lambda row: score(next_logits, row, 1, length_penalty))
        assert without_filling(row, 1, limit) == best


TRAP = {
    "": [0, 0.6, 0, 0.4, 0],  # 1 is likelier than 3
    "1": [0.4, 0, 0, 0.3, 0.3],  # but nothing that follows it is likely
    "3": [0, 0, 0.1, 0, 0.9],
}


def test_a_beam_finds_what_greed_misses():
    """0.4 times 0.9 is more than 0.6 times 0.4."""
    found = {
        K: beam_search(spelled(TRAP), torch.tensor([[0]]), END, torch.tensor([9]), K).tolist()
        for K in (1, 2, 3, 7)
    }
    right = [[0, 3, 4, END]]
    assert found == {1: [[0, 1, 0, END]], 2: right, 3: right, 7: right}


def test_a_longer_row_may_be_less_likely():
    """0.5 at once, or 0.46 after three more: what is longer wins from a penalty of 0.2 on."""
    either = {"": [0.5, 0, 0.5, 0, 0], "0": [0, 0.92, 0, 0.08, 0], "01": [0, 0, 0, 1, 0]}
    exact = math.log(math.log(0.46) / math.log(0.5)) / math.log(9 / 6)
    assert 0.2 < exact < 0.3
    for length_penalty, new in (
        (0, [END]),
        (0.2, [END]),
        (0.3, [0, 1, 3, END]),
        (2, [0, 1, 3, END]),
    ):
        out = beam_search(
            spelled(either), torch.tensor([[0]]), END, torch.tensor([9]), 3, length_penalty
        )
        assert without_filling(out[0], 1, 9)[1:] == new


def test_what_has_ended_pays_no_more_and_grows_no_longer():
    """Another beginning goes on for long: meanwhile 0.6 stays 0.6, and its length 1."""
    probs = {"": [0, 0, 0.6, 0.4, 0]}
    probs |= {"3" * n: [0, 0, 0, 1, 0] for n in range(1, 11)}
    probs |= {"2" * n: [0.5, 0, 0.5, 0, 0] for n in range(1, 12)}
    short, long = [END], [*[3] * 11, END]
    for length_penalty, best in ((0.5, short), (1.5, long)):
        out = beam_search(
            spelled(probs), torch.tensor([[0]]), END, torch.tensor([12]), 2, length_penalty
        )
        scores = {
            len(new): score(spelled(probs), [0, *new], 1, length_penalty) for new in (short, long)
        }
        assert max(scores, key=scores.get) == len(best)
        assert out.tolist() == [[0, *best, *[END] * (12 - len(best))]]


def test_a_wider_beam_finds_better_on_the_whole():
    idx, limits = torch.tensor([[1]]), torch.tensor([8])
    means = []
    for K in (1, 2, 4, 16):
        scores = []
        for seed in range(100):
            next_logits = language(seed, V=6)
            [row] = beam_search(next_logits, idx, END, limits, K)
            scores.append(score(next_logits, without_filling(row, 1, 8), 1, 0.6))
        means.append(sum(scores) / len(scores))
    assert means == sorted(set(means))


@pytest.mark.parametrize("beam_width", [1, 2, 4, 9])
def test_a_row_finds_in_a_batch_what_it_finds_alone(beam_width):
    for seed in range(20):
        next_logits = language(seed, V=6)
        idx = torch.tensor([[0, 1], [5, 3], [4, 4], [1, 0]])
        limits = torch.tensor([6, 11, 0, 3])
        out = beam_search(next_logits, idx, END, limits, beam_width)
        for i, limit in enumerate(limits.tolist()):
            one = slice(i, i + 1)
            [alone] = beam_search(next_logits, idx[one], END, limits[one], beam_width)
            assert without_filling(out[i], 2, limit) == without_filling(alone, 2, limit)


def test_each_row_has_a_limit_of_its_own_and_is_filled_up_with_the_end():
    def endless(idx):
        return torch.tensor([0.0, 1.0, -1e9, 0.5]).expand(len(idx), 4)

    idx = torch.tensor([[3], [0], [1]])
    out = beam_search(endless, idx, END, torch.tensor([4, 0, 2]), beam_width=3)
    assert out.tolist() == [[3, 1, 1, 1, 1], [0, *[END] * 4], [1, 1, 1, END, END]]
    assert torch.equal(beam_search(endless, idx, END, torch.tensor([0, 0, 0])), idx)


def test_a_beam_is_asked_about_all_beginnings_of_each_row_together():
    asked, next_logits = [], language(0)
    idx = torch.tensor([[0], [3]])
    beam_search(
        lambda idx: asked.append(idx) or next_logits(idx), idx, END, torch.tensor([3, 5]), 4
    )
    assert [tuple(beginnings.shape) for beginnings in asked] == [(8, t) for t in range(1, 6)]
    for beginnings in asked:
        assert beginnings[:, 0].tolist() == [0] * 4 + [3] * 4


def test_what_cannot_come_is_not_found():
    """A beam wider than the vocabulary has beginnings that nothing leads to."""
    certain = {"": [0, 1, 0, 0, 0], "1": [0, 0, 0, 0, 1], "14": [0, 0, 1, 0, 0]}
    for K in (1, 4, 50):
        out = beam_search(spelled(certain), torch.tensor([[0]]), END, torch.tensor([6]), K)
        assert without_filling(out[0], 1, 6) == [0, 1, 4, END]


@pytest.mark.parametrize("beam_width", [0, -1, 1.5, None])
def test_beam_width_out_of_range(beam_width):
    with pytest.raises(ValueError, match=f"beam_width is {beam_width}: give a whole number, at l"):
        beam_search(language(0), torch.tensor([[0]]), END, torch.tensor([3]), beam_width)


def test_a_broken_model_has_no_beam():
    def broken(idx):
        return torch.full((len(idx), 4), torch.nan)

    with pytest.raises(ValueError, match="logits hold nan"):
        beam_search(broken, torch.tensor([[1]]), 2, torch.tensor([3]))
