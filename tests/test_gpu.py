"""On a GPU the same comes out as on a CPU; these are left out where there is none."""

import math

import pytest
import torch
from test_run import a_config, a_corpus
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.testing import assert_close

import main
from gptlib import checkpoint
from gptlib.attention import attention, causal_mask, fused_attention
from gptlib.config import GPTConfig
from gptlib.data import load_split
from gptlib.gpt import GPT
from gptlib.optim import orthogonalize
from gptlib.run import Run
from gptlib.sampling import draw, generate
from gptlib.tokenizer import CharTokenizer
from gptlib.writing import write

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA here")


def a_model(**more):
    torch.manual_seed(0)
    sizes = {"block_size": 32, "n_layer": 2, "n_head": 2, "n_embd": 32, "init_std": 0.2}
    return GPT(GPTConfig(**({"vocab_size": 8, "dropout": 0.0} | sizes | more)))


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_flash_attention_runs_and_is_attention(dtype):
    """No other kernel is allowed, so it would fail where PyTorch cannot use that one."""
    torch.manual_seed(0)
    q, k, v = (torch.randn(2, 4, 100, 64, dtype=torch.float64) for _ in range(3))
    wanted, _ = attention(q, k, v, causal_mask(100))
    with sdpa_kernel(SDPBackend.FLASH_ATTENTION):
        got = fused_attention(*(x.to("cuda", dtype) for x in (q, k, v)), causal=True)
    error = (got.cpu().double() - wanted).abs().max()
    assert error < 8 * torch.finfo(dtype).eps


@pytest.mark.parametrize("band", [None, 5])
def test_logits_and_gradients_are_those_of_a_cpu(band):
    torch.manual_seed(1)
    idx = torch.randint(8, (3, 32))
    found = []
    for device in ("cpu", "cuda"):
        model = a_model(band=band).double().to(device)
        logits = model(idx.to(device))
        logits.square().mean().backward()
        found.append([logits.cpu(), *(p.grad.cpu() for p in model.parameters())])
    for one, other in zip(*found, strict=True):
        assert_close(other, one, rtol=0, atol=1e-11)


def test_what_is_written_is_that_of_a_cpu():
    tokenizer = CharTokenizer("\nabcdefg")
    texts = [
        "".join(write(a_model().double().to(device), tokenizer, "ab", 60, seed=seed))
        for seed in (1, 2)
        for device in ("cpu", "cuda")
    ]
    assert texts[0] == texts[1] != texts[2] == texts[3]


def test_the_cache_changes_nothing():
    idx = torch.randint(8, (3, 5), device="cuda")
    model = a_model().double().to("cuda")
    drawn = [torch.Generator().manual_seed(3) for _ in range(2)]
    with_cache = generate(model, idx, 25, generator=drawn[0])
    plain = idx
    for _ in range(25):
        probs = model(plain)[:, -1].softmax(-1)
        new = draw(probs, torch.rand(3, generator=drawn[1], dtype=torch.float64))
        plain = torch.cat([plain, new[:, None].to("cuda")], 1)
    assert torch.equal(with_cache, plain)


def trained(device, compiled=False, **config):
    """The losses of a run of 40 steps."""
    model = a_model(block_size=4).to(device)
    if compiled:
        model.compile()
    settings = {"max_iters": 40, "optimizer": "adamw"} | config
    run = Run(model, a_corpus().to(device), a_config(**settings))
    return torch.tensor(list(run))


@pytest.mark.parametrize(
    ("how", "atol"),
    [
        ({}, 1e-4),
        ({"compiled": True}, 1e-4),
        ({"dtype": "bfloat16"}, 0.1),
        ({"dtype": "bfloat16", "compiled": True}, 0.1),
        ({"optimizer": "muon"}, 0.1),
    ],
    ids=str,
)
def test_training_goes_as_on_a_cpu(how, atol):
    config = {name: value for name, value in how.items() if name == "optimizer"}
    assert_close(trained("cuda", **how), trained("cpu", **config), rtol=0, atol=atol)


def test_muon_orthogonalizes_there_too():
    torch.manual_seed(0)
    G = torch.randn(3, 64, 256)
    values = torch.linalg.svdvals(orthogonalize(G.to("cuda")).cpu().double())
    assert 0.12 < values.min() and values.max() < 1.88  # as in bfloat16 on a CPU


@pytest.mark.parametrize("optimizer", ["adamw", "muon"])
def test_a_run_resumes_nearly_and_on_the_cpu_too(tmp_path, optimizer):
    def a_run(device):
        config = a_config(max_iters=20, optimizer=optimizer)
        return Run(a_model(block_size=4, dropout=0.1).to(device), a_corpus().to(device), config)

    whole, halted = a_run("cuda"), a_run("cuda")
    list(whole)
    for _ in halted:
        if halted.step == 10:
            break
    halted.save(tmp_path / "run")
    resumed = a_run("cuda")
    resumed.load(tmp_path / "run")
    list(resumed)
    assert_close(torch.tensor(resumed.losses), torch.tensor(whole.losses), rtol=0, atol=1e-3)
    elsewhere = a_run("cpu")
    elsewhere.load(tmp_path / "run")
    assert elsewhere.losses == halted.losses
    assert all(map(math.isfinite, elsewhere)) and elsewhere.step == 20


def test_python_main_py_trains_and_writes_there(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my.txt").write_text(load_split("tales")[1][:6000], encoding="utf-8")
    sizes = "--n-layer 1 --n-embd 16 --block-size 16 --batch-size 4 --max-iters 20"
    assert main.main([*f"--text my.txt --out run {sizes}".split()]) == 0
    point = checkpoint.load("run/model.safetensors")
    assert point.settings["device"] == "cuda"
    assert {p.device.type for p in point.model.parameters()} == {"cpu"}
    capsys.readouterr()
    assert main.main(["generate", "run", "--max-new-tokens", "20"]) == 0
    assert len(capsys.readouterr().out) > 1
