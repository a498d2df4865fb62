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


@dataclass
class Sheet:
    """What was found for one cohort of `n` submissions; every list has one number per round.

    `rows` and `parts` are seconds per submission, `starts` seconds paid once per command, `facts` are what they say.
    """

    title: str
    n: int
    rows: dict[str, list[float]] = field(default_factory=dict)
    starts: dict[str, list[float]] = field(default_factory=dict)
    facts: dict[str, list[float]] = field(default_factory=dict)
    parts: dict[str, list[float]] = field(default_factory=dict)
    not_run: dict[str, str] = field(default_factory=dict)

    def add(self, name: str, seconds: float, start: float | None = None) -> None:
        """One round's seconds per submission, and what was paid once beside them."""
        self.rows.setdefault(name, []).append(seconds)
        if start is not None:
            self.starts.setdefault(name, []).append(start)


def print_sheet(sheet: Sheet, console: Console) -> None:
    """The ways to run the cohort, the figures that have targets, and where our own time goes."""
    console.print()
    console.print(_ways(sheet))
    for name, reason in sheet.not_run.items():
        console.print(f"  not run: {name}: {reason}")
    for name, values in sheet.facts.items():
        console.print(f"  {spread(values, 2)}  {name}")
    console.print()
    console.print(_breakdown(sheet))


def _ways(sheet: Sheet) -> Table:
    table = Table(title=f"{sheet.title}; n = {sheet.n}", title_justify="left")
    table.add_column("way")
    for heading in ("s a submission", "x floor", "x ours", "s once"):
        table.add_column(heading, justify="right")
    first, ours = _median(sheet, 0), _median(sheet, 2)
    for name, values in sheet.rows.items():
        middle = statistics.median(values)
        once = spread(sheet.starts[name], 1) if name in sheet.starts else ""
        table.add_row(name, spread(values, 2), f"{middle / first:.2f}", f"{middle / ours:.2f}", once)
    return table


def _median(sheet: Sheet, place: int) -> float:
    return statistics.median(list(sheet.rows.values())[place])


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


def machine(only_load: bool = False) -> str:
    """Cores, memory and the load average; figures of a busy machine are not worth keeping."""
    load = "load average " + ", ".join(f"{value:.1f}" for value in os.getloadavg())
    if only_load:
        return load
    memory = psutil.virtual_memory().total / 2**30
    return f"{_processor()}, {os.cpu_count()} cores, {memory:.0f} GB, {platform.system()} {platform.release()}, {load}"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.machine()
    names = (line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())
