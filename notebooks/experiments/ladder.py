"""Train the ladder of notebooks 09 to 12 on the little web: `make runs`, three hours on two cores.

Its sizes are those of `papers.LADDER`, with three seeds but for the largest, and
`papers.GPT_2_THIRD`, with one. All read the same documents, at the same learning rates; the seed
draws the first parameters and the order of the rows. One size also reads webs that a task is taken
out of: all kinds of documents in which it occurs, whose share goes to the others. Each training has
one thread, and two go on at once. Each has a folder in ladder/, beside this file, for its model in
bfloat16, with which `python main.py generate` writes, and log.csv: every EVERY steps, for each kind
of document, the nats that one to validate on costs the model, and how many of the answers in them
it would have given itself, token by token the likeliest.

A training that is broken off goes on where it last wrote; what is done already is not done again.
Losses are reproducible on the same machine.
"""

from collections import defaultdict
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import cache
from itertools import product
from multiprocessing import get_context
from pathlib import Path

import torch

from gptlib.answers import read
from gptlib.atomic_files import write_csv
from gptlib.bpe import BPETokenizer
from gptlib.config import RunConfig
from gptlib.corpus import Corpus
from gptlib.data import WEB_BPE, WEB_TEXTS, load_text
from gptlib.gpt import GPT
from gptlib.log import read_log
from gptlib.papers import GPT_2_THIRD, LADDER
from gptlib.run import Run
from gptlib.texts import documents_to_validate, tell_documents
from gptlib.web import WEB

HERE = Path(__file__).resolve().parent / "ladder"
TOLD = range(20_000_000, 20_100_000)  # the seeds of the documents to train on
MODELS = LADDER | {"third": GPT_2_THIRD}
# Task -> the kinds of documents that it occurs in.
OUT = {
    "reading": ("quiz", "bedtime", "talk"),
    "summary": ("in short", "book list"),
    "translation": ("phrase book", "two languages", "vocabulary"),
    "addition": ("shop", "sums"),
}
# The longest first. One seed has to do for the largest, the deepest, and the webs without a task.
TRAININGS = [
    *[("6x192", 1), ("third", 1)],
    *[("4x128", 1, task) for task in OUT],
    *product(("4x128", "2x64", "1x32"), (1, 2, 3)),
]
CONFIG = RunConfig(
    max_iters=2_000,
    warmup_iters=20,
    decay="linear",
    weight_decay=0.0,
    optimizer="muon",
    muon_rate=0.04,
    learning_rate=0.02,
    batch_size=16,
)
EVERY = 250  # steps between two looks at the documents to validate on
MODEL = "model.safetensors"


@cache
def corpus(out):
    """The documents to train on, but for those with the task out, and those to validate on."""
    texts = (
        tell_documents(TOLD, WEB.without(*OUT[out]) if out else WEB),
        load_text(WEB_TEXTS["valid"]),
    )
    return Corpus.of_documents(*texts, BPETokenizer.load(WEB_BPE), 256)


def start(name, config, out=""):
    """A run before its first step."""
    torch.manual_seed(config.seed)
    settings = {"model": name, "seed": config.seed, "out": out}
    return Run(GPT(MODELS[name].config), corpus(out), config, settings)


def look(run):
    """What a model makes of each kind of document to validate on: rows of its table."""
    found = defaultdict(list)
    documents = documents_to_validate()
    for document, (nats, right) in zip(
        documents, read(run.model, run.corpus.tokenizer, documents), strict=True
    ):
        found[document.kind].append((nats, sum(right), len(right)))
    for kind, each in found.items():
        nats, right, asked = map(sum, zip(*each, strict=True))
        row = {"step": run.step, "kind": kind, "documents": len(each)}
        yield row | {"nats": round(nats / len(each), 4), "right": right, "asked": asked}


def folder_of(name, seed, out=""):
    """Where a training has its model and its table."""
    return HERE / (f"{name}-{seed}-no-{out}" if out else f"{name}-{seed}")


def train(name, seed, out=""):
    """Train a model, or go on with it, and write it and its table."""
    torch.set_num_threads(1)
    folder = folder_of(name, seed, out)
    folder.mkdir(parents=True, exist_ok=True)
    table, last = folder / "log.csv", folder / "last.safetensors"
    run = start(name, replace(CONFIG, seed=seed), out)
    rows = []
    if last.exists():
        run.load(last)
        rows = [row for row in read_log(table) if row["step"] <= run.step]
    for _ in run:
        if run.step % EVERY == 0:
            rows += look(run)
            write_csv(table, rows)
            run.save(last)
    run.model.bfloat16()
    run.save_model(folder / MODEL)
    last.unlink()


if __name__ == "__main__":
    left = [one for one in TRAININGS if not (folder_of(*one) / MODEL).exists()]
    with ProcessPoolExecutor(2, get_context("spawn")) as pool:
        for one, trained in [(one, pool.submit(train, *one)) for one in left]:
            trained.result()
            print(folder_of(*one).name, flush=True)
