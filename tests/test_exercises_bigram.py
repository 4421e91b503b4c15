"""The checks of notebook 01 on tensors and models: what is right passes, mistakes are named."""

import copy
import math

import pytest
import torch
import torch.nn.functional as F
from exercise_checks import assert_refused

from gptlib import exercises
from gptlib.exercises.bigram_training import MISTAKES as OF_TRAINING
from gptlib.exercises.bigram_training import _batches, _trained
from gptlib.exercises.bigram_writing import MISTAKES as OF_WRITING
from gptlib.exercises.bigram_writing import Sure, _continued
from gptlib.exercises.checking import described


def pick(log_p, targets):
    return log_p.gather(-1, targets[..., None])[..., 0]


def loss_of(
    log_p=lambda z: z.log_softmax(-1), chosen=pick, end=lambda log_p: -log_p.mean(), item=False
):
    """A cross-entropy with one thing done in its own way."""

    def mine(logits, targets):
        got = end(chosen(log_p(logits), targets))
        return got.item() if item else got

    return mine


def flat(z, targets):
    return F.cross_entropy(z.flatten(0, 1), targets.flatten())


def in_loops(logits, targets):
    total = 0
    for row, wanted in zip(logits, targets, strict=True):
        for z, c in zip(row, wanted, strict=True):
            total = total + z.logsumexp(0) - z[c]
    return total / targets.numel()


def in_place(logits, targets):
    logits -= logits.amax(-1, keepdim=True)
    return -(pick(logits, targets) - logits.exp().sum(-1).log()).mean()


def naive(z):
    return (z.exp() / z.exp().sum(-1, keepdim=True)).log()


def less_the_largest(z):
    z = z - z.max()
    return z - z.exp().sum(-1, keepdim=True).log()


@torch.no_grad()
def without_graph(logits, targets):
    return flat(logits, targets)


