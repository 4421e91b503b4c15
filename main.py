"""Train a GPT on any text, and write more of it.

python main.py                                     trains on the course's tales
python main.py --text my.txt --max-seconds 600     trains on a text of your own, about ten minutes
python main.py resume runs/my-1                    goes on where a run was broken off
python main.py generate runs/my-1 --prompt "It"    writes more of it
python main.py summary runs/my-1                   shows its layers; gpt-2-small is known too
"""

import signal
from dataclasses import dataclass

from gptlib.config import GPTConfig, RunConfig, check_whole

# Change a setting here, or for one run with a flag, as in --batch-size 64. Those of the model and
# of training that are not here stand, with what they mean, in gptlib/config.py; flags know all.
MODEL = GPTConfig(
    vocab_size=4096,  # the most different pieces, characters included
    block_size=96,  # tokens in a row
    n_layer=3,  # blocks
    n_head=2,  # heads of attention in each
    n_embd=128,  # channels
    dropout=0.0,  # the share of numbers that a step leaves out
    init_std=0.05,  # 0.02 suits 768 channels
)
TRAINING = RunConfig(
    batch_size=16,  # rows of the text, or tales, in a batch
    max_iters=2000,  # steps
    optimizer="muon",  # "muon" for hidden matrices, "adamw" for all
    muon_rate=0.03,  # Muon's highest learning rate
    learning_rate=0.01,  # AdamW's highest
    warmup_iters=None,  # a twentieth of the steps, at most 50
    decay="linear",  # then both rates fall to 0
    weight_decay=0.0,
)


@dataclass(frozen=True)
class Train:
    """Settings of a run."""

    text: str = "tales"  # "tales", "shakespeare", or the path of a UTF-8 text file
    out: str = ""  # a new folder for the run; if empty, one in runs/, named after the text
    tokenizer: str = "pieces"  # "pieces": frequent words, others are spelled; or "chars"
    model: GPTConfig = MODEL  # sizes of the model, and what GPTs differ in
    train: RunConfig = TRAINING  # how it is trained, and how often measured
    max_seconds: float | None = None  # if given, about as many steps as fit, in place of max_iters
    compile: bool = False  # let torch.compile make faster code, which takes a while at first
    device: str = ""  # "cpu", "cuda" or "mps"; if empty, cuda where it is here, else cpu

    def __post_init__(self):
        if not (self.max_seconds is None or 0 < self.max_seconds < float("inf")):
            raise ValueError(f"max_seconds is {self.max_seconds}: give a number above 0")


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # no traceback while the imports take their time

import re
import sys
from dataclasses import replace
from pathlib import Path

import torch
from simple_parsing import ArgumentParser, DashVariant

from gptlib.corpus import Corpus
from gptlib.device import best_device, check_compile, check_device
from gptlib.fit import finish, fit
from gptlib.gpt import GPT
from gptlib.papers import GPTS
from gptlib.run import Run, steps_within
from gptlib.run_folder import RunFolder, facts
from gptlib.sampling import Sampling
from gptlib.summary import summary
from gptlib.writing import write


@dataclass(frozen=True)
class Generate:
    """Settings of what is written."""

    prompt: str = ""  # what to continue, "-" reads it from standard input; if empty, a new text
    num_samples: int = 1  # how many texts
    max_new_tokens: int = 200  # the most to write; a tale may end before
    sampling: Sampling = Sampling()
    device: str = ""  # "cpu", "cuda" or "mps"; if empty, cuda where it is here, else cpu
    seed: int = 0  # with another one comes another text

    def __post_init__(self):
        check_whole("num_samples", self.num_samples, 1)
        check_whole("max_new_tokens", self.max_new_tokens, 1)
        check_whole("seed", self.seed, 0, 2**63 - 1)


@dataclass(frozen=True)
class Summarize:
    """Settings of the table of layers."""

    tokens: int | None = None  # in the text that goes through; block_size unless given

    def __post_init__(self):
        if self.tokens is not None:
            check_whole("tokens", self.tokens, 1)


def begin(settings: Train) -> int:
    """Train, keep all about it in a new folder, and write a sample."""
    settings = replace(settings, device=settings.device or best_device())
    corpus = make_corpus(settings)
    if settings.max_seconds is not None:

        def trial(steps: int) -> Run:  # it may be shorter than the warm-up that was asked for
            return make_run(with_training(settings, max_iters=steps, warmup_iters=None), corpus)

        settings = with_training(settings, max_iters=steps_within(settings.max_seconds, trial))
    run = make_run(settings, corpus)
    marks = corpus.landmarks(run.config.batch_size)
    run.measure()

    # All that was asked for is possible: only from here on something is written.
    folder = RunFolder.new(settings.out, Path(settings.text).stem)
    folder.write_config(run.settings)
    return go_on(run, folder, marks)


def resume(run: str) -> int:
    """Go on where a run was broken off, as if it had not been."""
    folder = RunFolder(run)
    settings, sha256 = folder.read_config(Train)
    corpus = make_corpus(settings)
    if corpus.sha256 != sha256:
        raise ValueError(
            f"{settings.text!r} is not the text that the run began with: "
            "bring that back, or begin another run"
        )
    going = make_run(settings, corpus)
    if folder.model.exists():
        going.load(folder.model)
    else:  # it was broken off before the first checkpoint
        going.measure()
    return go_on(going, folder, corpus.landmarks(going.config.batch_size))


