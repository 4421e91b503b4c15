"""The seconds and the memory that it takes to load a model of GPT-2 small's shape.

python tests/bench/loading.py

Once from a checkpoint of ours, once from a folder as published models have it. Each time it is
loaded in a new process, from a file that was just written, so that none waits for
the disk. Memory is how far loading raises the peak above what it was after the imports. CPU seconds
leave out the time of other programs.
"""

import argparse
import subprocess
import sys
from dataclasses import asdict
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter, process_time

import torch
from step import peak_mebibytes
from timing import show, spread

from gptlib import checkpoint, published

FIRST = 0x4E00  # of more than 20,000 Chinese characters
FORMATS = ["checkpoint", "published"]


def write(folder, sizes):
    from gptlib.config import GPTConfig  # here, so that loading has to import what it needs
    from gptlib.gpt import GPT
    from gptlib.tokenizer import CharTokenizer
    from gptlib.word_bpe import UNKNOWN, GPT1Tokenizer

    config = GPTConfig(**sizes)
    signs = (chr(i) for i in range(FIRST, FIRST + config.vocab_size + 2048))
    text = "".join(sign for sign in signs if not "\ud800" <= sign <= "\udfff")
    text = text[: config.vocab_size]
    model = GPT(config)
    checkpoint.save(folder / "checkpoint", model, CharTokenizer(text), 0)
    published.save(folder / "published", model, GPT1Tokenizer([UNKNOWN, *text[1:]], []))
    names = ("n_layer", "n_head", "n_embd", "block_size", "vocab_size")
    shape = ", ".join(f"{name} {asdict(config)[name]}" for name in names)
    size = (folder / "checkpoint").stat().st_size / 2**20
    return f"{shape}: {model.num_parameters():,} parameters, {size:.0f} MiB"


def load(path):
    """Load a model; return wall and CPU seconds, and mebibytes."""
    load = published.load if path.is_dir() else checkpoint.load
    before, start, cpu = peak_mebibytes(), perf_counter(), process_time()
    load(path)
    return perf_counter() - start, process_time() - cpu, peak_mebibytes() - before


def measured(path, times):
    """The seconds, CPU seconds and mebibytes of loading it, each as often as it was tried."""
    command = [sys.executable, __file__, "--load", path]
    run = partial(subprocess.run, command, check=True, stdout=subprocess.PIPE, text=True)
    return zip(*(map(float, run().stdout.split()) for _ in range(times)), strict=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="only see that it works")
    parser.add_argument("--times", type=int, default=5)
    parser.add_argument("--load", type=Path, help=argparse.SUPPRESS)
    args = parser.parse_args()
    torch.set_num_threads(1)
    if args.load:
        print(*load(args.load))
        return
    sizes = {"vocab_size": 50257}
    if args.quick:
        args.times = 2
        sizes = {"n_layer": 1, "n_head": 2, "n_embd": 16, "block_size": 32, "vocab_size": 65}
    with TemporaryDirectory() as folder:
        title = write(Path(folder), sizes)
        taken = [measured(Path(folder, name), args.times) for name in FORMATS]
    seconds, cpu, peaks = zip(*taken, strict=True)
    rows = [("", *(f"{name}, median (range)" for name in FORMATS), "to stay below")]
    # To the millisecond: in a hurry, on a fast machine, it takes but a few.
    rows.append(("seconds", *(spread(times, 3) for times in seconds), "1.5"))
    rows.append(("CPU seconds", *(spread(times, 3) for times in cpu), ""))
    rows.append(("peak MiB above the imports", *(spread(peak, 0) for peak in peaks), "570"))
    show(f"Loading {title}", *rows)


if __name__ == "__main__":
    main()
