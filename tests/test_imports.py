"""Imports point one way, and importing defines things and does nothing else."""

import ast
import re
import subprocess
import sys
from fnmatch import fnmatch
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import gptlib

HERE = Path(gptlib.__file__).parent

# A module imports from its own line and from the lines above it. A package is one module here.
# Each stands as high as it can: so what serves any model, such as `train`, stands above them all.
ORDER = """
    __init__
    unwrap eval_mode atomic_files device board log undrawn overlap laws
    command_line
    config tokenizer world
    settings comprehension task_inputs
    data papers french families web
    bpe word_bpe comparison
    token_files documents
    texts
    optim checkpoint cache positions pairs
    train sampling attention
    writing narrow layers lookups
    bigram ngram lstm attention_only transformer gpt
    answers corpus summary cost translation alignment inference published lora finetune heads
    run prompts
    run_folder trial pace
    fit
    commands
    exercises
"""

# The same, inside the package `world`.
WORLD = """
    entry story
    lexicon grammar
    telling events plots* tasks_plots kinds
    predictor questions
    tales
    entropy tasks
    __init__
"""

# And inside the package `web`.
WEB = """
    document phrases pages
    kind translator
    mixture readings register languages diaries letters
    summaries talks numbers words lists
    kinds asked examples
    __init__
"""

# These take text and arrays and know no model; nothing else imports them, or what they draw with,
# but the one module that writes a picture of a run's losses into its folder.
PICTURES = {"plot", "explorer"}
DRAWING = {"matplotlib", "ipywidgets"}
MAY_DRAW = {"run_folder": {"plot"}}

# An upper floor adds models and tokenizers of its own, and these two must not have to know of it.
EXTENSIBLE = ["checkpoint", "tokenizer"]

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
    for name in order.split():
        assert any(fnmatch(module, name) for module in edges), f"{name} is a module no more"
    for module, others in edges.items():
        assert module in place, f"{module} has no place in the order of tests/test_imports.py"
        for other in others:
            assert other in place and place[other] <= place[module], f"{module} imports {other}"
    TopologicalSorter(edges).prepare()  # raises CycleError where two on one line need each other


def reached(edges, module):
    """What a module imports, itself or through others, and the module."""
    found, new = set(), {module}
    while new:
        found |= new
        new = set().union(*(edges[other] for other in new)) - found
    return found


def classes(path):
    """The names of the classes that a file defines, and of what each of them inherits from."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ClassDef):
            yield node.name, {ast.unparse(base).split(".")[-1] for base in node.bases}


def names_in_code(path):
    """Every name and attribute in a file, and every word of its strings but for docstrings."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    kinds = (ast.Module, ast.ClassDef, ast.FunctionDef)
    documented = [node.body for node in ast.walk(tree) if isinstance(node, kinds)]
    docstrings = {id(body[0].value) for body in documented if isinstance(body[0], ast.Expr)}
    for node in ast.walk(tree):
        match node:
            case ast.Name(name) | ast.Attribute(attr=name):
                yield name
            case ast.Constant(str(text)) if id(node) not in docstrings:
                yield from re.findall(r"\w+", text)


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
    models = {
        module: others - MAY_DRAW.get(module, set())
        for module, others in edges.items()
        if module not in PICTURES
    }
    check_order(models, ORDER)
    check_order(graph("gptlib.world", HERE / "world"), WORLD)
    check_order(graph("gptlib.web", HERE / "web"), WEB)


def test_pictures_know_no_model():
    edges = graph("gptlib", HERE)
    for module in PICTURES:
        assert edges[module] <= PICTURES, f"{module} imports {edges[module]}"


def test_nothing_draws_but_what_may():
    edges = graph("gptlib", HERE)
    draws = {module: others & PICTURES for module, others in edges.items()}
    assert {m: o for m, o in draws.items() if o and m not in PICTURES} == MAY_DRAW


@pytest.mark.parametrize("module", EXTENSIBLE)
def test_what_an_upper_floor_extends_knows_nothing_above_it(module):
    edges = graph("gptlib", HERE)
    modules = [name for name in edges if (HERE / f"{name}.py").exists()]
    bases = dict(pair for name in modules for pair in classes(HERE / f"{name}.py"))
    above = {"Module", "Tokenizer"}  # and all that are made from them
    while more := {name for name, of in bases.items() if of & above} - above:
        above |= more
    assert above > {"GPT", "Transformer", "Bigram", "NarrowAttention", "CharTokenizer"}
    own = {name for name, _ in classes(HERE / f"{module}.py")}
    known = set(names_in_code(HERE / f"{module}.py"))
    assert not known & (above - own - {"Module", "Tokenizer"})
    assert all(
        not {name for name, _ in classes(HERE / f"{other}.py")} & above
        for other in reached(edges, module) - {module, "tokenizer"}
    )


def test_importing_writes_and_fetches_nothing():
    edges = graph("gptlib", HERE)
    run_imports(edges)
    may = {module for module in edges if reached(edges, module) & {*PICTURES, *MAY_DRAW}}
    assert may == {*PICTURES, "run_folder", "fit", "commands"}
    assert not run_imports(set(edges) - may) & DRAWING
