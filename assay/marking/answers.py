"""Decides what waits for a person's mark, and which marks can be given for it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from assay.failure import Misuse
from assay.report import plain

COMMENT_CHARACTERS = 2_000  # a comment is read by a student; more belongs into a conversation
MOST_KEYS = 9  # 0 to 9 are ten keys
Published = Callable[[str], bool]


@dataclass(frozen=True)
class Answer:
    """One criterion of one submission that a person decides on, or has decided on.

    `id` is the submission's, `name` what it is shown by. `seen` says why a machine could not tell, None where it was
    never asked. `folder` is the run's, whose executed notebook is shown. `points` and `comment` are what was entered.
    """

    id: str
    name: str
    lesson: str
    exercise: int
    title: str
    criterion: str
    claim: str
    max_score: float
    seen: str | None = None
    folder: Path | None = None
    points: float | None = None
    comment: str = ""
    is_published: Published | None = None


class Marks(Protocol):
    """Where marks are kept. Both are called by one thread only, the one that runs the server."""

    def waiting(self) -> list[Answer]:
        """What waits, in any order; what was marked already may be among it, with its points."""
        ...

    def enter(self, id: str, exercise: int, criterion: str, points: float, comment: str) -> None:
        """Keep a mark for good before returning; one that was entered before is replaced.

        Raises:
            Misuse: it cannot be kept; the message says why and what to do.
        """
        ...


def answers_of(
    result: Mapping[str, Any], id: str, name: str, folder: Path | None, is_published: Published | None = None
) -> Iterator[Answer]:
    """The criteria of a result that wait: manual ones without a mark, and automatic ones that nobody could check.

    A machine's fault is no reason to mark by hand, and a rejected file has nothing to mark.
    """
    if result["state"] not in ("graded", "tampered"):
        return
    for exercise in result["exercises"]:
        for criterion in exercise["criteria"]:
            if criterion["state"] == "unchecked":
                yield Answer(
                    id, name, str(result["lesson"]), exercise["number"], exercise["title"], criterion["id"],
                    criterion["claim"], criterion["max_score"],
                    None if criterion["kind"] == "manual" else criterion["seen"] or "it could not be checked",
                    folder, is_published=is_published,
                )  # fmt: skip


def choices(max_score: float) -> list[float]:
    """The marks that have a key, from 0 to all points: whole points where the keys suffice, else quarters."""
    if max_score == int(max_score) and 2 <= max_score <= MOST_KEYS:
        return [float(points) for points in range(int(max_score) + 1)]
    return list(dict.fromkeys(round(max_score * quarter / 4, 2) for quarter in range(5)))


def require_mark(answer: Answer, points: object, comment: object) -> tuple[float, str]:
    """The points and the comment as they may be entered.

    Raises:
        Misuse: they may not; one sentence.
    """
    if isinstance(points, bool) or not isinstance(points, int | float) or not math.isfinite(points):
        raise Misuse(f"{str(points)[:40]!r} is not a number of points: give one from 0 to {answer.max_score:g}")
    if not 0 <= points <= answer.max_score:
        raise Misuse(
            f"{points:g} points are not between 0 and {answer.max_score:g}, which is what {answer.criterion} of "
            f"exercise {answer.exercise} can earn: give a number in between"
        )
    if not isinstance(comment, str) or len(comment) > COMMENT_CHARACTERS:
        raise Misuse(f"a comment is a text of at most {COMMENT_CHARACTERS:,} characters: shorten it")
    return float(points), plain(comment).strip()
