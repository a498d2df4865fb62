"""Small cohorts, and what is left of them without what differs between two runs of the same."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from commands import small_notebook

from assay.rubric import validate_result, without_measured

COSINE = "import torch\ntorch.nn.functional.cosine_similarity(torch.ones(2), torch.ones(2), dim=0)"
CLIP = "# CLIP"  # another lesson's title


def small_cohort(folder: Path) -> Path:
    """Four files of two lessons in two folders; one cannot be read, and Jupyter's copy of another is none."""
    for below in ("b", ".ipynb_checkpoints"):
        (folder / below).mkdir(parents=True)
    small_notebook(folder / "ada.ipynb", COSINE)
    small_notebook(folder / "b" / "zed.ipynb", "x = 1", title=CLIP)
    small_notebook(folder / "b" / "eve.ipynb", "1 / 0")
    small_notebook(folder / ".ipynb_checkpoints" / "ada.ipynb", "x = 1")
    (folder / "c.ipynb").write_text("no notebook")
    return folder


IDS = ["ada.ipynb", "b/eve.ipynb", "b/zed.ipynb", "c.ipynb"]


def results_in(out: Path) -> list[dict[str, Any]]:
    """What results.json holds; every result is valid."""
    results = json.loads((out / "results.json").read_text(encoding="utf-8"))
    for result in results:
        validate_result(result)
    return results


def without_seconds(results: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What must be equal when the same is graded twice."""
    return [without_measured(result) for result in results]