@pytest.mark.parametrize(
    ("mine", "says"),
    [
        (loss_of(), "Right!"),
        (flat, "Right!"),
        (in_loops, "Right!"),
        (in_place, "change no tensor in place"),
        (lambda z, t: F.cross_entropy(z.transpose(1, 2), t), "Right!"),
        (lambda z, t: flat(z, t).reshape(1), "Right!"),
        (lambda z, t: flat(z.float(), t), "Right!"),
        (loss_of(end=torch.mean), "The sign is wrong"),
        (loss_of(end=lambda log_p: -log_p.sum()), "This is the sum over all targets"),
        (loss_of(end=lambda log_p: -log_p.sum() / len(log_p)), "B * T, not by B."),
        (loss_of(end=lambda log_p: -log_p.sum() / log_p.shape[1]), "B * T, not by T."),
        (lambda z, t: flat(z, t) * t.numel() / z.shape[-1], "B * T, not by V."),
        (lambda z, t: flat(z, t) / z.shape[-1], "only the targets count"),
        (loss_of(chosen=lambda log_p, t: log_p), "pick the one that came, with gather"),
        (lambda z, t: flat(z, t) / math.log(2), "in bits"),
        (lambda z, t: flat(z, t) / math.log(10), "not the one to base 10"),
        (lambda z, t: flat(z, t).exp(), "the perplexity"),
        (loss_of(end=lambda log_p: -log_p.exp().mean().log()), "before you average"),
        (loss_of(end=lambda log_p: -log_p.exp().mean()), "The logarithm is missing"),
        (loss_of(end=lambda log_p: 1 - log_p.exp().mean()), "The logarithm is missing"),
        (loss_of(log_p=lambda z: z), "These are the logits of the targets"),
        (lambda z, t: z.logsumexp(-1).mean(), "-z[c] is missing"),
        (
            lambda z, t: flat(z, t) - z.amax(-1).mean(),
            "You subtract the largest logit in the sum: subtract it from z[c], too.",
        ),
        (
            lambda z, t: flat(z, t) + z.amax(-1).mean(),
            "You subtract the largest logit from z[c]: subtract it in the sum, too.",
        ),
        (lambda z, t: -z.log_softmax(-1).amax(-1).mean(), "You ask for the likeliest token"),
        (loss_of(log_p=lambda z: z.log_softmax(1)), "runs over T"),
        (loss_of(log_p=lambda z: z.log_softmax(0)), "runs over B"),
        (loss_of(log_p=lambda z: (z.exp() / z.exp().sum()).log()), "over the whole tensor"),
        (lambda z, t: flat(z.softmax(-1), t), "a softmax of a softmax"),
        (loss_of(chosen=lambda log_p, t: log_p[:, :, t]), "at every position: use gather"),
        (lambda z, t: flat(z[:, :-1], t[:, 1:]), "You shift the targets once more"),
        (lambda z, t: flat(z[:, 1:], t[:, :-1]), "You shift the targets once more"),
        (lambda z, t: F.cross_entropy(z.reshape(2, -1, 3), t), "A reshape mixes up"),
        (lambda z, t: flat(z.mT.reshape(z.shape), t), "A reshape mixes up"),
        (lambda z, t: flat(z.transpose(0, 1).reshape(z.shape), t), "A reshape mixes up"),
        (lambda z, t: flat(z[:, -1:], t[:, -1:]), "Only the last position counts"),
        (lambda z, t: flat(z[:1], t[:1]), "Only the first row"),
        (lambda z, t: (z.argmax(-1) != t).float().mean(), "the share of wrong guesses"),
        (loss_of(end=lambda log_p: -log_p), "now take their mean"),
        (loss_of(end=lambda log_p: -log_p.flatten()), "now take their mean"),
        (loss_of(end=lambda log_p: -log_p.mean(0)), "one for each position"),
        (loss_of(end=lambda log_p: -log_p.mean(1)), "one for each row"),
        (lambda z, t: z, "Return one number, the mean over all targets: yours is a tensor"),
        (lambda z, t: [], "Return one number"),
        (lambda z, t: flat(z, t) + 1, "it should be 3.7232, but yours is 4.7232"),
        (loss_of(item=True), "backward cannot start from it"),
        (lambda z, t: flat(z.detach(), t), "backward cannot start from it"),
        (without_graph, "backward cannot start from it"),
        (
            loss_of(log_p=lambda z: z - z.detach().logsumexp(-1, keepdim=True)),
            "but not its gradient",
        ),
        (loss_of(log_p=naive), "not for logits near 1000"),
        (loss_of(log_p=less_the_largest), "the largest of each position"),
        (loss_of(log_p=lambda z: z.softmax(-1).log()), "not for probabilities near 0"),
        (loss_of(log_p=lambda z: (z.softmax(-1) + 1e-9).log()), "not for probabilities near 0"),
        (lambda z, t: F.cross_entropy(z.reshape(-1, 5), t.flatten()), "Your code stops"),
        (lambda z, t: flat(z, t) if len(z) == 2 else flat(z, t) + 1, "not for B = 3, T = 2"),
        (lambda z, t: flat(z, t) if len(z) > 1 else z.sum(), "Right, but not for B = T = 1."),
    ],
)
def test_cross_entropy(mine, says):
    assert says in exercises.check_cross_entropy(mine)


def loop(
    ask=flat,
    lines=("zero", "backward", "step"),
    step=lambda p, rate: -rate * p.grad,
    returns=lambda loss: loss.item(),
    some=lambda parameters: parameters,
):
    """A training loop with one thing done in its own way."""

    def mine(model, batches, rate):
        losses = []
        for idx, targets in batches:
            loss = ask(model(idx), targets)
            for line in lines:
                if line == "zero":
                    model.zero_grad()
                elif line == "backward":
                    loss.backward()
                else:
                    with torch.no_grad():
                        for p in some(list(model.parameters())):
                            if p.grad is not None:
                                p += step(p, rate)
            losses.append(returns(loss))
        return losses

    return mine


def with_optimizer(make):
    def mine(model, batches, rate):
        optimizer = make(model.parameters(), lr=rate)
        for idx, targets in batches:
            optimizer.zero_grad()
            loss = flat(model(idx), targets)
            loss.backward()
            optimizer.step()
            yield loss.item()

    return mine


def of_its_input(model, batches, rate):
    return loop()(model, ((idx, idx) for idx, _ in batches), rate)


def without_the_last_step(model, batches, rate):
    *most, (idx, targets) = batches
    return [*loop()(model, most, rate), flat(model(idx), targets).item()]


def losses_after(model, batches, rate):
    losses = []
    for batch in batches:
        loop()(model, [batch], rate)
        losses.append(flat(model(batch[0]), batch[1]).item())
    return losses


