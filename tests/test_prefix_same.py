"""Shared and unshared execution of one notebook give equal verdicts, equal evidence, and equal executed notebooks."""

from __future__ import annotations

import dataclasses
import json

import pytest
from sameness import evidence_digest, without_seconds

from assay.course import lesson_files
from assay.proof import Mistake, apply, exercise_of_each_cell
from assay.proving import declared
from assay.rubric import validate_result
from assay.sandbox.probe import missing
from assay.sandbox.tiers import TIERS

pytestmark = pytest.mark.slow

AVAILABLE = [tier for tier in TIERS if missing(tier) is None]


def first_exercises(slug, count):
    """The reference notebook up to and with the exercise `count`."""
    cells = json.loads(lesson_files(slug).reference.read_text(encoding="utf-8"))
    numbers = exercise_of_each_cell(cells["cells"])
    kept = [cell for cell, number in zip(cells["cells"], numbers, strict=True) if (number or 0) <= count]
    return cells | {"cells": kept}


def with_a_mistake(slug, exercise):
    """A declared mistake written into the reference and cut out."""
    files = lesson_files(slug)
    whole = json.loads(files.reference.read_text(encoding="utf-8"))
    return apply(whole, next(c for c in declared(files) if isinstance(c, Mistake) and c.exercise == exercise))


def with_an_exit(slug, exercise):
    """An exercise whose process ends itself in its last cell."""
    notebook = first_exercises(slug, exercise + 1)
    places = exercise_of_each_cell(notebook["cells"])
    last = max(n for n, of in enumerate(places) if of == exercise)
    ended = {
        "cell_type": "code",
        "metadata": {},
        "outputs": [],
        "execution_count": None,
        "source": "import os; os._exit(3)",
    }
    return notebook | {"cells": [*notebook["cells"][: last + 1], ended, *notebook["cells"][last + 1 :]]}


NOTEBOOKS = {
    "a mistake behind two shared exercises": (lambda: with_a_mistake("textual-inversion", 2), 7),
    "a death inside a shared exercise": (lambda: with_an_exit("textual-inversion", 1), 0),
    "a set-up and an exercise with replays": (lambda: first_exercises("clip", 2), 2),
}


@pytest.mark.parametrize("tier", AVAILABLE)
@pytest.mark.parametrize("name", NOTEBOOKS)
def test_sharing_changes_nothing_that_is_judged_or_shown(session, tmp_path, tier, name):
    make, least = NOTEBOOKS[name]
    path = tmp_path / "notebook.ipynb"
    path.write_text(json.dumps(make()), encoding="utf-8")
    tmp_path.chmod(0o711)
    results, digests, shown = [], [], []
    for shared in (False, True, True):
        folder = tmp_path / f"run-{len(results)}"
        one = dataclasses.replace(session, tier=tier, shared=shared)
        results.append(one.grade(str(path), folder, lambda step: None))
        validate_result(results[-1])
        digests.append(evidence_digest(folder))
        shown.append([(folder / name).read_text() for name in ("executed.ipynb", "printed.json", "replays.json")])
    told = json.loads((folder / "shared.json").read_text())
    assert told["cells"] >= least, told
    assert results[0]["state"] == "graded"
    assert without_seconds(results[0]) == without_seconds(results[1]) == without_seconds(results[2])
    assert digests[0] == digests[1] == digests[2]
    assert shown[0] == shown[1] == shown[2]
