"""The exercises of appendix A1: right answers pass, and mistakes that a check knows are named."""

import math

import pytest
import torch
from torch import nn

from gptlib import exercises
from gptlib.config import TrainConfig
from gptlib.optim import learning_rate, orthogonalize


def pytorchs(p, gradients, rate):
    q = nn.Parameter(torch.tensor(p, dtype=torch.float64))
    adamw = torch.optim.AdamW([q], lr=rate, betas=(0.9, 0.95), weight_decay=0)
    for gradient in gradients:
        q.data.fill_(p)  # only the last step counts
        q.grad = torch.tensor(gradient, dtype=torch.float64)
        adamw.step()
    return q.detach()


def adam(
    betas=(0.9, 0.95),
    corrected=(True, True),
    step=lambda mean, square: mean / (math.sqrt(square) + 1e-8),
    average=lambda values, beta: sum(
        (1 - beta) * beta**i * value for i, value in enumerate(reversed(values))
    ),
    sign=-1,
):
    def mine(p, gradients, rate):
        n = len(gradients)
        parts = gradients, [g * g for g in gradients]
        averages = [average(values, beta) for values, beta in zip(parts, betas, strict=True)]
        for i, beta in enumerate(betas):
            averages[i] /= 1 - beta**n if corrected[i] else 1
        return p + sign * rate * step(*averages)

    return mine


def step_by_step(p, gradients, rate):
    for n in range(len(gradients)):
        p = adam()(p, gradients[: n + 1], rate)
    return p


def counted(n):
    """Adam with the number of steps off by n."""

    def mine(p, gradients, rate):
        steps = len(gradients) + n
        mean, square = (
            sum((1 - beta) * beta**i * g**k for i, g in enumerate(reversed(gradients)))
            / (1 - beta**steps)
            for beta, k in ((0.9, 1), (0.95, 2))
        )
        return p - rate * mean / math.sqrt(square)

    return mine


def one_correction(p, gradients, rate):
    def step(mean, square):
        n = len(gradients)
        return mean / math.sqrt(square * (1 - 0.95**n) / (1 - 0.9**n))

    return adam(step=step)(p, gradients, rate)


def plain_mean(values, beta):
    return sum(values) / len(values) * (1 - beta ** len(values))


@pytest.mark.parametrize(
    ("mine", "says"),
    [
        (adam(), "Right!"),
        (pytorchs, "Right!"),
        (adam(sign=1), "Against the gradient"),
        (adam(corrected=(False, False)), "Correct both averages"),
        (adam(corrected=(False, True)), "Correct the mean, too"),
        (adam(corrected=(True, False)), "Correct the mean of squares, too"),
        (adam(step=lambda mean, square: mean / (square + 1e-8)), "Take the root"),
        (adam(step=lambda mean, square: mean), "Divide by the root"),
        (adam(betas=(0.95, 0.9)), "Swapped"),
        (adam(step=lambda mean, square: mean / abs(mean)), "That is only the sign"),
        (step_by_step, "take only the last"),
        (
            adam(
                corrected=(False, False),
                average=lambda values, beta: sum(
                    beta**i * value for i, value in enumerate(reversed(values))
                ),
            ),
            "a new gradient counts 1 - beta",
        ),
        (adam(betas=(0.1, 0.05)), "the old mean by beta"),
        (counted(-1), "count from 1"),
        (counted(1), "one too many"),
        (one_correction, "its own beta"),
        (adam(betas=(0.9, 0.999)), "PyTorch's usual 0.999"),
        (lambda p, gradients, rate: adam()(p, gradients[::-1], rate), "from new to old"),
        (adam(step=lambda mean, square: mean / math.sqrt(square - mean**2)), "standard deviation"),
        (adam(average=plain_mean), "the last gradients count more"),
        (lambda p, gradients, rate: p - rate * gradients[-1], "That is a plain step"),
        (lambda p, gradients, rate: adam()(p, gradients, 1), "Multiply the step by the rate"),
        (lambda p, gradients, rate: p - adam()(p, gradients, rate), "return p after it"),
        (lambda p, gradients, rate: p, "Nothing has moved."),
        (adam(step=lambda mean, square: mean / math.sqrt(square)), "add eps to the root"),
        (adam(step=lambda mean, square: mean and mean / math.sqrt(square)), "eps is missing"),
        (adam(step=lambda mean, square: mean / math.sqrt(square + 1e-8)), "after it is taken"),
        (lambda p, gradients, rate: adam()(p, gradients, 0.1), "Right, but not for a single"),
        (lambda *given: 3.0, "It should be 1.9"),
    ],
)
def test_adam_step(mine, says):
    assert says in exercises.check_adam_step(mine)


