"""Decides which cells of earlier exercises one exercise builds on, by the names that it reads and they bind."""

from __future__ import annotations

import ast
from typing import Any

from assay.proof import exercise_of_each_cell, source_of

LEAST = 8  # characters: less than that is in the next version of the notebook by chance


def needs_of(notebook: dict[str, Any], exercise: int) -> tuple[str, ...]:
    """A phrase for each such cell, which no other code cell of an earlier exercise holds; in the notebook's order.

    A cell that has no such phrase is left out: then the exercise does not run alone, and whoever tries it will see.
    """
    cells, numbers = notebook["cells"], exercise_of_each_cell(notebook["cells"])
    code = [(i, n) for i, n in enumerate(numbers) if cells[i]["cell_type"] == "code"]
    earlier = [i for i, n in code if n is not None and n < exercise]
    wanted = set().union(*(_read(source_of(cells[i])) for i, n in code if n == exercise))
    bound_before = set().union(*(_bound(source_of(cells[i])) for i, n in code if n is None))
    needed: list[int] = []
    for index in reversed(earlier):
        source = source_of(cells[index])
        if _bound(source) & wanted - bound_before:
            needed.append(index)
            wanted |= _read(source)
    phrases = [_phrase(source_of(cells[i]), [source_of(cells[j]) for j in earlier if j != i]) for i in needed]
    return tuple(phrase for phrase in reversed(phrases) if phrase)


def _phrase(source: str, others: list[str]) -> str | None:
    """The shortest of the first lines that will do: an import or an assignment reads better than a whole call."""
    lines = [line.strip() for line in source.splitlines() if len(line.strip()) >= LEAST]
    return min((line for line in lines if not any(line in other for other in others)), key=len, default=None)


def _names(source: str, kind: type[ast.expr_context]) -> set[str]:
    try:
        tree = ast.parse("\n".join("" if line.lstrip()[:1] in "!%" else line for line in source.splitlines()))
    except SyntaxError:
        return set()
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, kind)} | (
        {n.name for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.ClassDef)}
        if kind is ast.Store
        else set()
    )


def _read(source: str) -> set[str]:
    return _names(source, ast.Load)


def _bound(source: str) -> set[str]:
    return _names(source, ast.Store)
