"""Decides whether a reference notebook is one of its lesson: its exercises, and the names that the rubric speaks of."""

from __future__ import annotations

import ast
from collections.abc import Mapping

from assay.course import did_you_mean
from assay.execution.overrides import shorten
from assay.failure import Rejected
from assay.intake import Notebook, find_lesson
from assay.lint.lesson import Lesson
from assay.lint.names import bound, python_of, tree_of
from assay.rubric import Rubric, spellings


def look(lesson: Lesson, rubrics: Mapping[str, Rubric]) -> None:
    """Everything that the reference tells beside the rubric; `rubrics` are all lessons' that can be read."""
    notebook, rubric = lesson.reference, lesson.rubric
    if notebook is None:
        return
    _python(lesson, notebook)
    if rubric is None:
        return
    _exercises(lesson, notebook, rubric)
    _recognised(lesson, notebook, dict(rubrics) | {rubric.slug: rubric})
    _shortened(lesson, notebook)
    _values(lesson, notebook)


def _python(lesson: Lesson, notebook: Notebook) -> None:
    for cell in notebook.cells:
        if cell.kind == "code":
            try:
                ast.parse(python_of([cell]))
            except SyntaxError as error:
                _error(lesson, "python", f"cell {cell.index} is no Python (line {error.lineno}: {error.msg})")


def _exercises(lesson: Lesson, notebook: Notebook, rubric: Rubric) -> None:
    ours, theirs = {e.number: e for e in rubric.exercises}, {e.number: e for e in notebook.exercises}
    for number in sorted(ours.keys() - theirs.keys()):
        _error(lesson, "exercise", f"the rubric's exercise {number} has no heading '## Exercise {number}: ...' here")
    for number in sorted(theirs.keys() - ours.keys()):
        _error(lesson, "exercise", f"exercise {number} is not in the rubric")
    for number in sorted(ours.keys() & theirs.keys()):
        level = theirs[number].level
        if level not in (None, ours[number].level):
            _error(lesson, "level", f"exercise {number} is {level} here and {ours[number].level} in the rubric")


def _recognised(lesson: Lesson, notebook: Notebook, rubrics: Mapping[str, Rubric]) -> None:
    slug = lesson.files.slug
    try:
        found = find_lesson(notebook, rubrics, None)
    except Rejected as error:
        _error(lesson, "recognised", f"its lesson would not be recognised: {error}")
        return
    if found != slug:
        _error(lesson, "recognised", f"it would be taken for {found}; correct its title, or the rubric's 'identify'")


def _shortened(lesson: Lesson, notebook: Notebook) -> None:
    """Each entry fits a name of the reference; where the reference is short already, that is told."""
    names = bound(tree_of(notebook.cells))
    for index, entry in enumerate(lesson.document.get("shorten", [])):
        own = [name for name in spellings(entry["name"]) if name in names]
        if not own:
            _no_such_name(lesson, ("shorten", index, "name"), entry["name"], names)
            continue
        literal = _assigned(tree_of(notebook.cells), own)
        fits = [shorten(f"{name} = {value}", 0, ((name, entry["to"], ""),))[1] for name, value in literal]
        kinds = {type(ast.literal_eval(value)) for _, value in literal}
        if not any(fits) and not any(issubclass(kind, type(entry["to"])) for kind in kinds):
            lesson.in_rubric(
                "shorten", ("shorten", index),
                f"nothing sets {' or '.join(own)} to a literal like {entry['to']!r} at the top of a cell, so nothing "
                "is shortened; correct the name or what it is cut to",
            )  # fmt: skip


def _assigned(tree: ast.Module, names: list[str]) -> list[tuple[str, str]]:
    """(name, literal) of the top-level assignments to these names."""
    found = []
    for node in tree.body:
        targets = node.targets if isinstance(node, ast.Assign) else []
        for target in targets:
            if isinstance(target, ast.Name) and target.id in names and _is_literal(node):
                found.append((target.id, ast.unparse(node.value)))  # type: ignore[attr-defined]
    return found


def _is_literal(node: ast.stmt) -> bool:
    try:
        ast.literal_eval(node.value)  # type: ignore[attr-defined]
    except (ValueError, TypeError):
        return False
    return True


def _values(lesson: Lesson, notebook: Notebook) -> None:
    names = bound(tree_of(notebook.cells))
    for index, entry in enumerate(lesson.document.get("values", [])):
        own = spellings(entry)
        if not any(name in names for name in own):
            _no_such_name(lesson, ("values", index), entry, names)
        asked = lesson.asked
        if asked is not None and not any(t == name or t.startswith(f"{name}.") for name in own for t in asked):
            lesson.in_rubric("values", ("values", index), f"no check asks for the value of '{entry}'; remove it")


def _no_such_name(lesson: Lesson, place: tuple[str | int, ...], name: str, names: set[str]) -> None:
    lesson.in_rubric(
        "no-such-name", place,
        f"nothing in the reference is called '{name}'{did_you_mean(name, names)}; correct it, or join the name that "
        "students use and the reference's by '|'",
    )  # fmt: skip


def _error(lesson: Lesson, kind: str, message: str) -> None:
    lesson.error(f"reference.{kind}", lesson.files.reference, None, message)
