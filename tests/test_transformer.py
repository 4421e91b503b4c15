"""The Transformer is PyTorch's, has the paper's sizes, and looks only where it should."""

import json
import math
import re
from dataclasses import asdict, fields, replace

import pytest
import torch
import torch.nn.functional as F
from test_attention import EXACT
from test_layers import biases, carry, counterparts, joined, norms, of_ordinary_size
from torch import nn
from torch.testing import assert_close

from gptlib.attention import record_attention
from gptlib.config import TransformerConfig
from gptlib.papers import TRANSFORMER
from gptlib.positions import sinusoidal
from gptlib.transformer import Transformer

V, C, H, N = 13, 12, 3, 2
SMALL = TransformerConfig(vocab_size=V, block_size=20, n_layer=N, n_head=H, n_embd=C, dropout=0)
SRC = torch.tensor([[5, 3, 9, 9, 1, 12], [2, 7, 4, 0, 0, 0], [8, 1, 2, 3, 4, 0]])
IDX = torch.tensor([[1, 6, 11, 2, 7], [1, 3, 3, 8, 10], [1, 2, 0, 0, 0]])


def made(**settings):
    return of_ordinary_size(Transformer(replace(SMALL, **settings)).double())


def all_counterparts(model):
    for stack in ("encoder", "decoder"):
        for i, block in enumerate(getattr(model, stack)):
            for name, parts in counterparts(block):
                yield f"{stack}.layers.{i}.{name}", parts
    if model.config.norm == "pre":
        for stack, norm in {"encoder": model.ln_memory, "decoder": model.ln_f}.items():
            yield f"{stack}.norm.weight", [norm.weight]
            if norm.bias is not None:
                yield f"{stack}.norm.bias", [norm.bias]


def pytorchs(model):
    """nn.Transformer with the parameters of model, and their names with ours."""
    pre = model.config.norm == "pre"
    theirs = nn.Transformer(C, H, N, N, 4 * C, 0.0, batch_first=True, norm_first=pre).double()
    if not pre:
        theirs.encoder.norm = theirs.decoder.norm = None  # the paper has none there
    pairs = dict(all_counterparts(model))
    carry(pairs, theirs, model.config)
    return theirs, pairs


def their_logits(theirs, tables):
    """What nn.Transformer says where source, target and output have a table each."""
    embedded = [
        math.sqrt(C) * table[ids] + sinusoidal(ids.shape[1], C).double()
        for table, ids in zip(tables, (SRC, IDX), strict=False)
    ]
    future = torch.ones(IDX.shape[1], IDX.shape[1], dtype=torch.bool).triu(1)
    out = theirs(
        *embedded,
        tgt_mask=future,
        src_key_padding_mask=SRC == 0,
        tgt_key_padding_mask=IDX == 0,
        memory_key_padding_mask=SRC == 0,
    )
    return out @ tables[2].T


def gradients(logits, leaves):
    """Those of a loss that is different for every logit of the words that are there."""
    logits = logits[IDX != 0]
    loss = (logits * torch.arange(logits.numel()).double().view(logits.shape).sin()).sum()
    return torch.autograd.grad(loss, leaves)


@pytest.mark.filterwarnings("ignore:enable_nested_tensor")
@norms
@biases
def test_it_is_pytorchs(norm, attn_bias, bias):
    model = made(norm=norm, attn_bias=attn_bias, bias=bias)
    theirs, pairs = pytorchs(model)
    ours = [p for parts in pairs.values() for p in parts]
    assert {id(p) for p in ours} == {id(p) for p in model.parameters()} - {id(model.tok_emb.weight)}
    tables = [model.tok_emb.weight.detach().clone().requires_grad_() for _ in range(3)]

    got, want = model(SRC, IDX), their_logits(theirs, tables)
    assert_close(got[IDX != 0], want[IDX != 0], **EXACT)
    table, *got = gradients(got, [model.tok_emb.weight, *ours])
    want = gradients(want, [*tables, *(theirs.get_parameter(name) for name in pairs)])
    assert_close(joined(pairs, got), list(want[3:]), **EXACT)
    # One table learns from all three uses.
    assert all(gradient.abs().max() > 0.1 for gradient in want[:3])
    assert_close(table, sum(want[:3]), **EXACT)


