"""A model in the Hugging Face hub's files is the same model here, and ours is the same there."""

import json
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
import verify_published
from safetensors.torch import load_file, save_file
from torch import nn
from transformers import (
    AutoModelForCausalLM,
    AutoTokenizer,
    GPT2Config,
    GPT2LMHeadModel,
    OpenAIGPTConfig,
    OpenAIGPTLMHeadModel,
)

from gptlib import papers, published
from gptlib.bpe import END_OF_TEXT, BPETokenizer, gpt2_tokenizer
from gptlib.config import GPTConfig, TrainConfig
from gptlib.families import FIXED
from gptlib.gpt import GPT
from gptlib.optim import make_optimizers
from gptlib.sampling import Sampling, generate
from gptlib.tokenizer import CharTokenizer
from gptlib.train import next_token_loss
from gptlib.word_bpe import GPT1Tokenizer

CLASSES = {
    "openai-gpt": (OpenAIGPTConfig, OpenAIGPTLMHeadModel),
    "gpt2": (GPT2Config, GPT2LMHeadModel),
}
SIZES = {
    "usual": {"vocab_size": 23, "n_positions": 9, "n_embd": 12, "n_layer": 2, "n_head": 3},
    "odd": {"vocab_size": 31, "n_positions": 7, "n_embd": 35, "n_layer": 3, "n_head": 5},
    "small": {"vocab_size": 2, "n_positions": 22, "n_embd": 6, "n_layer": 1, "n_head": 1},
    "thin": {"vocab_size": 17, "n_positions": 25, "n_embd": 7, "n_layer": 12, "n_head": 7},
}


def theirs(kind, seed=0, **settings):
    """A model of transformers with parameters of ordinary size, biases too, in float64."""
    config, model = CLASSES[kind]
    model = model(
        config(**SIZES["usual"] | {"bos_token_id": None, "eos_token_id": None} | settings)
    )
    draw = torch.Generator().manual_seed(seed)
    for name, p in model.named_parameters():
        gain = float("ln" in name and name.endswith("weight"))
        nn.init.normal_(p, gain, 0.3, generator=draw)
    return model.double().eval()


def as_on_the_hub(folder, model):
    """Write it as the hub has it: without the prefix, and with the masks of that time."""
    folder.mkdir()
    model.config.save_pretrained(folder)
    config, T = model.config, model.config.n_positions
    tensors = {name: p.detach().clone() for name, p in model.transformer.named_parameters()}
    for n in range(config.n_layer):
        tensors[f"h.{n}.attn.bias"] = torch.ones(T, T).tril()[None, None]
        if config.model_type == "gpt2":
            tensors[f"h.{n}.attn.masked_bias"] = torch.tensor(-1e4)
    save_file(tensors, folder / "model.safetensors")


SHAPES = {
    "fresh": lambda folder, model: model.save_pretrained(folder),
    "as on the hub": as_on_the_hub,
}


def saved(tmp_path, kind="gpt2", shape="fresh", **settings):
    model, folder = theirs(kind, **settings), tmp_path / "model"
    SHAPES[shape](folder, model)
    return model, folder


def some_ids(model, B=3):
    config = model.config
    draw = torch.Generator().manual_seed(1)
    return torch.randint(config.vocab_size, (B, config.n_positions), generator=draw)


def same(a, b):
    torch.testing.assert_close(a, b, rtol=0, atol=1e-10)


