"""Decides what setting a file's mode or time means behind walls: nothing, for a student's own files; they stay usable.

Lockdown refuses these calls for every file, because it cannot tell one file from another. Libraries make them in
passing (`datasets` after each table it derives, `shutil` after each copy), and honest notebooks must not notice.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from assay.sandbox.private_tmp import SHARED


def leave_modes(own: Sequence[Path]) -> None:
    """Let `os.chmod` and `os.utime` of this process pass over a refusal for files below the folders `own`, and in the
    folders for temporary files that are covered with own ones."""
    for name in ("chmod", "utime"):
        setattr(os, name, _tolerant(getattr(os, name), own))


def _tolerant(original: Callable[..., None], own: Sequence[Path]) -> Callable[..., None]:
    @functools.wraps(original)
    def change(path: Any, *args: Any, **kwargs: Any) -> None:
        try:
            original(path, *args, **kwargs)
        except PermissionError:
            if not _is_below(path, own):
                raise

    return change


def _is_below(path: Any, own: Sequence[Path]) -> bool:
    if isinstance(path, int):
        return False
    place = Path(os.fsdecode(path)).resolve()
    return any(place.is_relative_to(folder) for folder in (*own, *map(Path, SHARED)))
