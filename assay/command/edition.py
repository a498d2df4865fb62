"""Decides what of assay itself a stored result depends on: which of its own sources run, judge, or write pages.

The version alone would not do: between two versions every change of the sources has the same one.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Iterable
from pathlib import Path

from assay.command.version import version
from assay.store import address

PACKAGE = Path(__file__).resolve().parent.parent
# What a run comes to depends on these parts, and on how a submission is ordered. The rubric's say in it is in the
# address of each run itself, and the kit has its own digest.
RUNS = ("anew", "execution", "failure", "intake", "kit", "replay", "sandbox", "witness", "command/session")
# What its judgement comes to depends on these as well.
JUDGES = ("anew", "claims", "course", "failure", "intake", "judging", "replay", "rubric", "tensors", "witness",
          "command/verdict")  # fmt: skip
PAGES = ("report", "command/pages")


def runs_by() -> str:
    """The address of what notebooks are run by."""
    return _address(RUNS)


def judges_by() -> str:
    """The address of what runs are judged by, the lessons' own checks aside."""
    return _address(JUDGES)


def shown_by() -> str:
    """The address of what pages are written by."""
    return _address(PAGES)


@functools.cache
def _address(parts: tuple[str, ...]) -> str:
    return address(version(), digest_of(PACKAGE, parts))


def digest_of(package: Path, parts: Iterable[str]) -> str:
    """A digest of all files of these parts, by name and content; a part is a folder, or a module without its `.py`."""
    digest = hashlib.sha256()
    for part in sorted(parts):
        for path in sorted(_files(package / part)):
            digest.update(f"{path.relative_to(package).as_posix()}\n".encode())
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _files(part: Path) -> list[Path]:
    if not part.is_dir():
        return [part.with_suffix(".py")]
    return [path for path in part.rglob("*") if path.is_file() and "__pycache__" not in path.parts]
