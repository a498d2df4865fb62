"""Decides on which line of a file something stands, so that a finding can be jumped to."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from pathlib import Path

import yaml


class YamlPlaces:
    """The lines of a YAML file by the keys and indices that lead to them."""

    def __init__(self, path: Path) -> None:
        self._root = yaml.compose(
            path.read_text(encoding="utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        )

    def line(self, place: Iterable[str | int]) -> int:
        """The line, counted from 1, of what `place` leads to, or of what holds it when there is no such thing."""
        node, line = self._root, 1
        for part in place:
            key, node = _below(node, part)
            if node is None:
                break
            line = (key or node).start_mark.line + 1
        return line


def _below(node: yaml.Node | None, part: str | int) -> tuple[yaml.Node | None, yaml.Node | None]:
    """The key's node, where there is one, and the value's."""
    if isinstance(node, yaml.MappingNode):
        return next(((key, value) for key, value in node.value if key.value == str(part)), (None, None))
    if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
        return None, node.value[part]
    return None, None


def line_of_text(paths: Iterable[Path], text: str, within: str = "") -> tuple[Path, int] | None:
    """Where a text stands as a literal in one of these Python files; of several, in a call of something that is named
    like `within`, then the first."""
    found = [(path, node) for path in paths for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))]
    calls = [(path, node) for path, node in found if isinstance(node, ast.Call) and within in ast.unparse(node.func)]
    literals = [(path, arg) for path, call in calls for arg in [*call.args, *(k.value for k in call.keywords)]]
    for path, node in [*literals, *found]:
        if isinstance(node, ast.Constant) and node.value == text:
            return path, node.lineno
    return None
