"""Train the models that notebook 04 quotes: part of `make experiments`, half an hour on two cores.

Each run has one thread. It writes, beside this file, parts.csv (the Transformer with one part at a
time left out or changed, three seeds), norm_rates.csv (post-norm and pre-norm at other learning
rates than that of parts.csv), long.csv (scores over fifteen minutes of training) and
transformer.safetensors (the model after them). Losses and translations are reproducible on the same
machine; times are not.
"""

from concurrent.futures import ProcessPoolExecutor
from copy import deepcopy
from dataclasses import replace
from functools import cache, partial
from multiprocessing import get_context
from pathlib import Path
from time import perf_counter

import sacrebleu
import torch
from torch import nn

from gptlib import checkpoint
from gptlib.atomic_files import write_csv
from gptlib.config import TrainConfig, TransformerConfig
from gptlib.pairs import all_pair_batches, encode_pairs, load_pairs, pair_batches
from gptlib.tokenizer import WordTokenizer
from gptlib.train import average, evaluate, next_token_loss, train
from gptlib.transformer import Transformer
from gptlib.translation import translate

HERE = Path(__file__).resolve().parent
SEEDS = (1, 2, 3)
STEPS, WARMUP, TOKENS = 1200, 200, 700
# Multiples of the rate of parts.csv, and seeds; there, half the warm-up makes post-norm's rate 1.4
# times as high.
RATES = {("post", 0.25): (1,), ("post", 0.5): SEEDS, ("pre", 0.5): SEEDS, ("pre", 2.0): (1,)}
LONG = {"n_embd": 128, "dropout": 0.1}
LONG_STEPS, LONG_WARMUP, LONG_TOKENS = 4500, 400, 1500


class Nothing(nn.Module):
    """A layer that adds nothing."""

    def forward(self, x, *memory, **masks):
        return torch.zeros_like(x)


class Unscaled(Transformer):
    """A Transformer whose embeddings are not multiplied by sqrt(C)."""

    def embed(self, idx):
        return self.dropout(self.tok_emb(idx) + self.pos_emb(torch.arange(idx.shape[1])))


class OwnHead(Transformer):
    """A Transformer whose output layer is not tied to its embeddings."""

    def __init__(self, config):
        super().__init__(config)
        self.lm_head = nn.Linear(config.n_embd, config.vocab_size, bias=False)
        nn.init.normal_(self.lm_head.weight, std=config.n_embd**-0.5)

    def decode(self, idx, memory, memory_mask):
        x = self.embed(idx)
        for block in self.decoder:
            x = block(x, causal=True, memory=memory, memory_mask=memory_mask)
        return self.lm_head(x)


def blocks(model):
    return [*model.encoder, *model.decoder]


def no_residual(model):
    def forward(block, x, mask=None, causal=False, memory=None, memory_mask=None, extend=None):
        x = block.ln_1(block.dropout(block.attn(x, mask=mask, causal=causal)))
        if memory is not None:
            x = block.ln_cross(block.dropout(block.cross(x, memory, memory_mask)))
        return block.ln_2(block.dropout(block.mlp(x)))

    for block in blocks(model):
        block.forward = partial(forward, block)


def no_norm(model):
    for block in blocks(model):
        block.ln_1 = block.ln_cross = block.ln_2 = nn.Identity()


def no_mlp(model):
    for block in blocks(model):
        block.mlp = Nothing()


def no_cross(model):
    for block in model.decoder:
        block.cross = Nothing()


def no_proj(model):
    for block in blocks(model):
        block.attn.proj = nn.Identity()
        if block.cross is not None:
            block.cross.proj = nn.Identity()


def no_look_in_encoder(model):
    for block in model.encoder:
        block.attn = Nothing()


def no_positions(model):
    model.pos_emb.table.zero_()


