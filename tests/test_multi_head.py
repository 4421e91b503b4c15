"""Multi-head attention is PyTorch's, and a loop over heads; dropout comes after the softmax."""

import numpy as np
import pytest
import torch
from test_attention import EXACT, IDX, B, S, T, with_gradients
from test_attention import MASKS as ALL_MASKS
from torch import nn
from torch.testing import assert_close

from gptlib.attention import (
    Attention,
    Head,
    MultiHeadAttention,
    attention,
    attention_maps,
    banded_mask,
    causal_mask,
    padding_mask,
    record_attention,
)
from gptlib.positions import RotaryPositions

C, H = 12, 3
MEMORY_IDX = torch.tensor([[1] * 7, [1, 2, 3, 0, 0, 0, 0]])
# PyTorch's module answers a row of nothing with nan.
MASKS = {name: mask for name, mask in ALL_MASKS.items() if name != "a row of nothing"}
masks = pytest.mark.parametrize("mask", MASKS.values(), ids=MASKS.keys())


def made(**settings):
    torch.manual_seed(0)
    return MultiHeadAttention(C, H, **settings).double()


def given(*lengths):
    generator = torch.Generator().manual_seed(1)
    shapes = [(B, length, C) for length in lengths]
    draws = [torch.randn(shape, generator=generator, dtype=torch.float64) for shape in shapes]
    return [draw.requires_grad_() for draw in draws]


def pytorchs(model):
    """nn.MultiheadAttention with the parameters of model, and where its gradients are wanted."""
    theirs = nn.MultiheadAttention(
        C, H, bias=model.proj.bias is not None, batch_first=True, dtype=torch.float64
    )
    maps = [model.query, model.key, model.value]
    with torch.no_grad():
        theirs.in_proj_weight.copy_(torch.cat([part.weight for part in maps]))
        theirs.out_proj.weight.copy_(model.proj.weight)
        if model.proj.bias is not None:
            theirs.in_proj_bias.copy_(torch.cat([part.bias for part in maps]))
            theirs.out_proj.bias.copy_(model.proj.bias)
    return theirs


def parameters_of_ours(model):
    """In the order, and in the form, of nn.MultiheadAttention's parameters."""
    maps = [model.query, model.key, model.value]
    yield from ([part.weight for part in maps], [model.proj.weight])
    if model.proj.bias is not None:
        yield from ([part.bias for part in maps], [model.proj.bias])


CROSS_MASKS = {
    "none": None,
    "padded": padding_mask(MEMORY_IDX, pad=0),
    "for each pair": torch.ones(T, S, dtype=torch.bool).tril(2),
    "for each row and pair": torch.ones(B, T, S, dtype=torch.bool).triu(-1),
}
BOTH = [(False, mask) for mask in MASKS.values()] + [(True, mask) for mask in CROSS_MASKS.values()]
NAMES = [f"self, {name}" for name in MASKS] + [f"cross, {name}" for name in CROSS_MASKS]


@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("cross, mask", BOTH, ids=NAMES)
def test_it_is_pytorchs(cross, mask, bias):
    if cross:
        x, memory = leaves = given(T, S)
    else:
        leaves = given(T)
        x = memory = leaves[0]
    model = made(bias=bias)
    with torch.no_grad():  # biases start at 0 in many models, and then nobody sees them exchanged
        for p in model.parameters():
            p.normal_(std=0.5)
    theirs = pytorchs(model)
    groups = list(parameters_of_ours(model))
    ours = [p for group in groups for p in group]
    got = with_gradients(model(x, memory if cross else None, mask), [*leaves, *ours])

    hidden = None if mask is None else ~mask.expand(B, T, memory.shape[1]).repeat_interleave(H, 0)
    out = theirs(x, memory, memory, attn_mask=hidden)[0]  # True = must not look
    names = ["in_proj_weight", "out_proj.weight", "in_proj_bias", "out_proj.bias"]
    wanted = [theirs.get_parameter(name) for name in names[: len(groups)]]
    want = with_gradients(out, [*leaves, *wanted])

    n = 1 + len(leaves)
    assert_close(got[:n], want[:n], **EXACT)
    gradients = iter(got[n:])
    for group, theirs_gradient in zip(groups, want[n:], strict=True):
        ours_gradient = torch.cat([next(gradients) for _ in group])
        assert_close(ours_gradient, theirs_gradient, **EXACT)


def test_pytorchs_own_way_to_say_padded_and_causal():
    model, (x,) = made(), given(T)
    padded = padding_mask(IDX, pad=0)
    want = pytorchs(model)(
        x, x, x, key_padding_mask=IDX == 0, attn_mask=~causal_mask(T), need_weights=False
    )[0]
    assert_close(model(x, mask=padded, causal=True), want, **EXACT)


