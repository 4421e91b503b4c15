"""Pre-train the LSTM of Table 5 for as long as notebook 08's GPT-1: part of `make experiments`.

It has as many parameters, reads the same tales, and its schedule is gpt1.py's. It takes as many
steps as fit into the time of the GPT's 3,000; both are timed in turns. Of three rates it takes the
one that is best after 300 steps. This writes, beside this file, lstm.csv: times, steps and losses;
and gpt1/lstm.safetensors, for fine_tuning.py, which git ignores. About 40 minutes on one core.
"""

from dataclasses import replace
from pathlib import Path
from statistics import median
from time import perf_counter

import torch
from safetensors.torch import save_file

from gptlib.atomic_files import write_csv
from gptlib.config import RunConfig
from gptlib.corpus import Corpus
from gptlib.data import load_split
from gptlib.gpt import GPT
from gptlib.lstm import LSTM
from gptlib.papers import GPT_1_THIRD
from gptlib.run import Run
from gptlib.texts import tell_tales

HERE = Path(__file__).resolve().parent
SEEDS = range(10_000_000, 10_120_000)  # these four are those of gpt1.py
CONFIG = RunConfig(
    max_iters=3_000,
    warmup_iters=100,
    decay="cosine",
    weight_decay=0.01,
    betas=(0.9, 0.999),
    batch_size=32,
)
RATES, SHORT = (0.003, 0.006, 0.012), 300
CHANNELS = 238  # 1,218,560 parameters; the GPT has 1,220,096
TURNS = 15  # of timing, after one that warms up


def start(corpus, config):
    """A run of the LSTM before its first step."""
    torch.manual_seed(config.seed)
    return Run(LSTM(corpus.tokenizer.vocab_size, CHANNELS), corpus, config)


def step_seconds(runs):
    """The median time of a step of each run, taken in turns."""
    steps, taken = [iter(run) for run in runs], [[] for _ in runs]
    for _ in range(1 + TURNS):
        for step, times in zip(steps, taken, strict=True):
            begun = perf_counter()
            next(step)
            times.append(perf_counter() - begun)
    return [median(times[1:]) for times in taken]


if __name__ == "__main__":
    torch.set_num_threads(1)
    _, valid_text = load_split("tales")
    corpus = Corpus.of_tales(tell_tales(SEEDS), valid_text, "bpe", GPT_1_THIRD.config.block_size)
    ours, gpts = step_seconds([start(corpus, CONFIG), Run(GPT(GPT_1_THIRD.config), corpus, CONFIG)])
    row = {"gpt_step": f"{gpts:.3f}", "lstm_step": f"{ours:.3f}"}
    print(row, flush=True)
    tried = {}
    for rate in RATES:
        run = start(corpus, replace(CONFIG, max_iters=SHORT, learning_rate=rate))
        list(run)
        tried[rate] = corpus.score(run.model, CONFIG.batch_size)
        row[f"loss at {rate}"] = f"{tried[rate]:.4f}"
        print(row, flush=True)
    steps = round(CONFIG.max_iters * gpts / ours)
    rate = min(tried, key=tried.get)
    run = start(corpus, replace(CONFIG, max_iters=steps, learning_rate=rate))
    for _ in run:
        if run.step % 500 == 0:
            print(run.step, "of", steps, corpus.score(run.model, CONFIG.batch_size), flush=True)
    loss = corpus.score(run.model, CONFIG.batch_size)
    save_file(run.model.state_dict(), HERE / "gpt1" / "lstm.safetensors")
    write_csv(HERE / "lstm.csv", [row | {"rate": rate, "steps": steps, "loss": f"{loss:.4f}"}])
