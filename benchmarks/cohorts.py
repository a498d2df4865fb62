"""How long whole cohorts take, and how much memory: `python -m benchmarks.cohorts`.

Every cohort is a few notebooks blown up to many; the course's own cells in them stay byte for byte, every other cell is
one of its kind. The cells' own time and the other graders are measured on the few, once each, and taken times their
number: copies differ in a comment. What is ours is measured on all of them.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from rich.console import Console

from assay.command.lessons import Lesson, load_lessons, warm_imports
from assay.command.run import start_warm
from assay.execution.parent import WarmParent
from assay.kit import Kit, ensure_kit
from benchmarks.blown_up import LARGELY_OWN, Base, base_of, blow_up, largely_own
from benchmarks.cells import run_once
from benchmarks.cohort import make_small, order_for, samples
from benchmarks.peers import PEERS, time_peer
from benchmarks.tables import WIDTH, is_busy, load, machine
from benchmarks.wholes import Sheet, print_sheet, time_whole

SIZES = (30, 200)
CORES = os.cpu_count() or 1
ASIDE = Console(stderr=True, highlight=False, soft_wrap=True)


@dataclass(frozen=True)
class Bench:
    """What the measurements of one cohort share."""

    lessons: dict[str, Lesson]
    kit: Kit
    warm: WarmParent
    peers: str | None
    folder: Path

    def seconds(self, file: Path, name: str) -> list[float]:
        """Of each of a notebook's cells, in a child of a warm process, without the witness."""
        order = order_for(file, self.folder / f"alone-{name}", self.lessons, self.kit)
        return list(run_once(order, self.warm, witness=False).cell_seconds.values())


def main() -> int:
    """Measure, and print a table for each cohort and size."""
    options = _options()
    lessons, kit, before, busy = load_lessons(), ensure_kit(), machine(), is_busy()
    console = Console(highlight=False, soft_wrap=True, width=WIDTH)
    with tempfile.TemporaryDirectory(prefix="assay-benchmark-") as name:
        folder = Path(name)
        folder.chmod(0o711)  # where root measures, submissions run as another user
        (folder / "runs").mkdir()
        ASIDE.print("importing the libraries", style="dim")
        with start_warm(kit, warm_imports(lessons), folder, "cpu") as warm:
            bench = Bench(lessons, kit, warm, options.peers, folder)
            cohorts = {name: COHORTS[name](bench) for name in options.cohort or COHORTS}
            floors = {name: _floor(bench, bases) for name, bases in cohorts.items()}
            peers = {name: _peers(bench, name, bases) for name, bases in cohorts.items()}
        for name, bases in cohorts.items():
            for n in options.n or SIZES:
                sheet = Sheet(name, n, CORES, len(bases), floors[name], dict(peers[name]))
                _ours(sheet, bases, folder / f"{name}-{n}", options.alone)
                print_sheet(sheet, console)
    console.print(f"\nMachine: {before}; at the end: {load()}")
    if busy:
        console.print("This machine was busy with something else: run it again on a quiet one.", style="bold")
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--n", type=int, action="append", help=f"submissions, may be repeated ({SIZES})")
    parser.add_argument("--cohort", choices=COHORTS, action="append", help="only this one, may be repeated")
    parser.add_argument("--alone", action="store_true", help="grade each cohort without sharing, too")
    parser.add_argument(
        "--peers", nargs="?", const=sys.executable, metavar="PYTHON",
        help="time a plain nbclient loop, nbgrader and otter-grader too, under an interpreter that has them (this one)",
    )  # fmt: skip
    return parser.parse_args()


def _samples(bench: Bench) -> list[Base]:
    return [base_of(path, bench.lessons) for path in samples()]


def _small(bench: Bench) -> list[Base]:
    return [base_of(make_small(bench.folder / "small", 1)[0], bench.lessons)]


def _largely_own(name: str, bench: Bench) -> list[Base]:
    reference = bench.lessons[LARGELY_OWN[name]].files.reference
    return [largely_own(name, bench.seconds(reference, f"{name}-reference"), bench.lessons)]


COHORTS: dict[str, Callable[[Bench], list[Base]]] = {
    "samples": _samples,
    "small": _small,
    **{name: partial(_largely_own, name) for name in LARGELY_OWN},
}


def _floor(bench: Bench, bases: list[Base]) -> list[tuple[float, float]]:
    """Of each base, the seconds of its cells, and of those that are the course's own."""
    found = []
    for base in bases:
        ASIDE.print(f"the cells of {base.name} alone", style="dim")
        seconds = bench.seconds(base.write(bench.folder / "bases", 0), base.name)
        found.append((sum(seconds), sum(seconds[: base.own])))
    return found


def _peers(bench: Bench, name: str, bases: list[Base]) -> dict[str, tuple[float, float] | str]:
    """Seconds a submission and once of every other way to run the bases, or why there are none."""
    found: dict[str, tuple[float, float] | str] = {}
    for tool, title in {"nbclient": "a plain nbclient loop, no grade", **PEERS}.items():
        if bench.peers is None:
            found[title] = "name an interpreter that has it with --peers PYTHON"
        elif name == "small" or tool == "nbclient":  # the others say nothing more on longer cells
            ASIDE.print(f"{title} on {name}", style="dim")
            files = [base.write(bench.folder / f"{tool}-{name}", number) for number, base in enumerate(bases)]
            orders = {
                f.stem: order_for(f, bench.folder / f"o-{tool}" / f.stem, bench.lessons, bench.kit) for f in files
            }
            time = time_peer(tool, bench.peers, orders, bench.folder / f"peer-{tool}-{name}", bench.kit.environment())
            found[f"{title} {time.version}".rstrip()] = time.not_run or (time.submission, time.start)
    return found


def _ours(sheet: Sheet, bases: list[Base], folder: Path, alone: bool) -> None:
    files = blow_up(bases, sheet.n, folder / "notebooks")
    ASIDE.print(f"{sheet.name}: grade.py cohort, {sheet.n} submissions", style="dim")
    sheet.ours = time_whole(["cohort", str(folder / "notebooks")], folder / "shared")
    ASIDE.print(f"{sheet.name}: grade.py regrade", style="dim")
    sheet.again = time_whole(["regrade", str(folder / "shared" / "out")], folder / "again", out=None)
    if alone:
        ASIDE.print(f"{sheet.name}: grade.py run, nothing shared", style="dim")
        sheet.alone = time_whole(["run", *map(str, files), "--jobs", str(CORES)], folder / "alone")
    ASIDE.print(f"{sheet.name}: grade.py run, one submission", style="dim")
    sheet.cold = time_whole(["run", str(files[0])], folder / "cold")


if __name__ == "__main__":
    raise SystemExit(main())
