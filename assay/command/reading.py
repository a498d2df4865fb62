"""Decides what a handed-in file is before anything runs: a notebook of a lesson, or refused with one sentence."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from assay.command.lessons import Lesson, lesson_of
from assay.failure import Rejected
from assay.intake import Notebook, read_bytes, read_notebook


@dataclass(frozen=True)
class Refusal:
    """A file that cannot be graded as handed in; `sha256` is None where its bytes could not be read."""

    file: str
    sha256: str | None
    reason: str


@dataclass(frozen=True)
class Reading:
    """A notebook and the lesson that it belongs to."""

    notebook: Notebook
    lesson: Lesson


def read(file: str, lessons: dict[str, Lesson], wanted: str | None) -> Reading | Refusal:
    """What the file is; with `wanted` it must be a notebook of that lesson."""
    sha256 = None
    try:
        data = read_bytes(Path(file))
        sha256 = hashlib.sha256(data).hexdigest()
        notebook = read_notebook(data, file)
        return Reading(notebook, lesson_of(notebook, lessons, wanted))
    except Rejected as refusal:
        return Refusal(file, sha256, str(refusal))