@masks
@pytest.mark.parametrize("head_size", [None, 2, C])
@pytest.mark.parametrize("causal", [False, True])
def test_it_is_a_loop_over_heads(causal, head_size, mask):
    model = made(head_size=head_size)
    D = head_size or C // H
    heads = [Head(C, D).double() for _ in range(H)]
    with torch.no_grad():
        for h, head in enumerate(heads):
            rows = slice(h * D, (h + 1) * D)
            for name in ("query", "key", "value"):
                mine = model.get_parameter(f"{name}.weight")
                head.get_parameter(f"{name}.weight").copy_(mine[rows])
    (x,) = leaves = given(T)
    got = with_gradients(model(x, mask=mask, causal=causal), [*leaves, *model.parameters()])
    joined = torch.cat([head(x, mask=mask, causal=causal) for head in heads], dim=-1)
    each = [p for head in heads for p in head.parameters()]
    out = joined @ model.proj.weight.T
    want = with_gradients(out, [*leaves, *each, model.proj.weight])
    parts = [torch.cat(want[2 + i : -1 : 3]) for i in range(3)]  # queries, keys, values
    assert_close(got, (want[0], want[1], *parts, want[-1]), **EXACT)


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("mask", [None, padding_mask(IDX, pad=0), banded_mask(T, 3)])
def test_maps_have_every_head_and_what_it_did(causal, mask):
    model, (x,) = made(), given(T)
    with record_attention(model) as weights:
        out = model(x, mask=mask, causal=causal)
    looks = weights["attention"]
    assert looks.shape == (B, H, T, T)
    values = model.value(x).view(B, T, H, C // H)
    mixed = torch.einsum("bhts,bshd->bthd", looks, values)
    assert_close(out, mixed.flatten(2) @ model.proj.weight.T, **EXACT)
    assert_close(model(x, mask=mask, causal=causal), out, **EXACT)
    allowed = causal_mask(T) if causal else torch.ones(T, T, dtype=torch.bool)
    allowed = allowed if mask is None else allowed & mask
    assert torch.equal(looks != 0, allowed.expand(B, T, T)[:, None].expand_as(looks))


def test_changing_the_future_changes_no_past_output():
    model, (x,) = made(), given(T)
    out = model(x, causal=True)
    for t in range(T):
        other = x.detach().clone()
        other[:, t] += 1
        changed = model(other, causal=True)
        assert torch.equal(changed[:, :t], out[:, :t])
        assert (changed[:, t:] != out[:, t:]).any(-1).all()


def test_a_padded_sequence_gives_what_it_gives_alone():
    model, (x,) = made(), given(T)
    for causal in (True, False):
        out = model(x, mask=padding_mask(IDX, pad=0), causal=causal)
        assert_close(out[:1, :3], model(x[:1, :3], causal=causal), **EXACT)
        assert_close(out[1:, :4], model(x[1:, :4], causal=causal), **EXACT)


def test_it_looks_at_what_a_layer_of_a_cache_gives_back():
    """At others' keys and values, then at its own, and at as many of them as the mask allows."""
    model, (x, before) = made(bias=True), given(3, 2)
    seen = []

    def extend(k, v):
        seen.append((k, v))
        old = model.key(before), model.value(before)
        old = [part.view(B, 2, H, C // H).transpose(1, 2) for part in old]
        return torch.cat([old[0], k], dim=2), torch.cat([old[1], v], dim=2)

    whole = torch.cat([before, x], dim=1)
    want = model(whole, causal=True)[:, 2:]
    assert_close(model(x, mask=causal_mask(5)[2:], extend=extend), want, **EXACT)
    for part, got in zip((model.key, model.value), seen[0], strict=True):
        assert torch.equal(got.transpose(1, 2).flatten(2), part(x))
    all_of_it = torch.ones(3, 5, dtype=torch.bool)
    assert_close(model(x, mask=all_of_it, extend=extend), model(x, memory=whole), **EXACT)


@pytest.mark.parametrize("causal", [False, True])
def test_with_a_cache_a_mask_must_say_which_keys_are_later(causal):
    model, (x,), kept = made(), given(3), []
    with pytest.raises(ValueError, match="extend needs a mask that hides later keys"):
        model(x, causal=causal, extend=lambda k, v: kept.append((k, v)) or (k, v))
    assert not kept


def test_what_is_turned_stands_at_positions_of_its_own_text():
    model, (x, memory) = made(), given(T, T)
    turns = RotaryPositions(T, C // H).double()(torch.arange(T))
    assert (model(x, turns=turns) - model(x)).abs().max() > 1e-3
    with pytest.raises(ValueError, match="turns are those of x"):
        model(x, memory, turns=turns)


def test_a_single_token_comes_after_all_that_are_kept_and_needs_no_mask():
    model, (x,) = made(), given(1)
    keep = lambda k, v: (k.repeat(1, 1, 3, 1), v.repeat(1, 1, 3, 1))  # noqa: E731
    seen = torch.ones(1, 3, dtype=torch.bool)
    assert_close(model(x, extend=keep), model(x, mask=seen, extend=keep), **EXACT)


def test_unless_told_otherwise_it_sees_all_drops_nothing_and_has_no_bias():
    model, (x,) = made().train(), given(T)
    full = torch.ones(T, T, dtype=torch.bool)
    plain = made(dropout=0.0, head_size=C // H, bias=False)
    assert_close(model(x), plain(x, x, full, causal=False), **EXACT)
    assert not torch.allclose(model(x), model(x, causal=True))
    assert not [name for name, _ in model.named_parameters() if name.endswith("bias")]


def test_a_bias_of_keys_changes_nothing():
    model, (x,) = made(bias=True), given(T)
    out = model(x)
    with torch.no_grad():
        model.key.bias += 3
    assert_close(model(x), out, **EXACT)


FULL = torch.ones(40, 40, dtype=torch.bool)
WAYS = {  # causal, mask, dimensions of q, k and v
    "all": (False, None, 4),
    "causal": (True, None, 4),
    "masked": (False, FULL.triu(-20), 4),
    "causal and masked": (True, FULL.triu(-20), 4),
    "one head": (True, None, 3),
}
ways = pytest.mark.parametrize("way", WAYS)


def half_dropped(seed, way, readable):
    """The weights that count, those recorded, and those that there are without dropout."""
    causal, mask, dimensions = WAYS[way]
    torch.manual_seed(seed)
    part = Attention(dropout=0.5)
    shape = [1] * (dimensions - 2) + [40, 40]
    q = k = torch.zeros(shape, dtype=torch.float64)
    v = torch.eye(40, dtype=torch.float64).expand(shape)  # so what comes out is the weights
    allowed = (FULL if mask is None else mask) & (FULL.tril() if causal else FULL)
    even = allowed / allowed.sum(dim=1, keepdim=True, dtype=torch.float64)
    if not readable:
        return part(q, k, v, mask, causal).view(40, 40), even, even
    with record_attention(part) as recorded:
        mixed = part(q, k, v, mask, causal).view(40, 40)
    return mixed, recorded[""].view(40, 40), even


@ways
@pytest.mark.parametrize("readable", [False, True], ids=["fused", "readable"])
def test_dropout_comes_after_the_softmax(readable, way):
    kept, recorded, even = half_dropped(0, way, readable)
    assert_close(recorded, even, **EXACT)
    # Each weight counts for nothing or for twice as much.
    assert_close(kept, torch.where(kept == 0, 0, 2 * even), **EXACT)
    assert 0.45 < (kept[even > 0] == 0).double().mean() < 0.55
    sums = kept.sum(dim=1)
    assert sums.std() > 0.1 and abs(sums.mean() - 1) < 0.15  # 1 on the whole, not in each row


@ways
def test_both_paths_drop_the_same_weights(way):
    assert torch.equal(half_dropped(3, way, False)[0], half_dropped(3, way, True)[0])
    assert not torch.equal(half_dropped(3, way, True)[0], half_dropped(4, way, True)[0])


def test_without_training_nothing_is_dropped():
    plain, (x,) = made(), given(T)
    model = made(dropout=0.5)
    assert not torch.equal(model(x), plain(x))
    assert not torch.equal(model(x), model(x))
    maps = attention_maps(model, x)["attention"]
    assert model.training
    assert_close(model.eval()(x), plain(x), **EXACT)
    np.testing.assert_allclose(maps, attention_maps(plain, x)["attention"], rtol=0, atol=1e-12)


def test_the_readable_form_drops_what_it_is_told():
    (q,) = given(T)
    mixed, weights = attention(q, q, q, dropout=0.5)
    assert_close(weights.sum(-1), torch.ones(B, T, dtype=torch.float64), **EXACT)
    assert not torch.allclose(mixed, weights @ q)


def test_parameters_by_head_size():
    def maps(**settings):
        model = MultiHeadAttention(256, 8, **settings)
        return sum(part.weight.numel() for part in (model.query, model.key, model.value))

    assert maps() == 196_608
    assert maps(head_size=256) == 1_572_864
    model = MultiHeadAttention(256, 8, bias=True)
    assert sum(p.numel() for p in model.parameters()) == 4 * (256 * 256 + 256)
    assert MultiHeadAttention(256, 8, head_size=256).proj.weight.shape == (256, 2048)


def test_heads_that_do_not_divide_the_channels():
    for n_head in (5, 0, -3):
        with pytest.raises(ValueError, match=f"n_embd 12 is not divisible by n_head = {n_head}:"):
            MultiHeadAttention(12, n_head)
    assert MultiHeadAttention(12, 5, head_size=4)(torch.zeros(1, 2, 12)).shape == (1, 2, 12)
