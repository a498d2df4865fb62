"""Decides who has which GPU: one submission at a time has it whole, and it must leave the memory as it was.

A GPU whose memory does not come back is used no more: what holds it is nobody's we know, and it would count against the
next submission.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from assay.failure import Fault
from assay.scheduling.devices import Devices, Gpu

SETTLES_S = 10.0  # a process that has died gives its GPU memory back when the driver has taken its context apart
LOOK_S = 0.1
TOLERANCE = 64 * 2**20  # bytes that the driver keeps or not, as it likes


@dataclass(frozen=True)
class Slot:
    """A GPU and the bytes that were in use on it before the first submission; `peak` may be asked for once it ran."""

    gpu: Gpu
    baseline: int
    devices: Devices

    def used(self) -> int:
        """Bytes in use beyond the baseline."""
        return max(0, self.devices.used(self.gpu) - self.baseline)


class Slots:
    """The GPUs of this machine; safe to ask from several threads."""

    def __init__(self, devices: Devices, gpus: Sequence[Gpu], say: Callable[[str], None]) -> None:
        """`say` is told when a GPU is given up."""
        self.all = [Slot(gpu, devices.used(gpu), devices) for gpu in gpus]
        self._free, self._usable, self._say = list(self.all), len(self.all), say
        self._changed = threading.Condition()

    @contextmanager
    def taken(self) -> Iterator[Slot]:
        """Wait for a GPU, and have it alone.

        Raises:
            Fault: none can be used any more.
        """
        slot = self._take()
        try:
            yield slot
        finally:
            self._give_back(slot)

    def _take(self) -> Slot:
        with self._changed:
            self._changed.wait_for(lambda: self._free or not self._usable)
            if not self._usable:
                raise Fault(
                    "no GPU is left whose memory came back after a submission: end what holds it (`nvidia-smi` shows "
                    "it) and run the same command again"
                )
            return self._free.pop(0)

    def _give_back(self, slot: Slot) -> None:
        left = self._left_behind(slot)
        with self._changed:
            if left <= TOLERANCE:
                self._free.append(slot)
            else:
                self._usable -= 1
                self._say(
                    f"{slot.gpu.name} ({slot.gpu.uuid}) is not used any more: {left / 2**30:.1f} GB of its memory did "
                    "not come back after a submission"
                )
            self._changed.notify_all()

    def _left_behind(self, slot: Slot) -> int:
        """Bytes that are still in use once they should have come back."""
        until = time.monotonic() + SETTLES_S
        while (used := slot.used()) > TOLERANCE and time.monotonic() < until:
            time.sleep(LOOK_S)
        return used
