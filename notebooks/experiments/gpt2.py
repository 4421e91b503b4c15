"""Undo GPT-2's choices one at a time: part of `make experiments`, 20 minutes.

A model that is deep and narrow, since depth is what most of the choices are for, reads the little
web for a short while. Each training has one thread, and two go on at once. It writes gpt2.csv
beside this file: each variant with one seed, at rates that go up and down by factors of 2 until the
best has a worse one on either side, and at the best of them with two more seeds. Losses are those
of the documents to validate on, in nats per character.
"""

from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import cache
from multiprocessing import get_context
from pathlib import Path

import torch

from gptlib.atomic_files import write_csv
from gptlib.bpe import BPETokenizer
from gptlib.config import TrainConfig
from gptlib.corpus import Corpus
from gptlib.data import WEB_BPE, WEB_TEXTS, load_text
from gptlib.gpt import GPT
from gptlib.papers import GPT_2_THIRD
from gptlib.texts import tell_documents
from gptlib.train import next_token_loss, train

HERE = Path(__file__).resolve().parent
TOLD = range(20_000_000, 20_010_000)
MODEL = replace(GPT_2_THIRD.config, block_size=128)
CHANGES = {
    "as in GPT-2": {},
    "norms after the sums": {"norm": "post"},
    "residual matrices not scaled": {"scale_residual": False},
    "an output layer of its own": {"tied": False},
    "half the context": {"block_size": 64},
}
COLUMNS = ("change", "rate", "seed", "loss")
TOKENS = 1024  # in a batch
CONFIG = TrainConfig(max_iters=300, warmup_iters=30, weight_decay=0.01)
MIDDLE, SEEDS = 0.004, (1, 2, 3)  # the rate to begin with; the first seed tries all rates


@cache
def corpus(block_size):
    """Documents of the web, in rows of a length."""
    texts = tell_documents(TOLD), load_text(WEB_TEXTS["valid"])
    return Corpus.of_documents(*texts, BPETokenizer.load(WEB_BPE), block_size)


def loss(change, rate, seed):
    """What a training ends with."""
    torch.manual_seed(seed)
    model = GPT(replace(MODEL, **CHANGES[change]))
    read, batch_size = corpus(model.config.block_size), TOKENS // model.config.block_size
    config = replace(CONFIG, learning_rate=rate)
    list(train(model, read.batches(batch_size, seed), next_token_loss, config))
    return round(read.score(model, batch_size), 4)


def table(change):
    """The rows of a variant."""
    torch.set_num_threads(1)
    rate, losses = MIDDLE, {}
    while not {rate / 2, 2 * rate} <= losses.keys():
        for near in {rate / 2, rate, 2 * rate} - losses.keys():
            losses[near] = loss(change, near, SEEDS[0])
        rate = min(losses, key=losses.get)
    first = [(tried, SEEDS[0], losses[tried]) for tried in sorted(losses)]
    more = [(rate, seed, loss(change, rate, seed)) for seed in SEEDS[1:]]
    return [dict(zip(COLUMNS, (change, *row), strict=True)) for row in first + more]


if __name__ == "__main__":
    with ProcessPoolExecutor(2, get_context("spawn")) as pool:
        tables = pool.map(table, CHANGES)
        write_csv(HERE / "gpt2.csv", [row for of in tables for row in of])
