"""The command line: a run leaves what it says, and whatever is wrong is said in one sentence."""

import hashlib
import io
import itertools
import json
import math
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import unicodedata
from dataclasses import MISSING, fields, replace
from functools import partial
from itertools import count as numbers
from pathlib import Path

import matplotlib.pyplot as plt
import pytest
import torch
from filelock import FileLock

import main
from gptlib import checkpoint, commands, data, texts, writing
from gptlib import run as run_module
from gptlib.bigram import Bigram, count
from gptlib.bpe import BYTES, BPETokenizer, gpt2_tokenizer
from gptlib.config import GPTConfig, RunConfig, TransformerConfig
from gptlib.corpus import Corpus
from gptlib.data import IGNORE, all_batches, load_floor, load_split, load_text, split, story_ids
from gptlib.gpt import GPT
from gptlib.inference import Int8Linear, quantize
from gptlib.papers import GPT_2
from gptlib.run import Run
from gptlib.run_folder import RunFolder, facts, identity
from gptlib.sampling import Sampling
from gptlib.settings import Evaluate, Generate, Resume, Summarize, Train
from gptlib.summary import summary
from gptlib.texts import load_parts
from gptlib.tokenizer import CharTokenizer, WordTokenizer
from gptlib.train import evaluate, next_token_loss
from gptlib.transformer import Transformer

