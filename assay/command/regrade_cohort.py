"""Decides what `regrade` does in a cohort's folder: stored evidence judged anew, kept beside what people entered."""

from __future__ import annotations

from pathlib import Path

from assay.command.again import judge_again
from assay.command.gradebooks import CohortPages, publish_cohort, release
from assay.command.lessons import Lesson
from assay.command.progress import Display
from assay.command.session import Result
from assay.command.work import judged_by, run_folder
from assay.execution.parent import WarmParent
from assay.store import Content, Store

CAUSE = "regraded"


def regrade_cohort(
    out: Path, lessons: dict[str, Lesson], warm: WarmParent, kit: str, released: str | None
) -> list[Result]:
    """Judge each run of the store once, by today's checks and rubric; every mark that changes is told to the audit."""
    with Store(out) as store:
        release(store, released)
        owners = _owners(store)
        pages = CohortPages(store, out, lessons)
        with Display(len(owners)) as display:
            for key, submissions in owners.items():
                with display.task(submissions[0]):
                    _judge(store, out, key, submissions, lessons, warm, kit)
                pages.write(submissions)
                display.done(submissions[0])
        return publish_cohort(store, pages, out, None)


def _owners(store: Store) -> dict[str, list[str]]:
    """The submissions of each result that is shown."""
    owners: dict[str, list[str]] = {}
    shown = store.results()
    for one in store.submissions():
        if one.key is not None and one.id in shown:
            owners.setdefault(one.key, []).append(one.id)
    return owners


def _judge(
    store: Store, out: Path, key: str, submissions: list[str], lessons: dict[str, Lesson], warm: WarmParent, kit: str
) -> None:
    old, was = store.result(key), store.content(key)
    assert old is not None  # submissions refer to results that are kept
    made = judge_again(old, run_folder(out, was.run), lessons, warm, kit)
    if made is old:  # nothing to judge: rejected, or never run
        return
    store.keep(Content(was.run, judged_by(lessons[made["lesson"]])), made, submissions, CAUSE)
