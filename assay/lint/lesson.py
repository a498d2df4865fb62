"""Decides what of a lesson can be read at all; what cannot is a finding, and the rest is looked at all the same."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from assay.course import LessonFiles
from assay.failure import Misuse, Rejected
from assay.intake import Notebook, read_notebook
from assay.lint.finding import Finding, Severity
from assay.lint.places import YamlPlaces
from assay.rubric import Rubric, load_rubric, read_document, unsound

Read = TypeVar("Read")
_LINE = re.compile(r"line (\d+)")


@dataclass
class Lesson:
    """A lesson as far as it can be read, and what was found so far.

    `document` is the rubric as YAML holds it, `reference` the notebook as intake splits it, `cells` the same as an
    nbformat dict, `asked` every literal text of the checks, by which they ask for values and replays; each is None
    (the document empty) where the file is missing or cannot be read.
    """

    files: LessonFiles
    findings: list[Finding] = field(default_factory=list)
    document: dict[str, Any] = field(default_factory=dict)
    rubric: Rubric | None = None
    places: YamlPlaces | None = None
    asked: frozenset[str] | None = None
    reference: Notebook | None = None
    cells: dict[str, Any] | None = None

    @property
    def root(self) -> Path:
        """The course's folder."""
        return self.files.rubric.parent.parent

    @property
    def is_draft(self) -> bool:
        """Whether the rubric says that the lesson is not finished."""
        return self.rubric is not None and self.rubric.draft

    def error(self, kind: str, file: Path, line: int | None, message: str) -> None:
        """Something that must be mended."""
        self._found("error", kind, file, line, message)

    def note(self, kind: str, file: Path, line: int | None, message: str) -> None:
        """Something that is left to do."""
        self._found("note", kind, file, line, message)

    def in_rubric(self, kind: str, place: Iterable[str | int], message: str, severity: Severity = "error") -> None:
        """Something at a place of the rubric."""
        line = self.places.line(place) if self.places else None
        self._found(severity, f"rubric.{kind}", self.files.rubric, line, message)

    def attempt(self, kind: str, file: Path, read: Callable[[], Read]) -> Read | None:
        """What `read` gives; None, and an error, where it cannot."""
        try:
            return read()
        except (Misuse, Rejected) as refused:
            line = _LINE.search(str(refused))
            self.error(kind, file, int(line[1]) if line else None, str(refused).removeprefix(f"{file}: "))
            return None

    def _found(self, severity: Severity, kind: str, file: Path, line: int | None, message: str) -> None:
        shown = file.relative_to(self.root) if file.is_relative_to(self.root) else file
        self.findings.append(Finding(self.files.slug, kind, severity, str(shown), line, message))


def read_lesson(files: LessonFiles) -> Lesson:
    """Read the rubric and the reference; each complaint about them is a finding."""
    lesson = Lesson(files)
    document = lesson.attempt("rubric.unreadable", files.rubric, lambda: read_document(files.rubric))
    if document is not None:
        lesson.document, lesson.places = document, YamlPlaces(files.rubric)
        for place, sentence in (wrong := unsound(document, files.stem)):
            lesson.in_rubric("unsound", place, sentence)
        lesson.rubric = None if wrong else load_rubric(files.rubric)
    if not files.reference.is_file():
        lesson.error("reference.missing", files.reference, None, "there is no reference notebook: write one")
        return lesson
    data = files.reference.read_bytes()
    lesson.reference = lesson.attempt(
        "reference.unreadable", files.reference, lambda: read_notebook(data, str(files.reference))
    )
    lesson.cells = json.loads(data) if lesson.reference else None
    return lesson
