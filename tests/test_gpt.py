"""The GPT is that of transformers, has the published sizes, and looks only where it should."""

import copy
import json
import math
import re
from dataclasses import asdict, fields, replace

import pytest
import torch
import torch.nn.functional as F
from test_attention import EXACT
from test_layers import biases, norms, of_ordinary_size
from torch.testing import assert_close
from transformers import (
    GPT2Config,
    GPT2LMHeadModel,
    GPTNeoXConfig,
    GPTNeoXForCausalLM,
    OpenAIGPTConfig,
    OpenAIGPTLMHeadModel,
)

from gptlib.attention import banded_mask, causal_mask, record_attention
from gptlib.config import GPTConfig
from gptlib.gpt import GPT
from gptlib.layers import FeedForward
from gptlib.papers import GPT_1, GPT_2
from gptlib.positions import rotate, sinusoidal
from gptlib.sampling import Sampling, generate

V, C, H, N, T = 13, 12, 3, 2, 5
SMALL = GPTConfig(vocab_size=V, block_size=20, n_layer=N, n_head=H, n_embd=C, dropout=0)
IDX = torch.tensor([[1, 6, 11, 2, 7], [0, 3, 3, 8, 10], [5, 2, 4, 4, 9]])
TARGETS = torch.tensor([[6, 11, 2, 7, 0], [3, 3, 8, 10, 1], [2, 4, 4, 9, 12]])
NEARLY = {"rtol": 0, "atol": 1e-6}  # tables of rotations are made in single precision
tying = pytest.mark.parametrize("tied", [True, False], ids=["tied", "untied"])


def made(**settings):
    return of_ordinary_size(GPT(replace(SMALL, **settings)).double())


def transformers_model(norm, tied=True):
    """GPT-2 where the norms stand before the layers, GPT-1 where they stand after the sums."""
    kind, settings = (GPT2LMHeadModel, GPT2Config)
    if norm == "post":
        kind, settings = (OpenAIGPTLMHeadModel, OpenAIGPTConfig)
    config = settings(
        vocab_size=V,
        n_positions=20,
        n_embd=C,
        n_layer=N,
        n_head=H,
        resid_pdrop=0,
        embd_pdrop=0,
        attn_pdrop=0,
        tie_word_embeddings=tied,
        eos_token_id=None,
    )
    return kind(config).double().eval()


def counterparts(model):
    """For each parameter of theirs its name, and ours that stand side by side in it."""
    pre = model.config.norm == "pre"
    tokens, places = ("wte", "wpe") if pre else ("tokens_embed", "positions_embed")
    yield f"transformer.{tokens}.weight", [model.tok_emb.weight]
    yield f"transformer.{places}.weight", [model.pos_emb.table]
    parts = {"ln_f": [model.ln_f]} if pre else {}
    for i, block in enumerate(model.blocks):
        attn, mlp = block.attn, block.mlp
        parts |= {
            f"h.{i}.attn.c_attn": [attn.query, attn.key, attn.value],
            f"h.{i}.attn.c_proj": [attn.proj],
            f"h.{i}.mlp.c_fc": [mlp.fc],
            f"h.{i}.mlp.c_proj": [mlp.proj],
            f"h.{i}.ln_1": [block.ln_1],
            f"h.{i}.ln_2": [block.ln_2],
        }
    for name, group in parts.items():
        yield f"transformer.{name}.weight", [part.weight for part in group]
        yield f"transformer.{name}.bias", [part.bias for part in group]
    if model.lm_head is not None:
        yield "lm_head.weight", [model.lm_head.weight]


def as_theirs(name, parts):
    """Ours side by side; transformers' Conv1D has its rows where nn.Linear has its columns."""
    joined = torch.cat(parts)
    return joined.T if re.search(r"c_\w+\.weight", name) else joined


def carry(pairs, theirs):
    """Give theirs the parameters of ours, every one of them."""
    assert set(pairs) == {name for name, _ in theirs.named_parameters()}
    with torch.no_grad():
        for name, p in theirs.named_parameters():
            p.copy_(as_theirs(name, pairs[name]))


def with_gradients(logits, leaves):
    loss = F.cross_entropy(logits.flatten(0, 1), TARGETS.flatten())
    return logits, torch.autograd.grad(loss, leaves)


