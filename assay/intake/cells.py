"""Decides which parsed JSON is a notebook, and takes nothing but the cells' text out of it."""

from __future__ import annotations

import hashlib
from typing import Any, cast

from assay.failure import Rejected
from assay.intake.exercises import split
from assay.intake.headings import headings, notebook_title
from assay.intake.notebook import Cell, CellKind, Notebook
from assay.intake.old_format import cells_of_format_3
from assay.intake.strict import parse_strictly, quoted

MAX_CELLS = 2000  # the course's longest notebook has 40
MAX_SOURCE = 1_000_000  # bytes of one cell; a person types a few thousand
MAX_TEXT = 4_000_000  # bytes of all cells, the course has 80 kB; hostile headings then cost seconds, not minutes
NEWEST_MINOR = 5  # of nbformat 4, as published
_KINDS = ("code", "markdown", "raw")


def read_notebook(data: bytes, file: str) -> Notebook:
    """The notebook that `data` holds; `file` is its name as given and is only kept, never opened.

    Raises:
        Rejected: one sentence that says what is wrong, where, and how to mend it.
    """
    tree = parse_strictly(data)
    raw_cells, notes = _raw_cells(tree)
    if len(raw_cells) > MAX_CELLS:
        raise Rejected(
            f"the notebook has {len(raw_cells):,} cells and the limit is {MAX_CELLS:,}: remove the extra ones"
        )
    cells = tuple(_cell(raw, index) for index, raw in enumerate(raw_cells))
    _limit_text(cells)
    if not any(cell.kind == "code" for cell in cells):
        raise Rejected(
            f"the notebook has no code cell among its {len(cells)} cells: hand in the notebook that you worked in"
        )
    found = [list(headings(cell.source)) if cell.kind == "markdown" else [] for cell in cells]
    setup, exercises, more = split(cells, found)
    return Notebook(
        file=file,
        sha256=hashlib.sha256(data).hexdigest(),
        title=notebook_title(found),
        cells=cells,
        setup=setup,
        exercises=exercises,
        notes=(*notes, *more),
    )


def _raw_cells(tree: Any) -> tuple[list[Any], list[str]]:
    if not isinstance(tree, dict):
        raise Rejected(f"the file holds {_kind_of(tree)}, not a notebook: hand in the .ipynb file saved by Jupyter")
    major, notes = _format(tree)
    cells = cells_of_format_3(tree) if major == 3 else tree.get("cells")
    if not isinstance(cells, list):
        what = f"its 'cells' is {_kind_of(cells)}, not a list" if "cells" in tree else "it has no list of cells"
        raise Rejected(f"the notebook is damaged, {what}: open it in Jupyter, save it again, and hand in that file")
    return cells, notes


def _format(tree: dict[str, Any]) -> tuple[int, list[str]]:
    major, minor = tree.get("nbformat"), tree.get("nbformat_minor", 0)
    if type(major) is not int:
        raise Rejected(
            "the file is JSON but not a notebook, it has no 'nbformat' number: hand in the .ipynb file itself"
        )
    if major not in (3, 4):
        how = "save it as format 4" if major > 4 else "open it in a current Jupyter and save it"
        raise Rejected(f"the notebook is in format {quoted(str(major))} and formats 3 and 4 are read: {how}")
    if major == 3:
        return 3, ["The notebook is in the old format 3 and was read as format 4."]
    if type(minor) is not int or not 0 <= minor <= NEWEST_MINOR:
        return 4, [f"The notebook's minor format number is not known; it was read as format 4.{NEWEST_MINOR}."]
    return 4, []


def _cell(raw: Any, index: int) -> Cell:
    where = f"cell {index} (counted from 0)"
    if not isinstance(raw, dict):
        raise Rejected(f"{where} is {_kind_of(raw)}, not an object: open the notebook in Jupyter and save it again")
    kind = raw.get("cell_type")
    if kind not in _KINDS:
        shown = quoted(kind) if isinstance(kind, str) else _kind_of(kind)
        raise Rejected(f"{where} has the 'cell_type' {shown}, not code, markdown or raw: delete or retype that cell")
    return Cell(index, cast(CellKind, kind), _source(raw, where))


def _source(raw: dict[str, Any], where: str) -> str:
    source = raw.get("source")
    if isinstance(source, list) and all(isinstance(line, str) for line in source):
        source = "".join(source)
    if not isinstance(source, str):
        raise Rejected(f"the 'source' of {where} is not text: open the notebook in Jupyter and save it again")
    try:
        size = len(source.encode("utf-8"))
    except UnicodeEncodeError as error:
        what = f"character {error.start:,} of {where} is half of a surrogate pair (U+{ord(source[error.start]):04X})"
        raise Rejected(f"{what} and cannot be saved: retype that character") from None
    if size > MAX_SOURCE:
        raise Rejected(
            f"{where} has {size:,} bytes of text and the limit is {MAX_SOURCE:,}: move the data out of that cell"
        )
    return source


def _limit_text(cells: tuple[Cell, ...]) -> None:
    size = sum(len(cell.source.encode("utf-8")) for cell in cells)
    if size > MAX_TEXT:
        raise Rejected(
            f"the cells have {size / 1e6:.1f} MB of text and the limit is {MAX_TEXT / 1e6:.0f} MB: "
            "move the data out of the cells"
        )


def _kind_of(value: Any) -> str:
    names = {dict: "an object", list: "a list", str: "a text", bool: "true or false", type(None): "nothing"}
    return names.get(type(value), "a number")
