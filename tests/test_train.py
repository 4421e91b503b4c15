"""The loop does what its parts say, step by step, and the score asks for every token once."""

import math
from dataclasses import replace
from itertools import islice

import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.testing import assert_close

from gptlib.bigram import Bigram, count
from gptlib.config import GPTConfig, TrainConfig
from gptlib.data import IGNORE, all_batches, batches, get_batch, load_floor, load_split, story_ids
from gptlib.gpt import GPT
from gptlib.optim import learning_rate, make_optimizers
from gptlib.tokenizer import CharTokenizer
from gptlib.train import average, evaluate, next_token_loss, token_losses, train
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


def test_each_optimizer_takes_its_steps_at_its_own_rate():
    config = TrainConfig(
        10, 0.01, warmup_iters=4, decay="linear", optimizer="muon", muon_rate=0.5, accumulate=1
    )
    model = tiny()
    muon, adamw = optimizers = make_optimizers(model, config)
    for step, _ in enumerate(train(model, drawn(), next_token_loss, config, optimizers)):
        for optimizer, highest in ((muon, 0.5), (adamw, 0.01)):
            rates = {group["lr"] for group in optimizer.param_groups}
            assert rates == {learning_rate(step, config, highest)}
    assert step == 9


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
        total, asked = next_token_loss(hand, batch)
        loss = total / asked
        assert losses[step] == pytest.approx(loss.item(), abs=1e-12)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    for p, q in zip(model.parameters(), hand.parameters(), strict=True):
        assert_close(p, q, rtol=0, atol=1e-12)


@pytest.mark.parametrize("max_iters", [1, 3])
def test_nothing_happens_before_it_is_asked_for_and_no_batch_is_wasted(max_iters):
    model, source = Small(), drawn()
    run = train(model, source, next_token_loss, TrainConfig(max_iters=max_iters))
    assert torch.equal(model.table, Small().table)
    assert len(list(run)) == max_iters
    following = list(islice(drawn(), max_iters + 1))[-1]
    assert torch.equal(next(source)[0], following[0])


def asking(*counts, T=8, seed=0):
    """For each count a batch that asks for so many targets, spread over twice as many rows."""
    generator = torch.Generator().manual_seed(seed)
    made = []
    for n in counts:
        B = 2 * math.ceil(max(n, 1) / T)
        idx, targets = torch.randint(V, (2, B, T), generator=generator)
        silent = torch.randperm(B * T, generator=generator)[n:]
        targets.view(-1)[silent] = IGNORE
        made.append((idx, targets))
    return made


def together(batches):
    return tuple(torch.cat(parts) for parts in zip(*batches, strict=True))


def gradients(model):
    return [p.grad.clone() for p in model.parameters()]


@pytest.mark.parametrize("optimizer", ["adamw", "muon"])
@pytest.mark.parametrize("counts", [(10, 90), (90, 10), (30, 30, 30), (0, 7, 1, 40)])
def test_a_step_on_some_batches_is_one_on_all_their_rows(counts, optimizer):
    """However many of its targets are in which of them."""
    settings = TrainConfig(max_iters=4, warmup_iters=2, grad_clip=0.3, optimizer=optimizer)
    steps = [asking(*counts, seed=n) for n in range(4)]
    whole, parts = [together(batches) for batches in steps], [b for step in steps for b in step]
    at_once, in_parts, lengths = tiny(attn_bias=False), tiny(attn_bias=False), []

    def watched(model, batch):
        total, asked = next_token_loss(model, batch)
        assert asked == sum(counts)
        grads = torch.autograd.grad(total / asked, model.parameters(), retain_graph=True)
        lengths.append(math.sqrt(sum(float((g**2).sum()) for g in grads)))
        return total, asked

    one = train(at_once, whole, watched, settings)
    some = train(in_parts, parts, next_token_loss, replace(settings, accumulate=len(counts)))
    for want, got in zip(one, some, strict=True):
        assert got == pytest.approx(want, rel=0, abs=1e-12)
        for p, q in zip(gradients(at_once), gradients(in_parts), strict=True):
            assert_close(p, q, rtol=0, atol=1e-12)
    assert min(lengths) > 0.3  # all are cut, after they were added up
    assert_same(in_parts, at_once, atol=1e-12)
    assert not torch.equal(at_once.tok_emb.weight, tiny(attn_bias=False).tok_emb.weight)


def test_a_step_is_not_the_mean_of_its_batches_means():
    few, many = asking(10, 90)
    by_batch = [evaluate(tiny(), [batch]) for batch in (few, many)]
    config = TrainConfig(max_iters=1, accumulate=2)
    [loss] = train(tiny(), [few, many], next_token_loss, config)
    assert loss == pytest.approx(0.1 * by_batch[0] + 0.9 * by_batch[1], rel=0, abs=1e-12)
    assert abs(loss - sum(by_batch) / 2) > 0.01


