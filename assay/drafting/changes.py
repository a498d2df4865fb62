"""Decides which small changes of an exercise are worth trying as first mistakes, as edits that a person can read."""

from __future__ import annotations

import ast
import re
from typing import Any

from assay.mutation import Site, sites
from assay.proof import Edit, Variant, exercise_of_each_cell, source_of

NAME = 100  # characters of a mistake's name: it fits on a line
# Statements that only decide how something looks, is freed or is told: changing them is no mistake.
DULL = re.compile(r"print\(|figsize|del |seed|empty_cache|title|label|legend|tight_layout|show\(|axis\(|time|style")


def first_changes(notebook: dict[str, Any], exercise: int, needs: tuple[str, ...], most: int) -> list[Variant]:
    """At most `most` changes of the exercise, spread over its statements, each an edit of one statement. A statement
    that does something without giving anything is left out; in any other one thing is changed."""
    found = [
        change for site in sites(notebook) if site.exercise == exercise for change in _as_edit(notebook, site, needs)
    ]
    unlike = {change.edits[0].find: change for change in reversed(found)}  # one for each statement, the first
    kept = [change for change in found if unlike[change.edits[0].find] is change]
    step = max(1, len(kept) // most) if most else 1
    return kept[::step][:most]


def _as_edit(notebook: dict[str, Any], site: Site, needs: tuple[str, ...]) -> list[Variant]:
    """The mutant of one simple statement whose text occurs once in the exercise; nothing for any other."""
    source = source_of(notebook["cells"][site.cell])
    text = _statement(source, site.mutant.line)
    if text is None or DULL.search(site.mutant.before) or _times(notebook, site.exercise, text) != 1:
        return []
    told = site.mutant.description
    name = told if len(told) <= NAME else told[: NAME - 3] + "..."
    return [Variant(name, site.exercise, (Edit(text, site.mutant.after),), needs)]


def _statement(source: str, line: int) -> str | None:
    """The text of the simple statement that begins on this line."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Assign | ast.Expr | ast.AugAssign) and node.lineno == line:
            return ast.get_source_segment(source, node)
    return None


def _times(notebook: dict[str, Any], exercise: int, text: str) -> int:
    numbers = exercise_of_each_cell(notebook["cells"])
    return sum(
        source_of(cell).count(text)
        for cell, number in zip(notebook["cells"], numbers, strict=True)
        if number == exercise and cell["cell_type"] == "code"
    )
