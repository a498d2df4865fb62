"""Decides whether the verdicts kept in docs/ are on what the lesson declares today, and whether its pages show them."""

from __future__ import annotations

from pathlib import Path

from assay.kept import Kept, KeptProof, read
from assay.lint.lesson import Lesson
from assay.proof import EditError, Mistake, Variant, apply, digest_of
from assay.tables import page


def look(lesson: Lesson, changes: list[Mistake | Variant]) -> None:
    """The lesson's file below docs/proofs/; a course that is installed without docs has none to look at."""
    docs, slug = lesson.root / "docs", lesson.files.slug
    if not docs.is_dir():
        return
    path = docs / "proofs" / f"{slug}.json"
    command = f"run `python -m assay.proving {slug} --write docs`"
    kept = lesson.attempt("proofs.unreadable", path, lambda: read(docs / "proofs", slug))
    if kept is None:
        if not path.is_file():
            told = lesson.note if lesson.is_draft else lesson.error
            told("proofs.missing", path, None, f"no verdict on a mistake or variant is kept; {command}")
        return
    _verdicts(lesson, path, kept, changes, command)
    _criteria(lesson, path, kept, command)
    written = docs / "proofs" / f"{slug}.md"
    if not written.is_file() or written.read_text(encoding="utf-8") != page(kept):
        lesson.error("proofs.page", written, None, f"the page does not show what {path.name} holds; {command}")


def _criteria(lesson: Lesson, path: Path, kept: Kept, command: str) -> None:
    rubric = lesson.rubric
    if rubric is None:
        return
    now = [(e.number, c.id) for e in rubric.exercises for c in e.criteria if c.kind == "automatic"]
    if list(kept.criteria) != now:
        lesson.error("proofs.criteria", path, None, f"the verdicts are on other criteria than the rubric's; {command}")


def _verdicts(lesson: Lesson, path: Path, kept: Kept, changes: list[Mistake | Variant], command: str) -> None:
    known = {(proof.exercise, proof.name): proof for proof in kept.proofs}
    gone = known.keys() - {(change.exercise, change.name) for change in changes}
    for exercise, name in sorted(gone):
        lesson.error(
            "proofs.gone", path, _line(path, name), f"exercise {exercise} declares no {name!r} any more; {command}"
        )
    undated = 0
    for change in changes:
        proof = known.get((change.exercise, change.name))
        if proof is None:
            what = f"{change.name!r} of exercise {change.exercise} has not run"
            lesson.error("proofs.not-run", path, None, f"{what}; {command} {change.name.split()[0]!r}")
            continue
        line = _line(path, change.name)
        if not proof.holds:
            lesson.error("proofs.broken", path, line, f"{change.name!r} was not judged as it is declared; see the page")
        elif _is_older(proof, change):
            lesson.error("proofs.older", path, line, f"{change.name!r} ran when it was declared otherwise; {command}")
        elif proof.ran and lesson.cells is not None and proof.ran != _ran(lesson, change):
            lesson.error("proofs.older", path, line, f"{change.name!r} ran as another notebook; {command}")
        undated += not proof.ran
    if undated:
        what = f"{undated} verdicts do not say which notebook they are on"
        lesson.note("proofs.undated", path, None, f"{what}, so a changed reference goes unnoticed; {command}")


def _is_older(proof: KeptProof, change: Mistake | Variant) -> bool:
    if isinstance(change, Mistake):
        return (
            proof.kind != "mistake" or set(proof.caught) != change.caught_by or set(proof.open) != change.undetermined
        )
    return proof.kind != "variant" or bool(proof.caught)


def _ran(lesson: Lesson, change: Mistake | Variant) -> str:
    assert lesson.cells is not None
    try:
        return digest_of(apply(lesson.cells, change))
    except EditError:  # told elsewhere
        return ""


def _line(path: Path, name: str) -> int | None:
    """A verdict is one line of the file."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return next((n for n, line in enumerate(lines, 1) if f'"name": "{name}"' in line), None)
