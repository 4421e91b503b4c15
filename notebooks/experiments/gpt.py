"""Train the models that notebooks 05 and 06 quote: part of `make experiments`, 40 minutes.

It writes, beside this file, grown.csv (a GPT grown part by part: three learning rates, and the best
of them with three seeds), learned.csv (what a model has learned at several steps of a quarter of
an hour), gpt.safetensors (that model at the end), and words.csv, heads.csv and
gpt_words.safetensors (the same for seven minutes with words as tokens, and where its heads look).
Losses are reproducible on the same machine; times are not, and the seconds in the logs are those
of a busy one: alone on a core the two long runs take about 14 and 7 minutes.
"""

from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from math import isfinite
from multiprocessing import get_context
from pathlib import Path
from time import perf_counter

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils.rnn import pad_sequence

from gptlib import checkpoint
from gptlib.atomic_files import write_csv
from gptlib.attention import Head, MultiHeadAttention
from gptlib.config import GPTConfig, TrainConfig
from gptlib.data import IGNORE, all_batches, batches, load_split, story_ids
from gptlib.gpt import GPT
from gptlib.layers import FeedForward
from gptlib.lookups import Lookups
from gptlib.positions import LearnedPositions
from gptlib.tokenizer import CharTokenizer, WordTokenizer
from gptlib.train import evaluate, next_token_loss, token_losses, train
from gptlib.world import KINDS, kinds, surprisals, tell

HERE = Path(__file__).resolve().parent
SEEDS, RATES = (1, 2, 3), (0.005, 0.01, 0.02)
C, T, B, STEPS = 64, 64, 8, 2000
GROWN = {
    "n_layer": 4,
    "n_head": 8,
    "n_embd": C,
    "block_size": T,
    "dropout": 0.0,
    "init_std": 0.07,
    "scale_residual": False,
}

LONG = {
    "n_layer": 4,
    "n_head": 4,
    "n_embd": 128,
    "block_size": 416,
    "dropout": 0.0,
    "init_std": 0.05,
}
LONG_STEPS, LONG_B, WARMUP = 7000, 3, 50
MUON = {"optimizer": "muon", "muon_rate": 0.02, "learning_rate": 4e-3}
LOOKS = (*range(100, 500, 100), *range(550, 1001, 150), 1250, 1500, *range(2000, 7001, 1000))
WORDS = {**LONG, "block_size": 96}  # more than the number of words in the longest tale
WORDS_STEPS, WORDS_B, KNOWN, OTHERS = 2500, 16, 60, 160
STORIES = range(1_000_000, 1_000_380)  # the seeds of the validation stories


class Stack(nn.Module):
    """A stack of blocks between embeddings and logits."""

    def __init__(self, vocab_size, blocks, norm):
        super().__init__()
        self.tok_emb = nn.Embedding(vocab_size, C)
        self.pos_emb = LearnedPositions(T, C)
        self.blocks = nn.ModuleList(blocks)
        self.ln_f = norm
        for name, p in self.named_parameters():
            if p.dim() > 1:
                nn.init.normal_(p, std=GROWN["init_std"])
            elif name.endswith("bias"):
                nn.init.zeros_(p)

    def forward(self, idx):
        x = self.tok_emb(idx) + self.pos_emb(torch.arange(idx.shape[1]))
        for block in self.blocks:
            x = block(x, causal=True)
        return F.linear(self.ln_f(x), self.tok_emb.weight)


def heads():
    return MultiHeadAttention(C, GROWN["n_head"], bias=True)


class Plain(nn.Module):
    """A block of attention and feed-forward, without residual connections or norms."""

    def __init__(self):
        super().__init__()
        self.attn = heads()
        self.mlp = FeedForward(GPTConfig(vocab_size=1, **GROWN))

    def forward(self, x, causal=False):
        return self.mlp(self.attn(x, causal=causal))


class Adding(Plain):
    """A block with residual connections, without norms."""

    def forward(self, x, causal=False):
        x = x + self.attn(x, causal=causal)
        return x + self.mlp(x)


class Norming(Plain):
    """A pre-norm block: residual connections, and a norm before each layer."""

    def __init__(self):
        super().__init__()
        self.ln_1, self.ln_2 = nn.LayerNorm(C), nn.LayerNorm(C)

    def forward(self, x, causal=False):
        x = x + self.attn(self.ln_1(x), causal=causal)
        return x + self.mlp(self.ln_2(x))


