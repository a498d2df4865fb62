"""Decides what the warm parent imports: what the course's own notebooks import, so that no child pays for it."""

from __future__ import annotations

import ast
import json
from pathlib import Path


def imports_of(reference: Path) -> list[list[str]]:
    """(module, name) pairs of the import statements of a notebook of ours, in order; the name is empty for a module."""
    cells = json.loads(reference.read_text(encoding="utf-8"))["cells"]
    found: dict[tuple[str, str], None] = {}
    for cell in cells:
        if cell["cell_type"] == "code":
            found |= dict.fromkeys(_pairs("".join(cell["source"])))
    return [list(pair) for pair in found]


def _pairs(source: str) -> list[tuple[str, str]]:
    lines = ["" if line.lstrip()[:1] in ("!", "%") else line for line in source.split("\n")]
    try:
        tree = ast.parse("\n".join(lines))
    except SyntaxError:  # an open skeleton need not be Python
        return []
    pairs = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            pairs += [(alias.name, "") for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            pairs += [(node.module, alias.name) for alias in node.names]
    return pairs
