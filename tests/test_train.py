"""The loop does what its parts say, step by step, and the score asks for every token once."""

import math
from dataclasses import replace
from itertools import islice, repeat

import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.testing import assert_close
from transformers import get_cosine_schedule_with_warmup, get_linear_schedule_with_warmup

from gptlib.bigram import Bigram, count
from gptlib.config import GPTConfig, TrainConfig, TransformerConfig
from gptlib.data import IGNORE, all_batches, batches, get_batch, load_floor, load_split, story_ids
from gptlib.gpt import GPT
from gptlib.tokenizer import CharTokenizer
from gptlib.train import (
    average,
    evaluate,
    learning_rate,
    load_optimizer_state,
    make_optimizers,
    next_token_loss,
    optimizer_state,
    train,
)
from gptlib.transformer import Transformer
from gptlib.world import surprisals

V = 7


def numbers(n=500, seed=0):
    return torch.randint(V, (n,), generator=torch.Generator().manual_seed(seed))


def drawn(seed=0):
    return batches(numbers(), 4, 8, torch.Generator().manual_seed(seed))


class Small(nn.Module):
    """A model with a matrix, a bias and the gain of a norm, in float64."""

    def __init__(self):
        super().__init__()
        generator = torch.Generator().manual_seed(5)
        self.table = nn.Parameter(torch.randn(V, V, generator=generator).double())
        self.bias = nn.Parameter(torch.randn(V, generator=generator).double())
        self.gain = nn.Parameter(torch.ones(V).double())

    def forward(self, idx):
        return F.layer_norm(self.table[idx], (V,), self.gain, self.bias)


def tiny(**switches):
    """A GPT of two blocks, in float64."""
    sizes = {
        "block_size": 8,
        "n_layer": 2,
        "n_head": 2,
        "n_embd": 8,
        "init_std": 0.3,
        "dropout": 0.0,
    }
    with torch.random.fork_rng():
        torch.manual_seed(7)
        return GPT(GPTConfig(V, **sizes | switches)).double()


def assert_same(model, other, atol=0.0):
    theirs = dict(other.named_parameters())
    for name, p in model.named_parameters():
        assert_close(p, theirs.pop(name), rtol=0, atol=atol)
    assert not theirs


# The loop


@pytest.mark.parametrize("decay", ["cosine", "linear"])
def test_a_run_is_what_the_same_steps_by_hand_are(decay):
    """AdamW, its rates and the clipping written out, with the decay times the rate as in torch."""
    config = TrainConfig(
        max_iters=30,
        learning_rate=0.1,
        warmup_iters=5,
        decay=decay,
        weight_decay=0.3,
        grad_clip=0.2,
    )
    model, hand = Small(), Small()
    losses = list(train(model, drawn(), next_token_loss, config))

    parameters = list(hand.parameters())
    m, v = [torch.zeros_like(p) for p in parameters], [torch.zeros_like(p) for p in parameters]
    beta1, beta2 = config.betas
    for step, (idx, targets) in enumerate(islice(drawn(), 30)):
        logits = hand(idx)
        loss = -logits.log_softmax(-1).gather(-1, targets[..., None]).mean()
        assert losses[step] == pytest.approx(loss.item(), abs=1e-12)
        grads = torch.autograd.grad(loss, parameters)
        norm = math.sqrt(sum(float((g**2).sum()) for g in grads))
        assert norm > 0.2 or step > 5  # the first ones are cut
        lr = learning_rate(step, config)
        for i, (p, g) in enumerate(zip(parameters, grads, strict=True)):
            g = g * min(1, 0.2 / (norm + 1e-6))
            m[i] = beta1 * m[i] + (1 - beta1) * g
            v[i] = beta2 * v[i] + (1 - beta2) * g**2
            update = (m[i] / (1 - beta1 ** (step + 1))) / (
                (v[i] / (1 - beta2 ** (step + 1))).sqrt() + 1e-8
            )
            with torch.no_grad():
                if p.dim() == 2:
                    p *= 1 - lr * 0.3
                p -= lr * update
    for p, q in zip(model.parameters(), parameters, strict=True):
        assert_close(p, q, rtol=0, atol=1e-12)


