"""Decides what `regrade` does in a cohort's folder: stored evidence judged anew, kept beside what people entered."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from assay.command.again import can_be_judged, judge_again
from assay.command.gradebooks import CohortPages, publish_cohort, release
from assay.command.lessons import Lesson
from assay.command.progress import Display
from assay.command.session import Result
from assay.command.verdict import judge_together
from assay.command.work import judged_by, run_folder
from assay.execution.parent import WarmParent
from assay.scheduling.pool import work_off
from assay.store import Content, Store

CAUSE = "regraded"
CORES = os.cpu_count() or 1
TOGETHER = 8  # Runs that one judge hears: a core is done with them in a quarter of a second


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

            def judge(keys: tuple[str, ...]) -> list[Result]:
                olds = [_kept(store, key) for key in keys]
                folders = [run_folder(out, store.content(key).run) for key in keys]
                with display.task(owners[keys[0]][0]):
                    said = _said_of(olds, folders, lessons, warm)
                    return [
                        judge_again(old, folder, lessons, warm, kit, one)
                        for old, folder, one in zip(olds, folders, said, strict=True)
                    ]

            def keep(keys: tuple[str, ...], made: list[Result]) -> None:
                for key, result in zip(keys, made, strict=True):
                    _keep(store, key, result, owners[key], lessons)
                    pages.write(owners[key])
                    display.done(owners[key][0])

            tasks = _together(owners, lambda key: str(_kept(store, key)["lesson"]))
            work_off(tasks, judge, keep, CORES, warm.close)
        return publish_cohort(store, pages, out, None)


def _together(keys: Iterable[str], lesson_of: Callable[[str], str]) -> list[tuple[str, ...]]:
    """Runs of one lesson, as many together as one judge hears, and fewer where a processor would have nothing to do."""
    by_lesson: dict[str, list[str]] = {}
    for key in keys:
        by_lesson.setdefault(lesson_of(key), []).append(key)
    found = []
    for one in by_lesson.values():
        size = min(TOGETHER, math.ceil(len(one) / CORES))
        found += [tuple(one[first : first + size]) for first in range(0, len(one), size)]
    return found


def _said_of(
    olds: list[Result], folders: list[Path], lessons: dict[str, Lesson], warm: WarmParent
) -> list[dict[str, Any] | None]:
    """What one judge says of these Runs of one lesson; None of those that he has nothing to say about."""
    heard = [f for old, f in zip(olds, folders, strict=True) if can_be_judged(old, f, lessons)]
    found = dict(zip(heard, judge_together(lessons[olds[0]["lesson"]], heard, warm), strict=True)) if heard else {}
    return [found.get(folder) for folder in folders]


def _kept(store: Store, key: str) -> Result:
    old = store.result(key)
    assert old is not None  # submissions refer to results that are kept
    return old


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
