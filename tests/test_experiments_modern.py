"""What appendix A3 quotes was trained with the change that it says, and is what the logs hold."""

import ast

import nbformat
import pytest
import torch
import torch.nn.functional as F
from experiments import EXPERIMENTS, rows, script
from torch.testing import assert_close

from gptlib.config import GPTConfig
from gptlib.gpt import GPT
from gptlib.optim import make_optimizers

IDX = torch.tensor([[1, 6, 11, 2, 7, 1], [0, 3, 3, 8, 10, 3]])
SIZES = {"block_size": 8, "n_layer": 3, "n_head": 2, "n_embd": 12, "dropout": 0.0, "init_std": 0.3}


@pytest.fixture(scope="module")
def runs():
    return script("modern_block")


def model(runs, name):
    settings, edits = runs.VARIANTS[name]
    torch.manual_seed(0)
    made = GPT(GPTConfig(13, **SIZES | settings))
    for edit in edits:
        edit(made)
    return made.double()


def plain(runs):
    return model(runs, "GPT-2's block")


def test_each_variant_is_another_model(runs):
    """In what it says at first, or, where biases or shares start at 0, in what it can learn."""
    said = []
    for name in runs.VARIANTS:
        made = model(runs, name)
        logits, parameters = made(IDX), made.num_parameters()
        for other, count in said:
            assert (logits - other).abs().max() > 1e-3 or parameters != count, name
        said.append((logits, parameters))


def test_a_token_shift_adds_what_was_before(runs):
    shift, x = runs.Shift(4).double(), torch.randn(2, 5, 4).double()
    torch.nn.init.normal_(shift.shares)
    want = x.clone()
    want[:, 1:] += shift.shares[0] * x[:, :-1]
    want[:, 2:] += shift.shares[1] * x[:, :-2]
    assert_close(shift(x), want)
    made, seen = model(runs, "token shift"), []
    made.blocks[0].register_forward_pre_hook(lambda _, x: seen.append(x[0]))
    made.dropout[0].shares.data[:] = 1
    made(IDX)
    added = made.tok_emb(IDX) + made.pos_emb(torch.arange(6))
    assert_close(seen[0][:, 2:], added[:, 2:] + added[:, 1:-1] + added[:, :-2])


def test_queries_and_keys_are_normed_head_by_head(runs):
    made, seen = model(runs, "QK-norm"), []
    made.blocks[1].attn.attention.register_forward_pre_hook(lambda _, x: seen.append(x))
    made(IDX)
    q, k, v = seen[0][:3]
    for part in (q, k):
        assert_close(part.mean(-1), torch.zeros_like(part[..., 0]), rtol=0, atol=1e-9)
        assert_close(part.var(-1, correction=0), torch.ones_like(part[..., 0]), rtol=0, atol=1e-3)
    assert (v.mean(-1).abs() > 0.01).any()


def test_rms_norms_have_no_parameters(runs):
    made = model(runs, "RMSNorm")
    assert not [name for name, _ in made.named_parameters() if "ln_" in name]
    x = torch.randn(3, 12).double()
    for norm in (made.blocks[2].ln_1, made.blocks[2].ln_2, made.ln_f):
        assert_close(norm(x), x / x.square().mean(-1, keepdim=True).sqrt(), rtol=1e-6, atol=0)


def test_feed_forward_layers_are_those_by_hand(runs):
    x = torch.randn(3, 12).double()
    mlp = model(runs, "squared ReLU").blocks[1].mlp
    assert_close(mlp(x), mlp.proj(mlp.fc(x).clamp(min=0) ** 2))
    mlp = model(runs, "SwiGLU").blocks[1].mlp
    gate = mlp.gate(x)
    assert_close(mlp(x), F.linear(gate * gate.sigmoid() * mlp.fc(x), mlp.proj.weight))
    assert mlp.proj.weight.std() < 0.2 < mlp.fc.weight.std()  # drawn as others that write are


def test_at_a_zero_start_no_block_adds_anything(runs):
    made = model(runs, "zero init")
    stream = made.tok_emb(IDX) + made.pos_emb(torch.arange(6))
    assert torch.equal(made(IDX), F.linear(made.ln_f(stream), made.tok_emb.weight))


