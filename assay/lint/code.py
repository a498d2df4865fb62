"""Decides what the source of checks and of the public claims can tell without running it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ASSAY = Path(__file__).parent.parent
FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Function:
    """A function of a checks file or of the public claims, and the file that it stands in."""

    node: FunctionNode
    file: Path


@dataclass(frozen=True)
class Said:
    """One `Failure(...)`: where it is raised, and whether it has a misconception and help."""

    file: Path
    line: int
    seen: str | None  # the text, where it is a plain one; None where it is put together
    misconception: bool
    help: bool


def functions(path: Path) -> dict[str, Function]:
    """The functions at the top level of a file."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {node.name: Function(node, path) for node in tree.body if isinstance(node, FunctionNode)}


@cache
def claims() -> dict[str, Function]:
    """Every function of `assay.claims`, by name; also those that a check cannot import but that others call."""
    return {
        name: one for path in sorted((ASSAY / "claims").glob("*.py")) for name, one in functions(path).items()
    } | functions(ASSAY / "tensors.py")


@cache
def public_words(module: str) -> frozenset[str]:
    """What a module of assay offers to checks: its `__all__`, or what it defines."""
    path = ASSAY / "__init__.py" if module == "assay" else ASSAY.joinpath(*module.split(".")[1:])
    path = path / "__init__.py" if path.is_dir() else path if path.suffix else path.with_suffix(".py")
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in tree.body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            return frozenset(ast.literal_eval(node.value))
    return frozenset(node.name for node in tree.body if isinstance(node, FunctionNode | ast.ClassDef))


@cache
def observations() -> frozenset[str]:
    """What a check may ask for by the name of a parameter: the fixtures of the judge's plugin."""
    tree = ast.parse((ASSAY / "judging" / "plugin.py").read_text(encoding="utf-8"))
    return frozenset(
        node.name
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) and any(ast.unparse(d) == "pytest.fixture" for d in node.decorator_list)
    )


def failures(name: str, own: dict[str, Function]) -> list[Said]:
    """Every `Failure(...)` that a check can come to, in itself and in what it calls of its file and of the claims."""
    known = claims() | own
    seen: set[str] = set()
    waiting = [name]
    found: list[Said] = []
    while waiting:
        one = waiting.pop()
        if one in seen or one not in known:
            continue
        seen.add(one)
        found += _said(known[one])
        waiting += [n.id for n in ast.walk(known[one].node) if isinstance(n, ast.Name)]
    return found


def _said(function: Function) -> Iterator[Said]:
    for node in ast.walk(function.node):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Failure":
            words = {k.arg: k.value for k in node.keywords}
            given = [*node.args, *[None] * 3]
            seen = given[0] or words.get("seen")
            plain = seen.value if isinstance(seen, ast.Constant) and isinstance(seen.value, str) else None
            misconception, help_ = given[1] or words.get("misconception"), given[2] or words.get("help")
            yield Said(
                function.file, node.lineno, "" if seen is None else plain, _is_said(misconception), _is_said(help_)
            )


def _is_said(value: ast.expr | None) -> bool:
    return value is not None and not (isinstance(value, ast.Constant) and not value.value)