def test_only_matrices_decay():
    model = Small()
    still = lambda model, batch: 0 * sum(p.sum() for p in model.parameters())  # noqa: E731
    config = TrainConfig(max_iters=1, learning_rate=0.1, weight_decay=0.5)
    list(train(model, repeat(()), still, config))
    assert_close(model.table, 0.95 * Small().table, rtol=0, atol=1e-12)
    assert torch.equal(model.bias, Small().bias)
    assert torch.equal(model.gain, Small().gain)


def test_without_decay_the_steps_are_those_of_adam():
    settings = {"betas": (0.7, 0.9), "eps": 1e-2}
    config = TrainConfig(
        max_iters=20,
        learning_rate=0.1,
        warmup_iters=20 - 1,
        weight_decay=0,
        grad_clip=math.inf,
        **settings,
    )
    model, hand = Small(), Small()
    losses = list(train(model, drawn(), next_token_loss, config))
    optimizer = torch.optim.Adam(hand.parameters(), **settings)
    for step, batch in enumerate(islice(drawn(), 20)):
        optimizer.param_groups[0]["lr"] = learning_rate(step, config)
        loss = next_token_loss(hand, batch)
        assert losses[step] == pytest.approx(loss.item(), abs=1e-12)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    for p, q in zip(model.parameters(), hand.parameters(), strict=True):
        assert_close(p, q, rtol=0, atol=1e-12)


def test_every_parameter_is_in_one_group():
    [optimizer] = make_optimizers(Small(), TrainConfig())
    assert [len(group["params"]) for group in optimizer.param_groups] == [1, 2]


def test_nothing_happens_before_it_is_asked_for_and_no_batch_is_wasted():
    model, source = Small(), drawn()
    run = train(model, source, next_token_loss, TrainConfig(max_iters=3))
    assert torch.equal(model.table, Small().table)
    assert len(list(run)) == 3
    fourth = list(islice(drawn(), 4))[3]
    assert torch.equal(next(source)[0], fourth[0])


@pytest.mark.parametrize("optimizer", ["adamw", "muon"])
def test_a_step_on_some_batches_is_one_on_all_their_rows(optimizer):
    sizes = {"max_iters": 6, "warmup_iters": 2, "grad_clip": 0.3, "optimizer": optimizer}
    source = drawn()
    whole = [[torch.cat(parts) for parts in zip(*islice(source, 3), strict=True)] for _ in range(6)]
    at_once, in_parts = tiny(bias=False), tiny(bias=False)
    want = list(train(at_once, whole, next_token_loss, TrainConfig(**sizes)))
    got = list(train(in_parts, drawn(), next_token_loss, TrainConfig(**sizes, accumulate=3)))
    assert got == pytest.approx(want, rel=0, abs=1e-12)
    assert_same(in_parts, at_once, atol=1e-12)
    assert not torch.equal(at_once.tok_emb.weight, tiny(bias=False).tok_emb.weight)


def test_each_step_takes_its_batches_and_no_more():
    taken = []
    source = (taken.append(n) or batch for n, batch in enumerate(drawn()))
    run = train(Small(), source, next_token_loss, TrainConfig(max_iters=2, accumulate=3))
    assert [len(taken) for _ in run] == [3, 6]
    assert taken == [0, 1, 2, 3, 4, 5]


def test_no_step_is_taken_on_fewer_batches_than_it_needs():
    model, config = Small(), TrainConfig(max_iters=9, accumulate=3)
    losses = list(train(model, islice(drawn(), 8), next_token_loss, config))
    whole = Small()
    assert losses == list(train(whole, islice(drawn(), 6), next_token_loss, config))
    assert len(losses) == 2
    assert_same(model, whole)


