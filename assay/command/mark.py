"""`grade.py mark`: a person's points for a criterion, which every later run and regrade keeps."""

from __future__ import annotations

import argparse
from pathlib import Path

from assay.command.gradebooks import CohortPages, publish_cohort
from assay.command.lessons import load_lessons
from assay.command.lock import alone_in
from assay.course import did_you_mean
from assay.failure import Misuse
from assay.store import NAME, Mark, Store


def mark(options: argparse.Namespace) -> int:
    """Enter the points, and write what people read anew."""
    out: Path = options.out
    if not (out / NAME).is_file():
        raise Misuse(f"there is no {NAME} in {out}: name a folder that `grade.py cohort --out` wrote")
    name, exercise, criterion, points = options.set
    lessons = load_lessons()
    with alone_in(out), Store(out) as store:
        enter_mark(store, name, _whole(exercise), criterion, _points(points), options.comment)
        publish_cohort(store, CohortPages(store, out, lessons), out, None)
    return 0


def enter_mark(
    store: Store, submission: str, exercise: int, criterion: str, points: float, comment: str | None
) -> None:
    """Enter points for what a submission is now.

    Raises:
        Misuse: there is no such submission, exercise or criterion, or it gives fewer points.
    """
    results = store.results()
    if submission not in results:
        raise Misuse(
            f"there is no submission {submission!r}{did_you_mean(submission, results)}: "
            "its id is its path below the cohort's folder"
        )
    result = results[submission]
    store.mark(Mark(submission, result["sha256"] or "", result["lesson"] or "", exercise, criterion, points, comment))


def _whole(text: str) -> int:
    if not text.isdecimal():
        raise Misuse(f"the exercise should be a number such as 3, not {text!r}")
    return int(text)


def _points(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise Misuse(f"the points should be a number such as 2.5, not {text!r}") from None
