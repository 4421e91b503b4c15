"""Train the attention-only models that notebook 02 compares.

Each is trained with seed 1 at five learning rates, and with seeds 2 and 3 at the best of them; a
seed has parameters and batches of its own. Part of `make experiments`: six minutes, one thread. It
writes self_attention.csv beside this file. Losses are reproducible on the same machine.
"""

import math
from functools import cache
from pathlib import Path

import torch
from torch import nn

from gptlib.atomic_files import write_csv
from gptlib.attention import Head, causal_mask
from gptlib.attention_only import AttentionOnly
from gptlib.config import TrainConfig
from gptlib.data import all_batches, batches, load_split, story_ids
from gptlib.positions import LearnedPositions, SinusoidalPositions
from gptlib.tokenizer import CharTokenizer
from gptlib.train import evaluate, next_token_loss, train

HERE = Path(__file__).resolve().parent
C, T = 64, 416
RATES, SEEDS = (0.015, 0.03, 0.06, 0.12, 0.24), (1, 2, 3)

train_text, valid_text = load_split("tales")
tokenizer = CharTokenizer(train_text)
data, starts = story_ids(train_text, tokenizer)
valid_data, valid_starts = story_ids(valid_text, tokenizer)


class Average(nn.Module):
    """The mean of the values so far."""

    def __init__(self):
        super().__init__()
        self.value = nn.Linear(C, C, bias=False)

    def forward(self, x, causal):
        past = causal_mask(x.shape[1]).float()
        return past / past.sum(dim=1, keepdim=True) @ self.value(x)


class Without(Head):
    """A head in which x takes the place of its own image under the maps named."""

    def __init__(self, *maps, divided=True):
        super().__init__(C, C)
        for name in maps:
            setattr(self, name, nn.Identity())
        self.times = 1 if divided else math.sqrt(C)

    def forward(self, x, causal):
        q = self.query(x) * self.times
        return self.attention(q, self.key(x), self.value(x), causal=causal)


def learned(std):
    positions = LearnedPositions(T, C)
    nn.init.normal_(positions.table, std=std)
    return positions


def waves():
    return SinusoidalPositions(T, C)


# What looks back, and the positions.
MODELS = {
    "average": lambda: (Average(), None),
    "no positions": lambda: (Head(C, C), None),
    "learned, 0.02": lambda: (Head(C, C), learned(0.02)),
    "learned, 0.25": lambda: (Head(C, C), learned(0.25)),
    "learned, 0.71": lambda: (Head(C, C), learned(0.5**0.5)),
    "waves": lambda: (Head(C, C), waves()),
    "no query and key": lambda: (Without("query", "key"), waves()),
    "no value": lambda: (Without("value"), waves()),
    "none of the three": lambda: (Without("query", "key", "value"), waves()),
    "not divided": lambda: (Without(divided=False), waves()),
}


def make(name, seed):
    torch.manual_seed(seed)
    attn, pos_emb = MODELS[name]()
    return AttentionOnly(tokenizer.vocab_size, C, attn, pos_emb)


@cache
def loss_after(name, seed, rate):
    model = make(name, seed)
    config = TrainConfig(max_iters=300, learning_rate=rate, warmup_iters=20)
    windows = batches(data, 4, T, torch.Generator().manual_seed(seed), starts)
    list(train(model, windows, next_token_loss, config))
    return evaluate(model, all_batches(valid_data, 64, T, valid_starts))


def losses():
    for name in MODELS:
        best = min(RATES, key=lambda rate: loss_after(name, SEEDS[0], rate))
        for rate, seed in [(rate, SEEDS[0]) for rate in RATES] + [(best, s) for s in SEEDS[1:]]:
            loss = f"{loss_after(name, seed, rate):.4f}"
            print(name, rate, seed, loss, flush=True)
            yield {"model": name, "rate": rate, "seed": seed, "loss": loss}


if __name__ == "__main__":
    torch.set_num_threads(1)
    write_csv(HERE / "self_attention.csv", losses())
