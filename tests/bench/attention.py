"""PyTorch's attention on this CPU in bfloat16 and in float32, forward and backward, by length.

python tests/bench/attention.py

A ratio above 1 means that float32 is faster: `fused_attention` stays in it up to SHORT positions.
"""

import argparse
from functools import partial
from time import process_time

import torch
from timing import ratios, show, spread, take_turns
from torch.nn.functional import scaled_dot_product_attention

from gptlib.attention import SHORT


def both_ways(parts):
    mixed = scaled_dot_product_attention(*parts, is_causal=True)
    torch.autograd.grad(mixed, parts, torch.ones_like(mixed))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="only see that it works")
    args = parser.parse_args()
    torch.set_num_threads(1)
    rows = [("positions", "head_size 32", "head_size 64", "computed in float32")]
    for T in (8, 16) if args.quick else (64, 128, 256, 512, 1024):
        cells = []
        for D in (32, 64):
            parts = [torch.randn(4096 // T, 4, T, D, requires_grad=True) for _ in range(3)]
            low = [part.detach().bfloat16().requires_grad_() for part in parts]
            calls = {"float32": partial(both_ways, parts), "bfloat16": partial(both_ways, low)}
            taken = take_turns(calls, 2 if args.quick else 9, clock=process_time)
            cells.append(spread(ratios(taken["bfloat16"], taken["float32"])))
        rows.append((str(T), *cells, "yes" if T < SHORT else "no"))
    show("Time in bfloat16, as a multiple of that in float32, of 4,096 positions, 4 heads", *rows)


if __name__ == "__main__":
    main()
