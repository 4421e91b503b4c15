"""What a dataclass holds can be said on a command line, and what is raised becomes an exit code."""

import json
import sys
from dataclasses import dataclass

import pytest
from simple_parsing import field

from gptlib import command_line


@dataclass(frozen=True)
class Home:
    """Where it lives."""

    rooms: int = 2  # how many
    garden: bool = False  # whether there is one


@dataclass(frozen=True)
class Pet:
    """A pet."""

    name: str = "Mia"  # what it is called
    legs: int = 4  # how many
    age: float | None = None  # in years, if that is known
    likes: tuple[str, ...] = ("milk",)  # what it likes
    home: Home = Home()

    def __post_init__(self):
        if self.legs < 0:
            raise ValueError(f"legs is {self.legs}: give 0 or more")


@dataclass(frozen=True)
class Walk:
    """Walk an animal."""

    animal: str = field(positional=True, metavar="ANIMAL")  # which one
    far: int = 1  # how far
    seen: tuple[str, ...] = ()  # what was seen


def parse(*argv):
    commands = {"": Pet, "walk": Walk}
    return command_line.parse(list(argv), "pet.py", "About pets.", commands, no_flags=("born",))


def refused(capsys, *argv):
    """The sentence with which argv is refused."""
    with pytest.raises(SystemExit) as stop:
        parse(*argv)
    out, err = capsys.readouterr()
    assert (stop.value.code, out) == (2, "")
    assert err.startswith("pet.py: ") and err.count("\n") == 1
    return err.removeprefix("pet.py: ").removesuffix("\n")


def test_fields_are_flags_or_words():
    assert parse() == (Pet(), set())
    assert parse("--legs", "3", "--name", "Tom") == (Pet("Tom", 3), {"legs", "name"})
    assert parse("--rooms=5", "--garden") == (Pet(home=Home(5, True)), {"rooms", "garden"})
    assert parse("--nogarden") == (Pet(), {"garden"})
    assert parse("walk", "dog", "--far", "3") == (Walk("dog", 3), {"far"})
    assert parse("walk", "walk") == (Walk("walk"), set())


@pytest.mark.parametrize("value", ["-x", "-", "--x", "-1", "- she said", "a=b", "--legs=3", ""])
def test_any_text_can_be_the_value_of_a_flag(value):
    assert parse(f"--name={value}", "--legs", "3").settings == Pet(value, 3)
    if value.split("=")[0] != "--legs":
        try:
            settings, _ = parse("--name", value, "--legs", "3")
        except SystemExit:
            pytest.fail("it was taken for a flag")
        assert settings == Pet(value, 3)


def test_several_values_of_one_flag():
    assert parse("--likes", "milk", "-", "fish", "--legs", "3").settings.likes == (
        "milk",
        "-",
        "fish",
    )


@pytest.mark.parametrize(
    ("argv", "says"),
    [
        (["walk"], "the following arguments are required: ANIMAL, before the flags: see python"),
        (["run"], "unrecognized arguments: run: see python pet.py --help"),
        (["--le", "3"], "unrecognized arguments: --le 3: see python pet.py --help"),
        (["--legs", "x"], "argument --legs: invalid int value: 'x': see python pet.py --help"),
        (["walk", "dog", "--legs", "1"], "unrecognized arguments: --legs 1: see python pet.py wal"),
        (["--age", "old"], "argument --age: invalid float value: 'old': see python pet.py --help"),
        (["--legs", "-1"], "legs is -1: give 0 or more"),
    ],
)
def test_words_that_say_nothing(capsys, argv, says):
    assert refused(capsys, *argv).startswith(says)


@pytest.mark.parametrize("flag", ["--legs", "--age", "--name", "--likes"])
@pytest.mark.parametrize("then", [[], ["--garden"], ["--legs", "3"]])
def test_a_flag_without_its_value(capsys, flag, then):
    """As where the shell puts nothing in the place of a variable that is not set."""
    some = "at least one" if flag == "--likes" else "one"
    says = f"argument {flag}: expected {some} argument: see python pet.py --help"
    assert refused(capsys, flag, *then) == says


