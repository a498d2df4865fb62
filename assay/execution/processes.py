"""Decides how the kernel is asked about processes: which belong together, and which of them still do anything.

Of a process whose first thread has ended while another one goes on, the kernel says that it is a zombie without memory;
its other threads tell the truth.
"""

from __future__ import annotations

import contextlib
import os
from enum import Enum
from pathlib import Path

import psutil

_EXITING = 0x4  # PF_EXITING in the flags of /proc/PID/stat (Linux, include/linux/sched.h)
_STATE, _FLAGS, _THREADS = 0, 6, 17  # places behind the name in /proc/PID/stat (proc_pid_stat(5))


def descendants(root: int) -> list[int]:
    """Every process below `root`, and `root` itself, parents first."""
    found: list[int] = []
    waiting = [root]
    while waiting:
        pid = waiting.pop()
        below = children_of(pid)
        if below is not None:
            found.append(pid)
            waiting += below
    return found


def children_of(pid: int) -> list[int] | None:
    """From the kernel's own list where it has one: psutil looks at every process of the machine, ten times a second.
    None when there is no such process."""
    try:
        found = b""
        for thread in os.listdir(f"/proc/{pid}/task"):  # noqa: PTH208
            with open(f"/proc/{pid}/task/{thread}/children", "rb") as file:
                found += file.read()
        return [int(child) for child in found.split()]
    except OSError:
        return _children_elsewhere(pid)


def _children_elsewhere(pid: int) -> list[int] | None:
    if Path("/proc/self/task").exists() and not Path(f"/proc/{pid}").exists():
        return None
    try:
        return [child.pid for child in psutil.Process(pid).children()]
    except psutil.NoSuchProcess:
        return None


def outer(root: int, inner: int) -> int:
    """The process of the tree that calls itself `inner`: in a namespace of its own it has another number there.

    0 when the tree has no such process.
    """
    return next((pid for pid in descendants(root) if _inner(pid) == inner), 0)


def _inner(pid: int) -> int:
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return pid if psutil.pid_exists(pid) else 0
    return next((int(line.split()[-1]) for line in status.splitlines() if line.startswith("NSpid:")), pid)


class State(Enum):
    """DYING: it does nothing more, but the kernel has not taken back its memory, which takes 15 ms. DEAD: gone, or not
    buried yet."""

    ALIVE, DYING, DEAD = range(3)


def state_of(pid: int) -> State:
    """Asked of the kernel itself, because psutil takes ten times as long."""
    told = _told(f"/proc/{pid}/stat")
    if not told:
        return _state_elsewhere(pid)
    if told[_STATE] in (b"Z", b"X"):
        return State.DEAD if int(told[_THREADS]) < 2 else State.ALIVE
    return State.DYING if int(told[_FLAGS]) & _EXITING else State.ALIVE


def living(pid: int) -> str:
    """The folder in which the kernel tells of a process, or of a thread of it that has not ended."""
    if (told := _told(f"/proc/{pid}/stat")) and told[_STATE] == b"Z":
        with contextlib.suppress(OSError):
            for thread in os.listdir(f"/proc/{pid}/task"):  # noqa: PTH208
                place = f"/proc/{pid}/task/{thread}"
                if (told := _told(f"{place}/stat")) and told[_STATE] != b"Z":
                    return place
    return f"/proc/{pid}"


def _told(path: str) -> list[bytes]:
    """What stands behind the name, which may hold anything; nothing where there is no such process."""
    try:
        with open(path, "rb") as file:
            return file.read().rpartition(b")")[2].split()
    except OSError:
        return []


def _state_elsewhere(pid: int) -> State:
    try:
        is_dead = psutil.Process(pid).status() in (psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD)
    except psutil.NoSuchProcess:  # gone between being listed and being asked
        return State.DEAD
    return State.DEAD if is_dead else State.ALIVE
