"""Decides in which words a store speaks of what it keeps: submissions and changes of marks."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Submission:
    """A file of the cohort: `id` is its path below the cohort's folder, `file` the path as results name it.

    `notebook` is the digest of its bytes ("" when they cannot be read), `handed_in` when, in ISO 8601, `present`
    whether the last command found it; `key` addresses its last result, and `page` tells what its pages were written
    from.
    """

    id: str
    file: str
    notebook: str
    handed_in: str
    present: bool = True
    key: str | None = None
    page: str | None = None


@dataclass(frozen=True)
class Change:
    """An entry of the audit: what became of a criterion, or with no `criterion` of the whole submission, and why.

    `judge` is the short digest of the checks, rubric and version that the result was judged by.
    """

    at: str
    cause: str
    submission: str
    lesson: str | None
    exercise: int | None
    criterion: str | None
    was: str | None
    became: str | None
    judge: str | None
