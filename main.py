"""Train a model on any text, and write more of it.

python main.py                                      trains on the course's tales
python main.py --text my.txt --max-iters 3000       trains on a text of your own
python main.py generate runs/my-1 --prompt "It "    writes more of it
"""

import signal
from dataclasses import dataclass


# Edit these settings, or say another value for once with a flag, as in --batch-size 64.
@dataclass(frozen=True)
class Train:
    """Settings of a run."""

    text: str = "tales"  # "tales", "shakespeare", or the path of a UTF-8 text file
    out: str = ""  # a new folder for the run; if empty, one in runs/, named after the text
    batch_size: int = 32  # windows in a step
    block_size: int = 64  # tokens in a window
    max_iters: int = 1000  # steps
    eval_interval: int = 100  # steps between two looks at the validation loss
    eval_iters: int = 10  # batches in such a look; the final score takes the whole split
    learning_rate: float = 0.1  # the highest: the rate rises to it, then falls to 0
    device: str = "cpu"  # "cpu", "cuda" or "mps"
    seed: int = 0  # with another one come other batches and another sample


@dataclass(frozen=True)
class Generate:
    """Settings of what is written."""

    prompt: str = ""  # what to go on from; if empty, the beginning of a line
    max_new_tokens: int = 500  # how much to write
    temperature: float = 1.0  # below 1 safer, above 1 wilder, 0 always the likeliest token
    top_k: int | None = None  # if given, only the k likeliest tokens are drawn
    top_p: float | None = None  # if given, only the likeliest that have this probability together
    device: str = "cpu"  # "cpu", "cuda" or "mps"
    seed: int = 0  # with another one comes another text


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # no traceback while the imports take their time

import itertools
import json
import math
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from threading import Event
from typing import Any

import torch
from simple_parsing import ArgumentParser, DashVariant
from torch import Tensor, nn
from tqdm import tqdm

from gptlib import checkpoint, plot
from gptlib.bigram import Bigram, count
from gptlib.config import TrainConfig
from gptlib.data import all_batches, batches, load_floor, load_split, story_ids
from gptlib.files import write_whole
from gptlib.sampling import generate
from gptlib.tokenizer import CharTokenizer
from gptlib.train import evaluate, next_token_loss, train

CHECKPOINT = "model.safetensors"  # in the folder of a run
SIZES = (
    "batch_size",
    "block_size",
    "max_iters",
    "eval_interval",
    "eval_iters",
    "max_new_tokens",
)


@dataclass(frozen=True)
class Text:
    """A text as a model takes it."""

    tokenizer: CharTokenizer
    train: Tensor  # (N,) ids, on the device of the run
    valid: Tensor
    starts: Tensor | None  # where in valid each tale is about to begin; other texts have none


def run(settings: Train) -> int:
    """Train, keep all about it in a new folder, and write a sample; returns the exit code."""
    check(settings)
    config = TrainConfig(
        max_iters=settings.max_iters,
        learning_rate=settings.learning_rate,
        warmup_iters=settings.max_iters // 20,
        weight_decay=0,  # it would pull the table away from the counts
    )
    text = read(settings)
    model = Bigram(text.tokenizer.vocab_size).to(settings.device)
    valid = {0: glance(model, settings, text)}  # step -> loss
    log = {"landmarks": landmarks(settings, text), "train": [], "valid": valid}

    # All that was asked for is possible: only from here on something is written.
    folder = new_folder(settings)
    write_json(folder / "config.json", asdict(settings))
    print(
        f"{len(text.train):,} tokens to train on, {len(text.valid):,} to validate, "
        f"{text.tokenizer.vocab_size} different ones; the run's folder is {folder}"
    )
    try:
        fit(model, settings, config, text, folder, log)
        plot.use_style()
        write_whole(folder / "loss.png", plot.png(plot.loss_curve(**log)))
        if max(valid) < settings.max_iters:  # by Ctrl-C
            raise KeyboardInterrupt
        log["score"] = score(model, settings, text)
        write_json(folder / "log.json", log)
        sample = go_on(model, text.tokenizer, Generate(device=settings.device, seed=settings.seed))
        write_whole(folder / "sample.txt", sample.encode())
    except KeyboardInterrupt:
        if not (folder / CHECKPOINT).exists():
            raise
        step = checkpoint.load(folder / CHECKPOINT).step
        print(f"stopped; the model as it was after step {step} is in {folder / CHECKPOINT}")
        return 130
    print(f"loss {log['score']:.4f} on the whole validation split, in nats per token; beside it")
    for name, loss in log["landmarks"].items():
        print(f"     {loss:.4f} {name}")
    print(f"\n{sample}")
    return 0


