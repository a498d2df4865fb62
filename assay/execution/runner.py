"""Decides how a notebook's sections run in forked processes: each exercise in a child, its parent being the snapshot.

    root (set-up) ── fork ── exercise 1 ── fork ── exercise 2 ── ...
          └ waits               └ waits               └ runs

When an exercise's process dies, its parent still has the state from before it and forks the next exercise from there.
"""

from __future__ import annotations

import gc
import mmap
import os
import random
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import Any, Protocol

from assay.execution import events
from assay.execution.forking import fork_as_is, is_forkable
from assay.execution.gpu import limit_allocator
from assay.execution.plan import Plan, Section
from assay.execution.replays import Replays
from assay.execution.shell import Shell, quiet_descriptors, run_cell
from assay.execution.streams import DescriptorCapture
from assay.execution.surroundings.datasets import keep_tables_in
from assay.execution.surroundings.modes import leave_modes
from assay.execution.surroundings.pip import write_pip
from assay.sandbox.ground import Ground
from assay.sandbox.limits import Limits, adopt_orphans, close_inherited, die_with_parent, lower_limits
from assay.sandbox.territory import OWN
from assay.sandbox.walls import enter
from assay.witness import Witness

SEED = 20260  # the same for every submission, so that an unseeded notebook gives the same run twice
_BEGUN, _FINISHED = 0, 1  # places in the memory that the processes of one notebook share


class Before(Protocol):
    """What has happened in this process already: cells that are the course's own, and how their copy becomes a run."""

    address_space: int
    stays: bool  # in the folder in which the cells ran, with what they have open

    @property
    def files(self) -> Collection[int]:
        """Descriptors that a copy keeps, each with a place of its own in the file."""

    def move_to(self, folder: Path) -> None:
        """Be at home in `folder` from now on."""

    def land(self, evidence: Path, nonce: str) -> Witness | None:
        """The witness, which writes into the run's evidence from now on."""

    def counts(self, sections: Sequence[Section]) -> list[int]:
        """How many cells of each section have run already, from its first on."""

    def tell(self, section: Section, place: int, send: Callable[..., None]) -> None:
        """Write and send what is known of the cell at `place` of a section, as its run did."""


