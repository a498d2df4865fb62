"""`grade.py mark`: a person's points for a criterion, which every later run and regrade keeps."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

from assay.command.gradebooks import CohortPages, publish_cohort
from assay.command.lessons import Lesson, is_published, load_lessons
from assay.command.lock import alone_in
from assay.command.work import run_folder
from assay.course import did_you_mean
from assay.failure import Misuse
from assay.marking import Answer, answers_of, serve
from assay.store import NAME, Mark, Store


def mark(options: argparse.Namespace) -> int:
    """Enter the points, or let a person mark on a page until Ctrl-C; then write what people read anew."""
    out: Path = options.out
    if not (out / NAME).is_file():
        raise Misuse(f"there is no {NAME} in {out}: name a folder that `grade.py cohort --out` wrote")
    lessons = load_lessons()
    with alone_in(out), Store(out) as store:
        if options.set is None:
            serve(Paper(store, out, lessons))
        else:
            name, exercise, criterion, points = options.set
            enter_mark(store, name, _whole(exercise), criterion, _points(points), options.comment)
        publish_cohort(store, CohortPages(store, out, lessons), out, None)
    return 0


class Paper:
    """What waits for a person in a cohort's store, and where the marks go."""

    def __init__(self, store: Store, out: Path, lessons: dict[str, Lesson]) -> None:
        self._store, self._out, self._lessons = store, out, lessons

    def waiting(self) -> list[Answer]:
        """Every criterion that nobody has decided on, by submission."""
        runs = {one.id: one.key for one in self._store.submissions()}
        return [
            answer
            for name, result in self._store.results().items()
            if (key := runs[name]) is not None
            for answer in answers_of(
                result, name, name, run_folder(self._out, self._store.content(key).run), self._published(result)
            )
        ]

    def enter(self, id: str, exercise: int, criterion: str, points: float, comment: str) -> None:
        """Keep a mark.

        Raises:
            Misuse: there is nothing that it fits.
        """
        enter_mark(self._store, id, exercise, criterion, points, comment or None)

    def _published(self, result: dict[str, Any]) -> Callable[[str], bool]:
        return lambda source: is_published(self._lessons, result["lesson"], source)


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
