"""Decides the words in which a rubric and its verdicts are spoken of between the layers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

Level = Literal["guided", "supported", "independent"]
Visibility = Literal["public", "hidden", "after_due_date"]
Kind = Literal["automatic", "manual"]


@dataclass(frozen=True)
class Criterion:
    """One thing that earns points.

    `id` is the check's or the given name with dashes. `check` names a function `check_<name>` of the checks file and is
    None for a manual criterion; `claim` is that function's docstring, None until `verify_checks` filled it in.
    `requires` names checks of the same exercise that must have passed for the points to count. `claim_only` says that
    the verdict rests on what the student's process said.
    """

    id: str
    check: str | None
    claim: str | None
    points: float
    visibility: Visibility
    requires: tuple[str, ...]
    hint: str | None
    kind: Kind
    claim_only: bool


@dataclass(frozen=True)
class PublishedCell:
    """A code cell of the published notebook, known by its digest only.

    `open` says that it still has something to fill in; `version` tells apart the published notebooks, counted from 1.
    """

    digest: str
    open: bool
    version: int = 1


@dataclass(frozen=True)
class RubricExercise:
    """The criteria of one exercise, and the published cells below its heading in every registered version.

    `replays` say what is done with the exercise's work once it has ended, as the rubric's schema describes them.
    """

    number: int
    title: str
    level: Level
    criteria: tuple[Criterion, ...]
    published: tuple[PublishedCell, ...]
    replays: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True)
class Limits:
    """What a submission may use: wall-clock seconds per cell, exercise and submission, and bytes."""

    cell_s: float
    exercise_s: float
    submission_s: float
    memory_bytes: int
    output_bytes: int


@dataclass(frozen=True)
class Override:
    """A length that is cut for grading: the variable's name, its value (a whole number or a list), and why."""

    name: str
    to: Any
    reason: str


@dataclass(frozen=True)
class Rubric:
    """The rubric of one lesson; `titles` and `files` (shell patterns) identify its notebooks besides `title`; `values`
    are the names that its exercises ask for; `sequences` are the published notebooks, each code cell in
    its order with its exercise and the digest of its exact text; a `draft` is not finished, and its author is told what
    is left."""

    slug: str
    title: str
    titles: tuple[str, ...]
    files: tuple[str, ...]
    exercises: tuple[RubricExercise, ...]
    limits: Limits
    shorten: tuple[Override, ...]
    path: Path
    values: tuple[str, ...] = ()
    sequences: tuple[tuple[tuple[int, str], ...], ...] = ()
    draft: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """Every other title and file-name pattern of the lesson."""
        return self.titles + self.files


@dataclass(frozen=True)
class ExerciseState:
    """How the execution of an exercise ended; `cell` is the index of the cell that ended it."""

    state: Literal["completed", "not_attempted", "incomplete", "error", "timeout", "resource", "blocked"]
    reason: str | None = None
    cell: int | None = None


@dataclass(frozen=True)
class Outcome:
    """What the judge said about one criterion."""

    state: Literal["passed", "failed", "unchecked"]
    claim: str | None = None
    seen: str | None = None
    help: str | None = None
    misconception: str | None = None