def test_bfloat16_changes_the_losses_a_little_and_no_type():
    runs, models = {}, {}
    for dtype in ("float32", "bfloat16"):
        model = models[dtype] = tiny(init_std=0.2).float()
        config = TrainConfig(max_iters=10, learning_rate=0.01, dtype=dtype)
        runs[dtype] = list(train(model, drawn(), next_token_loss, config))
    apart = [abs(a - b) for a, b in zip(*runs.values(), strict=True)]
    assert 1e-6 < apart[0] < 0.01
    assert max(apart) < 0.05
    for p, q in zip(models["float32"].parameters(), models["bfloat16"].parameters(), strict=True):
        assert p.dtype == q.dtype == q.grad.dtype == torch.float32
        assert not torch.equal(p, q)


def test_it_ends_where_the_batches_do():
    run = train(Small(), islice(drawn(), 2), next_token_loss, TrainConfig(max_iters=10))
    assert len(list(run)) == 2


def test_it_trains_in_training_mode_whatever_happens_in_between():
    modes = []

    def loss(model, batch):
        modes.append(model.training)
        return next_token_loss(model, batch)

    model = Small().eval()
    for _ in train(model, drawn(), loss, TrainConfig(max_iters=3)):
        model.eval()
    assert modes == [True] * 3


def test_two_threads_give_the_same_run_every_time():
    """Summing a gradient in whatever order the threads arrive would not."""
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        runs = []
        for _ in range(6):
            source = batches(numbers(5000), 64, 64, torch.Generator().manual_seed(0))
            config = TrainConfig(max_iters=60, learning_rate=0.1)
            runs.append(list(train(Bigram(61), source, next_token_loss, config)))
    finally:
        torch.set_num_threads(before)
    assert runs == [runs[0]] * 6


def test_a_bigram_learns_what_counting_knows():
    text = load_split("tales")[0][:50_000]
    tokenizer = CharTokenizer(text)
    data, _ = story_ids(text, tokenizer)
    counted = evaluate(Bigram.counted(count(data, tokenizer.vocab_size)), all_batches(data, 32, 64))
    model = Bigram(tokenizer.vocab_size)
    source = batches(data, 32, 64, torch.Generator().manual_seed(0))
    config = TrainConfig(max_iters=500, learning_rate=0.1, weight_decay=0)
    losses = list(train(model, source, next_token_loss, config))
    assert losses[0] == pytest.approx(math.log(tokenizer.vocab_size), abs=1e-5)
    learned = evaluate(model, all_batches(data, 32, 64))
    assert counted - 0.001 < learned < counted + 0.01


# Muon


def in_blocks(model):
    """The matrices in blocks, by the names that they have in our models."""
    return {
        name: p
        for name, p in model.named_parameters()
        if name.startswith(("blocks.", "encoder.", "decoder.")) and p.dim() == 2
    }


def near_orthogonal(matrix):
    """Newton and Schulz' five iterations, in bfloat16 as torch.optim.Muon does them."""
    high = matrix.shape[0] > matrix.shape[1]
    x = (matrix.mT if high else matrix).bfloat16()
    x = x / x.norm()
    for _ in range(5):
        gram = x @ x.mT
        both = torch.addmm(gram, gram, gram, beta=-4.7750, alpha=2.0315)
        x = torch.addmm(x, both, x, beta=3.4445)
    return x.mT if high else x


