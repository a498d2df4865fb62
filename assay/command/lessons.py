"""Decides which lessons can be graded, and refuses a rubric or checks file that is not sound before anything runs."""

from __future__ import annotations

import itertools
import json
import re
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from assay.course import LessonFiles, lesson_files, lessons
from assay.execution.imports import imports_of
from assay.intake import Exercise, Notebook, cell_digest, find_lesson, read_notebook
from assay.rubric import CellSequence, ExerciseState, Rubric, load_rubric, sequence_of, untouched, verify_checks

_REPOSITORY = re.compile(r"""["']([\w.-]+/[\w.-]+)\\?["']""")  # in JSON, the quotes of Python stand behind backslashes


@dataclass(frozen=True)
class Lesson:
    """A lesson's files and its rubric with the claims filled in."""

    files: LessonFiles
    rubric: Rubric

    @property
    def wanted(self) -> list[list[object]]:
        """[exercise number, check name] of every automatic criterion."""
        return [[e.number, c.check] for e in self.rubric.exercises for c in e.criteria if c.check is not None]

    @property
    def sources(self) -> list[str]:
        """What the reference notebook names as one names a repository; the judge finds out which are any."""
        reference = self.files.reference
        if not reference.is_file():
            return [str(source) for source in _told(self.files).get("sources", [])]
        return sorted(set(_REPOSITORY.findall(reference.read_text(encoding="utf-8"))))

    @cached_property
    def course(self) -> tuple[CellSequence, ...]:
        """What the course hands out: the published notebooks, and the reference up to the first exercise in which it
        is a solution."""
        reference = self.files.reference
        if not reference.is_file():
            return self.rubric.sequences
        given = {0, *(exercise.number for exercise in self.rubric.exercises if exercise.level == "guided")}
        cells = sequence_of(read_notebook(reference.read_bytes(), str(reference)))
        return (*self.rubric.sequences, tuple(itertools.takewhile(lambda cell: cell[0] in given, cells)))

    def not_attempted(self, notebook: Notebook) -> dict[int, ExerciseState]:
        """The exercises that were left as they were handed out; one that has no heading is told with the score."""
        by_number: dict[int, Exercise] = {exercise.number: exercise for exercise in notebook.exercises}
        return {
            e.number: ExerciseState("not_attempted")
            for e in self.rubric.exercises
            if e.number in by_number and untouched(by_number[e.number], e.published)
        }


def load_lessons() -> dict[str, Lesson]:
    """Every lesson of the course by slug.

    Raises:
        Misuse: a rubric, or the checks that it names, are not sound; the message says what and how to mend it.
    """
    found = {}
    for slug in lessons():
        files = lesson_files(slug)
        found[slug] = Lesson(files, verify_checks(load_rubric(files.rubric), files.checks))
    return found


def lesson_of(notebook: Notebook, known: dict[str, Lesson], wanted: str | None) -> Lesson:
    """The lesson of a notebook; raises Rejected when it is none that is known, or another than `wanted`."""
    return known[find_lesson(notebook, {slug: lesson.rubric for slug, lesson in known.items()}, wanted)]


def warm_imports(known: dict[str, Lesson]) -> list[list[str]]:
    """What the reference notebooks import."""
    pairs: dict[tuple[str, ...], None] = {}
    for files in (lesson.files for lesson in known.values()):
        found = imports_of(files.reference) if files.reference.is_file() else _told(files).get("imports", [])
        pairs |= dict.fromkeys(tuple(pair) for pair in found)
    return [list(pair) for pair in pairs]


def _told(files: LessonFiles) -> dict[str, Any]:
    """What a package for students says in place of the reference."""
    told: dict[str, Any] = json.loads(files.facts.read_text(encoding="utf-8")) if files.facts.is_file() else {}
    return told


def is_published(known: dict[str, Lesson], slug: str | None, source: str) -> bool:
    """Whether a cell is the course's own, by digest."""
    if slug not in known:
        return False
    digest = cell_digest(source)
    return any(digest == cell.digest for e in known[slug].rubric.exercises for cell in e.published)
