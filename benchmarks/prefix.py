"""What running the course's own cells once for all is worth, on the sample submissions of the textual-inversion lesson.

`python -m benchmarks.prefix` grades each sample three times, one right after the other: by itself, sharing (where it is
the first that gets so far, the shared cells run then), and sharing once more (they have run).
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from assay.command.lessons import Lesson, lesson_of, load_lessons, warm_imports
from assay.command.run import start_warm
from assay.command.session import Session
from assay.failure import Rejected
from assay.intake import read_bytes, read_notebook
from assay.kit import ensure_kit
from assay.sandbox.probe import missing
from assay.sandbox.tiers import TIERS
from benchmarks.cohort import LESSON, ROOT, SECRET
from benchmarks.tables import load, machine


@dataclass(frozen=True)
class Timed:
    """One sample: seconds of its cells' own time, and of grading it alone, sharing, and sharing what was there."""

    name: str
    cells: float
    alone: float
    first: float
    again: float
    shared: int
    why_no_more: str | None


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", help="only these samples, by the beginnings of their names")
    tiers = [tier for tier in TIERS if missing(tier) is None]
    parser.add_argument("--tier", choices=tiers, default=tiers[-1], help=f"the walls ({tiers[-1]})")
    options = parser.parse_args()
    lessons, kit, before = load_lessons(), ensure_kit(), machine()
    files = [file for file in _samples(lessons) if not options.names or file.name.startswith(tuple(options.names))]
    with tempfile.TemporaryDirectory(prefix="assay-benchmark-") as name:
        folder = Path(name)
        folder.chmod(0o711)  # where root measures, submissions run as another user
        (folder / "runs").mkdir()
        with start_warm(kit, warm_imports(lessons), folder, "cpu") as warm:
            session = Session(lessons, LESSON, kit, warm, "fork", options.tier, SECRET)
            timed = [_time(session, file, folder) for file in files]
    console = Console(highlight=False, soft_wrap=True)
    console.print(_table(timed, options.tier))
    for reason in sorted({one.why_no_more for one in timed if one.why_no_more}):
        console.print(f"Not shared: {reason}")
    console.print(f"Machine: {before}; at the end: {load()}")
    return 0


def _samples(lessons: dict[str, Lesson]) -> list[Path]:
    found = []
    for file in sorted((ROOT / "submissions").glob("*.ipynb")):
        try:
            lesson = lesson_of(read_notebook(read_bytes(file), file.name), lessons, None)
        except Rejected:
            continue
        if lesson.files.slug == LESSON:
            found.append(file)
    return found


def _time(session: Session, file: Path, folder: Path) -> Timed:
    walls, cells, told = [], 0.0, {"cells": 0, "reason": None}
    for way, shared in (("alone", False), ("first", True), ("again", True)):
        run = folder / file.stem / way
        began = time.monotonic()
        result = dataclasses.replace(session, shared=shared).grade(str(file), run, lambda step: None)
        walls.append(time.monotonic() - began)
        if result["state"] != "graded":
            raise SystemExit(f"{file.name} was not graded: {result['reason']}")
        if not shared:
            cells = result["seconds"]["cells"]
        elif (path := run / "shared.json").is_file():
            told = json.loads(path.read_text(encoding="utf-8"))
    return Timed(file.stem, cells, *walls, told["cells"], told["reason"])


def _table(timed: list[Timed], tier: str) -> Table:
    table = Table(title=f"Seconds a submission, intake to result, at {tier}")
    for column in ("submission", "its cells", "alone", "sharing", "again", "alone / again", "cells shared"):
        table.add_column(column, justify="left" if column == "submission" else "right")
    for one in [*timed, _sum(timed)]:
        numbers = [f"{seconds:.2f}" for seconds in (one.cells, one.alone, one.first, one.again)]
        table.add_row(one.name, *numbers, f"{one.alone / one.again:.2f}", str(one.shared or ""))
    return table


def _sum(timed: list[Timed]) -> Timed:
    columns = (sum(getattr(one, name) for one in timed) for name in ("cells", "alone", "first", "again"))
    return Timed("all", *columns, 0, None)


if __name__ == "__main__":
    raise SystemExit(main())
