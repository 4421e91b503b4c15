"""Each optimizer's steps are those of its definition, and each setting of them has its effect."""

import math
from dataclasses import replace
from functools import cache

import pytest
import torch
from torch import nn
from torch.testing import assert_close
from transformers import get_cosine_schedule_with_warmup, get_linear_schedule_with_warmup

from gptlib import optim
from gptlib.bigram import Bigram
from gptlib.config import GPTConfig, TrainConfig, TransformerConfig
from gptlib.gpt import GPT
from gptlib.optim import (
    POLAR_EXPRESS,
    Muon,
    learning_rate,
    load_optimizer_state,
    make_optimizers,
    optimizer_state,
    orthogonalize,
)
from gptlib.transformer import Transformer

V = 7
LEAST = 0.001  # from this singular value on, the three steps bring all into their band
MARGIN = 1.01  # each step bears what is so much too large
WORST = [0.9916, 0.9653, 0.8635]  # how far from 1 they are, after each of them
SHAPES = {
    "square": (32, 32),
    "wide": (24, 96),
    "tall": (96, 24),
    "of odd sizes": (21, 13),
    "some": (3, 16, 32),
    "rows of some": (2, 3, 40, 16),
}
# How far a matrix may be from the exact one, as a share of its length, and singular values from
# their band; and how far a matrix must be, or it was not made in that type.
EXACT = {torch.float64: 1e-12, torch.float32: 2e-5, torch.bfloat16: 0.05}
ROUNDED = {torch.float64: 0, torch.float32: 1e-8, torch.bfloat16: 1e-3}


def numbers(*shape, seed=0):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


class Small(nn.Module):
    """Matrices of three shapes for Muon, two of one; a table, a bias and the gain of a norm."""

    def __init__(self, seed=1):
        super().__init__()
        self.table = nn.Embedding(V, 8)
        self.tall, self.wide = nn.Linear(8, 32, bias=False), nn.Linear(32, 8)
        self.one, self.two = nn.Linear(8, 8, bias=False), nn.Linear(8, 8, bias=False)
        self.norm = nn.LayerNorm(8, bias=False)
        self.double()
        with torch.no_grad():
            for i, p in enumerate(self.parameters()):
                p.copy_(numbers(*p.shape, seed=100 * seed + i))


MATRICES = ("tall.weight", "wide.weight", "one.weight", "two.weight")


def step(model, optimizers, config, n, gradients=numbers):
    """Take step n of a training, with gradients that depend on nothing else."""
    for i, p in enumerate(model.parameters()):
        p.grad = gradients(*p.shape, seed=1000 * n + i).to(p.dtype)
    for optimizer in optimizers:
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(n, config, group["highest"])
        optimizer.step()


def copies(model):
    return {name: p.detach().clone() for name, p in model.named_parameters()}


# The polynomials


def error(coefficients, x):
    a, b, c = coefficients
    return 1 - (a * x + b * x**3 + c * x**5)


@cache
def intervals():
    """Where each step finds singular values, and how far from 1 it may leave them."""
    found, low, high = [], LEAST, 1.0
    for coefficients in POLAR_EXPRESS:
        x = torch.linspace(low, MARGIN * high, 100_001, dtype=torch.float64)
        worst = error(coefficients, x).abs().max().item()
        found.append((coefficients, x, worst))
        low, high = 1 - worst, 1 + worst
    return found


def test_each_step_is_the_best_odd_polynomial_for_what_the_one_before_leaves():
    """One of three coefficients is best if its error is largest at four points, with signs in turn.

    So says Chebyshev's theorem, and any other lets the error be larger somewhere on the interval.
    """
    for coefficients, x, worst in intervals():
        e = error(coefficients, x)
        turns = (e.diff().sign().diff() != 0).nonzero().flatten() + 1
        points = [0, *turns.tolist(), len(x) - 1]
        assert len(points) == 4
        want = [worst, -worst, worst, -worst]
        assert e[points].tolist() == pytest.approx(want, abs=5e-5)


def test_what_three_steps_leave():
    assert len(POLAR_EXPRESS) == 3
    worst = [worst for _, _, worst in intervals()]
    assert worst == pytest.approx(WORST, abs=5e-4)


# Singular values of matrices


def matrices(*shape, seed=0):
    """Matrices of a length of 1 whose singular values are from LEAST up, and their vectors."""
    U, s, Vh = torch.linalg.svd(numbers(*shape, seed=seed), full_matrices=False)
    s = torch.logspace(math.log10(LEAST), -0.8, s.shape[-1]).double()
    s[-1] = (1 - (s[:-1] ** 2).sum()).sqrt()
    assert s.min() > 0.999 * LEAST
    return (U * s) @ Vh, U, Vh


