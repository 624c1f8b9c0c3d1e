"""The tour runs from top to bottom, and says what it says in the repository."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

TOUR = Path(__file__).parents[1] / "notebooks" / "01_tour.ipynb"


def told(notebook: Any) -> list[str]:
    """The text that a notebook's cells print or show, pictures apart."""
    outputs = [o for cell in notebook.cells if cell.cell_type == "code" for o in cell.outputs]
    return [
        o.get("text") or o.data.get("text/markdown") or o.data["text/plain"]
        for o in outputs
        if "image/png" not in o.get("data", {})
    ]


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::RuntimeWarning", "ignore::UserWarning")
def test_the_tour_runs_and_has_not_drifted() -> None:
    nbformat = pytest.importorskip("nbformat")
    nbclient = pytest.importorskip("nbclient")
    kept = nbformat.read(TOUR, as_version=4)
    run = nbformat.read(TOUR, as_version=4)
    assert len(run.cells) == 10
    nbclient.NotebookClient(run, timeout=300, resources={"metadata": {"path": str(TOUR.parent)}}).execute()
    assert told(run) == told(kept)
    outputs = [o for cell in run.cells if cell.cell_type == "code" for o in cell.outputs]
    assert sum("image/png" in o.get("data", {}) for o in outputs) == 1
