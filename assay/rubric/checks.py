"""Decides whether a rubric and its checks file name the same checks, by reading the file and never importing it."""

from __future__ import annotations

import ast
import inspect
from pathlib import Path

from assay.course import did_you_mean
from assay.failure import Misuse
from assay.rubric.load import with_claims
from assay.rubric.model import Rubric

_PREFIX = "check_"


def check_names(checks_path: Path) -> dict[str, str]:
    """The claims of the functions `check_<name>` at the top level of a checks file, by name without the prefix.

    A claim is the first paragraph of the docstring on one line.

    Raises:
        Misuse: the file cannot be read or parsed, a check is defined twice, or has no docstring.
    """
    claims: dict[str, str] = {}
    for node in _parsed(checks_path).body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith(_PREFIX):
            name = node.name.removeprefix(_PREFIX)
            if name in claims:
                raise Misuse(f"{checks_path}: line {node.lineno}: {node.name} is defined twice: rename one of the two")
            claims[name] = _claim(node, checks_path)
    return claims


def verify_checks(rubric: Rubric, checks_path: Path) -> Rubric:
    """The rubric with its claims filled in, once every check of it is defined and every defined check is in it.

    Raises:
        Misuse: a name occurs on one side only, with the name that was probably meant; or as `check_names`.
    """
    claims = check_names(checks_path)
    used = {criterion.check: exercise for exercise in rubric.exercises for criterion in exercise.criteria}
    for name, exercise in used.items():
        if name is not None and name not in claims:
            raise Misuse(
                f"{rubric.path}: exercise {exercise.number}: there is no function {_PREFIX}{name} in {checks_path.name}"
                f"{did_you_mean(name, claims)}: correct the name or write the check"
            )
    for name in claims:
        if name not in used:
            raise Misuse(
                f"{checks_path}: {_PREFIX}{name} is in no exercise of {rubric.path.name}"
                f"{did_you_mean(name, filter(None, used))}: add it there or remove the function"
            )
    return with_claims(rubric, claims)


def _parsed(path: Path) -> ast.Module:
    try:
        return ast.parse(path.read_bytes())
    except OSError as error:
        raise Misuse(f"{path}: the checks cannot be read ({error.strerror}): every lesson needs this file") from None
    except (SyntaxError, ValueError) as error:
        line = f"line {error.lineno}: {error.msg}" if isinstance(error, SyntaxError) else str(error)
        raise Misuse(f"{path}: the checks are not valid Python ({line}): correct it") from None


def _claim(node: ast.FunctionDef | ast.AsyncFunctionDef, path: Path) -> str:
    paragraphs = inspect.cleandoc(ast.get_docstring(node) or "").split("\n\n")
    if not paragraphs[0]:
        raise Misuse(f"{path}: line {node.lineno}: {node.name} has no docstring: write the claim that students read")
    return " ".join(paragraphs[0].split())