def fit(
    model: nn.Module,
    settings: Train,
    config: TrainConfig,
    text: Text,
    folder: Path,
    log: dict[str, Any],
) -> None:
    """Train to the end or to the step in which Ctrl-C is pressed; log and folder keep up.

    ValueError if the loss becomes infinite or nan; the last good checkpoint stays.
    """
    losses, valid = log["train"], log["valid"]
    with finishing_the_step() as stopped, tqdm(total=settings.max_iters, disable=None) as bar:
        drawn = draw(settings, text.train)
        for step, loss in enumerate(train(model, drawn, next_token_loss, config), start=1):
            losses.append(loss)
            bar.update()
            last = step == settings.max_iters or stopped.is_set()
            if not (last or step % settings.eval_interval == 0 or not math.isfinite(loss)):
                continue
            recent = losses[max(valid) :]
            mean, seen = sum(recent) / len(recent), glance(model, settings, text)
            if not math.isfinite(mean + seen):
                raise ValueError(
                    f"the loss is no number any more after step {step}: "
                    f"train with a smaller --learning-rate than {settings.learning_rate}"
                )
            valid[step] = seen
            checkpoint.save(folder / CHECKPOINT, model, text.tokenizer, step)
            write_json(folder / "log.json", log)
            tqdm.write(f"step {step:6}   train {mean:.3f}   valid {seen:.3f}")
            if last:
                break


def write_more(run: str, settings: Generate) -> int:
    """Write more of the text that a run was trained on; returns the exit code."""
    check(settings)
    path = Path(run).expanduser() / CHECKPOINT
    if not path.is_file():
        raise ValueError(f"{run!r} is no run, it holds no {CHECKPOINT}: give the folder of one")
    point = checkpoint.load(path)
    if not isinstance(point.tokenizer, CharTokenizer):
        kind = type(point.model).__name__
        raise ValueError(
            f"{run!r} holds a {kind}, which translates and does not write on: "
            "give the folder of a run of main.py"
        )
    print(go_on(point.model.to(settings.device), point.tokenizer, settings))
    return 0


def go_on(model: nn.Module, tokenizer: CharTokenizer, settings: Generate) -> str:
    """The prompt and what the model makes of it; without a prompt, what it begins a line with."""
    prompt = settings.prompt or ("\n" if "\n" in tokenizer.chars else tokenizer.chars[0])
    idx = generate(
        model,
        torch.tensor([tokenizer.encode(prompt)], device=settings.device),
        settings.max_new_tokens,
        temperature=settings.temperature,
        top_k=settings.top_k,
        top_p=settings.top_p,
        generator=torch.Generator().manual_seed(settings.seed),
    )
    return tokenizer.decode(idx[0])[0 if settings.prompt else len(prompt) :]


