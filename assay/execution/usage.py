"""Decides how much a student's process tree uses: how many processes, and how much memory."""

from __future__ import annotations

import contextlib
import resource
from dataclasses import dataclass
from pathlib import Path

import psutil

from assay.execution.processes import State, descendants, living, state_of

_PAGE = resource.getpagesize()


@dataclass(frozen=True)
class Usage:
    """Living processes of a tree, and bytes of memory."""

    processes: int
    memory: int


def usage_of(root: int, enough: int) -> Usage:
    """What the tree of `root` uses. Shared pages are counted once per sharer (cheap) unless that exceeds `enough`
    bytes, then each page is divided among its sharers (PSS, some milliseconds a process)."""
    tree = descendants(root)
    memory = sum(_resident(pid) for pid in tree)
    if memory > enough:
        memory = sum(_proportional(pid) for pid in tree)
    return Usage(sum(state_of(pid) is not State.DEAD for pid in tree), memory)


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
        lines = Path(living(pid), "smaps_rollup").read_text().splitlines()[1:]
    except OSError:
        return {}
    return {name: int(words.split()[0]) * 1024 for name, _, words in (line.partition(":") for line in lines)}


def _resident(pid: int) -> int:
    try:
        return int(Path(living(pid), "statm").read_text().split()[1]) * _PAGE
    except OSError:  # gone, or not Linux
        with contextlib.suppress(psutil.Error):
            return int(psutil.Process(pid).memory_info().rss)
    return 0


def _proportional(pid: int) -> int:
    """PSS from smaps_rollup; where the system has none, the resident size."""
    return _rollup(pid).get("Pss") or _resident(pid)
