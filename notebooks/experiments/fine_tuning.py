"""Fine-tune the GPT-1 of notebook 08 on four tasks, as Table 5 and Figure 2 of its paper did.

Part of `make experiments`, an hour on two cores, after gpt1.py and lstm.py; each training has one
thread. It writes, beside this file, after every training: fine_tuning_rates.csv (each model at
several rates, on validation examples), fine_tuning.csv (each model at the rate that was best there,
in the mean over RATED, with three seeds), layers.csv (with only the first blocks kept from
pre-training) and labels.csv (with fewer labelled examples). Trainings that these have are not done
again. For the notebook it keeps gpt1/entailment.safetensors, in bfloat16.
"""

from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import cache, partial
from multiprocessing import get_context
from pathlib import Path
from statistics import mean
from time import perf_counter

import torch
from safetensors.torch import load_file, save_file

from gptlib import checkpoint
from gptlib.atomic_files import write_csv
from gptlib.finetune import (
    FINE_TUNING,
    Classifier,
    accuracy,
    fine_tuning_loss,
    transferred,
    with_special_tokens,
)
from gptlib.gpt import GPT
from gptlib.log import read_log
from gptlib.lstm import LSTM
from gptlib.papers import GPT_1_THIRD
from gptlib.task_inputs import (
    TRANSFORMATIONS,
    Special,
    all_task_batches,
    encode_examples,
    task_batches,
)
from gptlib.train import train
from gptlib.world import TASKS, parts

HERE = Path(__file__).resolve().parent
TEST, VALID, LABELS = 1_000, 500, 2_500
STEPS = {"classification": 160, "entailment": 640, "similarity": 240, "choice": 320}
BATCH = 16
SEEDS = (1, 2, 3)  # rates are compared with seed 0
# Three for each, and more where the best of them was the lowest or the highest.
RATES = {
    "full": (0.0005, 0.001, 0.002),
    "no auxiliary loss": (0.00025, 0.0005, 0.001, 0.002),
    "no pre-training": (0.0005, 0.001, 0.002, 0.004),
    "LSTM": (0.0005, 0.001, 0.002, 0.004, 0.008),
}
# What starts, and lambda, the weight of the auxiliary loss.
MODELS = {
    "full": ("gpt", 0.5),
    "no auxiliary loss": ("gpt", 0.0),
    "no pre-training": ("random gpt", 0.5),
    "LSTM": ("lstm", 0.5),
}
RATED = {"classification": 160, "entailment": 320}  # steps
FEWER = (10, 30, 100, 300, 1_000)
DRAWN = ("similarity", "no auxiliary loss")  # the task and the model of layers.csv and labels.csv


@cache
def pretrained():
    """The GPT that gpt1.py has trained, and its tokenizer."""
    point = checkpoint.load(HERE / "gpt1" / "model.safetensors")
    return point.model, point.tokenizer


@cache
def encoded(task):
    """The examples of a task: to test on, to validate on, and to train on."""
    tokenizer = pretrained()[1]
    special = Special(*range(tokenizer.vocab_size, tokenizer.vocab_size + 3))
    return [
        encode_examples(part, TRANSFORMATIONS[task], tokenizer, special, 128)
        for part in parts(TASKS[task], (TEST, VALID, LABELS))
    ]


def language_model(kind, layers):
    """A language model to start from: of a GPT, layers blocks are pre-trained."""
    if kind == "lstm":
        weights = load_file(HERE / "gpt1" / "lstm.safetensors")
        model = LSTM(*weights["tok_emb.weight"].shape)
        model.load_state_dict(weights)
        return model
    if kind == "random gpt":
        return GPT(GPT_1_THIRD.config)
    return transferred(pretrained()[0], layers)


