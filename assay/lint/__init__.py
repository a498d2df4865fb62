"""Decides whether a lesson's files fit each other, by reading them: no notebook, no check and no model runs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from assay.course import LessonFiles, lesson_files, lessons
from assay.failure import Misuse
from assay.lint import checks, declared, left, proofs, reference, replays, rubric
from assay.lint.finding import Finding
from assay.lint.lesson import read_lesson
from assay.rubric import Rubric, load_rubric

__all__ = ["Finding", "lint", "lint_lesson"]


def lint(slugs: Iterable[str]) -> list[Finding]:
    """What is not right about these lessons, errors and notes, lesson by lesson in the order of their files.

    Raises:
        Misuse: there is no such lesson.
    """
    every = list(slugs)
    files = [lesson_files(slug) for slug in every]
    rubrics = _readable(lesson_files(slug) for slug in lessons())
    return [finding for one in files for finding in lint_lesson(one, rubrics)]


def lint_lesson(files: LessonFiles, rubrics: Mapping[str, Rubric]) -> list[Finding]:
    """What is not right about one lesson; `rubrics` are those of all lessons that a notebook might belong to."""
    lesson = read_lesson(files)
    rubric.look(lesson)
    checks.look(lesson)
    reference.look(lesson, rubrics)
    replays.look(lesson)
    proofs.look(lesson, declared.look(lesson))
    left.look(lesson)
    return sorted(lesson.findings, key=lambda one: (one.file, one.line or 0, one.kind))


def _readable(files: Iterable[LessonFiles]) -> dict[str, Rubric]:
    found = {}
    for one in files:
        try:
            found[one.slug] = load_rubric(one.rubric)
        except Misuse:  # its own lesson's finding
            continue
    return found