class Replacing(Norming):
    """A block with norms, without residual connections."""

    def forward(self, x, causal=False):
        return self.mlp(self.ln_2(self.attn(self.ln_1(x), causal=causal)))


# The blocks between embeddings and logits, and the norm after them.
STACKS = {
    "one head": lambda: ([Head(C, C)], nn.Identity()),
    "eight heads": lambda: ([heads()], nn.Identity()),
    "and feed-forward": lambda: ([Plain()], nn.Identity()),
    "and residual connections": lambda: ([Adding()], nn.Identity()),
    "and norms": lambda: ([Norming()], nn.LayerNorm(C)),
    "four without residual or norms": lambda: ([Plain() for _ in range(4)], nn.Identity()),
    "four without residual": lambda: ([Replacing() for _ in range(4)], nn.LayerNorm(C)),
    "four without norms": lambda: ([Adding() for _ in range(4)], nn.Identity()),
}
GPTS = {
    "four blocks": {},
    "and dropout 0.1": {"dropout": 0.1},
    "four with post-norm": {"norm": "post"},
}


@cache
def texts():
    """The ids to train on and to validate, each with the starts of its stories; the tokenizer."""
    train_text, valid_text = load_split("tales")
    tokenizer = CharTokenizer(train_text)
    return *story_ids(train_text, tokenizer), *story_ids(valid_text, tokenizer), tokenizer


def make(name, seed):
    V = texts()[-1].vocab_size
    torch.manual_seed(seed)
    if name in GPTS:
        return GPT(GPTConfig(V, **GROWN | GPTS[name]))
    return Stack(V, *STACKS[name]())


def linear(steps, optimizer):
    """A training config in which the learning rates decay linearly, without weight decay."""
    return TrainConfig(steps, warmup_iters=WARMUP, decay="linear", weight_decay=0, **optimizer)


def grown(name, rate, seed):
    """Train one stage of the grown GPT, and score it on windows like those it was trained on."""
    torch.set_num_threads(1)
    data, _, valid_data, _, _ = texts()
    model = make(name, seed)
    drawn = batches(data, B, T, torch.Generator().manual_seed(seed))
    config = TrainConfig(STEPS, learning_rate=rate, warmup_iters=WARMUP)
    start = perf_counter()
    list(train(model, drawn, next_token_loss, config))
    row = {
        "what": name,
        "rate": rate,
        "seed": seed,
        "parameters": sum(p.numel() for p in model.parameters()),
        "seconds": f"{perf_counter() - start:.0f}",
        "loss": f"{evaluate(model, all_batches(valid_data, 64, T)):.4f}",
    }
    print(*row.values(), sep=", ", flush=True)
    return row


def grown_at_best_rates(pool):
    """Train every stage with each of RATES, and with its best one once for each of SEEDS."""
    first = [(name, rate, SEEDS[0]) for name in (*STACKS, *GPTS) for rate in RATES]
    rows = list(pool.map(grown, *zip(*first, strict=True)))
    best, ended = {}, [row for row in rows if isfinite(float(row["loss"]))]  # others are nan
    for row in sorted(ended, key=lambda row: float(row["loss"])):
        best.setdefault(row["what"], row["rate"])
    more = [(name, rate, seed) for name, rate in best.items() for seed in SEEDS[1:]]
    rows += pool.map(grown, *zip(*more, strict=True))
    order = {name: n for n, name in enumerate((*STACKS, *GPTS))}
    return sorted(rows, key=lambda row: (order[row["what"]], row["rate"], row["seed"]))


def read(stories):
    """Stories as idx and targets, (B, T), each after the blank line that precedes it."""
    tokenizer = texts()[-1]
    rows = [torch.tensor(tokenizer.encode("\n\n" + story.text)) for story in stories]
    idx = pad_sequence([row[:-1] for row in rows], True)
    targets = pad_sequence([row[1:] for row in rows], True, IGNORE)
    targets[:, 0] = IGNORE  # the second of the two line breaks is not part of the story
    return idx, targets


@torch.no_grad()
def excess_by_kind(model, stories, certain):
    """The nats per story that model loses above the perfect predictor, for each kind; its loss."""
    losses = []
    for i in range(0, len(stories), 20):
        idx, targets = read(stories[i : i + 20])
        losses.append(token_losses(model, (idx, targets))[targets != IGNORE])
    losses = torch.cat(losses)
    each = losses.split([len(story.text) for story in stories])
    excess = Counter()
    for story, mine, best in zip(stories, each, certain, strict=True):
        for kind, a, b in zip(kinds(story, best), mine.tolist(), best, strict=True):
            excess[kind] += (a - b) / len(stories)
    return excess, losses.mean().item()


