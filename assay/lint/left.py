"""Decides what a lesson's files say themselves to be unfinished: drafts, TODOs, and reference cells left open."""

from __future__ import annotations

import re

from assay.declared import data_folder
from assay.lint.lesson import Lesson
from assay.rubric import MARKER, is_open

_TODO = re.compile(r"\bTODO\b[: ]*(.*)")


def look(lesson: Lesson) -> None:
    """Notes only: nothing here is wrong, only not done."""
    files = lesson.files
    for path in [files.rubric, files.checks, *sorted(data_folder(files).glob("*.py"))]:
        if path.is_file():
            text = path.read_text(encoding="utf-8", errors="replace").partition(MARKER)[0]
            for number, line in enumerate(text.splitlines(), 1):
                if todo := _TODO.search(line):
                    said = todo[1].strip(" \"'.:),") or "something is left to do here"
                    lesson.note("left.todo", path, number, f"still to do: {said}")
    if lesson.is_draft:
        what = "the lesson is a draft, so criteria without a mistake are no errors; remove 'draft' when all are proven"
        lesson.in_rubric("draft", ("draft",), what, "note")
    _open_cells(lesson)


def _open_cells(lesson: Lesson) -> None:
    notebook, rubric = lesson.reference, lesson.rubric
    if notebook is None or rubric is None:
        return
    complete = {exercise.number: exercise.level == "guided" for exercise in rubric.exercises}
    for exercise in notebook.exercises:
        cells = [
            c for c in exercise.cells if c.kind == "code" and is_open(c.source, complete.get(exercise.number, True))
        ]
        if cells:
            what = f"cell {cells[0].index}, in exercise {exercise.number}, still has something to fill in"
            lesson.note("left.open-cell", lesson.files.reference, None, f"{what}; solve it")
