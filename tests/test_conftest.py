"""The promises of conftest.py, in this process and in one that it starts."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

import gptlib

ROOT = Path(__file__).parent.parent


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