def fine_tune(task, model, rate, seed, steps, labels=LABELS, layers=4):
    """A language model fine-tuned on a task, with the labels of its first examples."""
    torch.manual_seed(seed)
    kind, weight = MODELS[model]
    start = with_special_tokens(language_model(kind, layers))
    classifier = Classifier(start, 1 if task == "choice" else len(TASKS[task].labels))
    config = replace(FINE_TUNING, max_iters=steps, learning_rate=rate)
    batches = task_batches(encoded(task)[2][:labels], BATCH, seed)
    list(train(classifier, batches, partial(fine_tuning_loss, lm_weight=weight), config))
    return classifier


def row(task, model, rate, seed, steps, labels=LABELS, layers=4):
    """The row of a training: what it was, its accuracy in testing, and its seconds.

    Seed 0 is for comparing rates, on validation examples.
    """
    torch.set_num_threads(1)
    examples = encoded(task)[0 if seed else 1]
    begun = perf_counter()
    classifier = fine_tune(task, model, rate, seed, steps, labels, layers)
    seconds = perf_counter() - begun
    return {
        "task": task,
        "model": model,
        "rate": rate,
        "seed": seed,
        "steps": steps,
        "labels": labels,
        "layers": layers,
        "accuracy": f"{accuracy(classifier, all_task_batches(examples, 50)):.3f}",
        "seconds": f"{seconds:.0f}",
    }


def best_rate(model):
    """The rate at which a model was right most often, in the mean over the tasks RATED."""
    tried = read_log(HERE / "fine_tuning_rates.csv")
    found = {
        rate: mean(r["accuracy"] for r in tried if (r["model"], r["rate"]) == (model, rate))
        for rate in RATES[model]
    }
    return max(found, key=found.get)


def rates() -> Iterator[dict]:
    """The trainings of fine_tuning_rates.csv."""
    for model in MODELS:
        for task, steps in RATED.items():
            for rate in RATES[model]:
                yield {"task": task, "model": model, "rate": rate, "seed": 0, "steps": steps}


def table() -> Iterator[dict]:
    """The trainings of fine_tuning.csv."""
    for model in MODELS:
        for task, steps in STEPS.items():
            for seed in SEEDS:
                given = {"task": task, "model": model, "rate": best_rate(model)}
                yield given | {"seed": seed, "steps": steps}


def layers() -> Iterator[dict]:
    """The trainings of layers.csv; with all four layers they are in fine_tuning.csv."""
    for given in drawn():
        for n in range(4):
            yield given | {"layers": n}


def labels() -> Iterator[dict]:
    """The trainings of labels.csv; with all labels they are in fine_tuning.csv."""
    for given in drawn():
        for n in FEWER:
            yield given | {"labels": n}


def drawn() -> Iterator[dict]:
    """The trainings of table() that layers.csv and labels.csv go on from."""
    yield from (t for t in table() if (t["task"], t["model"]) == DRAWN)


def fill(pool, name, trainings):
    """Do the trainings that a table lacks, and add a row for each."""
    path = HERE / f"{name}.csv"
    rows = read_log(path) if path.exists() else []
    left = [given for given in trainings if not any(given.items() <= r.items() for r in rows)]
    for future in [pool.submit(row, **given) for given in left]:
        rows.append(future.result())
        print(*rows[-1].values(), sep=", ", flush=True)
        write_csv(path, rows)


def keep(task, model, seed):
    """Train a model of fine_tuning.csv once more, and save its parameters."""
    torch.set_num_threads(1)
    trained = fine_tune(task, model, best_rate(model), seed, STEPS[task])
    save_file(trained.bfloat16().state_dict(), HERE / "gpt1" / f"{task}.safetensors")


if __name__ == "__main__":
    with ProcessPoolExecutor(2, get_context("spawn")) as pool:
        fill(pool, "fine_tuning_rates", rates())
        fill(pool, "fine_tuning", table())
        fill(pool, "layers", layers())
        fill(pool, "labels", labels())
        pool.submit(keep, "entailment", "no auxiliary loss", seed=1).result()
