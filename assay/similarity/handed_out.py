"""Decides which cells are the course's own, and to which lesson a notebook belongs; no course text is needed for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from assay.course import lesson_files, lessons
from assay.failure import Rejected
from assay.intake import Cell, Notebook, cell_digest, find_lesson, read_notebook
from assay.rubric import Rubric, load_rubric


@dataclass(frozen=True)
class HandedOut:
    """A lesson's rubric, and the digests of the cells that students got with it."""

    rubric: Rubric
    digests: frozenset[str]


def course() -> dict[str, HandedOut]:
    """Every lesson with its registered cells, and the set-up cells of its reference, which our skeletons share."""
    return {slug: _handed_out(slug) for slug in lessons()}


def _handed_out(slug: str) -> HandedOut:
    files = lesson_files(slug)
    rubric = load_rubric(files.rubric)
    digests = {cell.digest for exercise in rubric.exercises for cell in exercise.published}
    if files.reference.is_file():
        reference = read_notebook(files.reference.read_bytes(), files.reference.name)
        digests |= {cell_digest(cell.source) for cell in reference.setup}
    return HandedOut(rubric, frozenset(digests))


def lesson_among(notebook: Notebook, known: Mapping[str, HandedOut]) -> str | None:
    """The notebook's lesson, or None when it is not recognised."""
    try:
        return find_lesson(notebook, {slug: lesson.rubric for slug, lesson in known.items()}, None)
    except Rejected:
        return None


def own_cells(notebook: Notebook, lesson: HandedOut | None) -> tuple[Cell, ...]:
    """The code cells that are not, byte for byte, as they were handed out."""
    digests = lesson.digests if lesson else frozenset()
    return tuple(c for c in notebook.cells if c.kind == "code" and cell_digest(c.source) not in digests)
