"""Decides what a published notebook says about its lesson: title, exercises, levels, and lengths to shorten."""

from __future__ import annotations

import ast
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assay.course import stem_of
from assay.failure import Misuse
from assay.intake import Cell, Exercise, Level, Notebook
from assay.rubric import is_open

_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_LENGTH = re.compile(r"(steps|epochs|iterations|iters)\w*$", re.IGNORECASE)
LONG = 50  # steps or epochs: below that there is little to save


@dataclass(frozen=True)
class Outline:
    """What a draft begins with. `levels` are by exercise number; `lengths` are constants that training or sampling
    may be shortened by, with their values."""

    slug: str
    title: str
    file: str
    exercises: tuple[Exercise, ...]
    levels: dict[int, Level]
    lengths: dict[str, int]
    open_cells: int

    @property
    def stem(self) -> str:
        """The stem of the lesson's files."""
        return stem_of(self.slug)


def outline(slug: str, notebook: Notebook) -> Outline:
    """The outline of a notebook.

    Raises:
        Misuse: the slug is none, or the notebook has no exercises.
    """
    if not _SLUG.fullmatch(slug):
        raise Misuse(
            f"{slug!r} is no name for a lesson: write lower-case words joined by dashes, like 'img2img-basics'"
        )
    if not notebook.exercises:
        raise Misuse(
            f"{notebook.file}: no heading opens an exercise: write '## Exercise 1: Title [Guided]' and so on above the "
            "cells that belong to each"
        )
    title = notebook.title or slug.replace("-", " ").capitalize()
    cells = [cell for exercise in notebook.exercises for cell in exercise.cells]
    return Outline(
        slug, title, Path(notebook.file).name, notebook.exercises, {e.number: _level(e) for e in notebook.exercises},
        _lengths(notebook), sum(_open(cell) for cell in cells),
    )  # fmt: skip


def reference_of(notebook: Notebook) -> str:
    """The JSON of a notebook of its code and headings only: no other text, no outputs, no metadata."""
    cells: list[dict[str, Any]] = []
    for cell in notebook.cells:
        if cell.kind == "code" and cell.source.strip():
            cells.append(
                {"cell_type": "code", "execution_count": None, "metadata": {}, "outputs": [], "source": cell.source}
            )
        elif cell.kind == "markdown":
            lines = [line for line in cell.source.splitlines() if re.match(r" {0,3}#{1,3}\s", line)]
            if lines:
                cells.append({"cell_type": "markdown", "metadata": {}, "source": "\n\n".join(lines)})
    kernel = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
    return json.dumps({"cells": cells, "metadata": kernel, "nbformat": 4, "nbformat_minor": 4}, indent=1) + "\n"


def _level(exercise: Exercise) -> Level:
    if exercise.level:
        return exercise.level
    return "supported" if any(map(_open, exercise.cells)) else "guided"


def _open(cell: Cell) -> bool:
    return cell.kind == "code" and is_open(cell.source, given_complete=True)


def _lengths(notebook: Notebook) -> dict[str, int]:
    found: dict[str, int] = {}
    for cell in notebook.cells:
        if cell.kind == "code":
            found |= _constants(cell.source)
    return found


def _constants(source: str) -> dict[str, int]:
    try:
        body = ast.parse("\n".join("pass" if line[:1] in "!%" and line else line for line in source.split("\n"))).body
    except SyntaxError:
        return {}
    return {
        target.id: node.value.value
        for node in body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant) and type(node.value.value) is int
        for target in node.targets
        if isinstance(target, ast.Name) and _LENGTH.search(target.id) and node.value.value >= LONG
    }