# Their models here


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("kind", CLASSES)
def test_logits_and_gradients_are_those_of_transformers(tmp_path, kind, shape, size):
    model, folder = saved(tmp_path, kind, shape, **SIZES[size])
    ours, idx = published.load(folder), some_ids(model)
    logits = ours(idx)
    same(logits, model(idx).logits)
    assert logits.std() > 0.5 and not ours.training
    assert ours.num_parameters() == model.num_parameters()
    up = torch.randn(logits.shape, dtype=logits.dtype, generator=torch.Generator().manual_seed(2))
    (logits * up).sum().backward()
    (model(idx).logits * up).sum().backward()
    wanted = {name: p.grad for name, p in model.transformer.named_parameters()}
    C = model.config.n_embd
    for n, block in enumerate(ours.blocks):
        at = f"h.{n}.attn.c_attn"
        for i, part in enumerate((block.attn.query, block.attn.key, block.attn.value)):
            same(part.weight.grad, wanted[f"{at}.weight"][:, i * C : (i + 1) * C].T)
            same(part.bias.grad, wanted[f"{at}.bias"][i * C : (i + 1) * C])
        same(block.attn.proj.weight.grad, wanted[f"h.{n}.attn.c_proj.weight"].T)
        same(block.mlp.fc.weight.grad, wanted[f"h.{n}.mlp.c_fc.weight"].T)
        same(block.mlp.proj.bias.grad, wanted[f"h.{n}.mlp.c_proj.bias"])
        same(block.ln_1.weight.grad, wanted[f"h.{n}.ln_1.weight"])
        same(block.ln_2.bias.grad, wanted[f"h.{n}.ln_2.bias"])
    tables = ("wte", "wpe") if kind == "gpt2" else ("tokens_embed", "positions_embed")
    same(ours.tok_emb.weight.grad, wanted[f"{tables[0]}.weight"])
    same(ours.pos_emb.table.grad, wanted[f"{tables[1]}.weight"])


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("kind", CLASSES)
def test_twenty_tokens_are_the_same(tmp_path, kind, shape):
    model, folder = saved(tmp_path, kind, shape, n_positions=25, vocab_size=97)
    idx = some_ids(model)[:, :5]
    wanted = model.generate(idx, do_sample=False, max_new_tokens=20, use_cache=kind == "gpt2")
    ours = generate(published.load(folder), idx, 20, Sampling(temperature=0))
    assert torch.equal(ours, wanted) and ours.shape == (3, 25)


@pytest.mark.parametrize(
    ("kind", "settings", "ours"),
    [
        ("openai-gpt", {"afn": "gelu"}, "gelu_tanh"),
        ("openai-gpt", {"afn": "relu"}, "relu"),
        ("gpt2", {"activation_function": "gelu_new"}, "gelu_tanh"),
        ("gpt2", {"activation_function": "gelu"}, "gelu"),
        ("gpt2", {"activation_function": "relu"}, "relu"),
    ],
)
def test_the_activation_is_the_one_that_the_name_means_there(tmp_path, kind, settings, ours):
    model, folder = saved(tmp_path, kind, **settings)
    loaded, idx = published.load(folder), some_ids(model)
    assert loaded.config.activation == ours
    same(loaded(idx), model(idx).logits)


# A forward pass by nobody else, from the tensors of a file


def norm(x, gain, bias):
    x = x - x.mean(-1, keepdims=True)
    return x / np.sqrt((x**2).mean(-1, keepdims=True) + 1e-5) * gain + bias


