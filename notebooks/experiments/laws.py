"""Scaling laws on the little web: part of `make runs`, an hour and a quarter on two cores.

Models of 1 to 5 blocks of as many heads and 32 times as many channels are trained with the same
amounts of compute, BUDGETS floating-point operations, each as far as these reach. Not every budget
has a training of its own: one long training at a constant rate goes through all of them, and at
each a copy of it branches off, whose rate falls to 0 over the last FALL of its steps.

It writes, beside this file: laws_rates.csv, which learning rate each size wants (as a factor on
CONFIG's); laws.csv, the loss that each size comes to with each budget; and laws_larger.csv, the
same for LARGER, a model beyond all of them, whose loss notebook 10 predicts from laws.csv. Losses
are in nats per token, of the documents to validate on, each read from its start by itself.
Each training has one thread, and two go on at once.
"""

import copy
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import cache
from multiprocessing import get_context
from pathlib import Path

import torch

from gptlib.answers import read
from gptlib.atomic_files import write_csv
from gptlib.bpe import BPETokenizer
from gptlib.config import RunConfig
from gptlib.corpus import Corpus
from gptlib.cost import flops_per_token
from gptlib.data import WEB_BPE, WEB_TEXTS, load_text
from gptlib.gpt import GPT
from gptlib.log import read_log
from gptlib.papers import miniature
from gptlib.run import Run
from gptlib.texts import documents_to_validate, tell_documents

HERE = Path(__file__).resolve().parent
TOLD = range(20_000_000, 20_100_000)
SIZES = range(1, 6)  # blocks
BUDGETS = [round(10 ** (k / 3), 2) * 1e11 for k in range(8)]  # from 1e11 to 2.15e13
LARGER, ITS_BUDGET = 6, 1e14
FALL = 0.2  # of all steps
FEWEST, MOST = 50, 4_100  # steps: below, a training has hardly begun; above, the text is used up
FACTORS, TRIED = (0.5, 1, 2), 150  # rates to begin with, and the steps that each of them gets
CONFIG = RunConfig(
    warmup_iters=20,
    decay="linear",
    weight_decay=0.0,
    optimizer="muon",
    muon_rate=0.04,
    learning_rate=0.02,
    batch_size=8,
)


@cache
def corpus():
    """The documents to train on, 100,000, and those to validate on."""
    texts = tell_documents(TOLD), load_text(WEB_TEXTS["valid"])
    return Corpus.of_documents(*texts, BPETokenizer.load(WEB_BPE), 256)


def config_of(size):
    """A GPT of a size, its heads of 32 channels."""
    return miniature(size, 32 * size)


def tokens_of(steps):
    """The tokens in so many steps."""
    return steps * CONFIG.batch_size * 256


def steps_of(size, budget):
    """The steps that a budget pays for."""
    return round(budget / flops_per_token(config_of(size)) / tokens_of(1))


def start(size, factor, steps, seed):
    """A training before its first step, whose rates fall in the last FALL of its steps."""
    torch.manual_seed(seed)
    config = replace(
        CONFIG,
        max_iters=steps,
        decay_iters=round(FALL * steps),
        muon_rate=factor * CONFIG.muon_rate,
        learning_rate=factor * CONFIG.learning_rate,
        seed=seed,
    )
    return Run(GPT(config_of(size)), corpus(), config)


def loss(run):
    """What the documents to validate on cost a model, in nats per token."""
    documents = documents_to_validate()
    nats = sum(one.nats for one in read(run.model, run.corpus.tokenizer, documents))
    return round(nats / (len(run.corpus.valid.ids) - 1), 4)  # the first token is not predicted


def to_end(run):
    """The loss at the end of a training."""
    for _ in run:
        pass
    return loss(run)


def tried(size):
    """The losses of a size at rates that go up and down by factors of 2 until the best is found."""
    torch.set_num_threads(1)
    losses, factors = {}, {*FACTORS}
    while left := factors - losses.keys():
        for factor in left:
            losses[factor] = to_end(start(size, factor, TRIED, seed=1))
        best = min(losses, key=losses.get)
        factors = {best / 2, best, 2 * best}
    return [{"size": size, "factor": f, "loss": losses[f]} for f in sorted(losses)]


def branches(size, factor, budgets, seed=1):
    """The rows of a size: for each budget, the loss of a copy that branches off one training."""
    torch.set_num_threads(1)
    steps = [n for budget in budgets if FEWEST <= (n := steps_of(size, budget)) <= MOST]
    trunk = start(size, factor, steps[-1], seed)
    before_fall = {n - round(FALL * n): n for n in steps}
    rows = []
    for _ in trunk:
        if n := before_fall.get(trunk.step):
            branch = copy.copy(trunk)
            own = trunk.model, trunk.optimizers, trunk.losses
            branch.model, branch.optimizers, branch.losses = copy.deepcopy(own)
            branch.config = replace(trunk.config, max_iters=n, decay_iters=round(FALL * n))
            rows.append(
                {
                    "size": size,
                    "seed": seed,
                    "steps": n,
                    "tokens": tokens_of(n),
                    "flops": tokens_of(n) * flops_per_token(config_of(size)),
                    "loss": to_end(branch),
                }
            )
            if n == steps[-1]:
                return rows


def best_factors(rows):
    """Each size's best factor."""
    losses = {}
    for row in rows:
        losses.setdefault(int(row["size"]), {})[row["factor"]] = row["loss"]
    return {size: min(tried, key=tried.get) for size, tried in losses.items()}


if __name__ == "__main__":
    rates = HERE / "laws_rates.csv"
    with ProcessPoolExecutor(2, get_context("spawn")) as pool:
        if not rates.exists():
            tables = pool.map(tried, reversed([*SIZES, LARGER]))
            write_csv(rates, [row for of in reversed([*tables]) for row in of])
        best = best_factors(read_log(rates))
        larger = pool.submit(branches, LARGER, best[LARGER], [ITS_BUDGET])
        tables = [pool.submit(branches, size, best[size], BUDGETS) for size in reversed(SIZES)]
        write_csv(HERE / "laws.csv", [row for of in reversed(tables) for row in of.result()])
        write_csv(HERE / "laws_larger.csv", larger.result())
