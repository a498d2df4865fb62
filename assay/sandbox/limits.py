"""Decides which kernel limits a student's process lives under; the wall clock is kept outside, by the supervisor."""

from __future__ import annotations

import contextlib
import functools
import os
import resource
import signal
from dataclasses import dataclass
from pathlib import Path

from assay.sandbox.kernel import PR_SET_CHILD_SUBREAPER, PR_SET_PDEATHSIG, prctl

OPEN_FILES = 1024
# Threads count too: some libraries start one for each of the machine's cores. The supervisor's own limit is on
# processes and lower; this one is there so that a fork bomb cannot outrun it.
TASKS = 512
SHARED_TASKS = 2048  # several submissions at once, and what else the caller may start meanwhile
GRACE_CPU_S = 5  # between the signal that tells why a process ends and the one that cannot be ignored
WRITTEN_FILE_BYTES = 4 * 2**30  # one file; a full-size checkpoint of the course's models is 3.4 GB


@dataclass(frozen=True)
class Limits:
    """Bytes of memory beyond what the process has now, or beyond `counted_from` bytes (None: as many as it maps), and
    seconds of processor time, each for one process."""

    memory_bytes: int | None
    cpu_s: float
    counted_from: int | None = None


def die_with_parent() -> None:
    """SIGKILL this process when its parent is gone (Linux; elsewhere nothing happens)."""
    prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def adopt_orphans() -> None:
    """Become the parent of descendants whose own parent died, so that none of them is lost (Linux)."""
    prctl(PR_SET_CHILD_SUBREAPER, 1)


def lower_limits(limits: Limits, alone: bool = False) -> None:
    """Address space, processor time, size of a file, open files, no core dumps; and, where this submission is `alone`
    in its user or namespace, its own tasks; elsewhere the kernel counts all that the caller runs, and root's not."""
    if limits.memory_bytes is not None:
        before = address_space() if limits.counted_from is None else limits.counted_from
        _lower(resource.RLIMIT_AS, before + limits.memory_bytes)
    _lower(resource.RLIMIT_CPU, int(limits.cpu_s) + 1, GRACE_CPU_S)
    _lower(resource.RLIMIT_FSIZE, WRITTEN_FILE_BYTES)
    _lower(resource.RLIMIT_NOFILE, OPEN_FILES)
    _lower(resource.RLIMIT_CORE, 0)
    _lower(resource.RLIMIT_NPROC, TASKS if alone else tasks_of_the_caller() + SHARED_TASKS)
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # then writing too much is an OSError that Python can report


@functools.cache
def tasks_of_the_caller() -> int:
    """Tasks of this user when this was first asked: by the warm parent, for all its children."""
    found = 0
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            found += sum(1 for _ in (process / "task").iterdir()) if process.stat().st_uid == os.getuid() else 0
    return found


def _lower(what: int, limit: int, grace: int = 0) -> None:
    _, hard = resource.getrlimit(what)
    soft, last = (value if hard == resource.RLIM_INFINITY else min(value, hard) for value in (limit, limit + grace))
    resource.setrlimit(what, (soft, last))


def address_space() -> int:
    """Bytes that this process has mapped now."""
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