def forward(t, idx, H, L, post):
    """Radford et al. (2018), equation 2, or with post=False (2019), section 2.3, in NumPy."""
    tokens, places = ("tokens_embed", "positions_embed") if post else ("wte", "wpe")

    def linear(x, name):
        return x @ t[f"{name}.weight"] + t[f"{name}.bias"]

    def normed(x, name):
        return norm(x, t[f"{name}.weight"], t[f"{name}.bias"])

    def attend(x, name):
        parts = np.split(linear(x, f"{name}.c_attn"), 3, axis=-1)
        heads = []
        for q, k, v in zip(*(np.split(part, H, axis=-1) for part in parts), strict=True):
            scores = q @ k.T / np.sqrt(q.shape[-1])
            scores[np.triu_indices(len(x), 1)] = -np.inf
            weights = np.exp(scores - scores.max(-1, keepdims=True))
            heads.append(weights / weights.sum(-1, keepdims=True) @ v)
        return linear(np.concatenate(heads, axis=-1), f"{name}.c_proj")

    def feed_forward(x, name):
        x = linear(x, f"{name}.c_fc")
        x = 0.5 * x * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3)))
        return linear(x, f"{name}.c_proj")

    x = t[f"{tokens}.weight"][idx] + t[f"{places}.weight"][: len(idx)]
    for n in range(L):
        at = f"h.{n}"
        if post:
            x = normed(x + attend(x, f"{at}.attn"), f"{at}.ln_1")
            x = normed(x + feed_forward(x, f"{at}.mlp"), f"{at}.ln_2")
        else:
            x = x + attend(normed(x, f"{at}.ln_1"), f"{at}.attn")
            x = x + feed_forward(normed(x, f"{at}.ln_2"), f"{at}.mlp")
    return (x if post else normed(x, "ln_f")) @ t[f"{tokens}.weight"].T


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("kind", CLASSES)
def test_logits_are_those_of_the_paper_in_numpy(tmp_path, kind, shape):
    model, folder = saved(tmp_path, kind, shape)
    tensors = {
        name.removeprefix("transformer."): tensor.numpy()
        for name, tensor in load_file(folder / "model.safetensors").items()
    }
    row = some_ids(model, 1)[0]
    wanted = forward(tensors, row.numpy(), H=3, L=2, post=kind == "openai-gpt")
    same(published.load(folder)(row[None])[0].detach(), torch.from_numpy(wanted))


# The file and the memory


@pytest.mark.parametrize("kind", CLASSES)
def test_a_loaded_model_is_trained_as_any_other(tmp_path, kind):
    """Fused AdamW updates other entries than it should of parameters that are not contiguous."""
    model, folder = saved(tmp_path, kind)
    loaded, copy = published.load(folder), GPT(published.load(folder).config).double().eval()
    copy.load_state_dict(loaded.state_dict())
    assert all(p.is_contiguous() and p.requires_grad for p in loaded.parameters())
    batch = some_ids(model).split([6, 3], dim=1)[0]
    for gpt in (loaded, copy):
        (optimizer,) = make_optimizers(gpt, TrainConfig())
        for _ in range(3):
            optimizer.zero_grad()
            loss, count = next_token_loss(gpt, (batch[:, :-1], batch[:, 1:]))
            (loss / count).backward()
            optimizer.step()
    for (name, p), q in zip(loaded.named_parameters(), copy.parameters(), strict=True):
        torch.testing.assert_close(p, q, rtol=0, atol=1e-9, msg=name)


def test_what_is_written_to_a_loaded_model_stays_out_of_the_file(tmp_path):
    model, folder = saved(tmp_path)
    raw = (folder / "model.safetensors").read_bytes()
    with torch.no_grad():
        for p in published.load(folder).parameters():
            p.zero_()
    assert (folder / "model.safetensors").read_bytes() == raw
    same(published.load(folder)(some_ids(model)), model(some_ids(model)).logits)


def test_loading_draws_no_numbers(tmp_path):
    _, folder = saved(tmp_path)
    before = torch.get_rng_state()
    published.load(folder)
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="only Linux tells the peak")
def test_the_parameters_are_not_copied(tmp_path):
    """How far loading raises the peak of a new process."""
    sizes = {"vocab_size": 20_000, "n_positions": 64, "n_embd": 512, "n_layer": 6, "n_head": 8}
    folder, ends = tmp_path / "model", {"bos_token_id": None, "eos_token_id": None}
    GPT2LMHeadModel(GPT2Config(**sizes, **ends)).save_pretrained(folder)
    code = """
import sys
from dataclasses import replace
from pathlib import Path
from gptlib import published
def peak():
    [line] = [x for x in Path("/proc/self/status").read_text().splitlines() if "VmHWM" in x]
    return 1024 * int(line.split()[1])
before = peak()
published.load(sys.argv[1])
print(peak() - before)
"""
    command = [sys.executable, "-c", code, folder]
    peak = int(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)
    size = (folder / "model.safetensors").stat().st_size
    assert 0.9 * size < peak < 1.2 * size


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
def test_half_precision_becomes_single_and_others_stay(tmp_path, dtype):
    model, folder = theirs("openai-gpt"), tmp_path / "model"
    model.to(dtype).save_pretrained(folder)
    wide = torch.float64 if dtype == torch.float64 else torch.float32
    loaded, idx = published.load(folder), some_ids(model)
    assert {p.dtype for p in loaded.parameters()} == {wide}
    torch.testing.assert_close(loaded(idx), model.to(wide)(idx).logits, rtol=0, atol=1e-4)


