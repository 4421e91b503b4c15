"""Train a GPT on any text, and write more of it.

python main.py                                     trains on the course's tales
python main.py --text my.txt --max-seconds 600     trains on a text of your own, about ten minutes
python main.py resume runs/my-1                    goes on where a run was broken off
python main.py generate runs/my-1 --prompt "It"    writes more of it
python main.py summary runs/my-1                   shows its layers; gpt-2-small is known too
"""

import signal
from dataclasses import dataclass


# Change a setting here, or for one run with a flag, as in --batch-size 64.
@dataclass(frozen=True)
class Train:
    """Settings of a run."""

    text: str = "tales"  # "tales", "shakespeare", or the path of a UTF-8 text file
    out: str = ""  # a new folder for the run; if empty, one in runs/, named after the text
    tokenizer: str = "pieces"  # "pieces": frequent words, others are spelled; or "chars"
    vocab_size: int = 4096  # the most different pieces, characters included
    batch_size: int = 16  # windows of the text, or tales, in a batch
    accumulate: int = 1  # batches in a step; more, where memory has no room for larger ones
    block_size: int = 96  # tokens in a window
    n_layer: int = 3  # blocks
    n_head: int = 2  # heads of attention in each
    n_embd: int = 128  # channels
    init_std: float = 0.05  # of its matrices at first; 0.02 suits 768 channels
    dropout: float = 0.0  # the probability that a number does not count in a step
    max_iters: int = 2000  # steps
    max_seconds: float | None = None  # if given, about as many steps as fit, in place of max_iters
    eval_interval: int = 100  # steps between two looks at the validation loss
    eval_iters: int = 10  # the most batches in a look; the final score takes the whole split
    optimizer: str = "muon"  # "muon" for matrices in blocks, "adamw" for all
    muon_rate: float = 0.03  # Muon's highest learning rate
    learning_rate: float = 0.01  # AdamW's; both rise to their highest, then fall to 0
    dtype: str = "float32"  # or "bfloat16", which some CPUs and most GPUs compute faster
    compile: bool = False  # let torch.compile make faster code, which takes a while at first
    device: str = ""  # "cpu", "cuda" or "mps"; if empty, cuda where it is here, else cpu
    seed: int = 0  # with another one come another start, other batches and another sample


@dataclass(frozen=True)
class Generate:
    """Settings of what is written."""

    prompt: str = ""  # what to go on from, "-" reads it from standard input; if empty, a new line
    num_samples: int = 1  # how many texts
    max_new_tokens: int = 200  # the most to write; a tale may end before
    temperature: float = 1.0  # below 1 safer, above 1 wilder, 0 always the likeliest token
    top_k: int | None = None  # if given, only the k likeliest tokens are drawn
    top_p: float | None = None  # if given, only the likeliest that have this probability together
    device: str = ""  # "cpu", "cuda" or "mps"; if empty, cuda where it is here, else cpu
    seed: int = 0  # with another one comes another text


@dataclass(frozen=True)
class Summarize:
    """Settings of the table of layers."""

    tokens: int | None = None  # in the text that goes through; block_size unless given


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # no traceback while the imports take their time

import hashlib
import itertools
import json
import math
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, fields, replace
from pathlib import Path
from statistics import median
from threading import Event
from time import perf_counter

import torch
from filelock import FileLock, Timeout
from simple_parsing import ArgumentParser, DashVariant
from torch import Tensor, nn
from tqdm import tqdm

from gptlib import checkpoint, plot
from gptlib.bigram import Bigram, count
from gptlib.checkpoint import Checkpoint
from gptlib.config import GPTConfig, TrainConfig
from gptlib.data import all_batches, batches, load_floor, load_split, story_batches, story_ids
from gptlib.files import read_whole, write_whole
from gptlib.gpt import GPT
from gptlib.papers import GPT_1, GPT_2
from gptlib.run import Run
from gptlib.sampling import stream
from gptlib.summary import summary
from gptlib.tokenizer import CharTokenizer, PieceTokenizer
from gptlib.train import evaluate, next_token_loss

