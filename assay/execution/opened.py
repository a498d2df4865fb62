"""Decides which files that a process has open its copies may have as well, each with a place of its own in them.

matplotlib keeps the files of its fonts open from the first figure on, so without this nothing could be shared that
comes after a figure.
"""

from __future__ import annotations

import fcntl
import os
import stat
from pathlib import Path

_VIRTUAL = ("/proc/", "/sys/", "/dev/")  # what is read there depends on who reads


def open_files() -> frozenset[int]:
    """Every descriptor of this process, but for the one by which they are found."""
    return frozenset(number for number in map(int, os.listdir("/proc/self/fd")) if _is_open(number))  # noqa: PTH208


def files_to_read(folder: Path) -> frozenset[int]:
    """The descriptors of files that are only read, lie outside of `folder`, and can be opened again."""
    return frozenset(number for number in open_files() if _is_read_only(number, str(folder)))


def _is_open(number: int) -> bool:
    try:
        os.fstat(number)
    except OSError:
        return False
    return True


def _is_read_only(number: int, folder: str) -> bool:
    try:
        facts, path = os.fstat(number), os.readlink(f"/proc/self/fd/{number}")  # noqa: PTH115
        if not stat.S_ISREG(facts.st_mode) or path.startswith((*_VIRTUAL, folder)) or _may_write(number):
            return False
        return os.path.samestat(facts, os.stat(path)) and os.access(path, os.R_OK)  # noqa: PTH116
    except OSError:  # it has no name any more
        return False


def _may_write(number: int) -> bool:
    return fcntl.fcntl(number, fcntl.F_GETFL) & os.O_ACCMODE != os.O_RDONLY
