"""Decides how many cores, and how much memory, this machine leaves us: its own, or those of the container around us."""

from __future__ import annotations

import os
from pathlib import Path

import psutil

CGROUP = Path("/sys/fs/cgroup")  # version 2; in a container, its own


def cores(cgroup: Path = CGROUP) -> int:
    """Whole cores that this process may use; at least 1."""
    try:
        own = len(os.sched_getaffinity(0))
    except AttributeError:  # macOS
        own = os.cpu_count() or 1
    return max(1, min(own, _quota(cgroup) or own))


def available_memory(cgroup: Path = CGROUP) -> int:
    """Bytes that can be used now without swapping."""
    own = int(psutil.virtual_memory().available)
    limit, used = _number(cgroup / "memory.max"), _number(cgroup / "memory.current")
    return own if limit is None or used is None else max(0, min(own, limit - used))


def _quota(cgroup: Path) -> int | None:
    """Cores by the processor time that the container gets; None where nothing limits it."""
    try:
        quota, period = (cgroup / "cpu.max").read_text().split()
        return max(1, int(quota) // int(period))
    except (OSError, ValueError):  # no such cgroup, or "max"
        return None


def _number(path: Path) -> int | None:
    try:
        return int(path.read_text())
    except (OSError, ValueError):
        return None