ROOT = Path(main.__file__).parent
POEM = ROOT / "tests" / "data" / "poem.txt"
THREADS = torch.get_num_threads()
MODEL, LAST = "model.safetensors", "last.safetensors"
FILES = {"config.json", "log.json", "loss.png", MODEL, LAST, "sample.txt"}
TINY = (
    "--device cpu --n-layer 1 --n-head 2 --n-embd 16 --block-size 16 --batch-size 4 --eval-iters 2 "
    "--tokenizer bpe --dropout 0 --dtype float32"  # so that no trial chooses them
).split()
QUICK = [*TINY, *"--text my.txt --max-iters 20 --eval-interval 8".split()]


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """An empty folder to run in, with a text in it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(texts, "SEEDS", range(10_000_000, 10_000_050))  # to be done sooner
    Path("my.txt").write_text(load_split("tales")[1][:6000], encoding="utf-8")
    yield tmp_path
    torch.set_num_threads(THREADS)  # a run that goes on asks for as many as it began with


@pytest.fixture(scope="module")
def made_once(tmp_path_factory):
    """A folder with runs that several tests take copies of, by name; each is made at first use."""
    return tmp_path_factory.mktemp("runs")


@pytest.fixture
def copy_of(made_once, folder, capsys, monkeypatch):
    """Copy a run to here; if there is none, make it."""

    def copy(run, make):
        if not (made_once / run).exists():
            with monkeypatch.context() as patch:
                make(patch)
            shutil.copytree(run, made_once / run)
            capsys.readouterr()
        else:
            shutil.copytree(made_once / run, run)
            config = Path(run, "config.json")
            table = json.loads(config.read_text()) | {"text": [str(folder / "my.txt")]}
            config.write_text(json.dumps(table, indent=1))
        return run

    return copy


def tiny(*flags):
    return main.main([*TINY, *flags])


def quick(*flags):
    return main.main([*QUICK, *flags])


def parsed(*flags):
    """The settings of a run that flags say."""

    def begin(settings, given):
        seen.append(settings)

    seen = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(commands, "begin", begin)
        assert main.main(list(flags)) == 0
    return seen[0]


def corpus_of(settings):
    return commands.make_corpus(settings, commands.read(settings))


def files(run):
    """What is in the folder of a run, by name, but for the lock, which is empty."""
    return {path.name: path.read_bytes() for path in Path(run).iterdir() if path.name != ".lock"}


def log(run):
    return json.loads(files(run)["log.json"])


# Training


def test_a_run_leaves_everything_about_it(folder, capsys):
    assert quick("--seed", "3", "--learning-rate", "0.005") == 0
    run = folder / "runs" / "my-1"
    assert files(run).keys() == FILES
    config = json.loads((run / "config.json").read_text())
    sha256 = config["sha256"]
    assert sha256 == hashlib.sha256(load_text("my.txt").encode()).hexdigest()
    settings = parsed(*QUICK, "--seed", "3", "--learning-rate", "0.005")
    settings = replace(settings, text=(str(folder / "my.txt"),), threads=THREADS)
    assert config == facts(settings, sha256)
    assert RunFolder(run).read_config(Train) == (settings, sha256)
    assert config.keys() == facts(main.COMMANDS[""], "").keys()
    assert (config["seed"], config["learning_rate"]) == (3, 0.005)
    assert (config["n_embd"], config["device"]) == (16, "cpu")
    assert plt.imread(run / "loss.png").std() > 0.01

    point = checkpoint.load(run / "model.safetensors")
    assert point.step == 20
    assert point.settings == identity(settings, sha256)
    assert point.settings == {n: v for n, v in config.items() if n in point.settings}
    assert point.training == {}
    assert {p.dtype for p in point.model.parameters()} == {torch.float32}
    sample = (run / "sample.txt").read_text(encoding="utf-8")
    out = capsys.readouterr().out
    texts = split(load_text("my.txt"))
    sizes = [f"{len(point.tokenizer.encode(text)):,}" for text in texts]
    assert out.startswith(
        f"{sizes[0]} tokens to train on, {sizes[1]} to validate with, "
        f"of a vocabulary of {point.tokenizer.vocab_size:,}; "
        f"{point.model.num_parameters():,} parameters; 20 steps; "
        f"the run's folder is {Path('runs/my-1')}\n"
    )
    marks = "".join(f"     {mark:.4f} {name}\n" for name, mark in log(run)["landmarks"].items())
    score = log(run)["score"]
    copied = len(Corpus.load("my.txt", 16).longest_copy(sample))
    assert (
        f"loss {score:.4f} on the whole validation split, in nats per character; for comparison:\n"
        f"{marks}\n{sample}\n\nthe longest passage of the sample that the training text has, too, "
        f"is {copied} of its {len(sample)} characters long; "
    ) in out
    assert main.main(["generate", "runs/my-1", "--seed", "3", "--device", "cpu"]) == 0
    assert capsys.readouterr().out == f"{sample}\n"


@pytest.mark.parametrize("tokenizer", ["bpe", "chars"])
def test_losses_are_told_in_nats_per_character(folder, capsys, tokenizer):
    assert quick("--tokenizer", tokenizer) == 0
    found, point = log("runs/my-1"), checkpoint.load("runs/my-1/model.safetensors")
    assert list(found) == ["landmarks", "train", "valid", "best", "score"]
    assert list(found["valid"]) == ["0", "8", "16", "20"]
    assert len(found["train"]) == 20

    train_text, valid_text = split(load_text("my.txt"))
    ids = torch.tensor(point.tokenizer.encode(valid_text))
    asked = len(valid_text) - len(point.tokenizer.decode(ids[:1]))  # nothing stands before it
    per_character = (len(ids) - 1) / asked
    assert (per_character == 1) == (tokenizer == "chars")
    windows = list(all_batches(ids, 4, 16))
    score = evaluate(point.model, windows) * per_character
    assert found["score"] == pytest.approx(score, rel=1e-6)
    assert f"loss {score:.4f} on the whole validation split" in capsys.readouterr().out
    # A look takes 2 batches, which stand far from each other.
    some = [windows[0], windows[math.ceil(len(windows) / 2)]]
    look = evaluate(point.model, some) * per_character
    assert found["valid"]["20"] == pytest.approx(look, rel=1e-6)

    V = point.tokenizer.vocab_size
    marks = found["landmarks"]
    assert marks.keys() == {"knows nothing", "counted pairs"}
    assert marks["knows nothing"] == pytest.approx(math.log(V) * per_character)
    counted = Bigram.counted(count(torch.tensor(point.tokenizer.encode(train_text)), V))
    assert marks["counted pairs"] == pytest.approx(evaluate(counted, windows) * per_character)
    # Small parameters know nothing yet; of the two parts one may need more tokens for a character.
    assert found["valid"]["0"] == pytest.approx(marks["knows nothing"], abs=0.05)
    ids = point.tokenizer.encode(train_text)
    per_character = (len(ids) - 1) / len(point.tokenizer.decode(ids[1:]))
    assert found["train"][0] == pytest.approx(math.log(V) * per_character, abs=0.05)


def test_the_tales_are_scored_story_by_story_beside_their_floor(folder, capsys):
    assert tiny("--max-iters", "2", "--batch-size", "64") == 0
    run = folder / "runs" / "tales-1"
    point = checkpoint.load(run / "model.safetensors")
    train_text, valid_text = load_parts(["tales"])
    train_ids, _ = story_ids(train_text, point.tokenizer)
    valid_ids, starts = story_ids(valid_text, point.tokenizer)
    counted = Bigram.counted(count(train_ids, point.tokenizer.vocab_size))
    stories = list(all_batches(valid_ids, 64, 16, starts))
    per_character = (len(valid_ids) - 1) / len(valid_text)
    marks = log(run)["landmarks"]
    assert marks["counted pairs"] == pytest.approx(evaluate(counted, stories) * per_character)
    assert marks["exact floor"] == load_floor().nats_per_character
    score = evaluate(point.model, stories) * per_character
    assert f"loss {score:.4f} on the whole validation split" in capsys.readouterr().out


def test_the_same_seed_gives_the_same_run_and_another_another(folder, capsys):
    for out, seed in (("one", "1"), ("same", "1"), ("other", "2")):
        assert quick("--out", out, "--seed", seed, "--dropout", "0.1") == 0
    for name in FILES - {"config.json"}:
        assert files("one")[name] == files("same")[name]
        assert files("one")[name] != files("other")[name]


def test_runs_are_numbered(folder):
    for n in (1, 2):
        assert quick("--max-iters", "1") == 0
        assert (folder / "runs" / f"my-{n}" / "sample.txt").is_file()


def test_it_learns(folder, capsys):
    assert quick("--max-iters", "300", "--eval-interval", "300", "--tokenizer", "chars") == 0
    found = log("runs/my-1")
    assert found["valid"]["300"] < found["landmarks"]["knows nothing"] - 1.4
    assert found["score"] < found["landmarks"]["counted pairs"] + 0.1


@pytest.mark.parametrize(
    "text",
    ["猫在睡觉 🙂\r\n" * 40, "x" * 200, "no line break " * 30],
    ids=["Chinese", "one character", "one line"],
)
@pytest.mark.parametrize("tokenizer", ["bpe", "gpt2", "chars"])
def test_any_text_will_do(folder, capsys, text, tokenizer):
    (folder / "my.txt").write_text(text, encoding="utf-8")
    if text == "x" * 200 and tokenizer != "chars":
        text = "x y " * 50  # 200 letters are one word, which is too few tokens
        (folder / "my.txt").write_text(text, encoding="utf-8")
    assert quick("--block-size", "4", "--tokenizer", tokenizer) == 0
    sample = (folder / "runs" / "my-1" / "sample.txt").read_text(encoding="utf-8")
    assert tokenizer != "chars" or set(sample) <= set(text.replace("\r", ""))
    assert main.main(["generate", "runs/my-1"]) == 0


@pytest.mark.parametrize("iters", ["1", "2"])
def test_the_shortest_runs(iters):
    assert quick("--max-iters", iters, "--eval-iters", "1", "--batch-size", "1") == 0


# Settings

OTHERS = Train(
    text=("my.txt", "my.txt"),
    valid=("my.txt",),
    split="paragraphs",
    start="none",
    lora=3,
    out="there",
    tokenizer="chars",
    model=GPTConfig(
        vocab_size=100,
        block_size=12,
        n_layer=2,
        n_head=4,
        n_embd=24,
        head_size=5,
        dropout=0.25,
        norm="post",
        activation="relu",
        attn_bias=False,
        bias=False,
        tied=False,
        positions="sinusoidal",
        band=7,
        first_band=1,
        init_std=0.07,
        scale_residual=False,
    ),
    train=RunConfig(
        max_iters=3,
        learning_rate=0.005,
        warmup_iters=1,
        decay="cosine",
        decay_iters=2,
        decay_to=0.1,
        weight_decay=0.2,
        betas=(0.8, 0.9),
        eps=1e-6,
        grad_clip=0.5,
        optimizer="adamw",
        muon_rate=0.04,
        muon_momentum=0.8,
        accumulate=2,
        ramp_iters=1,
        dtype="bfloat16",
        batch_size=3,
        eval_interval=2,
        eval_iters=1,
        patience=4,
        seed=7,
    ),
    max_seconds=9.5,
    compile=True,
    tensorboard=True,
    device="cpu",
    threads=3,
)


def table(settings):
    return {n: v for n, v in facts(settings, "").items() if n != "sha256"}


def flags_of(settings, without=()):
    """The flags that say settings, by name."""
    flags = {}
    for name, value in table(settings).items():
        values = value if isinstance(value, list) else [value]
        flags[name] = [f"--{name.replace('_', '-')}", *map(str, values)]
    return [word for name, words in flags.items() if name not in without for word in words]


def test_each_flag_says_its_setting_and_no_other():
    usual = table(main.COMMANDS[""])
    for name, value in table(OTHERS).items():
        assert value != usual[name], name
        words = [str(v) for v in (value if isinstance(value, list) else [value])]
        flags = [f"--{name.replace('_', '-')}", *words]
        assert table(parsed(*flags)) == usual | {name: value}
    assert parsed(*flags_of(OTHERS)) == OTHERS
    assert parsed("--compile").compile and not parsed("--nocompile").compile


def test_what_python_main_py_means():
    """Whoever changes a default changes what the README says of the run."""
    assert parsed() == main.COMMANDS[""]
    assert table(main.COMMANDS[""]) == {
        "text": ["tales"],
        "valid": [],
        "split": "end",
        "start": "",
        "lora": None,
        "out": "",
        "tokenizer": "bpe",
        "max_seconds": None,
        "compile": False,
        "tensorboard": False,
        "device": "",
        "threads": 0,
        "vocab_size": 4096,
        "block_size": 96,
        "n_layer": 3,
        "n_head": 2,
        "n_embd": 128,
        "head_size": None,
        "dropout": 0.0,
        "norm": "pre",
        "activation": "gelu_tanh",
        "attn_bias": True,
        "bias": True,
        "tied": True,
        "positions": "learned",
        "band": None,
        "first_band": 2,
        "init_std": 0.05,
        "scale_residual": True,
        "max_iters": 2700,
        "learning_rate": 0.01,
        "warmup_iters": None,
        "decay": "linear",
        "decay_iters": None,
        "decay_to": 0.0,
        "weight_decay": 0.0,
        "betas": [0.9, 0.95],
        "eps": 1e-8,
        "grad_clip": 1.0,
        "optimizer": "muon",
        "muon_rate": 0.02,
        "muon_momentum": 0.95,
        "accumulate": 1,
        "ramp_iters": 0,
        "dtype": "float32",
        "batch_size": 16,
        "eval_interval": 100,
        "eval_iters": 10,
        "patience": 10,
        "seed": 0,
    }
    assert main.COMMANDS[""].train.warmup == 50
    usual = Generate("run", "", 1, 200, Sampling(1.0, None, None, 1.0), False, "", 0)
    assert Generate("run") == usual
    assert Resume("run") == Resume("run", None, None, (), (), "")
    assert Evaluate("run") == Evaluate("run", (), 16, "")
    assert Summarize("run") == Summarize("run", None)


def watched(seen):
    """The usual loss, whose batches are seen."""

    def loss(model, batch):
        seen.append(batch)
        return next_token_loss(model, batch)

    return loss


def test_what_python_main_py_trains(folder, monkeypatch):
    seen, going = [], []
    monkeypatch.setattr(commands, "Run", partial(Run, loss=watched(seen)))
    monkeypatch.setattr(commands, "fit", lambda *args: going.append(args))
    monkeypatch.setattr(commands, "find_device", lambda name: "cpu")
    monkeypatch.setattr(commands, "find_pace", lambda settings, *_: replace(settings, threads=1))
    assert main.main([]) == 0
    ((run, there, marks, writer),) = going
    train_text, valid_text = load_parts(["tales"])
    tokenizer = BPETokenizer.from_text(train_text, 4096)
    assert run.corpus.tokenizer == tokenizer
    assert run.model.config == GPTConfig(
        tokenizer.vocab_size, 96, 3, 2, 128, dropout=0, init_std=0.05
    )
    assert run.config == RunConfig(
        2700, 0.01, None, "linear", weight_decay=0, optimizer="muon", muon_rate=0.02
    )
    assert run.corpus.end == tokenizer.encode("\n")[0]
    assert there.path == Path("runs/tales-1")
    assert marks == run.corpus.landmarks()
    assert writer is None
    torch.manual_seed(0)
    first = GPT(run.model.config)
    for one, other in zip(run.model.parameters(), first.parameters(), strict=True):
        assert torch.equal(one, other)

    # Each row is a tale from its start, or what 96 tokens left of it, and nothing of the next.
    tales = [f"\n{tale}\n\n" for tale in train_text.removesuffix("\n\n").split("\n\n")]
    whole = {tale for tale in tales if len(tokenizer.encode(tale)) <= 96}
    assert len(whole) > len(tales) / 2
    assert len(list(itertools.islice(run, 3))) == 3
    wanted = Corpus.of_tales(train_text, valid_text, "bpe", 96).batches(16, 0)
    for batch, same in zip(seen, wanted, strict=False):
        assert all(map(torch.equal, batch, same))
        assert len(batch[0]) == 16 and batch[0].shape[1] <= 96
        kept = [row[target != IGNORE] for row, target in zip(*batch, strict=True)]
        texts = [tokenizer.decode(row) for row in kept]
        starts = [text for text in texts if text.startswith("\n")]
        assert starts and all(f"{text}\n" in whole for text in starts if text[-1] == "\n")
        assert all(any(text in tale for tale in tales) for text in texts)
    # The rate rises for 50 steps, then falls to 0.
    rates = [group["lr"] for optimizer in run.optimizers for group in optimizer.param_groups]
    assert rates == pytest.approx([0.02 * 3 / 50, 0.01 * 3 / 50, 0.01 * 3 / 50])


def test_every_setting_of_training_arrives(folder, monkeypatch):
    """None is accepted and ignored."""

    class Seen(Run):
        def __init__(self, *args):
            super().__init__(*args, loss=watched(batches))
            seen.append(self)

    seen, batches = [], []
    monkeypatch.setattr(commands, "Run", Seen)
    usual = {"max_seconds": None, "compile": False, "tensorboard": False}
    usual |= {"start": "", "lora": None}
    model = replace(OTHERS.model, vocab_size=300)
    settings = replace(OTHERS, tokenizer="bpe", model=model, **usual)
    Path("valid.txt").write_text(load_text("my.txt")[2000:5000])
    settings = replace(settings, valid=("valid.txt",))
    assert main.main(flags_of(settings, usual)) == 0
    (run,) = seen
    assert run.model.config == model
    assert run.config == OTHERS.train
    assert run.settings == identity(settings, run.corpus.sha256)
    texts = [run.corpus.tokenizer.decode(part.ids) for part in (run.corpus.train, run.corpus.valid)]
    assert texts == [2 * f"{load_text('my.txt')}\n", load_text("valid.txt")]
    assert isinstance(run.corpus.tokenizer, BPETokenizer)
    assert run.corpus.tokenizer.vocab_size == 300
    assert run.corpus.block_size == 12
    assert list(run.valid_losses) == [0, 2, 3]
    assert [[tensor.shape for tensor in batch] for batch in batches] == [[(3, 12)] * 2] * 5
    for n, batch in enumerate(batches):
        assert all(map(torch.equal, batch, run.corpus.batch(n, 3, 7)))
    torch.manual_seed(7)
    first = GPT(model)
    again = commands.make_run(settings, run.corpus).model
    for one, other in zip(first.parameters(), again.parameters(), strict=True):
        assert torch.equal(one, other)
    assert files("there").keys() == FILES


def test_the_tokenizer_is_the_one_that_was_asked_for(folder):
    for name, kind in (("chars", CharTokenizer), ("bpe", BPETokenizer)):
        assert isinstance(corpus_of(parsed(*QUICK, "--tokenizer", name)).tokenizer, kind)
    assert corpus_of(parsed(*QUICK, "--tokenizer", "gpt2")).tokenizer == gpt2_tokenizer()


def test_gpt2s_tokens_on_one_text_from_training_to_writing(folder, capsys):
    """The command of the README, as it stands; only the text is short, and no network is there."""
    with open("my.txt", "a", encoding="utf-8") as file:
        file.write("ñandú 🦦\n")  # of tokens that are parts of characters
    assert main.main("--text my.txt --tokenizer gpt2 --max-seconds 10 --out run".split()) == 0
    assert "of a vocabulary of 50,257" in capsys.readouterr().out
    assert main.main(["generate", "run", "--prompt", "Ein Frühstück 🦦", "--num-samples", "2"]) == 0
    written = capsys.readouterr().out
    assert written.count("Ein Frühstück 🦦") == 2 and "\ufffd" not in written
    assert main.main("--text my.txt --start run --max-iters 1 --out more".split()) == 0
    assert '"tokenizer": "gpt2"' in Path("more", "config.json").read_text()


def test_a_run_is_where_it_was_asked_to_be():
    settings = parsed(*QUICK, "--device", "meta")
    run = commands.make_run(settings, corpus_of(settings))
    assert {p.device.type for p in run.model.parameters()} == {"meta"}
    assert {t.device.type for t in run.corpus.batch(0, 2, 0)} == {"meta"}
    assert {t.device.type for t in next(run.corpus.valid_batches(2))} == {"meta"}


@pytest.mark.parametrize("argv", [["--text", "my.txt"], ["generate", "run"]], ids=" ".join)
def test_a_device_that_is_not_named_is_found(folder, capsys, monkeypatch, argv):
    def find(name):
        raise ValueError(f"no device for {name!r}")

    monkeypatch.setattr(commands, "find_device", find)
    save_random("run")
    for flags, name in (([], ""), (["--device", "cpu"], "cpu")):
        says = complaint([*argv, *flags], capsys, folder)
        assert says == f"main.py: no device for {name!r}\n"


def test_the_device_that_was_found_is_written_down(folder, monkeypatch):
    monkeypatch.setattr(commands, "find_device", lambda name: name or "cpu")
    argv = [flag for flag in QUICK if flag not in ("--device", "cpu")]
    assert main.main([*argv, "--max-iters", "1"]) == 0
    assert json.loads(files("runs/my-1")["config.json"])["device"] == "cpu"


@pytest.mark.parametrize("fast", [False, True])
def test_a_run_is_compiled_if_that_is_asked_for(folder, monkeypatch, fast):
    """Also when it goes on."""
    compiled, checked = [], []
    monkeypatch.setattr(GPT, "compile", lambda model: compiled.append(model))
    monkeypatch.setattr(commands, "check_compile", checked.append)
    settings = parsed(*QUICK, *["--compile"] * fast)
    made = commands.make_run(settings, corpus_of(settings))
    assert compiled == [made.model] * fast
    assert checked == ["cpu"] * fast
    with monkeypatch.context() as patch:
        control_c_in_step(3, patch)
        assert quick("--out", "run", *["--compile"] * fast) == 130
    assert main.main(["resume", "run"]) == 0
    assert len(compiled) == len(checked) == 3 * fast


def test_what_cannot_be_compiled_is_said(folder, capsys, monkeypatch):
    def fail(function):
        raise RuntimeError("no compiler here")

    monkeypatch.setattr(torch, "compile", fail)
    says = complaint([*QUICK, "--compile"], capsys, folder)
    assert says == "main.py: torch.compile does not work here (no compiler here): leave it out\n"


# In a time that is given


@pytest.fixture
def clock(monkeypatch):
    """It says a second more each time it is asked: so a step takes one, as does a measurement."""
    seconds = numbers()
    monkeypatch.setattr(run_module, "perf_counter", lambda: float(next(seconds)))


def test_max_seconds_is_turned_into_steps_once(folder, clock):
    assert quick("--max-seconds", "10", "--dropout", "0.1") == 0
    config = json.loads(files("runs/my-1")["config.json"])
    assert config["max_iters"] == 8  # each with an eighth of a measurement
    assert config["max_seconds"] is None
    assert len(log("runs/my-1")["train"]) == 8
    # Steps that were taken to know how long they take have no part in it.
    assert quick("--max-iters", "8", "--dropout", "0.1") == 0
    assert files("runs/my-1")["log.json"] == files("runs/my-2")["log.json"]
    assert files("runs/my-1")["sample.txt"] == files("runs/my-2")["sample.txt"]


def test_a_warm_up_may_be_longer_than_what_is_timed(folder, clock):
    flags = "--text my.txt --eval-interval 8 --max-seconds 60 --warmup-iters 30".split()
    assert tiny(*flags) == 0
    config = json.loads(files("runs/my-1")["config.json"])
    assert (config["max_iters"], config["warmup_iters"]) == (53, 30)


def test_resume_does_not_time_again(folder, monkeypatch, capsys, clock):
    assert quick("--max-seconds", "20", "--out", "whole") == 0
    wanted = files("whole")
    Path("whole").rename("another")
    control_c_in_step(3 + 12, monkeypatch)  # 3 steps, which fill a twentieth of it, are timed first
    assert quick("--max-seconds", "20", "--out", "whole") == 130
    monkeypatch.setattr(commands, "steps_within", None)
    assert main.main(["resume", "whole"]) == 0
    assert files("whole") == wanted


# Going on


def in_step(n, monkeypatch, change):
    """In the nth step from now, let change say what its loss is, given the model and the loss."""

    def loss(model, batch):
        total, asked = next_token_loss(model, batch)
        if next(steps) == n:
            total = change(model, total)
        return total, asked

    steps = numbers(1)
    monkeypatch.setattr(commands, "Run", partial(Run, loss=loss))


def control_c_in_step(n, monkeypatch):
    def press(_, total):
        signal.raise_signal(signal.SIGINT)
        return total

    in_step(n, monkeypatch, press)


@pytest.fixture
def whole(copy_of):
    """The files of a run that nothing disturbed; another one, with the same name, may begin."""

    def make(_):
        assert quick("--out", "run", "--dropout", "0.2") == 0
        Path("run").rename("whole")

    return files(copy_of("whole", make))


@pytest.mark.parametrize("steps", [[3], [8], [12, 7], [1, 1, 1], [20]])
def test_control_c_and_resume_are_as_if_nothing_had_been(whole, monkeypatch, capsys, steps):
    done, argv = 0, [*QUICK, "--out", "run", "--dropout", "0.2"]
    for n in steps:
        control_c_in_step(n, monkeypatch)
        code, err = main.main(argv), capsys.readouterr().err
        done, argv = done + n, ["resume", "run"]
        if done < 20:
            assert code == 130
            point = checkpoint.load(Path("run", LAST))
            assert point.step == done == len(log("run")["train"])
            best = RunFolder("run").read_model().step
            assert best == (done if done < 8 else done // 8 * 8)
            assert err.endswith(
                f"main.py: stopped; the last checkpoint is of step {done}, the best model of step "
                f"{best}\nto resume: python main.py resume run\n"
            )
            assert files("run").keys() == FILES - {"sample.txt", *([MODEL] if done < 8 else [])}
    assert (main.main(argv) if done < 20 else code) == 0
    assert files("run") == whole


def test_control_c_while_the_end_is_scored(whole, monkeypatch, capsys):
    def stopped(corpus, model, batch_size, most=None):
        if isinstance(model, GPT) and most is None:  # or it is the bigram, or before the end
            raise KeyboardInterrupt
        return score(corpus, model, batch_size, most)

    score = Corpus.score
    monkeypatch.setattr(Corpus, "score", stopped)
    assert quick("--out", "run", "--dropout", "0.2") == 130
    says = "stopped; the last checkpoint is of step 20, the best model of step 20\nto resume"
    assert says in capsys.readouterr().err
    monkeypatch.setattr(Corpus, "score", score)
    assert main.main(["resume", "run"]) == 0
    assert files("run") == whole


def test_control_c_before_there_is_a_checkpoint(whole, monkeypatch, capsys):
    def stop(*_):
        raise KeyboardInterrupt

    fit = commands.fit
    monkeypatch.setattr(commands, "fit", stop)
    assert quick("--out", "run", "--dropout", "0.2") == 130
    assert capsys.readouterr().err == "main.py: stopped\n"
    monkeypatch.setattr(commands, "fit", fit)
    assert main.main(["resume", "run"]) == 0
    assert files("run") == whole


def test_a_loss_that_is_nan_stops_the_run_which_can_go_on(whole, capsys, monkeypatch):
    in_step(12, monkeypatch, lambda _, total: total * math.nan)
    assert quick("--out", "run", "--dropout", "0.2") == 2
    err = capsys.readouterr().err.splitlines()[-1]
    assert err.startswith("main.py: at step 12 the loss was infinite or nan, with a learning rate")
    assert "a smaller --learning-rate than 0.01 and --muon-rate than 0.02" in err
    assert err.endswith("(the best model, of step 8, is in run)")
    assert checkpoint.load("run/last.safetensors").step == 8
    assert len(log("run")["train"]) == 8
    assert main.main(["resume", "run"]) == 0
    assert files("run") == whole


def test_control_c_does_not_keep_a_model_that_its_last_step_broke(whole, capsys, monkeypatch):
    def press(model, total):
        signal.raise_signal(signal.SIGINT)
        return total + (next(model.parameters()).sum() * 0).sqrt()  # 0 with an infinite slope

    in_step(12, monkeypatch, press)
    assert quick("--out", "run", "--dropout", "0.2") == 2
    assert "at step 12 the loss was infinite or nan" in capsys.readouterr().err
    assert checkpoint.load("run/last.safetensors").step == 8


# Going on from what is finished


def test_a_finished_run_goes_on_as_a_longer_one(folder, capsys):
    """It takes the steps that a run of that length takes, at its rates, and says so."""
    assert quick("--out", "run") == 0
    capsys.readouterr()
    assert main.main(["resume", "run", "--max-iters", "30"]) == 0
    out = capsys.readouterr().out
    # One step of warm-up, then in a straight line to 0 after 29 more.
    assert out.startswith(
        "20 of now 30 steps are done. From here on the learning rates are those of a run of that "
        f"length: {1 - 19 / 29:.0%} of their peak\n"
    )
    found = log("run")
    assert (len(found["train"]), list(found["valid"])) == (30, ["0", "8", "16", "20", "24", "30"])
    assert RunFolder("run").read_config(Train)[0].train.max_iters == 30
    # By hand: a run of 30 steps that goes on from the checkpoint of the one of 20.
    assert quick("--out", "again") == 0
    settings = parsed(*QUICK, "--max-iters", "30", "--threads", str(THREADS))
    by_hand = commands.make_run(settings, corpus_of(settings))
    by_hand.load(Path("again", LAST))
    list(by_hand)
    assert by_hand.train_losses() == found["train"]
    capsys.readouterr()
    says = complaint(["resume", "run"], capsys, folder)
    assert "is finished, after 30 steps: go on with a larger --max-iters, or start a" in says


def test_a_run_is_ended_where_it_was_interrupted(broken_off, folder):
    assert main.main(["resume", broken_off, "--max-iters", "12"]) == 0
    assert list(log(broken_off)["valid"]) == ["0", "8", "12"]
    assert checkpoint.load(Path(broken_off, LAST)).step == 12


def test_a_run_without_its_last_checkpoint_does_not_begin_anew(trained, folder, capsys):
    Path(trained, LAST).unlink()
    says = complaint(["resume", trained, "--max-iters", "30"], capsys, folder)
    assert "'trained' holds no last.safetensors to resume from: train its model on with" in says


def test_a_run_that_another_process_trains_keeps_its_settings(broken_off, folder, capsys):
    with FileLock(folder / broken_off / ".lock"):
        says = complaint(["resume", broken_off, "--max-iters", "30"], capsys, folder)
    assert "another process is using" in says


def test_a_longer_run_that_is_killed_goes_on_as_one(folder, monkeypatch, capsys):
    assert quick("--out", "run", "--dropout", "0.1") == 0
    shutil.copytree("run", "other")
    assert main.main(["resume", "run", "--max-iters", "30"]) == 0
    control_c_in_step(3, monkeypatch)
    assert main.main(["resume", "other", "--max-iters", "30"]) == 130
    assert main.main(["resume", "other"]) == 0
    assert files("run") == files("other")


def test_fewer_steps_than_are_done(trained, folder, capsys):
    says = complaint(["resume", trained, "--max-iters", "19"], capsys, folder)
    assert says == "main.py: max_iters is 19, and 20 steps are done: give more\n"


def test_a_run_that_ran_out_of_patience_goes_on_with_more(folder, capsys, monkeypatch):
    score, looks = Corpus.score, numbers()
    monkeypatch.setattr(
        Corpus, "score", lambda *args: float(next(looks)) if len(args) > 3 else score(*args)
    )
    argv = ["--tokenizer", "chars", "--eval-interval", "2", "--patience", "3"]
    assert quick("--out", "run", *argv) == 0
    assert len(log("run")["train"]) == 8  # the best is that after 2, then 3 looks
    assert checkpoint.load(Path("run", MODEL)).step == log("run")["best"] == 2
    assert "the model kept is that of step 2" in capsys.readouterr().out
    says = complaint(["resume", "run", "--max-iters", "40"], capsys, folder)
    assert "is finished, after 8 steps: go on with --patience 0, or start a new run" in says
    assert main.main(["resume", "run", "--patience", "0"]) == 0
    assert len(log("run")["train"]) == 20


def test_a_text_that_has_moved(broken_off, folder, capsys):
    text = (folder / "my.txt").rename(folder / "moved.txt").read_text(encoding="utf-8")
    says = complaint(["resume", broken_off], capsys, folder)
    assert "my.txt' is not a file" in says and "say where it is with --text)" in says
    (folder / "another.txt").write_text(text[::-1], encoding="utf-8")
    says = complaint(["resume", broken_off, "--text", "another.txt"], capsys, folder)
    assert "'another.txt' is not the text that the run began with" in says
    assert main.main(["resume", broken_off, "--text", "moved.txt"]) == 0
    settings, _ = RunFolder(broken_off).read_config(Train)
    assert settings.text == (str(folder / "moved.txt"),)


def test_a_run_is_resumed_from_any_folder(broken_off, folder, monkeypatch):
    (folder / "elsewhere").mkdir()
    monkeypatch.chdir(folder / "elsewhere")
    assert main.main(["resume", f"../{broken_off}"]) == 0


def test_resume_on_another_device(broken_off, monkeypatch):
    asked = []
    monkeypatch.setattr(commands, "find_device", lambda name: asked.append(name) or "cpu")
    assert main.main(["resume", broken_off, "--device", "cuda"]) == 0
    assert asked == ["cuda"]


def test_a_setting_that_is_newer_than_a_run_does_not_orphan_it(whole, broken_off, folder):
    path = folder / broken_off / "config.json"
    table = json.loads(path.read_text())
    del table["patience"], table["split"], table["start"], table["tensorboard"]
    path.write_text(json.dumps(table))
    assert main.main(["resume", broken_off]) == 0


@pytest.mark.parametrize("dropout", [[], ["--dropout", "0.3"]])
def test_a_trained_model_is_trained_on_another_text(trained, folder, monkeypatch, dropout):
    """Its sizes, its tokenizer and its parameters are those of the model to start from."""
    runs = []
    monkeypatch.setattr(commands, "fit", lambda run, *_: runs.append(run))
    Path("other.txt").write_text(load_text("my.txt")[3000:] * 2, encoding="utf-8")
    argv = ["--start", trained, "--text", "other.txt", "--max-iters", "9", "--out", "new", *dropout]
    assert main.main([*argv, "--dropout", "0.3"] if dropout else [*argv, "--dropout", "0"]) == 0
    start = RunFolder(trained).read_model()
    (run,) = runs
    assert run.corpus.tokenizer == start.tokenizer
    assert run.model.config == replace(start.model.config, dropout=0.3 if dropout else 0.0)
    for one, other in zip(run.model.parameters(), start.model.parameters(), strict=True):
        assert torch.equal(one, other)
    assert run.corpus.tokenizer.decode(run.corpus.train.ids) == split(load_text("other.txt"))[0]
    settings, _ = RunFolder("new").read_config(Train)
    assert settings.start == str(folder / trained)


@pytest.mark.parametrize(
    ("flags", "says"),
    [
        ("--n-layer 6", "n_layer is 6, and the model in '.*trained' has 1: leave it out, or train"),
        ("--tokenizer chars", "tokenizer is 'chars', and the model in '.*trained' has 'bpe': l"),
    ],
)
def test_a_model_to_start_from_is_what_it_is(trained, folder, capsys, flags, says):
    argv = ["--start", trained, "--text", "my.txt", "--dropout", "0", "--max-iters", "1"]
    assert re.search(says, complaint([*argv, *flags.split()], capsys, folder))
    assert main.main([*argv, "--n-layer", "1", "--tokenizer", "bpe"]) == 0


def test_what_was_started_from_another_run_is_resumed_without_it(trained, monkeypatch, capsys):
    argv = [*"--text my.txt --max-iters 20 --eval-interval 8 --dropout 0.2 --out".split()]
    assert main.main([*argv, "whole", "--start", trained, "--eval-iters", "2"]) == 0
    control_c_in_step(12, monkeypatch)
    assert main.main([*argv, "run", "--start", trained, "--eval-iters", "2"]) == 130
    shutil.rmtree(trained)
    assert main.main(["resume", "run"]) == 0
    assert log("run") == log("whole")
    assert log("run")["valid"]["0"] == log("whole")["valid"]["0"] < 4


def test_characters_that_a_model_of_characters_does_not_know(folder, capsys):
    assert quick("--out", "letters", "--tokenizer", "chars") == 0
    capsys.readouterr()
    (folder / "new.txt").write_text("猫" * 2000, encoding="utf-8")
    for argv in (
        ["--start", "letters", "--text", "new.txt"],
        ["evaluate", "letters", "--text", "new.txt"],
        ["generate", "letters", "--prompt", "猫"],
    ):
        says = complaint(argv, capsys, folder)
        assert "character '猫' at position 0 is not among the" in says


def test_to_a_model_of_bytes_no_text_is_new(trained, folder, written, capsys):
    (folder / "new.txt").write_text("猫" * 2000, encoding="utf-8")
    for argv in (
        ["--start", trained, "--text", "new.txt", "--max-iters", "1"],
        ["evaluate", trained, "--text", "new.txt", "--device", "cpu"],
    ):
        assert main.main(argv) == 0
    capsys.readouterr()
    assert written(trained, "--prompt", "猫🙂€").startswith("猫🙂€")


# Texts


def test_a_text_from_standard_input_can_be_resumed(folder, monkeypatch, feed):
    feed(load_text("my.txt").replace("\n", "\r\n"))
    argv = [*QUICK, "--text", "-", "--out", "run"]
    control_c_in_step(12, monkeypatch)
    assert main.main(argv) == 130
    assert files("run")["text.txt"].decode() == load_text("my.txt")
    feed("")
    assert main.main(["resume", "run"]) == 0
    assert quick("--out", "same") == 0
    assert log("run") == log("same")
    feed(load_text("my.txt"))
    assert main.main(["resume", "run", "--max-iters", "21", "--text", "-"]) == 0
    assert json.loads(files("run")["config.json"])["text"] == [str(folder / "run" / "text.txt")]
    feed(load_text("my.txt")[:2000])
    assert quick("--valid", "-", "--out", "valid") == 0
    assert files("valid")["valid.txt"].decode() == load_text("my.txt")[:2000]
    assert json.loads(files("valid")["config.json"])["text"] == [str(folder / "my.txt")]


def test_several_files_and_patterns(folder):
    text = load_text("my.txt")
    (folder / "src").mkdir()
    for n in range(3):
        (folder / "src" / f"{n}.py").write_text(text[2000 * n : 2000 * (n + 1)], encoding="utf-8")
    assert quick("--text", "src/*.py", "--out", "run") == 0
    config = json.loads(files("run")["config.json"])
    assert config["text"] == [str(folder / "src" / f"{n}.py") for n in range(3)]
    texts = [f"{load_text(folder / 'src' / f'{n}.py')}\n" for n in range(3)]
    point = checkpoint.load(Path("run", MODEL))
    assert config["sha256"] == hashlib.sha256("".join(texts).encode()).hexdigest()
    assert "".join(texts) == point.tokenizer.decode(point.tokenizer.encode("".join(texts)))


@pytest.mark.parametrize("name", ["src/**/*.py", "-", "tales", "notes/-x-.txt"])
def test_a_run_is_named_after_its_first_text(name):
    wanted = {"src/**/*.py": "text", "-": "text", "tales": "tales", "notes/-x-.txt": "x"}
    assert commands.name_of((name, "other.txt")) == wanted[name]


@pytest.mark.parametrize("tokenizer", ["bpe", "chars"])
def test_more_tokens_than_a_table_of_pairs_can_have(folder, tokenizer):
    han = "".join(map(chr, range(0x4E00, 0x4E00 + 10_001))) * 2
    (folder / "my.txt").write_text(han, encoding="utf-8")
    assert quick("--tokenizer", tokenizer, "--max-iters", "1") == 0
    assert log("runs/my-1")["landmarks"]["counted pairs"] > 0


def test_accents_that_are_characters_of_their_own(folder, written, capsys):
    text = "un été, une forêt, un élève âgé. " * 200
    (folder / "my.txt").write_text(unicodedata.normalize("NFD", text), encoding="utf-8")
    assert quick("--tokenizer", "chars") == 0
    capsys.readouterr()
    prompt = "un é"
    out = written("runs/my-1", "--prompt", unicodedata.normalize("NFD", prompt))
    assert out == written("runs/my-1", "--prompt", prompt)
    assert out.startswith(prompt)


# A short text


def test_a_trial_has_its_own_text(folder, monkeypatch):
    """Part of what it is to train on, and nothing of what it is validated on."""
    asked = []

    def decide(settings, given, text, make_run):
        asked.append((settings, given, text))
        run = make_run(replace(settings, tokenizer="chars"), split(text, 0.2))
        assert run.corpus.tokenizer.decode(run.corpus.valid.ids) == split(text, 0.2)[1]
        model = replace(settings.model, dropout=0.125)
        return replace(commands.with_steps(settings, 3), tokenizer="chars", model=model)

    monkeypatch.setattr(commands, "decide", decide)
    argv = [word for word in QUICK if word not in ("--tokenizer", "bpe", "--dropout", "0")]
    assert main.main([*argv, "--max-iters", "1000"]) == 0
    ((settings, given, text),) = asked
    assert text == split(load_text("my.txt"))[0]
    assert {"max_iters", "text"} <= given and not {"dropout", "tokenizer"} & given
    # What it decides is written down, and not decided again.
    config = json.loads(files("runs/my-1")["config.json"])
    told = config["tokenizer"], config["dropout"], config["max_iters"]
    assert told == ("chars", 0.125, 3)
    assert main.main(["resume", "runs/my-1", "--max-iters", "5"]) == 0
    assert main.main(["--config", "runs/my-1/config.json", "--out", "same"]) == 0
    assert log("same")["train"][:3] != log("runs/my-1")["train"][:3]  # the rates are of 5 steps
    assert len(log("same")["train"]) == 5
    assert quick("--out", "told", "--max-iters", "1000", "--patience", "1") == 0
    assert quick("--out", "tales", "--text", "tales", "--max-iters", "1") == 0
    assert len(asked) == 1


def test_a_trial_takes_half_of_the_time(folder, clock, monkeypatch):
    asked = []
    monkeypatch.setattr(commands, "decide", lambda settings, *_: asked.append(settings) or settings)
    argv = "--text my.txt --block-size 16 --n-embd 16 --max-seconds 1000 --eval-interval 8"
    argv += " --dtype float32"
    argv = argv.split()
    assert main.main([*argv, "--device", "cpu", "--eval-iters", "1"]) == 0
    assert asked[0].train.max_iters == 444  # half of 1000 seconds at 1 1/8 each


def test_control_c_in_a_trial_leaves_nothing(folder, monkeypatch, capsys):
    def press(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(commands, "decide", press)
    assert main.main(["--text", "my.txt", "--device", "cpu"]) == 130
    assert not Path("runs").exists()


def test_the_poem_by_the_default_command(folder, capsys):
    """A short text: with the settings for the tales it came to 0.51, and never below 0.24."""
    assert main.main(["--text", str(POEM), "--device", "cpu", "--out", "run"]) == 0
    found, out = log("run"), capsys.readouterr().out
    assert 0.1 < found["score"] < 0.2 < 0.225
    best = found["best"]
    assert found["valid"][str(best)] == min(list(found["valid"].values())[1:])
    assert checkpoint.load(Path("run", MODEL)).step == best
    assert "this run uses --tokenizer " in out
    copied = re.search(r"is (\d+) of its (\d+) characters long; for the first", out)
    assert int(copied[1]) < int(copied[2]) / 4


# Evaluating


def test_evaluate_by_hand(trained, folder, capsys):
    text = "Mia’s hen. " * 9 + load_text("my.txt")[100:400]
    point = checkpoint.load(Path(trained, MODEL))
    (folder / "your.txt").write_text(text.replace("\n", "\r\n"), encoding="utf-8")
    assert main.main(["evaluate", trained, "--text", "your.txt", "--device", "cpu"]) == 0
    ids = torch.tensor(point.tokenizer.encode(text))
    nats = evaluate(point.model, all_batches(ids, 16, 16)) * (len(ids) - 1)
    told = point.tokenizer.decode(ids[1:])
    assert capsys.readouterr().out == (
        f"{nats / len(told):.4f} nats per character\n"
        f"{nats / math.log(2) / len(told.encode()):.4f} bits per byte\n"
        f"{math.exp(nats / (len(ids) - 1)):.4f} perplexity per token\n"
        f"over {len(told):,} characters in {len(ids) - 1:,} tokens\n"
    )


def test_bits_are_per_byte(folder, capsys):
    save_random("run", chars="\n é")
    (folder / "your.txt").write_text("é" * 50, encoding="utf-8")
    assert main.main(["evaluate", "run", "--text", "your.txt"]) == 0
    nats, bits = (float(line.split()[0]) for line in capsys.readouterr().out.splitlines()[:2])
    assert bits == pytest.approx(nats / math.log(2) / 2, abs=1e-4)


@pytest.mark.parametrize("kind", ["my", "tales"])
def test_evaluate_on_the_run_s_own_text(folder, capsys, kind):
    flags = [] if kind == "my" else ["--text", "tales", "--max-iters", "1", "--batch-size", "64"]
    assert quick("--out", "run", *flags) == 0
    capsys.readouterr()
    assert main.main(["evaluate", "run", "--device", "cpu"]) == 0
    assert f"{log('run')['score']:.4f} nats per character\n" in capsys.readouterr().out


def test_evaluate_on_a_text_that_has_changed(trained, folder, capsys):
    text = load_text("my.txt")
    (folder / "my.txt").write_text(text[::-1], encoding="utf-8")
    says = complaint(["evaluate", trained], capsys, folder)
    assert "my.txt' is not the text that the run began with" in says


@pytest.mark.parametrize(
    ("flags", "says"),
    [
        ("--text none.txt", "'none.txt' is not a file"),
        ("--text one.txt", "the text has 1 token: give a longer one"),
        ("--batch-size 0", "batch_size is 0: give a whole number, at least 1"),
        ("--device abacus", "device 'abacus' is not available"),
    ],
)
def test_what_cannot_be_evaluated(trained, folder, capsys, flags, says):
    (folder / "one.txt").write_text("M", encoding="utf-8")
    assert says in complaint(["evaluate", trained, *flags.split()], capsys, folder)


# Writing more


@pytest.fixture
def trained(copy_of):
    def make(_):
        assert quick("--out", "trained") == 0

    return copy_of("trained", make)


@pytest.fixture
def written(capsys):
    """What a run writes with some flags."""

    def write(run, *flags):
        assert main.main(["generate", run, "--device", "cpu", *flags]) == 0
        return capsys.readouterr().out

    return write


def save_random(run, end=None, chars="\n abcdefgh", tokenizer=CharTokenizer, **more):
    """A checkpoint of a model that has learned nothing; end: the token that ends a text."""
    torch.manual_seed(0)
    tokenizer = tokenizer(chars)
    Path(run).mkdir()
    sizes = {"block_size": 8, "n_layer": 1, "n_head": 1, "n_embd": 8, "dropout": 0.0}
    model = GPT(GPTConfig(tokenizer.vocab_size, **sizes, **more))
    checkpoint.save(Path(run, MODEL), model, tokenizer, 0, end)


def test_every_setting_of_what_is_written_arrives(monkeypatch):
    def recorded(model, tokenizer, *args):
        asked.append((next(model.parameters()).device.type, tokenizer, *args))
        return iter(["x"])

    save_random("run", end=3)
    asked, checked = [], []
    monkeypatch.setattr(commands, "write", recorded)
    monkeypatch.setattr(commands, "find_device", lambda name: checked.append(name) or name)
    flags = (
        "--num-samples 2 --max-new-tokens 7 --temperature 0.5 --top-k 3 --top-p 0.75 "
        "--repetition-penalty 1.5 --device meta --seed 4"
    ).split()
    assert main.main(["generate", "run", "--prompt", "a b", *flags]) == 0
    tokenizer = CharTokenizer("\n abcdefgh")
    how = ("meta", tokenizer, "a b", 7, Sampling(0.5, 3, 0.75, 1.5))
    assert asked == [(*how, 4, 3), (*how, 5, 3)]
    assert checked == ["meta"]
    for field in (*fields(Generate), *fields(Sampling)):  # and no setting is missing above
        if field.name not in ("run", "sampling", "int8"):  # int8 has a test of its own
            assert f"--{field.name.replace('_', '-')}" in ["--prompt", *flags]


def test_what_is_written_unless_told_otherwise(written, monkeypatch):
    save_random("run", init_std=0.5)
    plain = written("run")
    assert len(plain) == 200 + 1
    write = partial(written, "run", "--max-new-tokens", "40")
    usual = "--num-samples 1 --temperature 1 --repetition-penalty 1 --seed 0"
    assert write(*usual.split()) == write() == f"{plain[:40]}\n"
    for other in ("--temperature 0.9", "--repetition-penalty 1.1", "--top-k 6", "--top-p 0.9"):
        assert write(*other.split()) != write()


def test_int8_writes_nearly_the_same(written, monkeypatch):
    layers = []
    save_random("run", init_std=0.5)
    greedy = "--temperature 0 --max-new-tokens 20".split()
    plain = written("run", *greedy)
    monkeypatch.setattr(commands, "quantize", lambda model: layers.append(model) or quantize(model))
    assert written("run", *greedy, "--int8") == plain
    assert isinstance(layers[0].lm_head, Int8Linear) and len(layers) == 1


def test_int8_is_for_a_cpu(folder, monkeypatch, capsys):
    save_random("run")
    monkeypatch.setattr(commands, "find_device", lambda name: name or "cuda")
    assert main.main(["generate", "run", "--int8"]) == 0  # the CPU, though there is a GPU
    capsys.readouterr()
    says = complaint(["generate", "run", "--int8", "--device", "cuda"], capsys, folder)
    assert "int8 is for a CPU, and device is 'cuda': leave one of them out" in says


def test_a_model_writes_with_its_matrices_laid_out(folder, monkeypatch):
    laid = []
    monkeypatch.setattr(commands, "lay_out", lambda model: laid.append(model) or model)
    save_random("run")
    assert main.main(["generate", "run", "--device", "cpu"]) == 0
    assert len(laid) == 1


def test_it_writes_on_from_a_prompt(written):
    save_random("run")
    out = written("run", "--prompt", "abc ", "--max-new-tokens", "30")
    assert out.startswith("abc ")
    assert len(out) == 4 + 30 + 1
    assert len(written("run", "--max-new-tokens", "30")) == 30 + 1


def test_a_space_at_the_end_of_a_prompt_belongs_to_the_word_after_it(written):
    save_random("run", None, [*BYTES, b" a", b" b"], BPETokenizer)
    assert written("run", "--prompt", "a ") == written("run", "--prompt", "a")
    assert written("run", "--prompt", "a b ").startswith("a b")


def test_a_tale_stops_where_it_ends_and_another_text_goes_on(written):
    save_random("tales", end=0)
    save_random("other")
    tale, other = written("tales"), written("other")
    assert len(other) == 200 + 1
    assert 1 < len(tale) < 100
    # Both were asked what comes after a line break, which is not shown.
    assert tale == other[: other.index("\n") + 1]


def test_a_prompt_of_a_tale_is_its_beginning(written, monkeypatch):
    def seen(model, idx, *args, **kwargs):
        asked.append(idx[0].tolist())
        return stream(model, idx, *args, **kwargs)

    asked, stream = [], writing.stream
    monkeypatch.setattr(writing, "stream", seen)
    for run, end in (("tales", 0), ("other", None)):
        save_random(run, end)
        for prompt in ("", "ab"):
            written(run, "--prompt", prompt)
    tokenizer = CharTokenizer("\n abcdefgh")
    assert [tokenizer.decode(ids) for ids in asked] == ["\n", "\nab", "\n", "ab"]


def test_each_piece_is_shown_before_the_next_is_drawn(monkeypatch):
    """Also where what is printed waits in a buffer until somebody asks for it."""

    def watched(*args, **kwargs):
        for ids in stream(*args, **kwargs):
            shown.append(screen.getvalue().decode())
            yield ids

    shown, stream, screen = [], writing.stream, io.BytesIO()
    monkeypatch.setattr(writing, "stream", watched)
    save_random("run")
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(screen))
    assert main.main(["generate", "run", "--prompt", "abc", "--max-new-tokens", "5"]) == 0
    text = screen.getvalue().decode()
    assert shown == [text[: 3 + n] for n in range(5)]
    assert len(text) == 3 + 5 + 1


def test_several_samples_are_those_of_several_seeds(written):
    save_random("run", end=0)
    texts = [written("run", "--seed", str(seed)) for seed in (4, 5, 6)]
    assert written("run", "--seed", "4", "--num-samples", "3") == "\n---\n".join(texts)
    assert len(set(texts)) == 3


@pytest.fixture
def feed(monkeypatch):
    """Say what standard input is."""

    def say(text):
        data._standard_input.cache_clear()
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))

    yield say
    data._standard_input.cache_clear()


def test_a_prompt_from_standard_input(written, feed):
    save_random("run")
    feed("ab\r\ncd\n")
    assert written("run", "--prompt", "-") == written("run", "--prompt", "ab\ncd")


def test_the_sampling_flags_do_what_they_say(written):
    save_random("run", init_std=0.5)
    write = partial(written, "run", "--max-new-tokens", "60")
    greedy = write("--temperature", "0")
    assert greedy == write("--temperature", "0", "--seed", "5")
    assert greedy == write("--top-k", "1") == write("--top-p", "1e-6")
    assert write() == write("--seed", "0") != write("--seed", "1")
    hot, cold = (write("--temperature", t) for t in ("100", "0.1"))
    assert len(set(hot)) > len(set(cold))
    assert len(set(write("--top-k", "1", "--repetition-penalty", "100"))) > len(set(greedy))


# Summaries


def test_the_summary_of_a_run(trained, capsys):
    assert main.main(["summary", trained]) == 0
    model = checkpoint.load(Path(trained, MODEL)).model
    assert capsys.readouterr().out == f"{summary(model, 16)}\n"
    assert main.main(["summary", trained, "--tokens", "5"]) == 0
    assert capsys.readouterr().out == f"{summary(model, 5)}\n"


def test_the_summary_of_a_published_model(capsys):
    with torch.device("meta"):
        model = GPT(GPT_2["small"].config)
    assert main.main(["summary", "gpt-2-small", "--tokens", "100"]) == 0
    out = capsys.readouterr().out
    assert out == f"{summary(model, 100)}\n"
    assert "124,439,808" in out and "(1, 100, 50257)" in out


@pytest.mark.parametrize(
    ("argv", "says"),
    [
        ("runs/none", "'runs/none' is not a run: give the folder of one, or gpt-1, gpt-2-s"),
        ("gpt-2-small --tokens 1025", "1025 tokens"),
        ("gpt-2-small --tokens 0", "tokens is 0: give a whole number, at least 1"),
        ("bigram", "model is a Bigram: give a GPT"),
        ("", "the following arguments are required: RUN"),
    ],
)
def test_a_summary_that_cannot_be(folder, capsys, argv, says):
    (folder / "bigram").mkdir()
    checkpoint.save(folder / "bigram" / MODEL, Bigram(2), CharTokenizer("ab"), 0)
    assert says in complaint(["summary", *argv.split()], capsys, folder)


# What is wrong is said in one sentence, and nothing is written


def complaint(argv, capsys, folder):
    """The sentence with which the command line is refused."""

    def here():
        return {path: path.is_file() and path.read_bytes() for path in folder.rglob("*")}

    before = here()
    try:
        code = main.main(argv)
    except SystemExit as stop:  # from the parser of flags
        code = stop.code
    out, err = capsys.readouterr()
    assert code == 2
    assert out == ""
    assert re.fullmatch(r"main\.py: [^\n]+\n", err)
    assert here() == before
    return err


@pytest.mark.parametrize(
    ("flags", "says"),
    [
        ("--text no/such.txt", "'no/such.txt' is not a file: give the path of one, 'tales' or"),
        ("--text .", "'.' is a folder: give a pattern for its files, such as './**/*.txt'"),
        ("--text *.doc", "no file matches '*.doc': give another pattern"),
        ("--text", "argument --text: expected at least one argument"),
        ("--valid", "argument --valid: expected at least one argument"),
        ("--text - --valid -", "standard input is one text: give a file to validate on, or leave"),
        ("--valid short.txt", "the validation part of the text has 26 tokens, fewer than"),
        ("--split paragraphs --text one.txt", "the text is one paragraph, since no blank line is"),
        ("--split middle", "argument --split: invalid choice: 'middle' (choose from"),
        ("--start none", "none' is not a run, it holds no model.safetensors: give the folder"),
        ("--max-seconds", "argument --max-seconds: expected one argument"),
        ("--patience -1", "patience is -1: give a whole number, at least 0"),
        ("--config none.toml", "could not read 'none.toml' (No such file or directory)"),
        ("--text empty.txt", "'empty.txt' holds no text"),
        ("--text latin.txt", "'latin.txt' is not UTF-8 (byte 0xe9 at offset 3): save it as UTF-8"),
        (
            "--text short.txt",
            "the validation part of the text has 5 tokens, fewer than block_size + 1 = 97: give a "
            "longer text or a block_size of at most 4",
        ),
        ("--text one.txt", "leaves one part empty: give a longer text"),
        ("--learning-rate fast", "argument --learning-rate: invalid float value: 'fast'"),
        ("--learning-rate nan", "learning_rate is nan: give a number above 0"),
        ("--learning-rate inf", "learning_rate is inf: give a number above 0"),
        ("--learning-rate 0", "learning_rate is 0.0: give a number above 0"),
        ("--learning-rate -1", "learning_rate is -1.0: give a number above 0"),
        ("--learning-rate 1e38", "learning_rate is 1e+38: give a number above 0"),
        ("--muon-rate 0", "muon_rate is 0.0: give a number above 0"),
        ("--max-iters 0", "max_iters is 0: give a whole number, at least 1"),
        ("--max-iters 1e3", "argument --max-iters: invalid int value: '1e3'"),
        ("--max-seconds 0", "max_seconds is 0.0: give a number above 0"),
        ("--max-seconds nan", "max_seconds is nan: give a number above 0"),
        ("--max-seconds inf", "max_seconds is inf: give a number above 0"),
        ("--max-seconds long", "argument --max-seconds: invalid float value: 'long'"),
        ("--batch-size 0", "batch_size is 0: give a whole number, at least 1"),
        ("--batch-size -4", "batch_size is -4: give a whole number, at least 1"),
        (f"--batch-size {10**40}", f"batch_size is {10**40}: give a whole number, at least 1"),
        ("--accumulate 0", "accumulate is 0: give a whole number, at least 1"),
        (f"--accumulate {10**40}", f"accumulate is {10**40}: give a whole number, at least 1"),
        ("--block-size 0", "block_size is 0: give a whole number, at least 1"),
        ("--block-size 100000", "fewer than block_size + 1 = 100001"),
        ("--n-layer 0", "n_layer is 0: give a whole number, at least 1"),
        ("--n-head 0", "n_head is 0: give a whole number, at least 1"),
        ("--n-embd 0", "n_embd is 0: give a whole number, at least 1"),
        (f"--n-embd {2**62}", f"n_embd is {2**62}: give a whole number, at least 1"),
        ("--n-head 3", "n_embd 128 is not divisible by n_head = 3"),
        ("--dropout 1", "dropout is 1.0: give a number from 0 to below 1"),
        ("--tokenizer words", "argument --tokenizer: invalid choice: 'words' (choose from"),
        ("--vocab-size 0", "vocab_size is 0: give a whole number, at least 1"),
        ("--optimizer sgd", "argument --optimizer: invalid choice: 'sgd' (choose from"),
        ("--dtype float16", "argument --dtype: invalid choice: 'float16' (choose from"),
        ("--eval-interval 0", "eval_interval is 0: give a whole number, at least 1"),
        ("--eval-iters 0", "eval_iters is 0: give a whole number, at least 1"),
        (f"--eval-iters {2**63}", f"eval_iters is {2**63}: give a whole number, at least 1"),
        ("--seed -1", "seed is -1: give a whole number, at least 0"),
        (
            f"--seed {2**63}",
            f"seed is {2**63}: give a whole number, at least 0 and at most {2**63 - 1}",
        ),
        ("--device abacus", "device 'abacus' is not available: give 'cpu'"),
        ("--device meta", "device 'meta' is not available: give 'cpu'"),
        ("--device hpu", "device 'hpu' is not available: give 'cpu'"),
        ("--n-heads 4", "unrecognized arguments: --n-heads 4"),
        ("--max 4", "unrecognized arguments: --max 4"),
        ("--batch-size", "argument --batch-size: expected one argument"),
        ("--seed 0 training", "unrecognized arguments: training"),
        ("--out .", "'.' exists already: name a new folder, or delete this one"),
        ("--out my.txt", "'my.txt' exists already: name a new folder"),
        ("--out none/..", "'none/..' exists already: name a new folder"),
        ("--out dangling/run", "could not make the folder 'dangling/run' (File exists)"),
        ("--out my.txt/run", "could not make the folder 'my.txt/run' (File exists)"),
    ],
)
def test_a_run_that_cannot_be(folder, capsys, flags, says):
    (folder / "empty.txt").write_text("")
    (folder / "latin.txt").write_bytes(b"caf\xe9 au lait" * 100)
    (folder / "short.txt").write_text("too short for a window, " * 3)
    (folder / "one.txt").write_text("x")
    (folder / "dangling").symlink_to("nowhere")
    argv = [] if "--text" in flags else ["--text", "my.txt"]
    assert says in complaint([*argv, *flags.split()], capsys, folder)


@pytest.mark.parametrize(
    ("config", "says"),
    [
        ("no JSON", "(Expecting value: line 1 column 1 (char 0))"),
        (b"\xff", "can't decode byte 0xff"),
        ([], "does not hold the settings"),
        (None, "does not hold the settings"),
        ({"sha256": ...}, "('sha256')"),
        ({"seeds": 3}, "(seeds is 3)"),
        ({"seed": 1.5}, "(seed is 1.5)"),
        ({"text": 5}, "'int' object is not iterable"),
        ({"text": "my.txt"}, "(text is 'my.txt')"),
        ({"n_layer": "2"}, "(n_layer is '2')"),
        ({"threads": ...}, "expects a positive integer"),
        ({"threads": 0}, "expects a positive integer"),
        ({"threads": "2"}, "threads"),
    ],
)
def test_a_config_that_holds_no_settings(folder, broken_off, capsys, config, says):
    path = folder / broken_off / "config.json"
    if isinstance(config, dict):
        known = json.loads(path.read_text()) | config
        config = {name: value for name, value in known.items() if value is not ...}
    raw = {str: str.encode, bytes: bytes}.get(type(config), lambda c: json.dumps(c).encode())
    path.write_bytes(raw(config))
    says_all = complaint(["resume", broken_off], capsys, folder)
    assert "main.py: config.json in 'run' does not hold the settings of a run (" in says_all
    assert says in says_all and says_all.endswith("): start a new run\n")


@pytest.fixture
def broken_off(copy_of):
    """A run of which 12 steps are done."""

    def make(patch):
        control_c_in_step(12, patch)
        assert quick("--out", "run") == 130

    return copy_of("run", make)


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("learning_rate", 0.02, "learning_rate is 0.02, and the run in .* began with 0.01: "),
        ("threads", 1 + THREADS, "threads is 2, and the run in .* began with 1: change it back"),
        ("seed", 1, "seed is 1, and the run in .* began with 0: change it back"),
        ("n_embd", 32, "n_embd is 32, and the run in .* began with 16: change it back"),
        ("tokenizer", "chars", "tokenizer is 'chars', and the run in .* began with 'bpe'"),
        ("n_head", 3, "n_embd 16 is not divisible by n_head = 3"),
        ("seed", -1, "seed is -1: give a whole number, at least 0"),
        ("text", ["your.txt"], "'your.txt' is not the text that the run began with: bring"),
        ("text", ["none.txt"], "'none.txt' is not a file.* with --text"),
        ("sha256", "0", "my.txt' is not the text that the run began with: bring"),
    ],
)
def test_a_run_cannot_go_on_with_other_settings(folder, broken_off, capsys, name, value, says):
    (folder / "your.txt").write_text(load_text("my.txt") + "And then?\n")
    path = folder / broken_off / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {name: value}))
    assert re.search(says, complaint(["resume", broken_off], capsys, folder))


def test_threads_and_dtype_are_found_and_kept(folder, monkeypatch, capsys):
    def find(settings, given, make_run):
        asked.append((settings, given, make_run(settings)))
        train = replace(settings.train, dtype="bfloat16")
        torch.set_num_threads(2)
        return replace(settings, threads=2, train=train)

    asked = []
    monkeypatch.setattr(commands, "find_pace", find)
    assert quick("--out", "run") == 0
    ((settings, given, run),) = asked
    assert (settings.threads, settings.device) == (0, "cpu") and "tokenizer" in given
    assert run.config == settings.train and run.step == 0
    config = json.loads(files("run")["config.json"])
    assert (config["threads"], config["dtype"]) == (2, "bfloat16")
    torch.set_num_threads(1)
    assert main.main(["resume", "run", "--max-iters", "22"]) == 0
    assert torch.get_num_threads() == 2 and len(asked) == 1  # a run that goes on tries nothing


@pytest.mark.parametrize("threads", ["-1", "100000"])
def test_a_number_of_threads_that_cannot_be(folder, capsys, threads):
    says = complaint([*QUICK, "--threads", threads], capsys, folder)
    assert f"threads is {threads}: give a whole number, at least 0" in says


def test_a_run_goes_on_with_as_many_threads_as_it_began_with(folder, broken_off):
    torch.set_num_threads(THREADS + 1)
    assert main.main(["resume", broken_off]) == 0
    assert torch.get_num_threads() == THREADS


@pytest.mark.parametrize("part", [slice(100), slice(-100, None)], ids=["train", "valid"])
def test_a_run_cannot_go_on_with_another_text(folder, broken_off, capsys, part):
    text = list(load_text("my.txt"))
    text[part] = reversed(text[part])
    (folder / "my.txt").write_text("".join(text))
    says = complaint(["resume", broken_off], capsys, folder)
    assert "my.txt' is not the text that the run began with: bring that back, or start" in says


@pytest.mark.parametrize("run", ["none", "my.txt", "."])
def test_what_is_no_run_cannot_go_on(folder, capsys, run):
    says = complaint(["resume", run], capsys, folder)
    assert f"{run!r} is not a run, it holds no config.json: give the folder of one" in says


def test_a_finished_run_cannot_go_on(trained, folder, capsys):
    says = complaint(["resume", trained], capsys, folder)
    assert "is finished, after 20 steps: go on with a larger --max-iters, or start a new" in says


def test_a_damaged_checkpoint_cannot_go_on(broken_off, folder, capsys):
    path = folder / broken_off / LAST
    path.write_bytes(path.read_bytes()[:-1])
    assert "is damaged or not a checkpoint" in complaint(["resume", broken_off], capsys, folder)


@pytest.mark.parametrize("command", [["--text", "my.txt"], ["resume", "run"]])
def test_several_processes_of_one_training(broken_off, folder, capsys, monkeypatch, command):
    monkeypatch.setenv("RANK", "1")
    says = complaint(command, capsys, folder)
    assert says.startswith("main.py: RANK is 1, as torchrun sets it, and training in several proc")


def test_tensorboard_is_asked_for_before_anything_is_done(folder, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    says = complaint(["--text", "my.txt", "--tensorboard"], capsys, folder)
    assert "tensorboard is not installed: `pip install tensorboard`, or leave --tens" in says
    monkeypatch.undo()
    pytest.importorskip("tensorboard")
    monkeypatch.chdir(folder)
    assert quick("--tensorboard", "--out", "run") == 0
    assert list(Path("run", "tensorboard").rglob("events*"))


def test_two_processes_cannot_be_at_work_in_one_folder(broken_off, folder, capsys):
    with FileLock(folder / broken_off / ".lock"):
        says = complaint(["resume", broken_off], capsys, folder)
    assert says == "main.py: another process is using 'run': wait for it, or stop it\n"
    assert main.main(["resume", broken_off]) == 0


def test_cuda_where_there_is_none(folder, capsys, monkeypatch):
    if torch.cuda.is_available():
        pytest.skip("there is a GPU")
    says = complaint(["--text", "my.txt", "--device", "cuda"], capsys, folder)
    assert "device 'cuda' is not available: give 'cpu', or install what it needs" in says


@pytest.mark.parametrize(
    ("flags", "says"),
    [
        ("--temperature -1", "temperature is -1.0: give 0 for the likeliest token, or 0.01 to 100"),
        ("--temperature nan", "temperature is nan: give 0 for the likeliest token"),
        ("--temperature hot", "argument --temperature: invalid float value: 'hot'"),
        ("--top-k 0", "top_k is 0: give a whole number, at least 1"),
        ("--top-k 2.5", "argument --top-k: invalid int value: '2.5'"),
        ("--top-p 0", "top_p is 0.0: give a number above 0, at most 1"),
        ("--top-p 1.5", "top_p is 1.5: give a number above 0, at most 1"),
        ("--max-new-tokens -1", "max_new_tokens is -1: give a whole number, 0 or more"),
        ("--seed -1", "seed is -1"),
        ("--device abacus", "device 'abacus' is not available"),
        ("--batch-size 4", "unrecognized arguments: --batch-size 4"),
        ("--num-samples 0", "num_samples is 0: give a whole number, at least 1"),
    ],
)
def test_writing_that_cannot_be(folder, trained, capsys, flags, says):
    assert says in complaint(["generate", trained, *flags.split()], capsys, folder)


@pytest.mark.parametrize(
    ("run", "says"),
    [
        ("runs/none", "'runs/none' is not a run, it holds no model.safetensors: give the folder"),
        ("my.txt", "'my.txt' is not a run"),
        ("cut", "is damaged or not a checkpoint"),
        ("flipped", "is damaged, its checksum is wrong"),
        ("pickle", "is damaged or not a checkpoint"),
        ("empty", "is damaged or not a checkpoint"),
    ],
)
def test_a_run_that_cannot_be_read(folder, trained, capsys, run, says):
    raw = (folder / trained / "model.safetensors").read_bytes()
    flipped = bytearray(raw)
    flipped[-1] ^= 1
    wrong = {"cut": raw[:-1], "flipped": flipped, "pickle": b"\x80\x04N.", "empty": b""}
    if run in wrong:
        (folder / run).mkdir()
        (folder / run / "model.safetensors").write_bytes(wrong[run])
    assert says in complaint(["generate", run], capsys, folder)


def test_a_model_that_translates_does_not_write_on(folder, capsys):
    tokenizer = WordTokenizer("the red ball")
    sizes = {"block_size": 8, "n_layer": 1, "n_head": 1, "n_embd": 8}
    model = Transformer(TransformerConfig(tokenizer.vocab_size, **sizes))
    Path("french").mkdir()
    checkpoint.save(Path("french", MODEL), model, tokenizer, 0)
    says = complaint(["generate", "french"], capsys, folder)
    assert "tokenizer is a WordTokenizer: give one whose tokens" in says


def test_generate_without_a_run(folder, capsys):
    assert "the following arguments are required: RUN" in complaint(["generate"], capsys, folder)


def test_a_full_disk_is_one_sentence_and_leaves_the_last_checkpoint(folder, capsys, monkeypatch):
    fsync, calls = os.fsync, []

    def full(file):
        calls.append(file)
        if len(calls) > 4:  # config, model, checkpoint and log at step 8, then the next model
            raise OSError(28, "No space left on device")
        fsync(file)

    monkeypatch.setattr(os, "fsync", full)
    assert quick() == 2
    err = capsys.readouterr().err.splitlines()[-1]
    assert re.match(r"main\.py: could not write '.*' \(No space left on device\): make room", err)
    assert checkpoint.load("runs/my-1/last.safetensors").step == 8


@pytest.mark.parametrize("rate", ["50", "1e5"])
def test_a_run_that_explodes_stops_and_says_so(folder, capsys, rate):
    """After how many steps, and whether at all, depends on the machine's rounding."""
    code = quick("--learning-rate", rate, "--muon-rate", rate, "--eval-interval", "1")
    out, err = capsys.readouterr()
    assert code == (2 if re.search("at step .* the loss was", err) else 0)
    assert "Traceback" not in err
    # The sample may well hold "nan", as a part of a word.
    said = [line for line in out.splitlines() if re.match("step|loss|     [0-9n]", line)]
    assert not any(re.search(r"\b(nan|inf)\b", line) for line in said)
    assert said or code == 2
    if Path("runs/my-1", LAST).exists():
        found, point = log("runs/my-1"), checkpoint.load(Path("runs/my-1", LAST))
        assert all(map(math.isfinite, [*found["train"], *found["valid"].values()]))
        assert all(p.isfinite().all() for p in point.model.parameters())
        assert len(found["train"]) == point.step
        assert "(the best model, of step" in err or code == 0
    else:
        assert code == 2 and "at step 1 the loss was" in err
        assert not Path("runs").exists()


