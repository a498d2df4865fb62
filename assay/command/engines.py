"""Decides which processes work off what a cohort still needs, and that a result is kept before anybody is told."""

from __future__ import annotations

import argparse
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from assay.command.again import judge_again
from assay.command.commission import commission_of
from assay.command.dask_engine import ENGINE, answers, connected
from assay.command.gradebooks import CohortPages
from assay.command.lessons import warm_imports
from assay.command.parcel import unpack
from assay.command.places import Places, open_places
from assay.command.progress import Display
from assay.command.publish import writing_into
from assay.command.reading import Reading
from assay.command.run import Course, fresh, make_session, require_room, start_warm
from assay.command.session import Executed, Result, Session
from assay.command.walls import hidden_places
from assay.command.work import Work
from assay.execution.parent import WarmParent
from assay.scheduling.machine import cores
from assay.scheduling.pool import work_off
from assay.store import Store


@dataclass(frozen=True)
class Cohort:
    """What a cohort is graded by, and where its results go."""

    course: Course
    store: Store
    pages: CohortPages
    out: Path
    options: argparse.Namespace

    @property
    def hidden(self) -> tuple[Path, ...]:
        """What no notebook may see, wherever it lies."""
        return (*hidden_places(self.out), self.options.folder.resolve())

    def session(self, warm: WarmParent) -> Session:
        """What all its submissions share."""
        return make_session(self.course, self.options.lesson, warm, self.hidden, shared=True)


def work_through(work: list[Work], cohort: Cohort) -> None:
    """Do all of it. Evidence that lies here and is only to be judged is judged here."""
    engine, address = cohort.options.engine
    here = [one for one in work if engine != ENGINE or one.judged is not None]
    there = [one for one in work if engine == ENGINE and one.judged is None]
    with Display(sum(len(one.submissions) for one in work), sum(map(_weight, work))) as display:
        if here:
            _do_here(here, cohort, display)
        if there:
            _do_there(there, cohort, display, address)


def _do_here(work: list[Work], cohort: Cohort, display: Display) -> None:
    course, out = cohort.course, cohort.out
    display.say("importing the libraries once")
    with ExitStack() as stack:
        session = cohort.session(stack.enter_context(start_warm(course.kit, warm_imports(course.lessons), out)))
        peaks = cohort.store.peaks()
        places = stack.enter_context(open_places(session, cohort.options, course.gpus, peaks, display.tell))
        display.begin()

        def judge(one: Work, executed: Executed) -> None:
            result = _judge(one, executed, session)
            places.learn(result)
            _keep(one, result, cohort, display)

        work_off(work, lambda one: _execute(one, places, display), judge, places.at_once, places.close)
        if running := places.admission.held_back:
            display.tell(f"The memory of this machine is enough for {running} at once.")


def _do_there(work: list[Work], cohort: Cohort, display: Display, address: str) -> None:
    course = cohort.course
    nobody = cohort.session(WarmParent({}, [], cohort.out / "runs" / "warm.log"))  # is never started
    commission = commission_of(course.lessons, course.kit, course.tier, cohort.options, nobody.secret, cohort.hidden)
    display.say("waiting for Dask")
    with connected(address, cohort.options.jobs or cores()) as client:
        display.begin()
        for one, answer in answers(client, commission, work):
            if isinstance(answer, str):
                _keep(one, nobody.unanswered(one.reading, answer), cohort, display)
                continue
            if answer.parcel is not None:
                with writing_into(cohort.out):
                    unpack(answer.parcel, fresh(one.folder))
            _keep(one, answer.result, cohort, display)


def _keep(one: Work, result: Result, cohort: Cohort, display: Display) -> None:
    cause = "graded" if one.judged is None else "regraded"
    cohort.store.keep(one.content, result, one.submissions, cause)  # before anybody is told
    cohort.pages.write(one.submissions)
    for name in one.submissions:
        display.done(name, _weight(one) / len(one.submissions), _why_no_score(result))
    if result["state"] == "fault":
        require_room(cohort.out)


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


def _why_no_score(result: Result) -> str | None:
    return None if result["score"] is not None else f"{result['state']}: {result['reason']}"
