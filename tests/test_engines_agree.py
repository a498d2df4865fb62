"""The forked engine and a fresh Jupyter kernel for each notebook give the same verdicts."""

from __future__ import annotations

import dataclasses
import json

import pytest

from assay.course import lesson_files
from assay.declared import declared
from assay.proof import Mistake, apply, exercise_of_each_cell
from assay.rubric import validate_result

pytestmark = pytest.mark.slow

FILES = lesson_files("textual-inversion")
REFERENCE = json.loads(FILES.reference.read_text(encoding="utf-8"))


def first_exercises(count):
    """The reference notebook up to and with the exercise `count`."""
    numbers = exercise_of_each_cell(REFERENCE["cells"])
    pairs = zip(REFERENCE["cells"], numbers, strict=True)
    return REFERENCE | {"cells": [cell for cell, number in pairs if (number or 0) <= count]}


def a_mistake():
    """The first declared mistake of exercise 2, written into the reference and cut out."""
    change = next(c for c in declared(FILES) if isinstance(c, Mistake) and c.exercise == 2)
    return apply(REFERENCE, change)


def an_error():
    """An exercise that raises, and one behind it that does not."""
    notebook = first_exercises(2)
    places = exercise_of_each_cell(notebook["cells"])
    broken = {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None, "source": "1 / 0"}
    at = places.index(1) + 2
    return notebook | {"cells": [*notebook["cells"][:at], broken, *notebook["cells"][at:]]}


NOTEBOOKS = {"right": lambda: first_exercises(2), "a mistake": a_mistake, "an error": an_error}


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_both_engines_give_the_same_exercises(session, tmp_path, name):
    path = tmp_path / "textual_inversion.ipynb"
    path.write_text(json.dumps(NOTEBOOKS[name]()), encoding="utf-8")
    slow = dataclasses.replace(session, engine="nbclient")
    forked, fresh = (
        one.grade(str(path), tmp_path / one.engine, lambda step: None) for one in (session, slow)
    )  # fmt: skip
    for result in (forked, fresh):
        validate_result(result)
    assert (forked["runner"]["engine"], fresh["runner"]["engine"]) == ("fork", "nbclient")
    assert fresh["exercises"] == forked["exercises"]
    assert forked["score"] == fresh["score"] > 0
