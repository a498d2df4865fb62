"""Decides what is remembered of each cell that ran in this kernel, and which run of a cell is the one that counts."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher

_OURS = re.compile(r"\s*%(?:check|load_ext\s+assay|reload_ext\s+assay|unload_ext\s+assay)\b")
_MAGIC = re.compile(r"\s*[%!?]")
# A cell that has no id and was changed between two runs is known by what it kept: a fixed line keeps nine tenths of it,
# another cell of the same exercise less than half.
ALIKE = 0.75
OUTPUT_CHARS = 1_000_000  # of one cell; as much as is read of an exercise


@dataclass
class Entry:
    """One run of one cell. `exercise` is what was thought when it began, 0 being the set-up; `cell_id` is the
    notebook's own name for the cell, where the front end tells it; `mark` the exercise that `%check N` gave it to."""

    serial: int
    source: str
    cell_id: str | None
    count: int | None
    exercise: int = 0
    mark: int | None = None
    shown: list[str] = field(default_factory=list)
    error: str | None = None

    def show(self, text: str) -> None:
        """The cell printed or showed some text."""
        if sum(map(len, self.shown)) < OUTPUT_CHARS:
            self.shown.append(text)

    @property
    def name(self) -> str:
        """What a student calls this run."""
        return f"In [{self.count}]" if self.count else "the cell"


def is_ours(source: str) -> bool:
    """Whether a cell only speaks to us, or says nothing."""
    return all(not line.strip() or line.lstrip().startswith("#") or _OURS.match(line) for line in source.splitlines())


def names_bound(source: str) -> set[str]:
    """The names that a cell's code binds anywhere."""
    plain = "\n".join("" if _MAGIC.match(line) else line for line in source.splitlines())
    try:
        tree = ast.parse(plain)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return set()
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}


def counting(entries: Sequence[Entry], cells: Sequence[int | None]) -> list[Entry]:
    """The last run of every cell, in the order in which they ran.

    Args:
        entries: all runs, oldest first.
        cells: for each, the number of its cell in the notebook; None where that is not known.
    """
    kept: list[tuple[Entry, int | None]] = []
    for entry, cell in zip(reversed(entries), reversed(cells), strict=True):
        if not any(_is_same_cell(entry, cell, later, its) for later, its in kept):
            kept.append((entry, cell))
    return [entry for entry, _ in reversed(kept)]


def _is_same_cell(entry: Entry, cell: int | None, later: Entry, its: int | None) -> bool:
    if entry.cell_id is not None and later.cell_id is not None:
        return entry.cell_id == later.cell_id
    if cell is not None and its is not None:
        return cell == its
    return entry.source == later.source or (entry.exercise == later.exercise and _alike(entry.source, later.source))


def _alike(one: str, other: str) -> bool:
    match = SequenceMatcher(None, one, other, autojunk=False)
    return match.real_quick_ratio() >= ALIKE and match.quick_ratio() >= ALIKE and match.ratio() >= ALIKE
