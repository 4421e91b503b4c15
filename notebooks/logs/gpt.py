"""Train what notebook 05 quotes: `make runs`, half an hour on two cores, a thread for each run.

It writes, beside this file, grown.csv (a GPT grown part by part, three seeds), learned.csv (what a
quarter of an hour teaches, and when) and gpt.safetensors (the model after it). Losses come back
the same on the same machine; times never do.
"""

from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from multiprocessing import get_context
from pathlib import Path
from time import perf_counter

import torch
import torch.nn.functional as F
from torch import nn

from gptlib import checkpoint
from gptlib.attention import Head, MultiHeadAttention
from gptlib.config import GPTConfig, TrainConfig
from gptlib.data import IGNORE, all_batches, batches, load_split, story_ids
from gptlib.files import write_table
from gptlib.gpt import GPT
from gptlib.layers import FeedForward
from gptlib.positions import LearnedPositions
from gptlib.tokenizer import CharTokenizer
from gptlib.train import evaluate, learning_rate, next_token_loss, train
from gptlib.world import KINDS, kinds, surprisals, tell

HERE = Path(__file__).resolve().parent
SEEDS = (1, 2, 3)
C, T, B, STEPS = 64, 64, 8, 2000
GROWN = {"n_layer": 4, "n_head": 8, "n_embd": C, "block_size": T, "dropout": 0.0, "init_std": 0.07}

LONG = {
    "n_layer": 4,
    "n_head": 8,
    "n_embd": 128,
    "block_size": 416,
    "dropout": 0.0,
    "init_std": 0.05,
}
LONG_STEPS, LONG_B, LONG_WARMUP = 5000, 3, 50
MUON_RATE, ADAMW_RATE = 0.02, 4e-3  # the highest
LOOKS = (100, 200, 300, 400, 500, 600, 700, 850, 1000, 1200, 1500, 2000, 2500, 3000, 4000, 5000)
STORIES = range(1_000_000, 1_000_380)  # the seeds of those to validate


class Stack(nn.Module):
    """Some blocks one after the other between embeddings and logits."""

    def __init__(self, vocab_size, blocks, norm):
        super().__init__()
        self.tok_emb = nn.Embedding(vocab_size, C)
        self.pos_emb = LearnedPositions(T, C)
        self.blocks = nn.Sequential(*blocks)
        self.ln_f = norm
        for name, p in self.named_parameters():
            if p.dim() > 1:
                nn.init.normal_(p, std=GROWN["init_std"])
            elif name.endswith("bias"):
                nn.init.zeros_(p)

    def forward(self, idx):
        x = self.blocks(self.tok_emb(idx) + self.pos_emb(idx.shape[1]))
        return F.linear(self.ln_f(x), self.tok_emb.weight)


def heads():
    return MultiHeadAttention(C, GROWN["n_head"], causal=True, bias=True)


class Plain(nn.Module):
    """Look, then think; what was there is lost."""

    def __init__(self):
        super().__init__()
        self.attn = heads()
        self.mlp = FeedForward(GPTConfig(vocab_size=1, **GROWN))

    def forward(self, x):
        return self.mlp(self.attn(x))


class Adding(Plain):
    """What was there stays, and what layers find is added to it."""

    def forward(self, x):
        x = x + self.attn(x)
        return x + self.mlp(x)


class Norming(Plain):
    """What layers get is normed first."""

    def __init__(self):
        super().__init__()
        self.ln_1, self.ln_2 = nn.LayerNorm(C), nn.LayerNorm(C)

    def forward(self, x):
        x = x + self.attn(self.ln_1(x))
        return x + self.mlp(self.ln_2(x))


