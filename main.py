"""Train a GPT on any text, and generate more text like it.

python main.py                                     trains on the course's tales
python main.py --text my.txt --max-seconds 600     trains on your own text, for about ten minutes
python main.py --start runs/my-1 --text your.txt   trains a trained model on another text
python main.py resume runs/my-1                    resumes an interrupted run
python main.py resume runs/my-1 --max-iters 5000   adds steps to a finished one
python main.py generate runs/my-1 --prompt "It"    continues a prompt
python main.py evaluate runs/my-1 --text your.txt  says how well it predicts a text
python main.py summary runs/my-1                   prints its layers; gpt-2-small works too

These are the flags of training; python main.py resume --help, and so on, list those of the others.
"""

import signal
import sys
from dataclasses import dataclass, replace
from typing import Literal

from simple_parsing import field

from gptlib import command_line
from gptlib.config import GPTConfig, RunConfig, Sampling, check_whole

# Change a setting here, or for a single run with a flag such as --batch-size 64. The remaining
# settings of the model and of training are explained in gptlib/config.py; each has a flag too.
MODEL = GPTConfig(
    vocab_size=4096,  # upper limit of the vocabulary; each single character is in it anyway
    block_size=96,  # context length, in tokens
    n_layer=3,  # blocks
    n_head=2,  # attention heads in each block
    n_embd=128,  # channels of each token's vector
    dropout=0.0,  # share of activations that training sets to 0
    init_std=0.05,  # standard deviation of matrices at the start; 0.02 suits 768 channels
)
TRAINING = RunConfig(
    batch_size=16,  # sequences per batch
    max_iters=2000,  # training steps
    optimizer="muon",  # "muon" (hidden matrices; AdamW for the rest) or "adamw" (for all)
    muon_rate=0.03,  # Muon's peak learning rate
    learning_rate=0.01,  # AdamW's peak learning rate
    warmup_iters=None,  # None: a twentieth of the steps, at most 50
    decay="linear",  # after the warm-up both rates fall to 0 in a straight line
    weight_decay=0.0,  # AdamW's, of matrices only
)


@dataclass(frozen=True)
class Train:
    """Settings of a training run. For a short text, tokenizer, dropout, max_iters and
    eval_interval are found by trials on a part of it, unless a flag gives them.
    """

    text: tuple[str, ...] = ("tales",)  # "tales", "shakespeare", files, "src/**/*.py", "-" is stdin
    valid: tuple[str, ...] = ()  # the text to validate on; if none, a tenth of the other
    split: Literal["end", "paragraphs"] = "end"  # which tenth: the last, or drawn paragraphs
    start: str = ""  # a run whose model and tokenizer to start from, instead of new ones
    out: str = ""  # a new folder for the run; if empty, one in runs/ named after the text
    tokenizer: Literal["pieces", "chars"] = "pieces"  # words or characters, in Unicode's NFC form
    model: GPTConfig = MODEL  # sizes and design choices of the model
    train: RunConfig = TRAINING  # how it is trained, and how often evaluated
    max_seconds: float | None = None  # if given, train about this long, instead of max_iters
    compile: bool = False  # use torch.compile: a slow start, then faster steps
    tensorboard: bool = False  # write the losses for TensorBoard too, if it is installed
    device: str = ""  # "cpu", "cuda" or "mps"; if empty, cuda or mps if available, else cpu


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
    """Write text with the model of a run."""

    run: str = field(positional=True, metavar="RUN")  # the folder of the run
    prompt: str = ""  # text to continue; "-" reads it from standard input; empty begins a new one
    num_samples: int = 1  # how many texts to write
    max_new_tokens: int = 200  # the most tokens to write; a tale may end sooner
    sampling: Sampling = Sampling()
    device: str = ""  # "cpu", "cuda" or "mps"; if empty, cuda or mps if available, else cpu
    seed: int = 0  # another seed gives another text


