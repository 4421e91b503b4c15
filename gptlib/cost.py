"""What a GPT costs to train: floating-point operations, bytes, machines and days."""

from dataclasses import dataclass

import torch

from gptlib.config import GPTConfig, check_whole
from gptlib.gpt import GPT

PETAFLOPS_DAY = 1e15 * 24 * 60 * 60  # floating-point operations


@dataclass(frozen=True)
class Machine:
    """What a machine can do at most.

    flops: per second, in products of matrices in bfloat16; bytes: of its memory
    """

    name: str
    flops: float
    bytes: float


# NVIDIA's data sheet, without sparsity.
H100 = Machine("H100", 989e12, 80e9)


@dataclass(frozen=True)
class Memory:
    """Bytes that training takes on each machine."""

    parameters: float
    gradients: float
    optimizer: float
    activations: float

    @property
    def total(self) -> float:
        """All of them together."""
        return self.parameters + self.gradients + self.optimizer + self.activations


def flops_per_token(config: GPTConfig) -> int:
    """Floating-point operations that training takes per token, in rows of block_size tokens.

    Every product of matrices is counted, the one that makes the logits and the two of attention
    included, with two operations per multiply-add, and the backward pass as twice the forward one.
    Keys that a causal mask hides count like others; those beyond a band do not count.
    """
    C, T, V = config.n_embd, config.block_size, config.vocab_size
    inner = _inner(config)
    linear = config.n_layer * (4 * C * inner + 2 * C * config.n_inner) + C * V
    attention = sum(2 * inner * min(T, band or T) for band in config.bands)
    return 3 * 2 * (linear + attention)


def rule_of_six(parameters: int, tokens: float) -> float:
    """The usual estimate of the floating-point operations that training takes: six for each
    parameter and token, as in Table D.1 of Brown et al. (2020).

    >>> f"{rule_of_six(174_600_000_000, 300e9):.3g}"
    '3.14e+23'
    """
    return 6 * parameters * tokens


def memory(config: GPTConfig, rows: int = 1, machines: int = 1, recompute: bool = False) -> Memory:
    """What training a GPT in bfloat16 with Adam takes of each machine's memory.

    rows: of block_size tokens, that each machine reads at a time
    machines: that share parameters, gradients and optimizer, each with a part (ZeRO's stage 3,
        Rajbhandari et al., 2020)
    recompute: whether only the input of each block is kept, and the rest computed anew in the
        backward pass

    Parameters and gradients have 2 bytes each; the optimizer has 12 for each parameter: a copy in
    float32 and Adam's two running means. Activations are what the backward pass needs, without
    dropout and the weights of attention, which flash attention computes anew. ValueError for rows
    or machines below 1.
    """
    check_whole("rows", rows, 1)
    check_whole("machines", machines, 1)
    with torch.device("meta"):  # shapes without numbers
        N = GPT(config).num_parameters() / machines
    kept = activations(config, recompute) * rows * config.block_size
    return Memory(parameters=2 * N, gradients=2 * N, optimizer=12 * N, activations=2 * kept)


def activations(config: GPTConfig, recompute: bool = False) -> int:
    """Numbers that a GPT keeps for its backward pass, for each token. recompute as in `memory`.

    Of each block: what its two norms are given and what they make of it, queries, keys, values and
    what is mixed of them, and the inner channels before and after the activation. Then what the
    last norm is given and makes, and the log-probabilities of all tokens.
    """
    C = config.n_embd
    block = 4 * C + 4 * _inner(config) + 2 * config.n_inner
    last = 2 * C + config.vocab_size
    return config.n_layer * C + block + last if recompute else config.n_layer * block + last


def days(flops: float, machines: int, machine: Machine = H100, share: float = 0.4) -> float:
    """Days that machines take for so many floating-point operations.

    share: of what they can do at most, that they do in training, where only flops count: not what
        is computed again. ValueError for one that is not
    above 0 and at most 1, and for fewer than one machine.
    """
    check_whole("machines", machines, 1)
    if not 0 < share <= 1:
        raise ValueError(f"share is {share}: give a number above 0, at most 1")
    return flops / (machines * machine.flops * share) / (24 * 60 * 60)


def _inner(config: GPTConfig) -> int:
    """The channels of all heads."""
    return config.n_head * (config.head_size or config.n_embd // config.n_head)