def new_tensors(model, batches, rate):
    losses = []
    for idx, targets in batches:
        loss = flat(model(idx), targets)
        loss.backward()
        for p in model.parameters():
            p = p - rate * p.grad
        losses.append(loss.item())
    return losses


def one_step_at_the_end(model, batches, rate):
    losses = [flat(model(idx), targets) for idx, targets in batches]
    sum(losses).backward()
    with torch.no_grad():
        for p in model.parameters():
            p -= rate * p.grad
    return [loss.item() for loss in losses]


def one_step_late(model, batches, rate):
    losses = []
    for idx, targets in batches:
        loss = flat(model(idx), targets)
        for p in model.parameters():
            if p.grad is not None:
                p.data -= rate * p.grad
        model.zero_grad()
        loss.backward()
        losses.append(loss.item())
    return losses


def with_autograd_grad(model, batches, rate):
    losses, parameters = [], list(model.parameters())
    for idx, targets in batches:
        loss = flat(model(idx), targets)
        for p, gradient in zip(parameters, torch.autograd.grad(loss, parameters), strict=True):
            p.data -= rate * gradient
        losses.append(loss.detach())
    return torch.stack(losses)


@pytest.mark.parametrize(
    ("mine", "says"),
    [
        (loop(), "Right!"),
        (loop(lines=("backward", "step", "zero")), "Right!"),
        (loop(returns=torch.Tensor.detach), "Right!"),
        (lambda *given: tuple(loop()(*given)), "Right!"),
        (with_autograd_grad, "Right!"),
        (with_optimizer(torch.optim.SGD), "Right!"),  # a generator
        (loop(returns=lambda loss: loss), "keep everything they were computed from"),
        (loop(lines=("backward", "step")), "backward adds to .grad"),
        (loop(step=lambda p, rate: rate * p.grad), "You go uphill"),
        (loop(lines=("step", "zero", "backward")), "You step before backward"),
        (one_step_late, "You step before backward"),
        (without_the_last_step, "The last batch is missing"),
        (lambda *given: loop()(*given) and None, "It trains, but returns nothing"),
        (
            lambda *given: loop()(*given)[-1],
            "Return a list of losses, one for each batch: yours is",
        ),
        (lambda *given: loop()(*given)[-1:], "Return 4 losses, one for each batch, not 1."),
        (lambda *given: [loop()(*given)] * 4, "Each loss is one number"),
        (losses_after, "These are the losses after each step"),
        (loop(returns=lambda loss: 6 * loss.item()), "but returns sums"),
        (lambda *given: loop()(*given)[::-1], "wrong order"),
        (loop(returns=lambda loss: 1.0), "It trains well, but the losses should be"),
        (loop(ask=lambda z, t: flat(z, t) * t.numel()), "the sum of the losses"),
        (loop(ask=lambda z, t: flat(z, t) * t.shape[1]), "You divide by B alone"),
        (of_its_input, "compare them with targets"),
        (loop(ask=lambda z, t: flat(z[:, :-1], t[:, 1:])), "You shift the targets once more"),
        (loop(ask=lambda z, t: flat(z[:, -1:], t[:, -1:])), "You use only the last position"),
        (loop(ask=lambda z, t: flat(z.softmax(-1), t)), "leave out the softmax"),
        (
            loop(ask=lambda z, t: F.cross_entropy(z.reshape(len(z), -1, t.shape[1]), t)),
            "A reshape mixes up",
        ),
        (loop(step=lambda p, rate: -p.grad), "The rate makes no difference"),
        (loop(step=lambda p, rate: -p.grad / rate), "You divide by the rate"),
        (loop(step=lambda p, rate: -rate * p.grad.sign()), "by the sign of the gradient"),
        (with_optimizer(lambda p, lr: torch.optim.SGD(p, lr, momentum=0.9)), "You use momentum"),
        (with_optimizer(torch.optim.Adam), "This is Adam:"),
        (with_optimizer(torch.optim.AdamW), "This is AdamW:"),
        (one_step_at_the_end, "You take one step at the end"),
        (new_tensors, "No parameter changes. p = p - ..."),
        (loop(lines=("backward", "zero", "step")), "No parameter changes"),
        (loop(lines=("zero", "backward")), "No parameter changes"),
        (lambda model, *rest: loop()(copy.deepcopy(model), *rest), "You train a copy"),
        (lambda model, batches, rate: [0.0 for _ in batches], "No parameter of the model changes"),
        (loop(some=lambda parameters: parameters[:1]), "Only tok_emb.weight changed"),
        (loop(some=lambda parameters: parameters[1:]), "Only lm_head.weight and lm_head.bias"),
        (
            loop(lines=("backward", "step"), returns=lambda loss: 1.0),
            "backward adds to .grad",
        ),
        (loop(step=lambda p, rate: -rate * p.grad - 1), "the parameters do not move as they"),
        (loop(ask=lambda z, t: flat(2 * z, t)), "The first loss should be"),
        (lambda model, batches, rate: loop()(model, batches, 0.5), "and a rate of 0.1"),
        (
            lambda model, batches, rate: loop(ask=lambda z, t: flat(z[:, :3], t[:, :3]))(
                model, batches, rate
            ),
            "Right, but not for other batches",
        ),
    ],
)
def test_training(mine, says):
    assert says in exercises.check_training(mine)


