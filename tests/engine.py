"""Builds small notebooks in code and runs them through the forked engine, for the tests of execution."""

from __future__ import annotations

import itertools
import os
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from assay.execution.allowance import Allowance
from assay.execution.engine import Order, Run, run_forked
from assay.execution.parent import WarmParent
from assay.execution.tree import is_buried
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
    course: Sequence[Sequence[str]] = (),
) -> Run:
    """Run cells given as sources by section, the first section being the set-up; cell indices count through. `course`
    is the course's own notebook in the same form: what is common to both is shared."""
    let_others_through(folder)
    numbered: dict[int, tuple[CodeCell, ...]] = {}
    index = 0
    for number, sources in enumerate(sections):
        numbered[number] = tuple(CodeCell(index + n, source) for n, source in enumerate(sources))
        index += len(sources)
    cells = tuple(cell for section in numbered.values() for cell in section)
    order = Order(
        folder, numbered, cells, (), allowance, kit, replays or {}, b"a key of the tests", values, tier, hidden,
        common(sections, course),
    )  # fmt: skip
    made = run_forked(order, warm, lambda exercise, cell: None)
    assert is_buried(made.execution.root)
    return made


def common(own: Sequence[Sequence[str]], course: Sequence[Sequence[str]]) -> int:
    """How many cells two notebooks, given as sources by section, have in common."""
    one, other = ([(n, text) for n, texts in enumerate(them) for text in texts if text] for them in (own, course))
    return len(list(itertools.takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False))))


def let_others_through(folder: Path) -> None:
    """pytest's folders are for their owner alone, and where root tests, notebooks run as somebody else."""
    for above in folder.parents:
        if os.getuid() == 0 and above.is_relative_to(tempfile.gettempdir()) and above.stat().st_mode & 0o711 == 0o700:
            above.chmod(0o711)


def text_of(run: Run, cell: int) -> str:
    """What a cell printed on standard output."""
    outputs = run.execution.outputs.get(cell, [])
    return "".join(o["text"] for o in outputs if o["output_type"] == "stream" and o["name"] == "stdout")


def states(run: Run) -> dict[int, str]:
    """The state of each section."""
    return {number: ending.state for number, ending in run.execution.endings.items()}
