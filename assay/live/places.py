"""Decides to which lesson a kernel's work belongs, and to which exercise each cell that ran in it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from assay.failure import Misuse, Rejected
from assay.intake import cell_digest, find_lesson
from assay.live.diary import Entry
from assay.live.sheet import Sheet
from assay.rubric import Rubric

_SAID = re.compile(r"^\s*#[\s#=*-]*exercise\s+#?([0-9]{1,3})\b", re.IGNORECASE)
LINES = 3  # of a cell; a later comment that names an exercise may only refer to it

Published = Mapping[str, frozenset[int]]  # a cell's digest to the exercises in which it was handed out


@dataclass(frozen=True)
class Place:
    """Where a run belongs: `exercise` 0 is the set-up, `cell` the number of its cell in the notebook, and `told`
    whether anything but the order says so."""

    exercise: int
    cell: int | None = None
    told: bool = False


def lesson_of(named: str | None, sheet: Sheet | None, entries: Sequence[Entry], rubrics: Mapping[str, Rubric]) -> str:
    """The lesson's slug.

    Raises:
        Misuse: nothing tells it, or what was named is none.
    """
    if named is not None:
        if named not in rubrics:
            raise Misuse(f"there is no lesson {named!r}: name one of {', '.join(sorted(rubrics))}")
        return named
    if sheet is not None:
        try:
            return find_lesson(sheet.notebook, rubrics, None)
        except Rejected:
            pass
    own = {cell_digest(entry.source) for entry in entries}
    met = Counter({slug: len(own & published_cells(rubric).keys()) for slug, rubric in rubrics.items()})
    best = met.most_common(2)
    if best and best[0][1] > 0 and (len(best) == 1 or best[0][1] > best[1][1]):
        return best[0][0]
    raise Misuse(
        f"nothing here tells which lesson this is: say %check --lesson SLUG, one of {', '.join(sorted(rubrics))}, or "
        "%check --notebook FILE with your saved notebook"
    )


def published_cells(rubric: Rubric) -> dict[str, frozenset[int]]:
    """In which exercises each cell that was handed out stands, by its digest."""
    found: dict[str, set[int]] = {}
    for exercise in rubric.exercises:
        for cell in exercise.published:
            found.setdefault(cell.digest, set()).add(exercise.number)
    return {digest: frozenset(numbers) for digest, numbers in found.items()}


def places(entries: Sequence[Entry], sheet: Sheet | None, published: Published) -> list[Place]:
    """The place of each run: by the notebook, by the cells that were handed out, by the cell's own first comment; what
    nothing tells belongs where the run before it does."""
    found: list[Place] = []
    for entry in entries:
        before = found[-1] if found else Place(0)
        found.append(_place(entry, sheet, published, before))
    return found


def _place(entry: Entry, sheet: Sheet | None, published: Published, before: Place) -> Place:
    if sheet is not None and (cell := _cell_of(entry, sheet, before.cell)) is not None:
        return Place(sheet.exercises[cell], cell, told=True)
    handed_out = published.get(cell_digest(entry.source), frozenset())
    if len(handed_out) == 1:
        return Place(next(iter(handed_out)), told=True)
    if before.exercise in handed_out:  # the same cell stands in several exercises
        return Place(before.exercise, told=True)
    for line in entry.source.splitlines()[:LINES]:
        if said := _SAID.match(line):
            return Place(int(said[1]), told=True)
    return Place(before.exercise) if entry.mark is None else Place(entry.mark, told=True)


def _cell_of(entry: Entry, sheet: Sheet, last: int | None) -> int | None:
    """The number of the entry's cell in the notebook; of several with one text the next one below the last."""
    named = None if entry.cell_id is None else sheet.ids.get(entry.cell_id)
    if named is not None and named in sheet.exercises:
        return named
    alike = sheet.cells_like(entry.source)
    below = [cell for cell in alike if last is None or cell > last]
    return next(iter(below or alike), None)


def mark(entries: Sequence[Entry], found: Sequence[Place], number: int) -> None:
    """`%check 2`: where no run is known to belong to exercise 2, those that came last and that nothing tells do."""
    if any(place.told and place.exercise == number for place in found):
        return
    for entry, place in zip(reversed(entries), reversed(found), strict=True):
        if place.told:
            return
        entry.mark = number
