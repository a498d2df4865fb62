"""Decides how the cells of a notebook in format 3 read in format 4."""

from __future__ import annotations

from typing import Any

from assay.failure import Rejected


def cells_of_format_3(tree: dict[str, Any]) -> list[Any]:
    """The cells of all worksheets in format 4's shape; what is no cell at all is passed on for the caller to refuse."""
    worksheets = tree.get("worksheets")
    if not isinstance(worksheets, list):
        raise Rejected("the notebook says format 3 but has no list of worksheets: save it from a current Jupyter")
    cells: list[Any] = []
    for number, worksheet in enumerate(worksheets):
        inner = worksheet.get("cells") if isinstance(worksheet, dict) else None
        if not isinstance(inner, list):
            raise Rejected(f"worksheet {number} of the notebook has no list of cells: save it from a current Jupyter")
        cells += [_modern(cell) for cell in inner]
    return cells


def _modern(cell: Any) -> Any:
    if not isinstance(cell, dict):
        return cell
    kind = cell.get("cell_type")
    if kind == "code":
        return {"cell_type": "code", "source": cell.get("input", cell.get("source"))}
    if kind == "heading":
        level = cell.get("level", 1)
        # Beyond these CommonMark knows no heading.
        marks = "#" * (level if type(level) is int and 1 <= level <= 6 else 1)
        return {"cell_type": "markdown", "source": f"{marks} {_text(cell.get('source'))}"}
    return {"cell_type": "markdown" if kind == "html" else kind, "source": cell.get("source")}


def _text(source: Any) -> str:
    parts = source if isinstance(source, list) else [source]
    return "".join(part for part in parts if isinstance(part, str))
