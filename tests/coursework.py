"""Builds small course notebooks in code, and looks at them as `grade.py course` does."""

from __future__ import annotations

from pathlib import Path

import nbformat

from assay.command.course_runs import run_all_ways
from assay.command.lessons import lesson_of
from assay.command.session import Session
from assay.coursework.examine import examine
from assay.coursework.finding import Finding
from assay.coursework.page import Page
from assay.coursework.placing import place
from assay.coursework.rules import load_rules
from assay.coursework.runs import Runs
from assay.intake import read_notebook
from tests.engine import let_others_through

TITLE = "# Textual Inversion"


class Text(str):
    """A markdown cell that does not begin like one."""


MODEL = "'stable-diffusion-v1-5/stable-diffusion-v1-5'"


def page_of(*cells: str, file: str = "lesson.ipynb") -> Page:
    """A page of these cells; exercise headings, solutions and every `Text` are markdown, all others code."""
    made = nbformat.v4.new_notebook()
    make = {True: nbformat.v4.new_markdown_cell, False: nbformat.v4.new_code_cell}
    made.cells = [make[isinstance(c, Text) or c.startswith(("## ", "<"))](str(c)) for c in (Text(TITLE), *cells)]
    if not any(cell.cell_type == "code" for cell in made.cells):
        made.cells.append(nbformat.v4.new_code_cell(""))
    for cell in made.cells:
        del cell["id"]
    made.nbformat_minor = 4
    return Page(read_notebook(nbformat.writes(made).encode(), file))


def solution(
    *blocks: str, reasoning: str = "The idea comes first, and it is told in a sentence of some length."
) -> str:
    """A solution's cell: reasoning, then pieces of code, each with a label before it if it begins with `**`."""
    parts = []
    for block in blocks:
        label, code = block.split("\n", 1) if block.startswith("**") else ("", block)
        parts.append(f"{label}\n```python\n{code}\n```")
    body = "\n\n".join([reasoning, *parts])
    return f"<details>\n<summary>Solution</summary>\n\n{body}\n\n</details>"


def run_page(session: Session, page: Page, folder: Path) -> Runs:
    """Execute a page in all ways."""
    let_others_through(folder)
    return run_all_ways(session, page, lesson_of(page.notebook, session.lessons, None), folder, lambda _: None)


def found(session: Session, page: Page, folder: Path) -> list[Finding]:
    """Everything that is found in a page, with executing it."""
    return examine(page, run_page(session, page, folder), load_rules())


def read(page: Page) -> list[Finding]:
    """What is found in a page without executing it."""
    return examine(page, Runs(place(page)), load_rules())


def of(kind: str, findings: list[Finding]) -> list[Finding]:
    """The findings of one kind."""
    return [finding for finding in findings if finding.kind == kind]
