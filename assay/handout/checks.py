"""Decides what of a checks file is handed out: the wanted checks and what they use, without a comment."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable

HEADER = "# Made by `grade.py package`: the public checks of this lesson.\n"


def public_checks(source: str, wanted: Collection[str]) -> str:
    """The text of a checks file with only the functions `check_<name>` of the `wanted` names.

    Whatever else stands at its top level stays if one of them uses it, by itself or by way of another. Comments go:
    they may speak of what is not handed out.
    """
    tree = ast.parse(source)
    named = {f"check_{name}" for name in wanted}
    while True:
        used = named | {name for node in tree.body if _binds(node) & named for name in _names(node)}
        if used == named:
            break
        named = used
    kept = [one for node in tree.body if (one := _part(node, named, is_first=node is tree.body[0])) is not None]
    return HEADER + ast.unparse(ast.Module(kept, [])) + "\n"


def _part(node: ast.stmt, named: Collection[str], is_first: bool) -> ast.stmt | None:
    """What stays of one statement at the top level."""
    if isinstance(node, ast.Import | ast.ImportFrom):
        if isinstance(node, ast.ImportFrom) and node.module == "__future__":
            return node
        aliases = [alias for alias in node.names if (alias.asname or alias.name.split(".")[0]) in named]
        node.names = aliases
        return node if aliases else None
    if is_first and isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return node
    return node if _binds(node) & set(named) else None


def _binds(node: ast.stmt) -> set[str]:
    """Names that a statement at the top level gives a meaning, or a part of one."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return {node.name}
    return {inner.id for target in _targets(node) for inner in ast.walk(target) if isinstance(inner, ast.Name)}


def _targets(node: ast.stmt) -> Iterable[ast.expr]:
    if isinstance(node, ast.Assign):
        return node.targets
    return [node.target] if isinstance(node, ast.AnnAssign | ast.AugAssign) else []


def _names(node: ast.stmt) -> set[str]:
    return {inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name)}
