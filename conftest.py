"""What holds for every test, and for every Python that a test starts, notebook kernels included."""

import os
import runpy
from contextlib import suppress
from pathlib import Path

ROOT = Path(__file__).parent
OFFLINE = ROOT / "tests" / "offline"

# Two threads are slower than one for models as small as ours, and much slower on a busy machine.
os.environ["OMP_NUM_THREADS"] = "1"

# A Python that starts runs the first `sitecustomize` it finds, and this one shuts the network.
# It also finds the gptlib of this folder first, wherever another one may be installed.
os.environ["PYTHONPATH"] = os.pathsep.join([str(OFFLINE), str(ROOT)])
runpy.run_path(str(OFFLINE / "sitecustomize.py"))

# Hypothesis tries the same examples each time and sets no deadline, so that a slow machine fails
# nothing. Readers have no hypothesis, and need none to test a notebook.
with suppress(ImportError):
    from hypothesis import settings

    settings.load_profile("ci")


def pytest_collection_modifyitems(items):
    """Compare no outputs of a notebook that somebody has used cell by cell: they may well differ.

    Its cells still have to run. `make lint` sees to it that none is committed like that.
    """
    for item in items:
        if item.name.startswith("Cell ") and hasattr(item, "cell") and _used(item.parent.nb):
            item.options["check"], item.cell.outputs = False, []


def _used(notebook):
    counts = [cell.execution_count for cell in notebook.cells if cell.cell_type == "code"]
    return counts != list(range(1, len(counts) + 1))


def pytest_report_header(config):
    if not any("tests/browser" in arg for arg in config.args):
        return "browser tests left out: make test-browser runs them"
