"""A file is whole or what it was before, whatever happens on the way."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from gptlib.atomic_files import read_file, write_csv, write_file


def test_a_file_is_written_and_replaced(tmp_path):
    path = tmp_path / "file"
    write_file(path, b"one")
    assert path.read_bytes() == b"one"
    write_file(str(path), b"two")
    assert path.read_bytes() == b"two"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("call", ["fsync", "replace"])
@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch, call, error):
    def fail(*args):
        raise error

    path = tmp_path / "file"
    path.write_bytes(b"old")
    monkeypatch.setattr(*{"fsync": (os, "fsync"), "replace": (Path, "replace")}[call], fail)
    with pytest.raises(type(error)) as caught:
        write_file(path, b"new and longer")
    assert list(tmp_path.iterdir()) == [path]
    assert path.read_bytes() == b"old"
    if isinstance(error, OSError):
        assert f"could not write {str(path)!r} (No space left on device): " in str(caught.value)


@pytest.mark.parametrize("folder", ["none", "file"])
def test_a_folder_that_is_not_there(tmp_path, folder):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(OSError, match="could not write .*: make room there, or choose a folder"):
        write_file(tmp_path / folder / "name", b"new")


def test_what_cannot_be_read(tmp_path):
    for path in (tmp_path, tmp_path / "none"):
        with pytest.raises(OSError, match="could not read .*: make it a file that you may read"):
            read_file(path)


KILLED = """
import os, signal, sys
from pathlib import Path
from gptlib.atomic_files import write_file
owner = {"fsync": os, "replace": Path}[sys.argv[2]]
setattr(owner, sys.argv[2], lambda *_: os.kill(os.getpid(), signal.SIGKILL))
write_file(sys.argv[1], b"new and longer")
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="Windows has no SIGKILL")
@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_a_kill_leaves_the_old_file_and_the_next_attempt_works(tmp_path, call):
    path = tmp_path / "file"
    path.write_bytes(b"old")
    assert subprocess.run([sys.executable, "-c", KILLED, path, call]).returncode == -9
    assert path.read_bytes() == b"old"
    write_file(path, b"new")
    assert path.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [path]


def test_a_table_is_a_line_of_names_and_one_for_each_row(tmp_path):
    write_csv(tmp_path / "t.csv", ({"what": what, "seed": 1} for what in ("a, b", "c")))
    assert (tmp_path / "t.csv").read_bytes() == b'what,seed\n"a, b",1\nc,1\n'
