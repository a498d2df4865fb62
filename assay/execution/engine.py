"""Decides how a notebook becomes a Run: its plan, its execution by one of two engines, and the files left behind."""

from __future__ import annotations

import functools
import json
import os
import secrets
import shutil
import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

from assay.anew import make_accessible, write_anew
from assay.execution.allowance import Allowance
from assay.execution.line import Child, say
from assay.execution.overrides import Applied, Shorter, shorten
from assay.execution.parent import WarmParent
from assay.execution.plan import Plan, Section
from assay.execution.prefixes import Begun
from assay.execution.record import Execution
from assay.execution.shared import beginnings, torn_exercise
from assay.execution.supervise import Supervisor
from assay.failure import Fault
from assay.kit.layout import OFFERS
from assay.replay.dealer import Dealer, key_of_another_run
from assay.replay.draw import Spec
from assay.sandbox.territory import survey
from assay.sandbox.tiers import LIMITS
from assay.sandbox.user import give_back

# What is read of these afterwards must not depend on the modes that a notebook gave them.
WRITTEN_BY_NOTEBOOKS = ("evidence", "evidence/replays", "work", "home", "tmp", "bin")
Progress = Callable[[int, int], None]  # exercise number, cell index


class _Cell(Protocol):
    @property
    def index(self) -> int: ...
    @property
    def kind(self) -> str: ...
    @property
    def source(self) -> str: ...


@dataclass(frozen=True)
class Order:
    """One notebook to run: its cells by section (0 is the set-up), all its cells, and what it may use.

    `replays` are the rubric's, by exercise; `key` is what their inputs are drawn from; `tier` names the walls, and
    `hidden` what stays invisible inside of them even if it lies below something that Python needs. As many of its
    first code cells as `shared` says are the course's own, and run once for all.
    """

    folder: Path
    sections: Mapping[int, tuple[_Cell, ...]]
    cells: tuple[_Cell, ...]
    shorter: tuple[Shorter, ...]
    allowance: Allowance
    kit: Path
    replays: Mapping[int, tuple[Spec, ...]] = field(default_factory=dict)
    key: bytes = b""
    values: tuple[str, ...] = ()
    tier: str = LIMITS
    hidden: tuple[Path, ...] = ()
    shared: int = 0


@dataclass(frozen=True)
class Run:
    """What an execution left: `folder` holds executed.ipynb and evidence/."""

    folder: Path
    execution: Execution
    overrides: tuple[Applied, ...]


def run_forked(order: Order, warm: WarmParent, progress: Progress) -> Run:
    """Run in processes forked from the warm parent. In the end they are killed, and do nothing more; `is_buried` says
    when they are gone, for giving back their memory takes as long as the next notebook's first cells.

    A process that was killed, and not by us, may have been killed by somebody outside, or by the system because others
    took too much memory: then all is run once more, and asked other questions. What the notebook does itself, it does
    again.

    Raises:
        Fault: this machine could not start the notebook.
    """
    plan, overrides = _plan_for(order, warm)
    execution = execute(plan, order, warm, progress)
    if execution.must_be_repeated or execution.struck:
        shutil.rmtree(order.folder)
        why = execution.unshared or "a process died, and all was run once more from its beginning"
        again = replace(order, shared=0, key=key_of_another_run(order.key))
        plan, overrides = _plan_for(again, warm)
        execution = execute(plan, again, warm, progress)
        execution.unshared = why
    return finish(order, plan, execution, overrides)


def _plan_for(order: Order, warm: WarmParent) -> tuple[Plan, tuple[Applied, ...]]:
    plan, overrides = make_plan(order)
    return replace(plan, gpu_fraction=None if warm.gpu is None else warm.gpu.fraction), overrides


def execute(plan: Plan, order: Order, warm: WarmParent, progress: Progress) -> Execution:
    """What became of the cells of `plan`, which was made of `order`.

    Raises:
        Fault: this machine could not start the notebook.
    """
    path = order.folder / "plan.json"
    plan.write(path)
    begun, why = _begin_shared(plan, order, warm, path)
    child = _begin(warm, path) if begun is None else begun.child
    dealer = Dealer.of((s for specs in order.replays.values() for s in specs), order.key)
    execution = Supervisor(plan, order.allowance, child.pid, progress, dealer, warm.gpu).follow(child.descriptor)
    if plan.tier != LIMITS and os.getuid() == 0:
        give_back(str(order.folder))
    make_accessible(order.folder, *(order.folder / name for name in WRITTEN_BY_NOTEBOOKS))
    dealer.keep(order.folder / "replays")
    if not execution.finished and not warm.is_alive(child.generation):
        raise Fault("The warm parent process died, and the notebook with it.")
    if begun is not None:
        torn = torn_exercise(plan.sections, begun.cells)
        execution.must_be_repeated = torn in execution.died or (not execution.finished and begun.was_orphaned())
        execution.shared_cells = begun.cells
    execution.unshared = why
    if execution.fault and not execution.must_be_repeated:
        raise Fault(f"The notebook could not be run: {execution.fault}.")
    return execution


