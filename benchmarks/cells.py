"""How long the cells themselves take in a child of a warm process, without the witness and with it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from assay.execution.engine import Order, execute, make_plan
from assay.execution.parent import WarmParent
from assay.execution.record import Execution


@dataclass(frozen=True)
class CellTimes:
    """Seconds per submission: the cells alone, with a listening witness, and what it does at the cells' ends."""

    alone: float
    watched: float
    ends: float

    @property
    def share(self) -> float:
        """What the witness adds to the cells' own time, in per cent."""
        return 100 * (self.watched + self.ends - self.alone) / self.alone


def time_cells(
    names: list[str], folder: Path, order: Callable[[str, Path], Order], warm: WarmParent
) -> CellTimes:  # fmt: skip
    """Run every submission twice; which way comes first changes by turns, for the machine may grow slower meanwhile."""
    alone, watched, ends = 0.0, 0.0, 0.0
    for number, name in enumerate(names):
        for witness in (False, True) if number % 2 else (True, False):
            execution = run_once(order(name, folder / f"{name}-{'watched' if witness else 'alone'}"), warm, witness)
            seconds = sum(execution.cell_seconds.values())
            if witness:
                watched, ends = watched + seconds, ends + execution.witness_seconds
            else:
                alone += seconds
    return CellTimes(alone / len(names), watched / len(names), ends / len(names))


def run_once(order: Order, warm: WarmParent, witness: bool) -> Execution:
    """One submission as the command runs it, up to the witness.

    Raises:
        SystemExit: a cell failed, so the time would mean nothing.
    """
    plan = replace(make_plan(order)[0], witness=witness)
    execution = execute(plan, order, warm, lambda exercise, cell: None)
    for number, ending in execution.endings.items():
        if ending.state != "completed":
            raise SystemExit(f"{order.folder.name}, exercise {number} did not complete: {ending}")
    return execution
