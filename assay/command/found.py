"""Decides which files below a folder are submissions, and by which id each is known: its path below the folder."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from assay.failure import Misuse
from assay.store import NAME

SKIPPED = {".ipynb_checkpoints"}  # Jupyter's own copies of what was handed in


def find_submissions(folder: Path, out: Path) -> dict[str, Path]:
    """The notebooks below `folder` by id, sorted; what lies in `out`, or in another folder of results, is none.

    Raises:
        Misuse: no such folder, it cannot be read, or it holds no notebook.
    """
    if not folder.is_dir():
        raise Misuse(f"there is no folder {folder}: name the folder that holds the submissions")
    found: dict[str, Path] = {}
    for path in _notebooks(folder, out.resolve()):
        found[_id(path.relative_to(folder))] = path
    if not found:
        raise Misuse(f"{folder} holds no .ipynb file: name the folder that holds the submissions")
    return dict(sorted(found.items()))


def _notebooks(folder: Path, out: Path) -> Iterator[Path]:
    for place, folders, files in os.walk(folder, onerror=_refuse):
        here = Path(place)
        folders[:] = [name for name in folders if name not in SKIPPED and not _holds_results(here / name, out)]
        yield from (here / name for name in files if name.endswith(".ipynb"))


def _holds_results(folder: Path, out: Path) -> bool:
    """Whether a folder was written by us: executed notebooks lie there, which are nobody's submissions."""
    names = {NAME, "results.json"}
    return folder.resolve() == out or ((folder / "runs").is_dir() and any((folder / name).is_file() for name in names))


def _refuse(error: OSError) -> None:
    raise Misuse(f"{error.filename} cannot be read ({error.strerror}): make the folder readable, or move it away")


def _id(path: Path) -> str:
    """The path with slashes. A byte that is no text is written out, so that no two files share an id."""
    return os.fsencode(path.as_posix()).decode("utf-8", "backslashreplace")
