"""The training loop, which serves from the first model to the last, and the score."""

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
# Takes a model and a batch, and gives the sum of its losses and how many they are.
Loss = Callable[[nn.Module, Batch], tuple[Tensor, Tensor]]


def token_losses(model: nn.Module, batch: Batch, label_smoothing: float = 0.0) -> Tensor:
    """-ln p, in nats, of each target of a batch: p is what model gave to it.

    batch: what the model takes, such as idx (B, T), or src (B, S) and idx (B, T), and last the
        targets (B, T)
    label_smoothing: this share of each target is spread over all V tokens alike (Szegedy et al.,
        2016); at 0 a target is one token and nothing else

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
    """The sum of `token_losses` over a batch, and how many of its targets are asked for."""
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

    batches: config.accumulate of them make a step, in which every target weighs alike, in
        whichever of them it is
    optimizers: from `make_optimizers`; those of a training that was broken off go on with it
    done: the steps that were taken before

    Nothing happens before the first is asked for: `list(train(...))` takes all steps, and a
    `for` loop can do something between two of them, such as evaluate or stop. It ends early
    if batches do.
    """
    optimizers = make_optimizers(model, config) if optimizers is None else optimizers
    parameters = list(model.parameters())
    device = parameters[0].device.type
    low = config.dtype == "bfloat16"
    batches = iter(batches)
    for step in range(done, config.max_iters):
        model.train()  # whoever looked at it between two steps may have left it in eval mode
        for optimizer in optimizers:
            optimizer.zero_grad()
            for group in optimizer.param_groups:
                group["lr"] = learning_rate(step, config, group["highest"])
        parts = []
        for batch in islice(batches, config.accumulate):
            with torch.autocast(device, torch.bfloat16, enabled=low):
                total, asked = loss(model, batch)
            total.backward()
            parts.append(torch.stack([total.detach(), asked]))
        if len(parts) < config.accumulate:
            return
        total, asked = sum(parts)
        # Only now is it known how many targets there were: their sum's gradient becomes the mean's.
        torch._foreach_div_([p.grad for p in parameters if p.grad is not None], asked)
        if math.isfinite(config.grad_clip):
            nn.utils.clip_grad_norm_(parameters, config.grad_clip)
        for optimizer in optimizers:
            optimizer.step()
        yield (total / asked).item()


@torch.no_grad()
def evaluate(model: nn.Module, batches: Iterable[Batch], loss: Loss = next_token_loss) -> float:
    """Mean loss over all that batches ask for, whatever their sizes, in evaluation mode.

    ValueError for batches without a target.
    """
    total, asked = 0.0, 0
    with evaluating(model):
        for batch in batches:
            part, n = loss(model, batch)
            total += part.item()
            asked += int(n)
    if asked == 0:
        raise ValueError("batches ask for nothing: give at least one with a target")
    return total / asked


def average(states: Sequence[dict[str, Tensor]]) -> dict[str, Tensor]:
    """The mean of each parameter over some states of a model, as of its last five checkpoints.

    states: copies of model.state_dict(); without copying they would all be the latest
    ValueError for no state.
    """
    if not states:
        raise ValueError("states is empty: give at least one state_dict")
    return {name: torch.stack([s[name] for s in states]).mean(0) for name in states[0]}
