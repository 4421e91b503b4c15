"""The command line: a run leaves what it says, and whatever is wrong is said in one sentence."""

import json
import math
import os
import re
import signal
import subprocess
import sys
import time
from dataclasses import fields
from pathlib import Path

import matplotlib.pyplot as plt
import pytest
import torch

import main
from gptlib import checkpoint
from gptlib.bigram import Bigram, count
from gptlib.data import all_batches, load_floor, load_split, load_text, split, story_ids
from gptlib.train import evaluate, next_token_loss

ROOT = Path(main.__file__).parent
FILES = {"config.json", "log.json", "loss.png", "model.safetensors", "sample.txt"}


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """An empty folder to run in, with a text in it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my.txt").write_text(load_split("tales")[1][:20_000], encoding="utf-8")
    return tmp_path


def quick(*flags):
    return main.main(["--text", "my.txt", "--max-iters", "20", "--eval-interval", "8", *flags])


# Training


def test_a_run_leaves_everything_about_it(folder, capsys):
    assert quick("--seed", "3", "--learning-rate", "0.05") == 0
    run = folder / "runs" / "my-1"
    assert {path.name for path in run.iterdir()} == FILES
    config = json.loads((run / "config.json").read_text())
    assert config == {field.name: config[field.name] for field in fields(main.Train)}
    assert (config["text"], config["seed"], config["learning_rate"]) == ("my.txt", 3, 0.05)

    log = json.loads((run / "log.json").read_text())
    assert len(log["train"]) == 20
    assert list(log["valid"]) == ["0", "8", "16", "20"]
    assert log["valid"]["0"] == pytest.approx(log["landmarks"]["knows nothing"], abs=1e-6)
    assert log["train"][0] == pytest.approx(log["landmarks"]["knows nothing"], abs=1e-6)
    assert plt.imread(run / "loss.png").std() > 0.01

    point = checkpoint.load(run / "model.safetensors")
    assert point.step == 20
    train_text, valid_text = split(load_text("my.txt"))
    assert point.tokenizer.chars == "".join(sorted(set(train_text + valid_text)))
    data = torch.tensor(point.tokenizer.encode(valid_text))
    out = capsys.readouterr().out
    score = evaluate(point.model, all_batches(data, 32, 64))
    assert f"loss {score:.4f} on the whole validation split" in out
    assert log["score"] == pytest.approx(score, abs=1e-6)
    sample = (run / "sample.txt").read_text(encoding="utf-8")
    assert len(sample) == 500
    assert out.endswith(f"\n\n{sample}\n")


def test_the_tales_are_scored_story_by_story_beside_their_floor(folder, capsys):
    assert main.main(["--max-iters", "30"]) == 0
    run = folder / "runs" / "tales-1"
    point = checkpoint.load(run / "model.safetensors")
    landmarks = json.loads((run / "log.json").read_text())["landmarks"]
    train_ids, _ = story_ids(load_split("tales")[0], point.tokenizer)
    valid_ids, starts = story_ids(load_split("tales")[1], point.tokenizer)
    counted = Bigram.counted(count(train_ids, point.tokenizer.vocab_size))
    stories = list(all_batches(valid_ids, 32, 512, starts))
    assert landmarks["best bigram"] == pytest.approx(evaluate(counted, stories), abs=1e-5)
    assert landmarks["exact floor"] == load_floor().nats_per_character
    score = evaluate(point.model, stories)
    assert f"loss {score:.4f} on the whole validation split" in capsys.readouterr().out


def test_the_same_seed_gives_the_same_run_and_another_another(folder, capsys):
    for out, seed in (("one", "1"), ("same", "1"), ("other", "2")):
        assert quick("--out", out, "--seed", seed) == 0

    def files(out, *names):
        return [(folder / out / name).read_bytes() for name in names]

    names = sorted(FILES - {"config.json"})
    assert files("one", *names) == files("same", *names)
    for name in ("log.json", "model.safetensors", "sample.txt"):
        assert files("one", name) != files("other", name)


def test_runs_are_numbered(folder):
    for n in (1, 2):
        assert quick() == 0
        assert (folder / "runs" / f"my-{n}" / "sample.txt").is_file()


def test_it_learns(folder, capsys):
    assert main.main(["--text", "my.txt", "--max-iters", "300"]) == 0
    log = json.loads((folder / "runs" / "my-1" / "log.json").read_text())
    assert log["valid"]["300"] < log["landmarks"]["best bigram"] + 0.1
    assert log["valid"]["300"] < log["landmarks"]["knows nothing"] - 1


@pytest.mark.parametrize(
    "text",
    ["猫在睡觉 🙂\r\n" * 40, "x" * 200, "no line break " * 30],
    ids=["Chinese", "one character", "one line"],
)
def test_any_text_will_do(folder, capsys, text):
    (folder / "my.txt").write_text(text, encoding="utf-8")
    assert quick("--block-size", "4") == 0
    sample = (folder / "runs" / "my-1" / "sample.txt").read_text(encoding="utf-8")
    assert set(sample) <= set(text.replace("\r", ""))
    assert main.main(["generate", "runs/my-1"]) == 0


@pytest.mark.parametrize("iters", ["1", "2"])
def test_the_shortest_runs(iters):
    assert quick("--max-iters", iters, "--eval-iters", "1", "--batch-size", "1") == 0


# Writing more


@pytest.fixture
def trained(folder, capsys):
    assert quick("--max-iters", "200") == 0
    capsys.readouterr()
    return "runs/my-1"


def test_it_writes_on_from_a_prompt(trained, capsys):
    assert main.main(["generate", trained, "--prompt", "Mia ", "--max-new-tokens", "30"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("Mia ")
    assert len(out) == 4 + 30 + 1
    assert main.main(["generate", trained, "--max-new-tokens", "30"]) == 0
    assert len(capsys.readouterr().out) == 30 + 1


def test_the_sampling_flags_do_what_they_say(trained, capsys):
    def text(*flags):
        assert main.main(["generate", trained, *flags]) == 0
        return capsys.readouterr().out

    model = checkpoint.load("runs/my-1/model.safetensors").model
    greedy = text("--temperature", "0")
    assert greedy == text("--temperature", "0", "--seed", "5") == text("--top-k", "1")
    assert greedy == text("--top-p", "1e-6")
    assert text() == text("--seed", "0") != text("--seed", "1")
    assert len(set(text("--temperature", "100"))) > len(set(text("--temperature", "0.1")))
    assert model.vocab_size > 40


# What is wrong is said in one sentence, and nothing is written


def complaint(argv, capsys, folder):
    """The sentence with which the command line is refused."""
    before = sorted(folder.rglob("*"))
    try:
        code = main.main(argv)
    except SystemExit as stop:  # from the parser of flags
        code = stop.code
    out, err = capsys.readouterr()
    assert code == 2
    assert out == ""
    assert re.fullmatch(r"main\.py: [^\n]+\n", err)
    assert sorted(folder.rglob("*")) == before
    return err


@pytest.mark.parametrize(
    ("flags", "says"),
    [
        ("--text no/such.txt", "'no/such.txt' is not a file: give the path of one, 'tales' or"),
        ("--text .", "'.' is not a file"),
        ("--text empty.txt", "'empty.txt' holds no text"),
        ("--text latin.txt", "'latin.txt' is not UTF-8 (byte 0xe9 at offset 3): save it as UTF-8"),
        ("--text short.txt", "'short.txt' leaves 12 characters to validate with, fewer than block"),
        ("--text one.txt", "leaves one part empty: give a longer text"),
        ("--text many.txt", "has 100,020,001 cells, more than 100,000,000: take a text with"),
        ("--learning-rate fast", "argument --learning-rate: invalid float value: 'fast'"),
        ("--learning-rate nan", "learning_rate is nan: give a number above 0"),
        ("--learning-rate inf", "learning_rate is inf: give a number above 0"),
        ("--learning-rate 0", "learning_rate is 0.0: give a number above 0"),
        ("--learning-rate -1", "learning_rate is -1.0: give a number above 0"),
        ("--max-iters 0", "max_iters is 0: give a whole number, at least 1"),
        ("--max-iters 1e3", "argument --max-iters: invalid int value: '1e3'"),
        ("--batch-size 0", "batch_size is 0: give a whole number, at least 1"),
        ("--batch-size -4", "batch_size is -4: give a whole number, at least 1"),
        ("--block-size 0", "block_size is 0: give a whole number, at least 1"),
        ("--block-size 100000", "fewer than block_size + 1 = 100001"),
        ("--eval-interval 0", "eval_interval is 0: give a whole number, at least 1"),
        ("--eval-iters 0", "eval_iters is 0: give a whole number, at least 1"),
        ("--seed -1", "seed is -1: give a whole number from 0"),
        (f"--seed {2**63}", f"seed is {2**63}: give a whole number from 0"),
        ("--device abacus", "device 'abacus' is not here: give 'cpu'"),
        ("--device meta", "device 'meta' is not here: give 'cpu'"),
        ("--n-head 4", "unrecognized arguments: --n-head 4"),
        ("--max 4", "unrecognized arguments: --max 4"),
        ("--batch-size", "argument --batch-size: expected one argument"),
        ("training", "unrecognized arguments: training"),
        ("--out .", "'.' exists already: name a new folder, or delete this one"),
        ("--out my.txt", "'my.txt' exists already: name a new folder"),
        ("--out none/..", "'none/..' exists already: name a new folder"),
        ("--out dangling/run", "could not make the folder 'dangling/run' (File exists)"),
        (f"--batch-size {10**40}", f"batch_size is {10**40}: give a whole number, at least 1"),
        (f"--eval-iters {2**63}", f"eval_iters is {2**63}: give a whole number, at least 1"),
        ("--learning-rate 1e38", "learning_rate is 1e+38: give a number above 0"),
        ("--device hpu", "device 'hpu' is not here: give 'cpu'"),
        ("--out my.txt/run", "could not make the folder 'my.txt/run' (File exists)"),
    ],
)
def test_a_run_that_cannot_be(folder, capsys, flags, says):
    (folder / "empty.txt").write_text("")
    (folder / "latin.txt").write_bytes(b"caf\xe9 au lait" * 100)
    (folder / "short.txt").write_text("too short for a window of 64, " * 4)
    (folder / "one.txt").write_text("x")
    (folder / "dangling").symlink_to("nowhere")
    (folder / "many.txt").write_text("".join(map(chr, range(0x4E00, 0x4E00 + 10_001))) * 2)
    argv = flags.split() if "--text" in flags else ["--text", "my.txt", *flags.split()]
    assert says in complaint(argv, capsys, folder)


def test_cuda_where_there_is_none(folder, capsys, monkeypatch):
    if torch.cuda.is_available():
        pytest.skip("there is a GPU")
    says = complaint(["--text", "my.txt", "--device", "cuda"], capsys, folder)
    assert "device 'cuda' is not here: give 'cpu', or install what it needs" in says


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
        ("--max-new-tokens 0", "max_new_tokens is 0: give a whole number, at least 1"),
        ("--seed -1", "seed is -1"),
        ("--prompt Q€", "character '€' at position 1 is not among the"),
        ("--device abacus", "device 'abacus' is not here"),
        ("--batch-size 4", "unrecognized arguments: --batch-size 4"),
    ],
)
def test_writing_that_cannot_be(folder, trained, capsys, flags, says):
    assert says in complaint(["generate", trained, *flags.split()], capsys, folder)


@pytest.mark.parametrize(
    ("run", "says"),
    [
        ("runs/none", "'runs/none' is no run, it holds no model.safetensors: give the folder"),
        ("my.txt", "'my.txt' is no run"),
        ("cut", "is damaged or no checkpoint"),
        ("flipped", "is damaged, its checksum is wrong"),
        ("pickle", "is damaged or no checkpoint"),
        ("empty", "is damaged or no checkpoint"),
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


def test_generate_without_a_run(folder, capsys):
    assert "the following arguments are required: RUN" in complaint(["generate"], capsys, folder)


def test_a_full_disk_is_one_sentence_and_leaves_the_last_checkpoint(folder, capsys, monkeypatch):
    fsync, calls = os.fsync, []

    def full(file):
        calls.append(file)
        if len(calls) > 4:  # config, checkpoint and log at step 8, then the next checkpoint
            raise OSError(28, "No space left on device")
        fsync(file)

    monkeypatch.setattr(os, "fsync", full)
    assert quick() == 2
    err = capsys.readouterr().err.splitlines()[-1]
    assert re.match(r"main\.py: could not write '.*' \(No space left on device\): make room", err)
    assert checkpoint.load("runs/my-1/model.safetensors").step in (8, 16)


@pytest.mark.parametrize("rate", ["50", "1e5"])
def test_a_run_that_explodes_stops_and_says_so(folder, capsys, rate):
    assert quick("--learning-rate", rate, "--max-iters", "300") in (0, 2)
    out, err = capsys.readouterr()
    log = json.loads((folder / "runs" / "my-1" / "log.json").read_text())
    assert "nan" not in out and all(map(math.isfinite, log["train"]))
    assert "Traceback" not in err


def test_a_loss_that_is_nan_stops_the_run(folder, capsys, monkeypatch):
    def broken(model, batch):
        steps.append(model)
        return next_token_loss(model, batch) * (math.nan if len(steps) == 12 else 1)

    steps = []
    monkeypatch.setattr(main, "next_token_loss", broken)
    assert quick() == 2
    err = capsys.readouterr().err.splitlines()[-1]
    assert err.startswith("main.py: the loss is no number any more after step 12: train with")
    assert checkpoint.load("runs/my-1/model.safetensors").step == 8


def test_stopping_at_once_says_where_the_last_checkpoint_is(folder, capsys, monkeypatch):
    def stop(*args):
        raise KeyboardInterrupt

    monkeypatch.setattr(main, "score", lambda *args: 1.0)
    monkeypatch.setattr(main, "go_on", stop)
    assert quick() == 130
    assert "stopped; the model as it was after step 20 is in" in capsys.readouterr().out


def test_too_little_memory(folder, capsys, monkeypatch):
    def fail(*args):
        raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried")

    monkeypatch.setattr(main, "glance", fail)
    assert "main.py: not enough memory: try a smaller" in complaint(
        ["--text", "my.txt"], capsys, folder
    )


def test_the_home_folder_in_out(folder, monkeypatch):
    monkeypatch.setenv("HOME", str(folder / "home"))
    monkeypatch.setenv("USERPROFILE", str(folder / "home"))
    assert quick("--out", "~/run") == 0
    assert (folder / "home" / "run" / "sample.txt").is_file()
    assert main.main(["generate", "~/run", "--max-new-tokens", "5"]) == 0


# In a process of its own


def start(*argv):
    return subprocess.Popen(
        [sys.executable, str(ROOT / "main.py"), *argv],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )


def test_control_c_finishes_the_step_and_leaves_a_whole_checkpoint(folder):
    process = start("--text", "my.txt", "--max-iters", "1000000", "--eval-interval", "50")
    point = folder / "runs" / "my-1" / "model.safetensors"
    deadline = time.monotonic() + 60
    while not point.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in err
    assert "finishing the step; once more stops at once" in err
    found = re.search(r"stopped; the model as it was after step (\d+) is in (\S+)\n", out)
    assert found and Path(found[2]) == Path("runs/my-1/model.safetensors")
    assert checkpoint.load(point).step == int(found[1]) > 0
    assert {path.name for path in point.parent.iterdir()} == FILES - {"sample.txt"}
    log = json.loads((point.parent / "log.json").read_text())
    assert len(log["train"]) == int(found[1])
    assert start("generate", "runs/my-1").wait(60) == 0


def test_control_c_while_the_imports_take_their_time_leaves_no_traceback(folder):
    process = start("--text", "my.txt")
    time.sleep(0.6)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode in (-signal.SIGINT, 130)
    assert "Traceback" not in err


def test_a_reader_that_goes_away_is_no_error(folder):
    process = start("--text", "my.txt", "--max-iters", "20")
    process.stdout.close()
    _, err = process.communicate(timeout=60)
    assert "Traceback" not in err and "Broken pipe" not in err


def test_two_threads_and_another_folder_give_the_same_run(folder):
    environment = {**os.environ, "OMP_NUM_THREADS": "2"}
    command = [sys.executable, str(ROOT / "main.py"), "--max-iters", "60", "--out"]
    for out in ("one", "two", "three"):
        subprocess.run([*command, out], check=True, capture_output=True, env=environment)
    raw = {(folder / out / "model.safetensors").read_bytes() for out in ("one", "two", "three")}
    assert len(raw) == 1


def test_help_names_every_setting():
    out, err = start("--help").communicate(timeout=60)
    for field in fields(main.Train):
        assert f"--{field.name.replace('_', '-')} " in out
    assert "python main.py generate runs/my-1" in out
    out, err = start("generate", "--help").communicate(timeout=60)
    for field in fields(main.Generate):
        assert f"--{field.name.replace('_', '-')} " in out


def test_the_defaults_stand_at_the_top():
    """Each with a comment, which is the help text too, and before the first function."""
    source = (ROOT / "main.py").read_text(encoding="utf-8")
    top = source[: source.index("\ndef ")]
    for field in (*fields(main.Train), *fields(main.Generate)):
        assert re.search(rf"^    {field.name}: .+ = .+  # \S", top, re.MULTILINE), field.name
