"""Decides what of a notebook is carried on: text of cells, in exercises; no metadata, tags, outputs or attachments."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

CellKind = Literal["code", "markdown", "raw"]
Level = Literal["guided", "supported", "independent"]


@dataclass(frozen=True)
class Cell:
    """One cell; `index` counts from 0 among all cells of the file."""

    index: int
    kind: CellKind
    source: str


@dataclass(frozen=True)
class Exercise:
    """The cells from an exercise's heading on, as far as they belong to it, in the order of the file."""

    number: int
    title: str
    level: Level | None
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Notebook:
    """A notebook as handed in.

    `file` is the name as it was given, `sha256` the hex digest of the file's bytes, `title` its first level-1 heading,
    `setup` the cells before the first exercise, `notes` sentences about what was read in an unusual way.
    """

    file: str
    sha256: str
    title: str | None
    cells: tuple[Cell, ...]
    setup: tuple[Cell, ...]
    exercises: tuple[Exercise, ...]
    notes: tuple[str, ...]
