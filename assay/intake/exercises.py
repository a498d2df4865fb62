"""Decides which exercise each cell belongs to, from the headings alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from assay.intake.headings import ExerciseHeading, Heading, as_exercise
from assay.intake.notebook import Cell, Exercise


@dataclass
class _Open:
    heading: ExerciseHeading
    cells: list[Cell] = field(default_factory=list)
    times: int = 0


def split(
    cells: tuple[Cell, ...], found: Sequence[Sequence[Heading]]
) -> tuple[tuple[Cell, ...], tuple[Exercise, ...], list[str]]:
    """The cells before the first exercise, the exercises as the file orders them, and notes on repeated headings.

    `found` holds the headings of each cell. After a section that is no exercise, code still belongs to the exercise
    before it, because it must run; text does not.
    """
    main = _numbers_of_main_headings(found)
    setup: list[Cell] = []
    opened: dict[int, _Open] = {}
    current, outside = None, False
    for cell, inside in zip(cells, found, strict=True):
        for heading in inside:
            if exercise := _opens(heading, main):
                current, outside = _enter(exercise, opened), False
            elif heading.rank <= 2:
                outside = True
        if current is None:
            setup.append(cell)
        elif cell.kind == "code" or not outside:
            current.cells.append(cell)
    notes = [_note(one.heading.number) for one in opened.values() if one.times > 1]
    return tuple(setup), tuple(map(_closed, opened.values())), notes


def _numbers_of_main_headings(found: Sequence[Sequence[Heading]]) -> set[int]:
    main = (heading for inside in found for heading in inside if heading.rank <= 2)
    return {exercise.number for exercise in map(as_exercise, main) if exercise}


def _opens(heading: Heading, main: set[int]) -> ExerciseHeading | None:
    """The exercise that `heading` opens; '### Exercise 3: my answer' below '## Exercise 3' opens nothing."""
    exercise = as_exercise(heading)
    return None if exercise and exercise.rank > 2 and exercise.number in main else exercise


def _enter(heading: ExerciseHeading, opened: dict[int, _Open]) -> _Open:
    exercise = opened.setdefault(heading.number, _Open(heading))
    exercise.times += 1
    return exercise


def _note(number: int) -> str:
    return f"Exercise {number} has more than one heading; the cells below all of them belong to it."


def _closed(exercise: _Open) -> Exercise:
    heading = exercise.heading
    return Exercise(heading.number, heading.title, heading.level, tuple(exercise.cells))
