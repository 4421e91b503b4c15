"""Fine-tuning from the command line: published models, rates, shorter contexts, LoRA."""

import json
import math
import re
import shutil
import signal
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from transformers import GPT2Config, GPT2LMHeadModel

import main
from gptlib import checkpoint, commands, published, token_files
from gptlib.bpe import END_OF_TEXT, BPETokenizer
from gptlib.config import GPTConfig
from gptlib.data import load_split
from gptlib.gpt import GPT
from gptlib.lora import LoRAGPT
from gptlib.run import Run
from gptlib.run_folder import RunFolder
from gptlib.settings import Train
from gptlib.word_bpe import GPT1Tokenizer

TEXT = load_split("tales")[1][:6000]
TINY = "--device cpu --batch-size 4 --eval-iters 2 --dropout 0 --text my.txt".split()
QUICK = [*TINY, *"--max-iters 12 --eval-interval 4".split()]
TOKENIZER = BPETokenizer.from_text(TEXT, 300, [END_OF_TEXT])
THREADS = torch.get_num_threads()


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """An empty folder to run in, with a text in it."""
    monkeypatch.chdir(tmp_path)
    Path("my.txt").write_text(TEXT, encoding="utf-8")
    yield tmp_path
    torch.set_num_threads(THREADS)


@pytest.fixture
def gpt2(folder):
    """A folder in which transformers has saved a tiny GPT-2 of random parameters."""
    torch.manual_seed(0)
    sizes = GPT2Config(
        vocab_size=TOKENIZER.vocab_size,
        n_positions=24,
        n_embd=16,
        n_layer=2,
        n_head=2,
        initializer_range=0.2,
    )
    GPT2LMHeadModel(sizes).save_pretrained("gpt2")
    token_files.write_tokenizer("gpt2", TOKENIZER)
    return "gpt2"


@pytest.fixture
def gpt1(folder):
    """A folder with a tiny GPT-1, whose tokenizer knows small letters and a few marks."""
    letters = [*"abcdefghijklmnopqrstuvwxyz", *"abcdefghijklmnopqrstuvwxyz.,'\"!?"]
    tokens = [
        "<unk>",
        *letters[:26],
        *(f"{letter}</w>" for letter in letters[26:]),
        "th",
        "the</w>",
    ]
    tokenizer = GPT1Tokenizer(tokens, ["t h", "th e</w>"])
    torch.manual_seed(0)
    sizes = GPTConfig(
        tokenizer.vocab_size, 24, 2, 2, 16, norm="post", scale_residual=False, init_std=0.2
    )
    published.save("gpt1", GPT(sizes), tokenizer)
    return "gpt1"


@pytest.fixture
def own(folder):
    """A run of our own, with Muon, of which little is left to learn here."""
    sizes = "--n-layer 1 --n-head 2 --n-embd 16 --block-size 16 --tokenizer bpe".split()
    assert main.main([*QUICK, *sizes, "--out", "own", "--muon-rate", "0.04"]) == 0
    return "own"


@pytest.fixture
def begun(monkeypatch, capsys):
    """The run, before its first step, that a command line makes; and what it prints."""

    def begin(*flags):
        runs = []
        with monkeypatch.context() as patch:
            patch.setattr(commands, "fit", lambda run, *_: runs.append(run))
            assert main.main([*QUICK, "--out", "new", *flags]) == 0
        return runs[0], capsys.readouterr().out

    return begin


def complaint(argv, capsys):
    capsys.readouterr()
    assert main.main(argv) == 2
    return capsys.readouterr().err


def stop_after(step, patch):
    """Press Ctrl-C in this step of the next run."""
    real = Run.__iter__

    def steps(self):
        for loss in real(self):
            if self.step == step:
                signal.raise_signal(signal.SIGINT)
            yield loss

    patch.setattr(Run, "__iter__", steps)


def files(run):
    return {path.name: path.read_bytes() for path in Path(run).iterdir() if path.name != ".lock"}


# What a run starts with


def test_a_published_model_is_trained_further(gpt2, folder, begun):
    run, out = begun("--start", gpt2)
    model = published.load(gpt2)
    assert run.model.config == replace(model.config, dropout=0.0)
    assert run.corpus.tokenizer == published.load_tokenizer(gpt2) == TOKENIZER
    assert run.corpus.tokenizer.decode(run.corpus.valid.ids) == TEXT[5400:]
    for name, tensor in model.state_dict().items():
        assert torch.equal(run.model.state_dict()[name], tensor)
    settings, _ = RunFolder("new").read_config(Train)
    assert (settings.start, settings.tokenizer) == (str(folder / gpt2), "bpe")
    assert "this run uses --optimizer adamw --learning-rate 6.25e-05\n" in out


