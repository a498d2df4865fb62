"""How the measurements are shown: medians with their range over the rounds, ratios to the floor, and the machine."""

from __future__ import annotations

import os
import platform
import statistics
from dataclasses import dataclass, field
from pathlib import Path

import psutil
from rich.console import Console
from rich.table import Table

FLOOR = "cells alone, warm process (floor)"
OURS = "grade.py run --jobs 1"
WIDTH = 110  # also where the output goes to a file, which has no width of its own


@dataclass
class Sheet:
    """What was found for one cohort of `n` submissions; every list has one number per round.

    `rows` and `parts` are seconds per submission, `starts` seconds paid once per command, `facts` are what they say,
    `inside` are the witness's seconds inside of a submission's cells.
    """

    title: str
    n: int
    rows: dict[str, list[float]] = field(default_factory=dict)
    starts: dict[str, list[float]] = field(default_factory=dict)
    facts: dict[str, list[float]] = field(default_factory=dict)
    parts: dict[str, list[float]] = field(default_factory=dict)
    inside: list[float] = field(default_factory=list)
    not_run: dict[str, str] = field(default_factory=dict)

    def add(self, name: str, seconds: float, start: float | None = None) -> None:
        """One round's seconds per submission of a way to run them, and what was paid once beside them."""
        self.rows.setdefault(name, []).append(seconds)
        if start is not None:
            self.starts.setdefault(name, []).append(start)

    def say(self, fact: str, value: float) -> None:
        """One round's value of something that is no way to run a cohort."""
        self.facts.setdefault(fact, []).append(value)


def print_sheet(sheet: Sheet, console: Console) -> None:
    """The ways to run the cohort, the figures that have targets, and where our own time goes."""
    console.print()
    console.print(_ways(sheet), width=WIDTH)
    for name, reason in sheet.not_run.items():
        console.print(f"  not run: {name}: {reason}")
    for name, values in sheet.facts.items():
        console.print(f"  {spread(values, 2)}  {name}")
    console.print()
    console.print(_breakdown(sheet), width=WIDTH)


def _ways(sheet: Sheet) -> Table:
    table = Table(title=f"{sheet.title}; n = {sheet.n}", title_justify="left")
    table.add_column("way")
    for heading in ("s a submission", "s added", "x floor", "x ours", "s once"):
        table.add_column(heading, justify="right")
    floor, ours = statistics.median(sheet.rows[FLOOR]), statistics.median(sheet.rows[OURS])
    for name, values in sheet.rows.items():
        middle = statistics.median(values)
        ratios = f"{middle - floor:.2f}", f"{middle / floor:.2f}", f"{middle / ours:.2f}"
        table.add_row(name, spread(values, 2), *ratios, spread(sheet.starts[name], 1) if name in sheet.starts else "")
    return table


def _breakdown(sheet: Sheet) -> Table:
    table = Table(title="where grade.py run spends a submission", title_justify="left")
    table.add_column("part")
    table.add_column("ms a submission", justify="right")
    for name, values in sheet.parts.items():
        table.add_row(name, spread([1000 * value for value in values], 0))
    return table


def spread(values: list[float], digits: int) -> str:
    """The median, and behind it the range when there are several values."""
    middle = f"{statistics.median(values):,.{digits}f}"
    return middle if len(values) == 1 else f"{middle} ({min(values):,.{digits}f} to {max(values):,.{digits}f})"


def machine() -> str:
    """Processor, cores, memory, system and load average."""
    memory = psutil.virtual_memory().total / 2**30
    return (
        f"{_processor()}, {os.cpu_count()} cores, {memory:.0f} GB, {platform.system()} {platform.release()}, {load()}"
    )


def load() -> str:
    """The load averages of the last 1, 5 and 15 minutes."""
    return "load average " + ", ".join(f"{value:.1f}" for value in os.getloadavg())


def is_busy() -> bool:
    """Whether others use so much of this machine that seconds mean little; ask before measuring."""
    return os.getloadavg()[0] > 0.5 * (os.cpu_count() or 1)


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.machine()
    names = (line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())
