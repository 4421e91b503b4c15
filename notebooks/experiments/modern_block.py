"""Train what appendix A3 quotes: part of `make experiments`, 40 minutes on two cores.

python notebooks/experiments/modern_block.py [TEXT]

TEXT is a copy of Tiny Shakespeare, which is else downloaded. It writes, beside this file,
modern_steps.csv (what a step of each variant takes, on one thread, in turns, and how many fit into
the time of BUDGET steps of GPT-2's block), modern_rates.csv (each variant at three rates of Muon,
trained and scored on parts of the training text) and modern_block.csv (some of them at the best of
their rates, three seeds each, scored on the validation text). Losses are reproducible on the same
machine with the same steps, so modern_steps.csv is kept if it is there; the times in it need a
machine that does nothing else.
"""

import csv
import sys
from collections import defaultdict
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from functools import cache
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from time import process_time

import torch
import torch.nn.functional as F
from torch import nn

from gptlib.atomic_files import write_csv
from gptlib.config import GPTConfig, TrainConfig
from gptlib.corpus import Corpus
from gptlib.data import load_split, split
from gptlib.device import has_bfloat16
from gptlib.gpt import GPT
from gptlib.texts import load_parts, split_paragraphs
from gptlib.train import next_token_loss, train
from main import MODEL

HERE = Path(__file__).resolve().parent
STARTED = __name__ in ("__main__", "__mp_main__")  # and not imported by a test
SHAKESPEARE = sys.argv[1] if STARTED and sys.argv[1:] else "shakespeare"
SEEDS, RATES, TURNS = (1, 2, 3), (0.01, 0.02, 0.04), 100
BUDGET = {"shakespeare": 1000, "tales": 500}  # steps of GPT-2's block


class SwiGLU(nn.Module):
    """A feed-forward layer that multiplies what one linear layer finds with another's gate."""

    def __init__(self, C):
        super().__init__()
        inner = 8 * C // 3  # so that three matrices have as many numbers as the usual two
        self.gate = nn.Linear(C, inner, bias=False)
        self.fc = nn.Linear(C, inner, bias=False)
        self.proj = nn.Linear(inner, C, bias=False)

    def forward(self, x):
        return self.proj(F.silu(self.gate(x)) * self.fc(x))


class Shift(nn.Module):
    """Adds to each vector a share of the two before it, learned for each channel."""

    def __init__(self, C):
        super().__init__()
        self.shares = nn.Parameter(torch.zeros(2, C))

    def forward(self, x):
        before = [F.pad(x, (0, 0, back, 0))[..., : x.shape[-2], :] for back in (1, 2)]
        return x + self.shares[0] * before[0] + self.shares[1] * before[1]


class HeadNorm(nn.Module):
    """Norms the channels of each head."""

    def __init__(self, n_head):
        super().__init__()
        self.n_head = n_head

    def forward(self, x):
        heads = x.unflatten(-1, (self.n_head, -1))
        return F.layer_norm(heads, heads.shape[-1:]).flatten(-2)


# Each changes a model in place.


def qk_norm(model):
    for block in model.blocks:
        attn = block.attn
        attn.query = nn.Sequential(attn.query, HeadNorm(attn.n_head))
        attn.key = nn.Sequential(attn.key, HeadNorm(attn.n_head))


def rms_norm(model):
    C = model.config.n_embd
    for block in model.blocks:
        block.ln_1 = nn.RMSNorm(C, elementwise_affine=False)
        block.ln_2 = nn.RMSNorm(C, elementwise_affine=False)
    model.ln_f = nn.RMSNorm(C, elementwise_affine=False)


def squared_relu(model):
    for block in model.blocks:
        block.mlp.activation = lambda x: F.relu(x).square()


def swiglu(model):
    C = model.config.n_embd
    for block in model.blocks:
        block.mlp = SwiGLU(C)
    model.init_parameters()


def zero_init(model):
    for block in model.blocks:
        nn.init.zeros_(block.attn.proj.weight)
        nn.init.zeros_(block.mlp.proj.weight)


def token_shift(model):
    model.dropout = nn.Sequential(Shift(model.config.n_embd), model.dropout)


def value_embeddings(model):
    """In the first and the last block, a token adds a vector of its own to its value."""
    idx = []

    def remember(part, given):
        idx[:] = given[:1]

    model.register_forward_pre_hook(remember)
    for block in (model.blocks[0], model.blocks[-1]):
        block.tokens = nn.Embedding(*model.tok_emb.weight.shape)
        block.attn.value.register_forward_hook(
            lambda part, given, out, tokens=block.tokens: out + tokens(idx[0])
        )
    model.init_parameters()


