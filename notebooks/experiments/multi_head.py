"""Train the models that notebook 03 quotes, and measure what attention costs.

Each kind of attention is trained with seed 1 at three learning rates, and with seeds 2 and 3 at the
best of them; a seed has parameters and batches of its own. Part of `make experiments`: a quarter of
an hour, one thread. It writes, beside this file, multi_head.csv and attention_cost.csv. Losses are
reproducible on the same machine; times are not.
"""

from functools import cache, partial
from itertools import islice
from pathlib import Path
from statistics import median
from time import perf_counter

import torch
from torch import nn
from torch.autograd.graph import saved_tensors_hooks

from gptlib.atomic_files import write_csv
from gptlib.attention import MultiHeadAttention, attention, causal_mask, fused_attention
from gptlib.attention_only import AttentionOnly
from gptlib.config import TrainConfig
from gptlib.data import all_batches, batches, load_split, story_ids
from gptlib.narrow import NarrowAttention
from gptlib.positions import SinusoidalPositions
from gptlib.tokenizer import CharTokenizer
from gptlib.train import evaluate, next_token_loss, train

HERE = Path(__file__).resolve().parent
C, T = 64, 64
STEPS, RATES, SEEDS = 1000, (0.015, 0.03, 0.06), (1, 2, 3)


def without_proj():
    attn = MultiHeadAttention(C, 8)
    attn.proj = nn.Identity()
    return attn


LOOKS = {
    **{f"standard, {H}": partial(MultiHeadAttention, C, H) for H in (1, 2, 4, 8, 16)},
    "narrow, shared, 8": partial(NarrowAttention, C, 8, shared=True),
    "narrow, 8": partial(NarrowAttention, C, 8),
    "wide, 8": partial(MultiHeadAttention, C, 8, head_size=C),
    "without proj": without_proj,
    "dropout 0.1": partial(MultiHeadAttention, C, 8, dropout=0.1),
    "dropout 0.3": partial(MultiHeadAttention, C, 8, dropout=0.3),
}
SAME_TIME = ("narrow, shared, 8", "narrow, 8", "wide, 8")  # in that of standard, 8

train_text, valid_text = load_split("tales")
tokenizer = CharTokenizer(train_text)
data, _ = story_ids(train_text, tokenizer)
valid_data, _ = story_ids(valid_text, tokenizer)


def make(name, seed):
    torch.manual_seed(seed)
    return AttentionOnly(tokenizer.vocab_size, C, LOOKS[name](), SinusoidalPositions(T, C))


def steps(model, seed, rate, max_iters):
    config = TrainConfig(max_iters=max_iters, learning_rate=rate, warmup_iters=50, decay="linear")
    windows = batches(data, 16, T, torch.Generator().manual_seed(seed))
    return train(model, windows, next_token_loss, config)


@cache
def loss_after(name, seed, rate, max_iters):
    model = make(name, seed)
    list(steps(model, seed, rate, max_iters))
    return evaluate(model, all_batches(valid_data, 64, T))


def milliseconds_per_step(rounds=15, each=20):
    """Median over rounds in which all take turns, so that a slow spell slows all of them."""
    running = {name: steps(make(name, 0), 0, 0.03, (rounds + 1) * each) for name in LOOKS}
    taken = {name: [] for name in LOOKS}
    for turn in range(rounds + 1):
        for name, training in running.items():
            start = perf_counter()
            list(islice(training, each))
            if turn > 0:  # the first warms up
                taken[name].append(1000 * (perf_counter() - start) / each)
    return {name: median(times) for name, times in taken.items()}


def runs_of(name, max_iters):
    """The rate and the seed of each run: three rates, then two more seeds at the best."""
    best = min(RATES, key=lambda rate: loss_after(name, SEEDS[0], rate, max_iters))
    return [(rate, SEEDS[0]) for rate in RATES] + [(best, seed) for seed in SEEDS[1:]]


def losses(ms):
    """Train all; ms: name -> the milliseconds of a step."""
    for name, look in LOOKS.items():
        lengths = {"1,000 steps": STEPS}
        if name in SAME_TIME:
            lengths["same time"] = round(STEPS * ms["standard, 8"] / ms[name])
        for run, max_iters in lengths.items():
            for rate, seed in runs_of(name, max_iters):
                yield {
                    "look": name,
                    "parameters": sum(p.numel() for p in look().parameters()),
                    "ms_per_step": f"{ms[name]:.2f}",
                    "run": run,
                    "steps": max_iters,
                    "rate": rate,
                    "seed": seed,
                    "loss": f"{loss_after(name, seed, rate, max_iters):.4f}",
                }


def kept_for_backward(form, q, k, v):
    """Bytes that a forward pass keeps until the backward pass, q, k and v not counted."""
    given = {tensor.data_ptr() for tensor in (q, k, v)}
    kept = {}

    def keep(tensor):
        if tensor.data_ptr() not in given:
            kept[tensor.data_ptr()] = tensor.untyped_storage().nbytes()
        return tensor

    with saved_tensors_hooks(keep, lambda tensor: tensor):
        form(q, k, v)
    return sum(kept.values())


FORMS = {
    "readable": lambda q, k, v: attention(q, k, v, causal_mask(q.shape[-2]))[0],
    "fused": lambda q, k, v: fused_attention(q, k, v, causal=True),
}


def costs(lengths=(64, 128, 256, 512, 1024, 2048, 4096), H=8, D=64, rounds=9):
    for length in lengths:
        torch.manual_seed(0)
        q, k, v = (torch.randn(1, H, length, D, requires_grad=True) for _ in range(3))
        taken = {(name, what): [] for name in FORMS for what in ("forward", "both")}
        for turn in range(rounds + 1):
            for name, form in FORMS.items():
                start = perf_counter()
                out = form(q, k, v)
                middle = perf_counter()
                out.sum().backward()
                if turn > 0:
                    taken[name, "forward"].append(1000 * (middle - start))
                    taken[name, "both"].append(1000 * (perf_counter() - start))
        for name, form in FORMS.items():
            yield {
                "form": name,
                "T": length,
                "forward_ms": f"{median(taken[name, 'forward']):.3f}",
                "both_ms": f"{median(taken[name, 'both']):.3f}",
                "both_ms_least": f"{min(taken[name, 'both']):.3f}",
                "both_ms_most": f"{max(taken[name, 'both']):.3f}",
                "kept_bytes": kept_for_backward(form, q, k, v),
            }


if __name__ == "__main__":
    torch.set_num_threads(1)
    write_csv(HERE / "attention_cost.csv", costs())
    write_csv(HERE / "multi_head.csv", losses(milliseconds_per_step()))