@pytest.mark.parametrize("decay", ["cosine", "linear"])
def test_muons_steps_are_those_by_hand(decay):
    config = TrainConfig(
        max_iters=12,
        warmup_iters=4,
        decay=decay,
        weight_decay=0.3,
        grad_clip=0.5,
        optimizer="muon",
        learning_rate=0.01,
        muon_rate=0.05,
    )
    # A key's bias has no effect, so AdamW would step along rounding errors.
    model, hand = tiny(bias=False), tiny(bias=False)
    losses = list(train(model, drawn(), next_token_loss, config))

    matrices = in_blocks(hand)
    tables = [hand.tok_emb.weight, hand.pos_emb.table]
    vectors = [p for p in hand.parameters() if p.dim() == 1]
    groups = [{"params": tables, "weight_decay": 0.3}, {"params": vectors, "weight_decay": 0}]
    adamw = torch.optim.AdamW(groups, betas=config.betas, eps=config.eps)
    means = {name: torch.zeros_like(p) for name, p in matrices.items()}
    for step, batch in enumerate(islice(drawn(), 12)):
        hand.zero_grad()
        loss = next_token_loss(hand, batch)
        assert losses[step] == pytest.approx(loss.item(), abs=1e-12)
        loss.backward()
        norm = math.sqrt(sum(float((p.grad**2).sum()) for p in hand.parameters()))
        assert norm > 0.5  # each is cut
        for p in hand.parameters():
            p.grad *= 0.5 / (norm + 1e-6)
        for group in adamw.param_groups:
            group["lr"] = learning_rate(step, config)
        adamw.step()
        share = learning_rate(step, config) / 0.01  # of the highest rate
        for name, p in matrices.items():
            means[name] = 0.95 * means[name] + 0.05 * p.grad
            ahead = 0.95 * means[name] + 0.05 * p.grad  # Nesterov's
            rows, columns = p.shape
            rate = 0.05 * share * math.sqrt(max(1, rows / columns))
            with torch.no_grad():
                p -= rate * near_orthogonal(ahead).double()
    assert {tuple(p.shape) for p in matrices.values()} == {(8, 8), (32, 8), (8, 32)}
    assert_same(model, hand, atol=1e-12)


def test_muon_steps_along_all_directions_alike():
    """Along those of the gradient, however much longer it is in some of them."""
    model, start = tiny(), tiny()
    generator = torch.Generator().manual_seed(1)
    directions, slopes = {}, {}
    for name, p in in_blocks(model).items():
        U, _, Vh = torch.linalg.svd(torch.randn(p.shape, generator=generator).double(), False)
        directions[name] = U, Vh
        slopes[name] = (U * torch.linspace(1, 0.1, 8)) @ Vh

    def loss(model, batch):
        return sum((p * slopes[name]).sum() for name, p in in_blocks(model).items())

    list(train(model, [()], loss, TrainConfig(max_iters=1, optimizer="muon", muon_rate=0.5)))
    before = in_blocks(start)
    for name, p in in_blocks(model).items():
        U, Vh = directions[name]
        rows, columns = p.shape
        step = (before[name] - p) / (0.5 * math.sqrt(max(1, rows / columns)))
        along = U.mT @ step @ Vh.mT
        assert 0.6 < along.diag().min() and along.diag().max() < 1.25
        assert (along - along.diag().diag()).abs().max() < 0.05


MODELS = {
    "tied": tiny,
    "untied": lambda: tiny(tied=False),
    "of 2017": lambda: Transformer(TransformerConfig(V, n_layer=2, n_head=2, n_embd=8)).double(),
}


@pytest.mark.parametrize("make", MODELS.values(), ids=MODELS)
def test_muon_has_the_matrices_in_blocks_and_adamw_all_else(make):
    model = make()
    muon, adamw = make_optimizers(model, TrainConfig(optimizer="muon", weight_decay=0.3))
    assert isinstance(muon, torch.optim.Muon) and isinstance(adamw, torch.optim.AdamW)
    name_of = {p: name for name, p in model.named_parameters()}
    [group], [tables, vectors] = (optimizer.param_groups for optimizer in (muon, adamw))
    assert {name_of[p] for p in group["params"]} == set(in_blocks(model))
    assert all(p.dim() == 2 for p in tables["params"])
    assert all(p.dim() == 1 for p in vectors["params"])
    every = [name_of[p] for g in (group, tables, vectors) for p in g["params"]]
    assert sorted(every) == sorted(name_of.values())
    assert [g["weight_decay"] for g in (group, tables, vectors)] == [0, 0.3, 0]


