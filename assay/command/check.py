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
from assay.command.run import exit_code, grade_all, make_session, prepare_course, prepare_out, start_warm
from assay.command.session import Result
from assay.command.walls import hidden_places
from assay.report import student_view

FAILED = 1


def check(options: argparse.Namespace) -> int:
    """Grade as `run` does, and print what students may see; 1 when a public criterion fails or a file is rejected."""
    course = prepare_course(options, "fork")
    with tempfile.TemporaryDirectory(prefix="assay-") as name, Display(len(options.notebooks)) as display:
        out = Path(name)
        prepare_out(out, own=True)
        display.say("importing the libraries once")
        with start_warm(course.kit, warm_imports(course.lessons), out) as warm:
            session = make_session(course, options.lesson, warm, hidden_places(out))
            pages = Pages.of_files(options.notebooks, None, course.lessons, RELEASES[None])
            with open_places(session, options, course.gpus) as places:
                results = grade_all(places, options.notebooks, out, display, pages)
    show([student_view(result) for result in results], options.json)
    return exit_code(results) or (FAILED if any(map(is_wanting, results)) else 0)


def is_wanting(result: Result) -> bool:
    """Whether something that a student can see and mend is not as it should be; an unchecked criterion is not his."""
    criteria = [c for exercise in result["exercises"] for c in exercise["criteria"]]
    return result["state"] == "rejected" or any(
        c["visibility"] == "public" and c["kind"] == "automatic" and c["state"] == "failed" for c in criteria
    )
