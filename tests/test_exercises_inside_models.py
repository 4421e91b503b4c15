"""Notebook 06's exercises on a model: right answers of any form pass, each mistake is named."""

from contextlib import contextmanager
from itertools import pairwise

import pytest
import torch
import torch.nn.functional as F

from gptlib.exercises import RIGHT, check_lens, check_patched


def embedded(model, idx):
    return model.tok_emb(idx) + model.pos_emb(torch.arange(idx.shape[1]))


def streams(model, idx, begin=embedded, between=lambda x: x, **causal):
    found = [begin(model, idx)]
    for block in model.blocks:
        found.append(block(between(found[-1]), **causal or {"causal": True}))
    return found


def read(model, x):
    return F.linear(model.ln_f(x), model.tok_emb.weight)


def lens(model, idx):
    return [read(model, x) for x in streams(model, idx)]


def hooked(model, idx):
    """The lens with hooks on the blocks."""
    found = []
    before = model.blocks[0].register_forward_pre_hook(lambda _, given: found.append(given[0]))
    after = [b.register_forward_hook(lambda _, given, x: found.append(x)) for b in model.blocks]
    model(idx)
    for handle in (before, *after):
        handle.remove()
    return [read(model, x) for x in found]


def in_float32(model, idx):
    logits = torch.zeros(len(model.blocks) + 1, *idx.shape, len(model.tok_emb.weight))
    for n, row in enumerate(lens(model, idx)):
        logits[n] = row
    return logits


def normed_on(model, idx):
    x = embedded(model, idx)
    found = [read(model, x)]
    for block in model.blocks:
        x = model.ln_f(x)
        x = block(x, causal=True)
        found.append(read(model, x))
    return found


def from_embeddings(model, idx):
    x = embedded(model, idx)
    return [read(model, x), *(read(model, block(x, causal=True)) for block in model.blocks)]


def late_positions(model, idx):
    return model.tok_emb(idx) + model.pos_emb(torch.arange(1, idx.shape[1] + 1))


def added_twice(model, idx):
    found = [embedded(model, idx)]
    for block in model.blocks:
        found.append(found[-1] + block(found[-1], causal=True))
    return [read(model, x) for x in found]


def differences(model, idx):
    found = streams(model, idx)
    return [read(model, found[0]), *(read(model, b - a) for a, b in pairwise(found))]


@pytest.mark.parametrize(
    "mine",
    [
        lens,
        lambda model, idx: tuple(lens(model, idx)),
        lambda model, idx: torch.stack(lens(model, idx)),
        lambda model, idx: (x for x in lens(model, idx)),
        hooked,
        in_float32,
        lambda model, idx: [x.detach() for x in lens(model, idx)],
    ],
)
def test_right_lenses(mine):
    assert check_lens(mine) == RIGHT


def table(model):
    return model.tok_emb.weight


