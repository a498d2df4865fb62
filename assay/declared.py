"""Decides which mistakes, variants and rules a lesson declares: what stands in the data files beside its checks."""

from __future__ import annotations

import runpy
import traceback
from pathlib import Path
from typing import Any

from assay.course import LessonFiles
from assay.failure import Misuse
from assay.proof import Legal, Mistake, Survivor, Variant


def declared(files: LessonFiles) -> list[Mistake | Variant]:
    """The lesson's mistakes and variants, from checks/<stem>/mistakes.py; none where that file is missing.

    Raises:
        Misuse: the file does not run, or holds no MISTAKES and VARIANTS.
    """
    path = data_folder(files) / "mistakes.py"
    if not path.is_file():
        return []
    found = _run(path)
    return [*_listed(found, "MISTAKES", Mistake, path), *_listed(found, "VARIANTS", Variant, path)]


def rules(files: LessonFiles) -> tuple[Legal | Survivor, ...]:
    """The lesson's rules for generated mutants, from checks/<stem>/legal.py; none where that file is missing.

    Raises:
        Misuse: the file does not run, or holds something else under LEGAL or SURVIVORS.
    """
    path = data_folder(files) / "legal.py"
    found = {"LEGAL": (), "SURVIVORS": ()} | (_run(path) if path.is_file() else {})
    return (*_listed(found, "LEGAL", Legal, path), *_listed(found, "SURVIVORS", Survivor, path))


def data_folder(files: LessonFiles) -> Path:
    """The folder with a lesson's declarations: the checks file's stem."""
    return files.checks.with_suffix("")


def _run(path: Path) -> dict[str, Any]:
    try:
        return runpy.run_path(str(path))
    except Exception as error:  # whatever a data file of the lesson's author does wrong
        frames = traceback.extract_tb(error.__traceback__)
        inside = [f for f in frames if Path(f.filename).parent == path.parent]
        where = (error.filename, error.lineno) if isinstance(error, SyntaxError) else _last(inside, path)
        raise Misuse(f"{where[0]}: line {where[1]}: {type(error).__name__}: {error}: correct the data there") from None


def _last(frames: list[traceback.FrameSummary], path: Path) -> tuple[str, int | None]:
    return (frames[-1].filename, frames[-1].lineno) if frames else (str(path), 1)


def _listed(found: dict[str, Any], name: str, kind: type, path: Path) -> list[Any]:
    listed = found.get(name)
    if not isinstance(listed, tuple | list) or not all(isinstance(one, kind) for one in listed):
        raise Misuse(f"{path}: {name} should be a tuple of {kind.__name__}(...): define it there")
    return list(listed)
