"""Builds small notebooks in code and runs them through the forked engine, for the tests of execution."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from assay.execution.engine import Order, Run, run_forked
from assay.execution.parent import WarmParent
from assay.execution.supervise import Allowance
from assay.replay.draw import Spec
from assay.sandbox.tiers import LIMITS

GENEROUS = Allowance(cell_s=60, exercise_s=90, submission_s=120, memory_bytes=3 * 2**30, output_bytes=32 * 2**20)


@dataclass(frozen=True)
class CodeCell:
    """A code cell as intake gives it."""

    index: int
    source: str
    kind: str = "code"


def run_sections(
    warm: WarmParent,
    kit: Path,
    folder: Path,
    sections: Sequence[Sequence[str]],
    allowance: Allowance = GENEROUS,
    replays: Mapping[int, tuple[Spec, ...]] | None = None,
    values: tuple[str, ...] = (),
    tier: str = LIMITS,
    hidden: tuple[Path, ...] = (),
) -> Run:
    """Run cells given as sources by section, the first section being the set-up; cell indices count through."""
    numbered: dict[int, tuple[CodeCell, ...]] = {}
    index = 0
    for number, sources in enumerate(sections):
        numbered[number] = tuple(CodeCell(index + n, source) for n, source in enumerate(sources))
        index += len(sources)
    cells = tuple(cell for section in numbered.values() for cell in section)
    order = Order(
        folder, numbered, cells, (), allowance, kit, replays or {}, b"a key of the tests", values, tier, hidden
    )
    return run_forked(order, warm, lambda exercise, cell: None)


def text_of(run: Run, cell: int) -> str:
    """What a cell printed on standard output."""
    outputs = run.execution.outputs.get(cell, [])
    return "".join(o["text"] for o in outputs if o["output_type"] == "stream" and o["name"] == "stdout")


def states(run: Run) -> dict[int, str]:
    """The state of each section."""
    return {number: ending.state for number, ending in run.execution.endings.items()}
