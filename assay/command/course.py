"""`grade.py course`: looks at published course notebooks as the thing under test, and says what is wrong with them."""

from __future__ import annotations

import argparse
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from assay.command.course_runs import run_all_ways
from assay.command.course_sizes import with_sizes
from assay.command.findings import write_findings
from assay.command.lessons import Lesson, lesson_of, warm_imports
from assay.command.progress import Display
from assay.command.run import make_session, prepare_course, prepare_out, require_writable, start_warm
from assay.command.session import Session
from assay.command.walls import hidden_places
from assay.coursework.examine import examine
from assay.coursework.finding import Finding, in_order, is_clean
from assay.coursework.formats import as_annotations, as_json, as_junit, as_text
from assay.coursework.page import Page
from assay.coursework.rules import Rules, load_rules
from assay.failure import Misuse, Rejected
from assay.intake import Notebook, read_bytes, read_notebook

FOUND = 1


def course(options: argparse.Namespace) -> int:
    """Execute, look, tell; 1 when there is an error."""
    for to in (options.json, options.junit):
        require_writable(to)
    rules = load_rules(options.rules)
    graded_by = prepare_course(options, "fork")
    findings: list[Finding] = []
    with ExitStack() as stack:
        out = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="assay-")))
        prepare_out(out, own=True)
        display = stack.enter_context(Display(len(options.notebooks)))
        display.say("importing the libraries once")
        warm = stack.enter_context(start_warm(graded_by.kit, warm_imports(graded_by.lessons), out, options.device))
        display.begin()
        session = make_session(graded_by, options.lesson, warm, hidden_places(out))
        for number, file in enumerate(options.notebooks):
            findings += _examined(session, file, out / "runs" / str(number), rules, display)
        display.stop()
    ordered = in_order(findings)
    _tell(ordered, options)
    return 0 if is_clean(ordered) else FOUND


def _examined(session: Session, file: str, folder: Path, rules: Rules, display: Display) -> list[Finding]:
    """The findings of one file."""
    try:
        notebook = read_notebook(read_bytes(Path(file)), file)
    except Rejected as refusal:
        return [
            Finding(file, None, None, "unreadable", "error", "The file cannot be read as a notebook.", str(refusal))
        ]
    page = Page(notebook)
    with display.task(Path(file).name) as progress:
        runs = run_all_ways(session, page, _lesson(session, notebook), folder, progress)
        progress("working out sizes")
        runs = with_sizes(page, runs) if runs.solved is not None else runs
        progress("looking")
        findings = examine(page, runs, rules)
    display.done(Path(file).name)
    return findings


def _lesson(session: Session, notebook: Notebook) -> Lesson | None:
    try:
        return lesson_of(notebook, session.lessons, session.lesson)
    except Rejected as refusal:
        if session.lesson is not None:
            raise Misuse(f"{notebook.file}: {refusal}") from None
        return None


def _tell(findings: list[Finding], options: argparse.Namespace) -> None:
    """In words, unless standard output is asked for by something else; then in words on standard error."""
    taken = "-" in (options.json, options.junit) or options.github
    print(as_text(findings, options.notebooks), end="", file=sys.stderr if taken else sys.stdout)
    write_findings(as_json(findings), options.json)
    if options.github:
        print(as_annotations(findings), end="")
    if options.junit == "-":
        print(as_junit(findings, options.notebooks), end="")
    elif options.junit:
        _write(Path(options.junit), as_junit(findings, options.notebooks))


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise Misuse(f"cannot write {path} ({error.strerror}): name another file with --junit") from None
