"""The scripts in notebooks/experiments, and the tables that they have written."""

import csv
import importlib.util
from pathlib import Path

EXPERIMENTS = Path(__file__).parent.parent / "notebooks" / "experiments"


def script(name):
    """A script as a module, of which nothing has run."""
    spec = importlib.util.spec_from_file_location(f"experiments_{name}", EXPERIMENTS / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def rows(name):
    with open(EXPERIMENTS / f"{name}.csv", encoding="utf-8") as file:
        return list(csv.DictReader(file))