def size(config):
    with torch.device("meta"):
        return sum(p.numel() for p in Transformer(config).parameters())


@pytest.mark.parametrize("name, with_biases", [("base", 63_082_496), ("big", 214_245_376)])
def test_the_papers_models_have_the_sizes_that_are_written_down(name, with_biases):
    published = TRANSFORMER[name]
    assert size(published.config) == published.parameters
    assert size(replace(published.config, attn_bias=True)) == with_biases
    C, N = published.config.n_embd, published.config.n_layer
    others = N * 2 * 5 * C + N * 5 * C  # of two feed-forward layers and five norms
    assert size(replace(published.config, bias=False)) == published.parameters - others
    assert size(replace(published.config, norm="pre")) == published.parameters + (
        4 * published.config.n_embd
    )


@pytest.mark.parametrize("name, least, most", [("base", 39_841, 41_793), ("big", 35_368, 36_344)])
def test_vocabularies_that_give_the_printed_sizes(name, least, most):
    published = TRANSFORMER[name]
    for vocab_size, fits in ((least - 1, False), (least, True), (most, True), (most + 1, False)):
        counted = size(replace(published.config, vocab_size=vocab_size))
        assert (f"{round(counted / 1e6)}M" == published.printed) == fits


DEFAULTS = {
    "block_size": 512,
    "n_layer": 6,
    "n_head": 8,
    "n_embd": 512,
    "head_size": None,
    "dropout": 0.1,
    "attn_dropout": 0.0,
    "norm": "post",
    "activation": "relu",
    "attn_bias": False,
    "bias": True,
    "pad": 0,
}


def test_the_papers_settings_are_those_of_table_3():
    base, big = (TRANSFORMER[name].config for name in ("base", "big"))
    assert asdict(base) == {"vocab_size": 37_000} | DEFAULTS
    assert (base.n_inner, big.n_inner) == (2048, 4096)
    assert replace(base, n_embd=1024, n_head=16, dropout=0.3) == big


@norms
def test_later_words_change_nothing_that_was_said_before(norm):
    model = made(norm=norm)
    logits = model(SRC, IDX)
    for t in range(IDX.shape[1]):
        other = IDX.clone()
        other[:, t:] = (other[:, t:] + 1) % V
        changed = model(SRC, other)
        assert torch.equal(changed[:, :t], logits[:, :t])
        assert (changed[:, t:] != logits[:, t:]).any(-1).all()


@norms
def test_every_word_of_the_source_changes_all_that_is_said(norm):
    model = made(norm=norm)
    src = SRC[:1]
    logits = model(src, IDX[:1])
    for s in range(src.shape[1]):
        other = src.clone()
        other[:, s] = 6
        assert ((model(other, IDX[:1]) - logits).abs().amax(-1) > 1e-6).all()


def test_a_word_of_the_source_is_read_with_those_after_it():
    model = made()
    other = SRC.clone()
    other[0, -1] = 6
    memory, _ = model.encode(SRC)
    moved = (model.encode(other)[0] - memory).abs().amax(-1)
    assert (moved[0] > 1e-6).all() and (moved[1:] == 0).all()


@norms
@pytest.mark.parametrize("pad", [0, 4])
def test_a_pair_gives_what_it_gives_alone_however_it_is_filled_up(norm, pad):
    model = made(norm=norm, pad=pad)
    src, idx = SRC[1:2, :2], IDX[1:2]
    alone = model(src, idx)
    for filling in (1, 3, 11):
        longer = F.pad(src, (0, filling), value=pad)
        assert_close(model(longer, idx), alone, **EXACT)
        others = torch.full_like(longer, 5)
        together = model(torch.cat([others, longer]), torch.cat([idx, idx]))
        assert_close(together[1:], alone, **EXACT)
    assert_close(model(src, F.pad(idx, (0, 3), value=pad))[:, :5], alone, **EXACT)


