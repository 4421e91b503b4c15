"""A block is PyTorch's layer, in both orders; dropout falls on what a layer adds, nowhere else."""

import pytest
import torch
import torch.nn.functional as F
from test_attention import EXACT, with_gradients
from torch import nn
from torch.testing import assert_close

from gptlib.attention import banded_mask, causal_mask, padding_mask
from gptlib.config import TransformerConfig
from gptlib.layers import Block, FeedForward

B, T, S, C, H = 2, 5, 4, 12, 3
norms = pytest.mark.parametrize("norm", ["post", "pre"])
BIASES = {"all biases": (True, True), "attention's": (True, False), "the others": (False, True)}
BIASES["no biases"] = (False, False)
biases = pytest.mark.parametrize("attn_bias, bias", BIASES.values(), ids=BIASES)
crosses = pytest.mark.parametrize("cross", [False, True], ids=["encoder", "decoder"])


def of_ordinary_size(model, seed=0):
    """Every parameter drawn anew, the gains of norms around 1: at 1 nobody sees them exchanged."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, p in model.named_parameters():
            p.normal_(std=0.3, generator=generator)
            if "ln_" in name and name.endswith("weight"):
                p += 1
    return model


def a_block(cross=False, **settings):
    config = TransformerConfig(vocab_size=9, n_head=H, n_embd=C, **{"dropout": 0, **settings})
    return of_ordinary_size(Block(config, cross=cross).double())


def given(*lengths):
    generator = torch.Generator().manual_seed(1)
    draws = [torch.randn(B, n, C, generator=generator, dtype=torch.float64) for n in lengths]
    return [draw.requires_grad_() for draw in draws]


def counterparts(block):
    """For each parameter of PyTorch's layer its name, and ours that stand in it in turn."""
    attentions, norms = {"self_attn": block.attn}, [block.ln_1, block.ln_2]
    if block.cross is not None:
        attentions["multihead_attn"] = block.cross
        norms.insert(1, block.ln_cross)
    for name, part in attentions.items():
        maps = [part.query, part.key, part.value]
        yield f"{name}.in_proj_weight", [p.weight for p in maps]
        yield f"{name}.out_proj.weight", [part.proj.weight]
        if part.proj.bias is not None:
            yield f"{name}.in_proj_bias", [p.bias for p in maps]
            yield f"{name}.out_proj.bias", [part.proj.bias]
    others = {"linear1": block.mlp.fc, "linear2": block.mlp.proj}
    others |= {f"norm{i}": norm for i, norm in enumerate(norms, 1)}
    for name, part in others.items():
        yield f"{name}.weight", [part.weight]
        if part.bias is not None:
            yield f"{name}.bias", [part.bias]


def carry(pairs, theirs, config):
    """Give theirs the parameters of ours, and 0 for biases that ours is to have none of."""
    with torch.no_grad():
        for name, p in theirs.named_parameters():
            of_attention = name.endswith(("in_proj_bias", "out_proj.bias"))
            wanted = config.attn_bias if of_attention else config.bias
            assert (name in pairs) == (wanted or not name.endswith("bias"))
            p.copy_(torch.cat(pairs[name]) if name in pairs else torch.zeros_like(p))


def joined(pairs, gradients):
    """Gradients of ours, in the order of pairs, as gradients of theirs."""
    gradients = iter(gradients)
    return [torch.cat([next(gradients) for _ in parts]) for parts in pairs.values()]


@norms
@biases
@crosses
def test_a_block_is_pytorchs_layer(cross, attn_bias, bias, norm):
    block = a_block(cross, attn_bias=attn_bias, bias=bias, norm=norm)
    kind = nn.TransformerDecoderLayer if cross else nn.TransformerEncoderLayer
    theirs = kind(C, H, 4 * C, 0.0, batch_first=True, norm_first=norm == "pre").double()
    pairs = dict(counterparts(block))
    carry(pairs, theirs, TransformerConfig(9, attn_bias=attn_bias, bias=bias))
    ours = [p for parts in pairs.values() for p in parts]
    assert {id(p) for p in ours} == {id(p) for p in block.parameters()}
    wanted = [theirs.get_parameter(name) for name in pairs]

    x, memory = given(T, S)
    if cross:
        leaves, hidden = [x, memory], torch.tensor([[False] * S, [False, False, True, True]])
        future = torch.ones(T, T, dtype=torch.bool).triu(1)
        out = block(x, causal=True, memory=memory, memory_mask=~hidden[:, None])
        theirs_out = theirs(x, memory, tgt_mask=future, memory_key_padding_mask=hidden)
    else:
        leaves, hidden = [x], torch.tensor([[False] * T, [False] * 3 + [True] * 2])
        out = block(x, ~hidden[:, None])
        theirs_out = theirs(x, src_key_padding_mask=hidden)
    got = with_gradients(out, [*leaves, *ours])
    want = with_gradients(theirs_out, [*leaves, *wanted])
    n = 1 + len(leaves)
    assert_close(got[:n], want[:n], **EXACT)
    assert_close(joined(pairs, got[n:]), list(want[n:]), **EXACT)


