"""`grade.py cohort`: grades a folder of submissions, keeps every result as soon as there is one, and goes on later."""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path

from assay.cohort import Settings, owner_of, settings_of
from assay.command.dask_engine import ENGINE, require_dask
from assay.command.engines import Cohort, work_through
from assay.command.found import find_submissions
from assay.command.gradebooks import CohortPages, publish_cohort, release
from assay.command.likeness import compare
from assay.command.lock import alone_in
from assay.command.publish import writing_into
from assay.command.reading import Reading, Refusal, read
from assay.command.run import exit_code, prepare_course, prepare_out
from assay.command.settled import AGREED, read_agreed
from assay.command.work import Work, content_of, plan_work
from assay.course import lessons
from assay.store import Content, Store, Submission


def cohort(options: argparse.Namespace) -> int:
    """Grade what has no result yet, print, write; the exit code says whether every file has a result."""
    folder, out = options.folder, options.out or default_out(options.folder)
    if options.engine[0] == ENGINE:
        require_dask(options.engine[1], options.device)
    found = find_submissions(folder, out)
    agreed = read_agreed(folder, lessons())
    found = {name: path for name, path in found.items() if not settings_of(agreed).is_excluded(name)}
    course = prepare_course(options, "fork")
    prepare_out(out, own=False)
    with alone_in(out), Store(out) as store:
        readings = {name: read(str(path), course.lessons, options.lesson) for name, path in found.items()}
        contents = {name: content_of(one, course.kit) for name, one in readings.items()}
        store.expect(_submission(name, path, readings[name]) for name, path in found.items())
        store.set(AGREED, agreed)
        work = plan_work(contents, readings, store, out)
        _take_known(store, contents, work)
        release(store, options.release)
        pages = CohortPages(store, out, course.lessons)
        if work:
            work_through(work, Cohort(course, store, pages, out, options))
        else:
            print("Nothing has changed since the last time: every submission has its result.", file=sys.stderr)
        results = publish_cohort(store, pages, out, options.json)
        _compare(readings, settings_of(agreed), out)
    return exit_code(results)


def default_out(folder: Path) -> Path:
    """Beside the submissions: results among them would be handed out with them."""
    whole = folder.resolve()
    return whole.with_name(f"{whole.name}-graded")


def _submission(name: str, path: Path, found: Reading | Refusal) -> Submission:
    sha256 = found.sha256 if isinstance(found, Refusal) else found.notebook.sha256
    try:
        changed = path.stat().st_mtime
    except OSError:  # a link that leads nowhere is refused, and was never handed in
        changed = 0.0
    return Submission(name, str(path), sha256 or "", datetime.fromtimestamp(changed, UTC).isoformat(timespec="seconds"))


def _take_known(store: Store, contents: dict[str, Content], work: list[Work]) -> None:
    """Give the submissions that need nothing more the results that are kept for what they are."""
    waiting = {name for one in work for name in one.submissions}
    had = {one.id: one.key for one in store.submissions()}
    for name, content in contents.items():
        if name not in waiting and had[name] != content.key:
            store.keep(content, None, [name], "graded")


def _compare(readings: dict[str, Reading | Refusal], settings: Settings, out: Path) -> None:
    notebooks = {name: one.notebook for name, one in readings.items() if isinstance(one, Reading)}
    owners = {notebook.file: set(owner_of(name, settings).students) for name, notebook in notebooks.items()}
    with writing_into(out):
        compare(list(notebooks.values()), out, owners)