# Ours there

BPE = BPETokenizer.from_text("to be or not to be, that is to be, café" * 2, 275, [END_OF_TEXT])
WORDS = GPT1Tokenizer(
    ["<unk>", "t", "h", "e", "e</w>", ".</w>", "th", "the</w>"], ["t h", "th e</w>"]
)
TEXT = "To be, or not to the café?\n  be the be."


def ours(tokenizer, **settings):
    sizes = {"block_size": 13, "n_layer": 2, "n_head": 3, "n_embd": 15} | settings
    model = GPT(GPTConfig(tokenizer.vocab_size, **sizes)).double().eval()
    draw = torch.Generator().manual_seed(3)
    for p in model.parameters():
        nn.init.normal_(p, std=0.3, generator=draw)
    return model


@pytest.mark.parametrize("tokenizer", [BPE, WORDS], ids=["bytes", "words"])
@pytest.mark.parametrize(
    "settings",
    [
        {"norm": "post", "scale_residual": False},
        {"norm": "post", "scale_residual": False, "activation": "relu", "dropout": 0.25},
        {"norm": "pre"},
        {"norm": "pre", "activation": "gelu", "init_std": 0.5},
        {"norm": "pre", "activation": "relu", "head_size": 5},
    ],
    ids=str,
)
def test_transformers_loads_what_was_saved(tmp_path, settings, tokenizer):
    model, folder = ours(tokenizer, **settings), tmp_path / "new" / "model"
    published.save(folder, model, tokenizer)
    idx = torch.randint(tokenizer.vocab_size, (3, 13), generator=torch.Generator().manual_seed(4))
    for other in (AutoModelForCausalLM.from_pretrained(folder), published.load(folder)):
        logits = other(idx)
        same(logits if isinstance(other, GPT) else logits.logits, model(idx))
        assert not other.training
    config = published.load(folder).config
    assert config.head_size is None
    assert {name: getattr(config, name) for name in settings} == settings | {
        name: None for name in settings if name == "head_size"
    }
    assert published.load_tokenizer(folder) == tokenizer
    theirs = AutoTokenizer.from_pretrained(folder)
    assert theirs(TEXT)["input_ids"] == tokenizer.encode(TEXT)
    assert len(theirs) == tokenizer.vocab_size  # none was added
    assert [path.name for path in folder.parent.iterdir()] == ["model"]


def test_the_token_that_ends_a_text_ends_one_there(tmp_path):
    for name, tokenizer, end in (("a", BPE, BPE.vocab_size - 1), ("b", WORDS, None)):
        published.save(tmp_path / name, ours(tokenizer), tokenizer)
        config = AutoModelForCausalLM.from_pretrained(tmp_path / name).config
        assert config.eos_token_id == config.bos_token_id == end


