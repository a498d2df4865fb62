"""Decides when a copy may begin behind cells of one's own notebook, and what it must not share with other copies.

Between versions of one notebook on its author's machine nothing has to be kept apart: copies stay in the folder in
which the cells ran, with the files that these wrote and the files that they hold open.
"""

from __future__ import annotations

import fcntl
import os
import stat
from pathlib import Path

from assay.execution.forking import is_forkable

Positions = dict[int, int]  # descriptor of a plain file to the place at which it is read or written next


def why_uncopyable() -> str | None:
    """Why a copy of this process would not go on as this one does."""
    if not is_forkable():
        return "a thread or the GPU is in use"
    if Path(f"/proc/self/task/{os.getpid()}/children").read_text().strip():
        return "another process was started and is still there"
    return None


def positions() -> Positions:
    """Where this process stands in the plain files that it has open."""
    found: Positions = {}
    for descriptor in _open_files():
        found[descriptor] = os.lseek(descriptor, 0, os.SEEK_CUR)
    return found


def take_own(known: Positions) -> None:
    """In a copy: read on from where the cells had read to, whatever other copies have read since."""
    for descriptor in _open_files():
        if descriptor not in known:
            continue
        flags = fcntl.fcntl(descriptor, fcntl.F_GETFL) & (os.O_ACCMODE | os.O_APPEND)
        try:
            mine = os.open(f"/proc/self/fd/{descriptor}", flags | os.O_CLOEXEC)
        except OSError:  # a file that nobody may open by this way
            continue
        os.lseek(mine, known[descriptor], os.SEEK_SET)
        os.dup2(mine, descriptor, inheritable=False)
        os.close(mine)


def _open_files() -> list[int]:
    """Descriptors of plain files above the three that everybody has."""
    found = []
    for name in os.listdir("/proc/self/fd"):  # noqa: PTH208
        try:
            if int(name) > 2 and stat.S_ISREG(os.fstat(int(name)).st_mode):
                found.append(int(name))
        except OSError:  # the listing's own
            continue
    return found
