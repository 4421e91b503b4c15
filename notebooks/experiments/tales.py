"""Train the GPT of the later notebooks: part of `make experiments`, 15 to 22 minutes on one core.

It is what `python main.py` trains, with one block more, batches twice as large, more steps, another
rate, and more tales, so that few of them are repeated often. It writes, beside this file, tales.csv
(its loss at several steps) and tales/model.safetensors; `python main.py generate
notebooks/experiments/tales` then tells tales with it. Losses are reproducible on the same machine;
times are not, and the seconds in tales.csv are those of a busy one.
"""

from dataclasses import replace
from pathlib import Path
from time import perf_counter

import torch

from gptlib.atomic_files import write_csv
from gptlib.corpus import Corpus
from gptlib.data import load_split
from gptlib.gpt import GPT
from gptlib.run import Run
from gptlib.texts import tell_tales
from main import COMMANDS

HERE = Path(__file__).resolve().parent
SEEDS = range(10_000_000, 10_120_000)  # python main.py reads the first of these
RECIPE = COMMANDS[""]
CONFIG = replace(RECIPE.train, batch_size=32, max_iters=4_800, muon_rate=0.03)
EVERY = 400  # steps between two rows


if __name__ == "__main__":
    torch.set_num_threads(1)
    _, valid_text = load_split("tales")
    corpus = Corpus.of_tales(tell_tales(SEEDS), valid_text, "bpe", RECIPE.model.block_size)
    torch.manual_seed(CONFIG.seed)
    model = GPT(replace(RECIPE.model, vocab_size=corpus.tokenizer.vocab_size, n_layer=4))
    run = Run(model, corpus, CONFIG)
    rows, seconds, start = [], 0.0, perf_counter()
    for _ in run:
        if run.step % EVERY == 0:
            seconds += perf_counter() - start
            loss = corpus.score(model, CONFIG.batch_size)
            rows.append({"step": run.step, "seconds": f"{seconds:.0f}", "loss": f"{loss:.4f}"})
            print(*rows[-1].values(), sep=", ", flush=True)
            start = perf_counter()
    (HERE / "tales").mkdir(exist_ok=True)
    run.save_model(HERE / "tales" / "model.safetensors")
    write_csv(HERE / "tales.csv", rows)