def long():
    """Train and save a larger model, for a quarter of an hour; return its scores on the way."""
    torch.set_num_threads(1)
    data, data_starts, _, _, tokenizer = texts()
    # Windows begin at the blank line before a tale: its first words are at the first positions.
    begin, generator = data_starts[1:] - 1, torch.Generator().manual_seed(0)
    drawn = batches(data, LONG_B, LONG["block_size"], generator, begin)
    stories = [tell(seed) for seed in STORIES]
    certain = [surprisals(story.text) for story in stories]
    torch.manual_seed(0)
    model = GPT(GPTConfig(tokenizer.vocab_size, **LONG))
    rows, seconds, start = [], 0.0, perf_counter()
    for step, _ in enumerate(train(model, drawn, next_token_loss, linear(LONG_STEPS, MUON)), 1):
        if step in LOOKS:
            seconds += perf_counter() - start
            model.eval()
            excess, loss = excess_by_kind(model, stories, certain)
            rows.append({"step": step, "seconds": f"{seconds:.0f}", "loss": f"{loss:.4f}"})
            rows[-1] |= {kind: f"{excess[kind]:.3f}" for kind in KINDS}
            print(*rows[-1].values(), sep=", ", flush=True)
            start = perf_counter()
    checkpoint.save(HERE / "gpt.safetensors", model, tokenizer, LONG_STEPS)
    return rows


def words():
    """Train and save a model with words as tokens, for seven minutes; return two logs.

    The first has its loss on whole tales and on words that were told before, the second where each
    head looks while such a word is to come, in tales that are kept for this.
    """
    torch.set_num_threads(1)
    train_text, _ = load_split("tales")
    tokenizer = WordTokenizer(train_text)
    tales = [
        torch.tensor([tokenizer.start, *tokenizer.encode(text), tokenizer.end])
        for text in train_text.strip().split("\n\n")
    ]
    begin = torch.tensor([0, *map(len, tales[:-1])]).cumsum(0)
    generator = torch.Generator().manual_seed(0)
    drawn = batches(torch.cat(tales), WORDS_B, WORDS["block_size"], generator, begin)
    stories = [tell(seed) for seed in STORIES]
    every, others = Lookups(stories, tokenizer), Lookups(stories[KNOWN:OTHERS], tokenizer)
    torch.manual_seed(0)
    model = GPT(GPTConfig(tokenizer.vocab_size, **WORDS))
    log, heads, seconds, start = [], [], 0.0, perf_counter()
    for step, _ in enumerate(train(model, drawn, next_token_loss, linear(WORDS_STEPS, MUON)), 1):
        if step % 125 == 0:
            seconds += perf_counter() - start
            model.eval()
            row, where = scores_of_words(model, every, others)
            log.append({"step": step, "seconds": f"{seconds:.0f}"} | row)
            heads += [{"step": step} | head for head in where]
            print(*log[-1].values(), sep=", ", flush=True)
            start = perf_counter()
    checkpoint.save(HERE / "gpt_words.safetensors", model, tokenizer, WORDS_STEPS)
    return log, heads


@torch.no_grad()
def scores_of_words(model, every, others):
    """A row of words.csv about the tales of every, and 3 x N x H rows of heads.csv about others."""
    total = token_losses(model, (every.idx, every.targets)).sum().item()
    row = {"nats_per_tale": f"{total / len(every.idx):.3f}"}
    row |= {kind: f"{nats.mean():.3f}" for kind, nats in every.by_kind(every.costs(model)).items()}
    heads = [
        {"kind": kind, "layer": layer, "head": head, "look": f"{look:.3f}"}
        for kind, weights in others.by_kind(others.looks(model)).items()
        for (layer, head), look in np.ndenumerate(weights.mean(axis=0))
    ]
    return row, heads


if __name__ == "__main__":
    with ProcessPoolExecutor(2, get_context("spawn")) as pool:
        longest, with_words = pool.submit(long), pool.submit(words)
        write_csv(HERE / "grown.csv", grown_at_best_rates(pool))
        write_csv(HERE / "learned.csv", longest.result())
        for name, rows in zip(("words", "heads"), with_words.result(), strict=True):
            write_csv(HERE / f"{name}.csv", rows)
