"""The form of the notebooks as they are committed, which strict nbval does not see.

`make lint` runs this; `make test` does not, since readers run cells in another order and add some.
"""

import re
from pathlib import Path
from statistics import median

import nbformat
import pytest

ROOT = Path(__file__).parent.parent
PATHS = sorted((ROOT / "notebooks").glob("*.ipynb"))
NOTEBOOKS = {path.name: nbformat.read(path, as_version=4) for path in PATHS}
README = (ROOT / "README.md").read_text(encoding="utf-8")

MARKDOWN_IMAGE = re.compile(r"!\[(?P<alt>[^\]]*)\]\((?P<src>[^)\s]*)")
HTML_IMAGE = re.compile(r"<img\b[^>]*>")
LINK = re.compile(r"\]\((?!https?:|#)(?P<to>[^)\s#]+)")
ASSERTION = re.compile(r"^\s*assert\b|\bassert_(close|allclose|equal)\(", re.MULTILINE)
OPENING = ("You will build", "You have", "Takes")


def images(text):
    """Each image in a markdown text as (alt, src); None is an attribute that is missing."""
    for found in MARKDOWN_IMAGE.finditer(text):
        yield found["alt"], found["src"]
    for tag in HTML_IMAGE.findall(text):
        attributes = dict(re.findall(r"""(\w+)\s*=\s*["']([^"']*)["']""", tag))
        yield attributes.get("alt"), attributes.get("src")


def check_images(text, folder):
    for alt, src in images(text):
        assert alt, f"the image {src} has no alt text"
        assert src and (folder / src).is_file(), f"{src} is no file of this repository"


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def outputs(notebook):
    return [output for cell in code_cells(notebook) for output in cell.outputs]


@pytest.fixture(params=NOTEBOOKS)
def name(request):
    return request.param


@pytest.fixture
def notebook(name):
    return NOTEBOOKS[name]


def test_it_is_valid_and_saves_no_widgets(notebook):
    nbformat.validate(notebook)
    assert "widgets" not in notebook.metadata, "GitHub may refuse to show it"


def test_it_was_run_from_top_to_bottom(notebook):
    # nbval compares nothing for a cell without an execution count.
    counts = [cell.execution_count for cell in code_cells(notebook)]
    assert counts == list(range(1, len(counts) + 1)), "run `make notebooks`"
    assert outputs(notebook), "no cell has an output"


def test_it_opens_with_what_a_reader_asks_first(notebook):
    opening = notebook.cells[0]
    assert opening.cell_type == "markdown"
    assert opening.source.startswith("# ")
    for words in OPENING:
        assert f"**{words}**" in opening.source


def test_it_and_the_readme_say_how_long_it_takes(name, notebook):
    takes = re.search(r"\*\*Takes\*\* (\d+ s) on 2 CPU cores", notebook.cells[0].source)
    assert takes, "run `make time`"
    rows = [row for row in README.splitlines() if f"(notebooks/{name})" in row and row[0] == "|"]
    assert len(rows) == 1
    assert rows[0].endswith(f"| {takes[1]} |"), "run `make time`"


def test_it_is_short(notebook):
    words = sum(len(c.source.split()) for c in notebook.cells if c.cell_type == "markdown")
    lines = [len(list(filter(str.strip, c.source.splitlines()))) for c in code_cells(notebook)]
    assert words <= 4000 and len(lines) <= 50 and median(lines) <= 8


def test_links_lead_to_files(notebook):
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            for to in LINK.findall(cell.source):
                assert (ROOT / "notebooks" / to).exists(), to


def test_links_of_pages_lead_to_files():
    for page in [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *ROOT.glob("*/README.md")]:
        for to in LINK.findall(page.read_text(encoding="utf-8")):
            assert (page.parent / to).exists(), f"{page.name}: {to}"


def test_it_ends_with_the_ways_on(name, notebook):
    end = notebook.cells[-1].source.splitlines()[-1]
    assert f"[solutions/{Path(name).stem}.py](solutions/{Path(name).stem}.py)" in end
    assert "**Before:**" in end or name.startswith("00")
    assert "**Next:**" in end


def test_pictures_in_outputs_are_described(notebook):
    for output in outputs(notebook):
        if "image/png" in output.get("data", {}):
            assert len(output.metadata.get("image/png", {}).get("alt", "")) > 10, output.data


def test_images_are_ours_and_described(notebook):
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            check_images(cell.source, ROOT / "notebooks")


def test_images_of_the_readme_are_ours_and_described():
    check_images(README, ROOT)


def test_nothing_is_printed_to_stderr(notebook):
    for output in outputs(notebook):
        assert output.get("name") != "stderr", output.text


def test_no_output_holds_an_address_in_memory(notebook):
    for output in outputs(notebook):
        text = output.get("text") or output.get("data", {}).get("text/plain", "")
        assert not re.search(r"\b0x[0-9a-fA-F]{8,}", text), text


def test_no_cell_hides_its_result(notebook):
    # nbval does not know that a final semicolon hides the result; plt.show() ends a figure's cell.
    for cell in code_cells(notebook):
        assert not cell.source.rstrip().endswith(";"), cell.source


def test_what_may_differ_is_rare_and_asserted(notebook):
    cells = code_cells(notebook)
    free = [i for i, c in enumerate(cells) if "nbval-ignore-output" in c.metadata.get("tags", [])]
    assert len(free) <= 3
    for i in free:
        here_and_next = "\n".join(cell.source for cell in cells[i : i + 2])
        assert ASSERTION.search(here_and_next), f"nothing is asserted of\n{cells[i].source}"


def test_nothing_is_skipped(notebook):
    for cell in code_cells(notebook):
        assert "nbval-skip" not in cell.metadata.get("tags", []), cell.source
        assert not re.search(r"^\s*#\s*(NBVAL|PYTEST)", cell.source, re.MULTILINE), "use a tag"


def test_prose_comes_between_code(notebook):
    kinds = "".join(cell.cell_type[0] for cell in notebook.cells)
    assert "cccc" not in kinds, "more than three code cells without a word between them"