def test_feed_forward_is_equation_2():
    model = of_ordinary_size(FeedForward(TransformerConfig(9, n_head=H, n_embd=C)).double())
    (x,) = given(T)
    inner = x @ model.fc.weight.T + model.fc.bias
    assert inner.shape == (B, T, 4 * C)
    want = inner.clamp(min=0) @ model.proj.weight.T + model.proj.bias
    assert_close(model(x), want, **EXACT)
    assert_close(model(x)[1, 2], model(x[1, 2]), **EXACT)


def test_in_an_encoder_everybody_sees_everybody_and_in_a_decoder_only_what_came_before():
    x, memory = given(T, S)
    for t in range(T):
        other = x.detach().clone()
        other[:, t] = -other[:, t]
        encoder, decoder = a_block(), a_block(cross=True)
        assert (encoder(other) != encoder(x)).any(-1).all()
        out, changed = (decoder(given, causal=True, memory=memory) for given in (x, other))
        assert torch.equal(changed[:, :t], out[:, :t])
        assert (changed[:, t:] != out[:, t:]).any(-1).all()


@norms
def test_every_position_of_a_decoder_looks_at_all_of_memory_that_the_mask_leaves(norm):
    block = a_block(cross=True, norm=norm)
    x, memory = given(T, S)
    mask = padding_mask(torch.tensor([[1, 1, 1, 1], [1, 1, 0, 0]]), pad=0)
    out = block(x, causal=True, memory=memory, memory_mask=mask)
    for s in range(S):
        other = memory.detach().clone()
        other[:, s] = -other[:, s]
        changed = block(x, causal=True, memory=other, memory_mask=mask)
        moved = (changed - out).abs().amax(-1)
        assert (moved[0] > 1e-6).all()
        assert (moved[1] > 1e-6).all() if s < 2 else torch.equal(changed[1], out[1])


@crosses
def test_after_each_sum_a_norm_has_the_last_word_and_before_each_layer_it_has_not(cross):
    x, memory = given(T, S)
    memory = memory if cross else None
    blocks = {norm: a_block(cross, norm=norm) for norm in ("post", "pre")}
    for block in blocks.values():
        nn.init.ones_(block.ln_2.weight)
        nn.init.zeros_(block.ln_2.bias)
    out = {norm: block(x, causal=cross, memory=memory) for norm, block in blocks.items()}
    assert_close(out["post"].mean(-1), torch.zeros(B, T, dtype=torch.float64), **EXACT)
    ones = torch.ones(B, T, dtype=torch.float64)
    assert_close(out["post"].var(-1, correction=0), ones, rtol=0, atol=1e-4)
    assert out["pre"].mean(-1).abs().max() > 0.1


@crosses
def test_dropout_falls_on_what_a_layer_adds_and_spares_what_was_there(cross):
    """If it takes all that the layers add, x comes through, with norms after sums normed."""
    x, memory = given(T, S)
    memory = memory if cross else None
    for norm in ("post", "pre"):
        block = a_block(cross, norm=norm).train()
        block.dropout.p = 1.0
        want = x
        if norm == "post":
            for ln in (block.ln_1, block.ln_cross, block.ln_2):
                want = want if ln is None else ln(want)
        assert torch.equal(block(x, causal=cross, memory=memory), want)