def test_a_name_stays_a_name(gpt2, begun, monkeypatch):
    folder = published._folder
    there = {"gpt-2-small": Path(gpt2).absolute()}
    monkeypatch.setattr(published, "_folder", lambda source: there.get(source) or folder(source))
    run, _ = begun("--start", "gpt-2-small")
    assert RunFolder("new").read_config(Train)[0].start == "gpt-2-small"
    assert torch.equal(run.model.tok_emb.weight, published.load(gpt2).tok_emb.weight)


@pytest.mark.parametrize("more", ["--max-seconds 1", "--lora 2"])
def test_a_model_is_read_once(gpt2, monkeypatch, more):
    reads = []
    monkeypatch.setattr(commands, "load", lambda source: reads.append(source) or load(source))
    load = published.load
    assert main.main(
        [
            *TINY,
            "--max-iters",
            "2000",
            *more.split(),
            "--start",
            gpt2,
            "--out",
            "new",
            "--patience",
            "1",
            "--eval-interval",
            "1",
            "--learning-rate",
            "1",
        ]
    ) in (0, 2)
    assert reads == [gpt2]


def test_gpt1s_tokens_are_not_the_text(gpt1, begun, capsys):
    """Its tokenizer has neither capitals nor line breaks, so scores per character say so."""
    run, _ = begun("--start", gpt1, "--text", "tales")
    assert run.corpus.end is None and run.corpus.floor is None
    assert RunFolder("new").read_config(Train)[0].tokenizer == "bpe"
    assert main.main(["evaluate", gpt1, "--text", "my.txt", "--device", "cpu"]) == 0
    said = capsys.readouterr().out.splitlines()
    assert re.fullmatch(r"\d\.\d{4} nats per character of the text as it reads it, .*", said[0])
    assert re.fullmatch(r"\d\.\d{4} bits per byte of the text as it reads it, .*", said[1])


def test_a_context_is_cut(gpt2, begun):
    run, _ = begun("--start", gpt2, "--block-size", "10")
    model = published.load(gpt2)
    assert run.corpus.block_size == run.model.config.block_size == 10
    idx = torch.arange(10)[None]
    assert torch.equal(run.model.eval()(idx), model(idx))


# How it is trained


def rates(run):
    return run.config.optimizer, run.config.learning_rate, run.config.muon_rate


def test_rates_are_a_share_of_those_before(own, begun):
    run, out = begun("--start", own)
    assert rates(run) == ("muon", 0.005, 0.02)
    assert "this run uses --optimizer muon --learning-rate" in out


def test_a_flag_says_more_than_what_is_usual(own, gpt2, begun):
    run, _ = begun("--start", own, "--muon-rate", "0.03")
    assert rates(run) == ("muon", 0.005, 0.03)
    shutil.rmtree("new")
    run, _ = begun("--start", gpt2, "--learning-rate", "1e-5")
    assert rates(run)[:2] == ("adamw", 1e-5)


def test_small_matrices_take_higher_rates_and_a_model_made_of_them_lower_ones(gpt2, begun):
    run, out = begun("--start", gpt2, "--lora", "3")
    assert rates(run)[:2] == ("adamw", 3 * 6.25e-5)
    assert "--optimizer adamw --learning-rate 0.0001875\n" in out
    run.save_model("new/model.safetensors")
    Path("new").rename("first")
    run, _ = begun("--start", "first")
    assert rates(run)[:2] == ("adamw", pytest.approx(6.25e-5 / 2))


# LoRA

SMALL_MATRICES = "--lora 3 --learning-rate 0.01 --eval-interval 12 --out run".split()


def test_of_a_published_model_small_matrices_are_trained(gpt2, capsys):
    """And what is saved is a plain GPT, whatever it was made of."""
    assert main.main([*QUICK, "--start", gpt2, *SMALL_MATRICES]) == 0
    base, last = published.load(gpt2).state_dict(), checkpoint.load("run/last.safetensors").model
    assert type(last) is LoRAGPT and last.rank == 3
    assert all(torch.equal(last.state_dict()[name], tensor) for name, tensor in base.items())
    best = checkpoint.load("run/model.safetensors")
    assert type(best.model) is GPT and best.step == 12
    idx = torch.arange(24)[None]
    torch.testing.assert_close(best.model(idx), last(idx), rtol=0, atol=1e-4)
    losses = json.loads(files("run")["log.json"])["valid"]
    assert losses["12"] < losses["0"] - 0.1
    capsys.readouterr()
    for argv in (["summary", "run"], ["evaluate", "run"], ["generate", "run", "--int8"]):
        assert main.main(argv) == 0
    out = capsys.readouterr().out
    assert f"{sum(t.numel() for t in base.values()):,}" in out and "nats per character\n" in out


