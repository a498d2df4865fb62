"""What each tier of walls costs a submission: children of a warm parent that run no cell, one tier after the other by
turns, against children without walls. `python -m benchmarks.walls` prints the table.
"""

from __future__ import annotations

import argparse
import random
import statistics
import tempfile
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

from assay.command.lessons import load_lessons, warm_imports
from assay.execution.allowance import Allowance
from assay.execution.engine import Order, execute, make_plan
from assay.execution.parent import WarmParent
from assay.kit import Kit, ensure_kit
from assay.sandbox.probe import missing
from assay.sandbox.tiers import LOCKDOWN, NAMESPACES, TIERS
from benchmarks.no_walls import OpenParent
from benchmarks.tables import is_busy, load, machine

NONE = "no walls"
TARGET_MS = {LOCKDOWN: 5.0, NAMESPACES: 30.0}
ALLOWED = Allowance(cell_s=60, exercise_s=60, submission_s=60, memory_bytes=4 << 30, output_bytes=1 << 20)


def main() -> int:
    """Measure and print; every tier that the machine does not offer is named as not run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--n", type=int, default=100, help="submissions of each kind (100)")
    n = parser.parse_args().n
    kit, imports, before, busy = ensure_kit(), warm_imports(load_lessons()), machine(), is_busy()
    environment = kit.environment() | {"CUDA_VISIBLE_DEVICES": ""}
    with tempfile.TemporaryDirectory(prefix="assay-benchmark-") as name:
        folder = Path(name)
        folder.chmod(0o711)  # where root measures, submissions run as another user
        walled, bare = (kind(environment, imports, folder / kind.__name__) for kind in (WarmParent, OpenParent))
        with walled, bare:
            times = _measure(folder, kit, walled, bare, n)
    console = Console(highlight=False, soft_wrap=True)
    console.print(_table(times, n))
    for tier in TIERS:
        if (why := missing(tier)) is not None:
            console.print(f"{tier}: not run, because this machine does not offer it: {why}")
    console.print(f"Machine: {before}; at the end: {load()}" + ("; busy with something else" if busy else ""))
    return 0


def _measure(folder: Path, kit: Kit, walled: WarmParent, bare: WarmParent, n: int) -> dict[str, list[float]]:
    kinds = [NONE, *(tier for tier in TIERS if missing(tier) is None)]
    times: dict[str, list[float]] = {kind: [] for kind in kinds}
    for round_ in range(-2, n):  # the first two are not counted
        for kind in random.sample(kinds, len(kinds)):
            tier, warm = (TIERS[0], bare) if kind == NONE else (kind, walled)
            order = Order(folder / f"{kind}{round_}", {}, (), (), ALLOWED, kit.folder, tier=tier)
            plan = make_plan(order)[0]
            began = time.perf_counter()
            execute(plan, order, warm, lambda exercise, cell: None)
            if round_ >= 0:
                times[kind].append(1000 * (time.perf_counter() - began))
    return times


def _table(times: dict[str, list[float]], n: int) -> Table:
    table = Table("tier", "median ms", "fastest", "slowest tenth", "median over no walls", "target",
                  title=f"A submission that runs nothing, from the order to its burial, {n} of each")  # fmt: skip
    floor = statistics.median(times[NONE])
    for kind, found in times.items():
        middle, late = statistics.median(found), sorted(found)[int(0.9 * len(found))]
        target = f"at most {TARGET_MS[kind]:g}" if kind in TARGET_MS else ""
        over = "" if kind == NONE else f"{middle - floor:+.1f}"
        table.add_row(kind, f"{middle:.1f}", f"{min(found):.1f}", f"{late:.1f}", over, target)
    return table


if __name__ == "__main__":
    raise SystemExit(main())
