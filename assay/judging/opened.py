"""Decides which files below a Run's folder are opened at all: plain ones of its own, however the path is made up.

Everything below the folder was made by an untrusted process. A link on the way would show another student's evidence, a
pipe would make the judge wait, and a device would never end.
"""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def own_file(path: Path, run: Path, largest: int) -> Iterator[int | None]:
    """A descriptor to read `path` from, which lies below the folder `run`; None for anything but a plain file of at
    most `largest` bytes that no other name stands for, reached without a link."""
    descriptor = _opened(path, run)
    try:
        yield descriptor if descriptor is not None and _is_plain(descriptor, largest) else None
    finally:
        if descriptor is not None:
            os.close(descriptor)


def own_names(folder: Path, run: Path) -> list[str]:
    """Names of what a folder below `run` holds, sorted; none for a folder that is reached by a link."""
    descriptor = _walked(folder, run)
    if descriptor is None:
        return []
    try:
        return sorted(entry.name for entry in os.scandir(descriptor))
    except OSError:
        return []
    finally:
        os.close(descriptor)


def read_own(path: Path, run: Path, largest: int) -> bytes | None:
    """The bytes of such a file."""
    with own_file(path, run, largest) as descriptor:
        if descriptor is None:
            return None
        with os.fdopen(os.dup(descriptor), "rb") as file:
            return file.read(largest)


def _opened(path: Path, run: Path) -> int | None:
    folder = _walked(path.parent, run)
    if folder is None:
        return None
    try:
        return os.open(path.name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder)
    except (OSError, ValueError):
        return None
    finally:
        os.close(folder)


def _walked(folder: Path, run: Path) -> int | None:
    """A descriptor of a folder, reached from `run` step by step."""
    flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        here = os.open(run, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError:
        return None
    for part in folder.relative_to(run).parts:
        try:
            below = os.open(part, flags, dir_fd=here)
        except OSError:
            return None
        finally:
            os.close(here)
        here = below
    return here


def _is_plain(descriptor: int, largest: int) -> bool:
    status = os.fstat(descriptor)
    return stat.S_ISREG(status.st_mode) and status.st_nlink == 1 and status.st_size <= largest
