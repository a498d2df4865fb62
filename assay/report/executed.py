"""What a page may take from a run's folder: the cells with their outputs, by exercise, and the data of our pictures.

The folder was written next to a process that is not trusted, so links are not followed and sizes are capped.
"""

from __future__ import annotations

import json
import os
import re
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

NOTEBOOK_BYTES = 200_000_000  # outputs are capped at execution; this only keeps a broken cap from filling the memory
EXHIBITS_BYTES = 8_000_000  # forty rows and a few thousand losses are well below 1 MB
_FENCED = re.compile(r"^ {0,3}(```|~~~).*?(?:^ {0,3}\1|\Z)", re.DOTALL | re.MULTILINE)
_HEADING = re.compile(r"^ {0,3}#{1,2}[ \t]+(.*)$", re.MULTILINE)
_EXERCISE = re.compile(r"exercise\s+(\d{1,4})\b", re.IGNORECASE | re.ASCII)


@dataclass(frozen=True)
class ShownCell:
    """A cell of the executed notebook; `exercise` is None outside the exercises, `index` counts all cells from 0."""

    index: int
    kind: str
    source: str
    exercise: int | None
    outputs: tuple[Mapping[str, Any], ...]
    opens_exercise: bool = False


class Unreadable(ValueError):  # noqa: N818 - it names the state of a file, and always becomes a note
    """A file of the run cannot be shown; the message is one sentence."""


def read_cells(run_folder: Path) -> tuple[ShownCell, ...]:
    """The cells of `executed.ipynb`, each with the exercise that it stands in.

    Raises:
        Unreadable: the file is missing, is no regular file, is too large or is no notebook.
    """
    notebook = _json(run_folder / "executed.ipynb", NOTEBOOK_BYTES)
    if not isinstance(notebook, dict) or not isinstance(notebook.get("cells"), list):
        raise Unreadable("The executed notebook has no list of cells.")
    return tuple(_cells([cell for cell in notebook["cells"] if isinstance(cell, dict)]))


def read_exhibits(run_folder: Path) -> tuple[Mapping[str, Any], ...]:
    """The data of the pictures in `exhibits.json`; empty when the run has none.

    Raises:
        Unreadable: the file is there but cannot be used.
    """
    if not (run_folder / "exhibits.json").exists():
        return ()
    exhibits = _json(run_folder / "exhibits.json", EXHIBITS_BYTES)
    if not isinstance(exhibits, list):
        raise Unreadable("exhibits.json is not a list.")
    return tuple(item for item in exhibits if isinstance(item, dict))


def text_of(value: Any) -> str:
    """A notebook's multi-line string, which may be one string or a list of strings; anything else is empty."""
    if isinstance(value, list):
        return "".join(part for part in value if isinstance(part, str))
    return value if isinstance(value, str) else ""


def _cells(raw: list[dict[str, Any]]) -> Iterator[ShownCell]:
    exercise: int | None = None
    for index, cell in enumerate(raw):
        kind, source, opens = str(cell.get("cell_type")), text_of(cell.get("source")), False
        if kind == "markdown":
            exercise, opens = _after_headings(source, exercise)
        outputs = cell.get("outputs") if kind == "code" else None
        shown = tuple(o for o in outputs if isinstance(o, dict)) if isinstance(outputs, list) else ()
        yield ShownCell(index, kind, source, exercise, shown, opens)


def _after_headings(source: str, exercise: int | None) -> tuple[int | None, bool]:
    """The exercise that holds after a markdown cell's headings, and whether the cell opened it."""
    opens = False
    for heading in _HEADING.findall(_FENCED.sub("", source)):
        found = _EXERCISE.match(heading.strip())
        exercise, opens = (int(found[1]), True) if found else (None, False)
    return exercise, opens


def _json(path: Path, limit: int) -> Any:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        with os.fdopen(descriptor, "rb") as file:
            state = os.fstat(file.fileno())
            if not stat.S_ISREG(state.st_mode) or state.st_size > limit:
                raise Unreadable(f"{path.name} is not a regular file of at most {limit:,} bytes.")
            return json.loads(file.read(limit))
    except (OSError, ValueError, RecursionError) as error:
        if isinstance(error, Unreadable):
            raise
        raise Unreadable(f"{path.name} could not be read ({type(error).__name__}).") from None