def read(settings: Train) -> Text:
    """ValueError where the text's validation part has no room for a window, and as load_split."""
    train_text, valid_text = load_split(settings.text)
    if len(valid_text) <= settings.block_size:
        raise ValueError(
            f"{settings.text!r} leaves {len(valid_text)} characters to validate with, fewer than "
            f"block_size + 1 = {settings.block_size + 1}: "
            "give a longer text or a smaller block_size"
        )
    tokenizer = CharTokenizer(train_text + valid_text)
    if settings.text == "tales":
        train_ids, _ = story_ids(train_text, tokenizer)
        valid_ids, starts = story_ids(valid_text, tokenizer)
    else:
        train_ids = torch.tensor(tokenizer.encode(train_text))
        valid_ids, starts = torch.tensor(tokenizer.encode(valid_text)), None
    return Text(tokenizer, train_ids.to(settings.device), valid_ids.to(settings.device), starts)


def draw(settings: Train, data: Tensor) -> Iterator[tuple[Tensor, Tensor]]:
    generator = torch.Generator().manual_seed(settings.seed)
    return batches(data, settings.batch_size, settings.block_size, generator)


def glance(model: nn.Module, settings: Train, text: Text) -> float:
    """The loss on a few validation batches, each time the same, so that looks can be compared."""
    return evaluate(model, itertools.islice(draw(settings, text.valid), settings.eval_iters))


def score(model: nn.Module, settings: Train, text: Text) -> float:
    """The loss on all of the validation split, each tale read from its start."""
    windows = all_batches(text.valid, settings.batch_size, settings.block_size, text.starts)
    return evaluate(model, windows)


def landmarks(settings: Train, text: Text) -> dict[str, float]:
    """What a loss can be compared with."""
    V = text.tokenizer.vocab_size
    counted = Bigram.counted(count(text.train.cpu(), V)).to(settings.device)
    marks = {"knows nothing": math.log(V), "best bigram": score(counted, settings, text)}
    if settings.text == "tales":
        marks["exact floor"] = load_floor().nats_per_character
    return marks


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


def check(settings: Train | Generate) -> None:
    """ValueError for a size, a seed or a device that cannot be."""
    for name in SIZES:
        value = getattr(settings, name, 1)
        if not 1 <= value < 2**31:
            raise ValueError(f"{name} is {value}: give a whole number, at least 1, below 2**31")
    if not 0 <= settings.seed < 2**63:
        raise ValueError(f"seed is {settings.seed}: give a whole number from 0 to 2**63 - 1")
    try:
        torch.zeros(1, device=settings.device).item()
    except (RuntimeError, AssertionError, ImportError):
        raise ValueError(
            f"device {settings.device!r} is not here: give 'cpu', or install what it needs"
        ) from None


def write_json(path: Path, content: object) -> None:
    write_whole(path, json.dumps(content, indent=1).encode())


class Parser(ArgumentParser):
    def error(self, message: str) -> None:
        self.exit(2, f"main.py: {message}: see python main.py --help\n")


def main(argv: list[str]) -> int:
    """Do what the command line says and return the exit code."""
    settings, command = (Generate, write_more) if argv[:1] == ["generate"] else (Train, run)
    parser = Parser(
        prog="main.py",
        description=__doc__,
        allow_abbrev=False,
        add_option_string_dash_variants=DashVariant.DASH,
    )
    if settings is Generate:
        parser.add_argument("run", metavar="RUN", help="its folder, such as runs/tales-1")
    parser.add_arguments(settings, "settings")
    try:
        arguments = vars(parser.parse_args(argv[1:] if settings is Generate else argv))
        return command(**arguments)
    except BrokenPipeError:  # whoever read what we print has gone, as `| head` does
        sys.stdout = None
        return 1
    except (ValueError, OSError) as error:
        print(f"main.py: {error}", file=sys.stderr)
        return 2
    except (RuntimeError, MemoryError) as error:
        if "alloc" not in str(error) and "memory" not in str(error):
            raise
        print("main.py: not enough memory: try a smaller batch_size or block_size", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("main.py: stopped", file=sys.stderr)
        return 130


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if sys.stdout is not None:  # or Windows could not print every text, nor we an odd file name
        sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace")
    sys.exit(main(sys.argv[1:]))
