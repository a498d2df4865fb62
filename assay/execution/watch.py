"""Decides when a notebook has used more than it may: time of a cell, an exercise and in all, outputs, memory, files."""

from __future__ import annotations

import time

from assay.execution.allowance import Allowance, Meter
from assay.execution.reasons import amount, duration
from assay.execution.record import Ending


class Watch:
    """The clocks of one notebook, and what its processes use; `received` is bytes of records of the exercise."""

    def __init__(self, allowance: Allowance, meter: Meter) -> None:
        self._allowance, self._meter = allowance, meter
        self._suspected = False
        self._section_began = self._cell_began = time.monotonic()
        self.started: float | None = None
        self.received = 0

    @property
    def peak_memory(self) -> int:
        """Bytes that the whole tree used at the most."""
        return self._meter.peak_memory

    @property
    def peak_gpu_memory(self) -> int | None:
        """Bytes of the GPU that it used at the most, where it has one."""
        return self._meter.peak_gpu_memory

    def since_start(self) -> float:
        """Seconds since the first section began."""
        return time.monotonic() - (self.started or 0.0)

    def begin_section(self) -> None:
        """Every section has its own time and its own room for outputs and files."""
        self.restart_section()
        self._cell_began = self._section_began
        self.started = self.started or self._section_began
        self.received, self._suspected = 0, False
        self._meter.start_anew()

    def restart_section(self) -> None:
        """A replay has ended: its time is not the exercise's."""
        self._section_began = time.monotonic()

    def begin_cell(self) -> None:
        """A cell has its own time."""
        self._cell_began = time.monotonic()

    def over(self, now: float, cell: int | None) -> Ending | None:
        """The end of all, when the notebook has had its time."""
        limit = self._allowance.submission_s
        if now - (self.started or now) <= limit:
            return None
        return Ending("timeout", f"the notebook was still running after {duration(limit)}", cell)

    def exceeded(self, now: float, cell: int | None, replaying: bool) -> Ending | None:
        """Which limit of the exercise, or of the `cell` that runs, has been passed."""
        allowed = self._allowance
        if not replaying and now - self._section_began > allowed.exercise_s:
            return Ending("timeout", f"the exercise was still running after {duration(allowed.exercise_s)}", cell)
        if cell is not None and now - self._cell_began > allowed.cell_s:
            return Ending("timeout", f"cell {cell} was still running after {duration(allowed.cell_s)}", cell)
        if self.received > allowed.output_bytes:
            return Ending("resource", f"the outputs grew beyond {amount(allowed.output_bytes)}", cell)
        return self._used_too_much(cell)

    def _used_too_much(self, cell: int | None) -> Ending | None:
        """What two looks at one section saw: what the first saw may be the next section's, whose beginning has been
        told and not been read yet."""
        excess = self._meter.excess()
        suspected, self._suspected = self._suspected, excess is not None
        return Ending("resource", excess, cell) if excess is not None and suspected else None
