"""Decides how much a notebook may use, and whether its processes together have used more."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

from assay.execution.disk import FILES, DiskWatch
from assay.execution.gpu import GpuShare
from assay.execution.processes import descendants
from assay.execution.reasons import amount
from assay.execution.usage import added_by, usage_of
from assay.sandbox.territory import OWN

PROCESSES = 64  # a snapshot for each exercise, some worker processes; nobody's notebook needs half of that
CLOSER = 0.02  # of the time may go into looking how much memory is used: seeing it takes 50 ms, and much happens in 2 s
DISK_BYTES = 5 * 2**30  # of one exercise: a full-size checkpoint of the course's models, and the evidence


@dataclass(frozen=True)
class Allowance:
    """Wall seconds per cell, exercise and submission; bytes of memory of the whole tree, of outputs per exercise;
    processes at once, and bytes written per exercise, of the whole tree."""

    cell_s: float
    exercise_s: float
    submission_s: float
    memory_bytes: int
    output_bytes: int
    processes: int = PROCESSES
    disk_bytes: int = DISK_BYTES


class Meter:
    """Looks at the tree of processes below `root`, at what they write below `folder`, and at the GPU that they have
    for themselves."""

    def __init__(self, allowance: Allowance, root: int, folder: Path, gpu: GpuShare | None = None) -> None:
        self._allowance, self._root, self._gpu = allowance, root, gpu
        self._disk = DiskWatch(folder / name for name in OWN)
        self._closer_again = 0.0
        self.peak_memory = 0
        self.peak_gpu_memory: int | None = None

    def start_anew(self) -> None:
        """The next exercise has its own room for files."""
        self._disk.start_anew()

    def excess(self) -> str | None:
        """Of what the whole tree uses now, the first thing that is more than is allowed."""
        allowed = self._allowance
        # The disk first: what was written while another look went on would be seen as there before the next exercise.
        self._disk.look(descendants(self._root))
        usage = usage_of(self._root, allowed.memory_bytes)
        self._look_closer()
        if usage.memory > allowed.memory_bytes:
            return f"the memory in use grew beyond {amount(allowed.memory_bytes)}"
        if (excess := self._excess_on_gpu()) is not None:
            return excess
        if usage.processes > allowed.processes:
            return f"more than {allowed.processes} processes ran at once"
        if self._disk.used > allowed.disk_bytes:
            return f"the files written grew beyond {amount(allowed.disk_bytes)}"
        if self._disk.files > FILES:
            return f"more than {FILES:,} files were written"
        return "a folder was made that cannot be looked into" if self._disk.closed else None

    def _excess_on_gpu(self) -> str | None:
        if self._gpu is None:
            return None
        used = self._gpu.used()
        self.peak_gpu_memory = max(used, self.peak_gpu_memory or 0)
        limit = self._gpu.limit
        return f"the GPU memory in use grew beyond {limit / 1e9:.3g} GB" if used > limit else None

    def _look_closer(self) -> None:
        """The peak of what these processes add to what is there without them, as often as that is cheap."""
        if time.monotonic() >= self._closer_again:
            began = time.thread_time()  # not by the clock: on a busy machine nothing would be seen for many seconds
            self.peak_memory = max(self.peak_memory, added_by(self._root))
            self._closer_again = time.monotonic() + (time.thread_time() - began) / CLOSER
