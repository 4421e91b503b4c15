"""Draw every picture in this folder: `make images`.

The same versions of the libraries draw the same bytes.
"""

import math
from functools import partial
from pathlib import Path

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import torch
from matplotlib.figure import Figure
from torch.testing import assert_close

from gptlib import plot
from gptlib.attention import (
    MultiHeadAttention,
    attention,
    attention_maps,
    banded_mask,
    causal_mask,
    padding_mask,
)
from gptlib.config import GPTConfig, TransformerConfig
from gptlib.gpt import GPT
from gptlib.layers import ACTIVATIONS, Block
from gptlib.narrow import NarrowAttention
from gptlib.task_inputs import TRANSFORMATIONS, Special
from gptlib.transformer import Transformer
from gptlib.world import surprisals, tell

STOPS = [
    "start here",
    "bigram",
    "self-attention",
    "multi-head",
    "Transformer",
    "decoder-only",
    "inside",
    "tokens",
    "GPT-1",
    "GPT-2",
    "GPT-3",
    "InstructGPT",
    "ChatGPT",
]
TALE_SEED = 39  # of the story in course.png
HEADS_SEED = 3  # of parameters that give the heads clearly different weights
MAPS_SEED = 51  # of projections that can be told apart
GPT_SEED = 0  # of a GPT whose two heads have clearly different weights


def course() -> list[Figure]:
    """The README's picture: the way from the first stop to the last, and what it starts from."""
    text = tell(TALE_SEED).text
    return [plot.course_map(STOPS, lit=0), plot.surprise(text, surprisals(text))]


def attention_steps() -> dict:
    """Attention on the four words of notebook 02, step by step."""
    q = torch.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [2.0, 1.0]])  # (T, D)
    k = torch.tensor([[0.0, 2.0], [1.0, 0.0], [2.0, 0.0], [0.0, 0.0]])  # (S, D)
    v = torch.tensor([[1.0, 0.0], [0.0, 1.0], [0.0, 3.0], [0.0, 0.0]])  # (S, D)
    mask = causal_mask(4)
    mixed, weights = attention(q, k, v, mask)
    products = q @ k.T
    scores = products / math.sqrt(2)
    assert_close(scores.masked_fill(~mask, -math.inf).softmax(dim=1), weights)
    assert_close(weights @ v, mixed)
    return {
        "names": ["Milo", "hedgehog", "Domino", "shouted"],
        "vectors": {"q": q, "k": k, "v": v},
        "products": products,
        "scores": scores,
        "mask": mask,
        "weights": weights,
        "mixed": mixed,
    }


@torch.no_grad()
def multi_head() -> dict:
    """What goes into and comes out of the parts of a MultiHeadAttention, in one forward pass."""
    torch.manual_seed(HEADS_SEED)
    module = MultiHeadAttention(n_embd=8, n_head=4)
    for part in (module.query, module.key):
        part.weight *= 4  # or all heads would have much the same attention weights
    gets, gives = {}, {}

    def keep(name, _, inputs, output):
        gets[name], gives[name] = inputs, output

    for name, part in module.named_children():
        part.register_forward_hook(partial(keep, name))
    x = torch.randn(1, 5, 8)
    out, mask = module(x, causal=True), causal_mask(5)
    return {
        "x": x,
        "maps": {"q": gives["query"], "k": gives["key"], "v": gives["value"]},
        "slices": dict(zip("qkv", gets["attention"][:3], strict=True)),
        "weights": attention_maps(module, x, None, mask)["attention"],
        "mask": mask,
        "mixed": gives["attention"],
        "joined": gets["proj"][0],
        "out": out,
    }


def masks() -> dict[str, tuple[torch.Tensor, list[str], str]]:
    """Each mask with its tokens, and what it means."""
    places = [str(t) for t in range(6)]
    idx = torch.tensor([[5, 2, 7, 3, 0, 0]])
    tokens = [str(i) for i in idx[0].tolist()]
    causal, padded = causal_mask(6), padding_mask(idx, pad=0)[0].expand(6, 6)
    return {
        "causal": (causal, places, "Nobody looks at\nwhat comes later."),
        "banded, width 3": (
            banded_mask(6, width=3),
            places,
            "At the last 3 only,\nitself included.",
        ),
        "padded": (padded, tokens, "Nobody looks at 0,\nwhich fills a short row."),
        "causal & padded": (causal & padded, tokens, "Both at once: only\nwhat both allow."),
    }


