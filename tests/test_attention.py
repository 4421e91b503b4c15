"""Attention is PyTorch's, in values and gradients; masks hide what they should; nothing is nan."""

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.testing import assert_close

from gptlib.attention import (
    SHORT,
    Attention,
    Head,
    attention,
    attention_maps,
    banded_attention,
    banded_mask,
    causal_mask,
    fused_attention,
    padding_mask,
    past_mask,
    record_attention,
)

B, T, S, D = 2, 5, 7, 3
EXACT = {"rtol": 0, "atol": 1e-12}


def tensors(seed, *shapes, dtype=torch.float64):
    generator = torch.Generator().manual_seed(seed)
    made = [torch.randn(*shape, generator=generator, dtype=dtype) for shape in shapes]
    return [tensor.requires_grad_() for tensor in made]


def self_qkv(seed=0, dtype=torch.float64):
    return tensors(seed, (B, T, D), (B, T, D), (B, T, D), dtype=dtype)


def by_loop(q, k, v, mask):
    """Equation 1, one number at a time."""
    q, k, v = (tensor.detach().numpy() for tensor in (q, k, v))
    mask = np.broadcast_to(mask.numpy(), (len(q), q.shape[1], k.shape[1]))
    mixed = np.zeros((*q.shape[:2], v.shape[2]))
    weights = np.zeros(mask.shape)
    for b, t in np.ndindex(q.shape[:2]):
        seen = [s for s in range(k.shape[1]) if mask[b, t, s]]
        exps = [math.exp(sum(q[b, t] * k[b, s]) / math.sqrt(q.shape[2])) for s in seen]
        for s, e in zip(seen, exps, strict=True):
            weights[b, t, s] = e / sum(exps)
            mixed[b, t] += weights[b, t, s] * v[b, s]
    return torch.from_numpy(mixed), torch.from_numpy(weights)


NOTHING = causal_mask(T)
NOTHING[2] = False  # one position may look at nothing
IDX = torch.tensor([[3, 1, 2, 0, 0], [4, 4, 1, 2, 0]])
MASKS = {
    "none": None,
    "causal": causal_mask(T),
    "banded": banded_mask(T, 2),
    "padded": padding_mask(IDX, pad=0),
    "padded and causal": padding_mask(IDX, pad=0) & causal_mask(T),
    "a row of nothing": NOTHING,
}
masks = pytest.mark.parametrize("mask", MASKS.values(), ids=MASKS.keys())


def with_gradients(out, leaves):
    """out, and the gradients that a loss which is different for every output gives to leaves."""
    loss = (out * torch.arange(out.numel(), dtype=out.dtype).view(out.shape).sin()).sum()
    return out, *torch.autograd.grad(loss, leaves)


def outputs_and_gradients(f, given):
    return with_gradients(f(*given), given)


@masks
def test_the_readable_form_is_equation_1(mask):
    q, k, v = self_qkv()
    mixed, weights = attention(q, k, v, mask)
    full = torch.ones(T, T, dtype=torch.bool) if mask is None else mask
    assert_close((mixed, weights), by_loop(q, k, v, full), **EXACT)


@masks
@pytest.mark.parametrize("ours", [lambda *a: attention(*a)[0], fused_attention], ids=["r", "f"])
def test_both_forms_are_pytorchs(ours, mask):
    given = self_qkv()
    got = outputs_and_gradients(lambda q, k, v: ours(q, k, v, mask), given)
    want = outputs_and_gradients(
        lambda q, k, v: F.scaled_dot_product_attention(q, k, v, attn_mask=mask), given
    )
    assert_close(got, want, **EXACT)


@pytest.mark.parametrize("ours", [lambda *a: attention(*a)[0], fused_attention], ids=["r", "f"])
def test_cross_attention_is_pytorchs(ours):
    given = tensors(1, (B, T, D), (B, S, D), (B, S, 4))  # values may have a size of their own
    mask = padding_mask(torch.tensor([[1] * 7, [1, 2, 3, 0, 0, 0, 0]]), pad=0)
    got = outputs_and_gradients(lambda q, k, v: ours(q, k, v, mask), given)
    want = outputs_and_gradients(
        lambda q, k, v: F.scaled_dot_product_attention(q, k, v, attn_mask=mask), given
    )
    assert_close(got, want, **EXACT)


