"""What a training step costs: ours, nanoGPT's and transformers', in turns and on one thread.

NANOGPT=folder python tests/bench/step.py

Each takes steps as its own users would, on the same batches; compared with a peer, ours is the
same model as the peer. Without NANOGPT, a checkout of nanoGPT, only transformers is compared. Times
are CPU times: on one thread, the elapsed time without that of other programs. A ratio above 1 means
that ours is faster.
"""

import argparse
import subprocess
import sys
from dataclasses import asdict, dataclass, replace
from functools import partial
from itertools import cycle, islice
from pathlib import Path
from time import process_time

import nanogpt
import torch
from timing import between, ratios, show, spread, take_turns
from torch import nn


@dataclass(frozen=True)
class Sizes:
    n_layer: int
    n_head: int
    n_embd: int
    block_size: int
    vocab_size: int = 65


@dataclass(frozen=True)
class Comparison:
    sizes: Sizes
    B: int
    turns: int
    each: int  # steps in a turn
    pairs: tuple[tuple[str, str, float | None], ...]  # ours, the peer, and the ratio to reach


# nanoGPT's model for a CPU, and its "baby GPT".
COMPARISONS = {
    "small": Comparison(
        Sizes(4, 4, 128, 64),
        B=12,
        turns=30,
        each=10,
        pairs=(
            ("ours", "nanoGPT", 1.0),
            ("ours, compiled", "nanoGPT", 1.05),
            ("ours, bfloat16", "nanoGPT", 1.4),
            ("ours, bfloat16, compiled", "nanoGPT", 1.55),
            ("ours, as GPT-2", "transformers", 1.2),
            ("ours, as GPT-2, bfloat16", "transformers, bfloat16", None),
        ),
    ),
    "baby": Comparison(
        Sizes(6, 6, 384, 256), B=64, turns=5, each=1, pairs=(("ours, bfloat16", "nanoGPT", 1.8),)
    ),
}


def ours(sizes, batches, like, dtype="float32", compiled=False):
    from gptlib.config import GPTConfig, TrainConfig  # here: not in a peer's memory too
    from gptlib.gpt import GPT
    from gptlib.train import next_token_loss, train

    # nanoGPT trains without biases, and its GELU is the exact one.
    theirs = {"bias": False, "attn_bias": False, "activation": "gelu"}
    function = theirs if like == "nanoGPT" else {}
    model = GPT(GPTConfig(**asdict(sizes), dropout=0.0, **function))
    if compiled:
        model.compile()
    config = TrainConfig(max_iters=10**6, dtype=dtype)
    return model, train(model, batches, next_token_loss, config)


def nanogpt_peer(sizes, batches):
    model = nanogpt.make(**asdict(sizes), dropout=0.0, bias=False)
    return model, nanogpt_steps(model, batches)


def nanogpt_steps(model, batches):
    """Steps as nanoGPT's train.py takes them on a CPU."""
    optimizer = nanogpt.optimizer(model)
    for idx, targets in batches:
        _, loss = model(idx, targets)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), nanogpt.CLIP)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        yield loss.item()


def transformers_peer(sizes, batches, dtype="float32"):
    from transformers import GPT2Config, GPT2LMHeadModel  # here, as it takes seconds

    config = GPT2Config(
        n_layer=sizes.n_layer,
        n_head=sizes.n_head,
        n_embd=sizes.n_embd,
        n_positions=sizes.block_size,
        vocab_size=sizes.vocab_size,
        resid_pdrop=0.0,
        embd_pdrop=0.0,
        attn_pdrop=0.0,
        use_cache=False,  # of no use in training, and slower
        bos_token_id=0,
        eos_token_id=0,
    )
    model = GPT2LMHeadModel(config)
    model.loss_type = "ForCausalLM"  # its default too, but that comes with a warning
    return model, transformers_steps(model.train(), batches, dtype == "bfloat16")


def transformers_steps(model, batches, low):
    """Steps as transformers' Trainer takes them: fused AdamW, and the model shifts the labels."""
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, fused=True)
    for idx, _ in batches:
        with torch.autocast("cpu", torch.bfloat16, enabled=low):
            loss = model(idx, labels=idx).loss
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
        yield loss.item()


MAKERS = {
    "nanoGPT": nanogpt_peer,
    "transformers": transformers_peer,
    "transformers, bfloat16": partial(transformers_peer, dtype="bfloat16"),
    "ours": partial(ours, like="nanoGPT"),
    "ours, compiled": partial(ours, like="nanoGPT", compiled=True),
    "ours, bfloat16": partial(ours, like="nanoGPT", dtype="bfloat16"),
    "ours, bfloat16, compiled": partial(ours, like="nanoGPT", dtype="bfloat16", compiled=True),
    "ours, as GPT-2": partial(ours, like="transformers"),
    "ours, as GPT-2, bfloat16": partial(ours, like="transformers", dtype="bfloat16"),
}