@norms
@tying
def test_it_is_that_of_transformers(norm, tied):
    model = made(norm=norm, tied=tied)
    theirs = transformers_model(norm, tied)
    pairs = dict(counterparts(model))
    carry(pairs, theirs)
    ours = [p for parts in pairs.values() for p in parts]
    assert {id(p) for p in ours} == {id(p) for p in model.parameters()}

    logits, got = with_gradients(model(IDX), ours)
    their_logits, want = with_gradients(
        theirs(IDX).logits, [theirs.get_parameter(name) for name in pairs]
    )
    assert logits.abs().max() > 1
    assert_close(logits, their_logits, **EXACT)
    got = iter(got)
    joined = [as_theirs(name, [next(got) for _ in parts]) for name, parts in pairs.items()]
    assert all(gradient.abs().max() > 1e-4 for gradient in want)
    assert_close(joined, list(want), **EXACT)


@norms
def test_it_writes_what_transformers_write(norm):
    texts = set()
    for seed in range(5):
        model = of_ordinary_size(made(norm=norm), seed)
        theirs = transformers_model(norm)
        carry(dict(counterparts(model)), theirs)
        everything = torch.ones_like(IDX)  # or transformers takes some tokens for filling
        want = theirs.generate(
            IDX, attention_mask=everything, max_new_tokens=15, do_sample=False, pad_token_id=0
        )
        got = generate(model, IDX, 15, Sampling(temperature=0))
        assert torch.equal(got, want)
        texts |= {tuple(row) for row in got[:, 5:].tolist()}
    assert len(texts) > 10


def test_with_rotary_positions_it_is_gpt_neox():
    """By Black et al. (2022). There a head's channels d and d + D / 2 are turned together."""
    D = 2 * H
    model = made(tied=False, positions="rotary", activation="gelu", n_embd=H * D)
    config = GPTNeoXConfig(
        vocab_size=V,
        hidden_size=H * D,
        intermediate_size=4 * H * D,
        num_hidden_layers=N,
        num_attention_heads=H,
        use_parallel_residual=False,
        rope_parameters={
            "rope_type": "default",
            "rope_theta": 10_000.0,
            "partial_rotary_factor": 1.0,
        },
        attn_implementation="eager",
    )
    theirs = GPTNeoXForCausalLM(config).double().eval()
    halves = [*range(0, D, 2), *range(1, D, 2)]

    def heads(p, order=range(D)):
        return p.view(H, D, -1)[:, list(order)]

    pairs = {
        "lm_head.weight": model.lm_head.weight,
        "gpt_neox.embed_in.weight": model.tok_emb.weight,
    }
    for kind in ("weight", "bias"):
        pairs[f"gpt_neox.final_layer_norm.{kind}"] = getattr(model.ln_f, kind)
        for i, block in enumerate(model.blocks):
            attn = block.attn
            parts = {
                "input_layernorm": block.ln_1,
                "post_attention_layernorm": block.ln_2,
                "attention.dense": attn.proj,
                "mlp.dense_h_to_4h": block.mlp.fc,
                "mlp.dense_4h_to_h": block.mlp.proj,
            }
            for name, part in parts.items():
                pairs[f"gpt_neox.layers.{i}.{name}.{kind}"] = getattr(part, kind)
            q, k, v = (getattr(part, kind) for part in (attn.query, attn.key, attn.value))
            joined = torch.stack([heads(q, halves), heads(k, halves), heads(v)], dim=1)
            pairs[f"gpt_neox.layers.{i}.attention.query_key_value.{kind}"] = joined
    with torch.no_grad():
        for name, p in theirs.named_parameters():
            p.copy_(pairs.pop(name).reshape(p.shape))
    assert not pairs
    logits, got = with_gradients(model(IDX), [model.tok_emb.weight])
    same, want = with_gradients(theirs(IDX).logits, [theirs.gpt_neox.embed_in.weight])
    assert logits.abs().max() > 1
    assert_close(logits, same, **NEARLY)
    assert_close(got, want, **NEARLY)


def test_activations_are_their_formulas():
    x = torch.linspace(-6, 6, 4001, dtype=torch.float64)
    cubic = math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)
    want = {
        "relu": x.clamp(min=0),
        "gelu": x * (1 + torch.erf(x / math.sqrt(2))) / 2,
        "gelu_tanh": x * (1 + torch.tanh(cubic)) / 2,
    }
    for name, y in want.items():
        layer = FeedForward(replace(SMALL, activation=name))
        assert_close(layer.activation(x), y, **EXACT)
    assert_close(F.gelu(x), want["gelu"], **EXACT)
    assert_close(F.gelu(x, approximate="tanh"), want["gelu_tanh"], **EXACT)
    assert 1e-4 < (want["gelu"] - want["gelu_tanh"]).abs().max() < 1e-3


