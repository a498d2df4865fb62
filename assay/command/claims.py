"""`grade.py doctor --claims`: which criteria rest on what a student's process said, and nothing else."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from assay.command.findings import write_findings
from assay.command.lessons import load_lessons
from assay.rubric import Rubric

LARGEST_SHARE = 0.1  # of an exercise's automatic points: a claim that was forged must not decide about a mark


@dataclass(frozen=True)
class Claim:
    """A criterion whose verdict nothing recomputes; `share` is what it weighs in its exercise, from 0 to 1."""

    lesson: str
    exercise: int
    criterion: str
    points: float
    share: float

    @property
    def is_too_heavy(self) -> bool:
        """Whether it weighs more than a claim may."""
        return self.share > LARGEST_SHARE + 1e-9

    def as_json(self) -> dict[str, Any]:
        """For machines."""
        return {
            "lesson": self.lesson, "exercise": self.exercise, "criterion": self.criterion, "points": self.points,
            "share": round(self.share, 4), "too_heavy": self.is_too_heavy,
        }  # fmt: skip


def show_claims(to: str | None) -> int:
    """List the claims of every lesson: in words on the screen, or as JSON in the file `to`, where - is the screen; 1
    when one of them weighs too much.

    Raises:
        Misuse: the file cannot be written.
    """
    claims = claims_of(lesson.rubric for lesson in load_lessons().values())
    write_findings([claim.as_json() for claim in claims], to)
    if to != "-":
        print(in_words(claims))
    return int(any(claim.is_too_heavy for claim in claims))


def claims_of(rubrics: Iterable[Rubric]) -> list[Claim]:
    """Every claim of these lessons, in the rubrics' order."""
    found = []
    for rubric in rubrics:
        for exercise in rubric.exercises:
            whole = sum(c.points for c in exercise.criteria if c.kind == "automatic")
            found += [
                Claim(rubric.slug, exercise.number, c.id, c.points, c.points / whole if whole else 0.0)
                for c in exercise.criteria
                if c.claim_only
            ]
    return found


def in_words(claims: Iterable[Claim]) -> str:
    """A paragraph for people, a line for each claim."""
    listed = list(claims)
    lines = [
        "These criteria rest on what the notebook's own process said; nothing recomputes them. Each may weigh at most "
        f"{LARGEST_SHARE:.0%} of its exercise.",
        *(
            f"  {c.lesson}, exercise {c.exercise}: {c.criterion}, {c.points:g} points, {c.share:.1%}"
            + (" - too heavy" if c.is_too_heavy else "")
            for c in listed
        ),
    ]
    heavy = sum(c.is_too_heavy for c in listed)
    return "\n".join([*lines, f"{len(listed)} claims, {heavy} of them too heavy."])
