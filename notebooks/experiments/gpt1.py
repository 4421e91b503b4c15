"""Pre-train the GPT-1 of notebook 08: part of `make experiments`, half an hour on one core.

Its block, its optimizer and its schedule are those of the paper (section 4.1), its sizes those of
`papers.GPT_1_THIRD`. It writes, beside this file, gpt1_rates.csv (its loss after the first steps at
three rates), gpt1.csv (at several steps of the whole training, at the best of these, its loss and
how many stories it continues with the right ending) and gpt1/model.safetensors, with which
`python main.py generate notebooks/experiments/gpt1` tells tales.
Losses are reproducible on the same machine; times are not, and the seconds are those of a busy one.
"""

from dataclasses import replace
from pathlib import Path
from time import perf_counter

import torch

from gptlib.atomic_files import write_csv
from gptlib.config import RunConfig
from gptlib.corpus import Corpus
from gptlib.data import load_split
from gptlib.finetune import log_probs
from gptlib.gpt import GPT
from gptlib.papers import GPT_1_THIRD
from gptlib.run import Run
from gptlib.texts import tell_tales
from gptlib.world import TASKS, parts

HERE = Path(__file__).resolve().parent
SEEDS = range(10_000_000, 10_120_000)  # the tales that the GPT of notebook 07 has read
CONFIG = RunConfig(
    max_iters=3_000,
    warmup_iters=100,
    decay="cosine",
    weight_decay=0.01,
    betas=(0.9, 0.999),
    batch_size=32,
)
RATES, SHORT = (0.003, 0.006, 0.012), replace(CONFIG, max_iters=300)
EVERY, QUESTIONS = 250, 200  # steps between two rows of gpt1.csv; questions for each


def start(corpus, config, rate):
    """A run of the miniature before its first step."""
    torch.manual_seed(config.seed)
    return Run(GPT(GPT_1_THIRD.config), corpus, replace(config, learning_rate=rate))


def short_loss(corpus, rate):
    """The validation loss after a short training at a rate."""
    run = start(corpus, SHORT, rate)
    list(run)
    return corpus.score(run.model, SHORT.batch_size)


def right(model, tokenizer, end, questions):
    """How many questions a model answers by the ending that it finds more probable (zero-shot)."""
    chosen = []
    for beginning, *endings in (question.texts for question in questions):
        ids = [tokenizer.encode(f" {ending}") for ending in endings]
        chosen.append(log_probs(model, [end, *tokenizer.encode(beginning)], ids).argmax().item())
    return sum(k == question.label for k, question in zip(chosen, questions, strict=True))


if __name__ == "__main__":
    torch.set_num_threads(1)
    _, valid_text = load_split("tales")
    corpus = Corpus.of_tales(tell_tales(SEEDS), valid_text, "bpe", GPT_1_THIRD.config.block_size)
    tried = {rate: short_loss(corpus, rate) for rate in RATES}
    print(tried, flush=True)
    write_csv(HERE / "gpt1_rates.csv", [{"rate": r, "loss": f"{x:.4f}"} for r, x in tried.items()])
    (questions,) = parts(TASKS["choice"], [QUESTIONS], set(valid_text.split("\n\n")))
    run = start(corpus, CONFIG, min(tried, key=tried.get))
    rows, seconds, begun = [], 0.0, perf_counter()
    for _ in run:
        if run.step % EVERY == 0:
            seconds += perf_counter() - begun
            loss = corpus.score(run.model, CONFIG.batch_size)
            row = {"step": run.step, "seconds": f"{seconds:.0f}", "loss": f"{loss:.4f}"}
            n = right(run.model, corpus.tokenizer, corpus.end, questions)
            rows.append(row | {"right": n, "of": QUESTIONS})
            print(*rows[-1].values(), sep=", ", flush=True)
            begun = perf_counter()
    (HERE / "gpt1").mkdir(exist_ok=True)
    run.save_model(HERE / "gpt1" / "model.safetensors")
    write_csv(HERE / "gpt1.csv", rows)