@norms
def test_only_positions_tell_the_order_of_the_source(norm):
    model = made(norm=norm)
    turned = SRC[:1].flip(1)
    assert (model(turned, IDX[:1]) - model(SRC[:1], IDX[:1])).abs().max() > 0.1
    model.pos_emb.table.zero_()
    assert_close(model(turned, IDX[:1]), model(SRC[:1], IDX[:1]), **EXACT)
    memory, _ = model.encode(SRC[:1])
    assert_close(model.encode(turned)[0], memory.flip(1), **EXACT)


def test_source_target_and_output_share_one_table():
    names = [name for name, p in made().named_parameters() if V in p.shape]
    assert names == ["tok_emb.weight"]


def test_embeddings_are_scaled_and_positions_are_not():
    model = made()
    want = math.sqrt(C) * model.tok_emb.weight[IDX] + sinusoidal(5, C).double()
    assert_close(model.embed(IDX), want, **EXACT)


def test_stacks_end_in_a_norm():
    for norm in ("post", "pre"):
        model, blocks = made(norm=norm), 2 * N + 3 * N
        layer_norms = [part for part in model.modules() if isinstance(part, nn.LayerNorm)]
        assert len(layer_norms) == (blocks if norm == "post" else blocks + 2)
        for part in layer_norms:
            nn.init.ones_(part.weight)
            nn.init.zeros_(part.bias)
        memory, _ = model.encode(SRC)
        assert_close(memory.mean(-1), torch.zeros(memory.shape[:2]).double(), **EXACT)
        ends = []
        model.ln_f.register_forward_hook(lambda part, given, out, ends=ends: ends.append(out))
        model(SRC, IDX)
        assert_close(ends[0].mean(-1), torch.zeros(IDX.shape).double(), **EXACT)


def test_the_first_parameters():
    torch.manual_seed(0)
    model = Transformer(TransformerConfig(vocab_size=500, n_layer=1, n_head=4, n_embd=64))
    for name, p in model.named_parameters():
        if name == "tok_emb.weight":
            assert math.sqrt(64) * p.std().item() == pytest.approx(1, abs=0.02)
        elif p.dim() == 2:
            bound = math.sqrt(6 / sum(p.shape))
            assert 0.99 * bound < p.abs().max() <= bound


@norms
@pytest.mark.parametrize("attn_dropout", [0.0, 0.4])
def test_dropout_falls_where_the_paper_has_it(norm, attn_dropout, monkeypatch):
    """On both sums of embedding and position, and on each layer's output; weights have their own.

    The paper's have none.
    """
    own = {"attn_dropout": attn_dropout} if attn_dropout else {}
    model = made(norm=norm, dropout=0.25, **own).train()
    dropped, fused = [], []
    attend = F.scaled_dot_product_attention

    def attention(q, k, v, mask, dropout, **settings):
        fused.append(dropout)
        return attend(q, k, v, mask, 0.0, **settings)

    monkeypatch.setattr(F, "dropout", lambda x, p, *rest: dropped.append((x, p, *rest)) or x)
    monkeypatch.setattr(F, "scaled_dot_product_attention", attention)
    logits = model(SRC, IDX)
    assert [p for _, p, *_ in dropped] == [0.25] * (2 + 2 * N + 3 * N)
    assert all(training for _, _, training, *_ in dropped)
    assert {x.shape[-1] for x, *_ in dropped} == {C}
    assert fused == [attn_dropout] * (N + 2 * N)
    for (x, *_), ids in ((dropped[0], SRC), (dropped[1 + 2 * N], IDX)):
        waves = sinusoidal(ids.shape[1], C).double()
        assert_close(x, math.sqrt(C) * model.tok_emb.weight[ids] + waves, **EXACT)
    monkeypatch.undo()
    assert torch.equal(logits, made(norm=norm)(SRC, IDX))


