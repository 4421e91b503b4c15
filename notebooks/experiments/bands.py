"""What a band costs and saves on the little web: part of `make runs`, half an hour on two cores.

A size of the ladder learns the web for a short while, once with attention to all tokens and with
bands of several widths in every second block, each with three seeds. It writes bands.csv beside
this file: the loss after as many steps as with attention to all, and after as many as a band takes
in the same time, by the CPU time of a step; in nats per token, of the documents to validate on,
each read from its start by itself. Each training has one thread, and two go on at once.
"""

from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import cache
from itertools import product
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from time import process_time

import torch

from gptlib.answers import read
from gptlib.atomic_files import write_csv
from gptlib.bpe import BPETokenizer
from gptlib.config import RunConfig
from gptlib.corpus import Corpus
from gptlib.data import WEB_BPE, WEB_TEXTS, load_text
from gptlib.gpt import GPT
from gptlib.papers import LADDER
from gptlib.run import Run
from gptlib.texts import documents_to_validate, tell_documents

HERE = Path(__file__).resolve().parent
TOLD = range(20_000_000, 20_040_000)
MODEL = LADDER["4x128"].config
BANDS, SEEDS = (None, 32, 8), (1, 2, 3)
STEPS, FALL = 400, 0.2
DOCUMENTS = 20_000  # of those told; the longer trainings read all of them
LONGER, LONG_BANDS = 1_338, (None, 8)  # steps of one more training, with the first seed
TURNS = 20  # steps of each band to time
CONFIG = RunConfig(
    warmup_iters=20,
    decay="linear",
    weight_decay=0.0,
    optimizer="muon",
    muon_rate=0.02,
    learning_rate=0.01,
    batch_size=8,
)


@cache
def corpus(documents):
    """So many documents to train on, and those to validate on."""
    texts = tell_documents(TOLD[:documents]), load_text(WEB_TEXTS["valid"])
    return Corpus.of_documents(*texts, BPETokenizer.load(WEB_BPE), MODEL.block_size)


def start(band, steps, seed, documents=DOCUMENTS):
    """A training before its first step."""
    torch.manual_seed(seed)
    config = replace(CONFIG, max_iters=steps, decay_iters=round(FALL * steps), seed=seed)
    return Run(GPT(replace(MODEL, band=band)), corpus(documents), config)


def time_of_a_step():
    """Band -> CPU seconds of a step, the median of TURNS, in which the bands take turns."""
    torch.set_num_threads(1)
    steps = {band: iter(start(band, STEPS, seed=0)) for band in BANDS}
    taken = {band: [] for band in BANDS}
    for _ in range(TURNS + 1):
        for band, of in steps.items():
            began = process_time()
            next(of)
            taken[band].append(process_time() - began)
    return {band: median(times[1:]) for band, times in taken.items()}  # the first warms up


def train(band, steps, seed, documents=DOCUMENTS):
    """What a training ends with."""
    torch.set_num_threads(1)
    run = start(band, steps, seed, documents)
    for _ in run:
        pass
    documents = documents_to_validate()
    nats = sum(one.nats for one in read(run.model, run.corpus.tokenizer, documents))
    return round(nats / (len(run.corpus.valid.ids) - 1), 4)  # the first token is not predicted


if __name__ == "__main__":
    with ProcessPoolExecutor(2, get_context("spawn")) as pool:
        seconds = pool.submit(time_of_a_step).result()
        steps = {band: round(STEPS * seconds[None] / taken) for band, taken in seconds.items()}
        rows = []
        for band, seed in product(BANDS, SEEDS):
            row = {"band": band or "all", "seed": seed, "seconds": round(seconds[band], 4)}
            for n in sorted({STEPS, steps[band]}):
                rows.append((row | {"steps": n}, pool.submit(train, band, n, seed)))
        for band in LONG_BANDS:
            row = {"band": band or "all", "seed": SEEDS[0], "seconds": round(seconds[band], 4)}
            loss = pool.submit(train, band, LONGER, SEEDS[0], len(TOLD))
            rows.append((row | {"steps": LONGER}, loss))
        write_csv(HERE / "bands.csv", [row | {"loss": loss.result()} for row, loss in rows])