def make_corpus(settings: Train) -> Corpus:
    check_device(settings.device)
    model = settings.model
    corpus = Corpus.load(settings.text, model.block_size, settings.tokenizer, model.vocab_size)
    return corpus.to(settings.device)


def make_run(settings: Train, corpus: Corpus) -> Run:
    """The run of these settings, before its first step."""
    torch.manual_seed(settings.train.seed)
    model = GPT(replace(settings.model, vocab_size=corpus.tokenizer.vocab_size))
    model.to(settings.device)
    if settings.compile:
        check_compile(settings.device)
        model.compile()
    return Run(model, corpus, settings.train, facts(settings, corpus.sha256))


def with_training(settings: Train, **changes: int | None) -> Train:
    """The settings, but some of training are others."""
    return replace(settings, train=replace(settings.train, **changes))


def go_on(run: Run, folder: RunFolder, marks: dict[str, float]) -> int:
    """Take the steps that are left, and write what a finished run has."""
    corpus = run.corpus
    try:
        with folder.locked():
            print(
                f"{len(corpus.train.ids):,} tokens to train on, {len(corpus.valid.ids):,} to "
                f"validate, {corpus.tokenizer.vocab_size:,} different ones; "
                f"{run.model.num_parameters():,} parameters; {run.config.max_iters:,} steps; "
                f"the run's folder is {folder.path}"
            )
            fit(run, folder, marks)
            score, sample = finish(run, folder, marks)
    except KeyboardInterrupt:
        if not folder.model.exists():
            raise
        step = folder.read_model().step
        print(f"stopped; the model as it was after step {step} is in {folder.model}")
        print(f"to go on: python main.py resume {folder.path}")
        return 130
    print(f"loss {score:.4f} on the whole validation split, in nats per character; beside it")
    for name, mark in marks.items():
        print(f"     {mark:.4f} {name}")
    print(f"\n{sample}")
    return 0


def write_more(run: str, settings: Generate) -> int:
    """Write more of the text that a run was trained on."""
    device = settings.device or best_device()
    check_device(device)
    point = RunFolder(run).read_model()
    model, prompt = point.model.to(device), settings.prompt
    if prompt == "-":
        prompt = sys.stdin.read().rstrip("\n")
    for k in range(settings.num_samples):
        if k > 0:
            print("\n---")
        how = settings.max_new_tokens, settings.sampling, settings.seed + k, point.end
        for part in write(model, point.tokenizer, prompt, *how):
            print(part, end="", flush=True)
        print()
    return 0


def show(run: str, settings: Summarize) -> int:
    """Print the layers of a run's model, or of a paper's."""
    if run in GPTS:
        with torch.device("meta"):  # shapes are enough, and gigabytes are not
            model = GPT(GPTS[run].config)
    elif RunFolder(run).model.is_file():
        model = RunFolder(run).read_model().model
    else:
        raise ValueError(f"{run!r} is no run: give the folder of one, or {', '.join(GPTS)}")
    if not isinstance(model, GPT):
        raise ValueError(f"{run!r} holds a {type(model).__name__}: give a run with a GPT")
    print(summary(model, settings.tokens or model.config.block_size))
    return 0


COMMANDS = {
    "generate": (write_more, Generate),
    "resume": (resume, None),
    "summary": (show, Summarize),
}


class Parser(ArgumentParser):
    def error(self, message: str) -> None:
        self.exit(2, f"main.py: {message}: see python main.py --help\n")


def main(argv: list[str]) -> int:
    """Do what the command line says and return the exit code."""
    command, settings = COMMANDS.get(argv[0] if argv else "", (begin, Train))
    parser = Parser(
        prog="main.py",
        description=__doc__,
        allow_abbrev=False,
        add_option_string_dash_variants=DashVariant.DASH,
    )
    if command is not begin:
        argv = argv[1:]
        parser.add_argument("run", metavar="RUN", help="its folder, such as runs/tales-1")
    if settings is not None:
        parser.add_arguments(settings, "settings")
    try:
        code = command(**vars(parser.parse_args(argv)))
        print(end="", flush=True)  # at the end of Python it would be too late for what follows
        return code
    except BrokenPipeError:  # whoever read what we print has gone, as `| head` does
        sys.stdout = None
        return 1
    except (ValueError, OSError) as error:
        print(f"main.py: {error}", file=sys.stderr)
        return 2
    except (RuntimeError, MemoryError) as error:
        if isinstance(error, RuntimeError) and not re.search("alloc|memory", str(error)):
            raise
        print(
            "main.py: not enough memory: try a smaller batch_size, block_size or n_embd",
            file=sys.stderr,
        )
        return 2
    except KeyboardInterrupt:
        print("main.py: stopped", file=sys.stderr)
        return 130


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if sys.stdout is not None:  # or Windows could not print every text, nor we an odd file name
        sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace")
    if sys.stdin is not None:  # for --prompt -
        sys.stdin.reconfigure(encoding="utf-8")
    sys.exit(main(sys.argv[1:]))
