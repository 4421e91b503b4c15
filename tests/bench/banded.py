"""Attention to a band of the last tokens beside attention to all of them, forward and backward.

python tests/bench/banded.py
"""

import argparse
from functools import partial
from time import process_time

import torch
from timing import ratios, show, spread, take_turns

from gptlib.attention import banded_attention, banded_mask, fused_attention


def both_ways(attend, parts):
    mixed = attend(*parts)
    torch.autograd.grad(mixed, parts, torch.ones_like(mixed))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="only see that it works")
    args = parser.parse_args()
    torch.set_num_threads(1)
    T, turns = (64, 2) if args.quick else (4096, 9)
    widths = [T // 2**n for n in range(7, 1, -1) if T // 2**n]
    parts = [torch.randn(1, 4, T, 32, requires_grad=True) for _ in range(3)]
    ways = {"all": partial(fused_attention, causal=True)}
    ways["masked"] = partial(fused_attention, mask=banded_mask(T, widths[-1]))
    ways |= {width: partial(banded_attention, width=width) for width in widths}
    calls = {name: partial(both_ways, attend, parts) for name, attend in ways.items()}
    taken = take_turns(calls, turns, clock=process_time)
    rows = [("band", "blocks", "flash attention to all tokens takes", "a mask of all T x T takes")]
    for width in widths:
        milliseconds = spread([1000 * t for t in taken[width]], 1)
        times = (spread(ratios(taken[name], taken[width])) for name in ("all", "masked"))
        rows.append((str(width), milliseconds + " ms", *times))
    show(f"{T:,} positions, 4 heads of 32 channels; how many times as long as blocks", *rows)


if __name__ == "__main__":
    main()
