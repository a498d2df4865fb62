"""Decides when a copy may begin behind cells of one's own notebook, and what it must not share with other copies.

Between versions of one notebook on its author's machine nothing has to be kept apart: copies stay in the folder in
which the cells ran, with the files that these wrote and the files that they hold open.
"""

from __future__ import annotations

import fcntl
import os
import stat
from collections.abc import Iterable
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


def positions(descriptors: Iterable[int]) -> Positions:
    """Where this process stands in those of these that are plain files."""
    plain = (n for n in descriptors if n > 2 and stat.S_ISREG(os.fstat(n).st_mode))
    return {number: os.lseek(number, 0, os.SEEK_CUR) for number in plain}


def take_own(known: Positions) -> None:
    """In a copy: go on in these files from where the cells had come to, whatever other copies have read since; a fork
    leaves parent and child one position in a file, which moves for both."""
    for descriptor, position in known.items():
        try:
            flags = fcntl.fcntl(descriptor, fcntl.F_GETFL) & (os.O_ACCMODE | os.O_APPEND)
            mine = os.open(f"/proc/self/fd/{descriptor}", flags | os.O_CLOEXEC)
        except OSError:  # closed since, as garbage; or a file that nobody may open by this way
            continue
        os.lseek(mine, position, os.SEEK_SET)
        os.dup2(mine, descriptor, inheritable=False)
        os.close(mine)
