"""Decides what a result is worth with the marks that people entered, and what differs between two results."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

Result = dict[str, Any]
Place = tuple[int, str]  # exercise number, criterion
JUDGED = ("graded", "tampered")  # the states of a result whose criteria mean something


@dataclass(frozen=True)
class Mark:
    """Points that a person gave; they count for the notebook that the person has seen, and for no later version."""

    submission: str
    notebook: str
    lesson: str
    exercise: int
    criterion: str
    points: float
    comment: str | None = None

    @property
    def place(self) -> Place:
        """Where in a result it belongs."""
        return self.exercise, self.criterion


def with_marks(result: Result, marks: Iterable[Mark]) -> Result:
    """The result with these marks of its own submission in place of what the machine said.

    Marks for another version of the notebook, and for criteria that the rubric no longer has, do not count; a note says
    so, because nobody's work may vanish silently.
    """
    if result["state"] not in JUDGED:
        return result
    marked, notes = deepcopy(result), []
    criteria = {(e["number"], c["id"]): (e, c) for e in marked["exercises"] for c in e["criteria"]}
    for mark in sorted(marks, key=lambda mark: (mark.exercise, mark.criterion, mark.notebook)):
        if mark.lesson != marked["lesson"]:
            continue
        given = f"A person gave {mark.points:g} points for {mark.criterion} of exercise {mark.exercise}"
        if mark.place not in criteria:
            notes.append(f"{given}, which the rubric does not ask for any more.")
        elif mark.notebook == marked["sha256"]:
            _enter(mark, *criteria[mark.place], marked)
        else:
            notes.append(f"{given} on another version of the notebook: look at this one.")
    marked["notes"] = [*marked["notes"], *notes]
    return marked


def _enter(mark: Mark, exercise: dict[str, Any], criterion: dict[str, Any], result: Result) -> None:
    points = min(mark.points, criterion["max_score"])  # the rubric may have come to give less for it
    waits = criterion["kind"] == "manual" and criterion["state"] == "unchecked"
    for total in (exercise, result):
        if waits:
            total["pending"] = round(total["pending"] - criterion["max_score"], 2)
        if total["score"] is not None:  # a tampered result has no score until somebody has looked at the whole
            total["score"] = round(total["score"] - criterion["score"] + points, 2)
        if waits and total["max_score"] is not None:
            total["max_score"] = round(total["max_score"] + criterion["max_score"], 2)
    criterion["score"], criterion["state"] = points, "passed" if points > 0 else "failed"
    criterion["seen"] = mark.comment or "marked by a person"
    criterion["help"] = criterion["misconception"] = None


def differences(was: Result | None, became: Result) -> Iterator[tuple[Place | None, str | None, str]]:
    """(place, before, after) of all that changed in marks; the place None stands for the whole submission."""
    before, after = _standing(was), _standing(became)
    if was is None:  # the first result is one entry and not one for each criterion
        yield None, None, after[None]
        return
    for place in dict.fromkeys([*before, *after]):
        if before.get(place) != after.get(place):
            yield place, before.get(place), after.get(place, "no longer asked for")


def _standing(result: Result | None) -> dict[Place | None, str]:
    if result is None:
        return {}
    whole = f"{result['state']} {_of(result)}"
    return {None: whole} | {
        (e["number"], c["id"]): f"{c['state']} {_of(c)}" for e in result["exercises"] for c in e["criteria"]
    }


def _of(part: dict[str, Any]) -> str:
    if part["score"] is None or part["max_score"] is None:
        return "without a score"
    return f"{part['score']:g}/{part['max_score']:g}"