@norms
def test_what_dropout_leaves_of_a_layer_is_scaled_up(norm, monkeypatch):
    """Half of what attention and the feed-forward layer make counts, and twice; nothing else."""
    block, (x,) = a_block(norm=norm, dropout=0.5).train(), given(T)
    made = []
    monkeypatch.setattr(F, "dropout", lambda x, p, *rest: made.append((x, p, *rest)) or x)
    out = block(x)
    assert torch.equal(out, block.eval()(x))
    first, second = made[:2]
    before = x if norm == "post" else block.ln_1(x)
    after = block.ln_1(x + first[0]) if norm == "post" else block.ln_2(x + first[0])
    assert_close(first[0], block.attn(before), **EXACT)
    assert_close(second[0], block.mlp(after), **EXACT)
    assert [p for _, p, *_ in made] == [0.5] * 4
    assert [training for _, _, training, *_ in made] == [True, True, False, False]
    monkeypatch.undo()
    torch.manual_seed(0)
    kept = block.train().dropout(torch.ones(10_000))
    assert set(kept.tolist()) == {0.0, 2.0}
    assert 0.47 < (kept == 0).double().mean() < 0.53


@norms
@crosses
def test_without_training_nothing_is_dropped(cross, norm):
    block, plain = a_block(cross, norm=norm, dropout=0.5), a_block(cross, norm=norm)
    x, memory = given(T, S)
    memory = memory if cross else None
    out, again = (block(x, causal=cross, memory=memory) for _ in range(2))
    assert not torch.equal(out, again)
    out, want = (b(x, causal=cross, memory=memory) for b in (block.eval(), plain))
    assert torch.equal(out, want)


@crosses
@pytest.mark.parametrize("training", [True, False])
def test_dropout_of_weights_is_a_setting_of_its_own_and_for_both_attentions(
    training, cross, monkeypatch
):
    x, memory = given(T, S)
    memory = memory if cross else None
    plain = a_block(cross)(x, memory=memory)
    dropped, attend = [], F.scaled_dot_product_attention

    def attention(q, k, v, mask, dropout, **settings):
        dropped.append(dropout)
        return attend(q, k, v, mask, 0.0, **settings)

    monkeypatch.setattr(F, "scaled_dot_product_attention", attention)
    out = a_block(cross, attn_dropout=0.25).train(training)(x, memory=memory)
    assert dropped == [0.25 if training else 0.0] * (1 + cross)
    assert torch.equal(out, plain)  # so it falls on weights and on nothing else
    dropped.clear()
    a_block(cross, dropout=0.25).train(training)(x, memory=memory)
    assert dropped == [0.0] * (1 + cross)


@norms
@crosses
@pytest.mark.parametrize("mask", [None, banded_mask(T, 2).mT], ids=["all", "forwards"])
def test_causal_is_a_mask_for_the_block_itself_and_not_for_memory(mask, cross, norm):
    x, memory = given(T, T)
    memory, block = memory if cross else None, a_block(cross, norm=norm)
    both = causal_mask(T) if mask is None else mask & causal_mask(T)
    out = block(x, mask, causal=True, memory=memory)
    assert_close(out, block(x, both, memory=memory), **EXACT)
    assert not torch.allclose(out, block(x, mask, memory=memory))
    if cross:  # what comes last in memory is heard by the first position, too
        other = memory.detach().clone()
        other[:, -1] = -other[:, -1]
        assert ((block(x, mask, True, other) - out).abs().amax(-1) > 1e-6).all()


@crosses
def test_heads_may_have_a_size_of_their_own(cross):
    x, memory = given(T, S)
    block = a_block(cross, head_size=7, attn_bias=True)
    attentions = [block.attn, block.cross] if cross else [block.attn]
    for part in attentions:
        for name in ("query", "key", "value"):
            assert part.get_submodule(name).weight.shape == (H * 7, C)
            assert part.get_submodule(name).bias.shape == (H * 7,)
        assert part.proj.weight.shape == (C, H * 7) and part.proj.bias.shape == (C,)
    assert block(x, memory=memory if cross else None).shape == (B, T, C)
    whole, given_size = a_block(cross), a_block(cross, head_size=C // H)
    assert all(map(torch.equal, whole.parameters(), given_size.parameters()))


def test_memory_and_cross_attention_come_together():
    x = torch.zeros(1, 2, 8)
    config = TransformerConfig(vocab_size=5, n_head=2, n_embd=8)
    for cross, memory in ((True, None), (False, x)):
        with pytest.raises(ValueError, match="give memory to a block with cross=True"):
            Block(config, cross=cross)(x, memory=memory)
