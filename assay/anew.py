"""Decides how a file is written where a student's process could write before: as a new one, never through a link.

Whatever stands there is taken away first. Otherwise a link would make the grader, which may write more than a student's
process, write somewhere else, and a pipe would make it wait.
"""

from __future__ import annotations

import os
import shutil
import stat
from pathlib import Path


def write_anew(path: Path, data: str | bytes) -> None:
    """Write a file of exactly this content in an existing folder; text as UTF-8, half a surrogate pair as "?".

    Raises:
        OSError: the folder is missing or a link, or it cannot be written.
    """
    content = data.encode("utf-8", "replace") if isinstance(data, str) else data
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        _clear(path.name, folder)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
        with os.fdopen(os.open(path.name, flags, 0o644, dir_fd=folder), "wb") as file:
            file.write(content)
    finally:
        os.close(folder)


def make_anew(path: Path) -> None:
    """Make an empty folder in an existing one.

    Raises:
        OSError: as above.
    """
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        _clear(path.name, folder)
        os.mkdir(path.name, 0o755, dir_fd=folder)
    finally:
        os.close(folder)


def make_accessible(*folders: Path) -> None:
    """Give the owner access to folders that may have been closed; what is no folder, or lies behind a link, stays as it
    is."""
    for folder in folders:
        try:
            status = folder.lstat()
            if (
                stat.S_ISDIR(status.st_mode)
                and not folder.parent.is_symlink()
                and status.st_mode & stat.S_IRWXU != stat.S_IRWXU
            ):
                folder.chmod(stat.S_IRWXU)
        except OSError:  # not there, or another user's: what needs it will say so
            continue


def _clear(name: str, folder: int) -> None:
    """Take away a file, a link, a pipe or a whole folder of this name; links inside it are not followed."""
    try:
        status = os.lstat(name, dir_fd=folder)
    except FileNotFoundError:
        return
    if stat.S_ISDIR(status.st_mode):
        shutil.rmtree(name, dir_fd=folder)
    else:
        os.unlink(name, dir_fd=folder)