@dataclass(frozen=True)
class Evaluate:
    """Say how well the model of a run predicts a text."""

    run: str = field(positional=True, metavar="RUN")  # the folder of the run
    text: tuple[str, ...] = ()  # the text, as for training; if none, the run's validation text
    batch_size: int = 16  # sequences per batch
    device: str = ""  # "cpu", "cuda" or "mps"; if empty, cuda or mps if available, else cpu


@dataclass(frozen=True)
class Summarize:
    """Print a table of the layers of a run's model, or of a paper's, such as gpt-2-small."""

    run: str = field(positional=True, metavar="RUN")  # the folder of the run, or the paper's model
    tokens: int | None = None  # length of the sequence sent through; block_size unless given


COMMANDS = {
    "": Train,
    "resume": Resume,
    "generate": Generate,
    "evaluate": Evaluate,
    "summary": Summarize,
}


def parse(argv: list[str]) -> command_line.Parsed:
    return command_line.parse(argv, "main.py", __doc__, COMMANDS, no_flags=("sha256", "threads"))


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # no traceback if Ctrl-C interrupts the imports
    PARSED = parse(sys.argv[1:])  # now, since to import PyTorch takes seconds

import math
import os
import re
from pathlib import Path

import torch

from gptlib.board import find_writer
from gptlib.checkpoint import Checkpoint
from gptlib.corpus import TOKENIZERS, Corpus, Part
from gptlib.data import load_text
from gptlib.device import check_compile, find_device
from gptlib.fit import fit
from gptlib.gpt import GPT
from gptlib.optim import learning_rate
from gptlib.papers import GPTS
from gptlib.run import Run, steps_within
from gptlib.run_folder import RunFolder, facts, identity
from gptlib.summary import summary
from gptlib.texts import absolute, load_parts, load_texts
from gptlib.tokenizer import TextTokenizer
from gptlib.trial import decide, is_short
from gptlib.writing import write


