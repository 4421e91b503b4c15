"""How fast byte-pair encoding is trained on the tales, and how fast it encodes, with what memory.

python tests/bench/tokens.py

The text to encode is the tales, repeated. Memory is how far encoding raises the peak above what it
was with the text alone, in a new process; the tensor of ids is part of it, with 8 bytes each. CPU
seconds leave out the time of other programs.
"""

import argparse
import subprocess
import sys
from functools import partial
from time import process_time

from step import peak_mebibytes
from timing import show, spread, take_turns

from gptlib.bpe import BPETokenizer, train
from gptlib.data import load_split

VOCAB_SIZE = 1024


def repeated(text, megabytes):
    return text * round(megabytes * 1e6 / len(text.encode()))


def peak(text, tokenizer):
    """Mebibytes that encoding adds to the peak, and those of the ids alone."""
    tokenizer.encode_to_tensor(text[:100_000])
    before = peak_mebibytes()
    ids = tokenizer.encode_to_tensor(text)
    return peak_mebibytes() - before, ids.nbytes / 2**20


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="only see that it works")
    parser.add_argument("--times", type=int, default=5)
    parser.add_argument("--megabytes", type=float, default=60)
    parser.add_argument("--peak", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    tales, _ = load_split("tales")
    if args.quick:
        args.times, args.megabytes, tales = 2, 2, tales[:100_000]
    text, tokenizer = repeated(tales, args.megabytes), BPETokenizer.from_text(tales, VOCAB_SIZE)
    if args.peak:
        print(*peak(text, tokenizer))
        return
    size = len(text.encode())
    contestants = {
        "train": partial(train, tales, VOCAB_SIZE),
        "encode": partial(tokenizer.encode_to_tensor, text),
    }
    taken = take_turns(contestants, args.times, clock=process_time)
    speeds = [size / 1e6 / seconds for seconds in taken["encode"]]
    command = [sys.executable, __file__, "--peak", "--megabytes", str(args.megabytes)]
    command += ["--quick"] * args.quick
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    more, ids = map(float, done.stdout.split())
    rows = [("", "median (range)", "to reach")]
    rows.append(("CPU seconds to train", spread(taken["train"], 3), "at most 10"))
    rows.append(("MB encoded per CPU second", spread(speeds), "at least 3"))
    rows.append(("peak MiB above the text", f"{more:.0f}", ""))
    rows.append(("MiB of the ids alone", f"{ids:.0f}", ""))
    title = f"{VOCAB_SIZE:,} tokens trained on {len(tales.encode()) / 1e6:.1f} MB of tales"
    show(f"{title}, and a text of {size / 1e6:.0f} MB encoded with them", *rows)


if __name__ == "__main__":
    main()