@pytest.mark.parametrize(
    ("mine", "says"),
    [
        (lambda m, i: [x @ table(m).T for x in streams(m, i)], "ln_f is missing"),
        (
            lambda m, i: [*(x @ table(m).T for x in streams(m, i)[:-1]), m(i)],
            "Only your last tensor went through ln_f",
        ),
        (normed_on, "You pass the normed stream on"),
        (
            lambda m, i: [F.layer_norm(x, x.shape[-1:]) @ table(m).T for x in streams(m, i)],
            "without gain and bias",
        ),
        (
            lambda m, i: [m.blocks[-1].ln_2(x) @ table(m).T for x in streams(m, i)],
            "a norm of the block",
        ),
        (
            lambda m, i: [read(m, x) for x in streams(m, i, lambda m, i: m.tok_emb(i))],
            "The positions are missing",
        ),
        (
            lambda m, i: [
                read(m, x)
                for x in streams(m, i, lambda m, i: m.tok_emb(i) + m.pos_emb(torch.tensor([0])))
            ],
            "the same position",
        ),
        (lambda m, i: [read(m, x) for x in streams(m, i, causal=False)], "causal=True"),
        (
            lambda m, i: [read(m, x) for x in streams(m, i, late_positions)],
            "Your positions begin at 1",
        ),
        (
            lambda m, i: [streams(m, i)[0] @ table(m).T, *lens(m, i)[1:]],
            "Your first tensor did not go through ln_f",
        ),
        (added_twice, "A block returns the whole stream"),
        (lambda m, i: [*lens(m, i)[:-1], lens(m, i)[-2]], "Your last two tensors are the same"),
        (from_embeddings, "reads the embeddings"),
        (differences, "what each block adds"),
        (lambda m, i: [x.softmax(-1) for x in lens(m, i)], "These are probabilities"),
        (lambda m, i: [x.log_softmax(-1) for x in lens(m, i)], "logarithms of probabilities"),
        (lambda m, i: lens(m, i)[::-1], "Begin with the embeddings"),
        (lambda m, i: [m(i)] * 4, "All your tensors are the same"),
        (lambda m, i: [m.ln_f(x) @ table(m) for x in streams(m, i)], "The table is (V, C)"),
        (lambda m, i: torch.stack(streams(m, i)) @ table(m), "Your code stops at line"),
        (lambda m, i: lens(m, i)[1:], "the first is read after the embeddings"),
        (lambda m, i: lens(m, i)[:-1], "the last is read after the last block"),
        (lambda m, i: [m(i)], "Return N + 1 = 4 tensors, not 1"),
        (lambda m, i: streams(m, i), "You return the stream"),
        (lambda m, i: [x.argmax(-1) for x in lens(m, i)], "not the highest"),
        (lambda m, i: [x[:, -1] for x in lens(m, i)], "the last position alone"),
        (lambda m, i: [x[0] for x in lens(m, i)], "one text of the batch"),
        (lambda m, i: [x[:1] for x in lens(m, i)], "has the shape (1, 5, 11)"),
        (lambda m, i: [x + 1 for x in lens(m, i)], "at [depth, text, position, id],"),
        (lambda m, i: m(i), "That is one depth"),
        (lambda m, i: lens(m, i) if len(m.blocks) == 3 else [m(i)], "Right, but not for 2 blocks"),
        (lambda m, i: lens(m, i)[:4] if len(i) == 2 else [x[:2] for x in lens(m, i)], "Right, but"),
    ],
)
def test_wrong_lenses(mine, says):
    assert says in check_lens(mine)


@contextmanager
def hook(module, new):
    handle = module.register_forward_hook(new)
    try:
        yield
    finally:
        handle.remove()


def patched(where=None, at=lambda layer: layer, new=lambda x, y: y, part=lambda block: block):
    """A learner's function with hooks; where(t): which part of the stream is swapped."""

    def mine(model, idx, other, layer, t):
        kept, index = [], where(t) if where else (slice(None), t)
        block = part(model.blocks[at(layer)])
        with hook(block, lambda _, given, x: kept.append(x)):
            model(other)

        def exchange(_, given, x):
            x = x.clone()
            x[index] = new(x[index], kept[0][index])
            return x

        with hook(block, exchange):
            return model(idx)

    return mine


def in_a_loop(model, idx, other, layer, t):
    x, y = embedded(model, idx), embedded(model, other)
    for n, block in enumerate(model.blocks):
        x, y = block(x, causal=True), block(y, causal=True)
        if n == layer:
            x[:, t] = y[:, t]
    return read(model, x)


def in_place(model, idx, other, layer, t):
    kept = streams(model, other)[layer + 1]

    def exchange(_, given, x):
        x[:, t] = kept[:, t]

    with hook(model.blocks[layer], exchange):
        return model(idx)


@pytest.mark.parametrize("mine", [patched(), in_a_loop, in_place])
def test_right_patches(mine):
    assert check_patched(mine) == RIGHT
    with torch.no_grad():
        assert check_patched(mine) == RIGHT


def looped(edit=None, stop=None, causal=True, after=read, begin=embedded):
    """A learner's loop over the blocks; edit(n, layer, t, x, y) changes x after block n."""

    def mine(model, idx, other, layer, t):
        x, y = begin(model, idx), begin(model, other)
        for n, block in enumerate(model.blocks):
            x, y = block(x, causal=causal), block(y, causal=causal)
            if edit:
                edit(n, layer, t, x, y)
            elif n == layer:
                x[:, t] = y[:, t]
            if stop and n == layer:
                break
        return after(model, x)

    return mine


def everywhere(n, layer, t, x, y):
    x[:, t] = y[:, t]


def from_layer(n, layer, t, x, y):
    if n >= layer:
        x[:, t] = y[:, t]


def up_to_layer(n, layer, t, x, y):
    if n <= layer:
        x[:, t] = y[:, t]


def first_of_other(n, layer, t, x, y):
    if n == layer:
        x[:, t] = y[0, t]


def embeddings_of_other(model, idx, other, layer, t, through=lambda block, y: y):
    x, y = embedded(model, idx), embedded(model, other)
    for n, block in enumerate(model.blocks):
        x = block(x, causal=True)
        if n == layer:
            x[:, t] = through(block, y)[:, t]
    return read(model, x)


