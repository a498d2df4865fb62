"""Decides which older version of a notebook a new one is compared with: that of a commit in its git checkout."""

from __future__ import annotations

import subprocess
from pathlib import Path

from assay.failure import Misuse, Rejected
from assay.intake import Notebook, read_notebook

GIT_S = 60  # to read one file out of a repository takes milliseconds; a network file system may be slow


def require_commit(file: str, base: str) -> None:
    """See that `base` is known in the checkout that the file lies in.

    Raises:
        Misuse: it is not, or git does not answer.
    """
    folder = Path(file).resolve().parent
    if _git(folder, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{base}^{{commit}}") is None:
        raise Misuse(f"--base {base} names no commit of the checkout that {file} lies in: check the spelling, fetch it")


def notebook_at(file: str, base: str) -> Notebook | None:
    """The notebook as it was in the commit `base`; None when there was none yet, or it was the same.

    Raises:
        Misuse: the file lies in no git checkout, the commit is not known there, or git does not answer.
    """
    path = Path(file).resolve()
    require_commit(file, base)
    data = _git(path.parent, "show", f"{base}:./{path.name}")
    if data is None or data == path.read_bytes():
        return None
    try:
        return read_notebook(data, file)
    except Rejected:
        return None  # what was no notebook then has no students


def _git(folder: Path, *arguments: str) -> bytes | None:
    try:
        done = subprocess.run(["git", "-C", str(folder), *arguments], capture_output=True, timeout=GIT_S, check=False)
    except FileNotFoundError:
        raise Misuse("--base needs git, which is not installed") from None
    except subprocess.TimeoutExpired:
        raise Misuse(f"--base: git gave no answer about {folder} within {GIT_S} s: try `git status` there") from None
    return done.stdout if done.returncode == 0 else None
