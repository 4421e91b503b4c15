"""What a batch that grows is worth on the little web: part of `make runs`, fifteen minutes.

A model of 3 blocks and 96 channels reads TOKENS in three ways: with a small batch throughout, with
one of MANY times as many rows, and with one that grows from the small to the large over the first
quarter of the tokens, as GPT-3's does over the first few hundredths. It writes ramp.csv beside this
file: each way at the rates FACTORS, and at its best rate with SEEDS; losses in nats per token, on
rows of the documents to validate on. Each training has one thread, and two go on at once.
"""

from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import cache
from multiprocessing import get_context
from pathlib import Path

import torch

from gptlib.atomic_files import write_csv
from gptlib.bpe import BPETokenizer
from gptlib.config import RunConfig
from gptlib.corpus import Corpus
from gptlib.data import WEB_BPE, WEB_TEXTS, load_text
from gptlib.gpt import GPT
from gptlib.papers import miniature
from gptlib.run import Run
from gptlib.texts import tell_documents

HERE = Path(__file__).resolve().parent
TOLD = range(20_000_000, 20_024_000)
BATCHES, MANY = 960, 16  # small batches in all, and in a large one
TOKENS = BATCHES * 8 * 256
CONFIG = RunConfig(
    max_iters=BATCHES,
    warmup_iters=2 * MANY,  # in small batches
    decay="linear",
    weight_decay=0.0,
    optimizer="muon",
    muon_rate=0.04,
    learning_rate=0.02,
    batch_size=8,
)
LARGE = replace(CONFIG, max_iters=BATCHES // MANY, warmup_iters=2, accumulate=MANY)
WAYS = {
    "small": CONFIG,
    "large": LARGE,
    "growing": replace(LARGE, max_iters=75, ramp_iters=30),
}
FACTORS, SEEDS = (0.25, 0.5, 1, 2, 4), (1, 2, 3)


@cache
def corpus():
    """The documents to train on, and those to validate on."""
    texts = tell_documents(TOLD), load_text(WEB_TEXTS["valid"])
    return Corpus.of_documents(*texts, BPETokenizer.load(WEB_BPE), 256)


def start(way, factor, seed):
    """A training before its first step."""
    torch.manual_seed(seed)
    rates = {
        "muon_rate": factor * CONFIG.muon_rate,
        "learning_rate": factor * CONFIG.learning_rate,
    }
    return Run(GPT(miniature(3, 96)), corpus(), replace(WAYS[way], seed=seed, **rates))


def row(job):
    """A row of the table."""
    torch.set_num_threads(1)
    run = start(*job)
    for _ in run:
        pass
    loss = run.corpus.valid.score(run.model, 8, 256)
    return dict(zip(("way", "factor", "seed"), job, strict=True)) | {
        "steps": run.step,
        "loss": round(loss, 4),
    }


def train():
    """The rows: each way at all rates with the first seed, then at its best with the others."""
    with ProcessPoolExecutor(2, get_context("spawn")) as pool:
        rates = [(way, factor, SEEDS[0]) for factor in FACTORS for way in WAYS]
        found = list(pool.map(row, rates))
        best = {
            way: min((one for one in found if one["way"] == way), key=lambda one: one["loss"])
            for way in WAYS
        }
        again = [(way, best[way]["factor"], seed) for seed in SEEDS[1:] for way in WAYS]
        return found + list(pool.map(row, again))


if __name__ == "__main__":
    write_csv(HERE / "ramp.csv", train())
