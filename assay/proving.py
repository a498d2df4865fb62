"""Decides how a lesson's declared mistakes and variants are run for real, and which verdict each criterion gave."""

from __future__ import annotations

import argparse
import json
import os
import runpy
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from assay.command.lessons import load_lessons, warm_imports
from assay.command.run import start_warm
from assay.command.session import Result, Session
from assay.course import LessonFiles, lesson_files
from assay.failure import Fault, Misuse
from assay.kit import ensure_kit
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


SECRET = b"a proof asks the same questions every time"


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


def main(arguments: list[str] | None = None) -> int:
    """`python -m assay.proving LESSON [WORD...]`: prints every verdict that is not as declared; 1 when there is one."""
    parser = argparse.ArgumentParser(prog="python -m assay.proving", description=main.__doc__)
    parser.add_argument("lesson", help="the lesson's slug, such as textual-inversion")
    parser.add_argument("words", nargs="*", help="only mistakes and variants whose name holds one of these")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="notebooks at once (one per core)")
    options = parser.parse_args(arguments)
    lessons = load_lessons()
    lesson = lessons[lesson_files(options.lesson).slug]
    changes = [c for c in declared(lesson.files) if not options.words or any(w in c.name for w in options.words)]
    kit = ensure_kit()
    with tempfile.TemporaryDirectory(prefix="assay-") as scratch:
        (Path(scratch) / "runs").mkdir()
        with start_warm(kit, warm_imports(lessons), Path(scratch), "cpu") as warm:
            session = Session(lessons, None, kit, warm, "fork", "limits", SECRET)
            proofs = [_told(p) for p in prove(session, lesson.files, changes, Path(scratch) / "p", options.jobs)]
    return _summary(proofs)


def _told(proof: Proof) -> Proof:
    kind = type(proof.change).__name__.lower()
    wrong = {"missed": proof.missed, "wrongly failed": proof.wronged, "unchecked": proof.unchecked}
    verdict = "; ".join(f"{word}: {', '.join(sorted(ids))}" for word, ids in wrong.items() if ids) or "as declared"
    print(f"exercise {proof.change.exercise}, {kind}, {proof.change.name}: {verdict}", flush=True)
    return proof


def _summary(proofs: list[Proof]) -> int:
    for kind in (Mistake, Variant):
        own = [proof for proof in proofs if isinstance(proof.change, kind)]
        word = "caught by the criteria that name them" if kind is Mistake else "accepted"
        print(f"{sum(p.holds for p in own)} of {len(own)} {kind.__name__.lower()}s {word}, all others kept")
    return 0 if all(proof.holds for proof in proofs) else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (Misuse, Fault) as error:
        sys.exit(f"assay.proving: {error}")
