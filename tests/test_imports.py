"""Imports point one way, and importing defines things and does nothing else."""

import ast
import subprocess
import sys
from fnmatch import fnmatch
from graphlib import TopologicalSorter
from pathlib import Path

import gptlib

HERE = Path(gptlib.__file__).parent

# A module imports from its own line and from the lines above it. A package is one module here.
ORDER = """
    __init__
    files modes
    config tokenizer data world papers french pairs
    positions cache
    attention
    narrow layers
    bigram reader transformer gpt
    train sampling checkpoint summary prompts finetune
    run
    translation
    sft reward ppo
    chat
    exercises
"""

# The same, inside the package `world`.
WORLD = """
    entry story
    lexicon grammar
    telling events plots* kinds
    predictor questions
    tales
    entropy
    __init__
"""

# These take text and arrays and know no model; nothing else imports them, or what they draw with.
PICTURES = {"plot", "explorer"}
DRAWING = {"matplotlib", "ipywidgets"}

# Imports all modules twice. The first time loads other people's libraries, which may well write
# their caches; the second time, only our own lines run, and a hook watches them.
IMPORT = """
import importlib, sys
modules = sys.argv[1:]
for module in modules:
    importlib.import_module(module)
for module in [m for m in sys.modules if m.startswith("gptlib")]:
    del sys.modules[module]

def watch(event, args):
    if event == "open" and not isinstance(args[0], int) and set(args[1] or "") & set("wax+"):
        raise RuntimeError(f"writes {args[0]} when imported")
    if event.startswith(("socket.", "subprocess.", "os.mkdir", "os.remove", "os.rename")):
        raise RuntimeError(f"does {event} when imported")

sys.addaudithook(watch)
for module in modules:
    importlib.import_module(module)
print(*sys.modules)
"""


def imported(path):
    """The full names of what a file imports, at its top or inside a function."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name} has a relative import: write the whole name"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def graph(package, folder):
    """For each module of a package, which others of the package it imports from."""
    files = {path.stem: [path] for path in folder.glob("*.py")}
    packages = [init.parent for init in folder.glob("*/__init__.py")]
    files |= {inner.name: list(inner.glob("*.py")) for inner in packages}
    edges = {}
    for module, paths in files.items():
        names = [name.split(".") for path in paths for name in imported(path)]
        depth = package.count(".") + 1
        inner = {name[depth] for name in names if name[:depth] == package.split(".")}
        edges[module] = inner & set(files) - {module}
    return edges


def check_order(edges, order):
    lines = [line.split() for line in order.split("\n")]
    place = {
        module: i
        for module in edges
        for i, patterns in enumerate(lines)
        if any(fnmatch(module, pattern) for pattern in patterns)
    }
    for module, others in edges.items():
        assert module in place, f"{module} has no place in the order of tests/test_imports.py"
        for other in others:
            assert other in place and place[other] <= place[module], f"{module} imports {other}"
    TopologicalSorter(edges).prepare()  # raises CycleError where two on one line need each other


def run_imports(modules):
    """Import modules in a Python of their own; the names of all that were loaded."""
    names = [f"gptlib.{module}" for module in sorted(modules)]
    # -B writes no bytecode, which would count as a file written.
    command = [sys.executable, "-B", "-c", IMPORT, *names]
    child = subprocess.run(command, capture_output=True, text=True)
    assert child.returncode == 0, child.stderr
    return set(child.stdout.split())


def test_imports_point_one_way():
    edges = graph("gptlib", HERE)
    models = {module: others for module, others in edges.items() if module not in PICTURES}
    check_order(models, ORDER)
    check_order(graph("gptlib.world", HERE / "world"), WORLD)


def test_pictures_know_no_model():
    edges = graph("gptlib", HERE)
    for module in PICTURES & set(edges):
        assert edges[module] <= PICTURES, f"{module} imports {edges[module]}"


def test_importing_writes_and_fetches_nothing():
    modules = set(graph("gptlib", HERE))
    run_imports(modules)
    assert not run_imports(modules - PICTURES) & DRAWING