def test_too_little_memory(folder, capsys, monkeypatch):
    def fail(*args):
        raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried")

    monkeypatch.setattr(Run, "measure", fail)
    assert "main.py: not enough memory: try a smaller" in complaint(QUICK, capsys, folder)


def test_the_home_folder_in_out(folder, monkeypatch):
    monkeypatch.setenv("HOME", str(folder / "home"))
    monkeypatch.setenv("USERPROFILE", str(folder / "home"))
    assert quick("--out", "~/run", "--max-iters", "1") == 0
    assert (folder / "home" / "run" / "sample.txt").is_file()
    assert main.main(["generate", "~/run", "--max-new-tokens", "5"]) == 0


# In a process of its own


PATIENCE = 300  # seconds; on a machine that does much else, Python alone may take a minute


def start(*argv, options=()):
    # Some people's Python shows each line at once, which would hide when ours does.
    environment = {n: v for n, v in os.environ.items() if n != "PYTHONUNBUFFERED"}
    return subprocess.Popen(
        [sys.executable, *options, str(ROOT / "main.py"), *argv],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        env=environment,
    )


def test_control_c_finishes_the_step_and_leaves_a_whole_checkpoint(folder):
    flags = "--text my.txt --max-iters 1000000 --eval-interval 50 --patience 0".split()
    point = folder / "runs" / "my-1" / LAST
    before = 0
    for argv in ([*TINY, *flags], ["resume", "runs/my-1"]):
        process = start(*argv)
        deadline = time.monotonic() + PATIENCE
        old = point.stat().st_mtime_ns if point.exists() else None
        while time.monotonic() < deadline:
            if point.exists() and point.stat().st_mtime_ns != old:
                break
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=PATIENCE)
        assert process.returncode == 130
        assert "Traceback" not in err
        assert "finishing this step; press Ctrl-C again to stop at once" in err
        found = re.search(r"checkpoint is of step (\d+), the best model of step (\d+)\n", err)
        assert found and checkpoint.load(point.with_name(MODEL)).step == int(found[2])
        assert checkpoint.load(point).step == int(found[1]) > before
        before = int(found[1])
        assert files(point.parent).keys() == FILES - {"sample.txt"}
        assert len(log(point.parent)["train"]) == before
    assert main.main(["generate", "runs/my-1", "--device", "cpu"]) == 0


