"""Decides what Gradescope is given: for each submission the results.json that an autograder leaves there."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from assay.cohort import Row, Settings
from assay.report import plain

# Gradescope shows a test at once, after the due date, or never; the rubric's words mean the same
VISIBILITY = {"public": "visible", "hidden": "hidden", "after_due_date": "after_due_date"}


def gradescope_text(rows: Sequence[Row], settings: Settings) -> str:
    """One document for one submission, as Gradescope takes it; a list of such documents for several, each of which
    says in `extra_data` whose it is."""
    once = {row.submission: row for row in rows}  # a group's submission is one, whoever is in it
    documents = [_document(row) for row in once.values()]
    return json.dumps(documents[0] if len(documents) == 1 else documents, indent=1) + "\n"


def _document(row: Row) -> dict[str, Any]:
    result = row.result
    made: dict[str, Any] = {
        "output": plain(_output(result)),
        "output_format": "text",
        "visibility": "visible",
        "stdout_visibility": "hidden",
        "tests": [],
        "extra_data": {"submission": row.submission, "lesson": result["lesson"], "state": result["state"]},
    }
    if result["state"] == "rejected":
        made["score"] = 0.0  # it cannot be read as a submission: the student hands in again
    elif result["score"] is not None:
        made["score"] = result["score"]
        made["tests"] = [
            _test(exercise, criterion) for exercise in result["exercises"] for criterion in exercise["criteria"]
        ]
    return made  # without a score, and without tests to add up, Gradescope says that a person must look


def _output(result: Mapping[str, Any]) -> str:
    if result["score"] is None:
        return str(result["reason"])
    waiting = f" {result['pending']:g} points are still to be given by a person." if result["pending"] else ""
    return f"{result['score']:g} of {result['max_score']:g} points.{waiting}"


def _test(exercise: Mapping[str, Any], criterion: Mapping[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = {
        "name": plain(criterion["claim"]),
        "number": f"{exercise['number']}",
        "max_score": criterion["max_score"],
        "output": plain("\n".join(criterion[key] for key in ("seen", "misconception", "help") if criterion[key])),
        "output_format": "text",
        "visibility": VISIBILITY[criterion["visibility"]],
        "extra_data": {"id": criterion["id"]},
    }
    if criterion["kind"] == "automatic" or criterion["state"] != "unchecked":
        made["score"] = criterion["score"]
    if criterion["state"] != "unchecked":
        made["status"] = criterion["state"]
    return made