def make(name, comparison):
    """A model, and its steps: an iterator that yields the loss before each."""
    torch.manual_seed(0)
    B, T, V = comparison.B, comparison.sizes.block_size, comparison.sizes.vocab_size
    ids = torch.randint(V, (10, B, T + 1))
    batches = [(rows[:, :-1].contiguous(), rows[:, 1:].contiguous()) for rows in ids]
    return MAKERS[name](comparison.sizes, cycle(batches))


def peak_mebibytes():
    """The peak memory of this process so far."""
    status = Path("/proc/self/status")
    if status.exists():  # on Linux, getrusage also counts the process that started this one
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) / 1024
    import resource  # not on Windows

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def memory_of(name, of, times):
    """Its peaks in separate processes, each of which imports what it needs and takes some steps."""
    command = [sys.executable, __file__, *sys.argv[1:], "--memory", of, name]
    run = partial(subprocess.run, command, check=True, stdout=subprocess.PIPE, text=True)
    return [float(run().stdout) for _ in range(times)]


def compare(of, comparison, quick):
    names = list(dict.fromkeys(name for ours, peer, _ in comparison.pairs for name in (peer, ours)))
    made = {name: make(name, comparison) for name in names}
    count = {name: sum(p.numel() for p in model.parameters()) for name, (model, _) in made.items()}
    for name, peer, _ in comparison.pairs:
        assert count[name] == count[peer], f"{name} is not the model that {peer} is"
    calls = {name: partial(next, steps) for name, (_, steps) in made.items()}
    taken = take_turns(calls, comparison.turns, comparison.each, process_time)

    sizes = ", ".join(f"{key} {value}" for key, value in asdict(comparison.sizes).items())
    rows = [("", "parameters", "CPU ms per step", "peak MiB")]
    for name, seconds in taken.items():
        ms = spread([1000 * s for s in seconds], 1)
        if quick and name != names[-1]:  # one shows that it works
            peaks = ""
        else:
            peaks = spread(memory_of(name, of, 1 if quick else 3), 0)
        rows.append((name, f"{count[name]:,}", ms, peaks))
    show(f"A training step: {sizes}, batch_size {comparison.B}", *rows)
    rows = [("", "median (range)", "95% interval of the median", "to reach")]
    for name, peer, least in comparison.pairs:
        faster = ratios(taken[peer], taken[name])
        goal = "" if least is None else f"{least:.2f}"
        rows.append((f"{name}, to {peer}", spread(faster), between(faster), goal))
    show(f"How many times faster, in {comparison.turns} turns of {comparison.each}", *rows)


def chosen(of, args):
    """The comparison, without peers that are missing, and smaller if it is to be quick."""
    comparison = COMPARISONS[of]
    pairs = [p for p in comparison.pairs if nanogpt.CHECKOUT or p[1] != "nanoGPT"]
    comparison = replace(comparison, pairs=tuple(pairs))
    if of == "baby":
        comparison = replace(comparison, B=args.baby_batch)
    if args.quick:
        pairs = [p for p in pairs if "compiled" not in p[0]]
        tiny = Sizes(1, 2, 16, 8)
        comparison = Comparison(tiny, B=2, turns=2, each=2, pairs=tuple(pairs))
    return comparison


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="only see that it works")
    parser.add_argument("--baby-batch", type=int, default=64, help="fewer, if 64 take too long")
    parser.add_argument("--only", choices=COMPARISONS, help="one of the two")
    parser.add_argument("--memory", nargs=2, help=argparse.SUPPRESS)
    args = parser.parse_args()
    torch.set_num_threads(1)
    if args.memory:
        of, name = args.memory
        comparison = chosen(of, args)
        _, steps = make(name, comparison)
        list(islice(steps, 5 if comparison.each > 1 else 2))
        print(peak_mebibytes())
        return
    if not nanogpt.CHECKOUT:
        print(nanogpt.MISSING)
    can = [name for name in ("avx512_bf16", "amx_bf16") if torch.cpu.get_capabilities().get(name)]
    print(f"one thread; for bfloat16 this CPU has {' and '.join(can) or 'no instructions'}")
    for of in [args.only] if args.only else COMPARISONS:
        comparison = chosen(of, args)
        if comparison.pairs:
            compare(of, comparison, args.quick)


if __name__ == "__main__":
    main()