def test_control_c_while_the_imports_take_their_time_leaves_no_traceback(folder):
    process = start("--text", "my.txt", options=["-X", "importtime"])
    imported = list(itertools.takewhile(lambda line: " torch." not in line, process.stderr))
    assert any("gptlib.config" in line for line in imported)
    process.send_signal(signal.SIGINT)  # in the middle of PyTorch
    _, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == -signal.SIGINT
    assert "Traceback" not in err


@pytest.mark.parametrize("argv", ["generate run --prompt a", "summary gpt-1"])
def test_a_reader_that_goes_away_is_no_error(folder, argv):
    """What is written on and on notices soon, what is written at once only at the end."""
    save_random("run")
    process = start(*argv.split())
    process.stdout.close()
    _, err = process.communicate(timeout=PATIENCE)
    assert err == ""
    assert process.returncode == 1


def test_another_process_gives_the_same_run(folder):
    flags = "--text my.txt --max-iters 20 --eval-interval 8 --dropout 0.2 --out run".split()
    assert start(*TINY, *flags).wait(PATIENCE) == 0
    one = files("run")
    Path("run").rename("one")
    assert tiny(*flags) == 0
    assert files("run") == one


@pytest.mark.parametrize("argv", [["--help"], ["resume", "--help"], ["--bacth-size", "3"]])
def test_help_and_mistakes_are_told_without_pytorch(folder, argv):
    process = start(*argv, options=["-X", "importtime"])
    out, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == (0 if "--help" in argv else 2)
    assert "usage: main.py" in out or "unrecognized arguments: --bacth-size 3" in err
    assert "gptlib.config" in err
    assert not re.search(r"\b(torch|matplotlib|numpy)\b", err)


