"""Checks for the exercises of notebook 05 that write the model: its block, and the whole GPT."""

import math
from collections.abc import Callable
from copy import deepcopy

import torch
from torch import Tensor, nn

from gptlib.config import GPTConfig
from gptlib.exercises.checking import NOT_YET, RIGHT, described, in_words, run
from gptlib.exercises.modules import (
    close,
    draw,
    misfit,
    module,
    named_tensor,
    off,
    ordinary,
    unfinished,
)
from gptlib.gpt import GPT
from gptlib.layers import ACTIVATIONS, Block

ONE_HEAD = "The heads are ignored: your attention has the wrong number of them."
FUTURE = "Positions see the future: attention has to be causal."


def _without(model: object, *parts: str) -> str | None:
    """What is said of a module without one of these parts."""
    if not isinstance(model, nn.Module):
        return None  # told elsewhere
    yours = [name for name, part in model._modules.items() if part is not None]
    missing = next((name for name in parts if not hasattr(model, name)), None)
    if missing and yours:
        return f"There is no part {missing}: yours are {', '.join(yours)}."
    return None


def _one_head(right: nn.Module) -> nn.Module:
    """A copy of a module in which all attention has a single head."""
    copy = deepcopy(right)
    for part in copy.modules():
        if hasattr(part, "n_head"):
            part.n_head, part.head_size = 1, part.n_head * part.head_size
    return copy


def _with_activation(block: Block, name: str) -> Block:
    copy = deepcopy(block)
    copy.mlp.activation = ACTIVATIONS[name]
    return copy


def _misused(block: Block, x: Tensor) -> list[tuple[Tensor, str]]:
    """What a pre-norm block makes of x, then what it makes of it with each usual mistake."""
    norm, norm_2, mlp = block.ln_1, block.ln_2, block.mlp

    def attn(x: Tensor) -> Tensor:
        return block.attn(x, causal=True)

    found = attn(norm(x))
    y, z = x + found, x + attn(x)
    normed, normed_z = norm(x) + found, norm(z)
    first, first_2 = x + mlp(norm(x)), x + mlp(norm_2(x))
    future = x + block.attn(norm(x))
    away = "The residual connections are missing: add what each layer finds to x, x = x + ..."
    copies = "You add to the normed x: norm only the copy that the layer reads, and add to x."
    before = "The MLP comes before attention: attention looks first, then the MLP thinks."
    return [
        (y + mlp(norm_2(y)), RIGHT),
        (norm_2(normed_z + mlp(normed_z)), "The norms come after the sums, which is post-norm."),
        (mlp(norm_2(found)), away),
        (found + mlp(norm_2(found)), "Attention replaces x: add what it finds to x."),
        (mlp(norm_2(y)), "The MLP replaces x: add what it finds to x."),
        (x + mlp(norm_2(y)), "What attention found is lost: add the MLP's to x + attention's."),
        (y + mlp(norm_2(x)), "The MLP reads the old x: it comes after attention's sum."),
        (z + mlp(z), "There are no norms: each layer reads a normed copy of x."),
        (z + mlp(norm_2(z)), "Attention reads x itself: norm it first, with ln_1."),
        (y + mlp(y), "The MLP reads x itself: norm it first, with ln_2."),
        (normed + mlp(norm_2(normed)), copies),
        (norm_2(y) + mlp(norm_2(y)), copies),
        (norm_2(normed) + mlp(norm_2(normed)), copies),
        (
            x + attn(norm_2(x)) + mlp(norm(x + attn(norm_2(x)))),
            "The norms are swapped: ln_1 is attention's, ln_2 the MLP's.",
        ),
        (y + mlp(norm(y)), "The MLP has a norm of its own, ln_2: you use ln_1 twice."),
        (
            x + norm(attn(x)) + norm_2(mlp(x + norm(attn(x)))),
            "You norm what a layer finds: norm what it reads.",
        ),
        (future + mlp(norm_2(future)), FUTURE),
        (first_2 + attn(norm(first_2)), before),
        (first + attn(norm_2(first)), before),
        (y, "The MLP is missing: after attention, x = x + mlp(ln_2(x))."),
        (first_2, "Attention is missing: before the MLP, x = x + attn(ln_1(x))."),
        (y + y + mlp(norm_2(y)), "You add x twice: each sum has x once."),
        *(
            (y + _with_activation(block, name).mlp(norm_2(y)), f"The MLP's activation is {says}")
            for name, says in [
                ("relu", "ReLU: a GPT has GELU, in the form with tanh."),
                ("gelu", 'the other GELU: F.gelu(..., approximate="tanh") is that of GPTs.'),
            ]
        ),
    ]


