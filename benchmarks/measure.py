"""Measures what grading costs on top of the cells' own time, and what other graders cost on the same cells.

Everything is measured in one go on one machine, in a temporary folder; only ratios carry over to another machine.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from assay.command.lessons import Lesson, load_lessons, warm_imports
from assay.command.run import start_warm
from assay.execution.engine import Order
from assay.execution.parent import WarmParent
from assay.kit import Kit, ensure_kit
from benchmarks.cells import run_once, time_cells
from benchmarks.cohort import make_full, make_samples, make_small, order_for
from benchmarks.command import time_command
from benchmarks.peers import PEERS, time_peer
from benchmarks.tables import FLOOR, OURS, WIDTH, Sheet, is_busy, load, machine, print_sheet

# What `--cohort` says, what the table is called, and what makes the notebooks.
COHORTS: dict[str, tuple[str, Callable[[Path, int], list[Path]]]] = {
    "whole": ("whole notebooks: four exercises with training and pictures", make_full),
    "samples": ("the lesson's sample submissions: from excellent to one exercise only", make_samples),
    "small": ("small notebooks: set-up, exercises 1 and 2, one training step", make_small),
}
ASIDE = Console(stderr=True, highlight=False, soft_wrap=True)


@dataclass(frozen=True)
class Bench:
    """What every measurement needs; `orders` gives what the command would execute for a file, in a folder."""

    lessons: dict[str, Lesson]
    kit: Kit
    warm: WarmParent
    peers: str | None

    def order(self, file: Path, folder: Path) -> Order:
        """What the command would execute for `file`, in `folder`."""
        return order_for(file, folder, self.lessons, self.kit)


def main() -> int:
    """`python benchmarks/run.py`: measure each cohort, round by round, and print a table for each."""
    options = _options()
    lessons, kit = load_lessons(), ensure_kit()
    console, before, busy = Console(highlight=False, soft_wrap=True, width=WIDTH), machine(), is_busy()
    with tempfile.TemporaryDirectory(prefix="assay-benchmark-") as name:
        folder = Path(name)
        (folder / "runs").mkdir()
        _say("importing the libraries")
        with start_warm(kit, warm_imports(lessons), folder) as warm:
            bench = Bench(lessons, kit, warm, options.peers)
            sheets = [_measure(bench, *COHORTS[name], folder, options) for name in options.cohort or COHORTS]
            versions = ", ".join(f"{library} {version}" for library, version in warm.versions.items())
    for sheet in sheets:
        print_sheet(sheet, console)
    console.print(f"\nMachine: {before}; at the end: {load()}")
    if busy:
        console.print("This machine was busy with something else: run it again on a quiet one.", style="bold")
    console.print(f"Versions: {versions}; kit {kit.name} {kit.digest[:12]}")
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--n", type=int, default=6, help="submissions of each cohort (6)")
    parser.add_argument(
        "--cohort", action="append", choices=COHORTS, help="only this one; may be said again (all three)"
    )
    parser.add_argument("--rounds", type=int, default=1, help="times everything is measured; medians are shown (1)")
    parser.add_argument(
        "--peers", nargs="?", const=sys.executable, metavar="PYTHON",
        help="time nbgrader and otter-grader too, under an interpreter that has them (this one)",
    )  # fmt: skip
    parser.add_argument("--quick", action="store_true", help="leave out the ways that start a kernel for each notebook")
    options = parser.parse_args()
    if min(options.n, options.rounds) < 1:
        parser.error("--n and --rounds must be at least 1")
    return options


def _measure(
    bench: Bench, title: str, make: Callable[[Path, int], list[Path]], folder: Path, options: argparse.Namespace
) -> Sheet:
    place = folder / f"cohort{len(list(folder.glob('cohort*')))}"
    files = make(place / "notebooks", options.n)
    sheet = Sheet(title, len(files))
    _say(f"{title}: one run that is not counted")
    run_once(bench.order(files[0], place / "not-counted"), bench.warm, witness=True)
    for round_ in range(options.rounds):
        here = place / f"round{round_}"
        _say(f"{title}: the cells alone and with the witness, round {round_ + 1}")
        _cells(bench, sheet, files, here)
        _say("grade.py run")
        _ours(sheet, files, here)
        if not options.quick:
            _slow(bench, sheet, files, here)
        if make is make_small:
            _peers(bench, sheet, files, here)
    return sheet


def _cells(bench: Bench, sheet: Sheet, files: list[Path], folder: Path) -> None:
    by_name = {file.stem: file for file in files}
    times = time_cells(list(by_name), folder / "cells", lambda name, at: bench.order(by_name[name], at), bench.warm)
    sheet.add(FLOOR, times.alone)
    sheet.add("cells with the witness", times.watched + times.ends)
    sheet.say("the witness adds, % of the cells' own time (target < 10)", times.share)
    sheet.say("the same as the witness measured itself, % of the rest of the cells", times.share_by_itself)
    sheet.say("of this at the ends of cells", 100 * times.ends / (times.watched - times.inside))
    sheet.inside.append(times.inside)


def _ours(sheet: Sheet, files: list[Path], folder: Path) -> None:
    found = time_command(files, folder / "command", "fork")
    submission = found.pop("submission")
    sheet.add(OURS, submission, found.pop("start"))
    overhead = submission - sheet.rows[FLOOR][-1]
    sheet.say("overhead of a submission, s: command less start less floor (target <= 0.5)", overhead)
    cells = found["the cells, with the witness in them"]
    judging, pages = found.pop("judging"), found.pop("pages")
    sheet.say("the same by parts, s: all but the cells", sum(found.values()) - cells)
    sheet.say("and with the witness's time inside of cells, s", sum(found.values()) - cells + sheet.inside[-1])
    sheet.say("judging a submission, beside the next one's cells, s", judging)
    sheet.say("writing its pages, likewise, s", pages)
    for part, seconds in found.items():
        sheet.parts.setdefault(part, []).append(seconds)


def _slow(bench: Bench, sheet: Sheet, files: list[Path], folder: Path) -> None:
    _say("grade.py run --runner nbclient")
    found = time_command(files, folder / "nbclient", "nbclient")
    sheet.add("grade.py run --runner nbclient", found["submission"], found["start"])
    _peer(bench, sheet, "nbclient", sys.executable, files, folder)


def _peers(bench: Bench, sheet: Sheet, files: list[Path], folder: Path) -> None:
    for tool, name in PEERS.items():
        if bench.peers is None:
            sheet.not_run[name] = "name an interpreter that has it with --peers PYTHON"
        else:
            _peer(bench, sheet, tool, bench.peers, files, folder)


def _peer(bench: Bench, sheet: Sheet, tool: str, python: str, files: list[Path], folder: Path) -> None:
    _say(tool)
    orders = {file.stem: bench.order(file, folder / f"orders-{tool}" / file.stem) for file in files}
    found = time_peer(tool, python, orders, folder / f"peer-{tool}", bench.kit.environment())
    if found.not_run:
        sheet.not_run[PEERS.get(tool, tool)] = found.not_run
    else:
        name = PEERS.get(tool, "plain loop, no grade: nbclient")
        sheet.add(f"{name} {found.version}", found.submission, found.start)


def _say(text: str) -> None:
    ASIDE.print(text, style="dim")
