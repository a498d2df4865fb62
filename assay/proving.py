"""Decides how a lesson's declared mistakes and variants are run for real, and which verdict each criterion gave."""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from assay.command.lessons import Lesson, load_lessons, warm_imports
from assay.command.run import start_warm
from assay.command.session import Result, Session
from assay.course import LessonFiles, lesson_files
from assay.declared import declared
from assay.failure import Fault, Misuse
from assay.kept import Kept, KeptProof, read, write
from assay.kit import ensure_kit
from assay.proof import Mistake, Variant, apply, digest_of
from assay.tables import write_pages


@dataclass(frozen=True)
class Proof:
    """What became of one mistake or variant. `missed` should have failed, `wronged` should have passed."""

    change: Mistake | Variant
    failed: frozenset[str]
    missed: frozenset[str]
    wronged: frozenset[str]
    unchecked: frozenset[str]
    passed: frozenset[str]
    reason: str | None
    seconds: float

    @property
    def holds(self) -> bool:
        """Whether every criterion gave the declared verdict."""
        return not (self.missed or self.wronged or self.unchecked)


NONE: frozenset[str] = frozenset()
SECRET = b"a proof asks the same questions every time"


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
    if result["state"] == "tampered":  # declared changes are honest: none may be taken for something else
        by_state["unchecked"].add(f"the whole result ({result['reason']})")
    failed = frozenset(by_state["failed"])
    return Proof(
        change=change,
        failed=failed,
        missed=wanted - failed,
        wronged=failed - wanted - open_,
        unchecked=frozenset(by_state["unchecked"]),
        passed=frozenset(by_state["passed"]),
        reason=exercise["reason"],
        seconds=result["seconds"]["total"],
    )


def main(arguments: list[str] | None = None) -> int:
    """`python -m assay.proving LESSON [WORD...]`: prints every verdict that is not as declared; 1 when there is one."""
    parser = argparse.ArgumentParser(prog="python -m assay.proving", description=main.__doc__)
    parser.add_argument("lesson", nargs="?", help="the lesson's slug, such as textual-inversion")
    parser.add_argument("words", nargs="*", help="only mistakes and variants whose name holds one of these")
    add_run_options(parser)
    options = parser.parse_args(arguments)
    lessons = load_lessons()
    chosen = [lessons[slug] for slug in asked(lessons, options.lesson, options.all)]
    holds = True
    kit = ensure_kit()
    with tempfile.TemporaryDirectory(prefix="assay-") as scratch:
        (Path(scratch) / "runs").mkdir()
        with start_warm(kit, warm_imports(lessons), Path(scratch), "cpu") as warm:
            session = Session(lessons, None, kit, warm, "fork", "limits", SECRET)
            for lesson in chosen:
                named = [
                    c for c in declared(lesson.files) if not options.words or any(w in c.name for w in options.words)
                ]
                place = Path(scratch) / lesson.files.slug
                proofs = []
                for proof in prove(session, lesson.files, named, place, options.jobs):
                    proofs.append(_told(proof))
                    if options.write:  # at once: a run takes long, and what it has found so far is not lost with it
                        keep(options.write, lesson, proof)
                holds &= _summary(proofs)
    return 0 if holds else 1


def add_run_options(parser: argparse.ArgumentParser) -> None:
    """The options that proofs and mutants share."""
    parser.add_argument("--all", action="store_true", help="every lesson, one after the other")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="notebooks at once (one per core)")
    parser.add_argument("--write", type=Path, metavar="FOLDER", help="keep the verdicts and their tables there (docs)")


def asked(lessons: Iterable[str], lesson: str | None, every: bool) -> list[str]:
    """The slugs of the lessons that the command line asks for.

    Raises:
        Misuse: neither or both of a lesson and all of them, or no lesson of that name.
    """
    if (lesson is None) != every:
        raise Misuse("name one lesson, or give --all")
    return sorted(lessons) if lesson is None else [lesson_files(lesson).slug]


def kept_so_far(folder: Path, lesson: Lesson) -> Kept:
    """What `folder` holds of a lesson, with the criteria and declarations that it has now."""
    criteria = tuple((e.number, c.id) for e in lesson.rubric.exercises for c in e.criteria if c.kind == "automatic")
    found = read(folder / "proofs", lesson.files.slug) or Kept(lesson.files.slug, lesson.rubric.title)
    return replace(found, title=lesson.rubric.title, criteria=criteria, declared=len(declared(lesson.files)))


def keep(folder: Path, lesson: Lesson, proof: Proof) -> None:
    """Put the verdict in place of an older one on the same mistake or variant, and write the tables anew."""
    names = [(change.exercise, change.name) for change in declared(lesson.files)]
    ran = digest_of(apply(json.loads(lesson.files.reference.read_text(encoding="utf-8")), proof.change))
    write(folder / "proofs", kept_so_far(folder, lesson).with_proofs([_kept(proof, ran)], names))
    write_pages(folder)


def _kept(proof: Proof, ran: str) -> KeptProof:
    change = proof.change
    wanted, open_ = (change.caught_by, change.undetermined) if isinstance(change, Mistake) else (NONE, NONE)
    return KeptProof(
        change.exercise, type(change).__name__.lower(), change.name,
        caught=_ids(proof.failed & wanted), kept=_ids(proof.passed - wanted - open_), missed=_ids(proof.missed),
        wronged=_ids(proof.wronged), unchecked=_ids(proof.unchecked), open=_ids(open_), ran=ran,
    )  # fmt: skip


def _ids(names: frozenset[str]) -> tuple[str, ...]:
    return tuple(sorted(names))


def _told(proof: Proof) -> Proof:
    kind = type(proof.change).__name__.lower()
    wrong = {"missed": proof.missed, "wrongly failed": proof.wronged, "unchecked": proof.unchecked}
    verdict = "; ".join(f"{word}: {', '.join(sorted(ids))}" for word, ids in wrong.items() if ids) or "as declared"
    print(f"exercise {proof.change.exercise}, {kind}, {proof.change.name}: {verdict}", flush=True)
    return proof


def _summary(proofs: list[Proof]) -> bool:
    for kind in (Mistake, Variant):
        own = [proof for proof in proofs if isinstance(proof.change, kind)]
        word = "caught by the criteria that name them" if kind is Mistake else "accepted"
        print(f"{sum(p.holds for p in own)} of {len(own)} {kind.__name__.lower()}s {word}, all others kept")
    return all(proof.holds for proof in proofs)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (Misuse, Fault) as error:
        sys.exit(f"assay.proving: {error}")
