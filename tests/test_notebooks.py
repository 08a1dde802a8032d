"""The notebooks run, and show what is in them."""

from itertools import groupby
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

NOTEBOOKS = sorted((Path(__file__).parent.parent / "docs" / "notebooks").glob("*.ipynb"))


def shown(notebook):
    """What cells print or return as text; pictures are of the same data, but other bytes elsewhere."""
    texts = []
    for cell in notebook.cells:
        # how many parts a cell prints its lines in depends on how long it takes
        for printing, outputs in groupby(cell.get("outputs", []), lambda output: output["output_type"] == "stream"):
            parts = [output.get("text") or output.get("data", {}).get("text/plain") for output in outputs]
            texts += ["".join(parts)] if printing else parts
    return texts


@pytest.mark.parametrize("path", NOTEBOOKS, ids=[path.stem for path in NOTEBOOKS])
def test_notebook_runs_and_prints_what_it_shows(path, tmp_path):
    notebook = nbformat.read(path, as_version=4)
    before = shown(notebook)
    assert len(before) > 4
    NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(tmp_path)}}).execute()
    assert shown(notebook) == before


def test_there_are_four():
    assert len(NOTEBOOKS) == 4
