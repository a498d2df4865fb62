"""`grade.py course`: looks at published course notebooks as the thing under test, and says what is wrong with them."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from assay.command.course_base import notebook_at, require_commit
from assay.command.course_runs import grade_with_solutions, run_all_ways
from assay.command.course_sizes import with_sizes
from assay.command.findings import write_findings
from assay.command.lessons import Lesson, lesson_of, warm_imports
from assay.command.places import require_cpu
from assay.command.progress import Display
from assay.command.run import make_session, prepare_course, prepare_out, require_writable, start_warm
from assay.command.session import Progress, Session
from assay.command.walls import hidden_places
from assay.coursework.accepted import load_accepted, without_accepted
from assay.coursework.examine import examine
from assay.coursework.finding import Finding, in_order, is_clean
from assay.coursework.formats import as_annotations, as_json, as_junit, as_text
from assay.coursework.page import Page
from assay.coursework.rules import Rules, load_rules
from assay.coursework.runs import Runs
from assay.coursework.versions import versions
from assay.failure import Misuse, Rejected
from assay.intake import Notebook, read_bytes, read_notebook

FOUND = 1


def course(options: argparse.Namespace) -> int:
    """Execute, look, tell; 1 when there is an error that nobody has accepted."""
    for to in (options.json, options.junit):
        require_writable(to)
    rules, accepted = load_rules(options.rules), load_accepted(options.accepted)
    require_cpu(options.device, "course")
    for file in options.notebooks if options.base is not None else ():
        if Path(file).is_file():  # one that is not there is a finding
            require_commit(file, options.base)
    graded_by = prepare_course(options, "fork")
    with ExitStack() as stack:
        out = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="assay-")))
        prepare_out(out, own=True)
        display = stack.enter_context(Display(len(options.notebooks)))
        display.say("importing the libraries once")
        warm = stack.enter_context(start_warm(graded_by.kit, warm_imports(graded_by.lessons), out))
        display.begin()
        session = make_session(graded_by, options.lesson, warm, hidden_places(out))
        desk = _Desk(session, rules, options.base, out / "runs", display)
        findings = _all_of_them(desk, options.notebooks, options.jobs)
        display.stop()
    left, number = without_accepted(findings, accepted, options.notebooks)
    ordered = in_order(left)
    _tell(ordered, options, number)
    return 0 if is_clean(ordered) else FOUND


def _all_of_them(desk: _Desk, files: list[str], jobs: int | None) -> list[Finding]:
    """The findings of all files, several of which are looked at at once."""
    looking = ThreadPoolExecutor(jobs or os.cpu_count() or 1)
    try:
        found = list(looking.map(desk.look_at, files, range(len(files))))
    except BaseException:
        desk.session.warm.close()  # its children die with it, so nothing is left to wait for
        raise
    finally:
        looking.shutdown(cancel_futures=True)
    return [finding for findings in found for finding in findings]


@dataclass(frozen=True)
class _Desk:
    """What all notebooks of one command share."""

    session: Session
    rules: Rules
    base: str | None
    folder: Path
    display: Display

    def look_at(self, file: str, number: int) -> list[Finding]:
        """The findings of one file."""
        try:
            notebook = read_notebook(read_bytes(Path(file)), file)
        except Rejected as refusal:
            message = "The file cannot be read as a notebook."
            return [Finding(file, None, None, "unreadable", "error", message, str(refusal))]
        older = notebook_at(file, self.base) if self.base is not None else None
        page, lesson = Page(notebook), _lesson(self.session, notebook)
        with self.display.task(Path(file).name) as progress:
            runs = run_all_ways(self.session, page, lesson, self.folder / str(number), progress)
            if runs.solved is not None:
                progress("working out sizes")
                runs = with_sizes(page, runs)
            progress("looking")
            findings = examine(page, runs, self.rules)
            if older is not None:
                findings += self._compared(page, Page(older), lesson, runs, number, progress)
        self.display.done(Path(file).name)
        return findings

    def _compared(
        self, page: Page, old: Page, lesson: Lesson | None, runs: Runs, number: int, progress: Progress
    ) -> list[Finding]:
        graded = None
        if lesson is not None:
            graded = grade_with_solutions(self.session, old, lesson, self.folder / f"{number}-base", progress)
        rubric = lesson.rubric if lesson is not None else None
        return list(versions(page, old, rubric, runs.result, graded))


def _lesson(session: Session, notebook: Notebook) -> Lesson | None:
    try:
        return lesson_of(notebook, session.lessons, session.lesson)
    except Rejected as refusal:
        if session.lesson is not None:
            raise Misuse(f"{notebook.file}: {refusal}") from None
        return None


def _tell(findings: list[Finding], options: argparse.Namespace, accepted: int) -> None:
    """In words, unless standard output is asked for by something else; then in words on standard error."""
    taken = "-" in (options.json, options.junit) or options.github
    words = sys.stderr if taken else sys.stdout
    print(as_text(findings, options.notebooks), end="", file=words)
    if accepted:
        print(f"{accepted} more {'was' if accepted == 1 else 'were'} accepted in {options.accepted}", file=words)
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
