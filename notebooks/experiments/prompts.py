"""Train the model of notebook 10 that learns from its prompt: part of `make runs`, twenty minutes.

It reads lists of examples (`gptlib.web.examples`) and nothing else, each in a row of its own. Every
EVERY steps prompts.csv, beside this file, says how many answers it has right after MANY or more
examples, how much of its weight the best head then has on the lines above with the same answer,
and the same for random tokens that come twice. The model of the first seed is in
prompts.safetensors, in bfloat16; the second seed is trained for the table alone.

An answer is right if each of its tokens is the likeliest. Losses are reproducible on the same
machine.
"""

from collections import defaultdict
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import cache
from multiprocessing import get_context
from pathlib import Path

import torch

from gptlib.answers import read
from gptlib.atomic_files import write_csv
from gptlib.bpe import END_OF_TEXT, BPETokenizer
from gptlib.config import RunConfig
from gptlib.corpus import Corpus
from gptlib.documents import joined
from gptlib.gpt import GPT
from gptlib.heads import looks, repeated
from gptlib.papers import miniature
from gptlib.prompts import earlier_answers
from gptlib.run import Run
from gptlib.web.examples import LINES, LISTS

HERE = Path(__file__).resolve().parent
TOLD = range(40_000)  # the seeds of the lists to train on
VALID = range(1_000_000, 1_000_200)  # to validate on
ASKED = range(2_000_540, 2_000_600)  # and to ask about
MANY = 8  # examples
BLOCK_SIZE = 240  # tokens; no list is longer
CONFIG = RunConfig(
    max_iters=2_000,
    warmup_iters=20,
    decay="linear",
    decay_iters=500,
    weight_decay=0.0,
    optimizer="muon",
    muon_rate=0.003,
    learning_rate=0.003,
    batch_size=10,
)
SEEDS = (1, 2)
EVERY = 100  # steps between two looks


@cache
def corpus():
    """The lists to train on and to validate on. Nearly all their words are single tokens."""
    texts = [joined(LISTS.tell(seed).text for seed in seeds) for seeds in (TOLD, VALID)]
    words = joined(LISTS.tell(seed).text for seed in TOLD[:2_000])
    tokenizer = BPETokenizer.from_text(words, 1024, special=(END_OF_TEXT,))
    return Corpus.of_documents(*texts, tokenizer, BLOCK_SIZE, packed=False)


def start(seed):
    """The run of a seed before its first step."""
    torch.manual_seed(seed)
    sizes = {"vocab_size": corpus().tokenizer.vocab_size, "block_size": BLOCK_SIZE}
    model = GPT(replace(miniature(4, 128), **sizes))
    return Run(model, corpus(), replace(CONFIG, seed=seed))


def look(run):
    """A row of the table."""
    model, tokenizer = run.model, run.corpus.tokenizer
    lists, right = [LISTS.tell(seed) for seed in ASKED], defaultdict(list)
    for told, found in zip(lists, read(model, tokenizer, lists), strict=True):
        right[told.family] += [found.right[k] for k in range(MANY, LINES) if told.needs_list(k)]
    row = {"step": run.step, "loss": sum(run.losses[-EVERY:]) / EVERY}
    row |= {family: sum(each) / len(each) for family, each in sorted(right.items())}
    for family in ("kinds", "pairs"):
        these = [told for told in lists[:30] if told.family == family]
        row[f"look_{family}"] = looks(model, *earlier_answers(these, tokenizer)).max().item()
    end = run.corpus.end
    row["look_twice"] = looks(model, *repeated(20, 40, end, start=end, seed=0)).max().item()
    return {name: round(value, 4) for name, value in row.items()}


def train(seed):
    """Train a model, look at it now and then, and return it and the rows of the table."""
    torch.set_num_threads(1)
    run, rows = start(seed), []
    for _ in run:
        if run.step % EVERY == 0:
            rows.append({"seed": seed} | look(run))
    return run, rows


if __name__ == "__main__":
    with ProcessPoolExecutor(2, get_context("spawn")) as pool:
        trained = dict(zip(SEEDS, pool.map(train, SEEDS), strict=True))
    write_csv(HERE / "prompts.csv", [row for _, rows in trained.values() for row in rows])
    run, _ = trained[SEEDS[0]]
    run.model.bfloat16()
    run.save_model(HERE / "prompts.safetensors")
