"""Decides what `regrade` does in a cohort's folder: stored evidence judged anew, kept beside what people entered."""

from __future__ import annotations

import os
from pathlib import Path

from assay.command.again import judge_again
from assay.command.gradebooks import CohortPages, publish_cohort, release
from assay.command.lessons import Lesson
from assay.command.progress import Display
from assay.command.session import Result
from assay.command.work import judged_by, run_folder
from assay.execution.parent import WarmParent
from assay.scheduling.pool import work_off
from assay.store import Content, Store

CAUSE = "regraded"


def regrade_cohort(
    out: Path, lessons: dict[str, Lesson], warm: WarmParent, kit: str, released: str | None
) -> list[Result]:
    """Judge each run of the store once, by today's checks and rubric, as many at once as there are processors; every
    mark that changes is told to the audit."""
    with Store(out) as store:
        release(store, released)
        owners = _owners(store)
        pages = CohortPages(store, out, lessons)
        with Display(len(owners)) as display:

            def judge(key: str) -> Result:
                with display.task(owners[key][0]):
                    old = store.result(key)
                    assert old is not None  # submissions refer to results that are kept
                    return judge_again(old, run_folder(out, store.content(key).run), lessons, warm, kit)

            def keep(key: str, made: Result) -> None:
                _keep(store, key, made, owners[key], lessons)
                pages.write(owners[key])
                display.done(owners[key][0])

            work_off(owners, judge, keep, os.cpu_count() or 1, warm.close)
        return publish_cohort(store, pages, out, None)


def _owners(store: Store) -> dict[str, list[str]]:
    """The submissions of each result that is shown."""
    owners: dict[str, list[str]] = {}
    shown = store.results()
    for one in store.submissions():
        if one.key is not None and one.id in shown:
            owners.setdefault(one.key, []).append(one.id)
    return owners


def _keep(store: Store, key: str, made: Result, submissions: list[str], lessons: dict[str, Lesson]) -> None:
    if made != store.result(key):  # else there was nothing to judge: rejected, or never run
        content = Content(store.content(key).run, judged_by(lessons[made["lesson"]]))
        store.keep(content, made, submissions, CAUSE)
