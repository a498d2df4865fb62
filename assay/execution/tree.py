"""Decides what belongs to a student's process tree, how much it uses, and how it is killed so that nothing is left."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

BURIED_S = 10.0  # the warm parent buries a dead child within a tenth of a second, unless orphans keep it busy
MOMENT_S = 0.002  # between two looks at a tree that is dying; a process takes that long to die
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
    _kill_until_empty(root, kept=set(above))
    _signal(above[0], signal.SIGCONT)
    return True


def kill_all(root: int) -> bool:
    """Kill the tree of `root`, and wait until its parent has buried it, who kills orphans before; False when that does
    not happen, so that something may still be alive."""
    # While the root only stands still, it is who the orphans of the others go to, so none gets away.
    _signal(root, signal.SIGSTOP)
    _kill_until_empty(root, kept={root})
    _signal(root, signal.SIGKILL)
    until = time.monotonic() + BURIED_S
    while psutil.pid_exists(root):
        if time.monotonic() > until:
            return False
        time.sleep(MOMENT_S)
    return True


def _kill_until_empty(root: int, kept: set[int]) -> None:
    until, quiet = time.monotonic() + ENOUGH_S, 0
    while quiet < 2 and time.monotonic() < until:  # the kernel's list may skip a process while another one is dying
        met = _sweep(root, kept)
        quiet = 0 if met else quiet + 1
        if 0 < met < 10:  # a few die at once; a fork bomb must not be given the time
            time.sleep(MOMENT_S)


def _sweep(root: int, kept: set[int]) -> int:
    """Kill each process of the tree as soon as it is met, before its children are looked for: what is dead forks no
    more. Returns how many were alive."""
    met, waiting = 0, [root]
    while waiting:
        pid = waiting.pop()
        if pid not in kept and not _is_dead(pid):
            _signal(pid, signal.SIGKILL)
            met += 1
        waiting += _children(pid) or []
    return met


def _is_dead(pid: int) -> bool:
    """Gone, or not buried yet; asked of the kernel itself, because psutil takes ten times as long."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            return file.read().rpartition(b")")[2].split()[0] in (b"Z", b"X")
    except OSError:
        return not _is_alive(pid)


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