CHECKPOINT = "model.safetensors"  # in the folder of a run
PRESETS = {"gpt-1": GPT_1} | {f"gpt-2-{size}": paper for size, paper in GPT_2.items()}
WHOLE = (
    "vocab_size",
    "batch_size",
    "accumulate",
    "block_size",
    "n_layer",
    "n_head",
    "n_embd",
    "max_iters",
    "eval_interval",
    "eval_iters",
    "num_samples",
    "max_new_tokens",
    "tokens",
)
TRIAL = 20  # steps that are timed for max_seconds


class Text:
    """A text as a model takes it. ValueError where a part has no room for a window."""

    def __init__(self, settings: Train) -> None:
        train_text, valid_text = load_split(settings.text)
        self.sha256 = hashlib.sha256((train_text + valid_text).encode()).hexdigest()
        if settings.tokenizer == "chars":
            self.tokenizer = CharTokenizer(train_text + valid_text)
        else:
            self.tokenizer = PieceTokenizer.from_text(train_text, settings.vocab_size, valid_text)
        self.train, self.train_starts = self.ids(train_text, settings)
        self.valid, self.valid_starts = self.ids(valid_text, settings)
        # Losses are told per character: so they can be compared, whatever a token is.
        self.per_character = self.tokens_per_character(self.valid)
        self.train_per_character = self.tokens_per_character(self.train)
        windows = list(valid_windows(settings, self))
        self.some_windows = windows[:: math.ceil(len(windows) / settings.eval_iters)]

    def ids(self, text: str, settings: Train) -> tuple[Tensor, Tensor | None]:
        """The ids (N,), on the device, and where a tale is about to begin; others have none."""
        if settings.text == "tales":
            ids, starts = story_ids(text, self.tokenizer)
        else:
            ids, starts = torch.tensor(self.tokenizer.encode(text)), None
        if len(ids) <= settings.block_size:
            raise ValueError(
                f"{settings.text!r} has a part of {len(ids)} tokens, fewer than "
                f"block_size + 1 = {settings.block_size + 1}: "
                "give a longer text or a smaller block_size"
            )
        return ids.to(settings.device), starts

    def tokens_per_character(self, ids: Tensor) -> float:
        return (len(ids) - 1) / len(self.tokenizer.decode(ids[1:]))  # nobody is asked for the first


def begin(settings: Train) -> int:
    """Train, keep all about it in a new folder, and write a sample; returns the exit code."""
    settings = replace(settings, device=settings.device or best_device())
    check(settings)
    text = Text(settings)
    marks = landmarks(settings, text)
    if settings.max_seconds is not None:
        settings = replace(settings, max_iters=steps_within(settings, text))
    run = make_run(settings, text)
    run.looks[0] = look(run, text)

    # All that was asked for is possible: only from here on something is written.
    folder = new_folder(settings)
    write_json(folder / "config.json", run.settings)
    return go_on(run, settings, text, marks, folder)


def resume(run: str) -> int:
    """Go on where a run was broken off, as if it had not been; returns the exit code."""
    folder = Path(run).expanduser()
    if not (folder / "config.json").is_file():
        raise ValueError(f"{run!r} is no run, it holds no config.json: give the folder of one")
    raw = read_whole(folder / "config.json")
    try:
        config = json.loads(raw)
        sha256 = config.pop("sha256")
        torch.set_num_threads(config.pop("threads"))  # sums depend on it, in their last digits
        settings = Train(**config)
        for field in fields(Train):
            value = config[field.name]
            whole = isinstance(value, int) and isinstance(1.0, field.type)  # 1 will do for 1.0
            if not (isinstance(value, field.type) or whole):
                raise TypeError(f"{field.name} is {value!r}")
    except (AttributeError, KeyError, TypeError, ValueError, RuntimeError) as error:
        raise ValueError(
            f"config.json in {run!r} does not hold the settings of a run ({error}): begin another"
        ) from None
    check(settings)
    text = Text(settings)
    if text.sha256 != sha256:
        raise ValueError(
            f"{settings.text!r} is not the text that the run began with: "
            "bring that back, or begin another run"
        )
    going = make_run(settings, text)
    if (folder / CHECKPOINT).exists():
        going.load(folder / CHECKPOINT)
    else:  # it was broken off before the first
        going.looks[0] = look(going, text)
    return go_on(going, settings, text, landmarks(settings, text), folder)


