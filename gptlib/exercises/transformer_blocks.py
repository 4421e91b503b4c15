"""Checks for the exercises of notebook 04 that are modules: a block of each stack."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import chain
from typing import NamedTuple

import torch
from torch import Tensor, nn

from gptlib.config import TransformerConfig
from gptlib.exercises.checking import NOT_YET, RIGHT, in_words, run
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
from gptlib.layers import Block

Layer = Callable[[Tensor], Tensor]

INVERTED = "is used the other way round: here True means that a position may be looked at."
SIZES = TransformerConfig(vocab_size=9, block_size=8, n_layer=1, n_head=2, n_embd=6)
OTHER_SIZES = TransformerConfig(vocab_size=9, block_size=8, n_layer=1, n_head=4, n_embd=8)


class Step(NamedTuple):
    """One sub-layer of a block, the norm of its sum, and what both are called."""

    name: str
    layer: Layer
    norm_name: str
    norm: nn.Module


Steps = Sequence[Step]
Join = Callable[[Tensor, Step], Tensor]


def _post(x: Tensor, step: Step) -> Tensor:
    return step.norm(x + step.layer(x))


def _go(x: Tensor, steps: Steps, join: Join = _post, only: str = "") -> Tensor:
    """What steps make of x. join: what one does with its sub-layer and norm; only: where."""
    for step in steps:
        x = join(x, step) if only in ("", step.name) else _post(x, step)
    return x


def _changed(steps: Steps, name: str, layer: Layer) -> list[Step]:
    return [step._replace(layer=layer) if step.name == name else step for step in steps]


def _joined(x: Tensor, steps: Steps) -> Iterator[tuple[Tensor, str]]:
    """What becomes of x where sub-layers, sums and norms are put together wrongly."""

    def bare(x: Tensor, step: Step) -> Tensor:
        return step.norm(step.layer(x))

    def raw(x: Tensor, step: Step) -> Tensor:
        return x + step.layer(x)

    def before(x: Tensor, step: Step) -> Tensor:
        return x + step.layer(step.norm(x))

    def branch(x: Tensor, step: Step) -> Tensor:
        return x + step.norm(step.layer(x))

    def twice(x: Tensor, step: Step) -> Tensor:
        return x + step.norm(x + step.layer(x))

    def alone(x: Tensor, step: Step) -> Tensor:
        return step.norm(x) + step.layer(x)

    def normed(x: Tensor, step: Step) -> Tensor:
        return step.norm(x) + step.layer(step.norm(x))

    def first(now: Tensor, step: Step) -> Tensor:
        return step.norm(x + step.layer(now))

    def layer(x: Tensor, step: Step) -> Tensor:
        return step.layer(x)

    yield _go(x, steps, before), "This is pre-norm: norm the sum, and not what goes into a layer."
    yield _go(x, steps, branch), "You norm what a layer gives, then add x: add first, then norm."
    yield _go(x, steps, bare), "The residual connections are missing: norm x + layer(x)."
    yield _go(x, steps, raw), "There are no norms: norm each sum, x + layer(x)."
    yield _go(x, steps, twice), "You add x twice, before the norm and after it: only before."
    for join in (alone, normed):
        yield _go(x, steps, join), "You norm x alone: norm the whole sum, x + layer(x)."
    for step in steps:
        name, norm = step.name, step.norm_name
        says = f"At {name} neither residual nor norm is there: {norm}(x + {name}(x))."
        yield _go(x, steps, layer, name), says
        yield _go(x, steps, bare, name), f"You forgot the residual at {name}: norm x + {name}(x)."
        yield _go(x, steps, raw, name), f"The sum after {name} is not normed: use {norm}."
        left = [other for other in steps if other != step]
        yield _go(x, left), f"The sub-layer {name} is missing."
        shared = [other._replace(norm=step.norm) for other in steps]
        yield _go(x, shared), f"You use {norm} for every sum: each sub-layer has its own norm."
    for step, after in zip(steps, steps[1:], strict=False):
        i = steps.index(step)
        swapped = [*steps[:i], after, step, *steps[i + 2 :]]
        yield _go(x, swapped), f"{after.name} comes before {step.name} in yours: swap them."
        norms = [*steps[:i], step._replace(norm=after.norm), after._replace(norm=step.norm)]
        says = f"{step.norm_name} and {after.norm_name} are swapped."
        yield _go(x, [*norms, *steps[i + 2 :]]), says
        says = f"At {after.name} you add the input of the block: add what {step.name} made of it."
        yield _go(x, steps, first, after.name), says
        asked = after._replace(layer=lambda now, layer=after.layer: layer(x))
        says = f"{after.name} gets the input of the block: give it what {step.name} made of that."
        yield _go(x, [*steps[:i], step, asked, *steps[i + 2 :]]), says
        says = f"Only {step.name} comes out: go on from there with {after.name}."
        yield _go(x, steps[: i + 1]), says
    yield _go(x, steps, first), "You add the input of the block each time: go on from the last sum."


def _diagnoses(x: Tensor, ways: Sequence[tuple[Steps, str]]) -> Iterator[tuple[Tensor, str]]:
    """What each of ways makes of x, first the right one; then with a second mistake in joining."""
    (right, _), *wrong = ways
    for steps, says in ways:
        yield _go(x, steps), says
    yield from _joined(x, right)
    for steps, says in wrong:
        for values, more in _joined(x, steps):
            yield values, f"Two mistakes. {says} {more}"


def _encoder(x: Tensor, mask: Tensor, right: Block) -> Iterator[tuple[Tensor, str]]:
    """What a block of the encoder makes of x, then what each usual mistake does."""
    steps = [
        Step("attn", partial(right.attn, mask=mask), "ln_1", right.ln_1),
        Step("mlp", right.mlp, "ln_2", right.ln_2),
    ]

    def attn(says: str, **given: object) -> tuple[Steps, str]:
        return _changed(steps, "attn", partial(right.attn, **given)), says

    ways = [
        (steps, RIGHT),
        attn("The mask is ignored, so padding is looked at: attn(x, mask=mask)."),
        attn(f"The mask {INVERTED}", mask=~mask),
        attn("Causal is for the decoder: the encoder sees all of it.", mask=mask, causal=True),
        attn("Causal is for the decoder: here hide the padding, with mask=mask.", causal=True),
    ]
    return _diagnoses(x, ways)


def _decoder(x: Tensor, memory: Tensor, mask: Tensor, right: Block) -> Iterator[tuple[Tensor, str]]:
    """What a block of the decoder makes of x, then what each usual mistake does; T is S here."""
    look = partial(right.cross, memory=memory, mask=mask)
    steps = [
        Step("attn", partial(right.attn, causal=True), "ln_1", right.ln_1),
        Step("cross", look, "ln_cross", right.ln_cross),
        Step("mlp", right.mlp, "ln_2", right.ln_2),
    ]

    def attn(says: str, **given: object) -> tuple[Steps, str]:
        return _changed(steps, "attn", partial(right.attn, **given)), says

    def cross(says: str, layer: Layer = right.cross, **given: object) -> tuple[Steps, str]:
        return _changed(steps, "cross", partial(layer, **given)), says

    def add_memory(x: Tensor, step: Step) -> Tensor:
        return step.norm(memory + step.layer(x))

    itself = "cross gets no memory, so x looks at itself: cross(x, memory, memory_mask)."
    turned = "Swapped: queries come from x, keys and values from memory: cross(x, memory, ...)."
    later = "cross is causal, but the source is all known: only attn is causal."
    padded = "attn gets memory_mask, which hides words of the source: attn(x, causal=True)."
    ahead = "The causal mask is missing, so a word sees those to come: attn(x, causal=True)."
    shared = "You use attn for both: cross is a layer of its own."
    outside = "attn looks at memory: let x look at itself there."
    ways = [
        (steps, RIGHT),
        attn(ahead),
        attn(padded, mask=mask, causal=True),
        attn(padded, mask=mask),
        attn(outside, memory=memory, causal=True),
        attn(outside, memory=memory, mask=mask),
        attn(outside, memory=memory),
        cross(itself),
        cross(itself, mask=mask),
        cross(itself, causal=True),
        cross("memory_mask is ignored: cross(x, memory, memory_mask).", memory=memory),
        cross(f"memory_mask {INVERTED}", memory=memory, mask=~mask),
        cross(later, memory=memory, mask=mask, causal=True),
        cross(later, memory=memory, causal=True),
        cross(turned, lambda x: right.cross(memory, x, mask)),
        cross(turned, lambda x: right.cross(memory, x)),
        cross("cross looks at memory only: its queries come from x.", lambda x: look(memory)),
        cross(shared, right.attn, memory=memory, mask=mask),
    ]
    added = _go(x, steps, add_memory, "cross"), "At cross you add memory: add x, which asked."
    return chain(_diagnoses(x, ways), [added])


def _judged(
    mine: Callable,
    cross: bool,
    given: tuple[Tensor, ...],
    others: Sequence[tuple[Tensor, ...]],
    diagnosed: Callable[..., Iterator[tuple[Tensor, str]]],
) -> str:
    """What the check of a block says: first of given, then, if that is right, of the others."""
    block = mine(SIZES)
    if unfinished(block, *_single(given)):
        return NOT_YET
    right = ordinary(Block(SIZES, cross))
    block = module(mine, right, SIZES)
    if isinstance(block, str):
        return block
    got = run(block, *(x.clone() for x in given))
    if says := misfit(got, given[0].shape):
        return says
    diagnoses = diagnosed(*given, right)  # computed one by one, until one fits
    want, _ = next(diagnoses)
    if not close(got, want):
        return named_tensor(got, diagnoses) or off(got, want, "random inputs and parameters")
    return _more(mine, cross, others)


def _more(mine: Callable, cross: bool, others: Sequence[tuple[Tensor, ...]]) -> str:
    """RIGHT if a right block is also right for other sizes, else what is wrong."""
    right = ordinary(Block(OTHER_SIZES, cross))
    block = module(mine, right, OTHER_SIZES)
    if isinstance(block, str):
        return f"Right for C = 6 and two heads, but not for C = 8 and four. {block}"
    for given in others:
        x, mask = given[0], given[-1]
        want = right(x, None, True, *given[1:]) if cross else right(x, mask)
        got = run(block, *(each.clone() for each in given))
        if says := misfit(got, x.shape):
            return says
        if not close(got, want):
            lengths = f"B = {len(x)}, T = {x.shape[1]}, " if cross else f"B = {len(x)}, "
            lengths += f"S = {mask.shape[-1]}"
            return f"Right, but not for {lengths}, C = 8 and four heads: take sizes from config."
    return RIGHT


def _single(given: tuple[Tensor, ...]) -> list[Tensor]:
    return [x.float() if x.is_floating_point() else x for x in given]


def _padding(S: int, *lengths: int) -> Tensor:
    """(B, 1, S), True at the first positions of each row, as many as lengths says."""
    return torch.arange(S) < torch.tensor(lengths)[:, None, None]


@in_words("a tensor of shape (B, S, C)")
def check_encoder_block(mine: Callable[[TransformerConfig], nn.Module]) -> str:
    """Notebook 04: mine(config) is a post-norm block; forward(x, mask) gives (B, S, C).

    It has the parts attn, mlp, ln_1 and ln_2. x: (B, S, C); mask: (B, 1, S) bool, True = may look
    """
    (x,), (other,), (single,) = draw((2, 5, 6)), draw((3, 7, 8)), draw((1, 2, 8))
    others = [(other, _padding(7, 7, 4, 1)), (single, _padding(2, 2))]
    return _judged(mine, False, (x, _padding(5, 3, 5)), others, _encoder)


@in_words("a tensor of shape (B, T, C)")
def check_decoder_block(mine: Callable[[TransformerConfig], nn.Module]) -> str:
    """Notebook 04: mine(config) is a post-norm block with cross-attention; it gives (B, T, C).

    It has the parts attn, cross, mlp, ln_1, ln_cross and ln_2, and forward(x, memory, memory_mask).
    x: (B, T, C); memory: (B, S, C); memory_mask: (B, 1, S) bool, True = may look
    """
    # T is S at first, so that more mistakes run to their end and can be named.
    given = (*draw((2, 5, 6), (2, 5, 6)), _padding(5, 3, 5))
    others = [
        (*draw((3, 4, 8), (3, 7, 8)), _padding(7, 7, 4, 1)),
        (*draw((1, 6, 8), (1, 2, 8)), _padding(2, 2)),
    ]
    return _judged(mine, True, given, others, _decoder)
