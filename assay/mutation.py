"""Decides which small changes are made to a reference solution to ask what its checks would miss.

Operators, constants, comparisons, the order of arguments and whole statements: the usual set of mutation testing
(Jia and Harman 2011), less what only changes a printed text or a plot.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from assay.proof import Legal, Survivor, exercise_of_each_cell, source_of

SWAPPED: dict[type[ast.AST], type[ast.AST]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.Pow: ast.Mult, ast.MatMult: ast.Add,
    ast.FloorDiv: ast.Mult, ast.Mod: ast.Mult, ast.Lt: ast.GtE, ast.GtE: ast.Lt, ast.Gt: ast.LtE, ast.LtE: ast.Gt,
    ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.And: ast.Or, ast.Or: ast.And, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
}  # fmt: skip
# Calls that only show something: what they are given decides nothing.
SHOWN = {"print", "display", "show", "imshow", "plot", "hist", "bar", "scatter", "set_title", "title", "suptitle",
         "legend", "figure", "subplots", "tight_layout", "axis", "xlabel", "ylabel", "set_xlabel", "set_ylabel",
         "set_xticks", "set_yticks", "colorbar", "savefig", "axhline", "axvline", "annotate", "grid"}  # fmt: skip


@dataclass(frozen=True)
class Mutant:
    """One changed cell: its new source, and the statement before and after as a person reads it."""

    source: str
    line: int
    before: str
    after: str

    @property
    def description(self) -> str:
        """`before -> after`, what legality rules are matched with."""
        return f"{self.before} -> {self.after}"


@dataclass(frozen=True)
class Site:
    """A mutant and where it belongs: the exercise, and the index of its cell in the reference."""

    exercise: int
    cell: int
    mutant: Mutant

    def __str__(self) -> str:
        return f"exercise {self.exercise}, cell {self.cell}, line {self.mutant.line}: {self.mutant.description}"


Change = Callable[[ast.AST], ast.AST | None]


def sites(reference: Mapping[str, Any]) -> list[Site]:
    """Every mutant of the exercises' cells of an nbformat dict, in the notebook's order."""
    numbers = exercise_of_each_cell(reference["cells"])
    return [
        Site(number, index, mutant)
        for index, (cell, number) in enumerate(zip(reference["cells"], numbers, strict=True))
        if number is not None and cell["cell_type"] == "code"
        for mutant in mutants(source_of(cell))
    ]


def fits(rule: Legal | Survivor, site: Site) -> bool:
    """Whether a rule speaks of a mutant."""
    return rule.exercise in (None, site.exercise) and re.search(rule.pattern, site.mutant.description) is not None


def mutants(source: str) -> Iterator[Mutant]:
    """Every mutant of a cell, in the order of its lines; none for a cell that is no plain Python."""
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return
    for statement in _statements(tree):
        if not _only_shows(statement):
            for index, node in enumerate(_parts(statement)):
                for change in _changes(node):
                    yield from _mutant(source, tree, statement, index, change)


def _statements(tree: ast.AST) -> Iterator[ast.stmt]:
    """Every statement, also those inside others; a compound one stands for its own head only."""
    for node in ast.walk(tree):
        if isinstance(node, ast.stmt) and not isinstance(node, ast.Import | ast.ImportFrom):
            yield node


def _parts(statement: ast.stmt) -> list[ast.AST]:
    """The nodes of a statement, without those of the statements inside it."""
    parts: list[ast.AST] = [statement]
    waiting = [child for child in ast.iter_child_nodes(statement) if not isinstance(child, ast.stmt)]
    while waiting:
        node = waiting.pop(0)
        parts.append(node)
        waiting += [child for child in ast.iter_child_nodes(node) if not isinstance(child, ast.stmt)]
    return parts


def _only_shows(statement: ast.stmt) -> bool:
    value = getattr(statement, "value", None)
    if not isinstance(statement, ast.Expr | ast.Assign) or not isinstance(value, ast.Call):
        return isinstance(statement, ast.Expr) and isinstance(value, ast.Constant)  # a docstring
    function = value.func
    name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
    return name in SHOWN


def _changes(node: ast.AST) -> list[Change]:
    if isinstance(node, ast.Expr | ast.AugAssign | ast.Delete):
        return [_deleted, *_operators(node)]
    if isinstance(node, ast.Constant):
        return [_other_number] if type(node.value) in (int, float, bool) else []
    if isinstance(node, ast.Call) and len(node.args) >= 2:
        return [_arguments_swapped]
    if isinstance(node, ast.UnaryOp):
        return [_operand]
    return _operators(node)


def _operators(node: ast.AST) -> list[Change]:
    operator = getattr(node, "op", None) or next(iter(getattr(node, "ops", [])), None)
    return [_operator_swapped] if type(operator) in SWAPPED else []


def _deleted(node: ast.AST) -> ast.AST:
    return ast.copy_location(ast.Pass(), node)


def _other_number(node: ast.AST) -> ast.AST:
    assert isinstance(node, ast.Constant)
    value = node.value
    node.value = (not value) if isinstance(value, bool) else value + 1 if isinstance(value, int) else value * 1.5 + 0.1  # type: ignore[operator]
    return node


def _arguments_swapped(node: ast.AST) -> ast.AST:
    assert isinstance(node, ast.Call)
    node.args[0], node.args[1] = node.args[1], node.args[0]
    return node


def _operand(node: ast.AST) -> ast.AST:
    assert isinstance(node, ast.UnaryOp)
    return node.operand


def _operator_swapped(node: ast.AST) -> ast.AST:
    if hasattr(node, "op"):
        node.op = SWAPPED[type(node.op)]()
    else:
        node.ops[0] = SWAPPED[type(node.ops[0])]()  # type: ignore[attr-defined]
    return node


def _mutant(source: str, tree: ast.AST, statement: ast.stmt, index: int, change: Change) -> Iterator[Mutant]:
    position = list(_statements(tree)).index(statement)
    changed = ast.parse(source)  # a copy; the library's own way to make one takes five times as long
    copied = list(_statements(changed))[position]
    target = _parts(copied)[index]
    made = change(target)
    if made is not target:
        _Replace(target, made).visit(changed)
        copied = made if target is copied and isinstance(made, ast.stmt) else copied
    text = ast.unparse(ast.fix_missing_locations(changed))
    if text != ast.unparse(tree):
        yield Mutant(text, statement.lineno, _head(statement), _head(copied))


class _Replace(ast.NodeTransformer):
    def __init__(self, old: ast.AST, new: ast.AST | None) -> None:
        self._old, self._new = old, new

    def visit(self, node: ast.AST) -> ast.AST | None:
        return self._new if node is self._old else super().visit(node)


def _head(statement: ast.stmt) -> str:
    """The first line of a statement: a compound one without its body."""
    return ast.unparse(statement).split("\n")[0]
