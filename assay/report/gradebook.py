"""How marks reach a spreadsheet: a row per submission, numbers as numbers, and no text that a spreadsheet would run."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from io import StringIO
from pathlib import Path

from assay.report.escape import one_line, plain
from assay.report.files import write_text
from assay.report.words import Result, short_files

LARGEST = 1e15  # beyond it fifteen digits do not tell a number; no mark is near it
# What makes a spreadsheet read a cell as a formula; quoting alone does not stop it, and full-width signs count too.
_FORMULA = tuple("=+-@\t\r\n＝＋－＠")


def write_gradebook(results: Sequence[Result], out: Path) -> None:
    """Write the marks as UTF-8 CSV, sorted by file and lesson, without times or paths of this machine.

    Columns: submission, lesson, state, score, max_score, pending, exercise_1 ... exercise_N, reason.
    """
    numbers = sorted({exercise["number"] for result in results for exercise in result["exercises"]})
    rows = sorted(
        (_row(name, result, numbers) for name, result in zip(short_files(results), results, strict=True)),
        key=lambda row: (row[0], row[1]),
    )
    heads = ["submission", "lesson", "state", "score", "max_score", "pending"]
    text = StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*heads, *[f"exercise_{number}" for number in numbers], "reason"])
    writer.writerows(rows)
    write_text(out, text.getvalue())


def text_cell(text: str | None) -> str:
    """Text that a spreadsheet shows and never runs; a leading quote marks what would have been a formula."""
    raw = plain(text or "")
    shown = one_line(raw, 2_000)
    return f"'{shown}" if raw.startswith(_FORMULA) or shown.startswith(_FORMULA) else shown


def _row(name: str, result: Result, numbers: Sequence[int]) -> list[str]:
    scores = {exercise["number"]: exercise["score"] for exercise in result["exercises"]}
    return [
        text_cell(name),
        text_cell(result["lesson"]),
        text_cell(result["state"]),
        *[number_cell(result[key]) for key in ("score", "max_score", "pending")],
        *[number_cell(scores.get(number)) for number in numbers],
        text_cell(result["reason"]),
    ]


def number_cell(value: float | None) -> str:
    """A number with at most six digits after the point, an empty cell where there is none."""
    if value is None or not abs(value) < LARGEST:  # NaN is not below anything
        return ""
    return f"{round(value, 6):.15g}"