@in_words("a tensor of shape (B, T, C)")
def check_block(mine: Callable) -> str:
    """Notebook 05: mine(C, H) is a module whose forward(x) is a pre-norm block with H heads.

    It has the parts ln_1, attn, ln_2 and mlp; x: (B, T, C) -> (B, T, C).
    """
    for (B, T, C, H), sizes in [((2, 5, 12, 3), None), ((3, 4, 8, 2), "C = 8"), ((1, 9, 6, 6), 1)]:
        right = ordinary(Block(GPTConfig(vocab_size=1, n_embd=C, n_head=H, dropout=0.0)))
        (x,) = draw((B, T, C))
        if sizes is None:
            block = mine(C, H)
            if unfinished(block, x.float()):
                return NOT_YET
            if says := _without(block, "ln_1", "attn", "ln_2", "mlp"):
                return says
            if getattr(block, "ln_1", 1) is getattr(block, "ln_2", 2):
                return "ln_1 and ln_2 are the same norm: make two, each has its own gains."
        block = module(mine, right, C, H)
        if isinstance(block, str):
            return block
        got = run(block, x.clone())
        if says := misfit(got, (B, T, C)):
            return says
        diagnoses = [*_misused(right, x), (_one_head(right)(x, causal=True), ONE_HEAD)]
        says = named_tensor(got, diagnoses)
        if says != RIGHT:
            return says or off(got, diagnoses[0][0], "random x and parameters")
    return RIGHT


POSITIONS = {
    "none": "The embeddings of positions are missing: add them to those of the characters.",
    "from 1": "Positions begin at 0: yours are one too high.",
    "backwards": "The positions run backwards: the first character has position 0.",
    "first": "All characters get position 0: give each its own, 0 to T - 1.",
    "last": "You take the last T positions: take the first, 0 to T - 1.",
    "rows": "Positions count along the text, 0 to T - 1: yours count the rows of the batch.",
    "tokens": "You look the characters up in pos_emb: it takes positions, 0 to T - 1.",
}
BLOCKS = {
    "no block": "The blocks are not used: send x through each of them.",
    "one block": "Only the first block is used: send x through all of them, one after the other.",
    "last left out": "The last block is left out.",
    "last alone": "Only the last block counts: each reads what the one before gave.",
    "the same": "The first block is used every time: each of the n_layer has its turn.",
    "turned": "The blocks run in the wrong order: start with the first.",
    "summed": "You add x to what a block gives: its residual connections are inside.",
}
OTHERS = {
    "sqrt(C)": "Embeddings are multiplied by sqrt(C): the 2017 Transformer did that, "
    "a GPT does not.",
    "no norm": "The last norm is missing: ln_f, between the blocks and the logits.",
    "norm first": "ln_f comes before the blocks: it is the last norm, after them.",
    "norm twice": "ln_f is also before the blocks: it is the last norm, and comes once.",
    "norm each": "ln_f comes after each block: it is used once, after the last.",
    "probs": "These are probabilities: return the logits, without a softmax.",
    "log probs": "These are logarithms of probabilities: return the logits, without a softmax.",
    "scaled": "The logits are divided by sqrt(C): use the dot products unscaled.",
}


def _positions(right: GPT, idx: Tensor, mistake: str) -> Tensor:
    """The embeddings of the positions of idx, (B, T), with one mistake if it is named."""
    B, T = idx.shape
    table = right.pos_emb.table
    by_mistake = {
        "none": lambda: torch.zeros(1),
        "from 1": lambda: table.roll(-1, 0)[:T],
        "backwards": lambda: table[:T].flip(0),
        "first": lambda: table[:1],
        "last": lambda: table[-T:],
        "rows": lambda: table[:B, None],
        "tokens": lambda: table[idx % len(table)],
    }
    return by_mistake.get(mistake, lambda: table[:T])()


def _logits(right: GPT, idx: Tensor, mistake: str = "") -> Tensor:
    """The logits of right for idx, with one mistake if it is named."""
    blocks, C = list(right.blocks), right.config.n_embd
    x = right.tok_emb(idx) * (math.sqrt(C) if mistake == "sqrt(C)" else 1)
    x = x + _positions(right, idx, mistake)
    if mistake in ("norm first", "norm twice"):
        x = right.ln_f(x)
    chosen = {
        "no block": [],
        "one block": blocks[:1],
        "last left out": blocks[:-1],
        "last alone": blocks[-1:],
        "the same": blocks[:1] * len(blocks),
        "turned": blocks[::-1],
    }
    for block in chosen.get(mistake, blocks):
        out = block(x, causal=mistake != "future")
        x = x + out if mistake == "summed" else out
        x = right.ln_f(x) if mistake == "norm each" else x
    if mistake not in ("no norm", "norm first", "norm each"):
        x = right.ln_f(x)
    logits = x @ right.tok_emb.weight.T
    ends = {
        "probs": lambda: logits.softmax(-1),
        "log probs": lambda: logits.log_softmax(-1),
        "scaled": lambda: logits / math.sqrt(C),
    }
    return ends.get(mistake, lambda: logits)()


