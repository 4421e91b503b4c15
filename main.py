"""Train a GPT on any text, and generate more text like it.

python main.py                                     trains on the course's tales
python main.py --text my.txt --max-seconds 600     trains on your own text, for about ten minutes
python main.py resume runs/my-1                    resumes an interrupted run
python main.py generate runs/my-1 --prompt "It"    continues a prompt
python main.py summary runs/my-1                   prints its layers; gpt-2-small works too
"""

import signal
from dataclasses import dataclass

from gptlib.config import GPTConfig, RunConfig, check_whole

# Change a setting here, or for a single run with a flag such as --batch-size 64. The remaining
# settings of the model and of training are explained in gptlib/config.py; each has a flag too.
MODEL = GPTConfig(
    vocab_size=4096,  # upper limit of the vocabulary, single characters included
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
    """Settings of a training run."""

    text: str = "tales"  # "tales", "shakespeare", or the path of a UTF-8 text file
    out: str = ""  # a new folder for the run; if empty, one in runs/ named after the text
    tokenizer: str = "pieces"  # "pieces" (frequent words; others are spelled out) or "chars"
    model: GPTConfig = MODEL  # sizes and design choices of the model
    train: RunConfig = TRAINING  # how it is trained, and how often evaluated
    max_seconds: float | None = None  # if given, train about this long, instead of max_iters
    compile: bool = False  # use torch.compile: a slow start, then faster steps
    device: str = ""  # "cpu", "cuda" or "mps"; if empty, cuda if available, else cpu


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # no traceback if Ctrl-C interrupts the imports

import sys
from dataclasses import replace
from pathlib import Path

import torch

from gptlib import command_line
from gptlib.corpus import Corpus
from gptlib.device import check_compile, find_device
from gptlib.fit import fit
from gptlib.gpt import GPT
from gptlib.papers import GPTS
from gptlib.run import Run, steps_within
from gptlib.run_folder import RunFolder, facts
from gptlib.sampling import Sampling
from gptlib.summary import summary
from gptlib.writing import write


@dataclass(frozen=True)
class Generate:
    """Settings for writing text."""

    prompt: str = ""  # text to continue; "-" reads it from standard input; empty begins a new one
    num_samples: int = 1  # how many texts to write
    max_new_tokens: int = 200  # the most tokens to write; a tale may end sooner
    sampling: Sampling = Sampling()
    device: str = ""  # "cpu", "cuda" or "mps"; if empty, cuda if available, else cpu
    seed: int = 0  # another seed gives another text


@dataclass(frozen=True)
class Summarize:
    """Settings for the table of layers."""

    tokens: int | None = None  # length of the sequence sent through; block_size unless given


def begin(settings: Train):
    """Train a model, saving everything in a new folder, and write a sample."""
    settings = replace(settings, device=find_device(settings.device))
    corpus = make_corpus(settings)
    if settings.max_seconds is not None:
        steps = steps_within(settings.max_seconds, make_run(settings, corpus))
        settings = replace(settings, train=replace(settings.train, max_iters=steps))
    run = make_run(settings, corpus)
    marks = corpus.landmarks(run.config.batch_size)
    run.measure()

    # Only now, when everything asked for has proved possible, is anything written.
    folder = RunFolder.new(settings.out, Path(settings.text).stem)
    folder.write_config(run.settings)
    fit(run, folder, marks)


def resume(run: str):
    """Resume an interrupted run, as if it had never stopped."""
    folder = RunFolder(run)
    settings, sha256 = folder.read_config(Train)
    corpus = make_corpus(settings)
    if corpus.sha256 != sha256:
        raise ValueError(
            f"{settings.text!r} is not the text that the run began with: "
            "bring that back, or start a new run"
        )
    resumed = make_run(settings, corpus)
    if folder.model.exists():
        resumed.load(folder.model)
    else:  # interrupted before the first checkpoint
        resumed.measure()
    fit(resumed, folder, corpus.landmarks(resumed.config.batch_size))


def make_corpus(settings: Train) -> Corpus:
    model = settings.model
    corpus = Corpus.load(settings.text, model.block_size, settings.tokenizer, model.vocab_size)
    return corpus.to(find_device(settings.device))


def make_run(settings: Train, corpus: Corpus) -> Run:
    """A run with these settings, before its first step."""
    torch.manual_seed(settings.train.seed)
    model = GPT(replace(settings.model, vocab_size=corpus.tokenizer.vocab_size))
    model.to(settings.device)
    if settings.compile:
        check_compile(settings.device)
        model.compile()
    return Run(model, corpus, settings.train, facts(settings, corpus.sha256))


def write_more(run: str, settings: Generate):
    """Write text with the model of a run, continuing the prompt if there is one."""
    check_whole("num_samples", settings.num_samples, 1)
    point = RunFolder(run).read_model()
    model = point.model.to(find_device(settings.device))
    prompt = sys.stdin.read().rstrip("\n") if settings.prompt == "-" else settings.prompt
    for k in range(settings.num_samples):
        if k > 0:
            print("\n---")
        how = settings.max_new_tokens, settings.sampling, settings.seed + k, point.end
        for part in write(model, point.tokenizer, prompt, *how):
            print(part, end="", flush=True)
        print()


def show(run: str, settings: Summarize):
    """Print a table of the layers of a run's model, or of a paper's."""
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
    commands = {"resume": resume, "generate": write_more, "summary": show}
    return command_line.run(argv, "main.py", __doc__, begin, commands)


if __name__ == "__main__":
    command_line.start(main)
