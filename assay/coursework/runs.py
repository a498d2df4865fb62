"""Decides in which ways a course notebook is executed: as published, with its solutions, and as on a GPU."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from assay.coursework import listening, stand_in
from assay.coursework.page import Page
from assay.coursework.placing import Placed
from assay.coursework.shown import Shown
from assay.intake import Cell, Notebook


@dataclass(frozen=True)
class Runs:
    """What executing a notebook showed; None where it was not executed that way. `result` is the grade of the
    notebook with its solutions, in the form of `run --json`; `missing` says why what is missing is missing."""

    placed: Placed
    skeleton: Shown | None = None
    solved: Shown | None = None
    gpu: Shown | None = None
    result: Mapping[str, Any] | None = None
    full: Mapping[str, Any] | None = None  # what `full_size` answered
    missing: tuple[str, ...] = field(default_factory=tuple)

    def author_cell(self, page: Page, cell: int) -> int:
        """Where an author would change what a cell does: the solution that was put into it, or else the cell."""
        if cell not in self.placed.sources:
            return cell
        mine = [s.cell for s in page.solutions if s.exercise == page.exercise_of[cell]]
        return next((index for index in mine if index > cell), mine[-1] if mine else cell)


def as_published(page: Page) -> Notebook:
    """The notebook as students get it."""
    return _after(listening.BEGIN, page.notebook)


def with_solutions(page: Page, placed: Placed) -> Notebook:
    """The notebook with its solutions in their places."""
    return _after(listening.BEGIN, placed.notebook(page.notebook))


def as_on_a_gpu(page: Page, placed: Placed) -> Notebook:
    """The same, on a machine that says that it has a GPU."""
    return _after(f"{stand_in.BEGIN}\n{listening.BEGIN}", placed.notebook(page.notebook))


def asks_for_a_gpu(page: Page) -> bool:
    """Whether any code does something else where there is a GPU."""
    return any("cuda" in cell.source or "float16" in cell.source for cell in page.code)


def _after(first: str, notebook: Notebook) -> Notebook:
    """The notebook with one more cell, which runs before all others and stands behind them: numbers stay."""
    cell = Cell(len(notebook.cells), "code", first)
    return replace(notebook, cells=(*notebook.cells, cell), setup=(cell, *notebook.setup))
