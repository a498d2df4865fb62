"""Decides whether a cohort.yaml is sound, and what it says."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from assay.cohort.roster import Student, read_roster
from assay.course import did_you_mean
from assay.failure import Misuse
from assay.rubric.document import read_document
from assay.rubric.schema import complaint

NAME = "cohort.yaml"
_UNITS = {"minute": timedelta(minutes=1), "hour": timedelta(hours=1), "day": timedelta(days=1)}


@dataclass(frozen=True)
class Settings:
    """What is agreed on; without a file, every submission counts for the student whom its path names.

    `due` is by lesson, with None for all others; `penalty` and `most` are shares of a score, from 0 to 1.
    """

    students: Mapping[str, Student] = field(default_factory=dict)
    path: str | None = None
    attempts: str = "last"
    due: Mapping[str | None, datetime] = field(default_factory=dict)
    free_days: int = 0
    penalty: float = 0.0
    most: float = 1.0
    extra_time: Mapping[str, timedelta] = field(default_factory=dict)
    groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    excluded: tuple[str, ...] = ()
    excluded_students: tuple[str, ...] = ()
    assignments: Mapping[str, str] = field(default_factory=dict)

    def is_excluded(self, submission: str) -> bool:
        """Whether a path is not to be graded."""
        return any(fnmatchcase(submission, pattern) for pattern in self.excluded)

    def due_of(self, lesson: str | None) -> datetime | None:
        """Until when a lesson's submissions are in time."""
        return self.due.get(lesson, self.due.get(None))


def read_settings(path: Path, lessons: Iterable[str]) -> dict[str, Any]:
    """What the file and its roster say, as plain data that `settings_of` takes.

    Raises:
        Misuse: one sentence that names the file and the line or key, and how to mend it.
    """
    document = read_document(path, "what is agreed on for the cohort", "attempts: last", as_text=True)
    wrong = complaint(document, "cohort.schema.json")
    if wrong:
        raise Misuse(f"{path}: {wrong}")
    roster = read_roster(path.parent / document["roster"]) if "roster" in document else []
    made = {"document": document, "roster": roster}
    _require_known(path, document, roster, list(lessons))
    return made


def settings_of(said: Mapping[str, Any] | None) -> Settings:
    """The settings that `read_settings` read; None stands for no file."""
    if said is None:
        return Settings()
    document, late = said["document"], said["document"].get("late", {})
    exclude = document.get("exclude", {})
    return Settings(
        students={row["id"]: Student(**row) for row in said["roster"]},
        path=document.get("path"),
        attempts=document.get("attempts", "last"),
        due=_due(document.get("due", {})),
        free_days=int(late.get("days", 0)),
        penalty=_share(late.get("penalty", "0 %")),
        most=_share(late.get("at_most", "100 %")),
        extra_time={student: _length(text) for student, text in document.get("extra_time", {}).items()},
        groups={name: tuple(members) for name, members in document.get("groups", {}).items()},
        excluded=tuple(exclude.get("submissions", ())),
        excluded_students=tuple(exclude.get("students", ())),
        assignments=document.get("assignments", {}),
    )


def _require_known(path: Path, document: dict[str, Any], roster: list[dict[str, str]], lessons: list[str]) -> None:
    """What a schema cannot say: names must be those of lessons and students, and times those of a calendar."""
    due = document.get("due", {})
    times = {f"due.{lesson}": time for lesson, time in due.items()} if isinstance(due, dict) else {"due": due}
    for key, time in times.items():
        try:
            datetime.fromisoformat(time)
        except ValueError as error:
            raise Misuse(f"{path}: {key}: {time!r} is no time ({error}): correct it") from None
    for key in ("due", "assignments"):
        for lesson in document.get(key, {}) if isinstance(document.get(key), dict) else ():
            if lesson not in lessons:
                meant = did_you_mean(lesson, lessons)
                raise Misuse(f"{path}: {key}: there is no lesson {lesson!r}{meant}; correct it")
    students = [row["id"] for row in roster]
    for key, named in _students_named(document):
        if students and named not in students:
            meant = did_you_mean(named, students)
            raise Misuse(f"{path}: {key}: the roster has no student {named!r}{meant}; correct one of them")


def _students_named(document: dict[str, Any]) -> Iterable[tuple[str, str]]:
    for student in document.get("extra_time", {}):
        yield "extra_time", student
    for name, members in document.get("groups", {}).items():
        yield from ((f"groups.{name}", member) for member in members)
    for student in document.get("exclude", {}).get("students", ()):
        yield "exclude.students", student


def _due(said: str | dict[str, str]) -> dict[str | None, datetime]:
    if isinstance(said, str):
        return {None: datetime.fromisoformat(said)}
    return {lesson: datetime.fromisoformat(time) for lesson, time in said.items()}


def _share(text: str) -> float:
    return float(text.rstrip("% ")) / 100


def _length(text: str) -> timedelta:
    found = re.match(r"(\d+) ?([a-z]+?)s?$", text)
    assert found is not None  # the schema has let it through
    return int(found[1]) * _UNITS[found[2]]
