"""Does a test notice when the library is wrong? One line is broken at a time (`make mutants`).

A mutant is a mistake that a learner makes and that still runs: right shapes, wrong values. The test
that is named must fail, and by an assertion; one that crashes would have shown itself anyway.
"""

import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@dataclass(frozen=True)
class Mutant:
    """Replace old, which stands once in gptlib/file, by new; then this test must fail."""

    file: str
    old: str
    new: str
    test: str

    def __str__(self):
        return f"{self.file}: {self.old} -> {self.new}"


MUTANTS = [
    # The targets are the inputs: the model learns to repeat what it is given.
    Mutant(
        "data.py",
        "return data[at], data[at + 1]",
        "return data[at], data[at]",
        "test_data.py::test_a_batch_is_what_a_plain_loop_cuts",
    ),
]


def copy(folder):
    """Copy the library and its tests, and link what they read."""
    for path in ROOT.glob("[!.]*"):
        if path.name in ("gptlib", "tests"):
            shutil.copytree(path, folder / path.name)
        elif path.is_dir():
            (folder / path.name).symlink_to(path)
        else:
            shutil.copy(path, folder)


def run(folder, tests):
    """Run tests in folder; its conftest.py lets them import the gptlib beside it."""
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--tb=line", *tests]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True)


def test_all_pass_on_the_library_as_it_is(tmp_path):
    copy(tmp_path)
    tests = {f"tests/{mutant.test}" for mutant in MUTANTS}
    # This one asserts that the copy is what is imported.
    result = run(tmp_path, ["tests/test_conftest.py::test_gptlib_is_this_folder", *sorted(tests)])
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize("mutant", MUTANTS, ids=str)
def test_mutant_is_noticed(tmp_path, mutant):
    copy(tmp_path)
    file = tmp_path / "gptlib" / mutant.file
    source = file.read_text(encoding="utf-8")
    assert source.count(mutant.old) == 1, f"{mutant.old!r} stands {source.count(mutant.old)} times"
    file.write_text(source.replace(mutant.old, mutant.new), encoding="utf-8")

    result = run(tmp_path, [f"tests/{mutant.test}"])
    assert result.returncode != 0, "no test failed"
    # A line for each failure: file, line, what was raised (or the assert statement itself).
    raised = re.findall(r"^/.*?:\d+: (\w+)", result.stdout, re.MULTILINE)
    assert raised, f"the tests did not run:\n{result.stdout}{result.stderr}"
    assert set(raised) <= {"assert", "AssertionError"}, f"it crashed:\n{result.stdout}"