def test_with_each_activation_a_model_says_something_else():
    said = [made(activation=name)(IDX) for name in ("relu", "gelu", "gelu_tanh")]
    assert (said[0] - said[1]).abs().max() > 0.1
    assert 1e-5 < (said[1] - said[2]).abs().max() < 1e-2


def test_a_tied_table_makes_the_logits():
    """A token that nobody reads moves the logits of its own name alone."""
    model = made()
    before = model(IDX)
    with torch.no_grad():
        model.tok_emb.weight[12] += 1
    moved = (model(IDX) - before).abs()
    assert (moved[..., 12] > 1e-6).all()
    assert (moved[..., :12] == 0).all()


def test_an_untied_model_has_a_table_for_each_use():
    model = made(tied=False)
    before = model(IDX)
    with torch.no_grad():
        model.tok_emb.weight[12] += 1
    assert torch.equal(model(IDX), before)
    for tied, tables in ((True, ["tok_emb.weight"]), (False, ["tok_emb.weight", "lm_head.weight"])):
        model = made(tied=tied)
        assert [name for name, p in model.named_parameters() if V in p.shape] == tables
    assert made(tied=False).num_parameters() == made().num_parameters() + V * C


@norms
def test_a_tied_table_learns_from_both_uses(norm):
    tied, untied = made(norm=norm), made(norm=norm, tied=False)
    untied.load_state_dict(tied.state_dict() | {"lm_head.weight": tied.tok_emb.weight})
    _, [gradient] = with_gradients(tied(IDX), [tied.tok_emb.weight])
    _, both = with_gradients(untied(IDX), [untied.tok_emb.weight, untied.lm_head.weight])
    assert all(one.abs().max() > 0.01 for one in both)
    assert_close(gradient, sum(both), **EXACT)


@norms
@tying
@biases
def test_without_biases_there_is_none(norm, tied, attn_bias, bias):
    """Some are attention's, the others those of feed-forward layers and norms."""
    plain = made(norm=norm, tied=tied)
    model = made(norm=norm, tied=tied, attn_bias=attn_bias, bias=bias)
    names = {name for name, _ in plain.named_parameters()}
    of_attention = {name for name in names if ".attn." in name and name.endswith("bias")}
    others = {name for name in names if name.endswith("bias")} - of_attention
    layer_norms = 2 * N + 1 if norm == "pre" else 2 * N
    assert (len(of_attention), len(others)) == (4 * N, 2 * N + layer_norms)
    gone = (set() if attn_bias else of_attention) | (set() if bias else others)
    assert {name for name, _ in model.named_parameters()} == names - gone
    in_biases = 0 if attn_bias else N * 4 * C
    in_biases += 0 if bias else N * (4 * C + C) + layer_norms * C
    assert plain.num_parameters() - model.num_parameters() == in_biases


def head_by_head(model, idx):
    """The logits by the formulas of GPT-2's paper, from nothing of model but its numbers."""
    p, D = dict(model.named_parameters()), model.config.head_size
    past = torch.ones(idx.shape[1], idx.shape[1], dtype=torch.bool).tril()

    def linear(x, name):
        return x @ p[name + ".weight"].T + p[name + ".bias"]

    def norm(x, name):
        x = x - x.mean(-1, keepdim=True)
        x = x / ((x**2).mean(-1, keepdim=True) + 1e-5).sqrt()
        return x * p[name + ".weight"] + p[name + ".bias"]

    x = p["tok_emb.weight"][idx] + p["pos_emb.table"][: idx.shape[1]]
    for n in range(model.config.n_layer):
        attn, mlp = f"blocks.{n}.attn.", f"blocks.{n}.mlp."
        inner = norm(x, f"blocks.{n}.ln_1")
        parts = [linear(inner, attn + name) for name in ("query", "key", "value")]
        heads = []
        for q, k, v in zip(*(part.split(D, dim=-1) for part in parts), strict=True):
            scores = (q @ k.mT / math.sqrt(D)).masked_fill(~past, -math.inf)
            heads.append(scores.softmax(-1) @ v)
        x = x + linear(torch.cat(heads, dim=-1), attn + "proj")
        inner = linear(norm(x, f"blocks.{n}.ln_2"), mlp + "fc")
        x = x + linear(F.gelu(inner, approximate="tanh"), mlp + "proj")
    return norm(x, "ln_f") @ p["tok_emb.weight"].T


