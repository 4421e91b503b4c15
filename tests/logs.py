"""The scripts in notebooks/logs, and the tables that they have written."""

import csv
import importlib.util
from pathlib import Path

LOGS = Path(__file__).parent.parent / "notebooks" / "logs"


def script(name):
    """A script as a module, of which nothing has run."""
    spec = importlib.util.spec_from_file_location(f"logs_{name}", LOGS / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def rows(name):
    with open(LOGS / f"{name}.csv", encoding="utf-8") as file:
        return list(csv.DictReader(file))