def make_run(settings: Train, text: Text) -> Run:
    """The run of these settings, before its first step."""
    sizes = ("block_size", "n_layer", "n_head", "n_embd", "dropout", "init_std")
    rates = ("max_iters", "learning_rate", "optimizer", "muon_rate", "accumulate", "dtype")
    config = TrainConfig(
        **{name: getattr(settings, name) for name in rates},
        warmup_iters=min(50, settings.max_iters // 20),
        decay="linear",
        weight_decay=0,
    )
    torch.manual_seed(settings.seed)
    V = text.tokenizer.vocab_size
    model = GPT(GPTConfig(V, **{name: getattr(settings, name) for name in sizes}))
    model.to(settings.device)
    if settings.compile:
        model.compile()
    generator = torch.Generator().manual_seed(settings.seed)
    B, T = settings.batch_size, settings.block_size
    if text.train_starts is None:
        drawn = batches(text.train, B, T, generator)
    else:
        drawn = story_batches(text.train, text.train_starts, B, T, generator)
    facts = asdict(settings) | {"sha256": text.sha256, "threads": torch.get_num_threads()}
    return Run(model, text.tokenizer, drawn, generator, next_token_loss, config, facts)


def steps_within(settings: Train, text: Text) -> int:
    """About how many steps, with the looks between them, take max_seconds: some are timed."""
    run = make_run(replace(settings, max_iters=TRIAL), text)
    look(run, text)  # a first time may take longer
    times = [perf_counter()]
    for _ in run:
        times.append(perf_counter())
        if len(times) > 3 and times[-1] - times[0] > settings.max_seconds / 20:
            break
    look(run, text)
    a_look = perf_counter() - times[-1]
    a_step = median(after - before for before, after in itertools.pairwise(times))
    steps = settings.max_seconds / (a_step + a_look / settings.eval_interval)
    return int(min(max(1, steps), 2**31 - 1))  # no more than `check` lets a resumed run have


def go_on(run: Run, settings: Train, text: Text, marks: dict[str, float], folder: Path) -> int:
    """Take the steps that are left, and write what a finished run has; returns the exit code."""
    path = folder / CHECKPOINT
    try:
        with FileLock(folder / ".lock", timeout=0):
            print(
                f"{len(text.train):,} tokens to train on, {len(text.valid):,} to validate, "
                f"{text.tokenizer.vocab_size:,} different ones; {run.model.num_parameters():,} "
                f"parameters; {settings.max_iters:,} steps; the run's folder is {folder}"
            )
            fit(run, settings, text, marks, folder)
            point = checkpoint.load(path)  # what is told and shown is what is in the file
            point.model.to(settings.device)
            loss = score(point.model, settings, text)
            write_log(run, text, marks, folder, score=loss)
            sample = "".join(write(point, Generate(device=settings.device, seed=settings.seed)))
            write_whole(folder / "sample.txt", sample.encode())
            run.finish(path)
    except Timeout:
        raise ValueError(
            f"another process is at work in {str(folder)!r}: wait for it, or stop it"
        ) from None
    except KeyboardInterrupt:
        if not path.exists():
            raise
        print(f"stopped; the model as it was after step {checkpoint.load(path).step} is in {path}")
        print(f"to go on: python main.py resume {folder}")
        return 130
    print(f"loss {loss:.4f} on the whole validation split, in nats per character; beside it")
    for name, mark in marks.items():
        print(f"     {mark:.4f} {name}")
    print(f"\n{sample}")
    return 0


def fit(run: Run, settings: Train, text: Text, marks: dict[str, float], folder: Path) -> None:
    """Train to the end; the folder keeps up.

    KeyboardInterrupt after the step in which Ctrl-C is pressed, ValueError if the loss becomes
    infinite or nan; the last good checkpoint stays.
    """
    path, told = folder / CHECKPOINT, run.step
    bar = tqdm(total=settings.max_iters, initial=run.step, disable=None)
    with finishing_the_step() as stopped, bar:
        for loss in run:
            bar.update()
            stopping = stopped.is_set()
            looking = run.step % settings.eval_interval == 0 or run.step == settings.max_iters
            # A step may break a model whose loss before it was good: look before it is kept.
            seen = look(run, text) if looking or stopping else 0.0
            if not math.isfinite(loss + seen):
                says = (
                    f"the loss is no number any more after step {run.step}: train with a smaller "
                    f"--learning-rate than {settings.learning_rate}"
                )
                if settings.optimizer == "muon":
                    says += f" and --muon-rate than {settings.muon_rate}"
                if path.exists():
                    says += f" (the model after step {checkpoint.load(path).step} is in {path})"
                raise ValueError(says)
            if looking:
                run.looks[run.step] = seen
                recent = run.losses[told:]
                mean, told = sum(recent) / len(recent) * text.train_per_character, run.step
                tqdm.write(f"step {run.step:6}   train {mean:.3f}   valid {seen:.3f}")
            if looking or stopping:
                run.save(path)
                write_log(run, text, marks, folder)
            if stopping:
                break
    plot.use_style()
    curve = plot.loss_curve(train_losses(run, text), run.looks, marks, "character")
    write_whole(folder / "loss.png", plot.png(curve))
    if run.step < settings.max_iters:
        raise KeyboardInterrupt


def write_more(run: str, settings: Generate) -> int:
    """Write more of the text that a run was trained on; returns the exit code."""
    settings = replace(settings, device=settings.device or best_device())
    check(settings)
    point = read(run)
    if not isinstance(point.tokenizer, CharTokenizer | PieceTokenizer):
        kind = type(point.model).__name__
        raise ValueError(
            f"{run!r} holds a {kind}, which translates and does not write on: "
            "give the folder of a run of main.py"
        )
    if settings.prompt == "-":
        settings = replace(settings, prompt=sys.stdin.read().rstrip("\n"))
    point.model.to(settings.device)
    for k in range(settings.num_samples):
        if k > 0:
            print("\n---")
        for part in write(point, replace(settings, seed=settings.seed + k)):
            print(part, end="", flush=True)
        print()
    return 0


def write(point: Checkpoint, settings: Generate) -> Iterator[str]:
    """The prompt, and then each piece that the model goes on with, as soon as it is drawn."""
    tokenizer, tales = point.tokenizer, point.settings.get("text") == "tales"
    known = tokenizer.decode(range(tokenizer.vocab_size))
    line_break = "\n" if "\n" in known else known[0]
    prompt = settings.prompt
    if isinstance(tokenizer, PieceTokenizer):
        prompt = prompt.rstrip(" ")  # a space belongs to the word after it
    before = line_break if tales or not prompt else ""
    parts = stream(
        point.model,
        torch.tensor([tokenizer.encode(before + prompt)], device=settings.device),
        settings.max_new_tokens,
        settings.temperature,
        settings.top_k,
        settings.top_p,
        torch.Generator().manual_seed(settings.seed),
        stop=tokenizer.encode(line_break)[0] if tales else None,
    )
    yield prompt
    for ids in parts:
        part = tokenizer.decode(ids)
        if not (tales and part == line_break):
            yield part


def read(run: str) -> Checkpoint:
    path = Path(run).expanduser() / CHECKPOINT
    if not path.is_file():
        raise ValueError(f"{run!r} is no run, it holds no {CHECKPOINT}: give the folder of one")
    return checkpoint.load(path)


def show(run: str, settings: Summarize) -> int:
    """Print the layers of a run's model, or of a paper's; returns the exit code."""
    check(settings)
    if run in PRESETS:
        with torch.device("meta"):  # shapes are enough, and gigabytes are not
            model = GPT(PRESETS[run].config)
    elif (Path(run).expanduser() / CHECKPOINT).is_file():
        model = read(run).model
    else:
        raise ValueError(f"{run!r} is no run: give the folder of one, or {', '.join(PRESETS)}")
    if not isinstance(model, GPT):
        raise ValueError(f"{run!r} holds a {type(model).__name__}: give a run with a GPT")
    print(summary(model, settings.tokens or model.config.block_size))
    return 0


def look(run: Run, text: Text) -> float:
    """The loss on a few validation windows, each time the same, so that looks can be compared."""
    return evaluate(run.model, text.some_windows) * text.per_character


def score(model: nn.Module, settings: Train, text: Text) -> float:
    """The loss on all of the validation split, each tale read from its start."""
    return evaluate(model, valid_windows(settings, text)) * text.per_character


def valid_windows(settings: Train, text: Text) -> Iterator[tuple[Tensor, Tensor]]:
    return all_batches(text.valid, settings.batch_size, settings.block_size, text.valid_starts)


def landmarks(settings: Train, text: Text) -> dict[str, float]:
    """What a loss can be compared with."""
    V = text.tokenizer.vocab_size
    counted = Bigram.counted(count(text.train.cpu(), V)).to(settings.device)
    marks = {
        "knows nothing": math.log(V) * text.per_character,
        "counted pairs": score(counted, settings, text),
    }
    if settings.text == "tales":
        marks["exact floor"] = load_floor().nats_per_character
    return marks


def write_log(run: Run, text: Text, marks: dict[str, float], folder: Path, **more: float) -> None:
    """Write the losses, in nats per character; before each step, and by step where looked."""
    losses = {"train": train_losses(run, text), "valid": run.looks}
    write_json(folder / "log.json", {"landmarks": marks} | losses | more)


def train_losses(run: Run, text: Text) -> list[float]:
    return [loss * text.train_per_character for loss in run.losses]


def new_folder(settings: Train) -> Path:
    """Make the folder of a run: one that was named, or runs/ with the text's name and a number."""
    named = Path(os.path.normpath(settings.out)).expanduser()
    runs = (Path("runs", f"{Path(settings.text).stem}-{n}") for n in itertools.count(1))
    for folder in [named] if settings.out else runs:
        try:
            folder.parent.mkdir(parents=True, exist_ok=True)
            try:
                folder.mkdir()
            except FileExistsError:
                continue
            return folder
        except OSError as error:
            raise OSError(
                f"could not make the folder {str(folder)!r} ({error.strerror}): "
                "name one with --out where you may write"
            ) from None
    raise ValueError(f"{settings.out!r} exists already: name a new folder, or delete this one")


@contextmanager
def finishing_the_step() -> Iterator[Event]:
    """Let Ctrl-C set an event, so that no step is left half done; a second one stops at once."""
    stopped = Event()

    def stop(*_: object) -> None:
        stopped.set()
        print(" finishing the step; once more stops at once", file=sys.stderr)
        signal.signal(signal.SIGINT, signal.default_int_handler)

    before = signal.signal(signal.SIGINT, stop)
    try:
        yield stopped
    finally:
        signal.signal(signal.SIGINT, before)


def best_device() -> str:
    return "cuda" if torch.cuda.is_available() else "cpu"


def check(settings: Train | Generate | Summarize) -> None:
    """ValueError for a size, a seed, a device or a name that cannot be."""
    for name in WHOLE:
        value = getattr(settings, name, None)
        if value is not None and not 1 <= value < 2**31:
            raise ValueError(f"{name} is {value}: give a whole number, at least 1, below 2**31")
    if not 0 <= getattr(settings, "seed", 0) < 2**63:
        raise ValueError(f"seed is {settings.seed}: give a whole number from 0 to 2**63 - 1")
    if getattr(settings, "tokenizer", "chars") not in ("pieces", "chars"):
        raise ValueError(f"tokenizer is {settings.tokenizer!r}: give 'pieces' or 'chars'")
    seconds = getattr(settings, "max_seconds", None)
    if seconds is not None and not 0 < seconds < math.inf:
        raise ValueError(f"max_seconds is {seconds}: give a number above 0")
    try:
        torch.zeros(1, device=getattr(settings, "device", "cpu")).item()
    except (RuntimeError, AssertionError, ImportError):
        raise ValueError(
            f"device {settings.device!r} is not here: give 'cpu', or install what it needs"
        ) from None
    if getattr(settings, "compile", False):
        try:
            torch.compile(lambda x: x + 1)(torch.zeros(1, device=settings.device))
        except Exception as error:  # whatever a compiler that is not there may raise
            what = " ".join(str(error).split())[:80]
            raise ValueError(f"torch.compile does not work here ({what}): leave it out") from None


def write_json(path: Path, content: object) -> None:
    write_whole(path, json.dumps(content, indent=1).encode())


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
        return command(**vars(parser.parse_args(argv)))
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
