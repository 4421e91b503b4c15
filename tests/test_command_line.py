"""What a function takes can be said on a command line, and what it raises becomes an exit code."""

import sys
from dataclasses import dataclass

import pytest

from gptlib import command_line


@dataclass(frozen=True)
class Pet:
    """A pet."""

    name: str = "Mia"  # what it is called
    legs: int = 4  # how many

    def __post_init__(self):
        if self.legs < 0:
            raise ValueError(f"legs is {self.legs}: give 0 or more")


def run(*argv, feed=None):
    """The exit code, and what each command was called with."""

    def pet(settings: Pet):
        called.append(settings)

    def walk(animal: str, settings: Pet) -> None:
        called.append((animal, settings))

    called = []
    code = command_line.run(list(argv), "pet.py", "About pets.", pet, {"walk": walk, "feed": feed})
    return code, called


def test_fields_are_flags_and_other_parameters_words():
    assert run() == (0, [Pet()])
    assert run("--legs", "3", "--name", "Tom") == (0, [Pet("Tom", 3)])
    assert run("walk", "dog", "--legs", "3") == (0, [("dog", Pet(legs=3))])
    assert run("walk", "walk") == (0, [("walk", Pet())])


@pytest.mark.parametrize(
    ("argv", "says"),
    [
        (["walk"], "the following arguments are required: ANIMAL: see python pet.py --help"),
        (["run"], "unrecognized arguments: run: see python pet.py --help"),
        (["--le", "3"], "unrecognized arguments: --le 3: see python pet.py --help"),
        (["--legs", "x"], "argument --legs: invalid int value: 'x': see python pet.py --help"),
    ],
)
def test_words_that_say_nothing(capsys, argv, says):
    with pytest.raises(SystemExit) as stop:
        run(*argv)
    assert stop.value.code == 2
    assert capsys.readouterr() == ("", f"pet.py: {says}\n")


def test_a_setting_that_is_refused(capsys):
    assert run("--legs", "-1") == (2, [])
    assert capsys.readouterr() == ("", "pet.py: legs is -1: give 0 or more\n")


@pytest.mark.parametrize(
    ("error", "code", "says"),
    [
        (ValueError("no food: buy some"), 2, "no food: buy some"),
        (OSError("the bowl is gone"), 2, "the bowl is gone"),
        (KeyboardInterrupt(), 130, "stopped"),
        (KeyboardInterrupt("stopped; go on"), 130, "stopped; go on"),
        (MemoryError(), 2, "not enough memory: try a smaller batch_size, block_size or n_embd"),
        (RuntimeError("can't allocate"), 2, "not enough memory: try a smaller batch_size, block"),
        (RuntimeError("CUDA out of memory"), 2, "not enough memory: try a smaller batch_size, b"),
    ],
)
def test_what_goes_wrong_is_one_sentence_and_a_code(capsys, error, code, says):
    def feed():
        raise error

    assert run("feed", feed=feed) == (code, [])
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(f"pet.py: {says}") and err.count("\n") == 1


def test_a_mistake_of_ours_is_not_hidden():
    def feed():
        raise RuntimeError("mat1 and mat2 shapes cannot be multiplied")

    with pytest.raises(RuntimeError, match="mat1"):
        run("feed", feed=feed)


def test_nobody_reads(capsys, monkeypatch):
    def feed():
        raise BrokenPipeError

    monkeypatch.setattr(sys, "stdout", sys.stdout)  # put back afterwards
    assert run("feed", feed=feed) == (1, [])
    assert sys.stdout is None  # or Python would say so once more when it ends
    assert capsys.readouterr().err == ""


def test_what_is_printed_is_out_before_the_code(monkeypatch):
    class Full:
        def write(self, text):
            pass

        def flush(self):
            raise BrokenPipeError

    def feed():
        print("miaow")

    monkeypatch.setattr(sys, "stdout", Full())
    assert run("feed", feed=feed) == (1, [])