@pytest.mark.parametrize("n_head, head_size", [(3, 4), (3, 2), (2, 9), (5, 3), (1, 12)])
def test_heads_may_have_a_size_of_their_own(n_head, head_size):
    model = made(n_head=n_head, head_size=head_size)
    assert model.blocks[0].attn.query.weight.shape == (n_head * head_size, C)
    logits = model(IDX)
    assert logits.abs().max() > 1
    assert_close(logits, head_by_head(model, IDX), **EXACT)


@tying
@norms
def test_logits_are_what_the_head_makes_of_the_last_vectors(norm, tied):
    model, ends = made(norm=norm, tied=tied), []
    last = model.ln_f if norm == "pre" else model.blocks[-1]
    last.register_forward_hook(lambda part, given, out: ends.append(out))
    hidden = model.hidden(IDX)
    assert hidden.shape == (3, T, C) and torch.equal(hidden, ends[0])
    table = model.tok_emb.weight if tied else model.lm_head.weight
    assert_close(model(IDX), hidden @ table.T, **EXACT)
    changed = made(norm=norm, tied=tied)
    with torch.no_grad():
        (changed.tok_emb if tied else changed.lm_head).weight[12] += 1  # no token that is read
    assert torch.equal(changed.hidden(IDX), hidden)


def size(config):
    with torch.device("meta"):
        return GPT(config).num_parameters()


@pytest.mark.parametrize("published", [GPT_1, *GPT_2.values()], ids=["GPT-1", *GPT_2])
def test_the_published_models_have_the_sizes_that_are_written_down(published):
    assert size(published.config) == published.parameters


def by_formula(config):
    """The parameters of a tied model with all biases, from sizes as a paper prints them."""
    V, T, C, N = config.vocab_size, config.block_size, config.n_embd, config.n_layer
    inner = config.n_head * config.head_size
    attention = 3 * (C * inner + inner) + inner * C + C
    feed_forward = C * 4 * C + 4 * C + 4 * C * C + C
    return V * C + T * C + N * (attention + feed_forward + 2 * 2 * C) + 2 * C


@pytest.mark.parametrize(
    ("n_layer", "n_embd", "n_head", "parameters"),
    [
        (24, 2048, 24, 1_517_123_584),  # XL, as Table 2.1 of Brown et al. (2020) prints it
        (24, 2048, 16, 1_315_723_264),  # with as many heads as its channels have room for
        (40, 5140, 40, 12_936_488_380),  # 13B, where 40 heads do not divide the channels
    ],
    ids=["XL", "XL with 16 heads", "13B"],
)
def test_heads_of_128_in_the_sizes_of_gpt_3(n_layer, n_embd, n_head, parameters):
    config = GPTConfig(50_257, 2048, n_layer, n_head, n_embd, head_size=128)
    assert size(config) == by_formula(config) == parameters
    if n_head == 16:
        assert size(replace(config, head_size=None)) == parameters
    else:
        with pytest.raises(ValueError, match="give an n_head that divides it, or a head_size"):
            replace(config, head_size=None)


def test_where_the_parameters_of_the_smallest_gpt_2_are():
    config = GPT_2["small"].config
    assert config == GPTConfig(50_257)
    with torch.device("meta"):
        model = GPT(config)
    for block in model.blocks:
        assert sum(p.numel() for p in block.parameters()) == 7_087_872
    assert size(replace(config, tied=False)) == 163_037_184
    assert size(replace(config, positions="sinusoidal")) == 124_439_808 - 1024 * 768
    assert size(replace(config, positions="rotary")) == 124_439_808 - 1024 * 768


def test_the_papers_settings():
    tables = {"small": (12, 768), "medium": (24, 1024), "large": (36, 1280), "xl": (48, 1600)}
    for name, (n_layer, n_embd) in tables.items():
        config = GPT_2[name].config
        assert (config.n_layer, config.n_embd, config.block_size) == (n_layer, n_embd, 1024)
        assert n_embd == 64 * config.n_head
        assert (config.norm, config.activation, config.scale_residual) == ("pre", "gelu_tanh", True)
    config = GPT_1.config
    assert (config.n_layer, config.n_head, config.n_embd, config.block_size) == (12, 12, 768, 512)
    assert (config.norm, config.activation, config.scale_residual) == ("post", "gelu_tanh", False)
    assert config.n_inner == 3072 and config.dropout == 0.1 and config.tied


