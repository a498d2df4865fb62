"""Decides that one command at a time works in an output folder: two would take each other's evidence away."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from assay.failure import Misuse

NAME = ".lock"  # an empty file, not the folder itself: network file systems lock only what is open for writing


@contextmanager
def alone_in(out: Path) -> Iterator[None]:
    """Hold the lock of an existing folder. It is the system's: it ends with its process, whatever happens, so a file
    that was left behind locks nothing.

    Raises:
        Misuse: another command holds it, or the folder cannot be written.
    """
    try:
        file = (out / NAME).open("a")
    except OSError as error:
        raise Misuse(f"cannot write into {out} ({error.strerror}): name another folder with --out") from None
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Misuse(
                f"another grade.py is working in {out}: wait until it has ended, or name another folder with --out"
            ) from None
        except OSError as error:
            raise Misuse(
                f"{out} cannot be locked ({error.strerror}): name a folder on another disk with --out"
            ) from None
        yield