@masks
def test_causal_is_a_mask_like_any_other(mask):
    given = self_qkv()
    both = causal_mask(T) if mask is None else mask & causal_mask(T)
    got = outputs_and_gradients(lambda q, k, v: fused_attention(q, k, v, mask, True), given)
    want = outputs_and_gradients(lambda q, k, v: attention(q, k, v, both)[0], given)
    assert_close(got, want, **EXACT)


@pytest.mark.parametrize("length", [1, 2, 7, 12, 13])
@pytest.mark.parametrize("width", [1, 2, 3, 6, 12, 13, 20])
def test_a_band_in_blocks_is_a_mask_like_any_other(width, length):
    mask = banded_mask(length, width)
    for shape in [(length, D), (B, length, D), (B, 3, length, D), (1, B, 3, length, D)]:
        given = tensors(2, shape, shape, (*shape[:-1], 4))
        got = outputs_and_gradients(lambda q, k, v: banded_attention(q, k, v, width), given)
        want = outputs_and_gradients(lambda q, k, v: attention(q, k, v, mask)[0], given)
        assert_close(got, want, **EXACT)
        if width >= length:
            dense = outputs_and_gradients(
                lambda q, k, v: fused_attention(q, k, v, causal=True), given
            )
            assert_close(got, dense, **EXACT)


def test_a_band_reaches_the_fast_kernel():
    for shape in [(2, 300, 8), (2, 3, 300, 8)]:
        given = tensors(0, shape, shape, shape, dtype=torch.float32)
        with sdpa_kernel(SDPBackend.FLASH_ATTENTION):
            got = outputs_and_gradients(lambda q, k, v: banded_attention(q, k, v, 32), given)
        want = outputs_and_gradients(
            lambda q, k, v: attention(q, k, v, banded_mask(300, 32))[0], given
        )
        assert_close(got, want, rtol=0, atol=1e-4)


def test_a_band_drops_as_many_weights_as_other_attention():
    torch.manual_seed(0)
    ones = torch.ones(2, 1, 3000, 1)
    kept = banded_attention(ones, ones, ones, 10, dropout=0.25)
    assert (kept != 1).any()
    assert kept.mean() == pytest.approx(1, abs=0.02)


@pytest.mark.parametrize("part", [None, padding_mask(IDX, pad=0)])
def test_a_layer_with_a_band_looks_no_further_back(part):
    given, layer = self_qkv(), Attention(band=2)
    mask = banded_mask(T, 2) if part is None else banded_mask(T, 2) & part
    want = outputs_and_gradients(lambda q, k, v: attention(q, k, v, mask)[0], given)
    got = outputs_and_gradients(lambda q, k, v: layer(q, k, v, part, True), given)
    assert_close(got, want, **EXACT)
    with record_attention(layer) as weights:
        assert_close(layer(*given, part, True), want[0], **EXACT)
    assert torch.equal(weights[""] != 0, mask.expand(B, T, T))
    # Where a mask alone says what may be seen, as after a cache, it says it alone.
    assert_close(layer(*given, part), fused_attention(*given, part), **EXACT)


@pytest.mark.parametrize("mask", [None, causal_mask(T), padding_mask(IDX, pad=0)])
def test_one_head_reaches_the_fast_kernel(mask):
    q, k, v = self_qkv(dtype=torch.float32)
    with sdpa_kernel(SDPBackend.FLASH_ATTENTION):  # or a RuntimeError
        mixed = fused_attention(q, k, v, mask)
    assert_close(mixed, attention(q, k, v, mask)[0])


def test_heads_in_a_dimension_of_their_own():
    given = tensors(2, (B, 3, T, D), (B, 3, T, D), (B, 3, T, D))
    got = outputs_and_gradients(lambda q, k, v: attention(q, k, v, causal_mask(T))[0], given)
    want = outputs_and_gradients(
        lambda q, k, v: F.scaled_dot_product_attention(q, k, v, is_causal=True), given
    )
    assert_close(got, want, **EXACT)


