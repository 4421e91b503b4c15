"""The explorers that the notebooks show, in JupyterLab.

Of a notebook only the statements are run that an explorer needs: that all run, nbval tests.
"""

import ast
import json
import symtable
from pathlib import Path

import nbformat
import pytest
import test_browser as attention
import test_prompts as prompts
import test_reading as reading
import test_sampling as sampling
import test_tokens as tokens

KINDS = {
    "AttentionExplorer(": attention,
    "PromptExplorer(": prompts,
    "ReadingExplorer(": reading,
    "SamplingExplorer(": sampling,
    "TokenExplorer(": tokens,
}
SHOWN = {
    path: [kind for name, kind in KINDS.items() if name in path.read_text(encoding="utf-8")]
    for path in sorted((Path(__file__).parents[2] / "notebooks").glob("*.ipynb"))
}


def names(statement):
    """The names that a statement binds or changes, and those that it uses."""
    table = symtable.symtable(ast.unparse(statement), "statement", "exec")
    bound = {name.get_name() for name in table.get_symbols() if name.is_local()}
    for node in ast.walk(statement):
        match node:
            case ast.Attribute(ast.Name(name), _, ast.Store()):
                bound.add(name)
            case ast.Subscript(ast.Name(name), _, ast.Store()):
                bound.add(name)
    used = {name.get_name() for name in table.get_symbols() if name.is_referenced()}
    inside = table.get_children()
    for inner in inside:  # grows
        used |= {name.get_name() for name in inner.get_symbols() if name.is_global()}
        inside += inner.get_children()
    return bound, used


def shortened(notebook):
    """A notebook with only the cells that show explorers, and what binds the names in these."""
    cells, wanted = [], set()
    for source in [cell.source for cell in notebook.cells if cell.cell_type == "code"][::-1]:
        shows, kept = any(kind in source for kind in KINDS), []
        for statement in reversed(ast.parse(source).body):
            bound, used = names(statement)
            if shows or bound & wanted:
                kept.append(ast.unparse(statement))
                wanted = wanted - bound | used
        cells += [nbformat.v4.new_code_cell("\n".join(kept[::-1]))] if kept else []
    return nbformat.v4.new_notebook(cells=cells[::-1], metadata=notebook.metadata)


@pytest.mark.parametrize(
    "path", [path for path, kinds in SHOWN.items() if kinds], ids=lambda path: path.name
)
def test_notebook(lab, screenshot, path):
    """The last explorer of each kind: a cell at the end tells what its arrays say."""
    notebook, kinds = shortened(nbformat.read(path, as_version=4)), SHOWN[path]
    notebook.cells += [nbformat.v4.new_code_cell(kind.TELL.strip()) for kind in kinds]
    with lab.opened(notebook, path.name) as page:
        for n, kind in enumerate(kinds):
            cell = page.locator(".jp-CodeCell").nth(n - len(kinds))
            told = json.loads(cell.locator(".jp-OutputArea-output pre").text_content())
            explorer = kind.Explorer.told(page, told)
            screenshot(page, f"before-{n}")
            explorer.move_all()
            screenshot(page, f"after-{n}")
