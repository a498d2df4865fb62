"""Decides which lines of a markdown cell are headings, and which of those open an exercise."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import cast

from assay.intake.notebook import Level

# All of these are linear in the line: a student's line may have a million characters.
_HEADING = re.compile(r" {0,3}(#{1,6})(?:[ \t]+(\S.*)?)?", re.DOTALL)
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})(.*)")
# Three digits: more is not an exercise number, and int() of a very long one is refused.
_EXERCISE = re.compile(
    r"[*_]{0,2}exercise[ \t]+#?([0-9]{1,3})\b[*_]{0,2}[ \t]*[-\u2013\u2014:.)]*[ \t]*(.*)", re.IGNORECASE
)
_LEVEL = re.compile(r"`?[\[(][*_` ]*(guided|supported|independent)[*_` ]*[\])][*_` .]*$", re.IGNORECASE)


@dataclass(frozen=True)
class Heading:
    """A markdown heading; `rank` is its number of `#` signs."""

    rank: int
    text: str


@dataclass(frozen=True)
class ExerciseHeading:
    """What a heading that opens an exercise says."""

    rank: int
    number: int
    title: str
    level: Level | None


def headings(markdown: str) -> Iterator[Heading]:
    """The headings of a markdown text in order; lines inside fenced code are no headings."""
    fence = ""
    for line in markdown.splitlines():
        bar = _FENCE.fullmatch(line)
        if fence:
            if bar and bar[1].startswith(fence) and not bar[2].strip():
                fence = ""
        elif bar and not (bar[1][0] == "`" and "`" in bar[2]):
            fence = bar[1]
        elif heading := _HEADING.fullmatch(line):
            yield Heading(len(heading[1]), _without_closing_marks(heading[2] or ""))


def _without_closing_marks(text: str) -> str:
    """'Title' for 'Title ##'; the marks must stand apart, so that 'C#' stays."""
    body = text.rstrip().rstrip("#")
    return body.rstrip() if not body or body[-1] in " \t" else text.rstrip()


def as_exercise(heading: Heading) -> ExerciseHeading | None:
    """The exercise that this heading opens, if it does: 'Exercise 3: Title [Supported]', down to rank 3."""
    match = _EXERCISE.fullmatch(heading.text)
    if match is None or heading.rank > 3:
        return None
    title, level = match[2], None
    if tag := _LEVEL.search(title):
        level = cast(Level, tag[1].lower())
        title = title[: tag.start()]
    return ExerciseHeading(heading.rank, int(match[1]), title.strip(" \t*_"), level)


def notebook_title(found: Iterable[Iterable[Heading]]) -> str | None:
    """The first heading of rank 1 that opens no exercise, among the headings cell by cell."""
    for heading in chain.from_iterable(found):
        if heading.rank == 1 and heading.text and as_exercise(heading) is None:
            return heading.text
    return None
