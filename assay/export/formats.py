"""Decides which formats there are, and that what no product can take is no part of any."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from assay.cohort import Row, Settings
from assay.export.gradescope import gradescope_text
from assay.export.junit import junit_text
from assay.export.platforms import canvas_text, moodle_text
from assay.export.table import csv_text

FORMATS: dict[str, Callable[[Sequence[Row], Settings], str]] = {
    "csv": csv_text,
    "canvas": canvas_text,
    "moodle": moodle_text,
    "gradescope": gradescope_text,
    "junit": junit_text,
}


def export(form: str, rows: Sequence[Row], settings: Settings) -> str:
    """The rows, which are sorted, in a format; equal rows give equal text."""
    return FORMATS[form](rows, settings)