def test_their_models_survive_the_way_there_and_back(tmp_path):
    model, folder = saved(tmp_path, "openai-gpt", vocab_size=WORDS.vocab_size)
    published.save(tmp_path / "again", published.load(folder), WORDS)
    again = load_file(tmp_path / "again" / "model.safetensors")
    for name, tensor in load_file(folder / "model.safetensors").items():
        assert torch.equal(again.pop(name), tensor), name
    assert not again


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        (
            {"positions": "sinusoidal", "n_embd": 12},
            "positions is 'sinusoidal', and in transformers' gpt2",
        ),
        ({"positions": "rotary", "head_size": 4}, "positions is 'rotary'"),
        ({"band": 3}, "band is 3"),
        ({"tied": False}, "tied is False"),
        ({"head_size": 4}, "head_size is 4"),
        ({"bias": False}, "bias is False"),
        ({"attn_bias": False}, "attn_bias is False"),
        ({"norm": "post", "activation": "gelu"}, "activation is 'gelu', and in .* openai-gpt"),
    ],
)
def test_what_transformers_could_not_be_is_refused_by_name(tmp_path, settings, says):
    with pytest.raises(ValueError, match=says):
        published.save(tmp_path / "model", ours(BPE, **settings), BPE)
    assert not any(tmp_path.iterdir())


def test_other_refusals_of_saving(tmp_path):
    chars = CharTokenizer("abc")
    with pytest.raises(ValueError, match="a CharTokenizer has no merges.txt"):
        published.save(tmp_path / "model", ours(chars), chars)
    with pytest.raises(ValueError, match="the tokenizer has 8 tokens, and the model 3"):
        published.save(tmp_path / "model", ours(chars), WORDS)
    assert not any(tmp_path.iterdir())
    (tmp_path / "model").mkdir()
    with pytest.raises(ValueError, match="exists already: name a new folder"):
        published.save(tmp_path / "model", ours(WORDS), WORDS)
    assert not any((tmp_path / "model").iterdir())


