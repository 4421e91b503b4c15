"""Every mutant finds its place, what it breaks there and its test; `make mutants` runs them."""

from pathlib import Path

import pytest
from mutants import MUTANTS, Mutant, find_places, find_tests, locate, named_test

ROOT = Path(__file__).parent.parent
HALF = '''
"""What is cut."""

KINDS = {"dog": "animal"}


@property
def half(x, width=2):
    """x / 2"""
    return wide(
        x,
        width,
    )[: len(x) // 2]


class Cut:
    def forward(self, x):
        def inner(y):
            return y + 1

        if (y := inner(x)) > 1:
            y = y + 1
        return half(x)
'''


@pytest.fixture
def course(tmp_path):
    """A course whose gptlib is two modules and whose tests are three."""
    written = {
        "gptlib/cut.py": HALF,
        "gptlib/plot/__init__.py": "def half(ax):\n    return ax\n",
        "main.py": "def go_on():\n    return half(1)\n",
        "tests/test_cut.py": "def test_half():\n    pass\n\n\ndef test_sizes():\n    pass\n",
        "tests/test_plot.py": "def test_sizes():\n    pass\n",
    }
    for name, text in written.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    return find_places(tmp_path), find_tests(tmp_path)


def fault(find, mutant, among):
    with pytest.raises(ValueError) as raised:
        find(mutant, among)
    return str(raised.value).removeprefix(f"{mutant}: ")


def test_every_mutant_finds_its_place_and_its_test():
    places, tests = find_places(ROOT), find_tests(ROOT)
    faults = []
    for mutant in MUTANTS:
        for find, among in ((locate, places), (named_test, tests)):
            try:
                find(mutant, among)
            except ValueError as error:
                faults.append(str(error))
    if faults:
        pytest.fail("\n".join(faults), pytrace=False)


@pytest.mark.parametrize(
    "place, old, stands",
    [
        ("cut:half", "wide(x, width", "wide(\n        x,\n        width"),
        ("cut:half", "@property", "@property"),
        ("Cut.forward", "half(x)", "half(x)"),
        ("Cut.forward", "y = y + 1", "y = y + 1"),
        ("Cut.forward.inner", "y + 1", "y + 1"),
        ("Cut", "return y+1", "return y + 1"),
        ("KINDS", '"animal"', '"animal"'),
        ("cut:", "What is cut", "What is cut"),
        ("plot:half", "return ax", "return ax"),
        ("main:go_on", "half(1)", "half(1)"),
    ],
)
def test_a_place_is_found_by_name_and_white_space_does_not_count(course, place, old, stands):
    found, start, end = locate(Mutant(place, old, "", ""), course[0])
    assert found.source[start:end] == stands


@pytest.mark.parametrize(
    "place, old, says",
    [
        ("half", "return ax", "half may be cut:half or plot:half"),
        ("third", "return ax", "nothing is called third; 'return ax' stands in plot:half"),
        ("go_on", "half(1)", "nothing is called go_on; 'half(1)' stands in main:go_on"),
        (
            "cut:half",
            "return half(x)",
            "'return half(x)' stands 0 times in cut:half; 'return half(x)' stands in Cut.forward",
        ),
        ("cut:half", "narrow(x", "'narrow(x' stands 0 times in cut:half"),
        ("cut:half", "idth", "'idth' stands 0 times in cut:half"),
        ("KINDS", "y > 1", "'y > 1' stands 0 times in KINDS"),
        ("Cut.forward", "y + 1", "'y + 1' stands 2 times in Cut.forward"),
    ],
)
def test_a_place_that_is_not_found_is_told(course, place, old, says):
    assert fault(locate, Mutant(place, old, "", ""), course[0]) == says


def test_a_test_is_found_by_name_or_told(course):
    def mutant(test):
        return Mutant("KINDS", "dog", "cat", test)

    tests = course[1]
    assert named_test(mutant("test_half"), tests) == "tests/test_cut.py::test_half"
    assert named_test(mutant("test_plot.py::test_sizes"), tests) == "tests/test_plot.py::test_sizes"
    assert fault(named_test, mutant("test_third"), tests) == "tests/ has no test_third"
    says = "test_sizes may be test_cut.py::test_sizes or test_plot.py::test_sizes"
    assert fault(named_test, mutant("test_sizes"), tests) == says
