"""Compare tokenizers for notebook 07: part of `make experiments`, 35 minutes on two cores.

python notebooks/experiments/tokens.py [SHAKESPEARE [OTHER]]

SHAKESPEARE is a copy of Tiny Shakespeare, which is else downloaded; OTHER is a text in another
script, War and Peace in Russian in the log that stands beside this file. A third text is the source
of PyTorch's modules. It writes token_steps.csv (what a step takes with each tokenizer, on one
thread, in turns, and how many fit into the time of BUDGET steps with USUAL) and tokens.csv (the GPT
of `python main.py`, trained for that many steps, with main.py's rates). Every tokenizer gets the
same time, and reads about as many characters in a row and tokens in a batch. Losses are
reproducible on the same machine with the same steps, so token_steps.csv is kept if it is there; the
times in it need a machine that does nothing else.
"""

import csv
import math
import sys
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import cache
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from time import process_time

import regex
import torch

from gptlib.atomic_files import write_csv
from gptlib.corpus import Corpus
from gptlib.data import load_split, load_text, split
from gptlib.gpt import GPT
from gptlib.tokenizer import TextTokenizer
from gptlib.train import next_token_loss, train
from main import MODEL, TRAINING

HERE = Path(__file__).resolve().parent
STARTED = __name__ in ("__main__", "__mp_main__")  # and not imported by a test
PATHS = dict(zip(("shakespeare", "another script"), sys.argv[1:], strict=False)) if STARTED else {}
SEEDS, BUDGET, TURNS = (1, 2, 3), 400, 40
USUAL = "bpe 1024"  # takes BUDGET steps; the others take as many as fit into the same time
CHARACTERS, TOKENS = 400, 1536  # in a row, and in a batch
NAMES = ("words", "bpe 4096", "bpe 2048", "bpe 1024", "bpe 256")
TEXTS = {
    "tales": NAMES,
    "shakespeare": NAMES,
    "source code": NAMES[:2],
    "another script": NAMES[:2],
}


# A word, punctuation or white space, the first two with a space before them. A combining mark
# continues the word that it stands in. Not so in Thai and other scripts that write no spaces.
WORD = regex.compile(
    r"""(?V1)\ ?[\p{L}\p{N}_'] [\p{L}\p{N}_'[[\p{M}\u200C\u200D]--\p{Line_Break=SA}]]*
    | \ ?[^\p{L}\p{N}_\s]+ | \s+""",
    regex.VERBOSE,
)


class WordsAndCharacters(TextTokenizer):
    """The most frequent words, with the space before each, and characters to spell the others."""

    def __init__(self, train_text, valid_text, vocab_size):
        chars = sorted(set(train_text + valid_text))
        counts = Counter(word for word in WORD.findall(train_text) if len(word) > 1)
        words = [word for word, n in counts.most_common(vocab_size - len(chars)) if n > 1]
        self.pieces = [*chars, *words]
        self.id_of = {piece: i for i, piece in enumerate(self.pieces)}

    @property
    def vocab_size(self):
        return len(self.pieces)

    def encode(self, text):
        found = ([word] if word in self.id_of else word for word in WORD.findall(text))
        return [self.id_of[piece] for pieces in found for piece in pieces]

    def decode(self, ids):
        return "".join(self.pieces[i] for i in ids)

    def token_bytes(self, i):
        return self.pieces[i].encode()

    def state(self):
        return self.pieces


@cache
def parts(text):
    """A text to train on, and one to validate."""
    if text == "tales":
        return load_split("tales")
    if text == "source code":
        files = sorted(Path(torch.__file__).parent.glob("nn/modules/*.py"))
        return split("".join(load_text(file) for file in files))
    return load_split(PATHS.get(text, text))


@cache
def corpus(text, name):
    """A text cut into rows of about CHARACTERS."""
    train_text, valid_text = parts(text)
    kind, _, V = name.partition(" ")
    tokenizer = kind
    if kind == "words":
        tokenizer = WordsAndCharacters(train_text, valid_text, 4096)
    make = Corpus.of_tales if text == "tales" else Corpus.of_texts

    def cut(block_size):
        return make(train_text, valid_text, tokenizer, block_size, int(V or 0))

    return cut(round(CHARACTERS * cut(16).train.tokens_per_character))


def steps_of(text, name, seed, max_iters):
    """A new model, and the generator of its training steps."""
    read = corpus(text, name)
    T = read.block_size
    torch.manual_seed(seed)
    model = GPT(replace(MODEL, vocab_size=read.tokenizer.vocab_size, block_size=T))
    batches = read.batches(round(TOKENS / T), seed)
    return model, train(model, batches, next_token_loss, replace(TRAINING, max_iters=max_iters))


def measured_steps():
    """For each text and tokenizer the milliseconds of a step, and the number of steps to take."""
    torch.set_num_threads(1)
    for text, names in TEXTS.items():
        running = {
            name: steps_of(text, name, 0, 10**6)[1] for name in dict.fromkeys((*names, USUAL))
        }
        taken = {name: [] for name in running}
        for _ in range(TURNS):
            for name, steps in running.items():
                start = process_time()
                next(steps)
                taken[name].append(process_time() - start)
        for name, times in taken.items():
            slower = median(a / b for a, b in zip(times, taken[USUAL], strict=True))
            ms, steps = f"{1000 * median(times):.1f}", round(BUDGET / slower)
            yield {"text": text, "tokens": name, "ms": ms, "steps": steps}
        corpus.cache_clear()


def trained(text, name, seed, steps):
    """Train with one tokenizer, and score it."""
    torch.set_num_threads(1)
    model, losses = steps_of(text, name, seed, steps)
    list(losses)
    read, valid_text = corpus(text, name), parts(text)[1]
    loss = read.score(model, 64)
    bytes_per_character = len(valid_text.encode()) / len(valid_text)
    row = {
        "text": text,
        "tokens": name,
        "vocab_size": read.tokenizer.vocab_size,
        "per_token": f"{1 / read.valid.tokens_per_character:.3f}",  # characters
        "steps": steps,
        "seed": seed,
        "loss": f"{loss:.4f}",
        "bits_per_byte": f"{loss / math.log(2) / bytes_per_character:.4f}",
    }
    print(*row.values(), sep=", ", flush=True)
    return row


if __name__ == "__main__":
    timed = HERE / "token_steps.csv"
    if not timed.exists():
        write_csv(timed, measured_steps())
    with open(timed, encoding="utf-8") as file:
        steps = {(row["text"], row["tokens"]): int(row["steps"]) for row in csv.DictReader(file)}
    runs = [
        (text, name, seed, steps[text, name])
        for text, names in TEXTS.items()
        for name in names
        for seed in SEEDS
    ]
    with ProcessPoolExecutor(2, get_context("spawn")) as pool:
        write_csv(HERE / "tokens.csv", pool.map(trained, *zip(*runs, strict=True)))
