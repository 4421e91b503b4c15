"""What tokens hide from a model, for notebook 07: part of `make experiments`, 25 minutes.

It writes, beside this file, spelling.csv and adding.csv, each with three seeds.

Spelling: a small GPT reads sentences of the tales, words spelled and letters counted, once by its
characters and once by tokens of which each such word is one. It is then asked about words that it
has met in the tales, but never spelled. Adding: a small GPT reads sums of numbers below 1,000, cut
into single digits or into what byte-pair encoding makes of them, and is asked for other sums.
Losses and scores are reproducible on the same machine.
"""

import random
import re
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import cache
from multiprocessing import get_context
from pathlib import Path

import torch

from gptlib.atomic_files import write_csv
from gptlib.bpe import BPETokenizer
from gptlib.config import Sampling
from gptlib.corpus import Corpus
from gptlib.data import load_split
from gptlib.gpt import GPT
from gptlib.tokenizer import CharTokenizer
from gptlib.train import next_token_loss, train
from gptlib.writing import write
from main import MODEL, TRAINING

HERE = Path(__file__).resolve().parent
SEEDS = 1, 2, 3
# The settings of each task: steps, lines in a batch, tokens in a line, tokens in the vocabulary.
TASKS = {"spelling": (1500, 16, 64, 4096), "adding": (1000, 128, 16, 512)}
ASKED = 200  # words or sums of each kind
GREEDY = Sampling(temperature=0)


@cache
def tokenizer_of(task):
    """What byte-pair encoding learns from the tales, or from sums."""
    text = load_split("tales")[0] if task == "spelling" else text_of(task)
    return BPETokenizer.from_text(text, TASKS[task][-1])


@cache
def spelled_words():
    """Words of the tales, each one token of 4,096: some to train on, and some to ask."""
    counts = Counter(re.findall(r" ([a-z]{4,})", load_split("tales")[0]))
    encode = tokenizer_of("spelling").encode
    words = sorted(w for w, n in counts.items() if n >= 20 and len(encode(" " + w)) == 1)
    random.Random(0).shuffle(words)
    return words[ASKED : 3 * ASKED], words[:ASKED]


def spelling(word):
    return f"The letters of {word}: {' '.join(word)}."


def counting(word, letter):
    return f"The letter {letter} in {word}: {word.count(letter)}."


def letter_of(word, draw):
    """A letter, of the word or any, one as likely as the other."""
    return draw.choice(draw.choice((word, "abcdefghijklmnopqrstuvwxyz")))


@cache
def lines_to_spell():
    """Sentences of the tales, and twice as many lines about the words to train on, mixed."""
    draw, (words, _) = random.Random(1), spelled_words()
    lines = re.findall(r"\S.*?[.!?]\"?(?=\s)", load_split("tales")[0])
    for _ in range(len(lines)):
        word = draw.choice(words)
        lines += [spelling(word), counting(word, letter_of(word, draw))]
    draw.shuffle(lines)
    return lines


@cache
def sums():
    """Different sums of two numbers below 1,000, mixed."""
    draw = random.Random(2)
    pairs = draw.sample(range(10**6), 20_000 + ASKED)
    return [f"{n // 1000}+{n % 1000}={n // 1000 + n % 1000}" for n in pairs]


@cache
def text_of(task):
    """The lines of a task to train on."""
    lines = lines_to_spell() if task == "spelling" else sums()[ASKED:]
    return "\n\n".join(lines) + "\n\n"


@cache
def corpus(task, kind):
    """The lines of a task, cut up by characters or by byte-pair encoding."""
    text, (_, _, block_size, _) = text_of(task), TASKS[task]
    tokenizer = tokenizer_of(task) if kind == "bpe" else CharTokenizer(text)
    (end,) = tokenizer.encode("\n")
    return Corpus(text, text[:2000], tokenizer, block_size, end)


def trained(task, kind, seed):
    """A model that has read the lines of a task, and its corpus."""
    torch.set_num_threads(1)
    read, (max_iters, batch_size, _, _) = corpus(task, kind), TASKS[task]
    torch.manual_seed(seed)
    sizes = {"vocab_size": read.tokenizer.vocab_size, "block_size": read.block_size, "n_head": 4}
    model = GPT(replace(MODEL, **sizes))
    config = replace(TRAINING, max_iters=max_iters)
    list(train(model, read.batches(batch_size, seed), next_token_loss, config))
    return model.eval(), read


def answers(model, read, lines, sign):
    """The share of lines that the model ends rightly when given them up to a sign."""
    right = []
    for line in lines:
        prompt = line[: line.index(sign) + 1]
        said = "".join(write(model, read.tokenizer, prompt, 32, GREEDY, end=read.end))
        right.append(said == line)
    return f"{sum(right) / len(right):.3f}"


def spell(kind, seed):
    """Train on spelling, and ask about words that were spelled in training and about others."""
    model, read = trained("spelling", kind, seed)
    row = {"tokens": kind, "seed": seed}
    for name, words in zip(("known", "new"), spelled_words(), strict=True):
        draw = random.Random(3)
        words = words[:ASKED]
        asked = [counting(word, letter_of(word, draw)) for word in words]
        ((_, n),) = Counter(line[-2] for line in asked).most_common(1)
        row[f"spelled_{name}"] = answers(model, read, map(spelling, words), ":")
        row[f"counted_{name}"] = answers(model, read, asked, ":")
        row[f"always_{name}"] = f"{n / len(asked):.3f}"  # for the most frequent count
    print(*row.values(), sep=", ", flush=True)
    return row


def add(kind, seed):
    """Train on sums, and ask for some that were not among them."""
    model, read = trained("adding", kind, seed)
    row = {"tokens": kind, "seed": seed, "right": answers(model, read, sums()[:ASKED], "=")}
    print(*row.values(), sep=", ", flush=True)
    return row


if __name__ == "__main__":
    with ProcessPoolExecutor(2, get_context("spawn")) as pool:
        runs = [(kind, seed) for kind in ("chars", "bpe") for seed in SEEDS]
        for name, task in (("adding", add), ("spelling", spell)):
            rows = list(pool.map(task, *zip(*runs, strict=True)))
            write_csv(HERE / f"{name}.csv", rows)
