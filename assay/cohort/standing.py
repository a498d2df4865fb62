"""Decides which marks students get: which attempt counts, how late it was, and what that costs."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from assay.cohort.owners import natural, owner_of
from assay.cohort.settings import Settings

Result = Mapping[str, Any]
_FAR = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Row:
    """What a submission comes to for one student; `student` is None where nobody is known whom it belongs to.

    `days_late` counts the days that have begun since it was due, `free_days` those that cost nothing, `penalty` is the
    share of the score that the others cost, and `mark` what is left. `counts` says whether this attempt counts.
    """

    submission: str
    result: Result
    student: str | None
    attempt: str = ""
    days_late: int = 0
    free_days: int = 0
    penalty: float = 0.0
    mark: float | None = None
    counts: bool = True


def standing(results: Mapping[str, Result], handed_in: Mapping[str, str], settings: Settings) -> list[Row]:
    """A row for each submission and student, sorted by submission, lesson and student.

    Args:
        results: by the submission's id.
        handed_in: when, in ISO 8601, by id.
        settings: what is agreed on.
    """
    rows: list[Row] = []
    for name, result in results.items():
        owner = owner_of(name, settings)
        rows += [Row(name, result, student, owner.attempt) for student in owner.students or (None,)]
    by_student: dict[str, list[Row]] = {}
    for row in rows:
        by_student.setdefault(row.student or "", []).append(row)
    settled: list[Row] = []
    for student, own in by_student.items():
        settled += _settle(own, handed_in, settings) if student else [_for_nobody(row) for row in own]
    return sorted(settled, key=lambda row: (row.submission, row.result["lesson"] or "", row.student or ""))


def _for_nobody(row: Row) -> Row:
    return replace(row, mark=row.result["score"], counts=False)


def _settle(rows: Sequence[Row], handed_in: Mapping[str, str], settings: Settings) -> list[Row]:
    """One student's rows. Free late days are spent on the lessons in the order in which they are due."""
    lessons = {row.result["lesson"] for row in rows}
    ordered = sorted(lessons, key=lambda lesson: (settings.due_of(lesson) or _FAR, lesson or ""))
    settled, free = [], settings.free_days
    for lesson in ordered:
        tried = [_late(row, handed_in, settings, free) for row in rows if row.result["lesson"] == lesson]
        chosen = _chosen(tried, handed_in, settings) if lesson is not None else None
        free -= chosen.free_days if chosen is not None else 0
        settled += [replace(row, counts=row is chosen) for row in tried]
    return settled


def _late(row: Row, handed_in: Mapping[str, str], settings: Settings, free: int) -> Row:
    score, due = row.result["score"], settings.due_of(row.result["lesson"])
    days = 0
    if due is not None and row.submission in handed_in:
        extra = settings.extra_time.get(row.student or "", timedelta())
        over = datetime.fromisoformat(handed_in[row.submission]) - due - extra
        days = max(0, math.ceil(over / timedelta(days=1)))
    used = min(days, free)
    penalty = min(settings.most, settings.penalty * (days - used))
    mark = None if score is None else round(score * (1 - penalty), 2)
    return replace(row, days_late=days, free_days=used, penalty=penalty, mark=mark)


def _chosen(rows: Sequence[Row], handed_in: Mapping[str, str], settings: Settings) -> Row | None:
    """The attempt that counts; one that could not be read as a notebook is none."""
    read = [row for row in rows if row.result["state"] != "rejected"]
    if not read or read[0].student in settings.excluded_students:
        return None
    # the later of two equal ones: it is what the student left standing
    last = sorted(read, key=lambda row: (natural(row.attempt), handed_in.get(row.submission, ""), row.submission))
    if settings.attempts == "best":
        return max(reversed(last), key=lambda row: -1.0 if row.mark is None else row.mark)
    return last[-1]
