"""The training loop, which serves from the first model to the last, and the score."""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gptlib.config import TrainConfig
from gptlib.data import IGNORE
from gptlib.layers import Block
from gptlib.modes import evaluating

Batch = tuple[Tensor, ...]  # the last of them are the targets
Loss = Callable[[nn.Module, Batch], Tensor]
Optimizer = torch.optim.Optimizer


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
    model: nn.Module,
    batches: Iterable[Batch],
    loss: Loss,
    config: TrainConfig,
    optimizers: Sequence[Optimizer] | None = None,
    done: int = 0,
) -> Iterator[float]:
    """Take steps until config.max_iters are done, and yield the loss before each.

    batches: config.accumulate of them make a step, whose gradient is the mean of theirs
    optimizers: from `make_optimizers`; those of a training that was broken off go on with it
    done: the steps that were taken before

    Nothing happens before the first is asked for: `list(train(...))` takes all steps, and a
    `for` loop can do something between two of them, such as evaluate or stop. It ends early
    if batches do.
    """
    optimizers = make_optimizers(model, config) if optimizers is None else optimizers
    device = next(model.parameters()).device.type
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
                part = loss(model, batch) / config.accumulate
            part.backward()
            parts.append(part.detach())
        if len(parts) < config.accumulate:
            return
        if math.isfinite(config.grad_clip):
            nn.utils.clip_grad_norm_(model.parameters(), config.grad_clip)
        for optimizer in optimizers:
            optimizer.step()
        yield sum(parts).item()


def make_optimizers(model: nn.Module, config: TrainConfig) -> list[Optimizer]:
    """AdamW for all parameters, or Muon for the matrices in blocks and AdamW for the others.

    AdamW (Loshchilov and Hutter, 2019) lets matrices decay and nothing else: biases and the gains
    of norms have one dimension, and shrinking them would not make the model simpler.

    Muon (Jordan et al., 2024) steps along a matrix that is near to the momentum of the gradient
    and has singular values near 1, so that no direction is passed over. Its authors leave tables
    of embeddings, and the map to the logits, to AdamW. There is no decay here, and a matrix that is
    higher than wide takes larger steps, by sqrt(rows / columns).

    ValueError where Muon would have nothing to do.
    """
    matrices = [p for p in model.parameters() if p.dim() >= 2]
    others = [p for p in model.parameters() if p.dim() < 2]
    optimizers = []
    if config.optimizer == "muon":
        blocks = [part for part in model.modules() if isinstance(part, Block)]
        inside = {p: None for block in blocks for p in block.parameters() if p.dim() == 2}
        if not inside:
            raise ValueError(f"{type(model).__name__} has no blocks for Muon: choose 'adamw'")
        matrices = [p for p in matrices if p not in inside]
        group = {"params": list(inside), "highest": config.muon_rate}
        optimizers += [torch.optim.Muon([group], weight_decay=0, adjust_lr_fn="original")]
    groups = [
        {"params": matrices, "weight_decay": config.weight_decay, "highest": config.learning_rate},
        {"params": others, "weight_decay": 0.0, "highest": config.learning_rate},
    ]
    # Fused: one pass over a parameter and its means in place of a dozen.
    return [*optimizers, torch.optim.AdamW(groups, betas=config.betas, eps=config.eps, fused=True)]


def optimizer_state(model: nn.Module, optimizers: Sequence[Optimizer]) -> dict[str, Tensor]:
    """What optimizers remember of each parameter, as "exp_avg.blocks.0.mlp.fc.weight".

    With it `load_optimizer_state` brings new ones, from `make_optimizers`, to where these are.
    """
    name_of = {p: name for name, p in model.named_parameters()}
    return {
        f"{key}.{name_of[p]}": tensor
        for optimizer in optimizers
        for p, memory in optimizer.state.items()
        for key, tensor in memory.items()
    }


def load_optimizer_state(
    model: nn.Module, optimizers: Sequence[Optimizer], state: Mapping[str, Tensor]
) -> None:
    """Let optimizers of model remember state; tensors of it become theirs."""
    parameters = dict(model.named_parameters())
    owner = {p: o for o in optimizers for group in o.param_groups for p in group["params"]}
    for full, tensor in state.items():
        key, name = full.split(".", 1)
        p = parameters[name]
        owner[p].state[p][key] = tensor.to(p.device)  # fused AdamW counts its steps there too


def learning_rate(step: int, config: TrainConfig, highest: float | None = None) -> float:
    """The learning rate of a step, from 0: a rise in a straight line, then a fall towards 0.

    highest: to where it rises; config.learning_rate unless given

    The fall that is called inverse_sqrt never ends; with a highest rate of 1 / sqrt(n_embd *
    warmup_iters) it is equation 3 of Vaswani et al. (2017).
    """
    highest = config.learning_rate if highest is None else highest
    if step < config.warmup_iters:
        return highest * (step + 1) / config.warmup_iters
    if config.decay == "inverse_sqrt":
        return highest * math.sqrt(config.warmup_iters / (step + 1))
    done = min(1, (step - config.warmup_iters) / (config.max_iters - config.warmup_iters))
    if config.decay == "linear":
        return highest * (1 - done)
    return highest * (1 + math.cos(math.pi * done)) / 2


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