def test_help_says_what_there_is_before_anything_else(capsys):
    for argv, told in (
        (["--help"], ["usage: pet.py [-h]", "About pets.", "--age float ", "how many (def"]),
        (["walk", "--help"], ["usage: pet.py walk [-h]", "Walk an animal.", "ANIMAL", "how far"]),
        (["walk", "--far", "x", "-h"], ["usage: pet.py walk [-h]"]),
    ):
        with pytest.raises(SystemExit) as stop:
            parse(*argv)
        out = capsys.readouterr().out
        if "x" not in argv:
            assert stop.value.code == 0
            assert all(part in out for part in told)


# From a file


def write(tmp_path, name, content):
    path = tmp_path / name
    path.write_text(content)
    return str(path)


TOML = """
name = "-Tom"
age = 2.5
likes = ["fish", "milk"]
born = "in spring"

[home]
rooms = 7
garden = true
"""


def test_flags_from_a_file(tmp_path):
    path = write(tmp_path, "pet.toml", TOML)
    settings = Pet("-Tom", 4, 2.5, ("fish", "milk"), Home(7, True))
    given = {"name", "age", "likes", "rooms", "garden", "config"}
    assert parse("--config", path) == (settings, given)
    seen = write(tmp_path, "seen.toml", "seen = ['a', 'b']")
    try:
        settings, _ = parse("walk", "dog", "--config", seen)
    except SystemExit:
        pytest.fail("the word is gone")
    assert settings == Walk("dog", seen=("a", "b"))
    # What is said on the command line counts more, wherever it stands.
    for argv in (["--config", path, "--rooms", "3"], ["--rooms", "3", f"--config={path}"]):
        assert parse(*argv).settings.home == Home(3, True)
    assert parse("--config", path, "--nogarden").settings.home == Home(7, False)
    path = write(tmp_path, "walk.toml", "far = 4")
    assert parse("walk", "dog", "--config", path) == (Walk("dog", 4), {"far", "config"})


def test_flags_from_json(tmp_path):
    table = {"name": "Tom", "age": None, "likes": ["fish"], "garden": False, "born": 3, "rooms": 3}
    path = write(tmp_path, "pet.json", json.dumps(table))
    assert parse("--config", path).settings == Pet("Tom", likes=("fish",), home=Home(3))


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("pet.toml", "legs = ", "'{}' is not a table in TOML (Invalid value (at end of document))"),
        ("pet.json", "{", "'{}' is not a table in JSON (Expecting property name"),
        ("pet.json", "[1]", "'{}' is not a table in JSON ("),
        ("pet.toml", "wings = 2", "wings in '{}' is not a setting: remove it, or correct its name"),
        ("pet.toml", "legs = 'x'", "argument --legs: invalid int value: 'x'"),
        ("pet.toml", "legs = -2", "legs is -2: give 0 or more"),
        (None, "", "could not read '{}' (No such file or directory)"),
    ],
)
def test_a_file_that_says_no_flags(tmp_path, capsys, name, content, says):
    path = str(tmp_path / "none") if name is None else write(tmp_path, name, content)
    assert refused(capsys, "--config", path).startswith(says.format(path))


# Exit codes


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

    assert command_line.run("pet.py", feed) == code
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(f"pet.py: {says}") and err.count("\n") == 1


def test_what_goes_well_is_0():
    assert command_line.run("pet.py", lambda: None) == 0


def test_a_mistake_of_ours_is_not_hidden():
    def feed():
        raise RuntimeError("mat1 and mat2 shapes cannot be multiplied")

    with pytest.raises(RuntimeError, match="mat1"):
        command_line.run("pet.py", feed)


def test_nobody_reads(capsys, monkeypatch):
    def feed():
        raise BrokenPipeError

    monkeypatch.setattr(sys, "stdout", sys.stdout)  # put back afterwards
    assert command_line.run("pet.py", feed) == 1
    assert sys.stdout is None  # or Python would say so once more when it ends
    assert capsys.readouterr().err == ""


def test_what_is_printed_is_out_before_the_code(monkeypatch):
    class Full:
        def write(self, text):
            pass

        def flush(self):
            raise BrokenPipeError

    monkeypatch.setattr(sys, "stdout", Full())
    assert command_line.run("pet.py", lambda: print("miaow")) == 1
