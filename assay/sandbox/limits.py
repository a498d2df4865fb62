"""Decides which kernel limits a student's process lives under; the wall clock is kept outside, by the supervisor."""

from __future__ import annotations

import ctypes
import os
import resource
import signal
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
OPEN_FILES = 1024
WRITTEN_FILE_BYTES = 4 * 2**30  # one file; a full-size checkpoint of the course's models is 3.4 GB


def die_with_parent() -> None:
    """SIGKILL this process when its parent is gone (Linux; elsewhere nothing happens)."""
    _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def adopt_orphans() -> None:
    """Become the parent of descendants whose own parent died, so that none of them is lost (Linux)."""
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)


def _prctl(option: int, value: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if hasattr(libc, "prctl"):
        libc.prctl(option, value, 0, 0, 0)


def lower_limits(memory_bytes: int, cpu_seconds: float) -> None:
    """Address space: what the process has now plus `memory_bytes`; CPU time of each process; files; no core dumps."""
    _lower(resource.RLIMIT_AS, _address_space() + memory_bytes)
    _lower(resource.RLIMIT_CPU, int(cpu_seconds) + 1)
    _lower(resource.RLIMIT_FSIZE, WRITTEN_FILE_BYTES)
    _lower(resource.RLIMIT_NOFILE, OPEN_FILES)
    _lower(resource.RLIMIT_CORE, 0)
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # then writing too much is an OSError that Python can report


def _lower(what: int, limit: int) -> None:
    _, hard = resource.getrlimit(what)
    value = limit if hard == resource.RLIM_INFINITY else min(limit, hard)
    resource.setrlimit(what, (value, value))


def _address_space() -> int:
    try:
        with open("/proc/self/statm") as file:
            return int(file.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:  # not Linux: room for what torch maps
        return 8 * 2**30


def close_inherited(keep: set[int]) -> None:
    """Close every descriptor above 2 except those in `keep`."""
    for descriptor in sorted(_open_descriptors() - keep):
        if descriptor > 2:
            try:
                os.close(descriptor)
            except OSError:  # the listing's own descriptor is gone by now
                continue


def _open_descriptors() -> set[int]:
    listing = Path("/proc/self/fd")
    return {int(entry.name) for entry in (listing if listing.is_dir() else Path("/dev/fd")).iterdir()}