def test_a_step_along_the_last_gradient_is_named():
    def mine(p, gradients, rate):
        return adam(step=lambda mean, square: gradients[-1] / math.sqrt(square))(p, gradients, rate)

    assert "not along the last" in exercises.check_adam_step(mine)


def theirs(step, highest, warmup, steps):
    return learning_rate(step, TrainConfig(steps, highest, warmup_iters=warmup))


def schedule(up=lambda n, warmup: (n + 1) / warmup, down=None, done=None):
    down = down or (lambda done: (1 + math.cos(math.pi * done)) / 2)
    done = done or (lambda n, warmup, steps: (n - warmup) / (steps - warmup))

    def mine(step, highest, warmup, steps):
        share = up(step, warmup) if step < warmup else down(done(step, warmup, steps))
        return highest * share

    return mine


@pytest.mark.parametrize(
    ("mine", "says"),
    [
        (theirs, "Right!"),
        (schedule(), "Right!"),
        (schedule(up=lambda n, warmup: n / warmup), "Step 0 does nothing"),
        (schedule(up=lambda n, warmup: n / (warmup - 1)), "Step 0 does nothing"),
        (
            lambda n, highest, warmup, steps: highest * 1.25 if n == 4 else theirs(n, 0.5, 4, 12),
            "a step too long",
        ),
        (schedule(done=lambda n, warmup, steps: (n - warmup + 1) / (steps - warmup)), "its share"),
        (
            schedule(done=lambda n, warmup, steps: (n - warmup) / (steps - 1 - warmup)),
            "one after the last",
        ),
        (schedule(down=lambda done: 1 + math.cos(math.pi * done)), "Halve 1 + cosine"),
        (schedule(down=lambda done: (1 + math.sin(math.pi * done)) / 2), "That is a sine"),
        (schedule(up=lambda n, warmup: 1), "There is no warm-up"),
        (schedule(down=lambda done: 1 - done), "the straight line"),
        (schedule(down=lambda done: 1), "There is no decay"),
        (schedule(down=lambda done: math.cos(math.pi / 2 * done)), "a quarter of a period"),
        (schedule(down=lambda done: math.cos(math.pi * done)), "Some rates are below 0"),
        (schedule(down=lambda done: (1 + math.cos(2 * math.pi * done)) / 2), "comes back up"),
        (schedule(down=lambda done: (1 + math.cos(done)) / 2), "takes an angle"),
        (schedule(done=lambda n, warmup, steps: n / steps), "begins after the warm-up"),
        (lambda step, highest, warmup, steps: theirs(step, 1, warmup, steps), "Multiply by"),
        (lambda step, highest, warmup, steps: theirs(step, highest, 4, 12), "Right, but not for"),
        (lambda *given: 2.0, "For steps = 12, warmup = 4 it should be 0.125"),
    ],
)
def test_schedule(mine, says):
    assert says in exercises.check_schedule(mine)


def stretched(X, a, b, c):
    X = torch.tensor(X)
    return a * X + b * X @ X.T @ X + c * X @ X.T @ X @ X.T @ X


@pytest.mark.parametrize(
    ("mine", "says"),
    [
        (stretched, "Right!"),
        (lambda *given: stretched(*given).tolist(), "Right!"),
        (
            lambda X, a, b, c: [[a * x + b * x**3 + c * x**5 for x in row] for row in X],
            "You raise each number",
        ),
        (lambda X, a, b, c: stretched(X, a, b, 0), "The last term is missing"),
        (lambda X, a, b, c: stretched(X, a, 0, c), "The middle term is missing"),
        (lambda X, a, b, c: stretched(X, a, c, b), "Swapped: b belongs"),
        (lambda X, a, b, c: stretched(X, a, b + c, 0), "has five factors"),
        (lambda X, a, b, c: torch.tensor(X) @ torch.tensor(X).T, "each product ends with X"),
        (lambda X, a, b, c: stretched(X, a, b, c)[:1], "as X has them. Return 2 rows"),
        (lambda X, a, b, c: stretched(X, 0, b, c), "The first term is missing"),
        (lambda X, a, b, c: stretched(X, c, b, a), "Swapped"),
        (lambda X, a, b, c: stretched(X, 1, b, c), "Multiply X by a."),
        (lambda X, a, b, c: stretched(X, 0, a, b), "One X too many"),
        (lambda X, a, b, c: X, "Nothing has changed."),
        (lambda X, a, b, c: stretched(X, a, b, c).T, "yours is transposed"),
        (lambda X, a, b, c: stretched(X, 2.0, -1.5, 0.5), "Right, but not for 3 rows"),
        (lambda X, a, b, c: orthogonalize(torch.tensor(X)), "row 0 should be"),
    ],
)
def test_stretched(mine, says):
    assert says in exercises.check_stretched(mine)
