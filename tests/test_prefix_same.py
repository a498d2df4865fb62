"""Shared and unshared execution of one notebook give equal verdicts, equal evidence, and equal executed notebooks."""

from __future__ import annotations

import dataclasses
import json

import pytest
from sameness import evidence_digest, without_seconds

from assay.course import lesson_files
from assay.proof import exercise_of_each_cell
from assay.rubric import validate_result
from assay.sandbox.probe import missing

pytestmark = pytest.mark.slow


def first_exercises(slug, count):
    """The reference notebook up to and with the exercise `count`."""
    cells = json.loads(lesson_files(slug).reference.read_text(encoding="utf-8"))
    numbers = exercise_of_each_cell(cells["cells"])
    kept = [cell for cell, number in zip(cells["cells"], numbers, strict=True) if (number or 0) <= count]
    return cells | {"cells": kept}


def last_cell(cells, exercise):
    """Where the last code cell of an exercise stands."""
    places = exercise_of_each_cell(cells)
    return max(n for n, cell in enumerate(cells) if places[n] == exercise and cell["cell_type"] == "code")


def changed(notebook, exercise, addition):
    """With a line of a student's own at the end of an exercise."""
    cells = list(notebook["cells"])
    at = last_cell(cells, exercise)
    cells[at] = cells[at] | {"source": "".join(cells[at]["source"]) + f"\n{addition}"}
    return notebook | {"cells": cells}


NOTEBOOKS = {
    "two exercises": (lambda: changed(first_exercises("textual-inversion", 2), 2, "new_id = 0"), 15),
    "a death inside a shared exercise": (
        lambda: changed(first_exercises("textual-inversion", 2), 1, "import os; os._exit(3)"),
        0,
    ),
    "a set-up before replays": (lambda: first_exercises("clip", 2), 2),
}
CASES = [
    ("two exercises", "limits"), ("two exercises", "namespaces"), ("a death inside a shared exercise", "lockdown"),
    ("a set-up before replays", "lockdown"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "tier"), CASES)
def test_sharing_changes_nothing_that_is_judged_or_shown(session, tmp_path, tier, name):
    if missing(tier) is not None:
        pytest.skip(str(missing(tier)))
    make, least = NOTEBOOKS[name]
    path = tmp_path / "notebook.ipynb"
    path.write_text(json.dumps(make()), encoding="utf-8")
    tmp_path.chmod(0o711)
    results, digests, shown = [], [], []
    for shared in (False, True):
        folder = tmp_path / f"run-{len(results)}"
        one = dataclasses.replace(session, tier=tier, shared=shared)
        results.append(one.grade(str(path), folder, lambda step: None))
        validate_result(results[-1])
        digests.append(evidence_digest(folder))
        shown.append([(folder / name).read_text() for name in ("executed.ipynb", "printed.json", "replays.json")])
    told = json.loads((folder / "shared.json").read_text())
    assert told["cells"] >= least, told
    assert results[0]["state"] == "graded"
    assert without_seconds(results[0]) == without_seconds(results[1])
    assert digests[0] == digests[1]
    assert shown[0] == shown[1]
