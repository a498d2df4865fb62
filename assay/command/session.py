"""Decides how one notebook becomes one result: intake, execution, judging, scoring; faults are tried once more."""

from __future__ import annotations

import contextlib
import json
import shutil
import time
import traceback
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import psutil

from assay.anew import write_anew
from assay.command.lessons import Lesson
from assay.command.reading import Reading, Refusal, read
from assay.command.verdict import Record, prepare_judge, verdict
from assay.execution.allowance import Allowance
from assay.execution.engine import Order, Run, run_forked
from assay.execution.parent import WarmParent
from assay.execution.slow import run_slow
from assay.execution.tree import is_buried
from assay.failure import Fault
from assay.intake import Notebook
from assay.kit import Kit
from assay.replay.dealer import notebook_key
from assay.rubric import CellSequence, ExerciseState, Rubric, common_cells, sequence_of
from assay.sandbox.tiers import LIMITS

Result = dict[str, Any]
Progress = Callable[[str], None]
NO_PRIVATE_TMP = "This machine does not allow a private /tmp"
ATTEMPTS = 2  # a machine's fault is tried once more before it is reported


@dataclass(frozen=True)
class Executed:
    """What became of one file before it is judged: the record of its run, or the result that it has already, because
    it was rejected (without a lesson and a folder) or could not be run. Its processes, of which `root` was the first,
    have been killed, and may not be gone yet."""

    ran: Record | Result
    lesson: Lesson | None = None
    folder: Path | None = None
    seconds: float = 0.0
    root: psutil.Process | None = None