@pytest.mark.parametrize("make", MODELS.values(), ids=MODELS)
def test_with_muon_only_tables_decay(make):
    model = make()
    before = {name: p.detach().clone() for name, p in model.named_parameters()}
    still = lambda model, batch: 0 * sum(p.sum() for p in model.parameters())  # noqa: E731
    config = TrainConfig(max_iters=1, learning_rate=0.1, weight_decay=0.5, optimizer="muon")
    list(train(model, [()], still, config))
    for name, p in model.named_parameters():
        table = name in ("tok_emb.weight", "pos_emb.table", "lm_head.weight")
        assert_close(p, 0.95 * before[name] if table else before[name], rtol=0, atol=1e-15)


def test_muon_without_a_block():
    with pytest.raises(ValueError, match="Bigram has no blocks for Muon: choose 'adamw'"):
        make_optimizers(Bigram(V), TrainConfig(optimizer="muon"))


# Going on


@pytest.mark.parametrize("optimizer", ["adamw", "muon"])
@pytest.mark.parametrize("done", [1, 5])
def test_what_was_broken_off_goes_on_as_if_it_had_not_been(optimizer, done):
    config = TrainConfig(
        max_iters=9, warmup_iters=3, learning_rate=0.02, optimizer=optimizer, accumulate=2
    )
    whole = tiny()
    optimizers = make_optimizers(whole, config)
    losses = list(train(whole, drawn(), next_token_loss, config, optimizers))

    source, first = drawn(), tiny()
    of_first = make_optimizers(first, config)
    begun = list(islice(train(first, source, next_token_loss, config, of_first), done))
    memory = {name: t.clone() for name, t in optimizer_state(first, of_first).items()}
    second = tiny(init_std=0.1)
    second.load_state_dict(first.state_dict())
    of_second = make_optimizers(second, config)
    load_optimizer_state(second, of_second, memory)
    begun += train(second, source, next_token_loss, config, of_second, done)

    assert begun == losses
    assert_same(second, whole)
    want, got = optimizer_state(whole, optimizers), optimizer_state(second, of_second)
    assert list(got) == list(want)
    for name, tensor in want.items():
        assert torch.equal(got[name], tensor), name


def test_when_all_steps_are_done_none_is_taken():
    model, source = Small(), drawn()
    assert list(train(model, source, next_token_loss, TrainConfig(max_iters=3), done=3)) == []
    assert torch.equal(next(source)[0], next(drawn())[0])


@pytest.mark.parametrize("optimizer", ["adamw", "muon"])
def test_memories_are_named_after_their_parameters(optimizer):
    model = tiny(tied=False)
    config = TrainConfig(max_iters=2, optimizer=optimizer)
    optimizers = make_optimizers(model, config)
    assert optimizer_state(model, optimizers) == {}
    list(train(model, drawn(), next_token_loss, config, optimizers))
    state, p = optimizer_state(model, optimizers), dict(model.named_parameters())
    of_muon = set(in_blocks(model)) if optimizer == "muon" else set()
    of_adamw = {
        f"{key}.{n}" for n in p.keys() - of_muon for key in ("step", "exp_avg", "exp_avg_sq")
    }
    assert set(state) == {f"momentum_buffer.{name}" for name in of_muon} | of_adamw
    for full, tensor in state.items():
        key, name = full.split(".", 1)
        assert tensor.shape == (() if key == "step" else p[name].shape), full
    assert all(tensor == 2 for full, tensor in state.items() if full.startswith("step."))


# The learning rate


@pytest.mark.parametrize(
    ("decay", "theirs"),
    [("cosine", get_cosine_schedule_with_warmup), ("linear", get_linear_schedule_with_warmup)],
)
def test_the_rates_are_those_of_transformers(decay, theirs):
    """Theirs begin at 0 and so do nothing in the first step; ours are one step further on."""
    config = TrainConfig(max_iters=50, learning_rate=0.3, warmup_iters=10, decay=decay)
    optimizer = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=0.3)
    schedule = theirs(optimizer, num_warmup_steps=10, num_training_steps=50)
    rates = []
    for _ in range(50):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step()
    ours = [learning_rate(step, config) for step in range(50)]
    assert ours[:10] == pytest.approx([0.03 * (step + 1) for step in range(10)])
    assert ours[:9] == pytest.approx(rates[1:10])
    assert ours[10:] == pytest.approx(rates[10:])
    assert ours[10] == 0.3
    assert 0 < ours[-1] < 0.01


