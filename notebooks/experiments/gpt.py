"""Train the models that notebook 05 quotes: part of `make experiments`, half an hour on two cores.

It writes, beside this file, grown.csv (a GPT grown part by part, three seeds), optimizers.csv
(four blocks of it with AdamW and with Muon), learned.csv (what a model has learned at several
steps of a quarter of an hour), gpt.safetensors (that model at the end), and words.csv and
gpt_words.safetensors (the same for five minutes with words as tokens). Losses are reproducible on
the same machine; times are not, and the seconds in learned.csv and words.csv are those of a busy
one: alone on a core the two take about 14 and 7 minutes.
"""

from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from functools import cache
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
from gptlib.attention import Head, MultiHeadAttention, attention_maps
from gptlib.config import GPTConfig, TrainConfig
from gptlib.data import IGNORE, all_batches, batches, load_split, story_ids
from gptlib.gpt import GPT
from gptlib.layers import FeedForward
from gptlib.positions import LearnedPositions
from gptlib.tokenizer import CharTokenizer, WordTokenizer, split_words
from gptlib.train import evaluate, next_token_loss, token_losses, train
from gptlib.world import KINDS, kinds, surprisals, tell
from gptlib.world.kinds import WHERE

HERE = Path(__file__).resolve().parent
SEEDS = (1, 2, 3)
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
OPTIMIZERS = {
    "AdamW 0.0025": {"learning_rate": 0.0025},
    "AdamW 0.005": {"learning_rate": 0.005},
    "AdamW 0.01": {"learning_rate": 0.01},
    "AdamW 0.02": {"learning_rate": 0.02},
    "Muon": MUON,
}
LOOKS = (*range(100, 500, 100), *range(550, 1001, 150), 1250, 1500, *range(2000, 7001, 1000))
WORDS = {**LONG, "block_size": 96}  # more than the number of words in the longest tale
WORDS_STEPS, WORDS_B, KNOWN = 2500, 16, 60
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


# The blocks between embeddings and logits, and the norm after them.
STACKS = {
    "one head": lambda: ([Head(C, C)], nn.Identity()),
    "eight heads": lambda: ([heads()], nn.Identity()),
    "and feed-forward": lambda: ([Plain()], nn.Identity()),
    "and residual connections": lambda: ([Adding()], nn.Identity()),
    "and norms": lambda: ([Norming()], nn.LayerNorm(C)),
    "four without residual or norms": lambda: ([Plain() for _ in range(4)], nn.Identity()),
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


def grown(name, seed):
    """Train one stage of the grown GPT, and score it on windows like those it was trained on."""
    config = TrainConfig(STEPS, learning_rate=0.01, warmup_iters=WARMUP)
    return trained(name, name, seed, config)


def optimized(name, seed):
    """Train four blocks with one of OPTIMIZERS."""
    return trained(name, "four blocks", seed, linear(STEPS, OPTIMIZERS[name]))


def linear(steps, optimizer):
    """A training config in which the learning rates decay linearly, without weight decay."""
    return TrainConfig(steps, warmup_iters=WARMUP, decay="linear", weight_decay=0, **optimizer)


def trained(name, kind, seed, config):
    torch.set_num_threads(1)
    data, _, valid_data, _, _ = texts()
    model = make(kind, seed)
    drawn = batches(data, B, T, torch.Generator().manual_seed(seed))
    start = perf_counter()
    list(train(model, drawn, next_token_loss, config))
    row = {
        "what": name,
        "seed": seed,
        "parameters": sum(p.numel() for p in model.parameters()),
        "seconds": f"{perf_counter() - start:.0f}",
        "loss": f"{evaluate(model, all_batches(valid_data, 64, T)):.4f}",
    }
    print(*row.values(), sep=", ", flush=True)
    return row


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


def in_words(story, tokenizer):
    """The ids (T,) of a story, from start to end, and where each of its words is in its text."""
    places, at = [], 0
    for word in split_words(story.text):
        at = story.text.index(word, at)
        places.append(range(at, at + len(word)))
        at += len(word)
    return torch.tensor([tokenizer.start, *tokenizer.encode(story.text), tokenizer.end]), places


def told_again(story, places):
    """For each place that a story repeats, the words that name it, and those that name it again."""
    for repeat in story.repeats(1):
        if repeat.fact.relation in WHERE:
            yield tuple(
                [i for i, place in enumerate(places) if part.start <= place.start < part.stop]
                for part in (repeat.told, repeat.again)
            )


def looks_back(model, story, tokenizer):
    """Mean weight (N, H) on the words that named a place, where they are to be predicted again."""
    ids, places = in_words(story, tokenizer)
    maps = attention_maps(model, ids[None, :-1])
    weights = np.stack([rows[0] for rows in maps.values()])[..., 1:]  # column i is word i
    pairs = told_again(story, places)
    found = [weights[:, :, again][..., told].sum(-1).mean(-1) for told, again in pairs]
    return np.mean(found, axis=0)


@torch.no_grad()
def nats_of_words(model, story, tokenizer):
    """The model's loss on each word of a story, and last on its end."""
    ids, _ = in_words(story, tokenizer)
    return token_losses(model, (ids[None, :-1], ids[None, 1:]))[0]


def words():
    """Train and save a model with words as tokens, for five minutes; return its scores on the way.

    They are its loss, and the attention weight on the words that it is to repeat.
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
    known = [s for s in stories if any(told_again(s, in_words(s, tokenizer)[1]))][:KNOWN]
    torch.manual_seed(0)
    model = GPT(GPTConfig(tokenizer.vocab_size, **WORDS))
    rows, seconds, start = [], 0.0, perf_counter()
    for step, _ in enumerate(train(model, drawn, next_token_loss, linear(WORDS_STEPS, MUON)), 1):
        if step % 125 == 0:
            seconds += perf_counter() - start
            model.eval()
            nats = sum(nats_of_words(model, s, tokenizer).sum().item() for s in stories)
            look = np.mean([looks_back(model, s, tokenizer) for s in known], axis=0).max()
            rows.append({"step": step, "seconds": f"{seconds:.0f}"})
            rows[-1] |= {"nats_per_tale": f"{nats / len(stories):.3f}", "look": f"{look:.3f}"}
            print(*rows[-1].values(), sep=", ", flush=True)
            start = perf_counter()
    checkpoint.save(HERE / "gpt_words.safetensors", model, tokenizer, WORDS_STEPS)
    return rows


if __name__ == "__main__":
    with ProcessPoolExecutor(2, get_context("spawn")) as pool:
        longest, with_words = pool.submit(long), pool.submit(words)
        parts = [pool.submit(grown, name, seed) for name in [*STACKS, *GPTS] for seed in SEEDS]
        others = [pool.submit(optimized, name, seed) for name in OPTIMIZERS for seed in SEEDS]
        write_csv(HERE / "learned.csv", longest.result())
        write_csv(HERE / "words.csv", with_words.result())
        write_csv(HERE / "grown.csv", [run.result() for run in parts])
        write_csv(HERE / "optimizers.csv", [run.result() for run in others])