@pytest.mark.parametrize("dtype", EXACT)
@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_singular_values_come_nearer_to_1_with_each_step(shape, dtype, monkeypatch):
    monkeypatch.setattr(optim, "_matmul_dtype", lambda device: dtype)
    G, U, Vh = matrices(*shape)
    for n, (_, _, worst) in enumerate(intervals(), 1):
        monkeypatch.setattr(optim, "POLAR_EXPRESS", POLAR_EXPRESS[:n])
        got = orthogonalize(3e4 * G)  # however long it was
        along = U.mT @ got @ Vh.mT
        values, across = (
            along.diagonal(dim1=-2, dim2=-1),
            along - along.diagonal(dim1=-2, dim2=-1).diag_embed(),
        )
        assert 1 - worst - EXACT[dtype] < values.min() < 1 - 0.8 * worst
        assert values.max() < 1 + worst + EXACT[dtype]
        assert across.abs().max() < EXACT[dtype]
        assert got.shape == G.shape and got.dtype == G.dtype


@pytest.mark.parametrize("dtype", EXACT)
@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_it_is_what_each_matrix_alone_gives_in_plain_words(shape, dtype, monkeypatch):
    monkeypatch.setattr(optim, "_matmul_dtype", lambda device: dtype)
    G = numbers(*shape)
    got = orthogonalize(G)
    for X, mine in zip(G.view(-1, *shape[-2:]), got.view(-1, *shape[-2:]), strict=True):
        want = near_orthogonal(X)
        assert ROUNDED[dtype] < (mine - want).norm() / want.norm() < EXACT[dtype]


def near_orthogonal(X):
    """The three steps for one matrix, without a transpose."""
    X = X / (X**2).sum().sqrt()
    for a, b, c in POLAR_EXPRESS:
        X = a * X + b * X @ X.T @ X + c * X @ X.T @ X @ X.T @ X
    return X


@pytest.mark.parametrize("shape", [(32, 32), (16, 64), (64, 16)])
def test_what_rounds_to_more_than_1_does_not_run_away(shape):
    """A matrix of rank 1 is all in one singular value, and bfloat16 may make it larger than 1."""
    G = numbers(50, shape[0], 1) @ numbers(50, 1, shape[1], seed=1)
    *_, (_, _, worst) = intervals()
    top = torch.linalg.svdvals(orthogonalize(G))[:, 0]
    assert 1 - worst - 0.03 < top.min() and top.max() < 1 + worst + 0.03


def test_nothing_stays_nothing():
    assert torch.equal(orthogonalize(torch.zeros(2, 3, 5)), torch.zeros(2, 3, 5))


@pytest.mark.parametrize("fast", [True, False])
def test_bfloat16_is_for_those_who_have_it(fast, monkeypatch):
    monkeypatch.setattr(optim, "has_bfloat16", lambda device: fast)
    want = torch.bfloat16 if fast else torch.float32
    assert optim._matmul_dtype(torch.device("cpu")) == want


# Muon


@pytest.mark.parametrize("momentum", [0.95, 0.6])
def test_without_the_orthogonalizing_muon_is_pytorchs(momentum, monkeypatch):
    """Momentum, Nesterov's look ahead and the scale of tall matrices, to the last bit."""
    monkeypatch.setattr(optim, "orthogonalize", lambda G: G)
    monkeypatch.setattr("torch.optim._muon._zeropower_via_newtonschulz", lambda G, *_: G)
    ours, theirs = Small(), Small()
    mine, reference = (
        [p for name, p in model.named_parameters() if name in MATRICES] for model in (ours, theirs)
    )
    muon = Muon(mine, lr=0.3, momentum=momentum)
    other = torch.optim.Muon(reference, lr=0.3, momentum=momentum, weight_decay=0)
    for n in range(5):
        for i, (p, q) in enumerate(zip(mine, reference, strict=True)):
            p.grad = numbers(*p.shape, seed=10 * n + i)
            q.grad = p.grad.clone()
        muon.step()
        other.step()
    for p, q, start in zip(mine, reference, copies(Small()).values(), strict=False):
        assert torch.equal(p, q) and not torch.equal(p, start)
        want = other.state[q]["momentum_buffer"]
        assert torch.equal(muon.state[p]["momentum_buffer"], want)


