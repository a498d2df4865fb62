"""Decides whether a lesson's mistakes, variants and rules fit its reference, and whether each criterion has one."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from pathlib import Path

from assay.course import did_you_mean
from assay.declared import data_folder, declared, rules
from assay.intake import Cell
from assay.lint.lesson import Lesson
from assay.lint.names import python_of
from assay.lint.places import line_of_text
from assay.mutation import fits, sites
from assay.proof import EditError, Mistake, Variant, apply, digest_of, source_of

Change = Mistake | Variant


def look(lesson: Lesson) -> list[Change]:
    """Every declaration of the lesson; those that can be read."""
    folder = data_folder(lesson.files)
    path = folder / "mistakes.py"
    if not path.is_file():
        lesson.error("mistakes.missing", path, None, "no mistake is declared, so no check is proven: write this file")
        return []
    changes = lesson.attempt("mistakes.unreadable", path, lambda: declared(lesson.files)) or []
    sources = sorted(folder.glob("*.py"))
    if lesson.cells is not None:
        for change in changes:
            _fit(lesson, change, sources)
        _rules(lesson, folder / "legal.py")
    _names(lesson, changes, sources)
    if lesson.rubric is not None:
        _criteria(lesson, changes, sources)
    return changes


def _fit(lesson: Lesson, change: Change, sources: list[Path]) -> None:
    assert lesson.cells is not None
    try:
        changed = apply(lesson.cells, change)
        plain = apply(lesson.cells, Variant(change.name, change.exercise, (), change.needs))
    except EditError as error:
        _error(lesson, "fit", change, sources, f"{error}: correct the edit or the reference")
        return
    if digest_of(changed) == digest_of(plain):
        _error(lesson, "fit", change, sources, f"{change.name!r} changes nothing: give it an edit")
    for cell in changed["cells"]:
        if cell["cell_type"] == "code" and not _is_python(source_of(cell)):
            _error(lesson, "python", change, sources, f"{change.name!r} leaves a cell that is no Python: correct it")


def _is_python(source: str) -> bool:
    try:
        ast.parse(python_of([Cell(0, "code", source)]))
    except (SyntaxError, ValueError):
        return False
    return True


def _names(lesson: Lesson, changes: list[Change], sources: list[Path]) -> None:
    seen: set[tuple[int, str]] = set()
    for change in changes:
        if (change.exercise, change.name) in seen:
            _error(lesson, "name", change, sources, f"exercise {change.exercise} has {change.name!r} twice: rename one")
        seen.add((change.exercise, change.name))


def _criteria(lesson: Lesson, changes: list[Change], sources: list[Path]) -> None:
    assert lesson.rubric is not None
    ids = {e.number: {c.id for c in e.criteria if c.kind == "automatic"} for e in lesson.rubric.exercises}
    mistakes = [change for change in changes if isinstance(change, Mistake)]
    for change in changes:
        if change.exercise not in ids:
            _error(lesson, "exercise", change, sources, f"{change.name!r}: there is no exercise {change.exercise}")
    _unknown(lesson, mistakes, ids, sources)
    for mistake in mistakes:
        if both := mistake.caught_by & mistake.undetermined:
            what = f"{mistake.name!r} both must be caught by {min(both)} and leaves it open: choose one"
            _error(lesson, "criterion", mistake, sources, what)
        if not mistake.caught_by:
            _error(lesson, "criterion", mistake, sources, f"{mistake.name!r} is caught by no criterion: name one")
    caught = {(m.exercise, name) for m in mistakes for name in m.caught_by}
    right = {change.exercise for change in changes if isinstance(change, Variant)}
    for index, exercise in enumerate(lesson.rubric.exercises):
        for position, criterion in enumerate(exercise.criteria):
            if criterion.kind == "automatic" and (exercise.number, criterion.id) not in caught:
                place = ("exercises", index, "criteria", position)
                what = f"no declared mistake is caught by {criterion.id}, so nothing shows that it can fail"
                lesson.in_rubric("unproven", place, f"{what}; declare one", "note" if lesson.is_draft else "error")
        if ids[exercise.number] and exercise.number not in right:
            what = f"no variant shows that exercise {exercise.number} lets unusual correct work pass; declare one"
            lesson.in_rubric("unproven", ("exercises", index), what, "note")


def _unknown(lesson: Lesson, mistakes: list[Mistake], ids: Mapping[int, set[str]], sources: list[Path]) -> None:
    """Criteria that an exercise does not have, each once: a name that changed is in many mistakes."""
    naming: dict[tuple[int, str], list[Mistake]] = {}
    for mistake in mistakes:
        for name in sorted((mistake.caught_by | mistake.undetermined) - ids.get(mistake.exercise, set())):
            naming.setdefault((mistake.exercise, name), []).append(mistake)
    for (exercise, name), (first, *others) in naming.items():
        more = f", as {len(others)} more mistakes do" if others else ""
        hint = did_you_mean(name, ids.get(exercise, set()))
        what = f"{first.name!r} names {name}, which is no criterion of exercise {exercise}{hint}"
        _error(lesson, "criterion", first, sources, f"{what}{more}: correct it")


def _rules(lesson: Lesson, path: Path) -> None:
    """Each rule on generated mutants speaks of one: otherwise the reference has changed under it."""
    assert lesson.cells is not None
    found = lesson.attempt("legal.unreadable", path, lambda: rules(lesson.files)) or ()
    every = sites(lesson.cells)
    for rule in found:
        line = line_of_text([path], rule.pattern)
        try:
            re.compile(rule.pattern)
        except re.error as error:
            lesson.error("legal.pattern", path, line and line[1], f"{rule.pattern!r} is no pattern: {error}")
            continue
        if not any(fits(rule, site) for site in every):
            lesson.error(
                "legal.fit", path, line and line[1],
                f"{rule.pattern!r} fits no mutant of the reference: correct or remove the rule",
            )  # fmt: skip


def _error(lesson: Lesson, kind: str, change: Change, sources: list[Path], message: str) -> None:
    place = line_of_text(sources, change.name)
    path, line = place if place else (data_folder(lesson.files) / "mistakes.py", None)
    lesson.error(f"mistakes.{kind}", path, line, message)
