"""Decides what belongs to a student's process tree, how much it uses, and how it is killed so that nothing is left."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

import psutil

BURIED_S = 10.0  # the warm parent buries a dead child within a tenth of a second, unless orphans keep it busy
MOMENT_S = 0.002  # between two looks at a tree that is dying; a process takes that long to die
_EXITING = 0x4  # PF_EXITING in the flags of /proc/PID/stat (Linux, include/linux/sched.h)
ENOUGH_S = 20.0  # a tree that still grows after this long cannot be killed by us; its end comes with its root's


@dataclass(frozen=True)
class Usage:
    """Living processes of a tree, and bytes of memory."""

    processes: int
    memory: int


def descendants(root: int) -> list[int]:
    """Every process below `root`, and `root` itself, parents first."""
    found: list[int] = []
    waiting = [root]
    while waiting:
        pid = waiting.pop()
        below = _children(pid)
        if below is not None:
            found.append(pid)
            waiting += below
    return found


def _children(pid: int) -> list[int] | None:
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


def kill_below(root: int, leaf: int) -> bool:
    """Kill `leaf` and everything below it, if it belongs to the tree of `root`; False when it does not."""
    if leaf not in descendants(root):
        return False
    for pid in reversed(descendants(leaf)):
        _signal(pid, signal.SIGKILL)
    return True


def kill_beside(root: int, leaf: int) -> bool:
    """Kill `leaf` and everything else of the tree but the processes that `leaf` comes from: what it started and left
    to others must not live on in the next exercise. False when `leaf` does not belong to the tree of `root`."""
    above = _ancestors(root, leaf)
    if not above:
        return False
    # The parent, which forks the next exercise as soon as this one is dead, stands still: that one must not die too.
    _signal(above[0], signal.SIGSTOP)
    # until the memory is given back, too: the next exercise must not be told to use it
    _kill_until_empty(root, kept=set(above), ended={_State.DEAD})
    _signal(above[0], signal.SIGCONT)
    return True


def kill_all(root: int) -> None:
    """Kill the tree of `root`: no process of it does anything any more when this returns. Its parent buries it, who
    kills orphans before; `is_buried` says when."""
    # While the root only stands still, it is who the orphans of the others go to, so none gets away.
    _signal(root, signal.SIGSTOP)
    _kill_until_empty(root, kept={root}, ended={_State.DYING, _State.DEAD})
    _signal(root, signal.SIGKILL)


def root_of(pid: int) -> psutil.Process | None:
    """The first process of a tree, not to be taken for a later one of the same number; None when it is gone already."""
    with contextlib.suppress(psutil.NoSuchProcess):
        return psutil.Process(pid)
    return None


def is_buried(root: psutil.Process | None) -> bool:
    """Whether nothing of the tree of `root`, which was killed, is alive; waits for that some seconds at most."""
    until = time.monotonic() + BURIED_S
    while root is not None and root.is_running():  # a zombie counts
        if time.monotonic() > until:
            return False
        time.sleep(MOMENT_S)
    return True


def _kill_until_empty(root: int, kept: set[int], ended: set[_State]) -> None:
    until, quiet = time.monotonic() + ENOUGH_S, 0
    while quiet < 2 and time.monotonic() < until:  # the kernel's list may skip a process while another one is dying
        met = _sweep(root, kept, ended)
        quiet = 0 if met else quiet + 1
        if 0 < met < 10:  # a few die at once; a fork bomb must not be given the time
            time.sleep(MOMENT_S)


def _sweep(root: int, kept: set[int], ended: set[_State]) -> int:
    """Kill each process of the tree as soon as it is met, before its children are looked for: what is dead forks no
    more. Returns how many had not `ended` yet."""
    met, waiting = 0, [root]
    while waiting:
        pid = waiting.pop()
        if pid not in kept:
            state = _state_of(pid)
            met += state not in ended
            if state is not _State.DEAD:  # also one that is dying: other threads of it may not be yet
                _signal(pid, signal.SIGKILL)
        waiting += _children(pid) or []
    return met


class _State(Enum):
    ALIVE, DYING, DEAD = range(3)


def _state_of(pid: int) -> _State:
    """DYING from when the kernel lets it do nothing more until its memory is given back, which takes 15 ms; DEAD when
    it is gone, or not buried yet. Asked of the kernel itself, because psutil takes ten times as long."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            told = file.read().rpartition(b")")[2].split()
    except OSError:
        return _State.ALIVE if _is_alive(pid) else _State.DEAD
    if told[0] in (b"Z", b"X"):
        return _State.DEAD
    return _State.DYING if int(told[6]) & _EXITING else _State.ALIVE


def _ancestors(root: int, leaf: int) -> list[int]:
    """The processes from the parent of `leaf` up to `root`; none when `leaf` is not below `root`."""
    above: list[int] = []
    pid = leaf
    while pid != root:
        try:
            pid = psutil.Process(pid).ppid()
        except (psutil.NoSuchProcess, ValueError):
            return []
        if pid <= 1:
            return []
        above.append(pid)
    return above


def _signal(pid: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(pid, number)


def _is_alive(pid: int) -> bool:
    try:
        return bool(psutil.Process(pid).status() not in (psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD))
    except psutil.NoSuchProcess:  # gone between being listed and being asked
        return False


def usage_of(root: int, enough: int) -> Usage:
    """What the tree of `root` uses. Shared pages are counted once per sharer (cheap) unless that exceeds `enough`
    bytes, then each page is divided among its sharers (PSS, some milliseconds a process)."""
    tree = descendants(root)
    memory = sum(_resident(pid) for pid in tree)
    return Usage(sum(map(_is_alive, tree)), memory if memory <= enough else sum(_proportional(pid) for pid in tree))


def added_by(root: int) -> int:
    """Bytes that the tree of `root` holds beside what it shares with the process that `root` was forked from; 0 where
    the system does not tell.

    What has been copied on writing is private. What the tree's processes share among each other, such as weights that
    were loaded before the first exercise, is seen in their PSS, of which each process has as much of the parent's pages
    as the parent itself has. Both are too low, so the larger one is taken (10 ms a process).
    """
    parent, rolls = _rollup(_parent(root)), [roll for pid in descendants(root) if (roll := _rollup(pid))]
    if not parent or not rolls:
        return 0
    private = sum(_private(roll) for roll in rolls)
    return max(private, sum(roll["Pss"] for roll in rolls) - len(rolls) * (parent["Pss"] - _private(parent)))


def _private(roll: dict[str, int]) -> int:
    return roll["Private_Clean"] + roll["Private_Dirty"]


def _parent(pid: int) -> int:
    with contextlib.suppress(psutil.Error):
        return psutil.Process(pid).ppid()
    return 0


def _rollup(pid: int) -> dict[str, int]:
    """The sums of a process's mappings in bytes; {} where there are none to be had."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]
    except OSError:
        return {}
    return {name: int(words.split()[0]) * 1024 for name, _, words in (line.partition(":") for line in lines)}


def _resident(pid: int) -> int:
    with contextlib.suppress(psutil.Error):
        return int(psutil.Process(pid).memory_info().rss)
    return 0


def _proportional(pid: int) -> int:
    """PSS from smaps_rollup; where the system has none, the resident size."""
    return _rollup(pid).get("Pss") or _resident(pid)
