"""What single heads of a GPT look for and hand on, and the model with others in their place."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager

import torch
from torch import Tensor

from gptlib.attention import attention_maps
from gptlib.eval_mode import evaluating
from gptlib.gpt import GPT

Heads = Sequence[tuple[int, int]]  # the layer and the number in it of each, from 0


def repeated(n: int, R: int, vocab_size: int, start: int, seed: int) -> Tensor:
    """n rows of R random tokens, each row twice after start: (n, 1 + 2R)."""
    generator = torch.Generator().manual_seed(seed)
    row = torch.randint(vocab_size, (n, R), generator=generator)
    return torch.cat([torch.full((n, 1), start), row, row], dim=1)


@contextmanager
def exchanged(model: GPT, layer: int, new: Callable[[Tensor, Tensor], Tensor | None]) -> Iterator:
    """For a while, let new(mixed, v) replace what a layer's heads take in, mixed (B, H, T, D)."""
    part = model.blocks[layer].attn.attention
    handle = part.register_forward_hook(lambda _, given, mixed: new(mixed, given[2]))
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
            hooks.enter_context(exchanged(model, layer, lambda mixed, v: kept.append(mixed)))
        model(idx)
    return torch.stack(kept)


@contextmanager
def put_in(model: GPT, heads: Heads, given: Tensor) -> Iterator:
    """For a while, let heads take in what is given, (N, B, H, T, D) or any that broadcasts to it.

    Given their means, the heads are silenced; given what they take in when model reads another
    text, they are patched.
    """
    with ExitStack() as hooks:
        for layer in {layer for layer, _ in heads}:
            these = [head for at, head in heads if at == layer]

            def new(mixed: Tensor, v: Tensor, layer: int = layer, these: list = these) -> Tensor:
                mixed = mixed.clone()
                mixed[:, these] = given[layer].expand_as(mixed)[:, these]
                return mixed

            hooks.enter_context(exchanged(model, layer, new))
        yield


def looks(model: GPT, idx: Tensor, where: Tensor) -> Tensor:
    """The weight of each head on some places, (N, H), as a mean over the positions that have any.

    where: (B, T, T) bool, for each position of idx (B, T) the earlier ones that are meant
    """
    maps = torch.stack([torch.tensor(w) for w in attention_maps(model, idx).values()])
    on_them = (maps * where[:, None]).sum(-1)  # (N, B, H, T)
    return on_them.transpose(1, 2)[..., where.any(-1)].mean(-1)


def prefix_matching(model: GPT, idx: Tensor) -> Tensor:
    """The induction score of each head, (N, H), where idx is as of `repeated`.

    It is the mean weight that a token of the second time gives to the one that came after it the
    first time. Olsson et al. (2022).
    """
    R = idx.shape[1] // 2
    again = torch.arange(R + 1, 2 * R)
    where = torch.zeros(len(idx), 2 * R, 2 * R, dtype=torch.bool)
    where[:, again, again - R + 1] = True
    return looks(model, idx[:, :-1], where)


@torch.no_grad()
def copying(model: GPT, idx: Tensor) -> Tensor:
    """How high each head ranks the token to copy, (N, H), where idx is as of `repeated`.

    What a head hands on is read as logits, past the later blocks. The score is the share of the
    other tokens that it ranks below the one that comes the second time: 0.5 by chance, 1 at most.
    """
    R = idx.shape[1] // 2
    mixed = taken_in(model, idx[:, :-1])[..., R + 1 :, :]  # (N, B, H, T, D)
    comes = idx[:, None, R + 2 :, None]  # (B, 1, T, 1)
    scores = []
    for block, of_layer in zip(model.blocks, mixed, strict=True):
        H, D = of_layer.shape[1], of_layer.shape[-1]
        to_stream = block.attn.proj.weight.unflatten(1, (H, D))  # (C, H, D)
        added = torch.einsum("bhtd,chd->bhtc", of_layer, to_stream)
        added = (added - added.mean(-1, keepdim=True)) * model.ln_f.weight
        logits = added @ model.tok_emb.weight.T  # (B, H, T, V)
        own = logits.gather(-1, comes.expand(-1, logits.shape[1], -1, -1))
        below = (logits < own).sum(-1) / (logits.shape[-1] - 1)
        scores.append(below.mean((0, 2)))
    return torch.stack(scores)