@pytest.mark.parametrize(("n_embd", "warmup"), [(512, 4000), (64, 7), (16, 1)])
def test_inverse_sqrt_is_equation_3(n_embd, warmup):
    config = TrainConfig(
        max_iters=10 * warmup,
        learning_rate=1 / math.sqrt(n_embd * warmup),
        warmup_iters=warmup,
        decay="inverse_sqrt",
    )
    steps = range(1, 12 * warmup + 1)  # max_iters change nothing in it
    rates = [learning_rate(step - 1, config) for step in steps]
    want = [n_embd**-0.5 * min(step**-0.5, step * warmup**-1.5) for step in steps]
    assert rates == pytest.approx(want, rel=1e-12)
    assert max(rates) == rates[warmup - 1]


@pytest.mark.parametrize("decay", ["cosine", "linear"])
def test_after_the_last_step_the_rate_stays_at_0(decay):
    config = TrainConfig(max_iters=10, decay=decay)
    assert [learning_rate(step, config) for step in (10, 11, 20)] == [0, 0, 0]


@pytest.mark.parametrize("decay", ["cosine", "linear", "inverse_sqrt"])
def test_another_highest_rate_changes_only_the_scale(decay):
    config = TrainConfig(max_iters=40, learning_rate=0.3, warmup_iters=7, decay=decay)
    for step in range(45):
        want = 5 * learning_rate(step, config)
        assert learning_rate(step, config, 1.5) == pytest.approx(want, rel=1e-12)


def test_without_a_warm_up_the_first_rate_is_the_highest():
    rates = [learning_rate(step, TrainConfig(max_iters=9)) for step in range(9)]
    assert rates[0] == 1e-3
    assert rates == sorted(rates, reverse=True)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"learning_rate": math.nan}, "learning_rate is nan: give a number above 0"),
        ({"learning_rate": math.inf}, "learning_rate is inf: give a number above 0"),
        ({"learning_rate": 0}, "learning_rate is 0: give a number above 0"),
        ({"learning_rate": "0.1"}, "learning_rate is '0.1': give a number above 0"),
        ({"grad_clip": -1}, "grad_clip is -1: give a length, or inf for none"),
        ({"grad_clip": math.nan}, "grad_clip is nan: give a length, or inf for none"),
        ({"betas": 0.9}, "betas are 0.9: give two numbers from 0 to below 1"),
        ({"betas": ("a", "b")}, "betas are .'a', 'b'.: give two numbers"),
        ({"max_iters": 0}, "max_iters is 0: give a whole number, at least 1"),
        ({"max_iters": 1.5}, "max_iters is 1.5: give a whole number, at least 1"),
        ({"warmup_iters": -1}, "warmup_iters is -1: give a whole number, at least 0"),
        ({"warmup_iters": 1000}, "warmup_iters 1000 leave nothing of max_iters 1000"),
        ({"decay": "step"}, "decay is 'step': give 'cosine', 'linear' or 'inverse_sqrt'"),
        ({"decay": "inverse_sqrt"}, "from where warmup_iters end, and they are 0: give 1 or more"),
        ({"weight_decay": -0.1}, "weight_decay is -0.1: give 0 or a positive number"),
        ({"weight_decay": math.nan}, "weight_decay is nan"),
        ({"betas": (0.9, 1)}, "betas are .0.9, 1.: give two numbers from 0 to below 1"),
        ({"eps": 0}, "eps is 0: give a small number above 0"),
        ({"eps": math.nan}, "eps is nan: give a small number above 0"),
        ({"eps": "small"}, "eps is 'small': give a small number above 0"),
        ({"muon_rate": 0}, "muon_rate is 0: give a number above 0, such as 0.02"),
        ({"muon_rate": math.nan}, "muon_rate is nan: give a number above 0, such as 0.02"),
        ({"muon_rate": "0.1"}, "muon_rate is '0.1': give a number above 0, such as 0.02"),
        ({"optimizer": "sgd"}, "optimizer is 'sgd': give 'adamw' or 'muon'"),
        ({"accumulate": 0}, "accumulate is 0: give a whole number, at least 1"),
        ({"accumulate": 1.5}, "accumulate is 1.5: give a whole number, at least 1"),
        ({"dtype": "float16"}, "dtype is 'float16': give 'float32' or 'bfloat16'"),
        ({"dtype": torch.bfloat16}, "dtype is torch.bfloat16: give 'float32' or 'bfloat16'"),
    ],
)
def test_settings_that_make_no_sense(change, says):
    with pytest.raises(ValueError, match=says):
        replace(TrainConfig(), **change)


