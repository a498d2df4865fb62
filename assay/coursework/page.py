"""Decides what a published notebook consists of, to those who look at it: code, TODOs, placeholders, solutions."""

from __future__ import annotations

import ast
import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from assay.coursework.finding import Finding, Severity
from assay.intake import Cell, Exercise, Notebook
from assay.rubric.skeleton import is_open

_DETAILS = re.compile(r"<details\b[^>]*>(.*?)(?:</details>|\Z)", re.DOTALL | re.IGNORECASE)
_FENCE = re.compile(r"^([ \t]*)```[ \t]*(\w*)[^\n]*\n(.*?)^[ \t]*```[ \t]*$", re.DOTALL | re.MULTILINE)
_SUMMARY = re.compile(r"<summary\b[^>]*>.*?</summary>", re.DOTALL | re.IGNORECASE)
_PYTHON = ("python", "py", "python3", "ipython")


@dataclass(frozen=True)
class Block:
    """A piece of code in a solution; `label` is the text that leads to it."""

    label: str
    source: str


@dataclass(frozen=True)
class Solution:
    """What one markdown cell offers as solution: its blocks, and the words before the first of them."""

    cell: int
    exercise: int
    blocks: tuple[Block, ...]
    reasoning: str


@dataclass(frozen=True)
class Page:
    """A notebook, looked at as course material."""

    notebook: Notebook

    @cached_property
    def exercise_of(self) -> dict[int, int]:
        """The exercise of each cell; 0 is the set-up."""
        found = {cell.index: 0 for cell in self.notebook.cells}
        for exercise in self.notebook.exercises:
            found |= {cell.index: exercise.number for cell in exercise.cells}
        return found

    @cached_property
    def code(self) -> tuple[Cell, ...]:
        """The code cells that hold something."""
        return tuple(cell for cell in self.notebook.cells if cell.kind == "code" and cell.source.strip())

    @cached_property
    def text(self) -> tuple[Cell, ...]:
        """The markdown cells."""
        return tuple(cell for cell in self.notebook.cells if cell.kind == "markdown")

    @cached_property
    def open_cells(self) -> frozenset[int]:
        """The cells that leave something to the student."""
        return frozenset(
            cell.index
            for exercise in self.notebook.exercises
            for cell in exercise.cells
            if cell.kind == "code" and is_open(cell.source, exercise.level == "guided")
        )

    @cached_property
    def solutions(self) -> tuple[Solution, ...]:
        """The solutions of every exercise, in the order of the file."""
        return tuple(
            solution
            for e in self.notebook.exercises
            for cell in e.cells
            if (solution := _solution(cell, e)) is not None
        )

    def exercise(self, number: int) -> Exercise | None:
        """The exercise of that number."""
        return next((e for e in self.notebook.exercises if e.number == number), None)

    def first_cell(self, exercise: int) -> int | None:
        """Where an exercise begins; None when there is no such exercise, or nothing in it."""
        found = self.exercise(exercise)
        return found.cells[0].index if found is not None and found.cells else None

    def finding(self, cell: int | None, kind: str, severity: Severity, message: str, evidence: str) -> Finding:
        """A finding in this notebook; the exercise is that of the cell."""
        exercise = None if cell is None else self.exercise_of.get(cell) or None
        return Finding(self.notebook.file, cell, exercise, kind, severity, message, evidence)

    def trees(self) -> Iterator[tuple[Cell, ast.Module]]:
        """The code cells that are Python, parsed; magics are blank lines."""
        for cell in self.code:
            if (tree := parsed(cell.source)) is not None:
                yield cell, tree


def parsed(source: str) -> ast.Module | None:
    """The syntax tree of a cell, its magics (`%...`, `!...`) taken for blank lines; None when it is not Python."""
    plain = "\n".join("" if line.lstrip().startswith(("%", "!")) else line for line in source.splitlines())
    try:
        return ast.parse(plain)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def blocks_of(markdown: str) -> list[Block]:
    """The fenced pieces of Python in a markdown text, each with the paragraph before it as its label."""
    found, end = [], 0
    for fence in _FENCE.finditer(markdown):
        before = markdown[end : fence.start()].strip()
        end = fence.end()
        source = "\n".join(line.removeprefix(fence[1]) for line in fence[3].splitlines())
        is_named = fence[2].lower() in _PYTHON
        if is_named or (not fence[2] and parsed(textwrap.dedent(source)) is not None):  # else it is what code prints
            found.append(Block(before.split("\n\n")[-1].strip(), source))
    return found


def without_code(markdown: str) -> str:
    """A markdown text without its fenced pieces."""
    return _FENCE.sub("", markdown)


def _solution(cell: Cell, exercise: Exercise) -> Solution | None:
    if cell.kind != "markdown" or (details := _DETAILS.search(cell.source)) is None:
        return None
    inner = _SUMMARY.sub("", details[1])
    blocks = tuple(blocks_of(inner))
    if not blocks:
        return None
    first = _FENCE.search(inner)
    assert first is not None
    return Solution(cell.index, exercise.number, blocks, inner[: first.start()].strip())
