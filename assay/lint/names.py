"""Decides what names the code of a reference notebook binds, reads and defines, exercise by exercise."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable

from assay.intake import Cell, Notebook

_MAGIC = re.compile(r"^(\s*)[!%].*", re.MULTILINE)


def python_of(cells: Iterable[Cell]) -> str:
    """The code of these cells as one text; lines of magics do nothing."""
    return "\n".join(_MAGIC.sub(r"\1pass", cell.source) for cell in cells if cell.kind == "code")


def cells_until(notebook: Notebook, exercise: int) -> list[Cell]:
    """The set-up's cells and those of the exercises up to and with this one."""
    return [*notebook.setup, *(c for one in notebook.exercises if one.number <= exercise for c in one.cells)]


def cells_of(notebook: Notebook, exercise: int) -> list[Cell]:
    """The cells of one exercise."""
    return [cell for one in notebook.exercises if one.number == exercise for cell in one.cells]


def tree_of(cells: Iterable[Cell]) -> ast.Module:
    """The parsed code; empty when it is no Python."""
    try:
        return ast.parse(python_of(cells))
    except (SyntaxError, ValueError):
        return ast.Module(body=[], type_ignores=[])


def bound(tree: ast.AST) -> set[str]:
    """Every name that a statement, a loop, a parameter, a function or a class binds."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.id)
        elif isinstance(node, ast.arg):
            found.add(node.arg)
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            found.add(node.name)
    return found


def definition(tree: ast.AST, name: str) -> ast.FunctionDef | ast.ClassDef | None:
    """The last function or class of this name."""
    nodes = (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name == name)
    return max(nodes, key=lambda node: node.lineno, default=None)


def accepts(function: ast.FunctionDef, names: Iterable[str], method: bool = False) -> bool:
    """Whether a function can be called with inputs of these names: by name, or as many by position."""
    arguments = function.args
    positional = [one.arg for one in [*arguments.posonlyargs, *arguments.args]][method:]
    known = {*positional, *(one.arg for one in arguments.kwonlyargs)}
    given = list(names)
    if arguments.kwarg or arguments.vararg:
        return True
    if set(given) <= known:
        return set(positional[: len(positional) - len(arguments.defaults)]) <= set(given)
    return len(positional) - len(arguments.defaults) <= len(given) <= len(positional)
