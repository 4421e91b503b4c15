"""What single heads of a GPT look for and hand on, and the model with others in their place."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager

import torch
from torch import Tensor

from gptlib.attention import attention_maps
from gptlib.eval_mode import evaluating
from gptlib.gpt import GPT

Heads = Sequence[tuple[int, int]]  # the layer and the number in it of each, from 0


def repeated(n: int, R: int, vocab_size: int, start: int, seed: int) -> tuple[Tensor, Tensor]:
    """Random tokens that come twice, and where a token came first, for `looks` and `copying`.

    Returns idx (n, 1 + 2R), of which each row is `start` and R tokens twice, and `where`
    (n, 1 + 2R, 1 + 2R), bool: for each token of the second time, but the last, the one that came
    after it the first time.
    """
    generator = torch.Generator().manual_seed(seed)
    row = torch.randint(vocab_size, (n, R), generator=generator)
    idx = torch.cat([torch.full((n, 1), start), row, row], dim=1)
    where = torch.zeros(n, 1 + 2 * R, 1 + 2 * R, dtype=torch.bool)
    again = torch.arange(R + 1, 2 * R)
    where[:, again, again - R + 1] = True
    return idx, where


@contextmanager
def exchanged(model: GPT, layer: int, new: Callable[[Tensor], Tensor | None]) -> Iterator:
    """For a while, let new(mixed) replace what a layer's heads take in, mixed (B, H, T, D)."""
    part = model.blocks[layer].attn.attention
    handle = part.register_forward_hook(lambda _, given, mixed: new(mixed))
    try:
        yield
    finally:
        handle.remove()


@torch.no_grad()
def taken_in(model: GPT, idx: Tensor) -> Tensor:
    """What the heads take in when model reads idx (B, T): (N, B, H, T, D)."""
    kept = []
    with evaluating(model), ExitStack() as hooks:
        for layer in range(model.config.n_layer):
            hooks.enter_context(exchanged(model, layer, kept.append))
        model(idx)
    return torch.stack(kept)


def means_of(model: GPT, idx: Tensor, real: Tensor) -> Tensor:
    """The mean of what each head takes in, as `put_in` wants it: (N, 1, H, 1, D).

    real: (B, T) bool, the positions of idx (B, T) that count
    """
    return taken_in(model, idx).transpose(2, 3)[:, real].mean(1)[:, None, :, None]


@contextmanager
def put_in(model: GPT, heads: Heads, given: Tensor) -> Iterator:
    """For a while, let heads take in what is given, (N, B, H, T, D) or any that broadcasts to it.

    Given their means, the heads are silenced; given what they take in when model reads another
    text, they are patched.
    """
    with ExitStack() as hooks:
        for layer in {layer for layer, _ in heads}:
            these = [head for at, head in heads if at == layer]

            def new(mixed: Tensor, layer: int = layer, these: list = these) -> Tensor:
                mixed = mixed.clone()
                mixed[:, these] = given[layer].expand_as(mixed)[:, these]
                return mixed

            hooks.enter_context(exchanged(model, layer, new))
        yield


def looks(model: GPT, idx: Tensor, where: Tensor) -> Tensor:
    """The weight of each head on some places, (N, H), as a mean over the positions that have any.

    where: (B, T, T) bool, for each position of idx (B, T) the earlier ones that are meant. On
        random tokens that are `repeated` this is the prefix-matching score of Olsson et al. (2022)
    """
    maps = torch.stack([torch.tensor(w) for w in attention_maps(model, idx).values()])
    on_them = (maps * where[:, None]).sum(-1)
    return on_them.transpose(1, 2)[..., where.any(-1)].mean(-1)


@torch.no_grad()
def copying(model: GPT, idx: Tensor, where: Tensor, ranked: Tensor | None = None) -> Tensor:
    """How high each head ranks the token that comes next, (N, H), where it could be copied.

    idx, where: as in `looks`; only positions that have any place count
    ranked: (B, T), the token to rank at each position instead, for comparison: a head may rank all
        tokens of a sort high

    What a head hands on is read as logits, past the later blocks. The score is the share of the
    other tokens that it ranks lower, 1 at most.
    """
    asked = where.any(-1)
    asked[:, -1] = False  # nothing comes after it
    comes = idx[:, 1:][asked[:, :-1]] if ranked is None else ranked[asked]
    scores = []
    for block, mixed in zip(model.blocks, taken_in(model, idx), strict=True):
        of_each = mixed.transpose(1, 2)[asked]
        H, D = of_each.shape[1:]
        to_stream = block.attn.proj.weight.unflatten(1, (H, D))
        added = torch.einsum("nhd,chd->nhc", of_each, to_stream)
        added = (added - added.mean(-1, keepdim=True)) * model.ln_f.weight
        logits = added @ model.tok_emb.weight.T
        own = logits.gather(-1, comes[:, None, None].expand(-1, H, 1))
        scores.append(((logits < own).sum(-1) / (logits.shape[-1] - 1)).mean(0))
    return torch.stack(scores)