ROOMY = GPTConfig(vocab_size=300, block_size=64, n_layer=8, n_head=4, n_embd=128, dropout=0)


@pytest.mark.parametrize("scale_residual", [True, False])
@pytest.mark.parametrize("init_std", [0.02, 0.1])
def test_the_first_parameters(init_std, scale_residual):
    torch.manual_seed(0)
    model = GPT(replace(ROOMY, tied=False, init_std=init_std, scale_residual=scale_residual))
    seen = set()
    for name, p in model.named_parameters():
        kind = re.sub(r"blocks\.\d\.", "", name)
        seen.add(kind)
        if kind.endswith("bias"):
            assert torch.equal(p, torch.zeros_like(p))
        elif "ln_" in kind:
            assert torch.equal(p, torch.ones_like(p))
        else:
            writes = kind in ("attn.proj.weight", "mlp.proj.weight")
            std = init_std / 4 if writes and scale_residual else init_std
            assert p.std().item() == pytest.approx(std, rel=0.03)
            assert abs(p.mean()) < 5 * std / math.sqrt(p.numel())
    assert len(seen) == 3 + 4 * 2 + 2 * 2 + 3 * 2


def test_many_layers_together_write_as_much_as_one_would():
    written = {}
    idx = torch.randint(300, (4, 64), generator=torch.Generator().manual_seed(0))
    for scale_residual in (True, False):
        torch.manual_seed(0)
        model = GPT(replace(ROOMY, scale_residual=scale_residual))
        stream = []
        model.blocks[0].register_forward_pre_hook(lambda _, x, s=stream: s.append(x[0]))
        model.ln_f.register_forward_pre_hook(lambda _, x, s=stream: s.append(x[0]))
        model(idx)
        written[scale_residual] = (stream[1] - stream[0]).std().item()
    assert written[False] / written[True] == pytest.approx(4, rel=0.1)


@tying
@norms
def test_at_first_it_knows_nothing_and_does_not_claim_to(norm, tied):
    torch.manual_seed(0)
    idx, targets = torch.randint(300, (2, 8, 64))

    def loss(model):
        return F.cross_entropy(model(idx).flatten(0, 1), targets.flatten()).item()

    model = GPT(replace(ROOMY, norm=norm, tied=tied))
    assert loss(model) == pytest.approx(math.log(300), abs=0.05)
    (model.tok_emb if tied else model.lm_head).weight.data.normal_()  # nn.Embedding's own start
    assert loss(model) > math.log(300) + 5


BANDS = {"dense": None, "banded": 2}
bands = pytest.mark.parametrize("band", BANDS.values(), ids=BANDS)


@norms
@bands
def test_the_future_changes_nothing_that_was_said_before(norm, band):
    model = made(norm=norm, band=band)
    logits = model(IDX)
    for t in range(T):
        other = IDX.clone()
        other[:, t:] = (other[:, t:] + 1) % V
        changed = model(other)
        assert torch.equal(changed[:, :t], logits[:, :t])
        assert (changed[:, t:] != logits[:, t:]).any(-1).all()


@pytest.mark.parametrize("band", [1, 2, 4, T, T + 9])
def test_every_second_block_looks_back_as_far_as_its_band(band):
    model = made(n_layer=4, band=band)
    assert model.config.bands == (None, band, None, band)
    assert made(n_layer=3, band=band, first_band=1).config.bands == (band, None, band)
    with record_attention(model) as weights:
        recorded = model(IDX)
    assert_close(model(IDX), recorded, **EXACT)
    assert list(weights) == [f"blocks.{n}.attn.attention" for n in range(4)]
    for n, rows in enumerate(weights.values()):
        mask = banded_mask(T, band) if n % 2 else causal_mask(T)
        assert torch.equal(rows != 0, mask.expand_as(rows))