class Runner:
    """Runs one plan in this process and its children; what happens is told through `channel`.

    Where cells were run `before`, they are told and not run again.
    """

    def __init__(self, plan: Plan, shell: Shell, channel: int, before: Before | None = None) -> None:
        self._plan, self._shell, self._channel, self._before = plan, shell, channel, before
        self._done = [0] * len(plan.sections) if before is None else before.counts(plan.sections)
        self._progress = mmap.mmap(-1, 2)
        self._root = 0
        self._capture: DescriptorCapture
        self._witness: Witness | None = None
        self._replays = Replays(Path(plan.folder), shell, channel)

    def run(self) -> None:
        """Prepare this process, then run everything; returns when the last section has ended."""
        self._prepare()
        self._root = os.getpid()
        if self._plan.sections:
            self._run_section(0)
            self._run_from(1)
        self._finish()

    def _finish(self) -> None:
        """Say so once, and at once: the processes that wait behind this one take 15 ms each to end one after the other,
        and as long all together when they are killed."""
        if not self._progress[_FINISHED]:
            self._progress[_FINISHED] = 1
            self._send(e="finished")

    def _prepare(self) -> None:
        folder = Path(self._plan.folder)
        os.setsid()
        die_with_parent()
        adopt_orphans()
        stays = self._before is not None and self._before.stays
        if not stays:
            close_inherited({self._channel, *(() if self._before is None else self._before.files)})
        if self._before is None:
            enter_folder(folder)
        else:
            self._before.move_to(folder)
        self._capture = quiet_descriptors()  # before the walls: behind them nobody makes files in memory
        ground = Ground(self._plan.folder, self._plan.territory)
        drawn = random.getstate()
        if stays:  # one's own notebook, in the folder in which it began
            private = False
            lower_limits(self._limits())
        else:
            private = enter(self._plan.tier, ground, self._limits())
            random.setstate(drawn)  # a fork on the way into the walls would have seeded it anew
            os.chdir(folder / "work")  # once more: the same folder, behind the walls
        if self._plan.gpu_fraction is not None and self._plan.gpu_fraction < 1:
            limit_allocator(self._plan.gpu_fraction)
        if self._before is not None:
            self._witness = self._before.land(folder / "evidence", self._plan.nonce)
        elif self._plan.witness:
            names, values = set(self._plan.names), set(self._plan.values)
            self._witness = Witness.start(folder / "evidence", names, values, self._plan.nonce)
        self._replays.attach(self._witness, self._capture)
        self._send(e="ready", private_tmp=private)

    def _limits(self) -> Limits:
        """CUDA maps far more addresses than it uses memory, so there only the supervisor's look limits the memory."""
        memory = self._plan.memory_bytes if self._plan.gpu_fraction is None else None
        return Limits(memory, self._plan.cpu_s, None if self._before is None else self._before.address_space)

    def _run_from(self, position: int) -> None:
        while position < len(self._plan.sections):
            # Nothing comes after the last section, so it needs no snapshot; its death is seen by the process above.
            is_last = position == len(self._plan.sections) - 1
            is_told = self._done[position] == len(self._plan.sections[position].cells) > 0
            if is_told or not is_forkable() or (is_last and os.getpid() != self._root):
                self._run_section(position)
                position += 1
                continue
            child = fork_as_is()
            if child == 0:
                die_with_parent()
                self._run_section(position)
                self._run_from(position + 1)
                self._finish()
                os._exit(0)
            status = _bury_until(child)
            if self._progress[_FINISHED]:
                return
            begun = max(self._progress[_BEGUN], position)
            self._send(e="died", section=begun, status=os.waitstatus_to_exitcode(status))
            position = begun + 1

    def _run_section(self, position: int) -> None:
        section = self._plan.sections[position]
        self._progress[_BEGUN] = position
        self._send(e="section", section=position, pid=os.getpid())
        stem = self._replays.plant(section)
        for place, (index, source) in enumerate(section.cells):
            if self._before is not None and place < self._done[position]:
                self._before.tell(section, place, self._send)
            else:
                self._run_cell(section, index, source)
        self._send(e="section_end", section=position)
        self._replays.run(section, stem)

    def _run_cell(self, section: Section, index: int, source: str) -> None:
        if self._witness is not None:
            self._witness.begin_cell(section.exercise, index)
        self._send(e="cell", cell=index)
        looked = self._looked()
        result = run_cell(self._shell, source, lambda output: self._output(index, output), self._capture)
        inside, began = self._looked(), time.perf_counter()
        if self._witness is not None:
            self._witness.end_cell(self._shell.user_ns)
        self._send(
            e="cell_end", cell=index, ok=result.ok, error=result.error, count=result.count, seconds=result.seconds,
            witness_seconds=time.perf_counter() - began, witness_inside=inside - looked, facts=self._announced(),
        )  # fmt: skip

    def _announced(self) -> dict[str, Any]:
        return {} if self._witness is None else self._witness.recorder.announced()

    def _looked(self) -> float:
        return 0.0 if self._witness is None else self._witness.recorder.looked

    def _output(self, cell: int, output: dict[str, Any]) -> None:
        self._send(e="output", cell=cell, output=output)

    def _send(self, **record: Any) -> None:
        events.send(self._channel, record)


def _bury_until(child: int) -> int:
    """The status with which `child` ended. Orphans of the submission come to its first process, and are buried too."""
    while True:
        pid, status = os.wait()
        if pid == child:
            return status


def enter_folder(folder: Path, own: list[Path] | None = None) -> None:
    """Make `folder` the process's home, temporary folder and working folder, and start every generator anew.

    Args:
        own: of a process that will move on, the list of its own folder, which it changes then.
    """
    import numpy
    import torch

    os.environ["PATH"] = f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}"
    settle_in(folder)
    os.environ["USER"] = os.environ["LOGNAME"] = "student"  # the number that this runs as has no name
    leave_modes([folder] if own is None else own)
    if "" not in sys.path:
        sys.path.insert(0, "")  # a notebook may import modules that it wrote beside itself
    random.seed(SEED)
    numpy.random.seed(SEED)
    torch.manual_seed(SEED)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    gc.enable()


def settle_in(folder: Path) -> None:
    """Make `folder` the process's home, temporary folder and working folder."""
    for name in OWN:
        (folder / name).mkdir(parents=True, exist_ok=True)
    write_pip(folder / "bin")
    os.environ["HOME"] = str(folder / "home")
    os.environ["TMPDIR"] = tempfile.tempdir = str(folder / "tmp")
    keep_tables_in(folder / "tmp")
    os.chdir(folder / "work")
