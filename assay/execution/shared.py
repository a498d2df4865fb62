"""Decides after which of a notebook's first cells a run may begin, so that it is what a whole run would be."""

from __future__ import annotations

from collections.abc import Sequence

from assay.execution.plan import Section


def beginnings(sections: Sequence[Section], common: int) -> list[int]:
    """After how many of the first `common` cells of a plan a run may begin.

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


def exercise_ends(sections: Sequence[Section]) -> list[int]:
    """After how many cells each section but the last ends, where a run may begin there."""
    ends, at = [], 0
    for section in sections[:-1]:
        at += len(section.cells)
        ends.append(at)
    possible = set(beginnings(sections, at))
    return [end for end in ends if end in possible]


def torn_exercise(sections: Sequence[Section], cells: int) -> int | None:
    """The exercise inside of which a run begins after so many cells, if one may come after it: should its process die,
    the next exercise needs the state from before it, which this run never had."""
    at = 0
    for position, section in enumerate(sections):
        if at < cells < at + len(section.cells) and 0 < position < len(sections) - 1:
            return section.exercise
        at += len(section.cells)
    return None