@pytest.mark.parametrize("silent, reach", [(0, banded_mask(T, 2)), (1, causal_mask(T))])
def test_a_token_is_heard_as_far_as_the_band(silent, reach):
    """Where one of two blocks has nothing to say of what it saw, how far does the other look?"""
    model = made(band=2)
    for p in model.blocks[silent].attn.proj.parameters():
        torch.nn.init.zeros_(p)
    logits = model(IDX)
    for t in range(T):
        other = IDX.clone()
        other[:, t] = (other[:, t] + 1) % V
        heard = ((model(other) - logits).abs() > 1e-6).any(-1)
        assert torch.equal(heard, reach[:, t].expand(3, T))


def test_without_a_band_all_blocks_look_at_all():
    assert SMALL.bands == (None, None)
    assert_close(made()(IDX), made(band=T)(IDX), **EXACT)


@pytest.mark.parametrize("positions", ["learned", "sinusoidal"])
def test_a_block_gets_what_a_token_is_and_where_it_stands(positions):
    model, got = made(positions=positions), []
    model.blocks[0].register_forward_pre_hook(lambda _, x: got.append(x[0]))
    model(IDX)
    table = sinusoidal(20, C).double() if positions == "sinusoidal" else model.pos_emb.table
    assert_close(got[0], model.tok_emb.weight[IDX] + table[:T], **EXACT)
    assert ("pos_emb.table" in dict(model.named_parameters())) == (positions == "learned")


def test_only_queries_and_keys_know_of_rotary_positions():
    model, got, mixed = made(positions="rotary"), [], []
    model.blocks[0].register_forward_pre_hook(lambda _, x: got.append(x[0]))
    model.blocks[0].attn.attention.register_forward_pre_hook(lambda _, x: mixed.append(x))
    model(IDX)
    assert torch.equal(got[0], model.tok_emb(IDX))
    attn, x = model.blocks[0].attn, model.blocks[0].ln_1(got[0])
    plain = [part(x).unflatten(-1, (H, -1)).transpose(1, 2) for part in (attn.query, attn.key)]
    rows = model.pos_emb(torch.arange(T))
    for seen, expected in zip(mixed[0], plain, strict=False):
        assert_close(seen, rotate(expected, rows), **EXACT)
    value = attn.value(x).unflatten(-1, (H, -1)).transpose(1, 2)
    assert torch.equal(mixed[0][2], value)


@pytest.mark.parametrize("length", [5, 300])
def test_rotary_positions_under_autocast(length):
    """Queries and keys are then float32, values bfloat16, for few positions and for many."""
    model = made(positions="rotary", block_size=300).float()
    idx = torch.randint(V, (2, length), generator=torch.Generator().manual_seed(0))
    with torch.autocast("cpu", torch.bfloat16):
        low = model(idx)
    assert low.dtype == torch.bfloat16
    assert_close(low.float(), model(idx), rtol=0, atol=0.05 * model(idx).abs().max().item())


@pytest.mark.parametrize("positions", ["learned", "sinusoidal", "rotary"])
def test_more_tokens_than_positions(positions):
    model = made(block_size=4, positions=positions)
    assert model(IDX[:, :4]).shape == (3, 4, V)
    says = "5 tokens have more than block_size = 4 positions: give fewer tokens, or make the model"
    with pytest.raises(ValueError, match=says):
        model(IDX)
    says = "5 tokens after 0 are more than block_size = 4: give fewer tokens, or make the model"
    with pytest.raises(ValueError, match=says):
        model(IDX, model.new_cache(3))


@tying
def test_a_copy_goes_its_own_way(tied):
    model = made(tied=tied, band=2)
    before = model(IDX)
    twin = copy.deepcopy(model)
    assert torch.equal(twin(IDX), before)
    of_ordinary_size(twin, seed=1)
    assert torch.equal(twin(IDX), of_ordinary_size(made(tied=tied, band=2), seed=1)(IDX))
    assert not torch.equal(twin(IDX), before)
    assert torch.equal(model(IDX), before)


