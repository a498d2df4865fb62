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
    """Seconds per submission: the cells alone, with a listening witness, what it does at the cells' ends, and what of
    the watched cells it took for itself."""

    alone: float
    watched: float
    ends: float
    inside: float

    @property
    def share(self) -> float:
        """What the witness adds to the cells' own time, in per cent, as the difference of the two ways."""
        return 100 * (self.watched + self.ends - self.alone) / self.alone

    @property
    def share_by_itself(self) -> float:
        """The same as the witness measured itself, against the rest of the same cells."""
        return 100 * (self.inside + self.ends) / (self.watched - self.inside)


def time_cells(
    names: list[str], folder: Path, order: Callable[[str, Path], Order], warm: WarmParent
) -> CellTimes:  # fmt: skip
    """Run every submission twice; which way comes first changes by turns, for the machine may grow slower meanwhile."""
    alone, watched, ends, inside = 0.0, 0.0, 0.0, 0.0
    for number, name in enumerate(names):
        for witness in (False, True) if number % 2 else (True, False):
            execution = run_once(order(name, folder / f"{name}-{'watched' if witness else 'alone'}"), warm, witness)
            seconds = sum(execution.cell_seconds.values())
            if witness:
                watched, ends = watched + seconds, ends + execution.witness_seconds
                inside += execution.witness_inside
            else:
                alone += seconds
    return CellTimes(*(seconds / len(names) for seconds in (alone, watched, ends, inside)))


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
