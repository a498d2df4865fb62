"""Decides how a name of the student's gets another value: after every statement that binds it, it is bound once more.

That reaches constants, loop variables and parameters of functions alike, in any cell, without knowing what they mean.
"""

from __future__ import annotations

import ast
from typing import Any

GIVEN = "__given_by_assay__"  # the dict in the notebook's namespace that holds the new values


def rebind(source: str, names: set[str]) -> tuple[str, set[str]]:
    """`source` (plain Python, magics already translated) with `names` bound to `GIVEN[name]`, and the names found.

    A source that is no Python stays as it is.
    """
    tree = _parsed(source)
    binder = _Binder(names)
    changed = binder.visit(tree)
    if not binder.found:
        return source, set()
    return ast.unparse(ast.fix_missing_locations(changed)), binder.found


def read_names(source: str, names: set[str]) -> set[str]:
    """Those of `names` whose value the source asks for."""
    loads = (n for n in ast.walk(_parsed(source)) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load))
    return {node.id for node in loads} & names


def _parsed(source: str) -> ast.Module:
    try:
        return ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ast.Module(body=[], type_ignores=[])


class _Binder(ast.NodeTransformer):
    def __init__(self, names: set[str]) -> None:
        self._names = names
        self.found: set[str] = set()

    def generic_visit(self, node: ast.AST) -> ast.AST:
        super().generic_visit(node)
        for field in ("body", "orelse", "finalbody"):
            statements = getattr(node, field, None)
            if isinstance(statements, list):
                setattr(node, field, self._with_bindings(statements))
        return node

    def _with_bindings(self, statements: list[Any]) -> list[Any]:
        made: list[Any] = []
        for statement in statements:
            inner = self._bound_inside(statement)
            if inner:
                statement.body = _after_docstring(statement.body, [self._binding(name) for name in inner])
            made.append(statement)
            made += [self._binding(name) for name in self._bound_by(statement)]
        return made

    def _bound_inside(self, statement: ast.AST) -> list[str]:
        """Names that are bound where a body begins: a loop's variables, a function's parameters."""
        if isinstance(statement, ast.For | ast.AsyncFor):
            return self._among(_targets(statement.target))
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
            arguments = statement.args
            every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
            return self._among(argument.arg for argument in every)
        return []

    def _bound_by(self, statement: ast.AST) -> list[str]:
        if isinstance(statement, ast.Assign):
            return self._among(name for target in statement.targets for name in _targets(target))
        if isinstance(statement, ast.AnnAssign | ast.AugAssign):
            return self._among(_targets(statement.target))
        return []

    def _among(self, found: Any) -> list[str]:
        names = [name for name in dict.fromkeys(found) if name in self._names]
        self.found |= set(names)
        return names

    def _binding(self, name: str) -> ast.stmt:
        return ast.parse(f"{name} = {GIVEN}[{name!r}]").body[0]


def _targets(node: ast.AST) -> list[str]:
    return [part.id for part in ast.walk(node) if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store)]


def _after_docstring(body: list[Any], added: list[ast.stmt]) -> list[Any]:
    first = body[0] if body else None
    has_text = (
        isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str)
    )
    place = 1 if has_text else 0
    return [*body[:place], *added, *body[place:]]
