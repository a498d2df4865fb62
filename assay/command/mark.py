"""`grade.py mark`: a person's points for a criterion, which every later run and regrade keeps."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from assay.command.gradebooks import CohortPages, publish_cohort
from assay.command.lessons import Lesson, is_published, load_lessons
from assay.command.lock import alone_in
from assay.command.work import run_folder
from assay.course import did_you_mean
from assay.failure import Misuse
from assay.store import NAME, Mark, Store, Submission

if TYPE_CHECKING:
    from assay.marking import Answer


def mark(options: argparse.Namespace) -> int:
    """Enter the points that were named, or serve the page on which people enter them; then write what people read."""
    out: Path = options.out
    if not (out / NAME).is_file():
        raise Misuse(f"there is no {NAME} in {out}: name a folder that `grade.py cohort --out` wrote")
    lessons = load_lessons()
    with alone_in(out), Store(out) as store:
        if options.set is None:
            _serve(StoredMarks(store, out, lessons))
        else:
            name, exercise, criterion, points = options.set
            enter_mark(store, name, _whole(exercise), criterion, _points(points), options.comment)
        publish_cohort(store, CohortPages(store, out, lessons), out, None)
    return 0


def _serve(marks: StoredMarks) -> None:
    from assay.marking import serve

    if not marks.waiting():
        print("Nothing waits for a person.")
        return
    serve(marks)


class StoredMarks:
    """A cohort's store as the marking page knows it; what was marked already can be changed there."""

    def __init__(self, store: Store, out: Path, lessons: dict[str, Lesson]) -> None:
        self._store, self._out, self._lessons = store, out, lessons

    def waiting(self) -> list[Answer]:
        """All that a person decides on, with the points that were entered."""
        shown = self._store.results()
        return [answer for one in self._store.submissions() if one.id in shown for answer in self._answers(one)]

    def enter(self, id: str, exercise: int, criterion: str, points: float, comment: str) -> None:
        """Keep a mark.

        Raises:
            Misuse: it cannot be kept.
        """
        enter_mark(self._store, id, exercise, criterion, points, comment or None)

    def _answers(self, one: Submission) -> Iterator[Answer]:
        from assay.marking import answers_of

        assert one.key is not None  # it has a result
        result = self._store.result(one.key) or {}
        given = {mark.place: mark for mark in self._store.marks(one.id) if mark.notebook == one.notebook}
        folder = run_folder(self._out, self._store.content(one.key).run)
        ours = partial(is_published, self._lessons, result["lesson"])
        for answer in answers_of(result, one.id, one.id, folder, ours):
            mark = given.get((answer.exercise, answer.criterion))
            yield answer if mark is None else replace(answer, points=mark.points, comment=mark.comment or "")


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
