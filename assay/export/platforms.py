"""Decides what Canvas and Moodle are given: a row for each student and a column for each lesson.

Both read the CSV files that they write. Canvas finds a student by its own id, the SIS user id or the login, and takes
the points that an assignment gives from a row of its own; a column whose name ends with the assignment's number in
brackets is that assignment, a name that it does not know makes a new one. Moodle asks which column says who it is (the
ID number or the email address) and which column belongs to which assignment. Canvas takes an empty cell for a mark that
is taken away, so nobody's mark is left out of a file that has the student in it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from assay.cohort import Row, Settings, Student
from assay.export.cells import Cell, table_text


def canvas_text(rows: Sequence[Row], settings: Settings) -> str:
    """A gradebook for Canvas' "Import"."""
    lessons = _lessons(rows)
    heads = ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", *_names(lessons, settings)]
    most: list[Cell] = ["Points Possible", None, None, None, None, *(_most(rows, lesson) for lesson in lessons)]
    students = [
        [s.name or s.id, s.canvas_id, s.sis_id or s.id, s.login, s.section, *_marks(s.id, lessons, rows)]
        for s in _students(rows, settings)
    ]
    return table_text(heads, [most, *students])


def moodle_text(rows: Sequence[Row], settings: Settings) -> str:
    """Marks for Moodle's "Import", "CSV file"."""
    lessons = _lessons(rows)
    heads = ["ID number", "Full name", "Email address", *_names(lessons, settings)]
    return table_text(
        heads,
        [[s.sis_id or s.id, s.name, s.email, *_marks(s.id, lessons, rows)] for s in _students(rows, settings)],
    )


def _lessons(rows: Sequence[Row]) -> list[str]:
    return sorted({row.result["lesson"] for row in rows if row.result["lesson"] is not None})


def _names(lessons: Sequence[str], settings: Settings) -> list[str]:
    return [settings.assignments.get(lesson, lesson) for lesson in lessons]


def _students(rows: Sequence[Row], settings: Settings) -> list[Student]:
    """Who has a place in the gradebook, sorted by id: the roster, or where there is none, those who handed in."""
    named: Mapping[str, Student] = settings.students or {
        row.student: Student(row.student) for row in rows if row.student is not None
    }
    return [named[name] for name in sorted(named) if name not in settings.excluded_students]


def _marks(student: str, lessons: Sequence[str], rows: Sequence[Row]) -> list[float | None]:
    marks = {row.result["lesson"]: row.mark for row in rows if row.counts and row.student == student}
    return [marks.get(lesson) for lesson in lessons]


def _most(rows: Sequence[Row], lesson: str) -> float | None:
    """What a lesson gives, with what waits for a person; some submissions of it may not be graded."""
    found = [r.result["max_score"] + r.result["pending"] for r in rows
             if r.result["lesson"] == lesson and r.result["max_score"] is not None]  # fmt: skip
    return max(found, default=None)