def head_maps() -> dict:
    """Four kinds of attention: their query projections, and their parameters for q, k and v."""

    def kinds(C, H):
        return {
            "narrow, shared": NarrowAttention(C, H, shared=True),
            "narrow": NarrowAttention(C, H),
            "standard": MultiHeadAttention(C, H),
            "wide": MultiHeadAttention(C, H, head_size=C),
        }

    def count(module):
        parts = (module.query, module.key, module.value)
        return sum(parameter.numel() for part in parts for parameter in part.parameters())

    torch.manual_seed(MAPS_SEED)
    one_by_one = torch.eye(8)[None]  # row c is channel c alone
    with torch.no_grad():
        maps = {name: module.query(one_by_one)[0] for name, module in kinds(8, 4).items()}
    return {
        "maps": maps,
        "n_head": 4,
        "counted": {name: count(module) for name, module in kinds(256, 8).items()},
        "at": "C = 256, H = 8",
    }


def calls(module, *inputs, **named) -> list[str]:
    """The parts of a module in the order in which it calls them."""
    called = []
    hooks = [
        part.register_forward_hook(lambda *_, name=name: called.append(name))
        for name, part in module.named_children()
    ]
    module(*inputs, **named)
    for hook in hooks:
        hook.remove()
    return called


@torch.no_grad()
def encoder_decoder() -> dict:
    """What goes into and out of the parts of a small Transformer; the first source is padded."""
    config = TransformerConfig(vocab_size=30, block_size=8, n_layer=2, n_head=2, n_embd=16)
    model = Transformer(config).eval()
    src, idx = torch.tensor([[7, 21, 4, 2, 0, 0], [9, 5, 28, 6, 13, 2]]), torch.ones(2, 5).long()
    gets, gives = {}, {}

    def keep(name, _, inputs, output):
        gets[name], gives[name] = inputs, output

    for name, part in model.named_modules():
        part.register_forward_hook(partial(keep, name))
    model(src, idx)
    memory = gives["ln_memory"]
    maps = attention_maps(model, src, idx)
    looked = {
        "encoder": maps["encoder.0.attn.attention"],
        "decoder": maps["decoder.0.attn.attention"],
        "cross": maps["decoder.0.cross.attention"],
    }
    return {
        "arrays": {
            "src": src,
            "read": gets["encoder.0"][0],
            "memory": memory,
            "idx": idx,
            "written": gets["decoder.0"][0],
            "logits": gives[""],
            "table": model.tok_emb.weight,
        },
        "orders": {
            "encoder": calls(model.encoder[0], memory),
            "decoder": calls(model.decoder[0], gives["ln_f"], memory=memory),
        },
        # Only masked weights are 0.
        "masks": {name: weights[0, 0] > 0 for name, weights in looked.items()},
        "n_layer": len(model.encoder),
    }


def block_orders() -> dict[str, list[str]]:
    """The order in which a block calls its parts, post-norm and pre-norm."""
    orders = {}
    for norm in ("post", "pre"):
        config = TransformerConfig(vocab_size=30, n_head=2, n_embd=16, norm=norm)
        orders[f"{norm}-norm"] = calls(Block(config), torch.zeros(1, 5, 16))
    return orders


@torch.no_grad()
def small_gpt() -> tuple[GPT, dict, dict, dict]:
    """A small GPT, its parts' inputs and outputs in a forward pass, and its attention weights."""
    torch.manual_seed(GPT_SEED)
    config = GPTConfig(
        30, block_size=8, n_layer=3, n_head=2, n_embd=6, activation="gelu", init_std=0.6
    )
    model = GPT(config).eval()
    gets, gives = {}, {}

    def keep(name, _, inputs, output):
        gets[name], gives[name] = inputs, output

    for name, part in model.named_modules():
        part.register_forward_hook(partial(keep, name))
    idx = torch.tensor([[9, 5, 28, 6, 13]])
    maps = attention_maps(model, idx)
    return model, gets, gives, maps


@torch.no_grad()
def gpt() -> dict:
    """What goes into and out of the parts of a small GPT, and the order of a block's parts."""
    model, gets, gives, maps = small_gpt()
    return {
        "arrays": {
            "idx": gets[""][0],
            "positions": gives["pos_emb"],
            "embedded": gets["blocks.0"][0],
            "stream": gives["blocks.2"],
            "logits": gives[""],
            "table": model.tok_emb.weight,
        },
        "order": calls(model.blocks[0], gets["blocks.0"][0]),
        # Only masked weights are 0.
        "mask": maps["blocks.0.attn.attention"][0, 0] > 0,
        "n_layer": len(model.blocks),
    }