@pytest.mark.parametrize(
    ("shape", "scale"), [((32, 8), 2), ((8, 32), 1), ((9, 9), 1), ((18, 2), 3)]
)
def test_taller_matrices_take_larger_steps(shape, scale):
    p, G = nn.Parameter(torch.zeros(shape).double()), numbers(*shape)
    p.grad = G
    Muon([p], lr=0.1).step()
    assert_close(p, -0.1 * scale * orthogonalize(G), rtol=0, atol=1e-15)


@pytest.mark.parametrize("dtype", EXACT)
@pytest.mark.parametrize("muon_rate, momentum", [(0.05, 0.95), (0.5, 0.95), (0.05, 0.8)])
def test_muons_steps_are_those_by_hand(muon_rate, momentum, dtype, monkeypatch):
    monkeypatch.setattr(optim, "_matmul_dtype", lambda device: dtype)
    settings = {"max_iters": 12, "warmup_iters": 4, "decay": "linear", "optimizer": "muon"}
    config = TrainConfig(**settings, muon_rate=muon_rate, muon_momentum=momentum)
    model = Small()
    optimizers = make_optimizers(model, config)
    hand = {name: p for name, p in copies(model).items() if name in MATRICES}
    means = {name: torch.zeros_like(p) for name, p in hand.items()}
    for n in range(12):
        step(model, optimizers, config, n)
        rate = muon_rate * min((n + 1) / 4, 1 - (n - 4) / 8)
        for name, p in model.named_parameters():
            if name in MATRICES:
                means[name] = momentum * means[name] + (1 - momentum) * p.grad
                ahead = momentum * means[name] + (1 - momentum) * p.grad
                rows, cols = p.shape
                hand[name] -= rate * max(1, rows / cols) ** 0.5 * near_orthogonal(ahead)
                # 12 steps of Muon add up 12 errors.
                assert_close(p, hand[name], rtol=0, atol=6 * muon_rate * EXACT[dtype])


def test_matrices_of_one_shape_step_as_each_would_alone(monkeypatch):
    monkeypatch.setattr(optim, "_matmul_dtype", lambda device: torch.float64)
    together, alone = Small(), Small()
    params = [p for name, p in together.named_parameters() if name in MATRICES]
    each = [p for name, p in alone.named_parameters() if name in MATRICES]
    muons = [Muon([p]) for p in each]
    muon = Muon(params)
    for n in range(3):
        for i, (p, q) in enumerate(zip(params, each, strict=True)):
            p.grad = numbers(*p.shape, seed=10 * n + i)
            q.grad = p.grad.clone()
        muon.step()
        for other in muons:
            other.step()
    for p, q in zip(params, each, strict=True):
        assert_close(p, q, rtol=0, atol=1e-13)
    assert not torch.equal(params[2], params[3])


def test_a_matrix_without_a_gradient_stays_and_has_no_memory():
    p, q = nn.Parameter(torch.ones(2, 2)), nn.Parameter(torch.ones(2, 2))
    p.grad = torch.eye(2)
    muon = Muon([p, q])
    muon.step()
    assert torch.equal(q, torch.ones(2, 2)) and not torch.equal(p, q)
    assert list(muon.state) == [p]


def test_a_gradient_of_0_moves_nothing():
    p = nn.Parameter(torch.ones(3, 2))
    p.grad = torch.zeros(3, 2)
    muon = Muon([p])
    muon.step()
    assert torch.equal(p, torch.ones(3, 2))
    assert torch.equal(muon.state[p]["momentum_buffer"], torch.zeros(3, 2))


@pytest.mark.parametrize("optimizer", ["adamw", "muon"])
def test_a_model_in_bfloat16_learns_the_same_but_for_rounding(optimizer):
    config = TrainConfig(max_iters=9, optimizer=optimizer, learning_rate=0.2, muon_rate=0.2)
    high, low = Small(), Small().bfloat16()
    start, of_low = copies(low), make_optimizers(low, config)
    of_high = make_optimizers(high, config)
    for n in range(3):
        step(high, of_high, config, n)
        step(low, of_low, config, n)
    for (name, p), q in zip(low.named_parameters(), high.parameters(), strict=True):
        assert p.dtype == torch.bfloat16
        moved = (p - start[name]).double()
        assert (moved - (q - start[name])).norm() < 0.1 * moved.norm()
    kinds = {t.dtype for k, t in optimizer_state(low, of_low).items() if not k.startswith("step")}
    assert kinds == {torch.bfloat16}