def test_sigterm_saves_and_ends_as_control_c_does(folder):
    process = start(*TINY, *"--text my.txt --max-iters 1000000 --eval-interval 50".split())
    deadline = time.monotonic() + PATIENCE
    while not Path("runs/my-1", LAST).exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    process.terminate()
    _, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 130
    assert "to resume: python main.py resume runs/my-1" in err and "Traceback" not in err
    assert checkpoint.load(Path("runs/my-1", LAST)).step == len(log("runs/my-1")["train"])


KINDS = main.COMMANDS | {"": Train}


def helped(capsys, *argv):
    with pytest.raises(SystemExit) as stop:
        main.main([*argv, "--help"])
    assert stop.value.code == 0
    return capsys.readouterr().out


def test_help_names_every_setting(capsys):
    out = helped(capsys)
    for name in table(main.COMMANDS[""]):
        assert f"--{name.replace('_', '-')} " in out
    assert "python main.py generate runs/my-1" in out
    for command, kind in KINDS.items():
        assert not command or f"python main.py {command} runs/my-1 " in out
        told = helped(capsys, *filter(None, [command]))
        assert told.startswith(f"usage: {' '.join(['main.py', *filter(None, [command])])} [-h]")
        for name in table(kind("run") if command else kind()):
            assert f"--{name.replace('_', '-')} " in told or name == "run"


