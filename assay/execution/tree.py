"""Decides what belongs to a student's process tree, how much memory it uses, and how it is killed."""

from __future__ import annotations

import contextlib
import os
import select
import time
from pathlib import Path

import psutil

MOMENT_S = 0.05  # then the tree is looked at again: it may have forked while it was being killed


def descendants(root: int) -> list[psutil.Process]:
    """Every living process below `root`, and `root` itself, parents first."""
    found: list[psutil.Process] = []
    waiting = [root]
    while waiting:
        pid = waiting.pop()
        try:
            process = psutil.Process(pid)
            waiting += _children(process)
        except psutil.NoSuchProcess:
            continue
        found.append(process)
    return found


def _children(process: psutil.Process) -> list[int]:
    """From the kernel's own list where it has one: psutil looks at every process of the machine, ten times a second."""
    try:
        lists = [thread / "children" for thread in Path(f"/proc/{process.pid}/task").iterdir()]
        return [int(child) for listed in lists for child in listed.read_text().split()]
    except OSError:
        return [child.pid for child in process.children()]


def kill_below(root: int, leaf: int) -> bool:
    """Kill `leaf` and everything below it, if it belongs to the tree of `root`; False when it does not."""
    tree = descendants(root)
    if leaf not in {process.pid for process in tree}:
        return False
    for process in reversed(descendants(leaf)):
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    return True


def kill_all(root: int) -> None:
    """Kill the tree of `root` until nothing of it is left."""
    while tree := [process for process in descendants(root) if _is_alive(process)]:
        endings = [ending for process in tree if (ending := _ending_of(process)) is not None]
        for process in tree:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        _wait(endings, tree)


def _is_alive(process: psutil.Process) -> bool:
    try:
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:  # gone between being listed and being asked
        return False


def _ending_of(process: psutil.Process) -> int | None:
    """A descriptor that becomes readable when the process ends (Linux), whether or not its parent has buried it."""
    try:
        return os.pidfd_open(process.pid)
    except (AttributeError, OSError):
        return None


def _wait(endings: list[int], tree: list[psutil.Process]) -> None:
    """Until all have ended, or a moment."""
    until = time.monotonic() + MOMENT_S
    try:
        for ending in endings:
            select.select([ending], [], [], max(0.0, until - time.monotonic()))
    finally:
        for ending in endings:
            os.close(ending)
    if len(endings) < len(tree):
        psutil.wait_procs(tree, timeout=MOMENT_S)


def memory_of(root: int, enough: int) -> int:
    """Bytes the tree of `root` uses. Shared pages are counted once per sharer (cheap) unless that exceeds `enough`,
    then each page is divided among its sharers (PSS, some milliseconds a process)."""
    tree = descendants(root)
    resident = sum(_resident(process) for process in tree)
    return resident if resident <= enough else sum(_proportional(process) for process in tree)


def _resident(process: psutil.Process) -> int:
    with contextlib.suppress(psutil.Error):
        return int(process.memory_info().rss)
    return 0


def _proportional(process: psutil.Process) -> int:
    """PSS from smaps_rollup; where the system has none, the resident size."""
    try:
        with open(f"/proc/{process.pid}/smaps_rollup") as file:
            return next(int(line.split()[1]) * 1024 for line in file if line.startswith("Pss:"))
    except (OSError, StopIteration):
        return _resident(process)