@pytest.mark.parametrize("mistake", OF_TRAINING)
def test_each_mistake_in_training_makes_a_difference(mistake):
    batches = _batches(V=5, B=2, T=3, number=4)
    others = [_trained(5, batches, 0.5, name)[0] for name in ["", *OF_TRAINING] if name != mistake]
    wrong = torch.cat([p.flatten() for p in _trained(5, batches, 0.5, mistake)[0].parameters()])
    for other in others:
        assert (torch.cat([p.flatten() for p in other.parameters()]) - wrong).abs().max() > 1e-3


def writer(
    given=lambda idx, T: idx,
    at=lambda logits: logits[:, -1],
    probs=lambda z, temperature: (z / temperature).softmax(-1),
    token=lambda probs, g: torch.multinomial(probs, 1, generator=g),
    joined=lambda idx, token: torch.cat([idx, token], dim=1),
    end=lambda idx, T: idx,
    more=0,
):
    """Generation with one thing done in its own way."""

    def mine(model, idx, new, temperature, generator):
        T = idx.shape[1]
        for _ in range(new + more):
            drawn = token(probs(at(model(given(idx, T))), temperature), generator)
            idx = joined(idx, drawn)
        return end(idx, T)

    return mine


def once(model, idx, new, temperature, generator):
    token = writer()(model, idx, min(new, 1), temperature, generator)[:, idx.shape[1] :]
    return torch.cat([idx, token.repeat(1, new)], dim=1)


def by_uniform(probs, g):
    """Without multinomial."""
    u = torch.rand(len(probs), 1, generator=g)
    return (probs.cumsum(-1) < u).sum(-1, keepdim=True).clamp(max=probs.shape[-1] - 1)