def test_help_says_of_each_setting_what_stands_beside_it(capsys):
    source = (ROOT / "gptlib" / "settings.py").read_text(encoding="utf-8")
    for command, kind in KINDS.items():
        out = " ".join(helped(capsys, *filter(None, [command])).split())
        told = source[source.index(f"class {kind.__name__}:") :]
        for field in fields(kind):
            said = re.search(rf"^    {field.name}: .*?  # (.+)$", told, re.MULTILINE)
            if said is None:
                assert field.name == "sampling"
                continue
            default = f" (default: {field.default})"
            if field.name in ("model", "train") or field.default is MISSING:
                default = ""
            assert f" {said[1]}{default}" in out, field.name


def test_the_defaults_stand_at_the_top():
    """Each with a comment and before the first function; of the others, config.py tells."""
    source = (ROOT / "main.py").read_text(encoding="utf-8")
    top = source[: source.index("\ndef ")]
    known = (ROOT / "gptlib" / "settings.py").read_text(encoding="utf-8")
    for field in itertools.chain.from_iterable(map(fields, KINDS.values())):
        if field.name != "sampling":
            line = rf"^    {field.name}: .+ = .+  # \S"
            assert re.search(line, known, re.MULTILINE), field.name
    usual = GPTConfig(1, n_head=1)
    for settings, known in ((main.MODEL, usual), (main.TRAINING, RunConfig())):
        for field in fields(settings):
            value = getattr(settings, field.name)
            if value != getattr(known, field.name):
                line = rf"^    {field.name}={re.escape(json.dumps(value))},"
                assert re.search(line.replace("null", "None"), top, re.MULTILINE), field.name
