"""Decides how a declared mistake or correct variant is written into a reference notebook, to prove a check."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from assay.failure import Misuse

EXERCISE_HEADING = re.compile(r"^##\s+Exercise\s+(\d+)\b", re.MULTILINE)


class EditError(Misuse):
    """An edit that does not fit the notebook: its text is missing, or occurs more than once."""


@dataclass(frozen=True)
class Edit:
    """One replacement of source text; `find` occurs exactly once in the code of the exercise."""

    find: str
    replace: str


@dataclass(frozen=True)
class Variant:
    """A correct but unusual solution of one exercise: every criterion must let it pass.

    `needs` are phrases, each found in exactly one code cell of an earlier exercise; those cells stay
    when the exercise is cut out, because it uses what they leave behind.
    """

    name: str
    exercise: int
    edits: tuple[Edit, ...]
    needs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Mistake:
    """A wrong solution of one exercise, and the ids of the criteria that must fail on it.

    Criteria of the exercise outside `caught_by` and `undetermined` must still pass. `undetermined` holds those
    whose verdict the mistake leaves open, for example what an abort prevented only in part.
    """

    name: str
    exercise: int
    edits: tuple[Edit, ...]
    caught_by: frozenset[str]
    undetermined: frozenset[str] = frozenset()
    needs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Legal:
    """A rule by which a generated change of the reference stays correct; `pattern` is searched in "before -> after"."""

    pattern: str
    reason: str
    exercise: int | None = None


@dataclass(frozen=True)
class Survivor:
    """A rule for wrong changes that no check notices; `reason` says why that is left so. They count as survivors."""

    pattern: str
    reason: str
    exercise: int | None = None


def apply(notebook: Mapping[str, Any], change: Mistake | Variant, only_exercise: bool = True) -> dict[str, Any]:
    """A copy of the nbformat dict with the edits made, one after the other, in the code of the change's exercise.

    With `only_exercise`, only the set-up cells, the headings, that exercise and the cells it needs are left.
    Raises EditError when a text to find, or a cell that is needed, does not occur exactly once.
    """
    changed: dict[str, Any] = dict(notebook) | {"cells": [dict(cell) for cell in notebook["cells"]]}
    cells = changed["cells"]
    numbers = exercise_of_each_cell(cells)
    code = [cell for cell, number in zip(cells, numbers, strict=True) if number == change.exercise and _is_code(cell)]
    for edit in change.edits:
        _replace_once(code, edit, change.name)
    if only_exercise:
        kept = {change.exercise, None}
        needed = [_cell_with(cells, numbers, phrase, change) for phrase in change.needs]
        pairs = zip(cells, numbers, strict=True)
        changed["cells"] = [
            cell for cell, number in pairs if number in kept or any(cell is other for other in needed) or _heads(cell)
        ]
    return changed


def exercise_of_each_cell(cells: list[dict[str, Any]]) -> list[int | None]:
    """The exercise that each cell belongs to, None for the set-up cells before the first."""
    numbers: list[int | None] = []
    current: int | None = None
    for cell in cells:
        if heading := _heads(cell):
            current = int(heading.group(1))
        numbers.append(current)
    return numbers


def source_of(cell: Mapping[str, Any]) -> str:
    """The text of a cell, whether nbformat stored it as one string or as lines."""
    source = cell["source"]
    return source if isinstance(source, str) else "".join(source)


def digest_of(notebook: Mapping[str, Any]) -> str:
    """16 hex digits of the SHA-256 of a notebook's code: whether a verdict is on what would run today."""
    code = "\0".join(source_of(cell) for cell in notebook["cells"] if _is_code(cell))
    return hashlib.sha256(code.encode()).hexdigest()[:16]


def _is_code(cell: Mapping[str, Any]) -> bool:
    return bool(cell["cell_type"] == "code")


def _heads(cell: Mapping[str, Any]) -> re.Match[str] | None:
    return EXERCISE_HEADING.search(source_of(cell)) if cell["cell_type"] == "markdown" else None


def _replace_once(code: list[dict[str, Any]], edit: Edit, name: str) -> None:
    found = sum(source_of(cell).count(edit.find) for cell in code)
    if found != 1:
        raise EditError(f"{name!r}: the text {edit.find!r} occurs {found} times in the exercise's code, not once")
    for cell in code:
        cell["source"] = source_of(cell).replace(edit.find, edit.replace)


def _cell_with(
    cells: list[dict[str, Any]], numbers: list[int | None], phrase: str, change: Mistake | Variant
) -> dict[str, Any]:
    earlier = [
        cell
        for cell, number in zip(cells, numbers, strict=True)
        if number is not None and number < change.exercise and _is_code(cell) and phrase in source_of(cell)
    ]
    if len(earlier) != 1:
        raise EditError(f"{change.name!r}: {phrase!r} is in {len(earlier)} code cells of earlier exercises, not one")
    return earlier[0]
