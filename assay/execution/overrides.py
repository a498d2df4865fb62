"""Decides which constants of a notebook are shortened: top-level literals that the rubric names, and only downwards."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import Any

Shorter = tuple[str, Any, str]  # name, new value, reason


@dataclass(frozen=True)
class Applied:
    """One constant that was replaced; `cell` is the 0-based index among all cells."""

    name: str
    was: str
    now: str
    cell: int
    reason: str


def shorten(source: str, cell: int, shorter: tuple[Shorter, ...]) -> tuple[str, tuple[Applied, ...]]:
    """The source of a cell with `name = literal` lowered where `shorter` says so, and what was done.

    Only assignments at the cell's top level whose value is a literal number or list are touched; a cell that is no
    Python stays as it is. Line numbers do not change.
    """
    lines = source.split("\n")
    try:
        tree = ast.parse("\n".join(_without_magic(line) for line in lines))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return source, ()
    done: list[Applied] = []
    for statement in reversed(tree.body):
        for name, value, reason in shorter:
            replaced = _replace(statement, lines, name, value)
            if replaced is not None:
                done.append(Applied(name, replaced, repr(value), cell, reason))
    return "\n".join(lines), tuple(reversed(done))


def _without_magic(line: str) -> str:
    stripped = line.lstrip()
    return line[: len(line) - len(stripped)] + "pass" if stripped[:1] in ("!", "%", "?") else line


def _replace(statement: ast.stmt, lines: list[str], name: str, value: Any) -> str | None:
    """Put `value` in place of the literal, on one line; the old text, or None when this is not the assignment."""
    if not isinstance(statement, ast.Assign | ast.AnnAssign) or statement.value is None:
        return None
    targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
    node = statement.value
    if [t.id for t in targets if isinstance(t, ast.Name)] != [name] or node.end_lineno != node.lineno:
        return None
    try:
        old = ast.literal_eval(node)
    except ValueError:
        return None
    if not _is_longer(old, value):
        return None
    line = lines[node.lineno - 1].encode()  # ast counts columns in UTF-8 bytes
    assert node.end_col_offset is not None
    lines[node.lineno - 1] = (line[: node.col_offset] + repr(value).encode() + line[node.end_col_offset :]).decode()
    return line[node.col_offset : node.end_col_offset].decode()


def _is_longer(old: object, new: object) -> bool:
    if type(old) is int and type(new) is int:
        return old > new
    if isinstance(old, list | tuple) and isinstance(new, list | tuple) and old and new:
        return all(type(item) is int for item in old) and max(old) > max(new)
    return False
