"""Decides what a plain CSV file says: a row for each submission and student, with all that led to the mark."""

from __future__ import annotations

from collections.abc import Sequence

from assay.cohort import Row, Settings
from assay.export.cells import Cell, table_text


def csv_text(rows: Sequence[Row], settings: Settings) -> str:
    """Columns: submission, lesson, student, name, state, score, max_score, pending, one for each exercise, attempt,
    days_late, penalty, mark, counts, reason."""
    numbers = sorted({exercise["number"] for row in rows for exercise in row.result["exercises"]})
    heads = [
        *("submission", "lesson", "student", "name", "state", "score", "max_score", "pending"),
        *(f"exercise_{number}" for number in numbers),
        *("attempt", "days_late", "penalty", "mark", "counts", "reason"),
    ]
    return table_text(heads, [_row(row, numbers, settings) for row in rows])


def _row(row: Row, numbers: Sequence[int], settings: Settings) -> list[Cell]:
    result, student = row.result, settings.students.get(row.student or "")
    scores = {exercise["number"]: exercise["score"] for exercise in result["exercises"]}
    return [
        *(row.submission, result["lesson"], row.student, student.name if student else None, result["state"]),
        *(result["score"], result["max_score"], result["pending"]),
        *(scores.get(number) for number in numbers),
        *(row.attempt, row.days_late, row.penalty, row.mark, "yes" if row.counts else "no", result["reason"]),
    ]