def test_nothing_half_written_is_left(tmp_path, monkeypatch):
    def fail(*args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", fail)
    with pytest.raises(OSError, match="could not write"):
        published.save(tmp_path / "model", ours(WORDS), WORDS)
    assert not any(tmp_path.iterdir())


# Which sources, and which folders


def test_what_is_published(tmp_path):
    _, folder = saved(tmp_path)
    assert published.is_published(folder) and published.is_published(str(folder))
    assert published.NAMES.keys() == papers.GPTS.keys()
    assert all(published.is_published(name) for name in published.NAMES)
    (tmp_path / "run").mkdir()
    assert not published.is_published(tmp_path / "run")
    for config in ('{"n_layer": 4, "sha256": "0"}', "[1]", "5", "no JSON", ""):
        (tmp_path / "run" / "config.json").write_text(config)
        assert not published.is_published(tmp_path / "run")
    for name in ("gpt-3", "openai-community/gpt2", "", tmp_path / "none"):
        assert not published.is_published(name)


def test_only_the_five_names_are_asked_of_the_hub(monkeypatch):
    asked = []
    monkeypatch.setattr(
        "huggingface_hub.snapshot_download", lambda name, **_: asked.append(name) or "none"
    )
    for source in ("gpt2", "openai-community/gpt2", "gpt-2", "runs/gpt-1"):
        for read in (published.load, published.load_tokenizer):
            with pytest.raises(ValueError, match="is no folder: give one, or one of gpt-1, gpt-2-"):
                read(source)
    assert not asked
    for source, repository in published.NAMES.items():
        with pytest.raises(ValueError, match="'none' holds no config.json"):
            published.load(source)
        assert asked.pop() == repository


def test_what_the_hub_gives_is_loaded(tmp_path, monkeypatch):
    model, folder = saved(tmp_path, "gpt2", "as on the hub")
    files = []
    monkeypatch.setattr(
        "huggingface_hub.snapshot_download",
        lambda name, allow_patterns: files.extend(allow_patterns) or str(folder),
    )
    same(published.load("gpt-2-xl")(some_ids(model)), model(some_ids(model)).logits)
    wanted = "config.json model.safetensors vocab.json merges.txt tokenizer_config.json"
    assert files == wanted.split()


def test_without_a_network_one_sentence_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    message = (
        r"^could not fetch gpt-1 from the hub \(\w+\): where there is a network, download "
        r"config.json, model.safetensors, .* from https://huggingface.co/openai-community/"
        r"openai-gpt, and give the folder that holds them$"
    )
    with pytest.raises(OSError, match=message):
        published.load("gpt-1")


# Files that are refused


def refused(folder, says):
    with pytest.raises(ValueError, match=says) as caught:
        published.load(folder)
    message = str(caught.value)
    assert str(folder) in message and "\n" not in message and ": " in message


CONFIGS = [
    ({"model_type": "gpt_neo"}, "its model_type is 'gpt_neo': give .* openai-gpt or gpt2"),
    ({"model_type": None}, "its model_type is None"),
    ({"model_type": ["gpt2"]}, "its model_type is"),
    ({"n_layer": None}, "n_layer is None: give a whole number"),
    ({"n_embd": "12"}, "n_embd is '12'"),
    ({"n_head": 5}, "n_embd 12 is not divisible by n_head = 5"),
    ({"activation_function": "silu"}, "activation_function is 'silu': give .* gelu_new or gelu"),
    ({"activation_function": ["relu"]}, "activation_function is"),
    ({"n_inner": 24}, "n_inner is 24: give a model in which it is 48"),
    (
        {"layer_norm_epsilon": 1e-6},
        "layer_norm_epsilon is 1e-06: give a model in which it is 1e-05",
    ),
    ({"scale_attn_weights": False}, "scale_attn_weights is False"),
    ({"scale_attn_by_inverse_layer_idx": True}, "scale_attn_by_inverse_layer_idx is True"),
    ({"add_cross_attention": True}, "add_cross_attention is True"),
    ({"tie_word_embeddings": False}, "tie_word_embeddings is False"),
    ({"embd_pdrop": 0.2}, r"embd_pdrop, attn_pdrop are \[0.1, 0.2, 0.1\], and a GPT has one"),
    ({"resid_pdrop": 1, "embd_pdrop": 1, "attn_pdrop": 1}, "dropout is 1"),
    ({"initializer_range": 0}, "init_std is 0"),
    ({"vocab_size": 24}, r"'transformer.wte.weight' .* has the shape \(23, 12\), not \(24, 12\)"),
    ({"n_positions": 8}, r"'transformer.wpe.weight' .* has the shape \(9, 12\), not \(8, 12\)"),
    ({"n_layer": 3}, "'transformer.h.2.attn.c_attn.bias' is missing in"),
    ({"n_layer": 1}, "'transformer.h.1.attn.c_attn.bias' should not be in"),
    ({"model_type": "openai-gpt"}, "'transformer.ln_f.bias' should not be in"),
    ({"n_embd": 2**31 - 4, "n_inner": None, "n_head": 4}, "too large for the memory"),
]


@pytest.mark.parametrize(("change", "says"), CONFIGS, ids=lambda value: str(value)[:40])
def test_a_config_of_another_model(tmp_path, change, says):
    _, folder = saved(tmp_path)
    path = folder / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    refused(folder, says)


@pytest.mark.parametrize("name", ["vocab_size", "n_positions", "n_embd", "n_layer", "n_head"])
def test_a_config_without_a_size(tmp_path, name):
    _, folder = saved(tmp_path)
    path = folder / "config.json"
    path.write_text(
        json.dumps({k: v for k, v in json.loads(path.read_text()).items() if k != name})
    )
    refused(folder, f"it does not say {name}: take a copy of the whole file")


def test_what_a_config_may_leave_out(tmp_path):
    """Those on the hub say less than those that transformers writes today."""
    model, folder = saved(tmp_path, "openai-gpt")
    path = folder / "config.json"
    table = json.loads(path.read_text())
    sizes = ("model_type", "vocab_size", "n_positions", "n_embd", "n_layer", "n_head")
    path.write_text(json.dumps({name: table[name] for name in sizes}))
    loaded = published.load(folder)
    assert (loaded.config.dropout, loaded.config.init_std) == (0.1, 0.02)
    same(loaded(some_ids(model)), model(some_ids(model)).logits)


@pytest.mark.parametrize("raw", [b"", b"[]", b"null", b"{", b"\xff"])
def test_a_damaged_config(tmp_path, raw):
    _, folder = saved(tmp_path)
    (folder / "config.json").write_bytes(raw)
    refused(folder, "config.json")


def test_a_folder_without_a_config(tmp_path):
    refused(tmp_path, "holds no config.json: give a folder that transformers or `save` wrote")


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("pytorch_model.bin", "but pytorch_model.bin, which is a pickle and may run any code"),
        ("model.ckpt", "but model.ckpt, which is a pickle"),
        ("model.safetensors.index.json", "but parts of one, which are not read here"),
        ("tf_model.h5", "holds no model.safetensors: have transformers save the model there"),
    ],
)
def test_a_folder_without_a_safetensors_file(tmp_path, name, says):
    _, folder = saved(tmp_path)
    (folder / "model.safetensors").rename(folder / name)
    refused(folder, says)