@masks
@pytest.mark.parametrize("ours", [lambda *a: attention(*a)[0], fused_attention], ids=["r", "f"])
def test_bfloat16_is_near_float64(ours, mask):
    given = self_qkv(dtype=torch.bfloat16)
    exact = [tensor.detach().double().requires_grad_() for tensor in given]
    got = outputs_and_gradients(lambda q, k, v: ours(q, k, v, mask), given)
    want = outputs_and_gradients(lambda q, k, v: attention(q, k, v, mask)[0], exact)
    assert_close(got[0].double(), want[0], rtol=0, atol=3e-2)
    for ours, theirs in zip(got[1:], want[1:], strict=True):
        assert_close(ours.double(), theirs, rtol=3e-2, atol=3e-2)


@pytest.mark.parametrize("causal", [True, False])
def test_under_autocast_a_cpu_computes_it_in_float32(causal):
    """In bfloat16 its backward pass is slow there, for short sequences."""
    low = [part[None].detach().bfloat16().requires_grad_() for part in self_qkv()]
    high = [part.detach().float().requires_grad_() for part in low]
    with torch.autocast("cpu", torch.bfloat16):
        got = fused_attention(*low, causal=causal)
    want = fused_attention(*high, causal=causal)
    assert got.dtype == torch.float32
    assert torch.equal(got, want)
    got.square().sum().backward()
    want.square().sum().backward()
    for one, other in zip(low, high, strict=True):
        assert one.grad.dtype == torch.bfloat16
        assert torch.equal(one.grad, other.grad.bfloat16())


def test_under_autocast_long_sequences_are_computed_in_fewer_bits():
    q, k, v = (torch.randn(1, 1, SHORT, 8) for _ in range(3))
    with torch.autocast("cpu", torch.bfloat16):
        assert fused_attention(q, k, v).dtype == torch.bfloat16
        q, k, v = (part[:, :, 1:] for part in (q, k, v))
        assert fused_attention(q, k, v).dtype == torch.float32


def test_autocast_leaves_float64_as_it_is():
    given = [part[None] for part in self_qkv()]
    want = fused_attention(*given)
    with torch.autocast("cpu", torch.bfloat16):
        assert torch.equal(fused_attention(*given), want)


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16])
@pytest.mark.parametrize("ours", [lambda *a: attention(*a)[0], fused_attention], ids=["r", "f"])
@pytest.mark.parametrize("size", [1, 1e4])
def test_who_may_look_at_nothing_takes_in_nothing(ours, dtype, size):
    q, k, v = (size * tensor.detach() for tensor in self_qkv(dtype=dtype))
    given = [tensor.requires_grad_() for tensor in (q, k, v)]
    out, *gradients = outputs_and_gradients(lambda q, k, v: ours(q, k, v, NOTHING), given)
    assert torch.equal(out[:, 2], torch.zeros(B, D, dtype=dtype))
    assert all(gradient.isfinite().all() for gradient in gradients)
    assert torch.equal(gradients[0][:, 2], torch.zeros(B, D, dtype=dtype))
    assert out[:, 1].abs().min() > 0


def test_nan_never_comes_up_on_the_way_back():
    given = self_qkv()
    try:
        with torch.autograd.set_detect_anomaly(True):
            outputs_and_gradients(lambda q, k, v: attention(q, k, v, NOTHING)[0], given)
    except RuntimeError as error:
        pytest.fail(str(error))


def test_weights_are_zero_exactly_where_a_mask_hides():
    q, k, v = self_qkv(dtype=torch.float32)
    mask = causal_mask(T)
    weights = attention(q, k, v, mask)[1]
    assert torch.equal(weights == 0, ~mask.expand(B, T, T))
    assert_close(weights.sum(-1), torch.ones(B, T))


@pytest.mark.parametrize("T", [1, 2, 6])
def test_masks_by_loops(T):
    at = [[(t, s) for s in range(T)] for t in range(T)]
    assert causal_mask(T).tolist() == [[s <= t for t, s in row] for row in at]
    for width in (1, 2, T, T + 3):
        band = [[t - width < s <= t for t, s in row] for row in at]
        assert banded_mask(T, width).tolist() == band
    assert torch.equal(banded_mask(T, T), causal_mask(T))


@pytest.mark.parametrize("width", [None, 1, 2, 5, 9])
def test_a_mask_of_the_past_is_the_causal_one_or_a_band_where_queries_are_keys(width):
    for T in (1, 5, 6):
        want = causal_mask(T) if width is None else banded_mask(T, width)
        got = past_mask(torch.arange(T).expand(2, T), T, width)
        assert got.dtype == torch.bool and torch.equal(got, want.expand(2, T, T))


