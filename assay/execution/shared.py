"""Decides how many cells of a notebook are the course's own, from its first on, and after which a run may begin.

A course is known as sequences of cells, each by its exercise and the digest of its exact text; no text is kept.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

from assay.execution.plan import Section

# (exercise, digest of the text) of every code cell of one published notebook, in its order; 0 is the set-up.
Published = tuple[tuple[int, str], ...]


def text_digest(source: str) -> str:
    """The SHA-256 of a cell's exact text: whoever could write another text with it could have it run for everybody."""
    return hashlib.sha256(source.encode("utf-8", "surrogatepass")).hexdigest()


def common_cells(own: Published, course: Iterable[Published]) -> int:
    """How many cells `own` has in common with one of the course's notebooks, from the first on and in their order."""
    return max((_common(own, published) for published in course), default=0)


def _common(own: Published, published: Published) -> int:
    found = 0
    for one, other in zip(own, published, strict=False):
        if one != other:
            break
        found += 1
    return found


def beginnings(sections: Sequence[Section], common: int) -> list[int]:
    """After how many of the first `common` cells of a plan a run may begin, so that it is what a whole run would be.

    An exercise that is run again later needs the process from before it, and other replays that from behind it.
    """
    found: list[int] = []
    at = 0
    for section in sections:
        if any("again" in spec for spec in section.replays):
            break
        found += range(at + 1, min(at + len(section.cells), common) + 1)
        at += len(section.cells)
        if at > common or section.replays:
            break
    return found


def torn_exercise(sections: Sequence[Section], cells: int) -> int | None:
    """The exercise inside of which a run begins after so many cells, if one may come after it: should its process die,
    the next exercise needs the state from before it, which this run never had."""
    at = 0
    for position, section in enumerate(sections):
        if at < cells < at + len(section.cells) and 0 < position < len(sections) - 1:
            return section.exercise
        at += len(section.cells)
    return None
