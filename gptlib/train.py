"""The training loop, which serves from the first model to the last, and the score."""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gptlib.config import TrainConfig
from gptlib.data import IGNORE
from gptlib.modes import evaluating

Batch = tuple[Tensor, ...]  # the last of them are the targets
Loss = Callable[[nn.Module, Batch], Tensor]


def next_token_loss(model: nn.Module, batch: Batch, label_smoothing: float = 0.0) -> Tensor:
    """Mean of -ln p, in nats, over the targets of a batch: p is what model gave to each of them.

    batch: what the model takes, such as idx (B, T), or src (B, S) and idx (B, T), and last the
        targets (B, T); a target IGNORE is not asked for
    label_smoothing: this share of each target is spread over all V tokens alike (Szegedy et al.,
        2016); at 0 a target is one token and nothing else
    """
    *inputs, targets = batch
    logits = model(*inputs)
    return F.cross_entropy(
        logits.flatten(0, 1),
        targets.flatten(),
        ignore_index=IGNORE,
        label_smoothing=label_smoothing,
    )


def train(
    model: nn.Module, batches: Iterable[Batch], loss: Loss, config: TrainConfig
) -> Iterator[float]:
    """Take a step on each of batches, config.max_iters of them, and yield the loss before it.

    Nothing happens before the first is asked for: `list(train(...))` takes all steps, and a
    `for` loop can do something between two of them, such as evaluate or stop. It ends early
    if batches do.
    """
    optimizer = make_optimizer(model, config)
    for step, batch in zip(range(config.max_iters), batches, strict=False):
        model.train()  # whoever looked at it between two steps may have left it in eval mode
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(step, config)
        batch_loss = loss(model, batch)
        optimizer.zero_grad()
        batch_loss.backward()
        if math.isfinite(config.grad_clip):
            nn.utils.clip_grad_norm_(model.parameters(), config.grad_clip)
        optimizer.step()
        yield batch_loss.item()


def make_optimizer(model: nn.Module, config: TrainConfig) -> torch.optim.AdamW:
    """AdamW (Loshchilov and Hutter, 2019), which lets matrices decay and nothing else.

    Biases and the gains of norms have one dimension, and shrinking them would not make the
    model simpler.
    """
    matrices = [p for p in model.parameters() if p.dim() >= 2]
    others = [p for p in model.parameters() if p.dim() < 2]
    groups = [
        {"params": matrices, "weight_decay": config.weight_decay},
        {"params": others, "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=config.learning_rate, betas=config.betas, eps=config.eps)


def learning_rate(step: int, config: TrainConfig) -> float:
    """The learning rate of a step, from 0: a rise in a straight line, then a fall towards 0.

    The fall that is called inverse_sqrt never ends; with a highest rate of 1 / sqrt(n_embd *
    warmup_iters) it is equation 3 of Vaswani et al. (2017).
    """
    if step < config.warmup_iters:
        return config.learning_rate * (step + 1) / config.warmup_iters
    if config.decay == "inverse_sqrt":
        return config.learning_rate * math.sqrt(config.warmup_iters / (step + 1))
    done = min(1, (step - config.warmup_iters) / (config.max_iters - config.warmup_iters))
    if config.decay == "linear":
        return config.learning_rate * (1 - done)
    return config.learning_rate * (1 + math.cos(math.pi * done)) / 2


def average(states: Sequence[dict[str, Tensor]]) -> dict[str, Tensor]:
    """The mean of each parameter over some states of a model, as of its last five checkpoints.

    states: copies of model.state_dict(); without copying they would all be the latest
    ValueError for no state.
    """
    if not states:
        raise ValueError("states is empty: give at least one state_dict")
    return {name: torch.stack([s[name] for s in states]).mean(0) for name in states[0]}


@torch.no_grad()
def evaluate(model: nn.Module, batches: Iterable[Batch], loss: Loss = next_token_loss) -> float:
    """Mean loss over the targets of all batches together, whatever their sizes.

    ValueError for batches without a target.
    """
    total, asked = 0.0, 0
    with evaluating(model):
        for batch in batches:
            n = int((batch[-1] != IGNORE).sum())
            if n > 0:  # the mean of nothing would be nan
                total += n * loss(model, batch).item()
                asked += n
    if asked == 0:
        raise ValueError("batches ask for nothing: give at least one with a target")
    return total / asked
