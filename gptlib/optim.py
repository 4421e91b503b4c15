"""Optimizers and the learning rate: what turns gradients into steps."""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from gptlib.config import TrainConfig
from gptlib.device import has_bfloat16
from gptlib.unwrap import unwrapped

# a, b and c of p(x) = a x + b x^3 + c x^5 for three steps, constructed as in Amsel et al. (2025):
# no other such p stays nearer to 1 on the range of singular values that the step before it leaves
# (at first, 0.001 to 1), widened by 1% at the top because bfloat16 rounds. tests/test_optim.py
# checks that.
POLAR_EXPRESS = (
    (8.386893, -24.371311, 17.726412),
    (4.143012, -3.018618, 0.552650),
    (3.931188, -2.874113, 0.536722),
)


def orthogonalize(G: Tensor) -> Tensor:
    """Bring the singular values of matrices to about 1, and keep their singular vectors.

    G: (..., rows, cols), each matrix by itself

    Three steps of the Polar Express (Amsel et al., 2025), in bfloat16 where that is fast. Each
    matrix is first divided by its Frobenius norm, the root of the sum of squares of its entries.
    Singular values of at least 0.001 of that end between 0.13 and 1.87; smaller ones grow by a
    factor of up to 137. So the result is far from orthogonal, but three steps that ended nearer to
    1 would raise small singular values less.
    """
    tall = G.shape[-2] > G.shape[-1]
    X = (G.mT if tall else G).reshape(-1, min(G.shape[-2:]), max(G.shape[-2:]))
    X = X / X.norm(dim=(-2, -1), keepdim=True).clamp(min=1e-7)
    X = X.to(_matmul_dtype(G.device))
    for a, b, c in POLAR_EXPRESS:
        A = X @ X.mT
        X = torch.baddbmm(X, torch.baddbmm(A, A, A, beta=b, alpha=c), X, beta=a)
    X = X.to(G.dtype)
    return (X.mT if tall else X).reshape(G.shape)


def _matmul_dtype(device: torch.device) -> torch.dtype:
    """The dtype in which a device multiplies matrices fastest, of those precise enough for Muon."""
    return torch.bfloat16 if has_bfloat16(device) else torch.float32


class Muon(Optimizer):
    """The Muon optimizer: each matrix takes steps along its momentum after `orthogonalize`.

    So no direction is neglected because gradients are small along it (Jordan et al., 2024). The
    momentum is Nesterov's, there is no weight decay, and a matrix with more rows than columns takes
    larger steps, by sqrt(rows / cols). Matrices of the same shape are orthogonalized together.

    ValueError for parameters that are not matrices.
    """

    def __init__(
        self, params: Iterable[Tensor] | Iterable[dict], lr: float = 0.02, momentum: float = 0.95
    ) -> None:
        super().__init__(params, {"lr": lr, "momentum": momentum})
        for group in self.param_groups:
            for p in group["params"]:
                if p.dim() != 2:
                    raise ValueError(f"a parameter has shape {tuple(p.shape)}: give Muon matrices")

    @torch.no_grad()
    def step(self) -> None:
        """Update each matrix that has a gradient."""
        for group in self.param_groups:
            alike = defaultdict(list)
            for p in group["params"]:
                if p.grad is not None:
                    alike[p.shape, p.device].append(p)
            for ((rows, cols), _), matrices in alike.items():
                ahead = torch.stack([self._momentum(p, group["momentum"]) for p in matrices])
                rate = group["lr"] * math.sqrt(max(1, rows / cols))
                for p, step in zip(matrices, orthogonalize(ahead), strict=True):
                    p.sub_(step, alpha=rate)

    def _momentum(self, p: Tensor, momentum: float) -> Tensor:
        """Update the running mean of p's gradients, and return it one step ahead (Nesterov)."""
        memory = self.state[p]
        if not memory:
            memory["momentum_buffer"] = torch.zeros_like(p)
        mean = memory["momentum_buffer"].lerp_(p.grad, 1 - momentum)
        return p.grad.lerp(mean, momentum)


