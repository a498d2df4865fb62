"""What ten thousand submissions cost: `python -m benchmarks.cost`, some five minutes on a quiet machine.

Each lesson's reference is handed in by several students and graded three times: with one job in the command's own
processes, by one Dask worker, and by as many as there are cores. From that come the constants of

    hours = (start + n * max(p / workers, s)) / 3600

p: seconds that a worker spends on a submission; s: seconds that the command itself spends on each, one after the other,
for unpacking evidence, the store and the pages; start: paid once. The model leaves out the last submission's wait.
"""

from __future__ import annotations

import argparse
import contextlib
import functools
import io
import json
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from rich.console import Console
from rich.table import Table

from assay.command import main as grade
from assay.command.lessons import load_lessons
from assay.command.progress import Display
from assay.scheduling.machine import cores
from assay.store import Store
from benchmarks.tables import load, machine

MANY, WORKERS = 10_000, (1, 8, 64)
# What the command does itself for each submission, in its own process: module and name.
SERIAL = (
    ("assay.command.engines", "unpack"),
    ("assay.command.pages", "write_pages"),
    ("assay.command.cohort", "publish_cohort"),
)


@dataclass(frozen=True)
class Graded:
    """One cohort, graded: seconds until the first submission could begin, of all, and of the command's own part;
    bytes that came back; and seconds and peak memory of each lesson's submissions."""

    n: int
    start: float
    wall: float
    serial: float
    came: int
    results: list[dict[str, Any]]

    def each(self, imports: float = 0.0) -> float:
        """Seconds for a submission, less the start, and less the seconds in which a Dask worker imports the libraries:
        the command's own start waits for that, the Dask client's does not."""
        return (self.wall - self.start - imports) / self.n


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--students", type=int, default=2, help="who hand in each lesson's reference (2)")
    options = parser.parse_args()
    console, before = Console(highlight=False, soft_wrap=True), machine()
    with TemporaryDirectory(prefix="assay-cost-") as name:
        place = Path(name)
        place.chmod(0o711)  # where root measures, notebooks run as another user
        folder = _hand_in(place / "in", options.students)
        ways = {"own, 1 job": ["--jobs", "1"], "Dask, 1 worker": ["--engine", "dask", "--jobs", "1"]}
        ways[f"Dask, {cores()} workers"] = ["--engine", "dask", "--jobs", str(cores())]
        graded = {way: _grade(folder, place / f"out{n}", words) for n, (way, words) in enumerate(ways.items())}
    _print(graded, console)
    console.print(f"\nMachine: {before}; at the end: {load()}")
    return 0


def _hand_in(folder: Path, students: int) -> Path:
    """Each reference, with another last word for each student: no two are equal."""
    for slug, lesson in load_lessons().items():
        notebook = json.loads(lesson.files.reference.read_text(encoding="utf-8"))
        for student in range(students):
            own = {"cell_type": "markdown", "metadata": {}, "source": f"Handed in by student {student}."}
            to = folder / f"student{student}" / f"{slug}.ipynb"
            to.parent.mkdir(parents=True, exist_ok=True)
            to.write_text(json.dumps(notebook | {"cells": [*notebook["cells"], own]}), encoding="utf-8")
    return folder


def _grade(folder: Path, out: Path, words: list[str]) -> Graded:
    spent: defaultdict[str, float] = defaultdict(float)
    began = time.monotonic()
    with contextlib.ExitStack() as stack, contextlib.redirect_stdout(io.StringIO()):
        for module, name in SERIAL:
            stack.enter_context(_timed(__import__(module, fromlist=[name]), name, spent))
        stack.enter_context(_timed(Store, "keep", spent))
        stack.enter_context(_noted(Display, "begin", spent))
        code = grade(["cohort", str(folder), "--out", str(out), "--device", "cpu", "--trust-these-notebooks", *words])
    wall = time.monotonic() - began
    if code:
        raise SystemExit(f"the command ended with {code}")
    results = json.loads((out / "results.json").read_text(encoding="utf-8"))
    came = sum(path.stat().st_size for run in (out / "runs").iterdir() if (run / "run.json").is_file()
               for part in ("evidence", "replays") for path in (run / part).rglob("*") if path.is_file())  # fmt: skip
    start = spent.pop("begin") - began
    return Graded(len(results), start, wall, sum(spent.values()), came, results)


@contextlib.contextmanager
def _timed(owner: Any, name: str, spent: dict[str, float]) -> Iterator[None]:
    """Add up what calls of `owner.name` take."""
    plain: Callable[..., Any] = getattr(owner, name)

    @functools.wraps(plain)
    def watched(*arguments: Any, **named: Any) -> Any:
        began = time.perf_counter()
        try:
            return plain(*arguments, **named)
        finally:
            spent[name] += time.perf_counter() - began

    setattr(owner, name, watched)
    try:
        yield
    finally:
        setattr(owner, name, plain)


@contextlib.contextmanager
def _noted(owner: Any, name: str, spent: dict[str, float]) -> Iterator[None]:
    """Note when `owner.name` is first called."""
    plain: Callable[..., Any] = getattr(owner, name)

    def watched(*arguments: Any) -> Any:
        spent.setdefault(name, time.monotonic())
        return plain(*arguments)

    setattr(owner, name, watched)
    try:
        yield
    finally:
        setattr(owner, name, plain)


def _print(graded: dict[str, Graded], console: Console) -> None:
    own, dask, *_ = graded.values()
    table = Table(
        "way", "s once", "s a submission", "of it the command itself", title=f"{own.n} submissions of all lessons"
    )
    for way, one in graded.items():
        imports = 0.0 if one is own else own.start
        each = one.each(imports)
        table.add_row(way, f"{one.start + imports:.1f}", f"{each:.2f}", f"{one.serial / one.n:.3f}")
    console.print(table)
    table = Table("lesson", "s a submission", "peak memory, MB", title="The same by lesson, one job")
    for slug in sorted({result["lesson"] for result in own.results}):
        of_it = [result for result in own.results if result["lesson"] == slug]
        seconds = sum(result["seconds"]["total"] for result in of_it) / len(of_it)
        table.add_row(slug, f"{seconds:.1f}", f"{max(result.get('peak_memory', 0) for result in of_it) / 1e6:.0f}")
    console.print(table)
    p, s, evidence = dask.each(own.start), dask.serial / dask.n, dask.came / dask.n
    table = Table(
        "workers",
        "hours",
        "worker hours",
        "GB of evidence",
        title=f"{MANY:,} submissions: p = {p:.2f} s, s = {s:.3f} s",
    )
    for workers in WORKERS:
        hours = cost_hours(MANY, workers, dask.start + own.start, p, s)
        table.add_row(f"{workers}", f"{hours:.2f}", f"{hours * workers:.1f}", f"{MANY * evidence / 1e9:.0f}")
    console.print(table)
    console.print(f"More than {p / s:.0f} workers make nothing faster: then the command's own part decides.")


def cost_hours(n: int, workers: int, start: float, p: float, s: float) -> float:
    """The model: whichever is slower, the workers or the one that writes, decides."""
    return (start + n * max(p / workers, s)) / 3600


if __name__ == "__main__":
    raise SystemExit(main())
