"""Decides how rows become CSV: text that no spreadsheet runs, numbers as numbers, one kind of line end."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from io import StringIO

from assay.report.gradebook import number_cell, text_cell

Cell = str | float | None


def table_text(heads: Sequence[str], rows: Iterable[Sequence[Cell]]) -> str:
    """CSV with these heads; None is an empty cell."""
    text = StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([text_cell(head) for head in heads])
    writer.writerows([_cell(cell) for cell in row] for row in rows)
    return text.getvalue()


def _cell(cell: Cell) -> str:
    return text_cell(cell) if cell is None or isinstance(cell, str) else number_cell(cell)
