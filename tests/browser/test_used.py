"""A notebook that a reader has run and saved in JupyterLab still passes `make test`."""

import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).parents[2]
CELLS = [
    "import matplotlib.pyplot as plt\nimport torch\nfrom gptlib import exercises, plot",
    "plot.use_style()\ntorch.manual_seed(0)\nplt.plot([1, 2])\nplt.title('A rise')\nplt.show()",
    "from gptlib.explorer import AttentionExplorer\nAttentionExplorer(torch.eye(3), list('abc'))",
    "print(torch.rand(1))",
    "def my_loss(probs):\n    return None\n\n\nprint(exercises.check_loss(my_loss))",
]
SAVED = "!jupyterapp.shell.currentWidget.context.model.dirty"
AGAIN = """() => {
    jupyterapp.shell.currentWidget.content.activeCellIndex = 3;
    jupyterapp.commands.execute('notebook:run-cell');
}"""


@pytest.mark.parametrize("again", [False, True])
def test_a_used_notebook_passes(lab, again):
    with lab.opened(lab.notebook(*CELLS), "used.ipynb") as page:
        if again:  # a cell whose output is another one each time
            page.evaluate(AGAIN)
            page.wait_for_selector(".jp-InputPrompt:has-text('[6]:')")
        page.evaluate("jupyterapp.commands.execute('docmanager:save')")
        page.wait_for_function(SAVED)
    saved = nbformat.read(lab.notebooks / "used.ipynb", as_version=4)
    order = [cell.execution_count for cell in saved.cells]
    assert order == ([1, 2, 3, 6, 5] if again else [1, 2, 3, 4, 5])
    assert "image/png" in saved.cells[1].outputs[0].data
    # Beside conftest.py, as the course's notebooks are.
    path = ROOT / "notebooks" / f"used-{again}.ipynb"
    try:
        nbformat.write(saved, path)
        command = [sys.executable, "-m", "pytest", "-q", "--nbval", str(path)]
        result = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    finally:
        path.unlink()
    assert result.returncode == 0, result.stdout
    assert "5 passed" in result.stdout