@pytest.mark.parametrize("width", [None, 1, 2, 3, 7])
@pytest.mark.parametrize("S", [7, 9])
def test_a_mask_of_the_past_by_a_loop(S, width):
    positions = torch.tensor([[0, 1, 2, 3], [3, 4, 5, 6], [2, 3, 4, 5]])
    least = [[0 if width is None else p - width + 1 for p in row] for row in positions.tolist()]
    assert past_mask(positions, S, width).tolist() == [
        [[low <= s <= p for s in range(S)] for low, p in zip(lows, row, strict=True)]
        for lows, row in zip(least, positions.tolist(), strict=True)
    ]


def test_a_padding_mask_hides_the_filling_from_everybody():
    mask = padding_mask(IDX, pad=0)
    assert mask.shape == (2, 1, 5)
    assert mask[:, 0].tolist() == [[True, True, True, False, False], [True] * 4 + [False]]
    assert padding_mask(IDX, pad=2)[:, 0].tolist() == (IDX != 2).tolist()


def head(seed=0):
    torch.manual_seed(seed)
    return Head(n_embd=6, head_size=D).double()


def test_changing_the_future_changes_no_past_output():
    model = head()
    x = tensors(3, (B, T, 6))[0].detach()
    out = model(x, causal=True)
    for t in range(T):
        other = x.clone()
        other[:, t] += 1
        changed = model(other, causal=True)
        assert torch.equal(changed[:, :t], out[:, :t])
        assert (changed[:, t:] != out[:, t:]).any(-1).all()


def test_without_positions_order_means_nothing():
    model = head()
    x = tensors(4, (B, T, 6))[0].detach()
    order = torch.tensor([3, 0, 4, 1, 2])
    assert_close(model(x[:, order]), model(x)[:, order], **EXACT)
    past = torch.tensor([2, 0, 3, 1, 4])  # the last stays where it is
    out, turned = model(x, causal=True), model(x[:, past], causal=True)
    assert_close(turned[:, -1], out[:, -1], **EXACT)
    assert (turned[:, :-1] - out[:, past][:, :-1]).abs().max() > 0.01


@pytest.mark.parametrize("causal", [True, False])
def test_a_padded_sequence_gives_what_it_gives_alone(causal):
    model = head()
    short, long = (tensor.detach() for tensor in tensors(5, (3, 6), (5, 6)))
    x = nn.utils.rnn.pad_sequence([short, long], batch_first=True, padding_value=9.0)
    idx = torch.tensor([[1, 1, 1, 0, 0], [1] * 5])
    out = model(x, mask=padding_mask(idx, pad=0), causal=causal)
    assert_close(out[0, :3], model(short[None], causal=causal)[0], **EXACT)
    assert_close(out[1], model(long[None], causal=causal)[0], **EXACT)


def test_a_head_is_its_three_projections_and_attention():
    model = head()
    x, memory = tensors(6, (B, T, 6), (B, S, 6))
    assert {name: tuple(p.shape) for name, p in model.named_parameters()} == {
        "query.weight": (D, 6),
        "key.weight": (D, 6),
        "value.weight": (D, 6),
    }
    q = x @ model.query.weight.T
    k, v = memory @ model.key.weight.T, memory @ model.value.weight.T
    assert_close(model(x, memory), attention(q, k, v)[0], **EXACT)
    assert_close(model(x), model(x, x), **EXACT)
    same_size = memory[:, :T]  # and yet another text
    v = same_size @ model.value.weight.T
    assert_close(model(x, same_size), attention(q, same_size @ model.key.weight.T, v)[0], **EXACT)


class Two(nn.Module):
    """Two heads, the first of which is used twice and causal; and dropout."""

    def __init__(self):
        super().__init__()
        self.first, self.cross = head(), head(seed=1)
        self.up = nn.Linear(D, 6).double()
        self.drop = nn.Dropout(0.5)

    def forward(self, x, memory):
        x = x + self.up(self.first(x, causal=True))
        x = x + self.up(self.first(x, causal=True))
        return self.cross(self.drop(x), memory)


