"""A run that is killed and resumed ends like one that was left alone, byte for byte.

SIGKILL lets nothing clean up. Each run is a fork of this process, which has imported all it takes.
"""

import itertools
import os
import random
import shutil
import signal
import sys
import time
import traceback
from contextlib import closing
from pathlib import Path

import pytest
import torch

import main
from gptlib import atomic_files, checkpoint, corpus
from gptlib.data import load_split

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="Windows has no fork")

MODEL, LAST = "model.safetensors", "last.safetensors"
TINY = (
    "--out run --device cpu --max-iters 40 --eval-interval 5 --eval-iters 2 "
    "--n-layer 1 --n-head 2 --n-embd 16 --block-size 16 --batch-size 4 "
    "--tokenizer bpe --dropout 0 "  # so that no trial chooses them
)
KINDS = {
    "muon": TINY + "--dropout 0.2",
    "adamw": TINY + "--optimizer adamw --accumulate 2 --ramp-iters 20 --tokenizer chars",
}


class Killed:
    """A folder in which a run is begun, killed and resumed."""

    def __init__(self, folder, argv):
        self.folder, self.begin = folder, argv
        self.run, self.said = folder / "run", folder / "said"

    def fork(self, argv, prepare=None, wait_to_be_killed=False):
        if (pid := os.fork()) > 0:
            return pid
        code = 99
        try:
            signal.alarm(100)  # whatever hangs here must not hang the tests
            os.chdir(self.folder)
            sys.stdout = sys.stderr = open(self.said, "w", encoding="utf-8")
            if prepare is not None:
                prepare()
            code = main.main(argv)
            while wait_to_be_killed:
                signal.pause()
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            os._exit(code)

    def do(self, argv, prepare=None):
        """The exit code of a child that does this; -9 if it was killed."""
        return ended(self.fork(argv, prepare))

    def kill_after(self, steps, seconds):
        """Begin, or resume what was begun, and kill it some time after so many steps began."""
        argv = ["resume", "run"] if (self.run / "config.json").exists() else self.begin
        if argv is self.begin:
            shutil.rmtree(self.run, ignore_errors=True)  # made, and not a run yet
        told, tell = os.pipe()
        with closing(os.fdopen(told, "rb", buffering=0)) as told:
            pid = self.fork(argv, lambda: tell_of_steps(tell), wait_to_be_killed=True)
            os.close(tell)
            begun = sum(len(told.read(1)) for _ in range(steps))
            time.sleep(seconds)
            os.kill(pid, signal.SIGKILL)
        assert begun == steps
        return ended(pid)

    def resume(self):
        """Go on to the end, if that is not reached."""
        if not (self.run / "config.json").exists():
            shutil.rmtree(self.run, ignore_errors=True)
            assert self.do(self.begin) == 0, self.said.read_text()
        elif self.do(["resume", "run"]) != 0:
            assert "is finished, after 40 steps" in self.said.read_text()

    def step(self):
        """After how many steps the checkpoint is; None without one."""
        path = self.run / LAST
        return checkpoint.load(path).step if path.exists() else None

    def left(self):
        """All that is in the folder of the run, by name, but for the lock, which is empty."""
        return {path.name: path.read_bytes() for path in self.run.iterdir() if path.name != ".lock"}


def tell_of_steps(pipe):
    """Write a byte into the pipe whenever a step is about to change parameters."""
    step = torch.optim.AdamW.step

    def told(self):
        os.write(pipe, b".")
        step(self)

    torch.optim.AdamW.step = told


def ended(pid):
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


@pytest.fixture(scope="module")
def text(tmp_path_factory):
    path = tmp_path_factory.mktemp("text") / "my.txt"
    path.write_text(load_split("tales")[1][:6000], encoding="utf-8")
    return ["--text", str(path)]


@pytest.fixture(scope="module")
def alone(tmp_path_factory, text):
    """What a run leaves that nobody disturbs, and how long it takes, for each kind."""
    found = {}
    for kind, flags in KINDS.items():
        there = Killed(tmp_path_factory.mktemp(kind), [*flags.split(), *text])
        # What Python imports at first use is imported here once, and not in each fork.
        warm = ["--max-iters", "1", "--out", str(there.folder / "warm")]
        assert main.main([*there.begin, *warm]) == 0
        before = time.perf_counter()
        assert there.do(there.begin) == 0, there.said.read_text()
        found[kind] = there.left(), time.perf_counter() - before
        assert len(found[kind][0]) == 6
        assert there.step() == 40
    return found


@pytest.fixture
def kind():
    return "muon"  # unless a test says otherwise


@pytest.fixture
def killed(tmp_path, text, kind):
    return Killed(tmp_path, [*KINDS[kind].split(), *text])


def die(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)


def instead(owner, name, nth, new, suits=lambda *args: True):
    """Let the nth call of owner.name whose arguments suit do new(real, *args)."""
    real, calls = getattr(owner, name, open), itertools.count(1)

    def function(*args, **kwargs):
        if suits(*args) and next(calls) == nth:
            return new(real, *args, **kwargs)
        return real(*args, **kwargs)

    setattr(owner, name, function)


def writes(name):
    return lambda part, *_: part.name == f"{name}.part"