# What stands between embeddings and logits, and what norms the sum of it.
STACKS = {
    "one head": lambda: ([Head(C, C, causal=True)], nn.Identity()),
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
    """The ids to train on, those to validate, where stories start in these, and the tokenizer."""
    train_text, valid_text = load_split("tales")
    tokenizer = CharTokenizer(train_text)
    data, _ = story_ids(train_text, tokenizer)
    return data, *story_ids(valid_text, tokenizer), tokenizer


def make(name, seed):
    V = texts()[-1].vocab_size
    torch.manual_seed(seed)
    if name in GPTS:
        return GPT(GPTConfig(V, **GROWN | GPTS[name]))
    return Stack(V, *STACKS[name]())


def grown(name, seed):
    """Train a model that has grown so far, and ask it for windows like those it was trained on."""
    torch.set_num_threads(1)
    data, valid_data, _, _ = texts()
    model = make(name, seed)
    drawn = batches(data, B, T, torch.Generator().manual_seed(seed))
    config = TrainConfig(max_iters=STEPS, learning_rate=0.01, warmup_iters=50)
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
    return [row]


@torch.no_grad()
def excess_by_kind(model, stories, certain):
    """Nats per story by which model's loss is above the perfect predictor's, for each kind."""
    _, valid_data, starts, _ = texts()
    losses = []
    for idx, targets in all_batches(valid_data, 20, LONG["block_size"], starts):
        nats = F.cross_entropy(model(idx).mT, targets, ignore_index=IGNORE, reduction="none")
        losses.append(nats[targets != IGNORE])
    losses = torch.cat(losses)
    excess = Counter()
    each = losses.split([len(story.text) for story in stories])
    for story, mine, best in zip(stories, each, certain, strict=True):
        for kind, a, b in zip(kinds(story, best), mine.tolist(), best, strict=True):
            excess[kind] += (a - b) / len(stories)
    return excess, losses.mean().item()


def long_steps(model):
    """Train model with Muon (Jordan et al., 2024); yields the loss of each step.

    A step of Muon is the momentum of a matrix's gradient, made as near to a rotation as five
    Newton-Schulz iterations make it. So it is for the matrices inside blocks, and AdamW does the
    rest. PyTorch's has a weight decay of 0.1 unless told, and takes larger steps, by
    sqrt(rows / columns), for matrices that are higher than wide.
    """
    data = texts()[0]
    drawn = batches(data, LONG_B, LONG["block_size"], torch.Generator().manual_seed(0))
    matrices = [p for p in model.blocks.parameters() if p.dim() == 2]
    others = [p for p in model.parameters() if all(p is not matrix for matrix in matrices)]
    muon = torch.optim.Muon(matrices, lr=MUON_RATE, weight_decay=0, adjust_lr_fn="original")
    adamw = torch.optim.AdamW(others, lr=ADAMW_RATE, betas=(0.9, 0.95), weight_decay=0)
    fall = TrainConfig(LONG_STEPS, learning_rate=1, warmup_iters=LONG_WARMUP, decay="linear")
    for step, batch in zip(range(LONG_STEPS), drawn, strict=False):
        model.train()
        for optimizer, rate in ((muon, MUON_RATE), (adamw, ADAMW_RATE)):
            for group in optimizer.param_groups:
                group["lr"] = rate * learning_rate(step, fall)
        loss = next_token_loss(model, batch)
        model.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        muon.step()
        adamw.step()
        yield loss.item()


def long():
    """Train a larger model for a quarter of an hour; what it knows on the way, and itself."""
    torch.set_num_threads(1)
    tokenizer = texts()[-1]
    stories = [tell(seed) for seed in STORIES]
    certain = [surprisals(story.text) for story in stories]
    torch.manual_seed(0)
    model = GPT(GPTConfig(tokenizer.vocab_size, **LONG))
    rows, seconds, start = [], 0.0, perf_counter()
    for step, _ in enumerate(long_steps(model), 1):
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


if __name__ == "__main__":
    with ProcessPoolExecutor(2, get_context("spawn")) as pool:
        longest = pool.submit(long)  # first, so that the short ones fill the time beside it
        short = [pool.submit(grown, name, seed) for name in [*STACKS, *GPTS] for seed in SEEDS]
        write_table(HERE / "learned.csv", longest.result())
        write_table(HERE / "grown.csv", [row for run in short for row in run.result()])