@pytest.mark.parametrize("mask", [None, banded_mask(T, 2)])
@pytest.mark.parametrize("causal", [True, False])
def test_what_is_recorded_is_what_was_computed(causal, mask):
    model = head()
    x = tensors(7, (B, T, 6))[0].detach()
    out = model(x, mask=mask, causal=causal)
    with record_attention(model) as weights:
        assert_close(model(x, mask=mask, causal=causal), out, **EXACT)
    allowed = torch.ones(T, T, dtype=torch.bool) if mask is None else mask
    allowed = allowed & causal_mask(T) if causal else allowed
    assert torch.equal(weights["attention"] != 0, allowed.expand(B, T, T))
    assert_close(weights["attention"] @ model.value(x), out, **EXACT)
    assert not weights["attention"].requires_grad
    assert model.attention.record is None


def test_a_recording_inside_another():
    model = head()
    first, second, third = (x.detach() for x in tensors(10, (1, 2, 6), (1, 3, 6), (1, 4, 6)))
    with record_attention(model) as outer:
        model(first)
        with record_attention(model) as inner:
            model(second)
        assert (outer["attention"].shape, inner["attention"].shape) == ((1, 2, 2), (1, 3, 3))
        model(third)
    assert (outer["attention"].shape, inner["attention"].shape) == ((1, 4, 4), (1, 3, 3))


def test_maps_are_arrays_of_the_last_call_without_dropout():
    torch.manual_seed(0)
    model = Two()
    x, memory = (tensor.detach() for tensor in tensors(8, (B, T, 6), (B, S, 6)))
    model.cross.eval()
    maps = attention_maps(model, x, memory)
    assert model.training and model.drop.training and not model.cross.training
    assert {name: rows.shape for name, rows in maps.items()} == {
        "first.attention": (B, T, T),
        "cross.attention": (B, T, S),
    }
    for rows in maps.values():
        assert isinstance(rows, np.ndarray)
        np.testing.assert_allclose(rows.sum(-1), 1, atol=1e-12)
    again = attention_maps(model, x, memory)
    assert all(np.array_equal(again[name], rows) for name, rows in maps.items())
    one = x + model.up(model.first(x, causal=True))
    with record_attention(model.first) as last:
        model.first(one, causal=True)
    assert_close(torch.from_numpy(maps["first.attention"]), last["attention"], **EXACT)


def test_gradients_are_the_same_while_recording():
    model = head()
    x = tensors(9, (B, T, 6))[0]
    for causal in (True, False):
        want = outputs_and_gradients(lambda x, c=causal: model(x, causal=c), [x])
        with record_attention(model):
            got = outputs_and_gradients(lambda x, c=causal: model(x, causal=c), [x])
        assert_close(got, want, **EXACT)


def test_recording_ends_when_something_goes_wrong():
    model = head()
    with pytest.raises(RuntimeError), record_attention(model):
        model(torch.zeros(1, 2, 3))
    assert model.attention.record is None


def test_a_mask_of_numbers_is_refused():
    for ours in (attention, fused_attention, lambda *given: head()(given[0], mask=given[3])):
        with pytest.raises(ValueError, match="mask is of torch.float32: give bool, True = may"):
            ours(*tensors(0, *[(B, T, 6)] * 3), torch.ones(T, T))


def test_causal_needs_as_many_keys_as_queries():
    q, k, v = tensors(0, (B, T, D), (B, S, D), (B, S, D))
    part = Attention()
    banded = Attention(band=2)
    for call in (fused_attention, part, banded):
        with pytest.raises(ValueError, match="5 queries and 7 keys"):
            call(q, k, v, causal=True)
    with pytest.raises(ValueError, match="5 queries and 7 keys"):
        banded_attention(q, k, v, 2)
    with record_attention(part), pytest.raises(ValueError, match="5 queries and 7 keys"):
        part(q, k, v, causal=True)


def test_a_band_of_nothing_is_refused():
    for make in (lambda: banded_mask(3, 0), lambda: banded_attention(*self_qkv(), 0)):
        with pytest.raises(ValueError, match="width is 0: give 1 or more"):
            make()


def test_a_model_without_attention():
    with pytest.raises(ValueError, match="Linear used no attention"):
        attention_maps(nn.Linear(2, 2), torch.zeros(1, 2))


def test_bfloat16_weights_become_an_array():
    maps = attention_maps(head().bfloat16(), torch.ones(1, 3, 6, dtype=torch.bfloat16))
    assert maps["attention"].dtype == np.float64