@norms
def test_without_training_nothing_is_drawn(norm):
    model = made(norm=norm, dropout=0.5)
    assert not torch.equal(model(SRC, IDX), model(SRC, IDX))
    assert torch.equal(model.eval()(SRC, IDX), made(norm=norm)(SRC, IDX))


def test_more_words_than_positions():
    model = made(block_size=5)
    message = "6 tokens have more than block_size = 5 positions"
    with pytest.raises(ValueError, match=message):
        model(SRC, IDX)
    with pytest.raises(ValueError, match=message):
        model(SRC[:, :5], SRC)
    assert model(SRC[:, :5], IDX).shape == (3, 5, V)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"vocab_size": 0}, "vocab_size is 0: give a whole number, at least 1"),
        ({"block_size": -1}, "block_size is -1: give a whole number, at least 1"),
        ({"n_layer": 0}, "n_layer is 0: give a whole number, at least 1"),
        ({"n_head": 2.0}, "n_head is 2.0: give a whole number, at least 1"),
        ({"n_embd": "12"}, "n_embd is '12': give a whole number, at least 1"),
        ({"n_head": 5}, "n_embd 12 is not divisible by n_head = 5: give an n_head that"),
        ({"head_size": 0}, "head_size is 0: give a whole number, at least 1"),
        ({"dropout": 1}, "dropout is 1: give a number from 0 to below 1"),
        ({"dropout": -0.1}, "dropout is -0.1: give a number from 0 to below 1"),
        ({"dropout": math.nan}, "dropout is nan: give a number from 0 to below 1"),
        ({"dropout": None}, "dropout is None: give a number from 0 to below 1"),
        ({"attn_dropout": 1}, "attn_dropout is 1: give a number from 0 to below 1"),
        ({"attn_dropout": "0"}, "attn_dropout is '0': give a number from 0 to below 1"),
        ({"norm": "both"}, "norm is 'both': give 'post' or 'pre'"),
        ({"activation": "tanh"}, "activation is 'tanh': give 'relu', 'gelu' or 'gelu_tanh'"),
        ({"pad": 13}, "pad is 13: give a token id, from 0 to 12"),
        ({"pad": -100}, "pad is -100: give a token id, from 0 to 12"),
    ],
)
def test_sizes_that_make_no_model(change, says):
    with pytest.raises(ValueError, match=re.escape(says)):
        replace(SMALL, **change)


def test_waves_come_in_pairs():
    with pytest.raises(ValueError, match="n_embd is 9: give an even number"):
        made(n_embd=9)


def first_given(name):
    """What a module takes in first."""

    def see(model):
        seen = []
        model.get_submodule(name).register_forward_pre_hook(lambda _, x: seen.append(x[0]))
        model(SRC, IDX)
        return seen[0]

    return see


def lost(model):
    """The share of numbers that are lost on the way into the decoder's first block."""
    torch.manual_seed(1)
    zeros = [first_given("decoder.0")(model.train()) == 0 for _ in range(20)]
    return round(torch.stack(zeros).double().mean().item(), 1)


def looks(model):
    """What all its blocks look at, by name, each (B, H, T, S)."""
    with record_attention(model) as weights:
        model(SRC, IDX)
    return weights


def biases_of(*parts):
    def see(model):
        names = [name.split(".") for name, _ in model.named_parameters() if name.endswith("bias")]
        return sum(not set(parts).isdisjoint(name) for name in names)

    return see


def longest(model):
    """How many tokens it takes at most."""
    for n in range(1, 30):
        try:
            model(SRC, torch.ones(3, n, dtype=torch.int64))
        except ValueError:
            return n - 1