def _begin(warm: WarmParent, path: Path) -> Child:
    """The run of the plan at `path`, begun at its first cell."""
    child = warm.order({"do": "run"})
    try:
        say(child.descriptor, str(path))
    except OSError:
        raise Fault("The notebook's process ended before it had begun.") from None
    return child


def _begin_shared(plan: Plan, order: Order, warm: WarmParent, path: Path) -> tuple[Begun | None, str | None]:
    """The run, begun behind cells that were run for others too, and why not behind more of the course's own."""
    after = beginnings(plan.sections, order.shared)
    return warm.prefixes.begin(plan, path, after, order.allowance.submission_s) if after else (None, None)


def make_plan(order: Order) -> tuple[Plan, tuple[Applied, ...]]:
    """The plan of an order, with the constants shortened, and what was shortened."""
    order.folder.mkdir(parents=True, exist_ok=True)
    sections: list[Section] = []
    overrides: list[Applied] = []
    for number, cells in order.sections.items():
        sources = []
        for cell in _code(cells):
            source, applied = shorten(cell.source, cell.index, order.shorter)
            sources.append((cell.index, source))
            overrides += applied
        sections.append(Section(number, tuple(sources), tuple(dict(spec) for spec in order.replays.get(number, ()))))
    plan = Plan(
        folder=str(order.folder.resolve()),
        sections=tuple(sections),
        names=tuple(sorted({name for name, _, _ in order.shorter})),
        values=order.values,
        memory_bytes=order.allowance.memory_bytes,
        cpu_s=order.allowance.submission_s,
        tier=order.tier,
        nonce=secrets.token_hex(8),
        territory=survey(_needed(order.kit), tuple(path.resolve() for path in order.hidden)),
    )
    return plan, tuple(overrides)


def _code(cells: tuple[_Cell, ...]) -> list[_Cell]:
    """The cells that are run."""
    return [cell for cell in cells if cell.kind == "code" and cell.source.strip()]


@functools.cache
def _needed(kit: Path) -> tuple[Path, ...]:
    """What a student's process reads: Python and its packages, our own package, and what the kit offers."""
    package = Path(__file__).resolve().parent.parent
    libraries = [Path(place) for place in os.environ.get("LD_LIBRARY_PATH", "").split(":") if place]
    # a path file may lead to packages of another environment
    elsewhere = [Path(place) for place in sys.path if Path(place).name in ("site-packages", "dist-packages")]
    offers = [kit / name for name in OFFERS]
    places = [Path(sys.prefix), Path(sys.base_prefix), *elsewhere, *libraries, package, *offers]
    both = [place for path in places for place in (path.absolute(), path.resolve()) if path.exists()]
    return tuple(dict.fromkeys(both))


def finish(order: Order, plan: Plan, execution: Execution, overrides: tuple[Applied, ...]) -> Run:
    """Write the executed notebook, what each section printed, how replays ended, and what the judge must know of the
    witness; the evidence lies there already. Call it when no process of the notebook does anything any more."""
    cells = [{"index": c.index, "kind": c.kind, "source": c.source} for c in order.cells]
    _write_json(order.folder / "executed.ipynb", execution.notebook(cells))
    endings = [{"name": name, **asdict(ending)} for name, ending in execution.replays.items()]
    _write_json(order.folder / "replays.json", endings)
    # which steps the judge computes again is decided only now, when nobody can act on it any more
    witness = {"nonce": plan.nonce, "announced": execution.facts, "sample": secrets.token_hex(8)}
    _write_json(order.folder / "witness.json", witness)
    _write_json(order.folder / "answers.json", None)  # nothing was judged, whatever may have lain there
    printed = {number: execution.printed([c.index for c in section]) for number, section in order.sections.items()}
    _write_json(order.folder / "printed.json", printed)
    if order.shared:
        shared = {"cells": execution.shared_cells, "reason": execution.unshared}
        _write_json(order.folder / "shared.json", shared)
    return Run(order.folder, execution, overrides)


def _write_json(path: Path, content: Any) -> None:
    write_anew(path, json.dumps(content, indent=1, ensure_ascii=False))
