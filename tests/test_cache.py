"""With the cache a model says what it says without it, and computes nothing twice."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from test_attention import EXACT
from test_gpt import IDX, C, H, N, T, V, bands, made, norms
from test_layers import of_ordinary_size
from torch.testing import assert_close

from gptlib.attention import banded_mask, causal_mask, past_mask, record_attention
from gptlib.cache import KeyValueCache
from gptlib.config import GPTConfig
from gptlib.gpt import GPT
from gptlib.sampling import Sampling, draw, generate, next_probs

BLOCK_SIZE = 8
TEXT = torch.tensor([[1, 6, 11, 2, 7, 7, 0, 12], [5, 2, 4, 4, 9, 1, 10, 3]])


@pytest.fixture(autouse=True)
def without_gradients():
    with torch.no_grad():
        yield


def in_pieces(model, idx, sizes, cache=None):
    """The logits of idx, of which model reads so many tokens at a time."""
    cache = model.new_cache(len(idx)) if cache is None else cache
    return torch.cat([model(piece, cache) for piece in idx.split(sizes, dim=1)], dim=1)


@norms
@bands
@pytest.mark.parametrize("positions", ["learned", "sinusoidal", "rotary"])
@pytest.mark.parametrize("sizes", [[8], [1] * 8, [5, 3], [1, 7], [7, 1], [3, 1, 1, 2, 1]], ids=str)
def test_however_a_text_is_cut_it_says_the_same(sizes, positions, norm, band):
    model = made(norm=norm, band=band, positions=positions, block_size=BLOCK_SIZE)
    assert_close(in_pieces(model, TEXT, sizes), model(TEXT), **EXACT)


@given(st.sets(st.integers(1, 19)), st.sampled_from([None, 1, 2, 3, 7]), st.integers(0, 99))
def test_a_long_text_cut_anywhere(cuts, band, seed):
    with torch.no_grad():
        model = of_ordinary_size(made(n_layer=4, band=band), seed)
        text = torch.randint(V, (2, 20), generator=torch.Generator().manual_seed(seed))
        edges = [0, *sorted(cuts), 20]
        sizes = [b - a for a, b in zip(edges, edges[1:], strict=False)]
        assert_close(in_pieces(model, text, sizes), model(text), **EXACT)


@bands
@pytest.mark.parametrize("positions", ["learned", "rotary"])
def test_rows_of_unequal_length_say_what_they_say_alone(positions, band):
    model, lengths = made(band=band, positions=positions), torch.tensor([2, 5, 3])
    new = torch.tensor([[8, 1], [3, 12], [0, 0]])
    cache = model.new_cache(3)
    model(IDX, cache)
    cache.forget(T - lengths)
    assert cache.length.tolist() == [2, 5, 3]
    got = torch.cat([model(new[:, :1], cache), model(new[:, 1:], cache)], dim=1)
    assert cache.length.tolist() == [4, 7, 5]
    for row, n in enumerate(lengths):
        alone = torch.cat([IDX[row, :n], new[row]])[None]
        assert_close(got[row], model(alone)[0, n:], **EXACT)


@bands
def test_tokens_that_are_taken_back_have_never_been_there(band):
    model = made(band=band)
    for kept in range(6):
        cache = model.new_cache(2)
        model(TEXT[:, :5].flip(1), cache)
        cache.forget(5)
        model(torch.cat([TEXT[:, :kept], TEXT[:, kept:5] * 0], dim=1), cache)
        cache.forget(5 - kept)
        assert_close(model(TEXT[:, kept:], cache), model(TEXT)[:, kept:], **EXACT)


@bands
def test_what_stands_behind_the_length_is_seen_by_nobody(band):
    model = made(band=band)
    said = []
    for junk in (0, 1e6):
        cache = model.new_cache(3)
        model(IDX, cache)
        cache.forget(T - torch.tensor([1, 4, 2]))
        for row, n in enumerate(cache.length):
            for kept in (*cache.keys, *cache.values):
                kept[row, :, n:] = junk
        said.append(in_pieces(model, IDX, [1, 2, 2], cache))
    assert torch.equal(*said)


def test_room_that_nobody_has_filled_spoils_nothing():
    """PyTorch may fill memory that is only reserved with nan, and the second row has a gap."""
    torch.use_deterministic_algorithms(True)
    try:
        assert torch.empty(3).isnan().all()
        cache = made().new_cache(2)
    finally:
        torch.use_deterministic_algorithms(False)
    model = made()
    model(IDX[:2], cache)
    cache.forget(torch.tensor([0, 4]))
    assert model(IDX[:2, :3], cache).isfinite().all()


def rows_of_unequal_length():
    """A cache, filled by hand, whose three rows have 0, 4 and 2 tokens."""
    cache = KeyValueCache([None] * 2, B=3, n_head=1, block_size=20, head_size=2)
    cache.advance(4)
    cache.forget(torch.tensor([4, 0, 2]))
    return cache


@bands
def test_positions_and_their_mask_are_those_of_loops(band):
    cache = rows_of_unequal_length()
    positions = cache.positions(3)
    assert positions.dtype == torch.int64
    assert positions.tolist() == [[0, 1, 2], [4, 5, 6], [2, 3, 4]]
    for width in (band, band and 1, band and 6):
        mask = past_mask(positions, 7, width)
        assert mask.shape == (3, 3, 7)
        for b, n in enumerate(cache.length):
            whole = causal_mask(7) if width is None else banded_mask(7, width)
            assert torch.equal(mask[b], whole[n : n + 3])


def test_it_keeps_what_it_is_given_where_that_stands():
    cache = rows_of_unequal_length()
    generator = torch.Generator().manual_seed(0)
    k, v = torch.randn(2, 3, 1, 3, 2, generator=generator)
    positions = cache.positions(3)
    all_k, all_v = cache.extend(1, cache.places(cache.positions(3)), k, v)
    assert all_k.shape == all_v.shape == (3, 1, 7, 2)
    for kept, new in ((all_k, k), (all_v, v)):
        for b, n in enumerate([0, 4, 2]):
            assert torch.equal(kept[b, :, n : n + 3], new[b])
            assert kept[b, :, :n].abs().sum() == kept[b, :, n + 3 :].abs().sum() == 0
    assert cache.keys[0].abs().sum() == cache.values[0].abs().sum() == 0
    # Each layer gets the same tokens, so they are counted once, after the last of them.
    assert cache.length.tolist() == [0, 4, 2] and torch.equal(cache.positions(3), positions)


def test_rows_of_equal_length_are_kept_as_others_are():
    cache = KeyValueCache([None] * 2, B=3, n_head=2, block_size=9, head_size=2)
    assert cache.even
    cache.advance(4)
    assert cache.even
    k, v = torch.randn(2, 3, 2, 3, 2, generator=torch.Generator().manual_seed(0))
    all_k, all_v = cache.extend(1, cache.places(cache.positions(3)), k, v)
    assert all_k.shape == all_v.shape == (3, 2, 7, 2)
    for kept, new in ((all_k, k), (all_v, v)):
        assert torch.equal(kept[:, :, 4:], new)
        assert kept[:, :, :4].abs().sum() == 0
    assert cache.keys[0].abs().sum() == cache.values[0].abs().sum() == 0
    cache.forget(torch.tensor([0, 1, 0]))
    assert not cache.even


def test_only_advance_and_forget_change_how_long_rows_are():
    cache = KeyValueCache([None], B=2, n_head=1, block_size=6, head_size=2)
    assert (cache.length.tolist(), cache.block_size, cache.room) == ([0, 0], 6, 6)
    cache.advance(4)
    assert (cache.length.tolist(), cache.room) == ([4, 4], 2)
    cache.forget(1)
    assert (cache.length.tolist(), cache.room) == ([3, 3], 3)
    cache.forget(torch.tensor([2, 0]))
    assert (cache.length.tolist(), cache.room) == ([1, 3], 3)  # of the row that has most
    cache.forget(0)
    cache.advance(3)
    assert (cache.length.tolist(), cache.room, cache.block_size) == ([4, 6], 0, 6)
    cache.forget(torch.tensor([4, 6]))
    assert (cache.length.tolist(), cache.room) == ([0, 0], 6)


@pytest.mark.parametrize(
    "n", [5, -1, torch.tensor([0, 5]), torch.tensor([3, 0]), torch.tensor([1, -1])], ids=str
)
def test_more_than_there_is_cannot_be_forgotten(n):
    cache = KeyValueCache([None], B=2, n_head=1, block_size=6, head_size=2)
    cache.advance(4)
    cache.forget(torch.tensor([2, 0]))
    with pytest.raises(ValueError, match=r"cannot forget .* of \[2, 4\] tokens: give fewer"):
        cache.forget(n)
    assert cache.length.tolist() == [2, 4]


def test_each_token_looks_at_those_kept_and_not_at_those_after_it():
    model = made(band=2)
    cache = model.new_cache(2)
    model(TEXT[:, :3], cache)
    with record_attention(model) as weights:
        model(TEXT[:, 3:7], cache)
    dense, banded = weights.values()
    assert torch.equal(dense != 0, causal_mask(7)[3:].expand(2, H, 4, 7))
    seen = banded_mask(7, 2)[3:, 2:]  # of the first three tokens, only one is left to be seen
    assert torch.equal(banded != 0, seen.expand(2, H, 4, 5))


def test_it_keeps_the_keys_and_values_of_every_block():
    model, kept = made(), []
    for block in model.blocks:
        for part in (block.attn.key, block.attn.value):
            part.register_forward_hook(lambda _, x, out: kept.append(out))
    cache = model.new_cache(2)
    model(TEXT[:, :3], cache)
    model(TEXT[:, 3:], cache)
    for n in range(N):
        for i, stored in enumerate((cache.keys, cache.values)):
            want = torch.cat([kept[2 * n + i], kept[2 * (N + n) + i]], dim=1)
            assert torch.equal(stored[n][:, :, :8].transpose(1, 2).flatten(2), want)
            assert torch.equal(stored[n][:, :, 8:], torch.zeros(2, H, 12, C // H).double())


def test_it_is_full_when_it_is_full():
    model = made(block_size=BLOCK_SIZE)
    cache = model.new_cache(2)
    assert_close(in_pieces(model, TEXT, [7, 1], cache), model(TEXT), **EXACT)
    with pytest.raises(ValueError, match="1 tokens after 8 are more than block_size = 8: give"):
        model(TEXT[:, :1], cache)
    cache.forget(torch.tensor([6, 1]))
    before = [kept.clone() for kept in (*cache.keys, *cache.values)]
    with pytest.raises(ValueError, match="2 tokens after 7 are more than block_size = 8: give"):
        model(TEXT[:, :2], cache)
    with pytest.raises(ValueError, match="2 tokens after 7 are more than block_size = 8: give"):
        cache.positions(2)
    assert cache.length.tolist() == [2, 7]
    assert all(map(torch.equal, (*cache.keys, *cache.values), before))
    model(TEXT[:, :1], cache)
    assert cache.length.tolist() == [3, 8]


@norms
@bands
@pytest.mark.parametrize("sizes", [[8], [3, 1, 4]], ids=str)
def test_heads_of_a_size_of_their_own(sizes, norm, band):
    model = made(norm=norm, band=band, n_head=2, head_size=5)
    cache = model.new_cache(2)
    assert {kept.shape[3] for kept in (*cache.keys, *cache.values)} == {5}
    assert_close(in_pieces(model, TEXT, sizes, cache), model(TEXT), **EXACT)


def test_before_the_head_it_says_the_same_too():
    model = made(tied=False, band=2)
    cache, want = model.new_cache(2), model.hidden(TEXT)
    got = [model.hidden(piece, cache) for piece in TEXT.split([3, 1, 4], dim=1)]
    assert cache.length.tolist() == [8, 8]
    assert_close(torch.cat(got, dim=1), want, **EXACT)
    cache = model.new_cache(2)
    model.hidden(TEXT[:, :5], cache)  # the two may take turns
    assert_close(model(TEXT[:, 5:], cache), model.lm_head(want)[:, 5:], **EXACT)


def test_each_kind_of_mask_is_made_once_a_call(monkeypatch):
    model, widths = made(n_layer=12, band=2), []
    monkeypatch.setattr(
        "gptlib.gpt.past_mask",
        lambda positions, S, width: widths.append(width) or past_mask(positions, S, width),
    )
    cache = model.new_cache(2)
    model(TEXT[:, :5], cache)
    assert sorted(widths, key=str) == [2, None]
    model(TEXT[:, 5:], cache)
    assert sorted(widths, key=str) == [2, 2, None, None]


def test_a_single_token_needs_no_mask_unless_rows_differ(monkeypatch):
    model, masks = made(band=2), []
    attend = model.blocks[0].attn.attention.forward

    def watched(q, k, v, mask, causal):
        masks.append(mask)
        return attend(q, k, v, mask, causal)

    for block in model.blocks:
        monkeypatch.setattr(block.attn.attention, "forward", watched)
    cache = model.new_cache(2)
    model(TEXT[:, :5], cache)
    assert all(mask is not None for mask in masks)
    masks.clear()
    model(TEXT[:, 5:6], cache)
    assert masks == [None] * N
    masks.clear()
    cache.forget(torch.tensor([0, 1]))
    model(TEXT[:, 5:6], cache)
    assert all(mask is not None for mask in masks)


def test_a_cache_of_other_rows_is_refused():
    model = made()
    for cache in (model.new_cache(), model.new_cache(3)):
        with pytest.raises(ValueError, match=r"idx has 2 rows, the cache \d: make one with new_ca"):
            model(TEXT, cache)
        assert cache.room == 20 and not any(kept.any() for kept in cache.keys)


@pytest.mark.parametrize("sizes", [[1] * 20, [7, 1, 5, 1, 6], [1, 19]], ids=str)
def test_a_banded_layer_keeps_its_band_and_what_came_last(sizes):
    model = made(n_layer=4, band=3)
    cache = model.new_cache(2)
    text = torch.randint(V, (2, 20), generator=torch.Generator().manual_seed(0))
    length, said = 0, []
    for piece in text.split(sizes, dim=1):
        said.append(model(piece, cache))
        T = piece.shape[1]
        most = min(length, 2) + T
        assert [kept.shape[2] for kept in cache.keys] == [20, most, 20, most]
        assert [kept.shape[2] for kept in cache.values] == [20, most, 20, most]
        length += T
    assert_close(torch.cat(said, dim=1), model(text), **EXACT)


def test_what_a_banded_layer_has_dropped_cannot_be_brought_back():
    model = made(band=3)
    cache = model.new_cache(2)
    in_pieces(
        model, TEXT[:, :6], [5, 1], cache
    )  # before the sixth token the band began with the fourth
    kept = [part.clone() for part in (*cache.keys, *cache.values)]
    with pytest.raises(
        ValueError, match=r"cannot forget 2 of \[6, 6\].* has dropped those before 3"
    ):
        cache.forget(2)
    assert cache.length.tolist() == [6, 6]
    assert all(map(torch.equal, kept, (*cache.keys, *cache.values)))
    cache.forget(1)
    assert_close(in_pieces(model, TEXT[:, 5:], [2, 1], cache), model(TEXT)[:, 5:], **EXACT)


def test_a_length_that_was_read_stays_what_it_was():
    model = made()
    cache = model.new_cache(3)
    model(IDX[:, :2], cache)
    before = cache.length
    first = model(IDX[:, 2:], cache)
    assert before.tolist() == [2, 2, 2]
    cache.forget(3)
    assert before.tolist() == cache.length.tolist() == [2, 2, 2]
    assert_close(model(IDX[:, 2:], cache), first, **EXACT)


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16])
def test_it_has_room_for_two_vectors_a_token_and_layer(dtype):
    model, B = made().to(dtype), 3
    cache = model.new_cache(B)
    assert {kept.dtype for kept in (*cache.keys, *cache.values)} == {dtype}
    assert cache.nbytes == 2 * N * B * C * 20 * dtype.itemsize
    assert model(IDX, cache).dtype == dtype
    assert model.new_cache().length.tolist() == [0]


def test_that_of_the_smallest_gpt_2_takes_75_megabytes_a_row():
    with torch.device("meta"):
        model = GPT(GPTConfig(50_257))
    cache = model.new_cache()
    assert cache.keys[0].device.type == "meta" and cache.length.device.type == "cpu"
    assert cache.nbytes == 75_497_472


def test_under_autocast_it_keeps_what_is_computed_in_half_the_bits():
    model = made().float()
    exact = model(TEXT)
    with torch.autocast("cpu", torch.bfloat16):
        cache = model.new_cache(2)
        got, whole = in_pieces(model, TEXT, [3, 1, 4], cache), model(TEXT)
    assert cache.keys[0].dtype == torch.float32 and got.dtype == torch.bfloat16
    assert 1e-4 < (whole.float() - exact).abs().max() < 0.1
    assert_close(got, whole, rtol=0, atol=0.05)


# Generation


GREEDY = Sampling(temperature=0)


def by_plain_loop(model, idx, n, sampling=GREEDY, generator=None):
    """What generate writes, with all that is still in reach read anew for every token."""
    for _ in range(n):
        logits = model(idx[:, -model.config.block_size :])[:, -1]
        if sampling.temperature == 0:
            new = logits.argmax(-1)
        else:
            u = torch.rand(len(idx), generator=generator, dtype=torch.float64)
            new = draw(next_probs(logits, sampling), u)
        idx = torch.cat([idx, new[:, None]], dim=1)
    return idx


PROMPTS = {"one token": 1, "some": 5, "as many as there are positions": 8, "more": 11}
prompts = pytest.mark.parametrize("n", PROMPTS.values(), ids=PROMPTS)
SAMPLINGS = [GREEDY, Sampling(), Sampling(0.7, top_k=4), Sampling(1.5, top_p=0.8)]


@prompts
@bands
@pytest.mark.parametrize("sampling", SAMPLINGS, ids=["greedy", "plain", "top k", "top p"])
def test_generate_writes_what_a_plain_loop_writes(sampling, band, n):
    for seed in range(3):
        model = of_ordinary_size(made(band=band, block_size=BLOCK_SIZE), seed)
        idx = torch.randint(V, (2, n), generator=torch.Generator().manual_seed(seed))
        draws = [torch.Generator().manual_seed(seed) for _ in range(2)]
        got = generate(model, idx, 30, sampling, draws[0])
        assert torch.equal(got, by_plain_loop(model, idx, 30, sampling, draws[1]))


@pytest.mark.parametrize(
    "settings",
    [{"n_layer": 1}, {"n_layer": 3, "n_head": 6, "tied": False}, {"n_head": 5, "head_size": 6}],
    ids=str,
)
@pytest.mark.parametrize("positions", ["learned", "sinusoidal", "rotary"])
def test_models_of_other_sizes_do_too(positions, settings):
    model = made(positions=positions, block_size=BLOCK_SIZE, norm="post", **settings)
    got = generate(model, IDX, 30, generator=torch.Generator().manual_seed(1))
    want = by_plain_loop(model, IDX, 30, Sampling(), torch.Generator().manual_seed(1))
    assert torch.equal(got, want)


@bands
@pytest.mark.parametrize("lengths", [[5, 5, 5], [1, 5, 3], [11, 2, 8], [1, 11, 1]], ids=str)
def test_a_row_writes_in_a_batch_what_it_writes_alone(lengths, band):
    model = made(band=band, block_size=BLOCK_SIZE)
    generator = torch.Generator().manual_seed(0)
    idx = torch.randint(V, (3, max(lengths)), generator=generator)
    got = generate(model, idx, 20, GREEDY, lengths=torch.tensor(lengths))
    assert torch.equal(got[:, :-20], idx)
    for row, n in enumerate(lengths):
        alone = by_plain_loop(model, idx[row : row + 1, :n], 20)
        assert torch.equal(got[row, -20:], alone[0, -20:])
        other = idx.clone()
        other[row, n:] = 12 - other[row, n:]
        again = generate(model, other, 20, GREEDY, lengths=torch.tensor(lengths))
        assert torch.equal(again[:, -20:], got[:, -20:])


def test_each_token_is_read_once_while_there_is_room():
    model, read = made(block_size=BLOCK_SIZE), []
    model.register_forward_hook(lambda _, given, logits: read.append(logits.shape[1]))
    generate(model, IDX, 7, GREEDY)
    # 5, 6, 7 and 8 tokens fit; then the window moves, and what is in it is read anew.
    assert read == [T, 1, 1, 1, 8, 8, 8]
    read.clear()
    generate(model, IDX, 5, GREEDY, lengths=torch.tensor([2, 5, 4]))
    assert read == [T, 1, 1, 1, 8]


@pytest.mark.parametrize("positions, apart", [("learned", 1), ("sinusoidal", 0.1)])
def test_a_window_that_moves_makes_all_that_was_kept_wrong(positions, apart):
    """Its tokens stand at other places, and what they know of has left: so it is made anew."""
    model = made(block_size=BLOCK_SIZE, positions=positions)
    cache = model.new_cache(2)
    model(TEXT, cache)
    new = torch.tensor([[3], [8]])
    for kept in (*cache.keys, *cache.values):
        kept[..., :-1, :] = kept[..., 1:, :].clone()
    cache.forget(1)
    window = torch.cat([TEXT[:, 1:], new], dim=1)
    assert (model(new, cache)[:, -1] - model(window)[:, -1]).abs().max() > apart


def test_a_window_of_one_token():
    model = made(block_size=1)
    got = generate(model, IDX[:, :1], 10, GREEDY)
    assert torch.equal(got, by_plain_loop(model, IDX[:, :1], 10))
