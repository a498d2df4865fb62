"""Decides which findings somebody has accepted, with a reason and a date, and which acceptances nothing needs."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import yaml

from assay.coursework.finding import KINDS, Finding
from assay.failure import Misuse

_FORM = "each entry has notebook, kind, reason and date, and may have exercise, cell and about"


@dataclass(frozen=True)
class Acceptance:
    """One accepted finding; `notebook` is a shell pattern for the file's name, `about` a part of message or evidence.

    `exercise`, `cell` and `about` narrow it down; what is None fits everything.
    """

    notebook: str
    kind: str
    reason: str
    date: datetime.date
    exercise: int | None = None
    cell: int | None = None
    about: str | None = None

    def fits(self, finding: Finding) -> bool:
        """Whether it is this finding that was accepted."""
        name = finding.notebook.replace("\\", "/").split("/")[-1]
        return (
            finding.kind == self.kind
            and fnmatchcase(name, self.notebook)
            and self.exercise in (None, finding.exercise)
            and self.cell in (None, finding.cell)
            and (self.about is None or self.about in f"{finding.message}\n{finding.evidence}")
        )


def load_accepted(path: Path | None) -> tuple[Acceptance, ...]:
    """The acceptances in a file.

    Raises:
        Misuse: it cannot be read, or an entry lacks what it needs.
    """
    if path is None:
        return ()
    try:
        entries = yaml.safe_load(path.read_text(encoding="utf-8")) or []
    except OSError as error:
        raise Misuse(f"cannot read {path} ({error.strerror}): check the spelling") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise Misuse(f"{path} is no YAML: {str(error).splitlines()[0]}") from None
    if not isinstance(entries, list):
        raise Misuse(f"{path} is no list: {_FORM}")
    return tuple(_acceptance(entry, number, path) for number, entry in enumerate(entries, 1))


def without_accepted(
    findings: Sequence[Finding], accepted: Sequence[Acceptance], notebooks: Sequence[str]
) -> tuple[list[Finding], int]:
    """The findings that nobody accepted, how many somebody did, and a finding for each acceptance of one of these
    notebooks that nothing needs any more."""
    left = [finding for finding in findings if not any(one.fits(finding) for one in accepted)]
    number = len(findings) - len(left)
    for one in accepted:
        if any(one.fits(finding) for finding in findings):
            continue
        for notebook in notebooks:
            if fnmatchcase(notebook.replace("\\", "/").split("/")[-1], one.notebook):
                told = f"{one.kind}, accepted on {one.date}: {one.reason}"
                message = "A finding was accepted that does not occur: take it out of the file."
                left.append(Finding(notebook, one.cell, one.exercise, "unused-acceptance", "warning", message, told))
    return left, number


def _acceptance(entry: Any, number: int, path: Path) -> Acceptance:
    known = {"notebook", "kind", "reason", "date", "exercise", "cell", "about"}
    if not isinstance(entry, dict) or not set(entry) <= known:
        raise Misuse(f"{path}: entry {number} has another form: {_FORM}")
    if missing := [name for name in ("notebook", "kind", "reason", "date") if not entry.get(name)]:
        raise Misuse(f"{path}: entry {number} lacks {missing[0]!r}: {_FORM}")
    if entry["kind"] not in KINDS:
        raise Misuse(
            f"{path}: entry {number} has the kind {entry['kind']!r}, which is none of those in docs/authors/course.md"
        )
    for names, kind, what in ((("notebook", "reason", "about"), str, "text"), (("exercise", "cell"), int, "number")):
        for name in names:
            if not isinstance(entry.get(name), kind | None):
                raise Misuse(f"{path}: entry {number} has the {name} {entry[name]!r}: write a {what}")
    if type(entry["date"]) is not datetime.date:
        raise Misuse(f"{path}: entry {number} has the date {entry['date']!r}: write it as 2026-03-31")
    return Acceptance(**entry)
