"""Run the notebooks (all, or those named) as a reader would: in this folder, from top to bottom.

python notebooks/build.py execute [NOTEBOOK ...]   store their outputs
python notebooks/build.py time [NOTEBOOK ...]      write their run times into them and the README
"""

import argparse
import math
import os
import re
import sys
from pathlib import Path
from time import perf_counter

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

HERE = Path(__file__).resolve().parent
README = HERE.parent / "README.md"
TAKES = re.compile(r"(?<=\*\*Takes\*\* )\S+(?= s on 2 CPU cores)")
WIDGET = "application/vnd.jupyter.widget-view+json"


def run(path):
    """Return the executed notebook, and the seconds it took with the start of the kernel."""
    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(
        notebook,
        timeout=600,
        kernel_name="python3",
        extra_arguments=["--log-level=ERROR"],
        record_timing=False,
        store_widget_state=False,
        # What a cell prints arrives in pieces that differ from run to run.
        coalesce_streams=True,
        resources={"metadata": {"path": str(HERE)}},
    )
    start = perf_counter()
    try:
        client.execute()
    except CellExecutionError as error:
        sys.exit(f"{path.name} stops at an error.\n{error}")
    return notebook, perf_counter() - start


def execute(path):
    """Store a notebook's outputs, and nothing that tells one run or machine from another."""
    notebook, _ = run(path)
    notebook.metadata.pop("widgets", None)
    notebook.metadata.kernelspec = {
        "name": "python3",
        "display_name": "Python 3",
        "language": "python",
    }
    notebook.metadata.language_info = {"name": "python"}
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            if "image/png" in data:  # the picture stands in for the widget where no kernel runs
                data.pop(WIDGET, None)
    return write(path, nbformat.writes(notebook) + "\n")


def time(path):
    """Write a notebook's seconds into its opening cell and its row of the README's table."""
    _, seconds = run(path)
    takes = str(5 * math.ceil(seconds / 5))  # rounded up, or each run would give another number

    notebook = nbformat.read(path, as_version=4)
    opening = notebook.cells[0]
    opening.source, found = TAKES.subn(takes, opening.source)
    if found != 1:
        sys.exit(f"{path.name} does not open with one line '**Takes** N s on 2 CPU cores'.")
    row = re.compile(rf"^(\|.*\(notebooks/{path.name}\).*\|)[^|]*\|$", re.MULTILINE)
    readme, found = row.subn(rf"\1 {takes} s |", README.read_text(encoding="utf-8"))
    if found != 1:
        sys.exit(f"README.md has no row for (notebooks/{path.name}) in its table.")
    write(path, nbformat.writes(notebook) + "\n")
    write(README, readme)
    return f"{seconds:.1f} s"


def write(path, text):
    if path.read_text(encoding="utf-8") == text:
        return "unchanged"
    path.write_text(text, encoding="utf-8", newline="\n")
    return "stored"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("command", choices=["execute", "time"])
    parser.add_argument("notebooks", nargs="*", type=Path, default=sorted(HERE.glob("*.ipynb")))
    options = parser.parse_args()
    # One thread, as in the tests, so that a sum is added up in the same order on every machine.
    os.environ["OMP_NUM_THREADS"] = "1"
    command = {"execute": execute, "time": time}[options.command]
    for path in options.notebooks:
        print(f"{path.name}: {command(path)}", flush=True)