# The mean of some states


def test_an_average_is_the_mean_of_each_parameter():
    run, states = Small(), []
    for _ in train(run, islice(drawn(), 6), next_token_loss, TrainConfig(learning_rate=0.1)):
        states.append({name: p.clone() for name, p in run.state_dict().items()})
    mean = average(states[-5:])
    assert list(mean) == ["table", "bias", "gain"]
    for name, p in mean.items():
        want = sum(state[name].numpy() for state in states[1:]) / 5
        assert_close(p, torch.from_numpy(want), rtol=0, atol=1e-12)
    model = Small()
    model.load_state_dict(mean)
    idx = torch.arange(V)[None]
    want = F.layer_norm(mean["table"][idx], (V,), mean["gain"], mean["bias"])
    assert torch.equal(model(idx), want)


def test_an_average_has_memory_of_its_own():
    model = Small()
    mean = average([model.state_dict()])
    assert torch.equal(mean["table"], model.table)
    with torch.no_grad():
        model.table.zero_()
    assert torch.equal(mean["table"], Small().table)


def test_an_average_of_nothing():
    with pytest.raises(ValueError, match="states is empty: give at least one state_dict"):
        average([])


# The loss


class Reply(nn.Module):
    """Says what comes next from the word before it and from the first word of a source."""

    def __init__(self):
        super().__init__()
        generator = torch.Generator().manual_seed(6)
        self.table = nn.Parameter(torch.randn(V, V, V, generator=generator).double())

    def forward(self, src, idx):
        return self.table[src[:, :1], idx]


def asked(B, T, seed, silent=0.3):
    generator = torch.Generator().manual_seed(seed)
    src, idx = (torch.randint(V, (B, n), generator=generator) for n in (3, T))
    targets = torch.randint(V, (B, T), generator=generator)
    targets[torch.rand(B, T, generator=generator) < silent] = IGNORE
    return src, idx, targets


@pytest.mark.parametrize("smoothing", [0.0, 0.1, 0.6, 1.0])
def test_label_smoothing_is_its_definition(smoothing):
    model, (src, idx, targets) = Reply(), asked(4, 6, seed=2)
    losses = []
    for b, t in (targets != IGNORE).nonzero().tolist():
        exps = [math.exp(score) for score in model.table[src[b, 0], idx[b, t]].tolist()]
        q = [smoothing / V] * V
        q[targets[b, t]] += 1 - smoothing
        losses.append(-sum(q[v] * math.log(exps[v] / sum(exps)) for v in range(V)))
    got = next_token_loss(model, (src, idx, targets), label_smoothing=smoothing)
    assert 10 < len(losses) < 24
    assert got.item() == pytest.approx(sum(losses) / len(losses), abs=1e-12)


def test_without_smoothing_the_loss_is_what_it_was():
    model, (idx, targets) = Small(), get_batch(numbers(), 4, 8)
    want = F.cross_entropy(model(idx).flatten(0, 1), targets.flatten())
    assert torch.equal(next_token_loss(model, (idx, targets)), want)
    assert torch.equal(next_token_loss(model, (idx, targets), label_smoothing=0.0), want)