def one_block_of_other(*given):
    return embeddings_of_other(*given, lambda block, y: block(y, causal=True))


def tokens(model, idx, other, layer, t):
    idx[:, t] = other[:, t]
    return model(idx)


def logits(model, idx, other, layer, t):
    found = model(idx).clone()
    found[:, t] = model(other)[:, t]
    return found


def what_is_added(model, idx, other, layer, t):
    a, b = streams(model, idx), streams(model, other)
    x = a[layer + 1].clone()
    x[:, t] = (a[layer] + b[layer + 1] - b[layer])[:, t]
    for block in model.blocks[layer + 1 :]:
        x = block(x, causal=True)
    return read(model, x)


def hook_stays(model, idx, other, layer, t):
    kept = streams(model, other)[layer + 1]

    def exchange(_, given, x):
        x = x.clone()
        x[:, t] = kept[:, t]
        return x

    model.blocks[layer].register_forward_hook(exchange)
    return model(idx)


def replaces_forward(model, idx, other, layer, t):
    block, kept = model.blocks[layer], streams(model, other)[layer + 1]
    forward = block.forward

    def new(*given, **named):
        x = forward(*given, **named).clone()
        x[:, t] = kept[:, t]
        return x

    block.forward = new
    return model(idx)


@pytest.mark.parametrize(
    ("mine", "says"),
    [
        (lambda m, i, o, layer, t: m(i), "Nothing is replaced"),
        (lambda m, i, o, layer, t: m(o), "You exchange all positions:"),
        (patched(where=lambda t: slice(None)), "You exchange all positions:"),
        (lambda m, i, o, layer, t: patched()(m, o, i, layer, t), "The other way round"),
        (patched(at=lambda layer: layer - 1), "what goes into the block"),
        (patched(at=lambda layer: layer + 1), "one block too late"),
        (looped(everywhere), "after every block"),
        (tokens, "You exchange the token"),
        (patched(where=lambda t: (slice(None), t + 1)), "You exchange position t + 1"),
        (patched(where=lambda t: (slice(None), t - 1)), "You exchange position t - 1"),
        (patched(where=lambda t: (slice(None), slice(t + 1))), "all positions up to t"),
        (patched(where=lambda t: (slice(None), slice(t, None))), "t and all positions after it"),
        (patched(where=lambda t: (0, t)), "in the first text alone"),
        (looped(first_of_other), "what the first of `other` has"),
        (patched(where=lambda t: t), "x[t] is text t"),
        (patched(where=lambda t: (..., t)), "channel t"),
        (patched(new=lambda x, y: x + y), "You add what `other` has"),
        (what_is_added, "what the block adds"),
        (logits, "You exchange the logits"),
        (looped(stop=True), "The blocks after it are left out"),
        (looped(after=lambda m, x: x @ table(m).T), "ln_f is missing"),
        (looped(causal=False), "causal=True"),
        (lambda *given: patched()(*given).softmax(-1), "These are probabilities"),
        (hook_stays, "Your hook is still there"),
        (replaces_forward, "The model is another one afterwards"),
        (looped(after=lambda m, x: m.ln_f(x)), "You return the stream"),
        (lambda *given: patched()(*given)[:, -1], "return the logits of all T"),
        (lambda *given: patched()(*given)[0], "has the shape (5, 11): it should be (3, 5, 11)"),
        (lambda *given: [patched()(*given)], "Yours is a list"),
        (lambda *given: patched()(*given) + 1, "at [text, position, id],"),
        (patched(part=lambda block: block.mlp), "only what the block's mlp adds"),
        (patched(part=lambda block: block.attn), "only what the block's attn adds"),
        (looped(from_layer), "You go on exchanging after later blocks"),
        (looped(up_to_layer), "You exchange after earlier blocks, too"),
        (patched(new=lambda x, y: 0), "You put zeros there"),
        (embeddings_of_other, "You put the embeddings of `other` there"),
        (one_block_of_other, "goes through block `layer` alone"),
        (looped(begin=lambda model, idx: model.tok_emb(idx)), "The positions are missing"),
        (lambda m, i, o, layer, t: patched()(m, i, o, 1, t), "Right, but not for layer = 0"),
        (lambda m, i, o, layer, t: patched()(m, i, o, layer, 2), "Right, but not for layer = 0"),
        (
            lambda m, i, o, layer, t: patched()(m, i, o, layer, t) if layer else None,
            "Right, but for layer = 0 and t = 0 yours is None",
        ),
    ],
)
def test_wrong_patches(mine, says):
    assert says in check_patched(mine)