# As in tests/test_gpt.py: another value than SMALL's, what to look at, and what is seen with both.
SETTINGS = {
    "vocab_size": (16, lambda model: model(SRC, IDX).shape[-1], 13, 16),
    "block_size": (7, longest, 20, 7),
    "n_layer": (3, lambda model: len(looks(model)), 2 + 2 * 2, 3 + 2 * 3),
    "n_head": (4, lambda model: {w.shape[1] for w in looks(model).values()}, {3}, {4}),
    "n_embd": (24, lambda model: model.encode(SRC)[0].shape[-1], 12, 24),
    "head_size": (
        7,
        lambda model: {p.shape[0] for name, p in model.named_parameters() if "query" in name},
        {3 * 4},
        {3 * 7},
    ),
    "dropout": (0.5, lost, 0.0, 0.5),
    "attn_dropout": (
        0.5,
        lambda model: torch.equal(model(SRC, IDX), model(SRC, IDX)),
        True,
        False,
    ),
    # What has no mean was normed last.
    "norm": (
        "pre",
        lambda model: first_given("encoder.1")(model).mean(-1).abs().max().item() < 1e-6,
        True,
        False,
    ),
    "activation": (
        "gelu",
        lambda model: round(model.decoder[1].mlp.activation(torch.tensor(-1.0)).item(), 3),
        0.0,
        -0.159,
    ),
    "attn_bias": (True, biases_of("attn", "cross"), 0, 2 * 4 + 2 * 2 * 4),
    "bias": (False, biases_of("mlp", "ln_1", "ln_cross", "ln_2"), 4 * 2 + 2 * 2 + 2 * 3, 0),
    "pad": (9, lambda model: (~model.encode(SRC)[1]).sum().item(), 4, 2),
}


@pytest.mark.parametrize("name", [field.name for field in fields(TransformerConfig)])
def test_every_setting_does_something(name):
    other, see, before, after = SETTINGS[name]
    seen = []
    for config in (SMALL, replace(SMALL, **{name: other})):
        torch.manual_seed(0)
        seen.append(see(Transformer(config).train()))
    assert seen == [before, after]


# Every setting is another than the default.
OTHERWISE = TransformerConfig(
    V, 20, 3, 2, C, 5, 0.2, 0.3, "pre", "gelu", attn_bias=True, bias=False, pad=4
)


@pytest.mark.parametrize("config", [SMALL, OTHERWISE], ids=["SMALL", "OTHERWISE"])
def test_a_state_is_all_it_takes_to_make_the_same_model(config):
    """But for its numbers; and a state can be written as JSON."""
    model = of_ordinary_size(Transformer(config).double()).eval()
    state = json.loads(json.dumps(model.state()))
    twin = Transformer.from_state(state).double().eval()
    assert twin.config == config and isinstance(twin, Transformer)
    assert not torch.equal(twin(SRC, IDX), model(SRC, IDX))
    twin.load_state_dict(model.state_dict())
    assert torch.equal(twin(SRC, IDX), model(SRC, IDX))
    if config is OTHERWISE:
        plain = DEFAULTS | {"vocab_size": 99}
        assert state.keys() == plain.keys()
        assert all(state[name] != value for name, value in plain.items())


def test_a_state_that_no_model_has():
    state = Transformer(SMALL).state()
    with pytest.raises(TypeError, match="n_heads"):
        Transformer.from_state(state | {"n_heads": 3})
    with pytest.raises(ValueError, match="pad is 13"):
        Transformer.from_state(state | {"pad": 13})


def test_in_half_precision_its_waves_are_kept_with_it():
    model = Transformer(SMALL).bfloat16()
    with torch.device("meta"):
        twin = Transformer.from_state(model.state())
    twin.load_state_dict(model.state_dict(), assign=True)
    logits = twin(SRC, IDX)
    assert logits.dtype == torch.bfloat16 and torch.equal(logits, model(SRC, IDX))
