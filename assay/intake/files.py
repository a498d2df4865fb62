"""Decides which paths can be read as a handed-in file at all, before any byte is looked at."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from assay.failure import Rejected
from assay.intake.strict import MAX_BYTES, too_large


def read_bytes(path: Path) -> bytes:
    """The bytes of a handed-in file.

    Raises:
        Rejected: nothing there, a folder, a pipe or device, no permission, or more than `MAX_BYTES`.
    """
    try:
        _require_regular(path.stat())  # before opening: the mere opening of a named pipe waits for ever
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except (FileNotFoundError, NotADirectoryError):
        raise Rejected("there is no file at this path: check the spelling") from None
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        raise Rejected(f"the file cannot be read ({why}): check its name and permissions") from None


def _require_regular(status: os.stat_result) -> None:
    if stat.S_ISDIR(status.st_mode):
        raise Rejected("this is a folder, not a notebook: name the .ipynb file inside it")
    if not stat.S_ISREG(status.st_mode):
        raise Rejected("this is a pipe or a device, not a file: hand in a saved .ipynb file")
    if status.st_size > MAX_BYTES:
        raise too_large(status.st_size)
