"""The settings of models, of training and of sampling, checked on creation."""

import itertools
import math
from dataclasses import dataclass
from functools import cached_property
from numbers import Integral, Real
from typing import Literal


class _Stack:
    """What the configs of all models built from blocks have in common."""

    @property
    def n_inner(self) -> int:
        """Channels inside the feed-forward layer."""
        return 4 * self.n_embd

    def __post_init__(self) -> None:
        for name in ("vocab_size", "block_size", "n_layer", "n_head", "n_embd"):
            check_whole(name, getattr(self, name), 1)
        if self.head_size is not None:
            check_whole("head_size", self.head_size, 1)
        elif self.n_embd % self.n_head:
            raise ValueError(
                f"n_embd {self.n_embd} is not divisible by n_head = {self.n_head}: "
                "give an n_head that divides it, or a head_size"
            )
        for name in ("dropout", "attn_dropout"):
            p = getattr(self, name)
            if not (_number(p) and 0 <= p < 1):
                raise ValueError(f"{name} is {p!r}: give a number from 0 to below 1")
        if self.norm not in ("post", "pre"):
            raise ValueError(f"norm is {self.norm!r}: give 'post' or 'pre'")
        if self.activation not in ("relu", "gelu", "gelu_tanh"):
            raise ValueError(
                f"activation is {self.activation!r}: give 'relu', 'gelu' or 'gelu_tanh'"
            )


@dataclass(frozen=True)
class TransformerConfig(_Stack):
    """The sizes of a `Transformer`; the defaults are those of the paper's base model.

    Table 3 of Vaswani et al. (2017). block_size and pad are ours: the paper's sinusoidal positions
    allow any length. ValueError for settings that make no valid model.
    """

    vocab_size: int  # V, one vocabulary for both languages
    block_size: int = 512  # the longest source or target, in tokens
    n_layer: int = 6  # blocks in the encoder, and as many in the decoder
    n_head: int = 8  # heads in each attention layer
    n_embd: int = 512  # channels of each token's vector
    head_size: int | None = None  # channels of each head; n_embd / n_head unless given
    dropout: float = 0.1  # of embeddings and of each layer's output
    attn_dropout: float = 0.0  # of attention weights; the paper does not mention it
    norm: Literal["post", "pre"] = "post"  # post: after each residual sum; pre: before each layer
    activation: Literal["relu", "gelu", "gelu_tanh"] = "relu"  # in the feed-forward layers
    attn_bias: bool = False  # biases in attention's linear layers; the paper's equations have none
    bias: bool = True  # biases in feed-forward layers and norms
    pad: int = 0  # the token id that pads shorter rows

    def __post_init__(self) -> None:
        super().__post_init__()
        if not (isinstance(self.pad, Integral) and 0 <= self.pad < self.vocab_size):
            raise ValueError(
                f"pad is {self.pad!r}: give a token id, from 0 to {self.vocab_size - 1}"
            )


@dataclass(frozen=True)
class GPTConfig(_Stack):
    """The sizes and design choices of a `GPT`; the defaults are those of the smallest GPT-2.

    Pre-norm, as in GPT-2 and GPT-3, adds one more norm after the last block; post-norm, as in
    GPT-1, does not.

    Radford et al. (2018), section 4.1; Radford et al. (2019), section 2.3 and the released code;
    Brown et al. (2020), section 2.1: GPT-3 alternates dense and banded blocks, but the width of
    the bands and the blocks that have them were never published. The default dropout is GPT-1's,
    since GPT-2's was not published either. Rotary positions (Su et al., 2021) came after GPT-3.
    ValueError for settings that make no valid model.
    """

    vocab_size: int  # V, the number of different tokens
    block_size: int = 1024  # context length: the longest sequence, in tokens
    n_layer: int = 12  # blocks
    n_head: int = 12  # attention heads in each block
    n_embd: int = 768  # channels of each token's vector
    head_size: int | None = None  # channels of each head; n_embd / n_head unless given
    dropout: float = 0.1  # of embeddings, each layer's output and attention weights
    norm: Literal["post", "pre"] = "pre"  # post: after each residual sum; pre: before each layer
    activation: Literal["relu", "gelu", "gelu_tanh"] = "gelu_tanh"  # gelu_tanh in GPT-1 and GPT-2
    attn_bias: bool = True  # biases in attention's linear layers
    bias: bool = True  # biases in feed-forward layers and norms
    tied: bool = True  # the token embedding is also the matrix of the output layer
    # learned or fixed vectors, added to the tokens'; rotary: queries and keys are turned instead
    positions: Literal["learned", "sinusoidal", "rotary"] = "learned"
    band: int | None = None  # every second block sees only the last `band` tokens; None: sees all
    first_band: int = 2  # the first of these blocks: 1, or 2 for blocks 2, 4, 6, ...
    init_std: float = 0.02  # standard deviation of all matrices at the start
    scale_residual: bool = True  # start residual projections smaller, by 1/sqrt(2 * n_layer)

    @property
    def attn_dropout(self) -> float:
        """Dropout of attention weights."""
        return self.dropout

    @property
    def bands(self) -> tuple[int | None, ...]:
        """For each block, how many tokens a position sees, itself included; None for all."""
        return tuple(
            None if (n - self.first_band) % 2 else self.band for n in range(1, self.n_layer + 1)
        )

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.positions not in ("learned", "sinusoidal", "rotary"):
            raise ValueError(
                f"positions is {self.positions!r}: give 'learned', 'sinusoidal' or 'rotary'"
            )
        D = self.head_size or self.n_embd // self.n_head
        if self.positions == "rotary" and D % 2:
            raise ValueError(
                f"each head has {D} channels: give an even head_size, for rotary positions turn "
                "pairs of channels"
            )
        if self.band is not None:
            check_whole("band", self.band, 1)
        check_whole("first_band", self.first_band, 1, 2)
        if not (_number(self.init_std) and 0 < self.init_std < math.inf):
            raise ValueError(f"init_std is {self.init_std!r}: give a number above 0, such as 0.02")


