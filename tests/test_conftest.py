"""The promises of conftest.py, in this process and in one that it starts."""

import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

import gptlib

ROOT = Path(__file__).parent.parent
OFFLINE = ROOT / "tests" / "offline"


def child(code):
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)


@pytest.mark.parametrize("host", ["192.0.2.1", "example.org"])
def test_the_network_is_shut(host):
    with pytest.raises(OSError, match=f"shut in tests: no way to {host}"):
        socket.create_connection((host, 80), timeout=1)

    fetch = child(f"from urllib.request import urlopen; urlopen('http://{host}', timeout=1)")
    assert f"shut in tests: no way to {host}" in fetch.stderr


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_loopback_is_open(host):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        socket.create_connection((host, port), timeout=5).close()

        call = child(f"import socket; socket.create_connection(({host!r}, {port}), timeout=5)")
        assert call.returncode == 0, call.stderr


def test_gptlib_is_this_folder():
    assert Path(gptlib.__file__).parent == ROOT / "gptlib"
    assert Path(child("import gptlib; print(gptlib.__file__)").stdout).parent == ROOT / "gptlib"


def test_one_thread():
    assert os.environ["OMP_NUM_THREADS"] == "1"
    assert child("import torch; print(torch.get_num_threads())").stdout == "1\n"


def notebook(folder, *counts):
    """A notebook whose stored outputs are not what its cells print."""
    cells = [nbformat.v4.new_code_cell("print(1)", execution_count=n) for n in counts]
    for cell in cells:
        cell.outputs = [nbformat.v4.new_output("stream", text="2\n")]
    path = folder / "some.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
    return path


@pytest.mark.parametrize(
    ("counts", "passes"), [((1, 2), False), ((1, 3), True), ((2, 1), True), ((None, None), True)]
)
def test_outputs_of_a_notebook_that_was_used_are_not_compared(tmp_path, counts, passes):
    command = [sys.executable, "-m", "pytest", "--nbval", f"-c={ROOT / 'pyproject.toml'}"]
    shutil.copy(ROOT / "conftest.py", tmp_path)
    shutil.copytree(OFFLINE, tmp_path / "tests" / "offline")
    run = subprocess.run([*command, notebook(tmp_path, *counts)], capture_output=True, text=True)
    assert (run.returncode == 0) == passes, run.stdout