BARE = {"bias": False, "attn_bias": False}
ROTARY = {"positions": "rotary"}
UNTIED = {"tied": False}
# For each variant its settings, and what is changed in the model that they make.
VARIANTS = {
    "GPT-2's block": ({}, ()),
    "rotary positions": (ROTARY, ()),
    "no biases": (BARE, ()),
    "QK-norm": ({}, (qk_norm,)),
    "RMSNorm": ({}, (rms_norm,)),
    "squared ReLU": ({}, (squared_relu,)),
    "SwiGLU": ({}, (swiglu,)),
    "zero init": ({}, (zero_init,)),
    "untied output": (UNTIED, ()),
    "token shift": ({}, (token_shift,)),
    "value embeddings": ({}, (value_embeddings,)),
    "rotary, no biases": (ROTARY | BARE, ()),
    "rotary, QK-norm": (ROTARY, (qk_norm,)),
    "rotary, token shift": (ROTARY, (token_shift,)),
    "after LLaMA": (ROTARY | BARE | UNTIED, (rms_norm, swiglu)),
    "after the race": (ROTARY | BARE | UNTIED, (qk_norm, squared_relu, zero_init)),
}
TALES = ["GPT-2's block", "rotary positions"]
SEVERAL = [*TALES, "rotary, no biases", "rotary, token shift", "after LLaMA", "after the race"]


@cache
def corpus(text, search):
    """A text in a training and a validation part; to search, both are of its training part."""
    if text == "tales":
        parts = load_parts(["tales"])
        parts = split_paragraphs(parts[0], valid_fraction=0.015) if search else parts
        return Corpus.of_tales(*parts, "bpe", MODEL.block_size)
    parts = load_split(SHAKESPEARE)
    return Corpus.of_texts(*(split(parts[0]) if search else parts), "chars", block_size=128)


def recipe(text):
    """The sizes of a model for a text, how many rows a batch has, and AdamW's rate and decay."""
    if text == "tales":  # those of `python main.py`
        return asdict(MODEL) | {"activation": "gelu"}, 16, 0.01, 0.0
    sizes = {"n_layer": 4, "n_head": 3, "n_embd": 96, "dropout": 0.0, "init_std": 0.05}
    return sizes | {"block_size": 128, "activation": "gelu"}, 8, 0.008, 0.1


def steps_of(text, name, seed, search, rate, max_iters):
    """A new model of a variant, and the generator of its training steps."""
    sizes, B, learning_rate, weight_decay = recipe(text)
    settings, edits = VARIANTS[name]
    read = corpus(text, search)
    torch.manual_seed(seed)
    sizes = sizes | settings | {"vocab_size": read.tokenizer.vocab_size}
    model = GPT(GPTConfig(**sizes))
    for edit in edits:
        edit(model)
    config = TrainConfig(
        max_iters,
        learning_rate,
        warmup_iters=50,
        decay="linear",
        weight_decay=weight_decay,
        optimizer="muon",
        muon_rate=rate,
        muon_momentum=0.9,
        dtype="bfloat16" if has_bfloat16("cpu") else "float32",
    )
    return model, train(model, read.batches(B, seed), next_token_loss, config)


def measured_steps():
    """For each text and variant the milliseconds of a step, and the number of steps to take."""
    torch.set_num_threads(1)
    for text, names in (("shakespeare", list(VARIANTS)), ("tales", TALES)):
        running = {name: steps_of(text, name, 0, True, RATES[1], 10**6)[1] for name in names}
        taken = defaultdict(list)
        for _ in range(TURNS):
            for name, steps in running.items():
                start = process_time()
                next(steps)
                taken[name].append(process_time() - start)
        usual = taken[TALES[0]]
        for name, times in taken.items():
            slower = median(a / b for a, b in zip(times, usual, strict=True))
            ms = f"{1000 * median(times):.1f}"
            yield {"text": text, "what": name, "ms": ms, "steps": round(BUDGET[text] / slower)}


def trained(text, name, seed, search, rate, steps):
    """Train a variant and score it."""
    torch.set_num_threads(1)
    model, losses = steps_of(text, name, seed, search, rate, steps)
    list(losses)
    loss = corpus(text, search).score(model, 64)
    row = {"text": text, "what": name, "muon_rate": rate, "seed": seed, "loss": f"{loss:.4f}"}
    print(*row.values(), sep=", ", flush=True)
    return row


if __name__ == "__main__":
    timed = HERE / "modern_steps.csv"
    if not timed.exists():
        write_csv(timed, measured_steps())
    with open(timed, encoding="utf-8") as file:
        steps = {(row["text"], row["what"]): int(row["steps"]) for row in csv.DictReader(file)}
    with ProcessPoolExecutor(2, get_context("spawn")) as pool:
        runs = [
            pool.submit(trained, *what, SEEDS[0], True, rate, n)
            for what, n in steps.items()
            for rate in RATES
        ]
        screened = [run.result() for run in runs]
        write_csv(HERE / "modern_rates.csv", screened)
        found = defaultdict(dict)
        for row in screened:
            found[row["text"], row["what"]][row["muon_rate"]] = float(row["loss"])
        best = {what: min(losses, key=losses.get) for what, losses in found.items()}
        runs = [
            pool.submit(trained, *what, seed, False, best[what], n)
            for what, n in steps.items()
            if what[0] == "tales" or what[1] in SEVERAL
            for seed in SEEDS
        ]
        write_csv(HERE / "modern_block.csv", [run.result() for run in runs])
