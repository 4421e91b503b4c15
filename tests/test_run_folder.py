"""What a run leaves in its folder is what it was, in the units that it says."""

import json
import re
from dataclasses import dataclass, fields, replace
from pathlib import Path

import pytest
import torch
from filelock import FileLock
from test_run import a_config, a_corpus, a_model

import main
from gptlib import checkpoint, run_folder
from gptlib.config import GPTConfig, RunConfig
from gptlib.run import Run
from gptlib.run_folder import RunFolder, facts

THREADS = torch.get_num_threads()


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    yield tmp_path
    torch.set_num_threads(THREADS)


# The folder


def test_runs_are_numbered_and_none_is_taken_twice():
    for n in (1, 2):
        assert RunFolder.new("", "my").path == Path(f"runs/my-{n}")
    assert RunFolder.new("", "your").path == Path("runs/your-1")
    assert RunFolder.new("here/and/there", "my").path == Path("here/and/there")
    for path in ("runs/my-1", "runs/my-2", "runs/your-1", "here/and/there"):
        assert Path(path).is_dir() and not list(Path(path).iterdir())


def test_a_run_whose_folder_was_deleted_makes_room():
    for _ in range(3):
        RunFolder.new("", "my")
    Path("runs/my-2").rmdir()
    assert RunFolder.new("", "my").path == Path("runs/my-2")


@pytest.mark.parametrize("named", ["old", ".", "file", "none/..", "none/../old"])
def test_a_folder_that_exists_is_left_alone(here, named):
    (here / "old").mkdir()
    (here / "file").write_text("")
    before = set(here.rglob("*"))
    says = f"{named!r} exists already: name a new folder, or delete this one"
    with pytest.raises(ValueError, match=re.escape(says)):
        RunFolder.new(named, "my")
    assert set(here.rglob("*")) == before


@pytest.mark.parametrize("named", ["file/run", "dangling/run"])
def test_a_folder_that_cannot_be_made(here, named):
    (here / "file").write_text("")
    (here / "dangling").symlink_to("nowhere")
    says = rf"could not make the folder '{named}' \(File exists\): name one with --out where you"
    with pytest.raises(OSError, match=says):
        RunFolder.new(named, "my")


def test_the_home_folder(here, monkeypatch):
    monkeypatch.setenv("HOME", str(here))
    monkeypatch.setenv("USERPROFILE", str(here))
    assert RunFolder.new("~/run", "my").path == here / "run"
    assert RunFolder("~/run").model == here / "run" / "model.safetensors"
    assert (here / "run").is_dir()


def test_one_process_at_a_time():
    folder = RunFolder.new("run", "")
    with folder.locked():
        with pytest.raises(ValueError, match="^another process is using 'run': wait for it"):
            with folder.locked():
                raise AssertionError("both are at work")
    with folder.locked():
        pass
    with FileLock("run/.lock"), pytest.raises(ValueError, match="another process"):
        with folder.locked():
            raise AssertionError("both are at work")


# Settings


@dataclass(frozen=True)
class Settings:
    """A run's, of all kinds that there are."""

    text: str = "tales"
    seconds: float | None = None
    fast: bool = False
    threads: int = THREADS
    model: GPTConfig = GPTConfig(8, block_size=4, n_layer=1, n_head=2, n_embd=16)
    train: RunConfig = RunConfig()


OTHERS = Settings(
    "my.txt",
    2.5,
    True,
    THREADS + 1,
    GPTConfig(9, 5, 2, 1, 8, 4, 0.25, "post", "relu", positions="sinusoidal", band=3, tied=False),
    RunConfig(
        max_iters=7, warmup_iters=None, betas=(0.5, 0.75), grad_clip=float("inf"), seed=2**40
    ),
)


def written(settings):
    folder = RunFolder.new("run", "")
    folder.write_config(facts(settings, "ab12"))
    return folder


@pytest.mark.parametrize("settings", [Settings(), OTHERS])
def test_settings_are_one_flat_table_and_come_back(settings):
    folder = written(settings)
    table = json.loads((folder.path / "config.json").read_text())
    parts = (settings, settings.model, settings.train)
    wanted = {field.name: getattr(part, field.name) for part in parts for field in fields(part)}
    del wanted["model"], wanted["train"]
    wanted |= {"betas": list(settings.train.betas), "sha256": "ab12"}
    assert table == wanted == facts(settings, "ab12")
    assert folder.read_config(Settings) == (settings, "ab12")


@pytest.mark.parametrize("settings", [main.COMMANDS[""], Settings()])
def test_no_two_settings_have_one_name(settings):
    """Or one would hide the other in a table that is flat."""
    leaves = sum(len(fields(part)) for part in (settings, settings.model, settings.train)) - 2
    assert len(facts(settings, "")) == leaves + 1


