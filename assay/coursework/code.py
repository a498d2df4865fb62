"""Decides which code is looked at: the notebook's with its solutions in their places, and where a line is from."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from assay.coursework.page import Page, parsed
from assay.coursework.placing import Placed


@dataclass(frozen=True)
class Piece:
    """A code cell as it is executed; `cell` is its index, `solution` that of the solution that was put into it."""

    cell: int
    source: str
    tree: ast.Module
    original: frozenset[str]
    solution: int | None

    def cell_of(self, node: ast.AST) -> int:
        """Where an author would change this: in the solution, unless the line stands in the cell itself."""
        line = self.source.splitlines()[getattr(node, "lineno", 1) - 1].strip()
        return self.cell if self.solution is None or line in self.original else self.solution

    def text(self, node: ast.AST) -> str:
        """The line that a node begins on."""
        return self.source.splitlines()[getattr(node, "lineno", 1) - 1].strip()[:200]


def pieces(page: Page, placed: Placed) -> Iterator[Piece]:
    """The code cells that are Python, with the solutions in them."""
    for cell in page.code:
        source = placed.sources.get(cell.index, cell.source)
        if (tree := parsed(source)) is None:
            continue
        mine = [s.cell for s in page.solutions if s.exercise == page.exercise_of[cell.index]]
        solution = next((index for index in mine if index > cell.index), mine[-1] if mine else None)
        original = frozenset(line.strip() for line in cell.source.splitlines())
        yield Piece(cell.index, source, tree, original, solution if cell.index in placed.sources else None)


def calls(tree: ast.AST) -> Iterator[tuple[ast.Call, str]]:
    """Every call with what is called, as `a.b.c`; calls of results are named by their last part."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield node, dotted(node.func)


def dotted(node: ast.AST) -> str:
    """`a.b.c` for an attribute chain; what comes before a call or an index is left out."""
    if isinstance(node, ast.Attribute):
        before = dotted(node.value)
        return f"{before}.{node.attr}" if before else node.attr
    return node.id if isinstance(node, ast.Name) else ""


def keyword(call: ast.Call, name: str) -> ast.expr | None:
    """The argument of that name."""
    return next((one.value for one in call.keywords if one.arg == name), None)


def text_of(node: ast.AST | None) -> str | None:
    """The text that a node is, if it is one."""
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def page_text(page: Page, node: ast.expr) -> str | None:
    """The text that a name was given at the top of some cell, if it was given only one."""
    if not isinstance(node, ast.Name):
        return None
    given = {
        text_of(one.value)
        for _, tree in page.trees()
        for one in tree.body
        if isinstance(one, ast.Assign) and any(isinstance(t, ast.Name) and t.id == node.id for t in one.targets)
    }
    return given.pop() if len(given) == 1 else None