@pytest.mark.parametrize(
    ("mine", "says"),
    [
        (writer(), "Right!"),
        (torch.no_grad()(writer()), "Right!"),
        (writer(token=by_uniform), "Right!"),
        (writer(end=lambda idx, T: idx.tolist()), "Right!"),
        (writer(probs=lambda z, t: (z / t - z.amax(-1, keepdim=True) / t).exp()), "Right!"),
        (writer(given=lambda idx, T: idx[:, -1:]), "the last token alone"),
        (writer(given=lambda idx, T: idx[:, :T]), "the same idx each time"),
        (writer(given=lambda idx, T: idx[:, -T:]), "You drop the first token"),
        (writer(at=lambda logits: logits[:, 0]), "of the first position"),
        (writer(at=lambda logits: logits.mean(1)), "You average the logits over positions"),
        (
            writer(joined=lambda idx, token: torch.cat([idx, token[:1].expand(len(idx), 1)], 1)),
            "Every row gets the new tokens of the first row",
        ),
        (writer(joined=lambda idx, token: torch.cat([token, idx], 1)), "New tokens go to the end"),
        (writer(end=lambda idx, T: idx[:, T:]), "You return the new tokens alone"),
        (writer(end=lambda idx, T: idx[0]), "You continue one row"),
        (writer(end=lambda idx, T: idx[:1]), "You continue one row"),
        (writer(end=lambda idx, T: idx[:1, T:]), "You continue one row"),
        (writer(more=-3), "You stop when a row has 5 tokens: append 5"),
        (writer(more=-1), "One token too few: append 5"),
        (writer(more=1), "One token too many: append 5"),
        (writer(more=-4), "You append one token: repeat it"),
        (writer(end=lambda idx, T: idx.T), "yours is a tensor of shape (8, 2)."),
        (writer(end=lambda idx, T: idx.double()), "token ids are whole numbers"),
        (writer(end=lambda idx, T: idx.flip(1)), "begin with those of idx, unchanged"),
        (
            writer(token=lambda probs, g: (probs.argmax(-1, keepdim=True) + 1) % probs.shape[-1]),
            "goes on with [2, 0, 5, 6, 6]",
        ),
        (
            writer(token=lambda probs, g: probs.argmax(-1, keepdim=True)),
            "always take the likeliest",
        ),
        (
            writer(token=lambda p, g: torch.multinomial(p[:1], 1, generator=g).expand(len(p), 1)),
            "Every row gets the",
        ),
        (
            writer(
                token=lambda p, g: (
                    p.argmax(-1, keepdim=True)
                    if p.max() > 0.9
                    else torch.multinomial(p[:1], 1, generator=g).expand(len(p), 1)
                )
            ),
            "Every row gets the same tokens",
        ),
        (writer(token=lambda probs, g: torch.multinomial(probs, 1)), "pass the generator on"),
        (writer(probs=lambda z, t: (z * t).softmax(-1)), "You multiply by the temperature"),
        (writer(probs=lambda z, t: z.softmax(-1)), "The temperature makes no difference"),
        (writer(probs=lambda z, t: z.softmax(-1) / t), "The temperature makes no difference"),
        (
            writer(probs=lambda z, t: (z * 1.0).softmax(-1).pow(t)),
            "You multiply by the temperature",
        ),
        (
            writer(
                probs=lambda z, t: z.softmax(-1) if z.max() > 9 else (z.softmax(-1) / t).softmax(-1)
            ),
            "You divide the probabilities",
        ),
        (
            writer(probs=lambda z, t: z.softmax(-1) if z.max() > 9 else z.softmax(-1).softmax(-1)),
            "a softmax of a softmax",
        ),
        (writer(probs=lambda z, t: z if z.max() > 9 else z.abs() * 0 + 1), "equally often"),
        (writer(probs=lambda z, t: (z / z.shape[-1] ** 0.5).softmax(-1)), "the tokens should come"),
        (
            writer(
                probs=lambda z, t: z.softmax(-1) if z.max() > 9 else (z.flip(-1) / t).softmax(-1)
            ),
            "the logits of an earlier position",
        ),
        (
            writer(probs=lambda z, t: z.softmax(-1) if z.max() > 9 else (z == 2).double() + 0.01),
            "At temperature 1.5 the tokens should come as often as [0.52, 0.27, 0.14, 0.07]",
        ),
        (
            lambda *given: once(*given) if len(given[1]) > 2 else writer()(*given),
            "You draw once and repeat it",
        ),
        (lambda *given: writer()(*given) if given[2] else None, "T = 2 and new = 0"),
        (
            lambda *given: writer()(*given) if len(given[1]) < 9 else given[1],
            "not for idx of shape",
        ),
    ],
)
def test_continue(mine, says):
    assert says in exercises.check_continue(mine)


def test_each_mistake_in_writing_makes_a_difference():
    idx = torch.tensor([[6, 3, 4], [5, 2, 0]])
    rows = {tuple(_continued(Sure(7), idx, 5, m).flatten().tolist()) for m in ["", *OF_WRITING]}
    assert len(rows) == 1 + len(OF_WRITING)


@pytest.mark.parametrize("check", ["cross_entropy", "training", "continue"])
@pytest.mark.parametrize(
    "answer",
    [
        *([], [[]], [None] * 4, [[None] * 6] * 4, [math.nan] * 4, math.inf, "abcd", {1: 2}),
        *([[1], [1, 2]], torch.zeros(4, 6), torch.zeros(2, 8), torch.zeros(()), [True] * 4),
    ],
)
def test_no_answer_stops_a_check(check, answer):
    assert_refused(check, answer)


def test_a_module_is_not_described_as_a_function():
    assert described(torch.nn.Linear(2, 3)) == "a Linear"
    assert described(flat) == "a function, not what it returns"