@dataclass(frozen=True)
class Session:
    """What all notebooks of one command share; `secret` is what hidden inputs are drawn from, and `hidden` what no
    notebook may see, wherever it lies. With `asked_as` every notebook is asked the same questions, as if that were its
    digest: changes of one notebook are compared so. Where it is `shared`, cells that are the course's own, up to the
    first that is not, run once for all. A notebook of one's own that was graded before begins likewise behind the cells
    that it has in common with its `earlier` versions."""

    lessons: dict[str, Lesson]
    lesson: str | None
    kit: Kit
    warm: WarmParent
    engine: str
    tier: str
    secret: bytes
    hidden: tuple[Path, ...] = ()
    asked_as: str | None = None
    shared: bool = False
    earlier: tuple[CellSequence, ...] = ()

    @property
    def kit_name(self) -> str:
        """The kit as results name it."""
        return f"{self.kit.name} {self.kit.digest[:12]}"

    def grade(self, file: str, folder: Path, progress: Progress) -> Result:
        """The result of one file; everything that can go wrong with it is in the result."""
        return self.judge(self.execute(read(file, self.lessons, self.lesson), folder, progress))

    def execute(self, found: Reading | Refusal, folder: Path, progress: Progress) -> Executed:
        """Run a file that was read; what became of it waits for `judge`, which any thread may call at any later
        time."""
        if isinstance(found, Refusal):
            return Executed(self._rejected(found))
        began = time.monotonic()
        folder = folder.resolve()  # other processes, with working folders of their own, read and write there
        ran, root = self._attempts(found.notebook, found.lesson, folder, progress)
        return Executed(ran, found.lesson, folder, time.monotonic() - began, root)

    def judge(self, executed: Executed) -> Result:
        """The result of what `execute` gave."""
        began = time.monotonic()
        ran, lesson, folder = executed.ran, executed.lesson, executed.folder
        if lesson is None or folder is None:
            assert not isinstance(ran, Record)
            return ran
        result = self._judged(ran, lesson, folder, executed.root) if isinstance(ran, Record) else ran
        result["seconds"]["total"] = round(executed.seconds + time.monotonic() - began, 3)
        _keep(folder / "result.json", json.dumps(result, indent=1))
        return result

    def unanswered(self, found: Reading | Refusal, reason: str) -> Result:
        """The result of a file of which no machine could tell what becomes of it; one that is refused needs none."""
        if isinstance(found, Refusal):
            return self._rejected(found)
        return self._fault(found.lesson, found.notebook.file, found.notebook.sha256, reason)

    def _attempts(
        self, notebook: Notebook, lesson: Lesson, folder: Path, progress: Progress
    ) -> tuple[Record | Result, psutil.Process | None]:
        reason = ""
        for attempt in range(1, ATTEMPTS + 1):
            if attempt > 1:  # in the same folder: that is where a report and a later regrade look
                shutil.rmtree(folder, ignore_errors=True)
            try:
                return self._execute(notebook, lesson, folder, progress)
            except Exception as error:  # a bug of ours must not take the other notebooks' results with it
                reason = _reason(error, folder)
        return self._fault(lesson, notebook.file, notebook.sha256, reason), None

    def _judged(self, record: Record, lesson: Lesson, folder: Path, root: psutil.Process | None) -> Result:
        try:
            if not is_buried(root):  # what may still change is not judged
                raise Fault("The notebook could not be judged: its processes could not be ended.")
            return verdict(record, lesson, folder, self.warm)
        except Exception as error:  # the judge was tried twice; executing the notebook again would not change it
            return self._fault(lesson, record.file, record.sha256, _reason(error, folder))

    def _execute(
        self, notebook: Notebook, lesson: Lesson, folder: Path, progress: Progress
    ) -> tuple[Record, psutil.Process | None]:
        order = self.order(notebook, lesson, folder)
        progress("starting")
        prepare_judge(lesson, self.warm)  # it makes itself ready while the cells run
        run = self._run(order, lambda exercise, cell: progress(f"exercise {exercise}, cell {cell}"))
        record = self._record(notebook, lesson, run)
        write_anew(folder / "run.json", json.dumps(asdict(record), indent=1))
        return record, run.execution.root

    def order(self, notebook: Notebook, lesson: Lesson, folder: Path) -> Order:
        """What is to be run of a notebook, and how."""
        key = notebook_key(self.secret, self.asked_as or notebook.sha256, lesson.rubric.slug)
        order = replace(_order(notebook, lesson.rubric, folder, self.kit, key), tier=self.tier, hidden=self.hidden)
        known = (*(lesson.course if self.shared else ()), *self.earlier)
        return replace(order, shared=common_cells(sequence_of(notebook), known)) if known else order

    def _run(self, order: Order, progress: Callable[[int, int], None]) -> Run:
        if self.engine == "nbclient":
            return run_slow(order, self.warm.kit, progress)
        return run_forked(order, self.warm, progress)

    def _record(self, notebook: Notebook, lesson: Lesson, run: Run) -> Record:
        states = {e: ExerciseState(x.state, x.reason, x.cell) for e, x in run.execution.endings.items()}  # type: ignore[arg-type]
        states |= lesson.not_attempted(notebook)
        notes = list(notebook.notes)
        if (setup := run.execution.endings.get(0)) is not None and setup.state != "completed":
            notes.append(f"The set-up before the first exercise did not end well: {setup.reason}.")
        if not run.execution.private_tmp:
            how = "the notebook shared it with others" if self.tier == LIMITS else "it was closed to the notebook"
            notes.append(f"{NO_PRIVATE_TMP}: {how}.")
        execution = run.execution
        return Record(
            file=notebook.file,
            sha256=notebook.sha256,
            lesson=lesson.files.slug,
            states={str(number): asdict(state) for number, state in states.items()},
            overrides=[_override(asdict(o)) for o in run.overrides],
            notes=notes,
            runner=self._runner(execution.private_tmp),
            seconds={
                "cells": round(sum(execution.cell_seconds.values()), 3),
                "witness": round(execution.witness_seconds, 3),
                "execution": round(execution.seconds, 3),
            },
            peak_memory=execution.peak_memory or None,
            peak_gpu_memory=execution.peak_gpu_memory,
        )

    def _runner(self, private_tmp: bool) -> dict[str, Any]:
        return {
            "device": self.warm.device,
            "tier": self.tier,
            "kit": self.kit_name,
            "engine": self.engine,
            "private_tmp": private_tmp,
            "versions": self.warm.versions,
        }

    def _rejected(self, refusal: Refusal) -> Result:
        return self._empty(None, refusal.file, refusal.sha256) | {"state": "rejected", "reason": refusal.reason}

    def _fault(self, lesson: Lesson, file: str, sha256: str, reason: str) -> Result:
        from assay.rubric import unchecked_exercises

        listed = {"exercises": unchecked_exercises(lesson.rubric, reason), "state": "fault", "reason": reason}
        return self._empty(lesson.files.slug, file, sha256) | listed

    def _empty(self, lesson: str | None, file: str, sha256: str | None) -> Result:
        seconds = dict.fromkeys(("cells", "execution", "judging", "total"), 0.0)
        return {
            "lesson": lesson, "file": file, "sha256": sha256, "state": "rejected", "reason": None, "score": None,
            "max_score": None, "pending": 0.0, "exercises": [], "overrides": [], "notes": [],
            "runner": self._runner(private_tmp=False), "seconds": seconds,
        }  # fmt: skip


def _reason(error: Exception, folder: Path) -> str:
    """One sentence for the result; the traceback of what is no known fault goes into the folder."""
    if isinstance(error, Fault):
        return str(error).splitlines()[0]
    _keep(folder / "fault.txt", "".join(traceback.format_exception(error)))
    return f"assay itself failed ({type(error).__name__}: {error}); fault.txt in its folder says where"


def _keep(path: Path, text: str) -> None:
    """Write what is good to have beside a run; a full disk must not turn that into a lost result."""
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        write_anew(path, text)


def _order(notebook: Notebook, rubric: Rubric, folder: Path, kit: Kit, key: bytes) -> Order:
    limits = rubric.limits
    sections = {0: notebook.setup} | {exercise.number: exercise.cells for exercise in notebook.exercises}
    return Order(
        folder=folder,
        sections=sections,
        cells=notebook.cells,
        shorter=tuple((o.name, o.to, o.reason) for o in rubric.shorten),
        allowance=Allowance(
            limits.cell_s, limits.exercise_s, limits.submission_s, limits.memory_bytes, limits.output_bytes
        ),
        kit=kit.folder,
        replays={exercise.number: exercise.replays for exercise in rubric.exercises},
        key=key,
        values=rubric.values,
    )


def _override(applied: dict[str, Any]) -> dict[str, Any]:
    return {"name": applied["name"], "from": applied["was"], "to": applied["now"], "cell": applied["cell"],
            "reason": applied["reason"]}  # fmt: skip
