"""`grade.py check`: tells a student, before handing in, what of the public criteria holds; keeps nothing."""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from assay.command.lessons import warm_imports
from assay.command.pages import RELEASES, Pages
from assay.command.places import open_places
from assay.command.progress import Display
from assay.command.publish import show
from assay.command.reading import Refusal, read
from assay.command.run import Course, exit_code, grade_all, make_session, prepare_course, prepare_out, start_warm
from assay.command.session import Result
from assay.command.walls import hidden_places
from assay.execution.parent import WarmParent
from assay.report import student_view

FAILED = 1


def check(options: argparse.Namespace) -> int:
    """Grade as `run` does, and print what students may see; 1 when a public criterion fails or a file is rejected."""
    course = prepare_course(options, "fork")
    with tempfile.TemporaryDirectory(prefix="assay-") as name, Display(len(options.notebooks)) as display:
        out = Path(name)
        prepare_out(out, own=True)
        results = _refused(course, options) or _graded(course, options, out, display)
    show([student_view(result) for result in results], options.json)
    return exit_code(results) or (FAILED if any(map(is_wanting, results)) else 0)


def _refused(course: Course, options: argparse.Namespace) -> list[Result]:
    """What is said of files none of which can be graded, for which nothing needs to be imported; none otherwise."""
    found = [read(file, course.lessons, options.lesson) for file in options.notebooks]
    if not all(isinstance(one, Refusal) for one in found):
        return []
    never_started = WarmParent({}, [], Path("warm.log"))
    session = make_session(course, options.lesson, never_started, ())
    return [session.unanswered(one, "") for one in found]


def _graded(course: Course, options: argparse.Namespace, out: Path, display: Display) -> list[Result]:
    display.say("importing the libraries once")
    with start_warm(course.kit, warm_imports(course.lessons), out) as warm:
        session = make_session(course, options.lesson, warm, hidden_places(out))
        pages = Pages.of_files(options.notebooks, None, course.lessons, RELEASES[None])
        with open_places(session, options, course.gpus) as places:
            return grade_all(places, options.notebooks, out, display, pages)


def is_wanting(result: Result) -> bool:
    """Whether something that a student can see and mend is not as it should be; an unchecked criterion is not his."""
    criteria = [c for exercise in result["exercises"] for c in exercise["criteria"]]
    return result["state"] == "rejected" or any(
        c["visibility"] == "public" and c["kind"] == "automatic" and c["state"] == "failed" for c in criteria
    )