def test_the_last_two_have_all_that_they_say(runs):
    llama, race = model(runs, "after LLaMA"), model(runs, "after the race")
    for made in (llama, race):
        assert made.rotary and made.lm_head is not None
        assert not [name for name, _ in made.named_parameters() if name.endswith("bias")]
    assert all(type(block.mlp) is runs.SwiGLU for block in llama.blocks)
    assert all(type(block.ln_2) is torch.nn.RMSNorm for block in llama.blocks)
    for block in race.blocks:
        assert block.mlp.activation(torch.tensor(3.0)) == 9
        assert block.attn.proj.weight.abs().max() == block.mlp.proj.weight.abs().max() == 0
        assert type(block.attn.query[1]) is type(block.attn.key[1]) is runs.HeadNorm


def source(text, names):
    """The definitions of names in a text, without their docstrings and comments."""
    found = {}
    for node in ast.walk(ast.parse(text)):
        if getattr(node, "name", None) in names and hasattr(node, "body"):
            if ast.get_docstring(node) is not None:
                node.body = node.body[1:]
            found.setdefault(node.name, ast.unparse(node))
    return found


def test_the_notebook_defines_what_was_trained():
    names = {"HeadNorm", "SwiGLU", "Shift", "qk_norm", "rms_norm", "squared_relu", "zero_init"}
    names |= {"value_embeddings", "token_shift"}
    notebook = nbformat.read(EXPERIMENTS.parent / "A3_modern_block.ipynb", as_version=4)
    cells = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "code")
    script = (EXPERIMENTS / "modern_block.py").read_text(encoding="utf-8")
    trained = source(script, names)
    assert trained.keys() == names
    assert source(cells, names) == trained


def test_value_embeddings_are_in_the_first_and_the_last_block(runs):
    made = model(runs, "value embeddings")
    assert [hasattr(block, "tokens") for block in made.blocks] == [True, False, True]
    with torch.no_grad():
        for block in (made.blocks[0], made.blocks[2]):
            block.tokens.weight.zero_()
        without = made(IDX)
        for bare, block in zip(GPT(made.config).double().blocks, made.blocks, strict=True):
            assert bare.attn.value.weight.shape == block.attn.value.weight.shape
        made.blocks[2].tokens.weight[7] = 1.0  # the fifth token of the first row
    moved = (made(IDX) - without).abs().amax(-1)
    assert (moved[0, 4:] > 1e-6).all() and moved[0, :4].max() == moved[1].max() == 0


def test_muon_has_the_matrices_inside_blocks_and_no_others(runs):
    for name in runs.VARIANTS:
        made = model(runs, name)
        muon, _ = make_optimizers(made, runs.TrainConfig(optimizer="muon"))
        ours = {id(p) for group in muon.param_groups for p in group["params"]}
        names = {n for n, p in made.named_parameters() if id(p) in ours}
        assert all("blocks" in n and "tokens" not in n for n in names)
        assert len(names) == 3 * (7 if name in ("SwiGLU", "after LLaMA") else 6)


def test_the_logs_are_of_these_variants(runs):
    steps = {(row["text"], row["what"]): int(row["steps"]) for row in rows("modern_steps")}
    assert [what for text, what in steps if text == "shakespeare"] == list(runs.VARIANTS)
    assert [what for text, what in steps if text == "tales"] == runs.TALES
    for text, budget in runs.BUDGET.items():
        assert steps[text, "GPT-2's block"] == budget
    screened = {}
    for row in rows("modern_rates"):
        assert row["seed"] == str(runs.SEEDS[0])
        screened.setdefault((row["text"], row["what"]), {})[row["muon_rate"]] = float(row["loss"])
    assert list(screened) == list(steps)
    seeds = {}
    for row in rows("modern_block"):
        what = row["text"], row["what"]
        assert row["muon_rate"] == min(screened[what], key=screened[what].get)
        seeds.setdefault(what, []).append(int(row["seed"]))
    assert all(list(map(float, found)) == list(runs.RATES) for found in screened.values())
    assert all(found == list(runs.SEEDS) for found in seeds.values())
    assert [what for text, what in seeds if text == "shakespeare"] == runs.SEVERAL
    assert [what for text, what in seeds if text == "tales"] == runs.TALES