@dataclass(frozen=True)
class TrainConfig:
    """How `train` updates a model's parameters. ValueError for an invalid setting."""

    max_iters: int = 1000  # training steps
    learning_rate: float = 1e-3  # AdamW's peak learning rate
    warmup_iters: int | None = 0  # steps up to the peak rate; None: a twentieth of all, at most 50
    decay: Literal["cosine", "linear", "inverse_sqrt"] = "cosine"  # how rates fall after warm-up
    decay_iters: int | None = None  # the last steps, in which rates fall; None: all after warm-up
    decay_to: float = 0.0  # the share of the peak rates at which they end; GPT-3's is 0.1
    weight_decay: float = 0.1  # AdamW's, of matrices only
    betas: tuple[float, float] = (0.9, 0.95)  # AdamW's averaging of gradients and their squares
    eps: float = 1e-8  # added to AdamW's denominator, so that it is never 0
    grad_clip: float = 1.0  # scale longer gradients down to this norm; inf: never
    optimizer: Literal["adamw", "muon"] = "adamw"  # muon: hidden matrices only, AdamW for the rest
    muon_rate: float = 0.02  # Muon's peak learning rate, if it is used
    muon_momentum: float = 0.95  # share of earlier gradients in Muon's running mean
    accumulate: int = 1  # batches per step; more of them if larger ones do not fit in memory
    ramp_iters: int = 0  # the first steps, over which 1 batch per step grows to `accumulate`
    dtype: Literal["float32", "bfloat16"] = "float32"  # precision of matrix products

    def batches(self, step: int) -> int:
        """How many batches a step takes, counted from 0."""
        if step >= self.ramp_iters:
            return self.accumulate
        return 1 + (self.accumulate - 1) * step // self.ramp_iters

    def batches_before(self, step: int) -> int:
        """How many batches all steps before this one take."""
        in_ramp = min(step, self.ramp_iters)
        return self._ramp[in_ramp] + (step - in_ramp) * self.accumulate

    @cached_property
    def _ramp(self) -> tuple[int, ...]:
        """The batches before each step of the ramp and after the last, summed up once."""
        return tuple(itertools.accumulate(map(self.batches, range(self.ramp_iters)), initial=0))

    @property
    def warmup(self) -> int:
        """Steps of warm-up: warmup_iters, or if that is None a twentieth of all, at most 50."""
        if self.warmup_iters is None:
            least = int(self.decay == "inverse_sqrt")  # which cannot do without one
            return max(least, min(50, self.max_iters // 20))
        return self.warmup_iters

    def __post_init__(self) -> None:
        for name, such in (("learning_rate", "0.001"), ("muon_rate", "0.02")):
            rate = getattr(self, name)
            if not (_number(rate) and 0 < rate < 1e6):
                raise ValueError(f"{name} is {rate!r}: give a number above 0, such as {such}")
        check_whole("max_iters", self.max_iters, 1)
        check_whole("warmup_iters", self.warmup, 0)
        if self.warmup >= self.max_iters:
            raise ValueError(
                f"warmup_iters {self.warmup_iters} must be fewer than max_iters {self.max_iters}: "
                "give fewer of the first or more of the second"
            )
        if self.decay not in ("cosine", "linear", "inverse_sqrt"):
            raise ValueError(f"decay is {self.decay!r}: give 'cosine', 'linear' or 'inverse_sqrt'")
        if self.decay == "inverse_sqrt":
            if self.warmup == 0:
                raise ValueError(
                    "inverse_sqrt needs a warm-up, and warmup_iters is 0: give 1 or more"
                )
            if self.decay_iters is not None or self.decay_to != 0:
                raise ValueError(
                    "inverse_sqrt falls from the warm-up on and has no end: give no decay_iters or "
                    "decay_to, or choose 'cosine' or 'linear'"
                )
        if self.decay_iters is not None:
            check_whole("decay_iters", self.decay_iters, 0, self.max_iters - self.warmup)
        if not (_number(self.decay_to) and 0 <= self.decay_to <= 1):
            raise ValueError(f"decay_to is {self.decay_to!r}: give a number from 0 to 1")
        if not (_number(self.weight_decay) and 0 <= self.weight_decay < math.inf):
            raise ValueError(f"weight_decay is {self.weight_decay!r}: give 0 or a positive number")
        if not (
            isinstance(self.betas, tuple)
            and len(self.betas) == 2
            and all(_number(beta) and 0 <= beta < 1 for beta in self.betas)
        ):
            raise ValueError(f"betas are {self.betas!r}: give two numbers from 0 to below 1")
        if not (_number(self.eps) and 0 < self.eps < math.inf):
            raise ValueError(f"eps is {self.eps!r}: give a small number above 0, such as 1e-8")
        if not (_number(self.grad_clip) and self.grad_clip > 0):
            raise ValueError(f"grad_clip is {self.grad_clip!r}: give a length, or inf for none")
        if not (_number(self.muon_momentum) and 0 <= self.muon_momentum < 1):
            raise ValueError(
                f"muon_momentum is {self.muon_momentum!r}: give a number from 0 to below 1"
            )
        if self.optimizer not in ("adamw", "muon"):
            raise ValueError(f"optimizer is {self.optimizer!r}: give 'adamw' or 'muon'")
        check_whole("accumulate", self.accumulate, 1)
        check_whole("ramp_iters", self.ramp_iters, 0)
        if self.dtype not in ("float32", "bfloat16"):
            raise ValueError(f"dtype is {self.dtype!r}: give 'float32' or 'bfloat16'")


@dataclass(frozen=True)
class RunConfig(TrainConfig):
    """How a `Run` trains, and how often it evaluates. ValueError as in `TrainConfig`."""

    batch_size: int = 16  # sequences per batch
    eval_interval: int = 100  # steps between two evaluations on the validation split
    eval_iters: int = 10  # the most batches per evaluation; the final score uses the whole split
    patience: int = 10  # stop after so many evaluations without a better one; 0: never
    seed: int = 0  # of the initial parameters, batches, dropout and the sample

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("batch_size", "eval_interval", "eval_iters"):
            check_whole(name, getattr(self, name), 1)
        check_whole("patience", self.patience, 0)
        check_whole("seed", self.seed, 0, 2**63 - 1)


@dataclass(frozen=True)
class Sampling:
    """How the next token is drawn; by default, with the model's own probabilities.

    top_p is Holtzman et al. (2020), repetition_penalty Keskar et al. (2019), section 4.1.
    ValueError for a setting out of range.
    """

    temperature: float = 1.0  # below 1 safer, above 1 wilder, 0 always the likeliest token
    top_k: int | None = None  # if given, draw only from the k likeliest tokens
    top_p: float | None = None  # if given, draw only from the likeliest with this total probability
    repetition_penalty: float = 1.0  # above 1 makes tokens already in the text less likely

    def __post_init__(self) -> None:
        if not (self.temperature == 0 or 0.01 <= self.temperature <= 100):
            raise ValueError(
                f"temperature is {self.temperature}: give 0 for the likeliest token, or 0.01 to 100"
            )
        if self.top_k is not None and not (isinstance(self.top_k, Integral) and self.top_k >= 1):
            raise ValueError(f"top_k is {self.top_k}: give a whole number, at least 1")
        if self.top_p is not None and not 0 < self.top_p <= 1:
            raise ValueError(f"top_p is {self.top_p}: give a number above 0, at most 1")
        if not 0.01 <= self.repetition_penalty <= 100:
            raise ValueError(
                f"repetition_penalty is {self.repetition_penalty}: "
                "give 1 for none, or another number from 0.01 to 100"
            )


def check_whole(name: str, value: object, least: int, most: int = 2**31 - 1) -> None:
    """ValueError unless value, which is called name, is a whole number from least to most."""
    if not (isinstance(value, Integral) and least <= value <= most):
        raise ValueError(
            f"{name} is {value!r}: give a whole number, at least {least}"
            + (f" and at most {most}" if isinstance(value, Integral) and value > most else "")
        )


def _number(value: object) -> bool:
    return isinstance(value, Real)