def test_a_loss_says_itself_what_counts():
    """Whatever it gives: the loop adds up sums and counts, and looks at no batch."""
    model = Small()

    def loss(model, batch):
        factor, count = batch
        return factor * model.table.sum(), torch.tensor(count)

    config = TrainConfig(max_iters=1, accumulate=2, grad_clip=math.inf)
    [mean] = train(model, [(3.0, 1), (-1.0, 7)], loss, config)
    assert mean == pytest.approx(2 / 8 * Small().table.sum().item(), rel=0, abs=1e-12)
    assert_close(model.table.grad, torch.full((V, V), 2 / 8).double(), rtol=0, atol=1e-15)
    assert model.bias.grad is None and torch.equal(model.bias, Small().bias)


@pytest.mark.parametrize("grad_clip", [0.05, 0.1, 5, math.inf])
def test_a_gradient_is_no_longer_than_it_may_be(grad_clip):
    model, batch = Small(), get_batch(numbers(), 4, 8, torch.Generator().manual_seed(0))
    total, asked = next_token_loss(model, batch)
    grads = torch.autograd.grad(total / asked, model.parameters())
    length = math.sqrt(sum(float((g**2).sum()) for g in grads))
    assert 0.1 < length < 5
    list(train(model, [batch], next_token_loss, TrainConfig(max_iters=1, grad_clip=grad_clip)))
    share = min(1, grad_clip / length)
    for g, p in zip(grads, model.parameters(), strict=True):
        assert_close(p.grad, share * g, rtol=0, atol=2e-6)  # clipping adds 1e-6 to the length


@pytest.mark.parametrize("accumulate", [1, 3])
def test_each_step_takes_its_batches_and_no_more(accumulate):
    taken = []
    source = (taken.append(n) or batch for n, batch in enumerate(drawn()))
    config = TrainConfig(max_iters=2, accumulate=accumulate)
    run = train(Small(), source, next_token_loss, config)
    assert [len(taken) for _ in run] == [accumulate, 2 * accumulate]
    assert taken == list(range(2 * accumulate))


def test_steps_of_a_ramp_take_more_and_more_batches():
    taken = []
    source = (taken.append(n) or batch for n, batch in enumerate(drawn()))
    config = TrainConfig(max_iters=6, accumulate=4, ramp_iters=4)
    assert [len(taken) for _ in train(Small(), source, next_token_loss, config)] == [
        config.batches_before(n) for n in range(1, 7)
    ]


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


# Going on


@pytest.mark.parametrize("done", [1, 5])
def test_what_was_stopped_goes_on_as_if_it_had_not_been(done):
    config = TrainConfig(max_iters=9, warmup_iters=3, learning_rate=0.02, accumulate=2)
    whole = tiny()
    losses = list(train(whole, drawn(), next_token_loss, config))
    model, source = tiny(), drawn()
    optimizers = make_optimizers(model, config)
    begun = list(islice(train(model, source, next_token_loss, config, optimizers), done))
    begun += train(model, source, next_token_loss, config, optimizers, done)
    assert begun == losses
    assert_same(model, whole)


def test_when_all_steps_are_done_none_is_taken():
    model, source = Small(), drawn()
    assert list(train(model, source, next_token_loss, TrainConfig(max_iters=3), done=3)) == []
    assert torch.equal(next(source)[0], next(drawn())[0])


