"""Decides whether a checks file is what the rubric needs: the same checks, in public words, with feedback."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator

from assay.course import did_you_mean
from assay.lint.code import failures, functions, observations, public_words
from assay.lint.lesson import Lesson
from assay.rubric import Rubric, check_names, verify_checks

PUBLIC_MODULES = frozenset({"assay", "assay.claims", "assay.tensors"})
LIBRARIES = frozenset({"torch"})
PREFIX = "check_"


def look(lesson: Lesson) -> None:
    """Everything that the checks file tells, alone and beside the rubric; fills in the rubric's claims."""
    path = lesson.files.checks
    claims = lesson.attempt("checks.unreadable", path, lambda: check_names(path))
    if claims is None:
        return
    tree = ast.parse(path.read_text(encoding="utf-8"))
    lesson.asked = frozenset(
        node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)
    )
    _imports(lesson, tree)
    for function in tree.body:
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef) and function.name.startswith(PREFIX):
            _parameters(lesson, function)
    rubric = lesson.rubric
    if rubric is None:
        return
    if _same_names(lesson, rubric, claims):
        lesson.rubric = verify_checks(rubric, path)
        _feedback(lesson, rubric)


def _imports(lesson: Lesson, tree: ast.Module) -> None:
    for line, module, name in imports(tree):
        if not may_import(module):
            lesson.error(
                "checks.import", lesson.files.checks, line, f"{module} is no public word: import only assay, "
                "assay.claims, assay.tensors, torch and the standard library",
            )  # fmt: skip
        elif module in PUBLIC_MODULES and name and name not in public_words(module):
            lesson.error(
                "checks.import", lesson.files.checks, line,
                f"{module} has no {name!r}{did_you_mean(name, public_words(module))}: correct the name",
            )  # fmt: skip


def may_import(module: str) -> bool:
    """Whether a checks file may import this module."""
    top = module.split(".")[0]
    return module in PUBLIC_MODULES or top in LIBRARIES or top in sys.stdlib_module_names


def imports(tree: ast.AST) -> Iterator[tuple[int, str, str | None]]:
    """(line, module, name) of what is imported anywhere; the name is None for a whole module."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name, None) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from ((node.lineno, node.module or ".", alias.name) for alias in node.names)


def _parameters(lesson: Lesson, function: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
    arguments = function.args
    for one in [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]:
        if one.arg not in observations():
            lesson.error(
                "checks.parameter", lesson.files.checks, one.lineno, f"{function.name} asks for {one.arg!r}, which is "
                f"no observation{did_you_mean(one.arg, observations())}: use {', '.join(sorted(observations()))}",
            )  # fmt: skip


def _same_names(lesson: Lesson, rubric: Rubric, claims: dict[str, str]) -> bool:
    used = {c.check for exercise in rubric.exercises for c in exercise.criteria if c.check}
    for index, exercise in enumerate(rubric.exercises):
        for position, criterion in enumerate(exercise.criteria):
            if criterion.check and criterion.check not in claims:
                lesson.in_rubric(
                    "no-such-check", ("exercises", index, "criteria", position),
                    f"there is no function {PREFIX}{criterion.check} in {lesson.files.checks.name}"
                    f"{did_you_mean(criterion.check, claims)}; correct the name or write the check",
                )  # fmt: skip
    for name in claims.keys() - used:
        line = functions(lesson.files.checks)[PREFIX + name].node.lineno
        lesson.error(
            "checks.unused", lesson.files.checks, line,
            f"{PREFIX}{name} is in no exercise of {rubric.path.name}{did_you_mean(name, used)}: add it there or remove "
            "the function",
        )  # fmt: skip
    return claims.keys() == used


def _feedback(lesson: Lesson, rubric: Rubric) -> None:
    """A criterion that fails says what is claimed, what was seen, which idea that comes from, and what to try."""
    own = functions(lesson.files.checks)
    hinted = {c.check: c.hint for exercise in rubric.exercises for c in exercise.criteria if c.check and c.hint}
    for name in dict.fromkeys(c.check for exercise in rubric.exercises for c in exercise.criteria if c.check):
        path, line = lesson.files.checks, own[PREFIX + name].node.lineno
        said = failures(PREFIX + name, own)
        mute = next((one for one in said if one.seen is not None and not one.seen.strip()), None)
        if mute:
            lesson.error("feedback.seen", mute.file, mute.line, "this Failure does not say what was seen: write it")
        if not said:
            lesson.error("feedback.never-fails", path, line, f"{PREFIX}{name} can never raise Failure: let it decide")
            continue
        if not any(one.help for one in said) and name not in hinted:
            lesson.error(
                "feedback.help", path, line, f"nothing that {PREFIX}{name} raises says what to try, and the rubric has "
                "no hint: add help or a hint",
            )  # fmt: skip
        if not any(one.misconception for one in said):
            lesson.note(
                "feedback.misconception", path, line, f"nothing that {PREFIX}{name} raises names the idea that it "
                "usually comes from: add a misconception",
            )  # fmt: skip