def begin(settings: Train, given: frozenset[str] = frozenset()):
    """Train a model, saving everything in a new folder, and write a sample.

    given: names of the settings that are not to be changed by a trial on a short text
    """
    check_alone()
    writer = find_writer() if settings.tensorboard else None
    settings = replace(settings, device=find_device(settings.device))
    if settings.start:
        settings = started(settings, given)
        given |= {"tokenizer"}
    texts = read(settings)
    corpus = make_corpus(settings, texts)
    folder = RunFolder.new(settings.out, name_of(settings.text))
    with folder.kept_if_it_can_be_resumed(), folder.locked():
        timed = settings.max_seconds is not None
        if timed:
            steps = steps_within(settings.max_seconds, make_run(settings, corpus))
            settings = replace(with_steps(settings, steps), max_seconds=None)
        free = not {"tokenizer", "dropout", "max_iters"} <= given
        if free and is_short(corpus, settings.train):
            if timed:  # the trial takes half of the time at most
                settings = with_steps(settings, max(1, settings.train.max_iters // 2))
            settings = decide(settings, given, texts[0], trial_run)
            corpus = make_corpus(settings, texts)
        run = make_run(settings, corpus)
        run.measure()
        settings = with_files(settings, folder)
        folder.write_config(facts(replace(settings, out=""), corpus.sha256))
        fit(run, folder, corpus.landmarks(), writer)


def resume(asked: Resume):
    check_alone()
    folder = RunFolder(asked.run)
    before, sha256 = folder.read_config(Train)
    longer = {"max_iters": asked.max_iters, "patience": asked.patience}
    longer = {name: value for name, value in longer.items() if value is not None}
    settings = replace(
        before,
        text=asked.text or before.text,
        valid=asked.valid or before.valid,
        device=find_device(asked.device or before.device),
        train=replace(before.train, **longer),
    )
    writer = find_writer() if settings.tensorboard else None
    with folder.locked():
        if folder.last.exists():
            corpus = read_again(settings, sha256, folder.read_last().tokenizer)
            run = make_run(replace(settings, start=""), corpus)
            run.load(folder.last)
        elif folder.log.exists():
            raise ValueError(
                f"{asked.run!r} holds no {folder.last.name} to resume from: train its model on "
                "with --start"
            )
        else:  # interrupted before the first checkpoint
            run = make_run(settings, read_again(settings, sha256))
            run.measure()
        check_steps(run, folder)
        if run.config.max_iters != before.train.max_iters:
            share = learning_rate(run.step, run.config) / run.config.learning_rate
            print(
                f"{run.step:,} of now {run.config.max_iters:,} steps are done. From here on the "
                f"learning rates are those of a run of that length: {share:.0%} of their peak"
            )
        settings = with_files(settings, folder)
        if settings != before:
            folder.write_config(facts(settings, sha256))
        fit(run, folder, run.corpus.landmarks(), writer)


def check_steps(run: Run, folder: RunFolder):
    """ValueError if a run has no step left to take, and its score is known."""
    if run.step > run.config.max_iters:
        raise ValueError(
            f"max_iters is {run.config.max_iters}, and {run.step} steps are done: give more"
        )
    if run.over and folder.finished:
        more = ["a larger --max-iters"] * (run.step == run.config.max_iters)
        more += ["--patience 0"] * run.impatient
        raise ValueError(
            f"the run in {str(folder.path)!r} is finished, after {run.step} steps: "
            f"go on with {' and '.join(more)}, or start a new run"
        )


def started(settings: Train, given: frozenset[str]) -> Train:
    """The settings with those of the model to start from. ValueError if a flag says otherwise."""
    path = os.path.abspath(Path(settings.start).expanduser())
    point = read_gpt(path)
    model, kind = point.model.config, type(point.tokenizer)
    if "dropout" in given:  # it belongs to training, not to the model's shape
        model = replace(model, dropout=settings.model.dropout)
    names = [name for name, other in TOKENIZERS.items() if other is kind]
    new = replace(settings, model=model, tokenizer=names[0], start=path)
    wanted, found = facts(settings, ""), facts(new, "")
    for name in sorted(given & found.keys() - {"start", "vocab_size"}):
        if wanted[name] != found[name]:
            raise ValueError(
                f"{name} is {wanted[name]!r}, and the model in {settings.start!r} has "
                f"{found[name]!r}: leave it out, or train a new model"
            )
    return new


def read_gpt(path: str) -> Checkpoint:
    """The best model of a run. ValueError if it is not a GPT."""
    point = RunFolder(path).read_model()
    if not isinstance(point.model, GPT):
        raise ValueError(f"the model in {path!r} is a {type(point.model).__name__}: give a GPT")
    return point


def with_files(settings: Train, folder: RunFolder) -> Train:
    """The settings with the full paths of all texts; what came from standard input is kept."""
    for name in ("text", "valid"):
        sources = getattr(settings, name)
        paths = absolute(sources)
        if "-" in sources:
            paths = (folder.write_text(f"{name}.txt", load_texts(sources)),)
        settings = replace(settings, **{name: paths})
    return settings


def read_again(settings: Train, sha256: str, tokenizer: TextTokenizer | None = None) -> Corpus:
    """The corpus that a run began with. ValueError if its text has moved or has changed."""
    try:
        texts = read(settings)
    except ValueError as error:
        raise ValueError(f"{error} (if the text has moved, say where it is with --text)") from None
    corpus = make_corpus(settings, texts, tokenizer)
    if corpus.sha256 != sha256:
        raise ValueError(
            f"{' '.join(settings.text)!r} is not the text that the run began with: "
            "bring that back, or start a new run"
        )
    return corpus


def check_alone():
    """ValueError if this is one of several processes that were started to train together."""
    if "RANK" in os.environ:
        raise ValueError(
            f"RANK is {os.environ['RANK']}, as torchrun sets it, and training in several processes "
            "is not supported: start main.py without torchrun"
        )


def name_of(sources: tuple[str, ...]) -> str:
    """A name for the run of a text: that of its first file."""
    return re.sub(r'[^\w. -]', "", Path(sources[0]).stem).strip("-. ") or "text"


def read(settings: Train) -> tuple[str, str]:
    if "-" in settings.text and "-" in settings.valid:
        raise ValueError("standard input is one text: give a file to validate on, or leave it out")
    return load_parts(settings.text, settings.valid, settings.split, settings.train.seed)


def make_corpus(
    settings: Train, texts: tuple[str, str], tokenizer: TextTokenizer | None = None
) -> Corpus:
    """The corpus of the texts to train and to validate on; a new tokenizer unless one is given."""
    if settings.start and tokenizer is None:
        tokenizer = RunFolder(settings.start).read_model().tokenizer
    tokenizer = tokenizer or settings.tokenizer
    model, tales = settings.model, settings.text == ("tales",) and not settings.valid
    make = Corpus.of_tales if tales else Corpus.of_texts
    corpus = make(*texts, tokenizer, model.block_size, model.vocab_size)
    return corpus.to(settings.device)


def make_run(settings: Train, corpus: Corpus) -> Run:
    """A run with these settings, before its first step."""
    torch.manual_seed(settings.train.seed)
    model = GPT(replace(settings.model, vocab_size=corpus.tokenizer.vocab_size))
    if settings.start:
        model.load_state_dict(RunFolder(settings.start).read_model().model.state_dict())
    model.to(settings.device)
    if settings.compile:
        check_compile(settings.device)
        model.compile()
    return Run(model, corpus, settings.train, identity(settings, corpus.sha256))


def trial_run(settings: Train, texts: tuple[str, str]) -> Run:
    return make_run(settings, make_corpus(settings, texts))


def with_steps(settings: Train, steps: int) -> Train:
    return replace(settings, train=replace(settings.train, max_iters=steps))


def generate(settings: Generate):
    check_whole("num_samples", settings.num_samples, 1)
    point = RunFolder(settings.run).read_model()
    model = point.model.to(find_device(settings.device))
    prompt = load_text("-").rstrip("\n") if settings.prompt == "-" else settings.prompt
    for k in range(settings.num_samples):
        if k > 0:
            print("\n---")
        how = settings.max_new_tokens, settings.sampling, settings.seed + k, point.end
        for part in write(model, point.tokenizer, prompt, *how):
            print(part, end="", flush=True)
        print()


def evaluate(settings: Evaluate):
    check_whole("batch_size", settings.batch_size, 1)
    point = read_gpt(settings.run)
    tokenizer, device = point.tokenizer, find_device(settings.device)
    if settings.text:
        text = tokenizer.normalize(load_texts(settings.text))
        part = Part.of(text, tokenizer, point.end)
    else:
        part = read_again(*RunFolder(settings.run).read_config(Train), tokenizer).valid
    if len(part.ids) < 2:
        raise ValueError("the text has 1 token: give a longer one")
    model, block_size = point.model.to(device), point.model.config.block_size
    nats = part.to(device).score(model, settings.batch_size, block_size)
    tokens, text = len(part.ids) - 1, tokenizer.decode(part.ids[1:])  # the first is not predicted
    print(f"{nats * tokens / len(text):.4f} nats per character")
    print(f"{nats * tokens / math.log(2) / len(text.encode()):.4f} bits per byte")
    print(f"{math.exp(nats):.4f} perplexity per token")
    print(f"over {len(text):,} characters in {tokens:,} tokens")


def show(settings: Summarize):
    run = settings.run
    if run in GPTS:
        with torch.device("meta"):  # only shapes are needed, not gigabytes of parameters
            model = GPT(GPTS[run].config)
    elif RunFolder(run).model.is_file():
        model = RunFolder(run).read_model().model
    else:
        raise ValueError(f"{run!r} is not a run: give the folder of one, or {', '.join(GPTS)}")
    print(summary(model, settings.tokens))


def main(argv: list[str]) -> int:
    """Run the command that argv names and return the exit code."""
    return do(*parse(argv))


def do(settings: object, given: frozenset[str]) -> int:
    def command():
        if isinstance(settings, Train):
            begin(settings, given)
        else:
            others[type(settings)](settings)

    others = {Resume: resume, Generate: generate, Evaluate: evaluate, Summarize: show}
    return command_line.run("main.py", command)


if __name__ == "__main__":
    command_line.start(lambda: do(*PARSED))
