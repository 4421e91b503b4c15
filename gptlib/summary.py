"""The layers of a GPT in a table: output shapes, parameters and multiply-adds."""

from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor, nn

from gptlib.attention import Attention
from gptlib.config import check_whole
from gptlib.eval_mode import evaluating
from gptlib.gpt import GPT


@dataclass(frozen=True)
class Row:
    """A part of a model: its name, its class, its output's shape, and its number of parameters."""

    name: str
    kind: str
    shape: tuple[int, ...]
    parameters: int


@dataclass(frozen=True)
class Summary:
    """The parts of a model and their cost for one sequence of T tokens; printed, it is a table.

    parameters: of the whole model, each counted once
    linear: multiply-adds in linear layers, the one that makes the logits included
    attention: multiply-adds in the two products of attention, q with k and weights with v;
        positions that a causal mask hides count like others, those beyond a band do not
    """

    rows: tuple[Row, ...]
    parameters: int
    linear: int
    attention: int

    def __str__(self) -> str:
        lines = [("layer", "", "output", "parameters")]
        lines += [(r.name, r.kind, str(r.shape), f"{r.parameters:,}") for r in self.rows]
        lines += [("total", "", "", f"{self.parameters:,}")]
        wide = [max(map(len, column)) for column in zip(*lines, strict=True)]
        table = [
            f"{a:{wide[0]}}  {b:{wide[1]}}  {c:{wide[2]}}  {d:>{wide[3]}}" for a, b, c, d in lines
        ]
        rule = "-" * len(table[0])
        total = self.linear + self.attention
        size, unit = (1e9, "G") if total >= 1e9 else (1e6, "M")
        in_linear, in_attention, in_all = (
            f"{n / size:.2f} {unit}" for n in (self.linear, self.attention, total)
        )
        costs = (
            f"multiply-adds: {in_linear} in linear layers, {in_attention} in attention, "
            f"{in_all} in total"
        )
        return "\n".join([table[0], rule, *table[1:-1], rule, table[-1], costs])


@torch.no_grad()
def summary(model: GPT, T: int | None = None) -> Summary:
    """Send one sequence of T tokens through model, and record what its parts output and cost.

    T: block_size unless given

    A model on the device "meta" has shapes but no data, so its size does not matter. ValueError
    for a T below 1 or above block_size, and for a model that is not a GPT.
    """
    if not isinstance(model, GPT):
        raise ValueError(f"model is a {type(model).__name__}: give a GPT")
    T = model.config.block_size if T is None else T
    check_whole("tokens", T, 1)
    rows, costs = [], {"linear": 0, "attention": 0}

    def note(name: str, part: nn.Module, _: tuple, output: Tensor) -> None:
        parameters = sum(p.numel() for p in part.parameters())
        rows.append(Row(name, type(part).__name__, tuple(output.shape), parameters))

    def count(part: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        if isinstance(part, nn.Linear):
            costs["linear"] += part.in_features * output.numel()
        elif isinstance(part, Attention):
            q, k, *_ = inputs
            S = k.shape[-2]
            costs["attention"] += 2 * q.numel() * min(S, part.band or S)

    parts = [("tok_emb", model.tok_emb), ("pos_emb", model.pos_emb)]
    parts += [(f"blocks.{n}", block) for n, block in enumerate(model.blocks)]
    parts += [("ln_f", model.ln_f), ("lm_head", model.lm_head)]
    hooks = [
        part.register_forward_hook(partial(note, name))
        for name, part in parts
        if part is not None and not isinstance(part, nn.Identity)
    ]
    hooks += [part.register_forward_hook(count) for part in model.modules()]
    idx = torch.zeros(1, T, dtype=torch.int64, device=model.tok_emb.weight.device)
    try:
        with evaluating(model):
            logits = model(idx)
    finally:
        for hook in hooks:
            hook.remove()
    if model.lm_head is None:  # a product with tok_emb's table, which no hook sees
        rows.append(Row("lm_head", "of tok_emb", tuple(logits.shape), 0))
        costs["linear"] += model.config.n_embd * logits.numel()
    return Summary(tuple(rows), model.num_parameters(), **costs)
