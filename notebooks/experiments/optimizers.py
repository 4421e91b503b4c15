"""Train what appendix A1 quotes: part of `make experiments`, a quarter of an hour on two cores.

It writes, beside this file, optimizer_steps.csv (the milliseconds of a step with AdamW and with
Muon, on one thread, in turns, and how many steps fit into the time of 2,000 with Muon),
optimizers.csv (four blocks trained with both, each at several rates, and AdamW at its best rate for
as long as Muon), and, with a smaller model, warmup.csv (AdamW with and without warm-up) and
exact.csv (Muon with singular values made exactly 1). Losses are reproducible on the same machine
with the same steps, so optimizer_steps.csv is kept if it is there.
"""

import csv
from collections import defaultdict
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from multiprocessing import get_context
from pathlib import Path
from statistics import mean, median
from time import process_time

import torch

from gptlib import optim
from gptlib.atomic_files import write_csv
from gptlib.config import GPTConfig, TrainConfig
from gptlib.data import all_batches, batches, load_split, story_ids
from gptlib.gpt import GPT
from gptlib.tokenizer import CharTokenizer
from gptlib.train import evaluate, next_token_loss, train

HERE = Path(__file__).resolve().parent
SEEDS, STEPS, B, WARMUP, TURNS = (1, 2, 3), 2000, 8, 50, 200
SIZES = {
    "n_layer": 4,
    "n_head": 8,
    "n_embd": 64,
    "block_size": 64,
    "dropout": 0.0,
    "init_std": 0.07,
    "scale_residual": False,
}
RATES = {"AdamW": (0.0025, 0.005, 0.01, 0.02), "Muon": (0.01, 0.02, 0.04)}
SMALL = SIZES | {"n_layer": 2, "n_head": 4, "n_embd": 32, "block_size": 32}
SMALL_STEPS, SMALL_WARMUP = 500, 50


@cache
def texts():
    """The ids to train on and to validate, and the tokenizer."""
    train_text, valid_text = load_split("tales")
    tokenizer = CharTokenizer(train_text)
    return story_ids(train_text, tokenizer)[0], story_ids(valid_text, tokenizer)[0], tokenizer


def config(optimizer, rate, steps, warmup=WARMUP):
    """A linear decay and no weight decay; the rate of AdamW, or that of Muon."""
    rates = {"learning_rate": rate} if optimizer == "AdamW" else {"muon_rate": rate}
    settings = {"learning_rate": 4e-3} | rates  # beside Muon, AdamW trains what is no hidden matrix
    settings |= {"optimizer": optimizer.lower(), "warmup_iters": warmup, "decay": "linear"}
    return TrainConfig(steps, weight_decay=0, **settings)


def started(sizes, seed, settings):
    """A new model and the generator of its training steps."""
    data, _, tokenizer = texts()
    torch.manual_seed(seed)
    model = GPT(GPTConfig(tokenizer.vocab_size, **sizes))
    drawn = batches(data, B, sizes["block_size"], torch.Generator().manual_seed(seed))
    return model, train(model, drawn, next_token_loss, settings)


def trained(sizes, seed, settings):
    """Train a model; return its validation loss."""
    torch.set_num_threads(1)
    model, steps = started(sizes, seed, settings)
    list(steps)
    return evaluate(model, all_batches(texts()[1], 64, sizes["block_size"]))


def measured_steps():
    """For each optimizer the milliseconds of a step, and how many take as long as Muon's."""
    torch.set_num_threads(1)
    running = {
        name: started(SIZES, 0, config(name, rates[1], 10**6))[1] for name, rates in RATES.items()
    }
    taken = defaultdict(list)
    for _ in range(TURNS):
        for name, steps in running.items():
            start = process_time()
            next(steps)
            taken[name].append(process_time() - start)
    for name, times in taken.items():
        faster = median(a / b for a, b in zip(taken["Muon"], times, strict=True))
        ms = f"{1000 * median(times):.1f}"
        yield {"optimizer": name, "ms": ms, "steps": round(STEPS * faster)}


def compared(optimizer, rate, steps, seed):
    loss = trained(SIZES, seed, config(optimizer, rate, steps))
    row = {"optimizer": optimizer, "rate": rate, "steps": steps, "seed": seed}
    return told(row | {"loss": f"{loss:.4f}"})


def warmed(rate, warmup, seed):
    loss = trained(SMALL, seed, config("AdamW", rate, SMALL_STEPS, warmup))
    return told({"rate": rate, "warmup": warmup, "seed": seed, "loss": f"{loss:.4f}"})


def evened(rate, exact, seed):
    """Train with Muon; if exact, with singular values of exactly 1."""
    usual = optim.orthogonalize
    optim.orthogonalize = orthogonal if exact else usual
    try:
        loss = trained(SMALL, seed, config("Muon", rate, SMALL_STEPS))
    finally:
        optim.orthogonalize = usual
    how = "exactly 1" if exact else "about 1"
    return told({"singular_values": how, "rate": rate, "seed": seed, "loss": f"{loss:.4f}"})


def orthogonal(G):
    """Matrices (..., rows, cols) with all their singular values made 1."""
    U, _, Vh = torch.linalg.svd(G, full_matrices=False)
    return U @ Vh


def told(row):
    print(*row.values(), sep=", ", flush=True)
    return row


def best_rate(rows, optimizer):
    """The rate of an optimizer at which the mean loss over the seeds is lowest."""
    found = defaultdict(list)
    for row in rows:
        if row["optimizer"] == optimizer and int(row["steps"]) == STEPS:
            found[row["rate"]].append(float(row["loss"]))
    return min(found, key=lambda rate: mean(found[rate]))


if __name__ == "__main__":
    timed = HERE / "optimizer_steps.csv"
    if not timed.exists():
        write_csv(timed, measured_steps())
    with open(timed, encoding="utf-8") as file:
        steps = {row["optimizer"]: int(row["steps"]) for row in csv.DictReader(file)}
    with ProcessPoolExecutor(2, get_context("spawn")) as pool:
        runs = [
            pool.submit(compared, name, rate, STEPS, seed)
            for name, rates in RATES.items()
            for rate in rates
            for seed in SEEDS
        ]
        warm = [
            pool.submit(warmed, rate, warmup, seed)
            for warmup in (0, SMALL_WARMUP)
            for rate in RATES["AdamW"]
            for seed in SEEDS
        ]
        even = [
            pool.submit(evened, rate, exact, seed)
            for exact in (False, True)
            for rate in RATES["Muon"]
            for seed in SEEDS
        ]
        rows = [run.result() for run in runs]
        best = best_rate(rows, "AdamW")
        longer = [pool.submit(compared, "AdamW", best, steps["AdamW"], seed) for seed in SEEDS]
        write_csv(HERE / "optimizers.csv", rows + [run.result() for run in longer])
        write_csv(HERE / "warmup.csv", [run.result() for run in warm])
        write_csv(HERE / "exact.csv", [run.result() for run in even])