def test_an_interrupted_run_goes_on_bit_for_bit(gpt2, monkeypatch, capsys):
    argv = [*QUICK, "--start", gpt2, "--lora", "3", "--dropout", "0.2", "--learning-rate", "0.01"]
    assert main.main([*argv, "--out", "run"]) == 0
    whole = files("run")
    shutil.rmtree("run")
    with monkeypatch.context() as patch:
        stop_after(6, patch)
        assert main.main([*argv, "--out", "run"]) == 130
    assert checkpoint.load("run/last.safetensors").step == 6
    shutil.rmtree(gpt2)  # it is all in the run's folder by now
    assert main.main(["resume", "run"]) == 0
    assert files("run") == whole


def test_before_its_first_checkpoint_a_run_starts_again(gpt2, monkeypatch):
    argv = [*QUICK, "--start", gpt2, "--lora", "3", "--block-size", "10"]
    assert main.main([*argv, "--out", "run"]) == 0
    whole = files("run")
    for name in whole.keys() - {"config.json"}:
        Path("run", name).unlink()
    assert main.main(["resume", "run"]) == 0
    assert files("run") == whole


def test_what_a_killed_run_leaves_can_write(gpt2, capsys):
    assert main.main([*QUICK, "--start", gpt2, *SMALL_MATRICES]) == 0
    said = []
    for _ in range(2):  # with the best model, and with the last, which is the same here
        capsys.readouterr()
        assert main.main(["generate", "run", "--prompt", "Anna", "--device", "cpu"]) == 0
        said.append(capsys.readouterr().out)
        Path("run", "model.safetensors").unlink(missing_ok=True)
    assert said[0] == said[1] and len(said[0]) > 100


# Without training


def test_gpt2_reads_a_text_after_the_token_that_ends_one(gpt2, capsys):
    assert main.main(["evaluate", gpt2, "--text", "my.txt", "--device", "cpu"]) == 0
    said = capsys.readouterr().out
    model, ids = published.load(gpt2), [300 - 1, *TOKENIZER.encode(TEXT)]
    losses = []
    for start in range(0, len(ids) - 1, 24):  # each window of 24 begins with nothing before it
        window = torch.tensor(ids[start : start + 25])
        logits = model(window[None, :-1])[0]
        losses.append(torch.nn.functional.cross_entropy(logits, window[1:], reduction="none"))
    nats = torch.cat(losses).sum().item()
    assert f"{nats / len(TEXT):.4f} nats per character\n" in said
    perplexity = float(re.search(r"(\S+) perplexity", said)[1])
    assert perplexity == pytest.approx(math.exp(nats / (len(ids) - 1)), abs=0.001)
    assert f"over {len(TEXT):,} characters in {len(ids) - 1:,} tokens" in said


def test_it_writes_and_shows_its_layers(gpt2, gpt1, capsys):
    point = commands.read_model(gpt2)
    assert (point.step, point.end) == (0, 299)
    assert commands.read_model(gpt1).end is None
    for name in (gpt2, gpt1):
        capsys.readouterr()
        assert main.main(["generate", name, "--prompt", "the", "--device", "cpu"]) == 0
        assert capsys.readouterr().out.startswith("the")
        assert main.main(["summary", name]) == 0
        assert "(1, 24, 16)" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("flags", "says"),
    [
        ("--lora 4", "lora is 4, but for a new model all is to be learned: leave it out, or name"),
        ("--start gpt2 --lora 0", "lora is 0: give a whole number, at least 1"),
        ("--start gpt2 --lora 16", "lora is 16, and the smallest matrix has a side of 16: give"),
        ("--start gpt2 --lora 2 --optimizer muon", "optimizer is 'muon', and --lora trains with"),
        ("--start gpt2 --block-size 25", "block_size is 25, and the model in 'gpt2' has 24: leave"),
        (
            "--start gpt2 --tokenizer chars",
            "tokenizer is 'chars', and the model in 'gpt2' has 'bpe'",
        ),
        ("--start gpt3", "gpt3' is not a run, it holds no model.safetensors: give the folder of"),
        ("evaluate gpt2", "'gpt2' has no validation text here: name a text with --text"),
        ("resume gpt2", "config.json in 'gpt2' does not hold the settings of a run"),
    ],
)
def test_what_cannot_be(gpt2, capsys, flags, says):
    flags = flags.split()
    said = complaint(flags if flags[0] in main.COMMANDS else [*QUICK, *flags], capsys)
    assert says in said and said.count("\n") == 1
    assert not Path("runs").exists()
