"""The explorers that the notebooks show, after all cells have run in JupyterLab."""

import json
from pathlib import Path

import nbformat
import pytest
import test_browser as attention
import test_reading as reading
import test_sampling as sampling
import test_tokens as tokens

KINDS = {
    "AttentionExplorer(": attention,
    "ReadingExplorer(": reading,
    "SamplingExplorer(": sampling,
    "TokenExplorer(": tokens,
}
SHOWN = {
    path: [kind for name, kind in KINDS.items() if name in path.read_text(encoding="utf-8")]
    for path in sorted((Path(__file__).parents[2] / "notebooks").glob("*.ipynb"))
}


@pytest.mark.parametrize(
    "path", [path for path, kinds in SHOWN.items() if kinds], ids=lambda path: path.name
)
def test_notebook(lab, screenshot, path):
    """The last explorer of each kind: a cell at the end tells what its arrays say."""
    notebook, kinds = nbformat.read(path, as_version=4), SHOWN[path]
    notebook.cells += [nbformat.v4.new_code_cell(kind.TELL.strip()) for kind in kinds]
    with lab.opened(notebook, path.name) as page:
        for n, kind in enumerate(kinds):
            cell = page.locator(".jp-CodeCell").nth(n - len(kinds))
            told = json.loads(cell.locator(".jp-OutputArea-output pre").text_content())
            explorer = kind.Explorer.told(page, told)
            screenshot(page, f"before-{n}")
            explorer.move_all()
            screenshot(page, f"after-{n}")
