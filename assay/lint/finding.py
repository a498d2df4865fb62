"""Decides how something that is not right about a lesson is told: where, in one sentence, and whether it may stay."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

Severity = Literal["error", "note"]


@dataclass(frozen=True)
class Finding:
    """One thing about a lesson. An *error* must be mended before the lesson grades anybody; a *note* says what is left
    to do. `file` is as seen from the course's folder; `line` counts from 1 and is None where a file is missing or the
    whole of it is meant. `kind` names the file in short and the rule: "rubric.claim-too-heavy"."""

    lesson: str
    kind: str
    severity: Severity
    file: str
    line: int | None
    message: str

    def __str__(self) -> str:
        """`file:line: severity: sentence`, which editors jump to."""
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        return f"{place}: {self.severity}: {self.message}"

    def as_json(self) -> dict[str, Any]:
        """For machines."""
        return {
            "lesson": self.lesson, "kind": self.kind, "severity": self.severity, "file": self.file, "line": self.line,
            "message": self.message,
        }  # fmt: skip
