"""Decides what a new version of a notebook changes for students, and for the marks of those who have the old one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import SequenceMatcher
from typing import Any

from assay.coursework.finding import Finding
from assay.coursework.page import Page
from assay.intake import Cell, Exercise, cell_digest
from assay.rubric import Rubric, untouched
from assay.rubric.skeleton import is_open

Result = Mapping[str, Any]


def versions(
    page: Page, old: Page, rubric: Rubric | None, result: Result | None, old_result: Result | None
) -> Iterator[Finding]:
    """What is different; the results are the grades of both versions with their own solutions."""
    yield from _cells(page, old)
    if rubric is not None:
        yield from _criteria(page, old, rubric)
        yield from _recognised(page, old, rubric)
    if result is not None and old_result is not None:
        yield from _marks(page, result, old_result)


def _cells(page: Page, old: Page) -> Iterator[Finding]:
    """Changed cells, one finding for each run of them."""
    one, other = ([cell_digest(c.source) for c in p.notebook.cells] for p in (old, page))
    for tag, a, b, c, d in SequenceMatcher(None, one, other, autojunk=False).get_opcodes():
        if tag == "equal":
            continue
        before, after = old.notebook.cells[a:b], page.notebook.cells[c:d]
        at = after[0].index if after else None
        given = [cell for cell in (*before, *after) if cell.kind == "code"]
        opened = [cell.index for cell in after if cell.index in page.open_cells]
        opened += [cell.index for cell in before if cell.index in old.open_cells]
        yield page.finding(
            at, "changed", "warning" if opened else "note",
            "What students fill in has changed: whoever has begun works in the old version." if opened
            else "Code that students run has changed." if given else "Text has changed.",
            f"{_listed(before, 'of the old version')} became {_listed(after, 'of the new one')}",
        )  # fmt: skip


def _listed(cells: tuple[Cell, ...], whose: str) -> str:
    if not cells:
        return "nothing"
    kinds = ", ".join(f"{cell.index} ({cell.kind})" for cell in cells[:8])
    return f"cell{'s' if len(cells) > 1 else ''} {kinds} {whose}"


def _criteria(page: Page, old: Page, rubric: Rubric) -> Iterator[Finding]:
    """Exercises that are gone, or are another one now, and the criteria that go with them."""
    for exercise in rubric.exercises:
        now, then = page.exercise(exercise.number), old.exercise(exercise.number)
        names = ", ".join(criterion.id for criterion in exercise.criteria) or "none"
        if then is not None and now is None:
            yield page.finding(
                None, "changed", "error",
                f"Exercise {exercise.number} is gone, and the rubric still has criteria for it.", f"criteria: {names}",
            )  # fmt: skip
        elif then is not None and now is not None and (then.title, then.level) != (now.title, now.level):
            yield page.finding(
                page.first_cell(exercise.number), "changed", "warning",
                f"Exercise {exercise.number} has another title or level: see whether its criteria still apply.",
                f"{then.title!r} ({then.level}) became {now.title!r} ({now.level}); criteria: {names}",
            )  # fmt: skip
    graded = {exercise.number for exercise in rubric.exercises}
    for added in page.notebook.exercises:
        if added.number not in graded:
            yield page.finding(
                page.first_cell(added.number), "changed", "warning",
                "A new exercise, and the rubric has nothing for it.",
                f"Exercise {added.number}: {added.title}",
            )  # fmt: skip


def _recognised(page: Page, old: Page, rubric: Rubric) -> Iterator[Finding]:
    """Whether an exercise left as handed out is still known for that, in both versions."""
    for exercise in rubric.exercises:
        if exercise.level == "guided":
            continue
        for version, what in ((page, "new"), (old, "old")):
            there = version.exercise(exercise.number)
            if there is None or not _leaves_work(there) or untouched(there, exercise.published):
                continue
            yield page.finding(
                page.first_cell(exercise.number) if version is page else None, "changed", "warning",
                f"Left as handed out in the {what} version, Exercise {exercise.number} would count as attempted: "
                "register that version with `grade.py register`.",
                "its cells are none of the registered ones",
            )  # fmt: skip


def _leaves_work(exercise: Exercise) -> bool:
    return any(cell.kind == "code" and is_open(cell.source, False) for cell in exercise.cells)


def _marks(page: Page, result: Result, old_result: Result) -> Iterator[Finding]:
    """The old solutions stand for old submissions: they are graded by the same rubric as the new ones."""
    then = {(e["number"], c["id"]): c for e in old_result["exercises"] for c in e["criteria"]}
    for exercise in result["exercises"]:
        different = []
        for criterion in exercise["criteria"]:
            before = then.get((exercise["number"], criterion["id"]))
            if before is not None and before["state"] != criterion["state"]:
                different.append(f"{criterion['id']}: {before['state']} with the old version, {criterion['state']} now")
        if different:
            yield page.finding(
                page.first_cell(exercise["number"]), "changed", "warning",
                f"Submissions of the old version get other marks in Exercise {exercise['number']} than new ones.",
                "; ".join(different),
            )  # fmt: skip
