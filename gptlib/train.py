"""The training loop and the evaluation, the same for every model of the course."""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gptlib.config import TrainConfig
from gptlib.data import IGNORE
from gptlib.eval_mode import evaluating
from gptlib.optim import Optimizer, learning_rate, make_optimizers

Batch = tuple[Tensor, ...]  # the last of them are the targets
# Takes a model and a batch, and returns the sum of its losses and their number.
Loss = Callable[[nn.Module, Batch], tuple[Tensor, Tensor]]


def token_losses(model: nn.Module, batch: Batch, label_smoothing: float = 0.0) -> Tensor:
    """-ln p, in nats, of each target of a batch; p is the probability that model gives it.

    batch: what the model takes, such as idx (B, T), or src (B, S) and idx (B, T), and last the
        targets (B, T)
    label_smoothing: this share of each target is spread evenly over all V tokens (Szegedy et al.,
        2016); at 0, all of it is on one token

    Returns (B, T), 0 where a target is IGNORE.
    """
    *inputs, targets = batch
    logits = model(*inputs)
    B, T, V = logits.shape
    losses = F.cross_entropy(
        logits.flatten(0, 1),
        targets.flatten(),
        ignore_index=IGNORE,
        reduction="none",
        label_smoothing=label_smoothing,
    )
    return losses.view(B, T)


def next_token_loss(
    model: nn.Module, batch: Batch, label_smoothing: float = 0.0
) -> tuple[Tensor, Tensor]:
    """The sum of `token_losses` over a batch, and how many of its targets count."""
    return token_losses(model, batch, label_smoothing).sum(), (batch[-1] != IGNORE).sum()


def train(
    model: nn.Module,
    batches: Iterable[Batch],
    loss: Loss,
    config: TrainConfig,
    optimizers: Sequence[Optimizer] | None = None,
    done: int = 0,
) -> Iterator[float]:
    """Take steps until config.max_iters are done, and yield the mean loss before each.

    batches: config.batches(step) of them make a step, in which all their targets count equally
    optimizers: from `make_optimizers`, new ones unless given; to resume, give those used so far
    done: the number of steps already taken

    It is a generator, so nothing happens before the first loss is asked for: `list(train(...))`
    takes all steps, and a `for` loop can do something between two of them, such as evaluate or
    stop. It ends early if batches do.
    """
    optimizers = make_optimizers(model, config) if optimizers is None else optimizers
    parameters = list(model.parameters())
    device = parameters[0].device.type
    low = config.dtype == "bfloat16"
    batches = iter(batches)
    for step in range(done, config.max_iters):
        model.train()  # the caller may have left it in eval mode between two steps
        for optimizer in optimizers:
            optimizer.zero_grad()
            for group in optimizer.param_groups:
                group["lr"] = learning_rate(step, config, group["highest"])
        parts, due = [], config.batches(step)
        for batch in islice(batches, due):
            with torch.autocast(device, torch.bfloat16, enabled=low):
                total, asked = loss(model, batch)
            total.backward()
            parts.append(torch.stack([total.detach(), asked]))
        if len(parts) < due:
            return
        total, asked = sum(parts)
        # Only now is the number of targets known: turn the gradient of the sum into the mean's.
        torch._foreach_div_([p.grad for p in parameters if p.grad is not None], asked)
        if math.isfinite(config.grad_clip):
            nn.utils.clip_grad_norm_(parameters, config.grad_clip)
        for optimizer in optimizers:
            optimizer.step()
        yield (total / asked).item()


@torch.no_grad()
def evaluate(model: nn.Module, batches: Iterable[Batch], loss: Loss = next_token_loss) -> float:
    """The mean loss over all targets of all batches, in evaluation mode.

    ValueError if no batch has a target.
    """
    total, asked = 0.0, 0
    with evaluating(model):
        for batch in batches:
            part, n = loss(model, batch)
            total += part.item()
            asked += int(n)
    if asked == 0:
        raise ValueError("no batch has a target: give at least one that has")
    return total / asked


def average(states: Sequence[dict[str, Tensor]]) -> dict[str, Tensor]:
    """The mean of each parameter over several states of a model, such as its last checkpoints.

    states: copies of model.state_dict(); uncopied, they would all be the latest

    ValueError if there is no state.
    """
    if not states:
        raise ValueError("states is empty: give at least one state_dict")
    return {name: torch.stack([s[name] for s in states]).mean(0) for name in states[0]}
