"""Decides how a lesson's declared mistakes and variants are run for real, and which verdict each criterion gave."""

from __future__ import annotations

import json
import runpy
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from assay.command.session import Result, Session
from assay.course import LessonFiles
from assay.proof import Mistake, Variant, apply


@dataclass(frozen=True)
class Proof:
    """What became of one mistake or variant. `missed` should have failed, `wronged` should have passed."""

    change: Mistake | Variant
    failed: frozenset[str]
    missed: frozenset[str]
    wronged: frozenset[str]
    unchecked: frozenset[str]
    reason: str | None
    seconds: float

    @property
    def holds(self) -> bool:
        """Whether every criterion gave the declared verdict."""
        return not (self.missed or self.wronged or self.unchecked)


def declared(files: LessonFiles) -> list[Mistake | Variant]:
    """The lesson's mistakes and variants, from checks/<stem>/mistakes.py; none where that file is missing."""
    path = files.checks.with_suffix("") / "mistakes.py"
    if not path.is_file():
        return []
    found = runpy.run_path(str(path))
    return [*found["MISTAKES"], *found["VARIANTS"]]


def prove(
    session: Session, files: LessonFiles, changes: list[Mistake | Variant], folder: Path, jobs: int
) -> Iterator[Proof]:
    """Write each change into the reference notebook, grade the result, and compare; in the order of `changes`."""
    reference = json.loads(files.reference.read_text(encoding="utf-8"))

    def one(number: int) -> Proof:
        change = changes[number]
        place = folder / str(number)
        place.mkdir(parents=True)
        notebook = place / f"{files.stem}.ipynb"
        notebook.write_text(json.dumps(apply(reference, change)), encoding="utf-8")
        return _compare(change, session.grade(str(notebook), place / "run", lambda step: None))

    with ThreadPoolExecutor(jobs) as pool:
        yield from pool.map(one, range(len(changes)))


def _compare(change: Mistake | Variant, result: Result) -> Proof:
    exercises = result["exercises"]
    exercise = next(
        (e for e in exercises if e["number"] == change.exercise), {"criteria": [], "reason": result["reason"]}
    )
    by_state: dict[str, set[str]] = {"passed": set(), "failed": set(), "unchecked": set()}
    for criterion in exercise["criteria"]:
        if criterion["kind"] == "automatic":
            by_state[criterion["state"]].add(criterion["id"])
    wanted = change.caught_by if isinstance(change, Mistake) else frozenset()
    open_ = change.undetermined if isinstance(change, Mistake) else frozenset()
    failed = frozenset(by_state["failed"])
    return Proof(
        change=change,
        failed=failed,
        missed=wanted - failed,
        wronged=failed - wanted - open_,
        unchecked=frozenset(by_state["unchecked"]),
        reason=exercise["reason"],
        seconds=result["seconds"]["total"],
    )