# The settings


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
        ({"max_iters": 2**31}, "max_iters is 2147483648: .* at least 1 and at most 2147483647"),
        ({"warmup_iters": -1}, "warmup_iters is -1: give a whole number, at least 0"),
        ({"warmup_iters": 1000}, "warmup_iters 1000 must be fewer than max_iters 1000"),
        ({"decay": "step"}, "decay is 'step': give 'cosine', 'linear' or 'inverse_sqrt'"),
        ({"decay": "inverse_sqrt"}, "inverse_sqrt needs a warm-up, and warmup_iters is 0"),
        (
            {"decay": "inverse_sqrt", "warmup_iters": 5, "decay_iters": 9},
            "inverse_sqrt falls from the warm-up on .*: give no decay_iters or decay_to",
        ),
        (
            {"decay": "inverse_sqrt", "warmup_iters": 5, "decay_to": 0.1},
            "inverse_sqrt falls from the warm-up on .*: give no decay_iters or decay_to",
        ),
        ({"decay_iters": -1}, "decay_iters is -1: give a whole number, at least 0"),
        (
            {"decay_iters": 91, "max_iters": 100, "warmup_iters": 10},
            "decay_iters is 91: give a whole number, at least 0 and at most 90",
        ),
        ({"decay_to": 1.5}, "decay_to is 1.5: give a number from 0 to 1"),
        ({"decay_to": "low"}, "decay_to is 'low': give a number from 0 to 1"),
        (
            {"decay": "inverse_sqrt", "warmup_iters": None, "max_iters": 1},
            "warmup_iters None must be fewer than max_iters 1",
        ),
        ({"weight_decay": -0.1}, "weight_decay is -0.1: give 0 or a positive number"),
        ({"weight_decay": math.nan}, "weight_decay is nan"),
        ({"betas": (0.9, 1)}, "betas are .0.9, 1.: give two numbers from 0 to below 1"),
        ({"eps": 0}, "eps is 0: give a small number above 0"),
        ({"eps": math.nan}, "eps is nan: give a small number above 0"),
        ({"eps": "small"}, "eps is 'small': give a small number above 0"),
        ({"muon_rate": 0}, "muon_rate is 0: give a number above 0, such as 0.02"),
        ({"muon_rate": math.nan}, "muon_rate is nan: give a number above 0, such as 0.02"),
        ({"muon_rate": "0.1"}, "muon_rate is '0.1': give a number above 0, such as 0.02"),
        ({"muon_momentum": 1}, "muon_momentum is 1: give a number from 0 to below 1"),
        ({"muon_momentum": -0.1}, "muon_momentum is -0.1: give a number from 0 to below 1"),
        ({"muon_momentum": "0.9"}, "muon_momentum is '0.9': give a number from 0 to below 1"),
        ({"optimizer": "sgd"}, "optimizer is 'sgd': give 'adamw' or 'muon'"),
        ({"accumulate": 0}, "accumulate is 0: give a whole number, at least 1"),
        ({"accumulate": 1.5}, "accumulate is 1.5: give a whole number, at least 1"),
        ({"ramp_iters": -1}, "ramp_iters is -1: give a whole number, at least 0"),
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
    want = torch.zeros(4, 6).double()  # and so it stays where nothing is asked for
    for b, t in (targets != IGNORE).nonzero().tolist():
        exps = [math.exp(score) for score in model.table[src[b, 0], idx[b, t]].tolist()]
        q = [smoothing / V] * V
        q[targets[b, t]] += 1 - smoothing
        want[b, t] = -sum(q[v] * math.log(exps[v] / sum(exps)) for v in range(V))
    got = token_losses(model, (src, idx, targets), label_smoothing=smoothing)
    assert_close(got, want, rtol=0, atol=1e-12)
    assert 10 < (got > 0).sum() == (targets != IGNORE).sum() < 24
    total, count = next_token_loss(model, (src, idx, targets), label_smoothing=smoothing)
    assert total.item() == pytest.approx(want.sum().item(), abs=1e-12)
    assert count == (targets != IGNORE).sum() and total.requires_grad


def test_without_smoothing_losses_are_pytorchs():
    model, (idx, targets) = Small(), get_batch(numbers(), 4, 8)
    want = F.cross_entropy(model(idx).mT, targets, reduction="none")
    assert_close(token_losses(model, (idx, targets)), want, rtol=0, atol=1e-12)
    smoothed = token_losses(model, (idx, targets), label_smoothing=0.0)
    assert_close(smoothed, want, rtol=0, atol=1e-12)
    total, count = next_token_loss(model, (idx, targets))
    assert_close(total / count, F.cross_entropy(model(idx).mT, targets), rtol=0, atol=1e-12)


def test_what_a_loss_is_of_takes_no_gradient_from_what_is_not_asked_for():
    model, (src, idx, targets) = Reply(), asked(4, 6, seed=2)
    total, _ = next_token_loss(model, (src, idx, targets))
    [grad] = torch.autograd.grad(total, model.table)
    seen = torch.zeros(V, V, dtype=torch.bool)
    for b, t in (targets != IGNORE).nonzero().tolist():
        seen[src[b, 0], idx[b, t]] = True
    assert torch.equal(grad.abs().sum(-1) > 0, seen)


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


@pytest.mark.parametrize("counts", [(10, 90), (90, 10), (3, 0, 40)])
def test_a_score_of_some_batches_is_that_of_all_their_rows(counts):
    some = asking(*counts)
    assert evaluate(tiny(), some) == pytest.approx(
        evaluate(tiny(), [together(some)]), rel=0, abs=1e-12
    )


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
    with pytest.raises(ValueError, match="no batch has a target"):
        evaluate(Small(), [])
    with pytest.raises(ValueError, match="no batch has a target"):
        evaluate(Small(), [(torch.zeros(1, 2, dtype=torch.int64), torch.full((1, 2), IGNORE))])
