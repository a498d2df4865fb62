"""Decides how much a child that answers may use, and sees from outside when it uses more.

Not by the kernel's limits: memory that the kernel refuses is an exception somewhere in the child, which one of many
handlers would take for something else.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import psutil

LOOK_S = 0.1  # between two looks; at a gigabyte or two a second, that is how late memory may be noticed


@dataclass(frozen=True)
class Room:
    """Bytes of memory beyond what the child has when it is forked, and seconds of processor time."""

    memory_bytes: int
    cpu_s: float

    def on_this_machine(self) -> Room:
        """With at most half of this machine's memory: with all of it, the kernel would choose what to end."""
        return replace(self, memory_bytes=min(self.memory_bytes, psutil.virtual_memory().total // 2))


class Watch:
    """Looks at one child, from its beginning."""

    def __init__(self, pid: int, room: Room) -> None:
        self._pid, self._room = pid, room
        self._born_with = _used(pid)[0]

    def excess(self) -> str | None:
        """What the child has used too much of, in words; None while it keeps within its room."""
        memory, cpu = _used(self._pid)
        if memory - self._born_with > self._room.memory_bytes:
            return f"more than {self._room.memory_bytes / 1e9:.3g} GB of memory"
        if cpu > self._room.cpu_s:
            return f"more than {self._room.cpu_s:.3g} s of processor time"
        return None


def _used(pid: int) -> tuple[int, float]:
    try:
        process = psutil.Process(pid)
        times = process.cpu_times()
        return process.memory_info().rss, times.user + times.system
    except psutil.Error:  # it has just ended; what it answered is read next
        return 0, 0.0