@torch.no_grad()
def gpt_attention() -> dict:
    """The arrays in the first attention layer of a small GPT."""
    _, gets, gives, maps = small_gpt()
    name = "blocks.0.attn"
    q, k, v = gets[f"{name}.attention"][:3]
    mask = maps[f"{name}.attention"][0, 0] > 0
    scores = q @ k.mT / math.sqrt(q.shape[-1])
    weights = scores.masked_fill(~torch.tensor(mask), -math.inf).softmax(-1)
    assert_close(weights.numpy(), maps[f"{name}.attention"].astype(np.float32))
    return {
        "x": gets[name][0],
        "maps": {
            "q": gives[f"{name}.query"],
            "k": gives[f"{name}.key"],
            "v": gives[f"{name}.value"],
        },
        "slices": {"q": q, "k": k, "v": v},
        "scores": scores,
        "mask": mask,
        "weights": weights,
        "mixed": gives[f"{name}.attention"],
        "joined": gets[f"{name}.proj"][0],
        "out": gives[name],
    }


@torch.no_grad()
def feed_forward() -> dict:
    """The arrays in the first feed-forward layer of a small GPT, and two activation functions."""
    _, gets, gives, _ = small_gpt()
    at = torch.linspace(-3, 3, 121)
    return {
        "x": gets["blocks.0.mlp"][0],
        "hidden": gives["blocks.0.mlp.fc"],
        "active": gets["blocks.0.mlp.proj"][0],
        "out": gives["blocks.0.mlp"],
        "at": at,
        "curves": {"GELU": ACTIVATIONS["gelu"](at), "ReLU": ACTIVATIONS["relu"](at)},
    }


def task_inputs() -> dict:
    """What GPT-1's transformations make of texts, of which each is a single token here."""
    special = ["start", "delimiter", "extract"]
    texts = {
        "classification": ["tale"],
        "entailment": ["tale", "statement"],
        "similarity": ["sentence", "another"],
        "choice": ["beginning", "ending 1", "ending 2"],
    }
    tasks = {}
    for task, transformation in TRANSFORMATIONS.items():
        names = special + texts[task]
        made = transformation(Special(0, 1, 2), *([i] for i in range(3, len(names))))
        tasks[task] = [[names[i] for i in sequence] for sequence in made]
    return {"tasks": tasks, "special": special, "added": ["similarity"]}


def save(path: Path, figures: list[Figure]) -> None:
    """Write figures, one below the other, at twice the resolution of a notebook's."""
    pictures = []
    for figure in figures:
        figure.set_dpi(200)
        figure.canvas.draw()
        pictures.append(np.array(figure.canvas.buffer_rgba()))
        plt.close(figure)
    # Otherwise matplotlib writes its version into the file.
    plt.imsave(path, np.vstack(pictures), metadata={"Software": None})


def build(folder: Path) -> None:
    """Draw every picture into folder."""
    matplotlib.use("Agg")  # draws without a screen
    plot.use_style()
    for n in range(11):  # one map for each notebook that exists
        save(folder / f"map_{n:02}.png", [plot.course_map(STOPS, lit=n)])
    save(folder / "course.png", course())
    save(folder / "attention.png", [plot.attention_steps(**attention_steps())])
    save(folder / "multi_head.png", [plot.multi_head(**multi_head())])
    save(folder / "masks.png", [plot.masks(masks(), "A mask says who may look at whom")])
    save(folder / "narrow_wide.png", [plot.head_maps(**head_maps())])
    save(folder / "encoder_decoder.png", [plot.encoder_decoder(**encoder_decoder())])
    save(folder / "block_orders.png", [plot.block_orders(block_orders())])
    save(folder / "gpt.png", [plot.gpt(**gpt())])
    save(folder / "gpt_attention.png", [plot.gpt_attention(**gpt_attention())])
    save(folder / "feed_forward.png", [plot.feed_forward(**feed_forward())])
    save(folder / "task_inputs.png", [plot.task_inputs(**task_inputs())])


if __name__ == "__main__":
    build(Path(__file__).parent)
