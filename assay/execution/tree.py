"""Decides what belongs to a student's process tree, how much memory it uses, and how it is killed."""

from __future__ import annotations

import contextlib

import psutil


def descendants(root: int) -> list[psutil.Process]:
    """Every living process below `root`, and `root` itself, parents first."""
    try:
        process = psutil.Process(root)
        return [process, *process.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


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
        for process in tree:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(tree, timeout=0.05)


def _is_alive(process: psutil.Process) -> bool:
    try:
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:  # gone between being listed and being asked
        return False


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