# The score


@pytest.mark.parametrize("block_size", [5, 64, 512])
@pytest.mark.parametrize("batch_size", [1, 3, 1000])
def test_a_score_is_the_mean_over_all_tokens_however_they_are_cut(block_size, batch_size):
    text = load_split("tales")[1][:5000]
    tokenizer = CharTokenizer(text)
    data, starts = story_ids(text, tokenizer)
    model = Bigram.counted(count(data, tokenizer.vocab_size).double())
    pairs = model.table.log_softmax(-1)[data[:-1], data[1:]]
    got = evaluate(model, all_batches(data, batch_size, block_size, starts))
    assert got == pytest.approx(-pairs.mean().item(), abs=1e-12)


class Perfect(nn.Module):
    """The perfect predictor as a model: it reads one story whole, and says what it said there."""

    def __init__(self, tokenizer, stories):
        super().__init__()
        self.tokenizer, self.stories = tokenizer, stories

    def forward(self, idx):
        [row], V = idx, self.tokenizer.vocab_size
        [story] = [s for s in self.stories if ("\n" + s).startswith(self.tokenizer.decode(row))]
        probs = torch.tensor([math.exp(-nats) for nats in surprisals(story)]).double()
        logits = ((1 - probs) / (V - 1)).log()[:, None].repeat(1, V)  # what did not come
        logits[range(len(story)), self.tokenizer.encode(story)] = probs.log()
        return logits[None]


def test_the_perfect_predictor_scores_the_floor():
    """Whole stories, the first character and the end asked for: what the floor is made of."""
    stories = [story + "\n\n" for story in load_split("tales")[1].split("\n\n")[:40]]
    text = "".join(stories)
    tokenizer = CharTokenizer(text)
    data, starts = story_ids(text, tokenizer)
    score = evaluate(Perfect(tokenizer, stories), all_batches(data, 1, 512, starts))
    nats = sum(sum(surprisals(story)) for story in stories)
    assert score == pytest.approx(nats / len(text), abs=1e-9)
    assert score == pytest.approx(load_floor().nats_per_character, abs=0.01)


def test_a_score_of_pairs_is_the_mean_over_all_targets():
    model, batches = Reply(), [asked(4, 6, seed=3), asked(1, 2, 4, 0.0), asked(3, 9, 5, 0.8)]
    nats = [
        -model.table[src[b, 0], idx[b, t]].log_softmax(-1)[targets[b, t]].item()
        for src, idx, targets in batches
        for b, t in (targets != IGNORE).nonzero()
    ]
    assert evaluate(model, batches) == pytest.approx(sum(nats) / len(nats), abs=1e-12)


@pytest.mark.parametrize("training", [True, False])
def test_a_score_is_taken_in_evaluation_mode_without_gradients(training):
    model, seen = Small().train(training), []

    def loss(model, batch):
        seen.append((model.training, torch.is_grad_enabled()))
        return next_token_loss(model, batch)

    evaluate(model, [get_batch(numbers(), 2, 3)], loss)
    assert seen == [(False, False)]
    assert model.training == training


def test_a_batch_that_asks_for_nothing_changes_no_score():
    model, batch = Small(), get_batch(numbers(), 2, 3)
    silent = batch[0], torch.full((2, 3), IGNORE)
    assert evaluate(model, [silent, batch, silent]) == evaluate(model, [batch])


def test_an_error_leaves_the_mode_as_it_was():
    def stop(model, batch):
        raise KeyboardInterrupt

    model = Small().train()
    with pytest.raises(KeyboardInterrupt):
        evaluate(model, [get_batch(numbers(), 2, 3)], stop)
    assert model.training


def test_a_score_of_nothing():
    with pytest.raises(ValueError, match="batches ask for nothing"):
        evaluate(Small(), [])
    with pytest.raises(ValueError, match="batches ask for nothing"):
        evaluate(Small(), [(torch.zeros(1, 2, dtype=torch.int64), torch.full((1, 2), IGNORE))])