def test_as_many_threads_are_set_as_the_run_began_with():
    folder = written(Settings(threads=THREADS + 2))
    folder.read_config(Settings)
    assert torch.get_num_threads() == THREADS + 2


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"seeds": 3}, "seeds is 3"),
        ({"seed": 1.5}, "seed is 1.5"),
        ({"seed": "1"}, "seed is '1'"),
        ({"seed": None}, "not 'NoneType'"),
        ({"fast": "yes"}, "fast is 'yes'"),
        ({"text": 5}, "text is 5"),
        ({"betas": [0.5]}, "betas"),
        ({"betas": 0.5}, "'float' object"),
        ({"betas": ["0.5", 0.75]}, "betas is ['0.5', 0.75]"),
        ({"band": "3"}, "band is '3'"),
        ({"model": {"n_layer": 2}}, "model is {'n_layer': 2}"),
        ({"threads": "2"}, "threads"),
        ({"sha256": ...}, "'sha256'"),
    ],
)
@pytest.mark.filterwarnings("error")  # one sentence is enough
def test_a_table_that_is_not_the_settings(change, says):
    folder = written(Settings())
    path = folder.path / "config.json"
    table = {n: v for n, v in (json.loads(path.read_text()) | change).items() if v is not ...}
    path.write_text(json.dumps(table))
    wanted = rf"^config.json in 'run' does not hold the settings of a run \(.*{re.escape(says)}"
    with pytest.raises(ValueError, match=wanted):
        folder.read_config(Settings)


def test_a_setting_that_is_newer_than_a_run_has_its_default():
    folder = written(replace(Settings(), train=RunConfig(max_iters=7)))
    path = folder.path / "config.json"
    table = json.loads(path.read_text())
    del table["seed"], table["norm"], table["fast"]
    path.write_text(json.dumps(table))
    try:
        settings, _ = folder.read_config(Settings)
    except ValueError as error:
        pytest.fail(str(error))
    assert settings == replace(Settings(), train=RunConfig(max_iters=7))


def test_settings_that_make_no_model_say_so():
    folder = written(Settings())
    path = folder.path / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"n_head": 3}))
    with pytest.raises(ValueError, match="n_embd 16 is not divisible by n_head = 3"):
        folder.read_config(Settings)


@pytest.mark.parametrize("path", ["none", "file", "."])
def test_what_is_no_run(here, path):
    (here / "file").write_text("")
    folder = RunFolder(path)
    for name, read in (
        ("config.json", lambda: folder.read_config(Settings)),
        ("model.safetensors", folder.read_model),
    ):
        says = f"^'{re.escape(path)}' is not a run, it holds no {name}: give the folder of one$"
        with pytest.raises(ValueError, match=says):
            read()


# What is kept


@pytest.fixture
def run():
    """One of which 7 steps of 12 are done, and whose parts differ in tokens per character."""
    run = Run(a_model(), a_corpus(), a_config(eval_interval=5), {"text": "my.txt"})
    for part, share in (("train", 0.5), ("valid", 0.25)):
        old = getattr(run.corpus, part)
        setattr(run.corpus, part, replace(old, tokens_per_character=share))
    run.measure()
    steps = iter(run)
    for _ in range(7):
        next(steps)
        run.measure()
    return run


MARKS = {"knows nothing": 2.5, "exact floor": 0.125}


def test_a_run_is_kept_with_its_losses_beside_it(run):
    folder = RunFolder.new("run", "")
    folder.keep(run, MARKS)
    point = folder.read_last()
    assert point.step == folder.read_model().step == 7
    assert point.step == 7 and point.training and point.settings == {"text": "my.txt"}
    assert point.tokenizer == run.corpus.tokenizer
    log = json.loads((folder.path / "log.json").read_text())
    per_character = [loss / 2 for loss in run.losses]
    valid = {"0": run.valid_losses[0], "5": run.valid_losses[5]}
    assert log == {"landmarks": MARKS, "train": per_character, "valid": valid}
    assert {path.name for path in folder.path.iterdir()} == {"log.json", "last.safetensors"}
    folder.write_log(run, MARKS, score=0.5)
    assert json.loads((folder.path / "log.json").read_text()) == log | {"score": 0.5}


