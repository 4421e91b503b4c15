"""What 8-bit weights cost in quality: two of the course's models, before and after `quantize`.

python tests/bench/eight_bits.py

Losses are in nats per token, on tales that the models have not seen. The divergence is KL(p, q), in
nats and on average, p the probabilities of the next token with 32-bit weights and q those with
8-bit weights. Small models say nothing about large ones, in which few weights can be very large.
"""

import argparse
from copy import deepcopy
from pathlib import Path

import torch
from timing import show
from torch.nn.utils.rnn import pad_sequence

from gptlib import checkpoint
from gptlib.data import IGNORE, load_split
from gptlib.inference import quantize

MODELS = Path(__file__).parents[2] / "notebooks" / "experiments"
LEADS = {"tales/model.safetensors": "\n", "gpt.safetensors": "\n\n"}  # what each tale came after


def batches(tales, lead, tokenizer):
    """The tales as idx and targets, a hundred at a time."""
    first = len(tokenizer.encode(lead))
    for n in range(0, len(tales), 100):
        rows = [torch.tensor(tokenizer.encode(f"{lead}{tale}\n")) for tale in tales[n : n + 100]]
        targets = pad_sequence([row[1:] for row in rows], True, IGNORE)
        targets[:, : first - 1] = IGNORE
        yield pad_sequence([row[:-1] for row in rows], True), targets


@torch.no_grad()
def compare(point, tales, lead):
    """The losses of both, their divergence, and how often their likeliest tokens differ."""
    models = point.model, quantize(deepcopy(point.model))
    losses, divergence, differ, asked = [0.0, 0.0], 0.0, 0, 0
    for idx, targets in batches(tales, lead, point.tokenizer):
        there = targets != IGNORE
        p, q = (model(idx)[there].log_softmax(-1) for model in models)
        for k, log_p in enumerate((p, q)):
            losses[k] -= log_p.gather(-1, targets[there][:, None]).sum().item()
        divergence += (p.exp() * (p - q)).sum().item()
        differ += (p.argmax(-1) != q.argmax(-1)).sum().item()
        asked += there.sum().item()
    return losses[0] / asked, losses[1] / asked, divergence / asked, differ / asked


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="only see that it works")
    args = parser.parse_args()
    torch.set_num_threads(1)
    tales = load_split("tales")[1].strip().split("\n\n")[: 5 if args.quick else None]
    rows = [("", "loss, 32 bits", "loss, 8 bits", "divergence", "other likeliest token")]
    for name, lead in LEADS.items():
        point = checkpoint.load(MODELS / name)
        before, after, divergence, differ = compare(point, tales, lead)
        losses = f"{before:.4f}", f"{after:.4f}"
        rows.append((name, *losses, f"{divergence:.6f}", f"{differ:.2%}"))
    show("8-bit weights, on the validation tales", *rows)


if __name__ == "__main__":
    main()
