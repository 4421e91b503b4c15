"""Low-rank adaptation (LoRA): to fine-tune a GPT by small matrices beside its large ones."""

import math

import torch
from torch import Tensor, nn

from gptlib.config import GPTConfig, check_whole
from gptlib.gpt import GPT
from gptlib.undrawn import undrawn
from gptlib.unwrap import unwrapped

ALPHA = 32  # over the rank, so that another rank hardly needs another rate (section 4.1)


class LoRALinear(nn.Linear):
    """A linear layer that keeps its weight and learns a matrix of low rank to add to it.

    layer: its weight W, (M, C), and its bias are used, not copied, and no longer trained
    rank: R, the number of directions in which the weight can change

    y = W x + b + (alpha / R) B A x, with `down` for A, (R, C), and `up` for B, (M, R). A is random
    and B is 0 at first, so that training starts from the layer as it was. Section 4.1 of Hu et
    al. (2021), "LoRA".
    """

    def __init__(self, layer: nn.Linear, rank: int) -> None:
        M, C = layer.weight.shape
        super().__init__(C, M, layer.bias is not None)
        self.weight, self.bias = layer.weight, layer.bias
        self.requires_grad_(False)
        self.down = nn.Linear(C, rank, bias=False)
        self.up = nn.Linear(rank, M, bias=False)
        self.scale = ALPHA / rank
        nn.init.normal_(self.down.weight, std=1 / math.sqrt(C))
        nn.init.zeros_(self.up.weight)

    def forward(self, x: Tensor) -> Tensor:
        """x: (..., C). Returns (..., M)."""
        return super().forward(x) + self.scale * self.up(self.down(x))

    def merged_weight(self) -> Tensor:
        """The weight (M, C) of the linear layer that computes the same."""
        return self.weight + self.scale * self.up.weight @ self.down.weight


class LoRAGPT(GPT):
    """A GPT in whose blocks every linear layer is a `LoRALinear`; nothing else is trained.

    Its other parameters have the names that they have in a `GPT`. ValueError for a rank that is
    not a whole number from 1 to below the smallest side of a matrix.
    """

    def __init__(self, config: GPTConfig, rank: int) -> None:
        super().__init__(config)
        self.rank = rank
        self.requires_grad_(False)
        layers = [
            (part, name, layer)
            for part in self.blocks.modules()
            for name, layer in part.named_children()
            if isinstance(layer, nn.Linear)
        ]
        smallest = min(min(layer.weight.shape) for _, _, layer in layers)
        check_whole("lora", rank, 1)
        if rank >= smallest:
            raise ValueError(
                f"lora is {rank}, and the smallest matrix has a side of {smallest}: "
                "give a smaller rank, or train all of the model"
            )
        for part, name, layer in layers:
            setattr(part, name, LoRALinear(layer, rank))

    def state(self) -> dict:
        """As in `GPT`, with the rank."""
        return super().state() | {"rank": self.rank}

    @classmethod
    def from_state(cls, state: dict) -> "LoRAGPT":
        """A new model of the sizes in state. TypeError or ValueError for an invalid state."""
        sizes = {name: value for name, value in state.items() if name != "rank"}
        return cls(GPTConfig(**sizes), state.get("rank"))


@torch.no_grad()
def merged(model: nn.Module) -> nn.Module:
    """The plain GPT that a `LoRAGPT` amounts to; any other model itself, without its wrapper.

    Only the merged weights are new: the rest shares its memory with model.
    """
    model = unwrapped(model)
    if not isinstance(model, LoRAGPT):
        return model
    with undrawn():
        plain = GPT(model.config)
    tensors = model.state_dict()
    for name, layer in model.named_modules():
        if isinstance(layer, LoRALinear):
            tensors[f"{name}.weight"] = layer.merged_weight()
    plain.load_state_dict({name: tensors[name] for name in plain.state_dict()}, assign=True)
    return plain.train(model.training)