@pytest.mark.parametrize("best", [5, 10])
def test_the_best_model_is_kept_beside_the_last(run, best):
    folder = RunFolder.new("run", "")
    models = {}
    for step in (5, 10, 12):
        run.losses = [1.0] * step
        run.valid_losses |= {step: 0.5 if step == best else 0.75}
        with torch.no_grad():
            run.model.tok_emb.weight.fill_(step)
        folder.keep(run, MARKS)
        kept = {"model": folder.read_model(), "last": folder.read_last()}
        models[step] = {
            name: (point.step, int(point.model.tok_emb.weight[0, 0]), bool(point.training))
            for name, point in kept.items()
        }
    first = {"model": (5, 5, False), "last": (5, 5, True)}
    then = {"model": (best, best, False), "last": (10, 10, True)}
    assert models == {5: first, 10: then, 12: then | {"last": (12, 12, True)}}


def test_the_model_comes_before_the_checkpoint_and_that_before_the_losses(run, monkeypatch):
    """If it is killed between them, it does again what it had done, and nothing is left out."""
    names = []
    monkeypatch.setattr(run, "save_model", lambda path: names.append(path.name))
    monkeypatch.setattr(run, "save", lambda path: names.append(path.name))
    run.losses = run.losses[:5]
    folder = RunFolder.new("run", "")
    monkeypatch.setattr(folder, "write_log", lambda *_: names.append("log.json"))
    folder.keep(run, MARKS)
    assert names == ["model.safetensors", "last.safetensors", "log.json"]


@pytest.mark.parametrize("kept", [False, True])
def test_a_run_that_fails_before_it_has_a_checkpoint_leaves_no_folder(here, run, kept):
    folder = RunFolder.new("new/newer/run", "")
    folder.write_config({})
    with pytest.raises(MemoryError), folder.kept_if_it_can_be_resumed():
        if kept:
            folder.keep(run, MARKS)
        raise MemoryError
    assert folder.path.exists() == (here / "new").exists() == kept


@pytest.mark.parametrize("config", [False, True])
def test_what_control_c_leaves_can_be_resumed(here, config):
    (here / "runs").mkdir()
    folder = RunFolder.new("", "my")
    if config:
        folder.write_config({})
    with pytest.raises(KeyboardInterrupt), folder.kept_if_it_can_be_resumed():
        raise KeyboardInterrupt
    assert folder.path.exists() == config
    assert (here / "runs").exists()


def test_a_run_is_finished_once_its_score_is_written(run):
    folder = RunFolder.new("run", "")
    assert not folder.finished
    folder.write_log(run, MARKS)
    assert not folder.finished
    folder.write_log(run, MARKS, score=0.5)
    assert folder.finished
    (folder.path / "log.json").write_text("{")
    assert not folder.finished


def test_a_text_from_standard_input_is_kept(here):
    folder = RunFolder.new("run", "")
    path = folder.write_text("text.txt", "“Miau”\n")
    assert path == str(here / "run" / "text.txt")
    assert (here / "run" / "text.txt").read_bytes() == "“Miau”\n".encode()


def test_the_picture_is_drawn_in_nats_per_character(run, monkeypatch):
    """All that is on it: the curve, what was measured, the landmarks, and the units."""

    def seen(figure):
        figures.append(figure)
        return png(figure)

    figures, png = [], run_folder.plot.png
    monkeypatch.setattr(run_folder.plot, "png", seen)
    folder = RunFolder.new("run", "")
    folder.write_picture(run, MARKS)
    (axes,) = figures[0].axes
    *marks, train, valid = [line.get_xydata().tolist() for line in axes.lines]
    assert train == [[n, loss / 2] for n, loss in enumerate(run.losses, 1)]
    assert valid == [[n, run.valid_losses[n]] for n in (0, 5)]
    assert [{y for _, y in line} for line in marks] == [{2.5}, {0.125}]
    assert axes.get_ylabel() == "loss, nats per character"
    texts = {text.get_text() for text in axes.texts}
    assert texts == {"2.50  knows nothing", "0.12  exact floor"}
    first, last = run.valid_losses[0], run.valid_losses[5]
    assert axes.get_title("left") == f"Validation loss from {first:.2f} to {last:.2f} in 5 steps"
    assert (folder.path / "loss.png").read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"


def test_a_sample_is_utf_8():
    folder = RunFolder.new("run", "")
    folder.write_sample("“Miau”, 猫\n")
    assert (folder.path / "sample.txt").read_bytes() == "“Miau”, 猫\n".encode()


def test_what_is_there_is_read_with_its_checks(run):
    folder = RunFolder.new("run", "")
    folder.keep(run, MARKS)
    run.save_model(folder.model)
    for path, read in ((folder.model, folder.read_model), (folder.last, folder.read_last)):
        raw = path.read_bytes()
        assert checkpoint.load(path).step == 7
        path.write_bytes(raw[:-1])
        with pytest.raises(ValueError, match="is damaged"):
            read()