def _by_name(right: GPT) -> nn.Module:
    """The parts of right under the names of the exercise, where positions are an nn.Embedding."""
    parts = nn.Module()
    parts.tok_emb, parts.blocks, parts.ln_f = right.tok_emb, right.blocks, right.ln_f
    parts.pos_emb = nn.Embedding.from_pretrained(right.pos_emb.table.detach())
    return parts


def _misbuilt(model: object, n_layer: int) -> str | None:
    """What is wrong with the parts of a model, beyond what names of parameters tell."""
    if says := _without(model, "tok_emb", "pos_emb", "blocks", "ln_f"):
        return says
    for name, rows in (("tok_emb", "vocab_size"), ("pos_emb", "block_size")):
        table = getattr(model, name, None)
        if table is not None and not isinstance(table, nn.Embedding):
            return f"Make {name} an nn.Embedding({rows}, n_embd): yours is {described(table)}."
    blocks = getattr(model, "blocks", None)
    if isinstance(blocks, list):
        return (
            "blocks is a plain list, so PyTorch does not find its parameters: make it an "
            "nn.ModuleList."
        )
    if not isinstance(blocks, nn.ModuleList | nn.Sequential):
        return None  # the names of parameters will tell
    if len(blocks) != n_layer:
        return f"With n_layer = {n_layer} there should be as many blocks: yours has {len(blocks)}."
    if len({id(block) for block in blocks}) < n_layer:
        return "All blocks are the same one: make n_layer of them, each with its own parameters."
    for name, p in model.named_parameters():  # a shared table is there once
        known = name.startswith(("tok_emb.", "pos_emb.", "blocks."))
        if not known and p.shape == model.tok_emb.weight.shape:
            return f"The logits have a table of their own, {name}: use that of tok_emb."
    return None


@in_words("a tensor of shape (B, T, V)")
def check_gpt(mine: Callable) -> str:
    """Notebook 05: mine(vocab_size, block_size, n_layer, n_head, n_embd) is a GPT, as a module.

    It has the parts tok_emb, pos_emb, blocks and ln_f; forward(idx): (B, T) -> (B, T, V).
    """
    # More positions than tokens: pos_emb(idx) runs, and is told so.
    cases = [((7, 9, 3, 2, 8), (2, 5)), ((5, 4, 1, 3, 6), (3, 4)), ((4, 6, 2, 1, 4), (1, 1))]
    for n, ((V, block_size, n_layer, H, C), (B, T)) in enumerate(cases):
        sizes = V, block_size, n_layer, H, C
        right = ordinary(GPT(GPTConfig(*sizes, dropout=0.0)))
        idx = torch.randint(V, (B, T), generator=torch.Generator().manual_seed(n))
        if n == 0:
            model = mine(*sizes)
            if unfinished(model, idx.clone()):
                return NOT_YET
            if says := _misbuilt(model, n_layer):
                return says
        model = module(mine, _by_name(right), *sizes)
        if isinstance(model, str):
            return model
        says = _wrong(run(model, idx.clone()), right, idx)
        if says != RIGHT:
            return says
    return RIGHT


def _wrong(got: object, right: GPT, idx: Tensor) -> str:
    """RIGHT, or what is wrong with the logits got for idx."""
    (B, T), V = idx.shape, right.config.vocab_size
    want = _logits(right, idx)
    if isinstance(got, Tensor):
        for values, says in [
            (
                want[:, -1],
                "These are the logits of the last position: return those of all.",
            ),
            (want.mT, "Positions and characters are swapped: return (B, T, V), not (B, V, T)."),
            (want.argmax(-1).double(), "These are tokens: return the logits that they come from."),
            (right.hidden(idx), "The last step is missing: the products with the rows of tok_emb."),
        ]:
            if got.shape == values.shape and close(got, values):
                return says
    if says := misfit(got, (B, T, V)):
        return says
    names = POSITIONS | BLOCKS | OTHERS | {"future": FUTURE}
    diagnoses = [
        (want, RIGHT),
        *((_logits(right, idx, name), says) for name, says in names.items()),
        (_logits(_one_head(right), idx), ONE_HEAD),
    ]
    return named_tensor(got, diagnoses) or (
        off(got, want, "random idx and parameters") + " (Is your block right, by check_block?)"
    )