@norms
@biases
def test_dropout_falls_where_gpts_have_it(norm, attn_bias, bias, monkeypatch):
    """On the sum of embedding and position, on each layer's output, and on attention weights."""
    model = made(norm=norm, attn_bias=attn_bias, bias=bias, dropout=0.25).train()
    dropped, fused = [], []
    attend = F.scaled_dot_product_attention

    def attention(q, k, v, mask, dropout, **settings):
        fused.append(dropout)
        return attend(q, k, v, mask, 0.0, **settings)

    monkeypatch.setattr(F, "dropout", lambda x, p, *rest: dropped.append((x, p, *rest)) or x)
    monkeypatch.setattr(F, "scaled_dot_product_attention", attention)
    logits = model(IDX)
    assert [p for _, p, *_ in dropped] == [0.25] * (1 + 2 * N)
    assert all(training for _, _, training, *_ in dropped)
    assert {x.shape[-1] for x, *_ in dropped} == {C}
    assert fused == [0.25] * N
    assert_close(dropped[0][0], model.tok_emb(IDX) + model.pos_emb.table[:T], **EXACT)
    monkeypatch.undo()
    assert torch.equal(logits, made(norm=norm, attn_bias=attn_bias, bias=bias)(IDX))


@norms
def test_without_training_nothing_is_drawn(norm):
    model = made(norm=norm, dropout=0.5)
    assert not torch.equal(model(IDX), model(IDX))
    assert torch.equal(model.eval()(IDX), made(norm=norm)(IDX))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"vocab_size": 0}, "vocab_size is 0: give a whole number, at least 1"),
        ({"block_size": 1.5}, "block_size is 1.5: give a whole number, at least 1"),
        ({"n_layer": -1}, "n_layer is -1: give a whole number, at least 1"),
        ({"n_head": "3"}, "n_head is '3': give a whole number, at least 1"),
        ({"n_embd": None}, "n_embd is None: give a whole number, at least 1"),
        ({"n_head": 5}, "n_embd 12 is not divisible by n_head = 5: give an n_head that"),
        ({"head_size": 0}, "head_size is 0: give a whole number, at least 1"),
        ({"head_size": 4.0}, "head_size is 4.0: give a whole number, at least 1"),
        ({"dropout": 1.0}, "dropout is 1.0: give a number from 0 to below 1"),
        ({"dropout": "0"}, "dropout is '0': give a number from 0 to below 1"),
        ({"norm": "none"}, "norm is 'none': give 'post' or 'pre'"),
        ({"activation": "silu"}, "activation is 'silu': give 'relu', 'gelu' or 'gelu_tanh'"),
        (
            {"positions": "alibi"},
            "positions is 'alibi': give 'learned', 'sinusoidal' or 'rotary'",
        ),
        ({"positions": "rotary", "n_head": 4}, "each head has 3 channels: give an even head_size"),
        (
            {"positions": "rotary", "head_size": 5},
            "each head has 5 channels: give an even head_size",
        ),
        ({"band": 0}, "band is 0: give a whole number, at least 1"),
        ({"band": 2.0}, "band is 2.0: give a whole number, at least 1"),
        ({"init_std": 0}, "init_std is 0: give a number above 0, such as 0.02"),
        ({"init_std": math.nan}, "init_std is nan: give a number above 0, such as 0.02"),
        ({"init_std": math.inf}, "init_std is inf: give a number above 0, such as 0.02"),
        ({"init_std": "0.02"}, "init_std is '0.02': give a number above 0, such as 0.02"),
    ],
)
def test_sizes_that_make_no_model(change, says):
    with pytest.raises(ValueError, match=re.escape(says)):
        replace(SMALL, **change)


DEFAULTS = {
    "block_size": 1024,
    "n_layer": 12,
    "n_head": 12,
    "n_embd": 768,
    "head_size": None,
    "dropout": 0.1,
    "norm": "pre",
    "activation": "gelu_tanh",
    "attn_bias": True,
    "bias": True,
    "tied": True,
    "positions": "learned",
    "band": None,
    "first_band": 2,
    "init_std": 0.02,
    "scale_residual": True,
}


def test_unless_told_otherwise_it_is_the_smallest_gpt_2():
    assert asdict(GPTConfig(50_257)) == {"vocab_size": 50_257} | DEFAULTS


def longest(model):
    """How many tokens it takes at most."""
    for n in range(1, 30):
        try:
            model(torch.zeros(1, n, dtype=torch.int64))
        except ValueError:
            return n - 1


def looks(model):
    """What all its blocks look at, each (B, H, T, T)."""
    with record_attention(model) as weights:
        model(IDX)
    return list(weights.values())


def seen_with_bands(model):
    """How many tokens the last one sees in block 1, if there are bands of 2."""
    return (looks(GPT(replace(model.config, band=2)))[0][0, 0, -1] > 0).sum().item()