def make_optimizers(model: nn.Module, config: TrainConfig) -> list[Optimizer]:
    """AdamW for all parameters, or Muon for the matrices of hidden layers and AdamW for the others.

    Parameters that do not require a gradient stay as they are.

    AdamW's paper (Loshchilov and Hutter, 2019) lets all parameters decay, GPT-1's (Radford et al.,
    2018, section 4.1) all but biases and the gains of norms. So it is here: what has two dimensions
    decays, tables of embeddings included. What Muon has does not decay.

    Muon (Jordan et al., 2024) is for the weights of `nn.Linear`. Its authors leave the
    embeddings and the output layer to AdamW; here any linear layer whose name ends in head, such as
    lm_head or reward_head, counts as an output layer.

    ValueError if Muon is chosen and the model has no hidden matrices.
    """
    trained = [p for p in model.parameters() if p.requires_grad]
    matrices = [p for p in trained if p.dim() >= 2]
    others = [p for p in trained if p.dim() < 2]
    optimizers = []
    if config.optimizer == "muon":
        hidden = _hidden(model)
        if not hidden:
            name = type(unwrapped(model)).__name__
            raise ValueError(f"{name} has no hidden matrices for Muon: choose 'adamw'")
        matrices = [p for p in matrices if p not in hidden]
        group = {"params": list(hidden), "highest": config.muon_rate}
        optimizers.append(Muon([group], momentum=config.muon_momentum))
    groups = [
        {"params": matrices, "weight_decay": config.weight_decay, "highest": config.learning_rate},
        {"params": others, "weight_decay": 0.0, "highest": config.learning_rate},
    ]
    # Fused: one pass over a parameter and its running means instead of a dozen.
    return [*optimizers, torch.optim.AdamW(groups, betas=config.betas, eps=config.eps, fused=True)]


def _hidden(model: nn.Module) -> dict[Tensor, None]:
    """The weights to train of linear layers but heads, in a dict, because a set has no order."""
    layers = [
        (name, part)
        for name, part in model.named_modules()
        if isinstance(part, nn.Linear) and part.weight.requires_grad
    ]
    heads = {part.weight for name, part in layers if name.endswith("head")}
    return {part.weight: None for _, part in layers if part.weight not in heads}


def optimizer_state(model: nn.Module, optimizers: Sequence[Optimizer]) -> dict[str, Tensor]:
    """The state of optimizers for each parameter, named like "exp_avg.blocks.0.mlp.fc.weight".

    `load_optimizer_state` puts it into new optimizers from `make_optimizers`. Names are those of
    the model itself, even if it is wrapped, as by torch.compile.
    """
    name_of = {p: name for name, p in unwrapped(model).named_parameters()}
    return {
        f"{key}.{name_of[p]}": tensor
        for optimizer in optimizers
        for p, memory in optimizer.state.items()
        for key, tensor in memory.items()
    }


def load_optimizer_state(
    model: nn.Module, optimizers: Sequence[Optimizer], state: Mapping[str, Tensor]
) -> None:
    """Put state, from `optimizer_state`, into optimizers of model, which take over its tensors."""
    parameters = dict(unwrapped(model).named_parameters())
    owner = {p: o for o in optimizers for group in o.param_groups for p in group["params"]}
    for full, tensor in state.items():
        key, name = full.split(".", 1)
        p = parameters[name]
        owner[p].state[p][key] = tensor.to(p.device)  # fused AdamW keeps its step count there too


def learning_rate(step: int, config: TrainConfig, highest: float | None = None) -> float:
    """The learning rate at a step, counted from 0: a linear warm-up, then a decay.

    highest: the peak; config.learning_rate unless given

    Where config.decay_iters is given, the peak rate is kept until that many steps are left. In a
    ramp of batches a step counts as the share of a full one that its batches are: warm-up and decay
    go by tokens, as in Brown et al. (2020), Appendix B.

    The decay called inverse_sqrt never reaches 0; with a peak of 1 / sqrt(n_embd * warmup) it is
    equation 3 of Vaswani et al. (2017).
    """
    highest = config.learning_rate if highest is None else highest
    step, after, last = (
        config.batches_before(n) / config.accumulate for n in (step, step + 1, config.max_iters)
    )
    if step < config.warmup:
        return highest * min(1, after / config.warmup)
    if config.decay == "inverse_sqrt":
        return highest * math.sqrt(config.warmup / after)
    falling = last - config.warmup if config.decay_iters is None else config.decay_iters
    fallen = falling - max(0, last - step)
    done = max(0, fallen) / max(1, falling)
    left = 1 - done if config.decay == "linear" else (1 + math.cos(math.pi * done)) / 2
    return highest * (config.decay_to + (1 - config.decay_to) * left)
