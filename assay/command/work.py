"""Decides what of a cohort is still to be done, and in which order: by content, the longest first."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from assay.command.again import RECORD
from assay.command.edition import judges_by, runs_by
from assay.command.lessons import Lesson
from assay.command.reading import Reading, Refusal
from assay.command.session import Result
from assay.command.version import version
from assay.kit import Kit
from assay.store import Content, Store, address

SHORT = 24  # hexadecimal digits of a run's address in its folder's name: 96 bits tell any two apart
CELL_S = 0.5  # what an unknown code cell is thought to take where nothing is known; only the order depends on it


@dataclass
class Work:
    """One content that has no result yet, the submissions that hand it in, and where its run lies."""

    content: Content
    reading: Reading | Refusal
    folder: Path
    judged: Result | None  # what it came to by other checks: executed already, and only to be judged
    expected: float  # seconds, roughly
    submissions: list[str] = field(default_factory=list)

    @property
    def lesson(self) -> str | None:
        """The lesson's slug; None for a file that is refused."""
        return _lesson(self.reading)


def content_of(found: Reading | Refusal, kit: Kit) -> Content:
    """The address of a file's result."""
    if isinstance(found, Refusal):
        return Content(address("refused", found.sha256, found.reason), address(version()))
    rubric = found.lesson.rubric
    asked = [[dict(replay) for replay in exercise.replays] for exercise in rubric.exercises]
    shorter = [[o.name, o.to] for o in rubric.shorten]
    # which exercises were left as handed out is decided when the notebook is run
    published = [[[cell.digest, cell.open] for cell in exercise.published] for exercise in rubric.exercises]
    limits = vars(rubric.limits)
    run = address(
        found.notebook.sha256, rubric.slug, kit.digest, runs_by(), limits, shorter, asked, published, rubric.values
    )
    return Content(run, judged_by(found.lesson))


def judged_by(lesson: Lesson) -> str:
    """The address of what a lesson's runs are judged by: changed checks, points or hints change it."""
    files = [hashlib.sha256(path.read_bytes()).hexdigest() for path in (lesson.files.checks, lesson.files.rubric)]
    return address(judges_by(), *files)


def run_folder(out: Path, run: str) -> Path:
    """Where the run of this address lies: the same for all who hand in the same."""
    return out / "runs" / run[:SHORT]


def plan_work(
    contents: Mapping[str, Content], readings: Mapping[str, Reading | Refusal], store: Store, out: Path
) -> list[Work]:
    """What has no result, or only a machine's fault; each content once, the longest first."""
    known = store.seconds()
    waiting: dict[str, Work] = {}
    rates = _rates(known, readings)
    for name, content in contents.items():
        kept = store.result(content.key)
        if kept is not None and kept["state"] != "fault":
            continue
        if content.key not in waiting:
            folder = run_folder(out, content.run)
            judged = store.judged(content.run) if (folder / RECORD).is_file() else None
            expected = 0.0 if judged else known.get(name, _expected(readings[name], rates))
            waiting[content.key] = Work(content, readings[name], folder, judged, expected)
        waiting[content.key].submissions.append(name)
    return sorted(waiting.values(), key=lambda work: -work.expected)


def _cells(found: Reading | Refusal) -> int:
    """The code cells that something will be run of."""
    return 0 if isinstance(found, Refusal) else sum(c.kind == "code" and c.source != "" for c in found.notebook.cells)


def _expected(found: Reading | Refusal, rates: Mapping[str | None, float]) -> float:
    """By what a cell of its lesson takes, else by what any cell takes."""
    return rates.get(_lesson(found), rates[None]) * _cells(found)


def _rates(known: Mapping[str, float], readings: Mapping[str, Reading | Refusal]) -> dict[str | None, float]:
    """Seconds of a code cell of each lesson, and under None of all, as they were when they last ran: so that what is
    known and what is not can be compared."""
    seen: dict[str | None, list[float]] = {}
    for name, seconds in known.items():
        if name in readings and (cells := _cells(readings[name])):
            for whose in (_lesson(readings[name]), None):
                seen.setdefault(whose, []).append(seconds / cells)
    return {None: CELL_S} | {whose: median(rates) for whose, rates in seen.items()}


def _lesson(found: Reading | Refusal) -> str | None:
    return found.lesson.files.slug if isinstance(found, Reading) else None