def first_given(name):
    """What a module takes in first, of a model with its first parameters."""

    def see(model):
        seen = []
        model.get_submodule(name).register_forward_pre_hook(lambda _, x: seen.append(x[0]))
        model(IDX)
        return seen[0]

    return see


def dropped(model):
    """The share of numbers that are lost on the way into the first block."""
    torch.manual_seed(1)
    zeros = [first_given("blocks.0")(model.train()) == 0 for _ in range(20)]
    return round(torch.stack(zeros).double().mean().item(), 1)


def biases_of(kind):
    def see(model):
        names = [name for name, _ in model.named_parameters() if name.endswith("bias")]
        return sum((".attn." in name) == (kind == "attention") for name in names)

    return see


def std(name):
    return lambda model: round(model.get_parameter(name).std().item(), 2)


# For each setting another value than SMALL's, something that a model shows, and what it shows with
# SMALL's value and with the other.
SETTINGS = {
    "vocab_size": (16, lambda model: model(IDX).shape[-1], 13, 16),
    "block_size": (7, longest, 20, 7),
    "n_layer": (3, lambda model: len(looks(model)), 2, 3),
    "n_head": (4, lambda model: looks(model)[1].shape[1], 3, 4),
    "n_embd": (24, lambda model: model.hidden(IDX).shape[-1], 12, 24),
    "head_size": (7, lambda model: model.new_cache().keys[0].shape[-1], 4, 7),
    "dropout": (0.5, dropped, 0.0, 0.5),
    # Whether attention reads a vector as it is or normed: how long is one of 12 channels?
    "norm": (
        "post",
        lambda model: round(first_given("blocks.0.attn")(model).norm(dim=-1).max().item(), 1),
        3.5,
        0.1,
    ),
    "activation": (
        "relu",
        lambda model: round(model.blocks[1].mlp.activation(torch.tensor(-1.0)).item(), 3),
        -0.159,
        0.0,
    ),
    "attn_bias": (False, biases_of("attention"), 8, 0),
    "bias": (False, biases_of("other"), 9, 0),
    "tied": (False, lambda model: model.num_parameters(), 4188, 4188 + 13 * 12),
    # Sines and cosines of position 0 are 0 and 1.
    "positions": (
        "sinusoidal",
        lambda model: model.pos_emb(torch.tensor([0])).tolist() == [[0, 1] * 6],
        False,
        True,
    ),
    "band": (2, lambda model: (looks(model)[1][0, 0, -1] > 0).sum().item(), 5, 2),
    "first_band": (1, seen_with_bands, 5, 2),
    "init_std": (0.1, std("tok_emb.weight"), 0.02, 0.1),
    "scale_residual": (False, std("blocks.0.mlp.proj.weight"), 0.01, 0.02),
}


@pytest.mark.parametrize("name", [field.name for field in fields(GPTConfig)])
def test_every_setting_does_something(name):
    other, see, before, after = SETTINGS[name]
    seen = []
    for config in (SMALL, replace(SMALL, **{name: other})):
        torch.manual_seed(0)
        seen.append(see(GPT(config)))
    assert seen == [before, after]


# Every setting is another than the default.
OTHERWISE = GPTConfig(
    V, 20, 3, 2, C, 6, 0.2, "post", "relu", False, False, False, "rotary", 2, 1, 0.1, False
)


@pytest.mark.parametrize("config", [SMALL, OTHERWISE], ids=["SMALL", "OTHERWISE"])
def test_a_state_is_all_it_takes_to_make_the_same_model(config):
    """But for its numbers; and a state can be written as JSON."""
    model = of_ordinary_size(GPT(config).double()).eval()
    state = json.loads(json.dumps(model.state()))
    twin = GPT.from_state(state).double().eval()
    assert twin.config == config and isinstance(twin, GPT)
    assert not torch.equal(twin(IDX), model(IDX))
    twin.load_state_dict(model.state_dict())
    assert torch.equal(twin(IDX), model(IDX))
    if config is OTHERWISE:
        plain = DEFAULTS | {"vocab_size": 99}
        assert state.keys() == plain.keys()
        assert all(state[name] != value for name, value in plain.items())


def test_a_state_that_no_model_has():
    state = GPT(SMALL).state()
    with pytest.raises(TypeError, match="n_heads"):
        GPT.from_state(state | {"n_heads": 3})
    with pytest.raises(ValueError, match="n_layer is 0"):
        GPT.from_state(state | {"n_layer": 0})
