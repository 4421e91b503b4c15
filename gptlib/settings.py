"""What can be said to `main.py`: the settings of its commands, each of which is a flag."""

from dataclasses import dataclass
from typing import Literal

from simple_parsing import field

from gptlib.config import GPTConfig, RunConfig, Sampling


@dataclass(frozen=True)
class Train:
    """Settings of a training run. Threads and dtype are those with which a few steps were fastest;
    for a short text, tokenizer, dropout, max_iters and eval_interval are found by trials on a part
    of it. What a flag gives is not tried.
    """

    text: tuple[str, ...] = ("tales",)  # "tales", "shakespeare", files, "src/**/*.py", "-" is stdin
    valid: tuple[str, ...] = ()  # the text to validate on; if none, a tenth of the other
    split: Literal["end", "paragraphs"] = "end"  # which tenth: the last, or drawn paragraphs
    start: str = ""  # fine-tune a model: that of a run, "gpt-2-small", a folder from Hugging Face
    lora: int | None = None  # with --start: train only matrices of this rank, added to its own
    out: str = ""  # a new folder for the run; if empty, one in runs/ named after the text
    tokenizer: Literal["bpe", "gpt2", "chars"] = "bpe"  # of this text, GPT-2's, or characters
    model: GPTConfig = GPTConfig(4096)  # sizes and design choices of the model
    train: RunConfig = RunConfig()  # how it is trained, and how often evaluated
    max_seconds: float | None = None  # if given, train about this long, instead of max_iters
    compile: bool = False  # use torch.compile: a slow start, then faster steps
    tensorboard: bool = False  # write the losses for TensorBoard too, if it is installed
    device: str = ""  # "cpu", "cuda" or "mps"; if empty, cuda or mps if available, else cpu
    threads: int = 0  # threads of the CPU; if 0, the fastest number is found


@dataclass(frozen=True)
class Resume:
    """Resume an interrupted run, as if it had never stopped; or go on from a finished one."""

    run: str = field(positional=True, metavar="RUN")  # the folder of the run
    max_iters: int | None = None  # steps in all; the rates become those of a run of that length
    patience: int | None = None  # stop after so many evaluations without a better one; 0: never
    text: tuple[str, ...] = ()  # where the text is now, if it has moved
    valid: tuple[str, ...] = ()  # where the text to validate on is now
    device: str = ""  # "cpu", "cuda" or "mps"; if empty, that of the run


@dataclass(frozen=True)
class Generate:
    """Write text with the model of a run, or a published one."""

    run: str = field(positional=True, metavar="RUN")  # as for --start of training
    prompt: str = ""  # text to continue; "-" reads it from standard input; empty begins a new one
    num_samples: int = 1  # how many texts to write
    max_new_tokens: int = 200  # the most tokens to write; a tale may end sooner
    sampling: Sampling = Sampling()
    int8: bool = False  # keep weights in 8 bits, with which a large model writes faster on a CPU
    device: str = ""  # "cpu", "cuda" or "mps"; if empty, cuda or mps if available, else cpu
    seed: int = 0  # another seed gives another text


@dataclass(frozen=True)
class Evaluate:
    """Say how well the model of a run, or a published one, predicts a text."""

    run: str = field(positional=True, metavar="RUN")  # as for --start of training
    text: tuple[str, ...] = ()  # the text, as for training; if none, the run's validation text
    batch_size: int = 16  # sequences per batch
    device: str = ""  # "cpu", "cuda" or "mps"; if empty, cuda or mps if available, else cpu


@dataclass(frozen=True)
class Summarize:
    """Print a table of the layers of a run's model, or of a published one, such as gpt-2-small."""

    run: str = field(positional=True, metavar="RUN")  # as for --start of training
    tokens: int | None = None  # length of the sequence sent through; block_size unless given