@pytest.mark.parametrize("cut", [lambda raw: raw[:-1], lambda raw: raw[:100], lambda raw: b""])
def test_a_truncated_file(tmp_path, cut):
    _, folder = saved(tmp_path)
    path = folder / "model.safetensors"
    path.write_bytes(cut(path.read_bytes()))
    refused(folder, "is damaged .*: fetch it again")


def changed(folder, change):
    path = folder / "model.safetensors"
    tensors = load_file(path)
    change(tensors)
    save_file(tensors, path)


PROJ = "h.1.mlp.c_proj.weight"


def put(name, tensor):
    return lambda tensors: tensors.__setitem__(name, tensor)


def spoiled(value):
    def change(tensors):
        tensors[PROJ][3, 2] = value

    return change


TENSORS = {
    "missing": (lambda t: t.pop(PROJ), f"tensor '{PROJ}' is missing in"),
    "of another head": (put("score.weight", torch.ones(2)), "'score.weight' should not be in"),
    "mask of no block": (put("h.2.attn.bias", torch.ones(2)), "'h.2.attn.bias' should not be in"),
    "mask of no kind": (put("h.1.attn.mask", torch.ones(2)), "'h.1.attn.mask' should not be in"),
    "with a prefix": (
        lambda t: t.update({f"transformer.{PROJ}": t.pop(PROJ)}),
        "should not be in",
    ),
    "not transposed": (lambda t: t.update({PROJ: t[PROJ].T.contiguous()}), r"\(12, 48\), not \(48"),
    "whole numbers": (lambda t: t.update({PROJ: t[PROJ].long()}), f"'{PROJ}' .* of torch.int64"),
    "nan": (spoiled(float("nan")), f"'{PROJ}' .* holds a number that is not finite"),
    "infinite": (spoiled(-float("inf")), f"'{PROJ}' .* holds a number that is not finite"),
    "another head": (
        lambda t: t.update({"lm_head.weight": t["wte.weight"] + 1e-9}),
        "'lm_head.weight' .* is not the table of tokens",
    ),
    "a head of another shape": (put("lm_head.weight", torch.ones(3)), "is not the table of tokens"),
}


@pytest.mark.parametrize("case", TENSORS)
def test_tensors_are_refused_by_name(tmp_path, case):
    change, says = TENSORS[case]
    _, folder = saved(tmp_path, "gpt2", "as on the hub")
    changed(folder, change)
    refused(folder, says)


def test_a_mask_of_gpt_2_is_none_of_gpt_1(tmp_path):
    _, folder = saved(tmp_path, "openai-gpt", "as on the hub")
    changed(folder, put("h.0.attn.masked_bias", torch.tensor(-1e4)))
    refused(folder, "'h.0.attn.masked_bias' should not be in")


@pytest.mark.parametrize("shape", SHAPES)
def test_a_head_that_is_the_table_may_be_there(tmp_path, shape):
    model, folder = saved(tmp_path, "openai-gpt", shape)
    table = next(t for n, t in model.named_parameters() if n.endswith("tokens_embed.weight"))
    changed(folder, put("lm_head.weight", table.detach().clone()))
    same(published.load(folder)(some_ids(model)), model(some_ids(model)).logits)


