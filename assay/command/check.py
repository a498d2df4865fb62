"""`grade.py check`: tells a student, before handing in, what of the public criteria holds; keeps nothing."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from assay.command.lessons import warm_imports
from assay.command.pages import RELEASES, Pages
from assay.command.progress import Display
from assay.command.run import exit_code, grade_all, make_session, prepare_course, prepare_out, start_warm
from assay.command.session import Result

FAILED = 1


def check(options: argparse.Namespace) -> int:
    """Grade as `run` does, and print what students may see; 1 when a public criterion fails or a file is rejected."""
    course = prepare_course(options, "fork")
    with tempfile.TemporaryDirectory(prefix="assay-") as name, Display(len(options.notebooks)) as display:
        out = Path(name)
        prepare_out(out, own=True)
        display.say("importing the libraries once")
        with start_warm(course.kit, warm_imports(course.lessons), out, options.device) as warm:
            session = make_session(course, options.lesson, warm, ())
            pages = Pages.of_files(options.notebooks, None, course.lessons, RELEASES[None])
            results = grade_all(session, options.notebooks, out, options.jobs, display, pages)
    _show(results, options.json)
    return exit_code(results) or (FAILED if any(map(_is_wanting, results)) else 0)


def _show(results: Sequence[Result], json_to: str | None) -> None:
    from rich.console import Console

    from assay.report import print_results, student_view

    views = [student_view(result) for result in results]
    console = Console(stderr=json_to == "-")
    for number, view in enumerate(views):  # each in full: the criteria are what the student came for
        if number:
            console.print()
        print_results([view], console)
    if json_to is not None:
        _write(views, json_to)


def _write(views: Sequence[dict[str, Any]], json_to: str) -> None:
    text = json.dumps(views, indent=1, ensure_ascii=False).encode("utf-8", "replace").decode() + "\n"
    if json_to == "-":
        sys.stdout.write(text)
    else:
        Path(json_to).write_text(text, encoding="utf-8")


def _is_wanting(result: Result) -> bool:
    """Whether something that a student can see and mend is not as it should be; an unchecked criterion is not his."""
    criteria = [c for exercise in result["exercises"] for c in exercise["criteria"]]
    return result["state"] == "rejected" or any(
        c["visibility"] == "public" and c["kind"] == "automatic" and c["state"] == "failed" for c in criteria
    )
