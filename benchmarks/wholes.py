"""Times whole commands on whole cohorts with their memory, and shows what came of it."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.command import ROOT
from benchmarks.memory import Memory

BASE_MB, EACH_MB = 600, 150  # what may be used, and for every running submission


@dataclass(frozen=True)
class Whole:
    """One command: seconds in all, seconds until the libraries were imported, and the most memory, in bytes."""

    wall: float
    start: float
    peak: int


@dataclass
class Sheet:
    """What was found for one cohort of `n` submissions, made of so many bases; `floors` are the seconds of each base's
    cells, and of those that are the course's own, and `peers` seconds a submission and once, or why there are none."""

    name: str
    n: int
    cores: int
    bases: int
    floors: list[tuple[float, float]]
    peers: dict[str, tuple[float, float] | str] = field(default_factory=dict)
    ours: Whole | None = None
    again: Whole | None = None
    alone: Whole | None = None
    cold: Whole | None = None

    def cells(self) -> float:
        """Seconds of all submissions' cells."""
        return sum(self.floors[i % self.bases][0] for i in range(self.n))

    def own(self) -> float:
        """Of these, the course's own."""
        return sum(self.floors[i % self.bases][1] for i in range(self.n))


def time_whole(command: list[str], folder: Path, out: str | None = "out") -> Whole:
    """Run `grade.py` with a stop-watch and look at its memory.

    Raises:
        SystemExit: it failed.
    """
    folder.mkdir(parents=True)
    watch = folder / "seconds.json"
    line = [sys.executable, "-B", "-m", "benchmarks.command", str(watch), *command]
    if out is not None:
        line += ["--out", str(folder / out), "--trust-these-notebooks"]
    began = time.monotonic()
    with (folder / "said").open("wb") as said:
        running = subprocess.Popen(line, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=said, stderr=said)
        with Memory(running.pid) as memory:
            code = running.wait()
    wall = time.monotonic() - began
    if code:
        raise SystemExit(f"grade.py {command[0]} ended with {code}: {(folder / 'said').read_text()[-2000:]}")
    ended = json.loads(watch.read_text(encoding="utf-8"))["ended"]
    return Whole(wall, ended["start"] - began, memory.peak)


def print_sheet(sheet: Sheet, console: Console) -> None:
    """The ways to get through the cohort, and the figures that have targets."""
    console.print()
    console.print(_ways(sheet))
    for line in _facts(sheet):
        console.print(f"  {line}")


def _ways(sheet: Sheet) -> Table:
    assert sheet.ours is not None and sheet.cold is not None
    n, cores, cells = sheet.n, sheet.cores, sheet.cells()
    table = Table(title=f"{sheet.name}; n = {n}, made of {sheet.bases}", title_justify="left")
    table.add_column("way")
    for heading in ("processes", "wall s", "s once", "s a submission", "x ours"):
        table.add_column(heading, justify="right")

    def row(name: str, at_once: int, wall: float, start: float | None) -> None:
        once = "" if start is None else f"{start:.1f}"
        each = (wall - (start or 0)) / n
        table.add_row(name, str(at_once), f"{wall:,.1f}", once, f"{each:.2f}", f"{wall / sheet.ours.wall:.1f}")  # type: ignore[union-attr]

    row("the cells' own time, over the cores", cores, cells / cores, None)
    row("grade.py cohort", cores, sheet.ours.wall, sheet.ours.start)
    if sheet.alone is not None:
        row("grade.py run, nothing shared", cores, sheet.alone.wall, sheet.alone.start)
    row("grade.py run, a command for each (n x one)", 1, n * sheet.cold.wall, None)
    for name, found in sheet.peers.items():
        if isinstance(found, str):
            table.add_row(name, "", found, "", "", "")
        else:
            row(f"{name} (n x one)", 1, n * found[0] + found[1], found[1])
    return table


def _facts(sheet: Sheet) -> list[str]:
    ours, again, n, cores = sheet.ours, sheet.again, sheet.n, sheet.cores
    assert ours is not None and again is not None
    cells = sheet.cells()
    busy = cores * (ours.wall - ours.start) / n  # what every core gave to a submission
    allowed = BASE_MB + EACH_MB * cores
    return [
        f"{100 * sheet.own() / cells:.0f} % of the cells' time is the course's own",
        f"{busy - cells / n:+.2f} s of {cores} cores a submission over its cells' time (target <= 0.3)",
        f"{ours.wall * cores / cells:.2f} x the cells' own time over the cores, imports included"
        " (target < 1 where 60 % is the course's own)",
        f"{1000 * (again.wall - again.start) / n:.0f} ms to judge a submission again, pages included (target <= 50)",
        f"{ours.peak / 1e6:,.0f} MB at most (target <= {allowed:,} MB: {BASE_MB} and {EACH_MB} for each that runs)",
    ]