def test_matrices_on_two_devices_step_each_on_its_own():
    params = [nn.Parameter(torch.ones(2, 2, device=device)) for device in ("cpu", "meta")]
    for p in params:
        p.grad = torch.ones_like(p)
    muon = Muon(params)
    muon.step()
    assert not torch.equal(params[0], torch.ones(2, 2))
    assert [muon.state[p]["momentum_buffer"].device for p in params] == [p.device for p in params]


@pytest.mark.parametrize("shape", [(3,), (2, 3, 4)])
def test_muon_is_for_matrices(shape):
    with pytest.raises(ValueError, match="a parameter has shape .*: give Muon matrices"):
        Muon([nn.Parameter(torch.zeros(shape))])


# Who has which parameter


def gpt(**switches):
    sizes = {"block_size": 8, "n_layer": 2, "n_head": 2, "n_embd": 8, "dropout": 0.0}
    return GPT(GPTConfig(V, **sizes | switches)).double()


MODELS = {
    "tied": gpt,
    "untied": lambda: gpt(tied=False),
    "of 2017": lambda: Transformer(TransformerConfig(V, n_layer=2, n_head=2, n_embd=8)).double(),
}


def in_blocks(model):
    """The matrices in blocks, by the names that they have in our models."""
    return {
        name
        for name, p in model.named_parameters()
        if name.startswith(("blocks.", "encoder.", "decoder.")) and p.dim() == 2
    }


@pytest.mark.parametrize("make", MODELS.values(), ids=MODELS)
def test_muon_has_the_matrices_in_blocks_and_adamw_all_else(make):
    model = make()
    muon, adamw = make_optimizers(model, TrainConfig(optimizer="muon", weight_decay=0.3))
    assert isinstance(muon, Muon) and isinstance(adamw, torch.optim.AdamW)
    name_of = {p: name for name, p in model.named_parameters()}
    [group], [tables, vectors] = (optimizer.param_groups for optimizer in (muon, adamw))
    assert {name_of[p] for p in group["params"]} == in_blocks(model)
    assert all(p.dim() == 2 for p in tables["params"])
    assert all(p.dim() == 1 for p in vectors["params"])
    every = [name_of[p] for g in (group, tables, vectors) for p in g["params"]]
    assert sorted(every) == sorted(name_of.values())


def test_heads_are_not_muons():
    """Whatever shares their weights, and whatever the other layers are called."""
    model = nn.ModuleDict({name: nn.Linear(8, 8) for name in ("a", "b", "head", "reward_head")})
    model["heads"] = nn.Linear(8, 8)
    model["table"] = nn.Embedding(8, 8)
    model["lm_head"] = nn.Linear(8, 8, bias=False)
    model["lm_head"].weight = model["table"].weight
    model["cube"] = nn.Conv1d(8, 8, 3)
    model["b"].weight = model["a"].weight
    muon, adamw = make_optimizers(model, TrainConfig(optimizer="muon"))
    [group] = muon.param_groups
    assert [id(p) for p in group["params"]] == [id(model[n].weight) for n in ("a", "heads")]
    want = [model[n].weight for n in ("head", "reward_head", "table", "cube")]
    assert [id(p) for p in adamw.param_groups[0]["params"]] == [id(p) for p in want]
    assert all(p.dim() == 1 for p in adamw.param_groups[1]["params"])


def test_adamw_has_all_where_there_is_no_muon():
    [optimizer] = make_optimizers(Small(), TrainConfig())
    assert [len(group["params"]) for group in optimizer.param_groups] == [5, 2]


# What gives parameters other names; `eager` compiles nothing, and nothing runs here.
WRAPPERS = [
    lambda model: model,
    lambda model: torch.compile(model, backend="eager"),
    nn.DataParallel,
]


@pytest.mark.parametrize("wrap", WRAPPERS, ids=["plain", "compiled", "parallel"])
def test_muon_without_a_hidden_matrix(wrap):
    with pytest.raises(ValueError, match="^Bigram has no hidden matrices for Muon: choose 'adamw'"):
        make_optimizers(wrap(Bigram(V)), TrainConfig(optimizer="muon"))