def test_a_vocabulary_of_the_wrong_size(tmp_path):
    published.save(tmp_path / "model", ours(WORDS), WORDS)
    published.save(tmp_path / "other", ours(BPE), BPE)
    for name in ("vocab.json", "merges.txt", "tokenizer_config.json"):
        (tmp_path / "other" / name).replace(tmp_path / "model" / name)
    says = f"has {BPE.vocab_size} tokens, and the model 8: give a folder in which both are of one"
    with pytest.raises(ValueError, match=says):
        published.load_tokenizer(tmp_path / "model")


def test_a_config_can_say_nothing_that_is_not_looked_at():
    """What else transformers' configs have either changes no logits or is checked above."""
    harmless = "use_cache reorder_and_upcast_attn"  # the second only where precision is mixed
    known = {*FIXED, "n_inner", "activation_function", "afn", "initializer_range"}
    known |= {"vocab_size", "n_positions", "n_embd", "n_layer", "n_head", *harmless.split()}
    for config, _ in CLASSES.values():
        said = {
            name for name in config.__annotations__ if not re.search("pdrop|_id$|summary", name)
        }
        assert said - known <= {"model_type", "keys_to_ignore_at_inference", "attribute_map"}


# `make verify-published`, of which only the real files are missing here


def test_records_are_of_prompts_that_say_so():
    for record in verify_published.RECORDS["gpt-2-small"]:
        assert gpt2_tokenizer().encode(record.text, [END_OF_TEXT]) == record.prompt
    for record in sum(verify_published.RECORDS.values(), []):
        assert record.greedy[: len(record.prompt)] in ([], record.prompt)
        assert record.logits or record.greedy


@pytest.fixture
def stand_in(tmp_path, monkeypatch):
    """A random model that passes for GPT-1, and a record of it."""
    model, folder = ours(WORDS, norm="post", scale_residual=False), tmp_path / "model"
    published.save(folder, model.float(), WORDS)
    monkeypatch.setitem(published.NAMES, "gpt-1", str(folder))
    monkeypatch.setattr(published, "_fetched", lambda name: folder)
    paper = papers.GPTS["gpt-1"]
    paper = replace(paper, config=model.config, parameters=model.num_parameters())
    monkeypatch.setitem(papers.GPTS, "gpt-1", paper)
    idx = torch.tensor([WORDS.encode("the the.")])
    logits = model(idx)[0]
    return verify_published.Record(
        "this test",
        "The the.",
        idx[0].tolist(),
        logits={2: {5: logits[2, 5].item()}},
        mean=logits.mean().item(),
        likeliest=logits.argmax(-1).tolist(),
        greedy=generate(model, idx, 4, Sampling(temperature=0))[0].tolist(),
    )


def test_a_model_that_is_as_recorded_is_verified(stand_in, monkeypatch):
    monkeypatch.setitem(verify_published.RECORDS, "gpt-1", [stand_in])
    count, record, parity = verify_published.verify("gpt-1")
    assert count.endswith(" parameters") and record == "'The the.' as in this test"
    assert parity.endswith(" from transformers at most, in float64")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"text": "the."}, "'the.' has the ids"),
        ({"logits": {2: {5: 99.0}}}, "logit 5 at 2 is"),
        ({"mean": 99.0}, "mean"),
        ({"likeliest": [0, 0, 9]}, r"\["),
        ({"greedy": [7, 7, 5, 9]}, "it goes on with"),
    ],
)
def test_one_that_is_not_is_told(stand_in, monkeypatch, change, says):
    monkeypatch.setitem(verify_published.RECORDS, "gpt-1", [replace(stand_in, **change)])
    with pytest.raises(AssertionError, match=says):
        list(verify_published.verify("gpt-1"))