# What differs from the whole model: sizes, class, a change to the model, warm-up or loss.
PARTS = {
    "the whole model": {},
    "no cross-attention": {"change": no_cross},
    "no positions": {"change": no_positions},
    "no residual connections": {"change": no_residual},
    "no norms": {"change": no_norm},
    "no feed-forward layers": {"change": no_mlp},
    "no attention in the encoder": {"change": no_look_in_encoder},
    "no proj after the heads": {"change": no_proj},
    "one head": {"sizes": {"n_head": 1}},
    "embeddings not times sqrt(C)": {"kind": Unscaled},
    "an output table of its own": {"kind": OwnHead},
    "pre-norm": {"sizes": {"norm": "pre"}},
    "half the warm-up": {"warmup": WARMUP // 2},
    "no label smoothing": {"label_smoothing": 0.0},
    "with dropout 0.1": {"sizes": {"dropout": 0.1}},
}


@cache
def texts():
    """The pairs of each part of the data, and a tokenizer for them."""
    pairs = {part: load_pairs(part) for part in ("train", "valid", "test")}
    tokenizer = WordTokenizer("\n".join(f"{p.english} {p.french}" for p in pairs["train"]))
    return pairs, tokenizer


def make(seed, sizes=None, kind=Transformer, change=None):
    """A model as in the notebook, or with other sizes, of another class, or changed."""
    _, tokenizer = texts()
    config = TransformerConfig(
        tokenizer.vocab_size, 64, n_layer=2, n_head=4, n_embd=64, dropout=0.0
    )
    torch.manual_seed(seed)
    model = kind(replace(config, **(sizes or {})))
    if change is not None:
        change(model)
    return model


def recipe(model, steps, warmup, times=1.0):
    """The paper's optimizer and schedule, with its learning rates times so much."""
    return TrainConfig(
        max_iters=steps,
        learning_rate=times * (model.config.n_embd * warmup) ** -0.5,
        warmup_iters=warmup,
        decay="inverse_sqrt",
        weight_decay=0,
        betas=(0.9, 0.98),
        eps=1e-9,
        grad_clip=float("inf"),
    )


def losses(model, config, seed, label_smoothing=0.1, max_tokens=TOKENS):
    """Train model; yields the loss of each step."""
    pairs, tokenizer = texts()
    encoded = encode_pairs(pairs["train"], tokenizer)
    drawn = pair_batches(encoded, max_tokens, seed)
    return train(model, drawn, partial(next_token_loss, label_smoothing=label_smoothing), config)


def translated(model, part, beam_width):
    """The share of a part's sentences that model translates exactly, and the BLEU of them all."""
    pairs, tokenizer = texts()
    wanted = [pair.french for pair in pairs[part]]
    found = translate(model, tokenizer, [pair.english for pair in pairs[part]], beam_width)
    exact = sum(a == b for a, b in zip(found, wanted, strict=True)) / len(wanted)
    return exact, sacrebleu.corpus_bleu(found, [wanted]).score


def scores(model, beam_width=1):
    """How well model does on the validation and on the test sentences."""
    pairs, tokenizer = texts()
    loss = evaluate(model, all_pair_batches(encode_pairs(pairs["valid"], tokenizer), 4000))
    exact_valid, _ = translated(model, "valid", beam_width)
    exact, bleu = translated(model, "test", beam_width)
    return {
        "valid_loss": f"{loss:.4f}",
        "exact_valid": f"{exact_valid:.3f}",
        "exact": f"{exact:.3f}",
        "bleu": f"{bleu:.2f}",
    }


def averaged(model, config, seed, label_smoothing=0.1):
    """Train model, and yield its last state, then the average of five states near the end."""
    states = []
    for step, _ in enumerate(losses(model, config, seed, label_smoothing), 1):
        if step > STEPS - 100 and step % 20 == 0:
            states.append(deepcopy(model.state_dict()))
    yield model
    model.load_state_dict(average(states))
    yield model


def part(name, seed):
    """Train without a part; score the last state, and the average of five states near the end."""
    torch.set_num_threads(1)
    options = dict(PARTS[name])
    smoothing, warmup = options.pop("label_smoothing", 0.1), options.pop("warmup", WARMUP)
    model = make(seed, **options)
    start = perf_counter()
    both = averaged(model, recipe(model, STEPS, warmup), seed, smoothing)
    last = next(both)
    row = {
        "what": name,
        "seed": seed,
        "parameters": sum(p.numel() for p in model.parameters()),
        "seconds": f"{perf_counter() - start:.0f}",
        "exact_last": f"{translated(last, 'test', 1)[0]:.3f}",
    }
    row |= scores(next(both))
    print(*row.values(), sep=", ", flush=True)
    return [row]


def norm_rate(norm, times, seed):
    """Train the whole model, or its pre-norm sister, at another rate; score the average."""
    torch.set_num_threads(1)
    model = make(seed, {"norm": norm})
    *_, last = averaged(model, recipe(model, STEPS, WARMUP, times), seed)
    exact, bleu = translated(last, "test", 1)
    row = {"norm": norm, "times": times, "seed": seed}
    row |= {"exact": f"{exact:.3f}", "bleu": f"{bleu:.2f}"}
    print(*row.values(), sep=", ", flush=True)
    return [row]


def long():
    """Train and save a larger model, for a quarter of an hour; return its scores on the way."""
    torch.set_num_threads(1)
    model, averaged = make(0, LONG), make(0, LONG)
    states, rows, seconds, start = [], [], 0.0, perf_counter()
    config = recipe(model, LONG_STEPS, LONG_WARMUP)
    for step, _ in enumerate(losses(model, config, 0, max_tokens=LONG_TOKENS), 1):
        if step % 100 == 0:
            states = [*states[-4:], deepcopy(model.state_dict())]
        if step % 900 == 0:
            seconds += perf_counter() - start
            averaged.load_state_dict(average(states))
            rows.append(
                {"step": step, "seconds": f"{seconds:.0f}"} | scores(averaged, beam_width=4)
            )
            print(*rows[-1].values(), sep=", ", flush=True)
            start = perf_counter()
    checkpoint.save(HERE / "transformer.safetensors", averaged, texts()[1], LONG_STEPS)
    return rows


if __name__ == "__main__":
    with ProcessPoolExecutor(2, get_context("spawn")) as pool:
        longest = pool.submit(long)  # first, so that the short runs fill the other process
        parts = [pool.submit(part, name, seed) for name in PARTS for seed in SEEDS]
        rates = [
            pool.submit(norm_rate, norm, times, seed)
            for (norm, times), seeds in RATES.items()
            for seed in seeds
        ]
        write_csv(HERE / "long.csv", longest.result())
        write_csv(HERE / "parts.csv", [row for run in parts for row in run.result()])
        write_csv(HERE / "norm_rates.csv", [row for run in rates for row in run.result()])