# The settings


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"learning_rate": 0.03},
        {"betas": (0.5, 0.95)},
        {"betas": (0.9, 0.7)},
        {"eps": 0.3},
        {"weight_decay": 0},
        {"weight_decay": 0.6},
    ],
)
def test_adamws_steps_are_those_by_hand(change):
    """Matrices decay, by the rate times the decay as in torch; biases and gains do not."""
    config = replace(TrainConfig(max_iters=8, learning_rate=0.1, warmup_iters=2), **change)
    model, hand = Small(), copies(Small())
    optimizers = make_optimizers(model, config)
    (beta1, beta2), wd = config.betas, config.weight_decay
    m, v = ({name: torch.zeros_like(p) for name, p in hand.items()} for _ in range(2))
    for n in range(8):
        step(model, optimizers, config, n)
        lr = learning_rate(n, config)
        assert (lr == config.learning_rate) == (n in (1, 2))
        for name, q in model.named_parameters():
            p, g = hand[name], q.grad
            m[name] = beta1 * m[name] + (1 - beta1) * g
            v[name] = beta2 * v[name] + (1 - beta2) * g**2
            m_hat, v_hat = m[name] / (1 - beta1 ** (n + 1)), v[name] / (1 - beta2 ** (n + 1))
            if name not in ("wide.bias", "norm.weight"):
                p *= 1 - lr * wd
            p -= lr * m_hat / (v_hat.sqrt() + config.eps)
            assert_close(q, p, rtol=0, atol=1e-12)


def zeros(*shape, seed):
    return torch.zeros(shape)


@pytest.mark.parametrize("weight_decay", [0, 0.5])
def test_with_muon_only_tables_decay(weight_decay):
    model, before = Small(), copies(Small())
    settings = {"learning_rate": 0.1, "weight_decay": weight_decay, "optimizer": "muon"}
    config = TrainConfig(max_iters=1, **settings)
    step(model, make_optimizers(model, config), config, 0, zeros)
    for name, p in model.named_parameters():
        want = (1 - 0.1 * weight_decay) * before[name] if name == "table.weight" else before[name]
        assert_close(p, want, rtol=0, atol=1e-15)


def test_each_optimizer_has_its_own_highest_rate():
    config = TrainConfig(optimizer="muon", muon_rate=0.7, learning_rate=0.2)
    groups = [g for o in make_optimizers(Small(), config) for g in o.param_groups]
    assert [group["highest"] for group in groups] == [0.7, 0.2, 0.2]


# Going on


@pytest.mark.parametrize("wrap", WRAPPERS, ids=["plain", "compiled", "parallel"])
@pytest.mark.parametrize("optimizer", ["adamw", "muon"])
@pytest.mark.parametrize("done", [1, 4])
def test_what_was_broken_off_goes_on_as_if_it_had_not_been(optimizer, done, wrap):
    config = TrainConfig(max_iters=7, warmup_iters=3, learning_rate=0.02, optimizer=optimizer)
    whole = Small()
    optimizers = make_optimizers(whole, config)
    for n in range(7):
        step(whole, optimizers, config, n)

    first = wrap(Small())
    of_first = make_optimizers(first, config)
    for n in range(done):
        step(first, of_first, config, n)
    memory = {name: t.clone() for name, t in optimizer_state(first, of_first).items()}
    second = Small(seed=2)
    second.load_state_dict(dict(zip(second.state_dict(), first.state_dict().values(), strict=True)))
    second = wrap(second)
    of_second = make_optimizers(second, config)
    load_optimizer_state(second, of_second, memory)
    for n in range(done, 7):
        step(second, of_second, config, n)

    for p, q in zip(second.parameters(), whole.parameters(), strict=True):
        assert torch.equal(p, q)
    want, got = optimizer_state(whole, optimizers), optimizer_state(second, of_second)
    assert list(got) == list(want)
    for name, tensor in want.items():
        assert torch.equal(got[name], tensor), name


@pytest.mark.parametrize("wrap", WRAPPERS, ids=["plain", "compiled", "parallel"])
@pytest.mark.parametrize("optimizer", ["adamw", "muon"])
def test_memories_are_named_after_their_parameters(optimizer, wrap):
    model, p = Small(), copies(Small())
    config = TrainConfig(max_iters=2, optimizer=optimizer)
    wrapped = wrap(model)
    optimizers = make_optimizers(wrapped, config)
    assert optimizer_state(wrapped, optimizers) == {}
    for n in range(2):
        step(model, optimizers, config, n)
    state = optimizer_state(wrapped, optimizers)
    of_muon = set(MATRICES) if optimizer == "muon" else set()
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
    ("decay", "want"),
    [
        ("linear", [0.1, 0.2, 0.3, 0.4, 0.4, 0.3, 0.2, 0.1, 0, 0]),
        ("cosine", [0.1, 0.2, 0.3, 0.4, 0.4, 0.2 + 0.2 / 2**0.5, 0.2, 0.2 - 0.2 / 2**0.5, 0, 0]),
        ("inverse_sqrt", [0.1, 0.2, 0.3, 0.4, *(0.8 / n**0.5 for n in range(5, 11))]),
    ],
)
def test_the_rates_of_some_steps(decay, want):
    config = TrainConfig(max_iters=8, learning_rate=0.4, warmup_iters=4, decay=decay)
    assert [learning_rate(n, config) for n in range(10)] == pytest.approx(want, abs=1e-12)


