"""`grade.py check --watch`: checks a notebook again on every save, and runs it from the first changed cell on."""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from assay.command.check import FAILED, is_wanting
from assay.command.lessons import warm_imports
from assay.command.places import require_cpu
from assay.command.publish import show
from assay.command.reading import Reading, Refusal, read
from assay.command.run import exit_code, make_session, prepare_course, prepare_out, start_warm
from assay.command.session import NO_PRIVATE_TMP, Result, Session
from assay.command.walls import hidden_places
from assay.execution.engine import make_plan
from assay.execution.plan import Plan
from assay.execution.shared import beginnings, exercise_ends
from assay.failure import Misuse
from assay.report import student_view
from assay.rubric import CellSequence, common_cells, sequence_of
from assay.sandbox.tiers import LIMITS

POLL_S = 0.1  # looking at one file takes some microseconds, and nobody notices a tenth of a second
SETTLED_S = 0.05  # an editor that writes in pieces writes the next one sooner
WHOLE_S = 2.0  # after which a file that cannot be read is not half written, but wrong


@dataclass(frozen=True)
class Checked:
    """One version of the notebook: what a student is told of it, how many code cells it has, how many of them were run
    for it, and the seconds from being saved to being told."""

    view: Result
    cells: int
    ran: int
    seconds: float


def watch(options: argparse.Namespace) -> int:
    """Check now and after every save, until Ctrl-C; the exit code is that of the last version."""
    if len(options.notebooks) != 1:
        raise Misuse("--watch looks at one notebook: name one")
    file = options.notebooks[0]
    if not Path(file).exists():
        raise Misuse(f"{file}: there is no such file to watch")
    require_cpu(options.device, "check --watch")
    # it runs as its author runs it; versions that go on in one folder cannot be walled off from one another
    course = replace(prepare_course(options, "fork"), tier=LIMITS)
    code = 0
    with tempfile.TemporaryDirectory(prefix="assay-") as name:
        out = Path(name)
        prepare_out(out, own=True)
        _say("importing the libraries once")
        with start_warm(course.kit, warm_imports(course.lessons), out) as warm:
            session = make_session(course, options.lesson, warm, hidden_places(out))
            watcher = Watcher(session, file, out / "runs" / "mine")
            try:
                for _ in watcher.saves():
                    checked = watcher.check()
                    if checked is None:
                        continue
                    _say(_heading(checked))
                    show([checked.view], options.json)
                    sys.stdout.flush()
                    code = exit_code([checked.view]) or (FAILED if is_wanting(checked.view) else 0)
                    watcher.prepare()
            except KeyboardInterrupt:
                _say("stopped; your notebook is as you saved it.")
    return code


class Watcher:
    """One notebook file, and what was run of its last version."""

    def __init__(self, session: Session, file: str, folder: Path) -> None:
        self._session, self._file, self._folder = session, file, folder
        session.warm.prefixes.own = True
        self._seen: tuple[int, ...] | None = None
        self._changed = time.monotonic()
        self._sequence: CellSequence | None = None
        self._reading: Reading | None = None
        self._common = 0

    def saves(self) -> Iterator[None]:
        """Now, and whenever the file has been saved."""
        while True:
            if self.is_saved():
                yield
            time.sleep(POLL_S)

    def is_saved(self) -> bool:
        """Whether the file is another one than when it was last read."""
        return _state(self._file) not in (None, self._seen)

    def check(self) -> Checked | None:
        """What the file as it stands now comes to; None when nothing that runs has changed."""
        found = self._read()
        if isinstance(found, Refusal):
            self._sequence = self._reading = None
            view = student_view(self._session.grade(self._file, self._folder, lambda step: None))
            return Checked(view, 0, 0, time.monotonic() - self._changed)
        sequence = sequence_of(found.notebook)
        if sequence == self._sequence:
            return None
        common = common_cells(sequence, [self._sequence or ()])
        shutil.rmtree(self._folder, ignore_errors=True)
        begin = self._run_what_stands_before(found, common)
        session = replace(self._session, earlier=(sequence[:begin],) if begin else ())
        result = session.judge(session.execute(found, self._folder, lambda step: None))
        self._sequence, self._reading, self._common = sequence, found, common
        seconds = time.monotonic() - self._changed
        view = student_view(result)
        view["notes"] = [note for note in view["notes"] if not note.startswith(NO_PRIVATE_TMP)]  # it is at home here
        return Checked(view, len(sequence), len(sequence) - min(common, _unchanged(self._folder)), seconds)

    def _run_what_stands_before(self, found: Reading, common: int) -> int:
        """Have a process wait behind every exercise but the last, and before the first changed cell; gives after how
        many cells the run itself begins."""
        plan, wait_s = self._plan(found)
        self._session.warm.prefixes.keep(plan)
        ends = exercise_ends(plan.sections)
        inside = {common} & set(beginnings(plan.sections, _cells(plan) - 1))
        begin = 0
        for count in sorted({*ends, *inside}):
            if not self._session.warm.prefixes.prepare(plan, count, wait_s):
                break
            begin = count
        return begin

    def prepare(self) -> None:
        """While the student thinks: have a process wait before each cell of the exercise that was changed last, and at
        first of the last one, because the next change is likely there. A save ends that."""
        if self._reading is None:
            return
        plan, wait_s = self._plan(self._reading)
        possible = beginnings(plan.sections, _cells(plan) - 1)
        bounds = [0, *exercise_ends(plan.sections), _cells(plan)]
        changed = self._common or _cells(plan) - 1
        first = max(bound for bound in bounds if bound <= changed)
        last = min((bound for bound in bounds if bound > changed), default=_cells(plan))
        for count in (count for count in possible if first < count < last):
            if self.is_saved() or not self._session.warm.prefixes.prepare(plan, count, wait_s):
                return

    def _plan(self, found: Reading) -> tuple[Plan, float]:
        """The plan of a version, and how long one of its exercises may take."""
        order = self._session.order(found.notebook, found.lesson, self._folder.parent / "next")
        return make_plan(order)[0], order.allowance.cell_s

    def _read(self) -> Reading | Refusal:
        """The file, once it is whole."""
        began = time.monotonic()
        while True:
            if (state := _state(self._file)) != self._seen:
                self._seen, self._changed = state, time.monotonic()
            time.sleep(SETTLED_S)
            found = read(self._file, self._session.lessons, self._session.lesson)
            is_whole = isinstance(found, Reading) or time.monotonic() - began > WHOLE_S
            if _state(self._file) == self._seen and is_whole:
                return found


def _state(file: str) -> tuple[int, ...] | None:
    """What changes when a file is saved, in place or by another that takes its name; None while there is none."""
    try:
        status = Path(file).stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino


def _cells(plan: Plan) -> int:
    return sum(len(section.cells) for section in plan.sections)


def _unchanged(folder: Path) -> int:
    path = folder / "shared.json"
    said: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    return int(said.get("cells", 0))


def _heading(checked: Checked) -> str:
    ran = f"{checked.ran} of {checked.cells} code cells were run" if checked.cells else "no cell was run"
    return f"\n{time.strftime('%H:%M:%S')}: {ran}, {checked.seconds:.1f} s after the save"


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
