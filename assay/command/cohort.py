"""`grade.py cohort`: grades a folder of submissions, keeps every result as soon as there is one, and goes on later."""

from __future__ import annotations

import argparse
import sys
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from assay.cohort import Settings, owner_of, settings_of
from assay.command.again import judge_again
from assay.command.found import find_submissions
from assay.command.gradebooks import CohortPages, publish_cohort, release
from assay.command.lessons import warm_imports
from assay.command.likeness import compare
from assay.command.lock import alone_in
from assay.command.places import Places, open_places
from assay.command.progress import Display
from assay.command.publish import writing_into
from assay.command.reading import Reading, Refusal, read
from assay.command.run import (
    Course,
    exit_code,
    fresh,
    make_session,
    prepare_course,
    prepare_out,
    require_room,
    start_warm,
)
from assay.command.session import Executed, Result, Session
from assay.command.settled import AGREED, read_agreed
from assay.command.walls import hidden_places
from assay.command.work import Work, content_of, plan_work
from assay.course import lessons
from assay.scheduling.pool import work_off
from assay.store import Content, Store, Submission


def cohort(options: argparse.Namespace) -> int:
    """Grade what has no result yet, print, write; the exit code says whether every file has a result."""
    folder, out = options.folder, options.out or default_out(options.folder)
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
        _do(work, _Cohort(course, store, pages, out, options))
        results = publish_cohort(store, pages, out, options.json)
        _compare(readings, settings_of(agreed), out)
    return exit_code(results)


def default_out(folder: Path) -> Path:
    """Beside the submissions: results among them would be handed out with them."""
    whole = folder.resolve()
    return whole.with_name(f"{whole.name}-graded")


@dataclass(frozen=True)
class _Cohort:
    course: Course
    store: Store
    pages: CohortPages
    out: Path
    options: argparse.Namespace


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


def _do(work: list[Work], cohort: _Cohort) -> None:
    if not work:
        print("Nothing has changed since the last time: every submission has its result.", file=sys.stderr)
        return
    course, out = cohort.course, cohort.out
    with Display(sum(len(one.submissions) for one in work), sum(_weight(one) for one in work)) as display:
        display.say("importing the libraries once")
        with ExitStack() as stack:
            warm = stack.enter_context(start_warm(course.kit, warm_imports(course.lessons), out))
            hidden = (*hidden_places(out), cohort.options.folder.resolve())
            session = make_session(course, cohort.options.lesson, warm, hidden, shared=True)
            peaks = cohort.store.peaks()
            places = stack.enter_context(open_places(session, cohort.options, course.gpus, peaks, display.tell))
            display.begin()

            def execute(one: Work) -> Executed:
                return _execute(one, places, display)

            def judge(one: Work, executed: Executed) -> None:
                result = _judge(one, executed, session)
                places.learn(result)
                cause = "graded" if one.judged is None else "regraded"
                cohort.store.keep(one.content, result, one.submissions, cause)  # before anybody is told
                cohort.pages.write(one.submissions)
                for name in one.submissions:
                    display.done(name, _weight(one) / len(one.submissions), _why_no_score(result))
                if result["state"] == "fault":
                    require_room(out)

            work_off(work, execute, judge, places.at_once, places.close)
            if running := places.admission.held_back:
                display.tell(f"The memory of this machine is enough for {running} at once.")


def _weight(one: Work) -> float:
    """Its share in the time that is left; even a judgement takes some."""
    return max(one.expected, 0.1)


def _execute(one: Work, places: Places, display: Display) -> Executed:
    if one.judged is not None:  # its run is there
        return Executed(one.judged)
    if isinstance(one.reading, Reading):
        with writing_into(one.folder.parent.parent):
            fresh(one.folder)
    with places.taken(one.lesson) as session, display.task(one.submissions[0]) as progress:
        return session.execute(one.reading, one.folder, progress)


def _judge(one: Work, executed: Executed, session: Session) -> Result:
    if one.judged is not None:
        return judge_again(one.judged, one.folder, session.lessons, session.warm, session.kit_name)
    return session.judge(executed)


def _compare(readings: dict[str, Reading | Refusal], settings: Settings, out: Path) -> None:
    notebooks = {name: one.notebook for name, one in readings.items() if isinstance(one, Reading)}
    owners = {notebook.file: set(owner_of(name, settings).students) for name, notebook in notebooks.items()}
    with writing_into(out):
        compare(list(notebooks.values()), out, owners)


def _why_no_score(result: Result) -> str | None:
    return None if result["score"] is not None else f"{result['state']}: {result['reason']}"