@pytest.mark.parametrize(
    ("settings", "want"),
    [
        ({"decay": "linear", "decay_iters": 4}, [0.2, 0.4, 0.4, 0.4, 0.4, 0.3, 0.2, 0.1, 0, 0]),
        ({"decay": "cosine", "decay_iters": 2}, [0.2, 0.4, 0.4, 0.4, 0.4, 0.4, 0.4, 0.2, 0, 0]),
        ({"decay_iters": 0}, [0.2, *[0.4] * 9]),
        (
            {"decay": "linear", "decay_to": 0.5, "decay_iters": 4},
            [0.2, *[0.4] * 4, 0.35, 0.3, 0.25, 0.2, 0.2],
        ),
        (
            {"decay": "cosine", "decay_to": 0.1, "warmup_iters": 0},
            [0.04 + 0.36 * (1 + math.cos(math.pi * n / 8)) / 2 for n in (*range(8), 8, 8)],
        ),
        (
            {"decay": "linear", "decay_iters": 6},
            [0.2, 0.4, *(0.4 * n / 6 for n in range(6, -1, -1)), 0],
        ),
    ],
    ids=str,
)
def test_rates_that_are_kept_before_they_fall_and_do_not_fall_to_0(settings, want):
    config = TrainConfig(**{"max_iters": 8, "learning_rate": 0.4, "warmup_iters": 2} | settings)
    assert [learning_rate(n, config) for n in range(10)] == pytest.approx(want, abs=1e-12)


def test_a_ramp_of_batches_and_the_rates_go_by_tokens():
    """Eight steps of 1, 1, 2, 3, 4, 4, 4, 4 batches are as many tokens as 5.75 full steps."""
    settings = {"max_iters": 8, "learning_rate": 0.4, "decay": "linear", "accumulate": 4}
    config = TrainConfig(**settings, ramp_iters=4, warmup_iters=1)
    assert [config.batches(n) for n in range(8)] == [1, 1, 2, 3, 4, 4, 4, 4]
    assert [config.batches_before(n) for n in range(9)] == [0, 1, 2, 4, 7, 11, 15, 19, 23]
    rates = [learning_rate(n, config) for n in range(9)]
    assert rates[:3] == pytest.approx([0.1, 0.2, 0.4])
    wanted = [0.4 * (5.75 - n / 4) / 4.75 for n in (4, 7, 11, 15, 19, 23)]
    assert rates[3:] == pytest.approx(wanted) and rates[-1] == 0
    flat = TrainConfig(**settings, warmup_iters=2)
    by_steps = [learning_rate(n, replace(flat, accumulate=1)) for n in range(9)]
    assert [learning_rate(n, flat) for n in range(9)] == by_steps
    later = replace(config, decay_iters=2)
    assert [learning_rate(n, later) for n in (5, 6, 7)] == pytest.approx([0.4, 0.4, 0.2])
    shorter = replace(config, max_iters=2)  # as in a trial: the warm-up is not over
    assert [learning_rate(n, shorter) for n in (0, 1)] == pytest.approx([0.1, 0.2])
    vaswani = replace(config, decay="inverse_sqrt")
    assert learning_rate(7, vaswani) == pytest.approx(0.4 / 5.75**0.5)


def test_a_warm_up_that_is_left_to_the_length_of_training():
    config = TrainConfig(max_iters=40, learning_rate=0.4, warmup_iters=None)
    assert [learning_rate(n, config) for n in range(3)] == pytest.approx([0.2, 0.4, 0.4])


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
    assert max(abs(rate / w - 1) for rate, w in zip(rates, want, strict=True)) < 1e-12
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


def test_a_short_training_with_inverse_sqrt_has_a_warm_up():
    """Of a step, where a twentieth of all would be none."""
    short = TrainConfig(decay="inverse_sqrt", warmup_iters=None, max_iters=19)
    assert short.warmup == 1
    assert TrainConfig(warmup_iters=None, max_iters=19).warmup == 0
