"""Decides how many cells of a notebook are the course's own, from its first on: byte for byte, and in their order."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from assay.intake import Notebook

# (exercise, digest of the exact text) of every code cell of one notebook, in its order; exercise 0 is the set-up.
CellSequence = tuple[tuple[int, str], ...]


def sequence_of(notebook: Notebook) -> CellSequence:
    """The code cells of a notebook that do something when they are run."""
    sections = [(0, notebook.setup), *((exercise.number, exercise.cells) for exercise in notebook.exercises)]
    return tuple(
        (number, _digest(cell.source))
        for number, cells in sections
        for cell in cells
        if cell.kind == "code" and cell.source.strip()
    )


def common_cells(own: CellSequence, course: Iterable[CellSequence]) -> int:
    """How many cells `own` has in common with one of the course's notebooks, from the first on."""
    return max((_common(own, published) for published in course), default=0)


def _common(own: CellSequence, published: CellSequence) -> int:
    found = 0
    for one, other in zip(own, published, strict=False):
        if one != other:
            break
        found += 1
    return found


def _digest(source: str) -> str:
    """All of a SHA-256: who could write another text with the same one could have it run for everybody."""
    return hashlib.sha256(source.encode("utf-8", "surrogatepass")).hexdigest()