def half_written(then):
    """Write half of the bytes, then do something else."""

    def opened(real, *args):
        file = real(*args)
        write = file.raw.write if hasattr(file, "raw") else file.write

        class Half:
            def __enter__(self):
                return self

            def __exit__(self, *_):
                file.close()

            def write(self, raw):
                write(raw[: len(raw) // 2])
                then()

        return Half()

    return opened


def after(real, *args):
    real(*args)
    die()


def in_the_middle(real, model, batches):
    batches = list(batches)
    assert len(batches) == 2
    return real(model, itertools.chain(batches[:1], iter(die, None)))


def full():
    raise OSError(28, "No space left on device")


def at_replace(name, nth, new):
    return lambda: instead(Path, "replace", nth, new, writes(name))


# Where it is killed, and the step of the checkpoint that is there then: one comes after 5, 10, ...
POINTS = {
    "between the steps of Muon and AdamW": (
        lambda: instead(torch.optim.AdamW, "step", 18, die),
        15,
    ),
    # AdamW has two groups, so this is its 18th step, in which one is done.
    "in the middle of a step of AdamW": (lambda: instead(torch, "_fused_adamw_", 36, die), 15),
    "with half of a checkpoint written": (
        lambda: instead(atomic_files, "open", 3, half_written(die), writes(LAST)),
        10,
    ),
    "just before a checkpoint gets its name": (at_replace(LAST, 3, die), 10),
    "just after": (at_replace(LAST, 3, after), 15),
    "just after the best model has its name": (at_replace(MODEL, 3, after), 10),
    "while it measures": (lambda: instead(corpus, "evaluate", 4, in_the_middle), 10),
    "before its first checkpoint": (lambda: instead(torch.optim.AdamW, "step", 3, die), None),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("point", POINTS)
def test_killed_at(alone, killed, kind, point):
    prepare, step = POINTS[point]
    assert killed.do(killed.begin, prepare) == -signal.SIGKILL
    assert killed.step() == step
    assert (f"{LAST}.part" in killed.left()) == (
        point.startswith("with half") or point.startswith("just before")
    )
    assert "sample.txt" not in killed.left()
    killed.resume()
    assert killed.left() == alone[kind][0]


@pytest.mark.parametrize(
    ("name", "nth"),
    [("log.json", 2), ("log.json", 9), ("loss.png", 1), ("sample.txt", 1), (MODEL, 1)],
)
@pytest.mark.parametrize("new", [die, after])
def test_killed_where_another_file_gets_its_name(alone, killed, name, nth, new):
    assert killed.do(killed.begin, at_replace(name, nth, new)) == -signal.SIGKILL
    left = killed.left()
    assert (f"{name}.part" in left) == (new is die)
    assert killed.step() == {("log.json", 2): 10, (MODEL, 1): None}.get((name, nth), 40)
    killed.resume()
    assert killed.left() == alone["muon"][0]


def test_killed_before_it_is_a_run(killed):
    assert killed.do(killed.begin, at_replace("config.json", 1, die)) == -signal.SIGKILL
    assert killed.do(["resume", "run"]) == 2
    says = "main.py: 'run' is not a run, it holds no config.json: give the folder of one\n"
    assert killed.said.read_text() == says


@pytest.mark.parametrize("kind", KINDS)
def test_killed_at_any_time(alone, tmp_path, text, kind):
    """Early, late and in between; where in a step, and what comes after it, is left to chance."""
    wanted, seconds = alone[kind]
    draw = random.Random(kind)
    kept = set()
    for k in range(6):
        (tmp_path / str(k)).mkdir()
        killed = Killed(tmp_path / str(k), [*KINDS[kind].split(), *text])
        steps = draw.randrange(40 * k // 6, 40 * (k + 1) // 6)
        assert killed.kill_after(steps, draw.random() * seconds / 10) == -signal.SIGKILL
        kept.add(killed.step())
        assert (killed.step() or 0) >= (steps - 1) // 5 * 5
        killed.resume()
        assert killed.left() == wanted
    assert len(kept) >= 3


@pytest.mark.parametrize("kind", KINDS)
def test_killed_again_and_again(alone, killed, kind):
    wanted, seconds = alone[kind]
    draw = random.Random(kind)
    for _ in range(4):
        steps = draw.randrange(1, 10)
        assert killed.kill_after(steps, draw.random() * seconds / 40) == -signal.SIGKILL
    killed.resume()
    assert killed.left() == wanted


@pytest.mark.parametrize(
    ("prepare", "step"),
    [
        # The settings, then the best model, the checkpoint and the log, three times.
        (lambda: instead(os, "fsync", 8, lambda *_: full()), 10),
        (lambda: instead(os, "fsync", 9, lambda *_: full()), 10),
        (lambda: instead(os, "fsync", 10, lambda *_: full()), 15),
        (lambda: instead(atomic_files, "open", 3, half_written(full), writes(LAST)), 10),
    ],
    ids=["best model", "checkpoint", "log", "half of a checkpoint"],
)
def test_a_full_disk_leaves_the_last_checkpoint_and_what_it_needs_to_go_on(
    alone, killed, prepare, step
):
    assert killed.do(killed.begin, prepare) == 2
    last = killed.said.read_text().splitlines()[-1]
    assert last.startswith("main.py: could not write 'run/")
    assert "(No space left on device): make room there" in last
    assert killed.step() == step
    assert not any(name.endswith(".part") for name in killed.left())
    killed.resume()
    assert killed.left() == alone["muon"][0]
