"""`grade.py lint`: what is not right about lessons, found by reading their files."""

from __future__ import annotations

import argparse

from assay.command.findings import write_findings
from assay.course import lesson_files, lessons, slug_of
from assay.lint import Finding, lint


def lint_lessons(options: argparse.Namespace) -> int:
    """Print a line for each finding, errors and notes; 1 when there is an error.

    Raises:
        Misuse: there is no such lesson, or the JSON cannot be written.
    """
    slugs = [lesson_files(slug_of(name)).slug for name in options.lessons] or lessons()
    findings = lint(dict.fromkeys(slugs))
    write_findings([finding.as_json() for finding in findings], options.json)
    if options.json != "-":
        print("\n".join([*map(str, findings), in_sum(findings, len(set(slugs)))]))
    return int(any(finding.severity == "error" for finding in findings))


def in_sum(findings: list[Finding], looked_at: int) -> str:
    """How many of which, in one line."""
    errors = sum(finding.severity == "error" for finding in findings)
    counted = [_count(looked_at, "lesson"), _count(errors, "error"), _count(len(findings) - errors, "note")]
    return ", ".join(counted) + "."


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"
