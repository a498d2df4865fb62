"""Decides what of a rubric is handed out: what public criteria need, and no word about any other."""

from __future__ import annotations

from typing import Any

import yaml

from assay.rubric import Rubric, RubricExercise
from assay.rubric.document import read_document

HEADER = "# Made by `grade.py package`: the public criteria of this lesson.\n"


def public_names(rubric: Rubric) -> set[str]:
    """Names of the checks that some public criterion rests on."""
    return {
        criterion.check for exercise in rubric.exercises for criterion in exercise.criteria
        if criterion.check is not None and criterion.visibility == "public"
    }  # fmt: skip


def public_rubric(rubric: Rubric, checks: str) -> str:
    """The rubric's YAML without criteria that are not public (none that is public may require one), and without
    replays that no public check asks for; `checks` is the text of those that are handed out."""
    document = read_document(rubric.path)
    for written, exercise in zip(document["exercises"], rubric.exercises, strict=True):
        _clear(written, exercise, checks)
    document["exercises"] = [written for written in document["exercises"] if written["criteria"]]
    return HEADER + yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=120)


def _clear(written: dict[str, Any], exercise: RubricExercise, checks: str) -> None:
    pairs = list(zip(written["criteria"], exercise.criteria, strict=True))
    written["criteria"] = [one for one, criterion in pairs if criterion.visibility == "public"]
    replays = [spec for spec in written.get("replays", ()) if repr(str(spec["name"])) in checks]
    written.pop("replays", None)
    if replays:
        written["replays"] = replays
