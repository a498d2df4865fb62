"""Decides whether the course's text keeps the house's rules: patterns that must not occur."""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Iterator

from assay.coursework.finding import Finding
from assay.coursework.page import Page, without_code
from assay.coursework.rules import HouseRule, Rules
from assay.intake import Cell

_DIAGRAM = re.compile(r"```[ \t]*(?:mermaid|dot|graphviz|plantuml)\b(.*?)```", re.DOTALL | re.IGNORECASE)
_TOLD = 5  # places that are named; the count says how many there are


def house_rules(page: Page, rules: Rules) -> Iterator[Finding]:
    """One finding for each rule that is broken, with the places."""
    for rule in rules.house_rules:
        places = list(_places(page, rule))
        if places:
            told = "; ".join(f"cell {cell}: {text}" for cell, text in places[:_TOLD])
            cell = places[0][0] if len({cell for cell, _ in places}) == 1 else None
            more = f"{len(places)} places, such as {told}" if len(places) > 1 else told
            yield page.finding(cell, "house-rule", rule.severity, f"{rule.message} ({rule.id})", more)


def _places(page: Page, rule: HouseRule) -> Iterator[tuple[int, str]]:
    for cell in page.notebook.cells:
        for text in _texts(cell, rule.where):
            for match in rule.pattern.finditer(text):
                around = text[max(0, match.start() - 25) : match.end() + 25]
                yield cell.index, repr(" ".join(around.split()))


def _texts(cell: Cell, where: str) -> Iterator[str]:
    if cell.kind == "markdown":
        if where in ("text", "all"):
            yield without_code(cell.source)
        if where in ("diagram", "all"):
            yield from _DIAGRAM.findall(cell.source)
    elif cell.kind == "code" and where in ("code", "all"):
        yield from _words_of(cell.source)


def _words_of(source: str) -> Iterator[str]:
    """The comments and texts of a piece of code; numbers and operators are nobody's style."""
    try:
        for token in tokenize.generate_tokens(io.StringIO(source).readline):
            if token.type in (tokenize.COMMENT, tokenize.STRING) or "STRING_MIDDLE" in tokenize.tok_name[token.type]:
                yield token.string
    except (tokenize.TokenError, SyntaxError, IndentationError):  # magics; what came before is enough
        return
