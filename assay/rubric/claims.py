"""Decides which criteria are claims, whose verdict nothing recomputes, and what such a criterion may weigh."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from assay.rubric.model import Rubric

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
