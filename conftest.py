"""What holds for every test, and for every Python that a test starts, notebook kernels included."""

import os
import runpy
from pathlib import Path

ROOT = Path(__file__).parent
OFFLINE = ROOT / "tests" / "offline"

# Two threads are slower than one for models as small as ours, and much slower on a busy machine.
os.environ["OMP_NUM_THREADS"] = "1"

# A Python that starts runs the first `sitecustomize` it finds, and this one shuts the network.
# It also finds the gptlib of this folder first, wherever another one may be installed.
os.environ["PYTHONPATH"] = os.pathsep.join([str(OFFLINE), str(ROOT)])
runpy.run_path(str(OFFLINE / "sitecustomize.py"))


def pytest_report_header(config):
    if not any("tests/browser" in arg for arg in config.args):
        return "browser tests left out: make test-browser runs them"
