"""Decides whether an exercise is still as published, from digests of the published code cells; no text is kept."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from assay.failure import Misuse
from assay.intake import Exercise, Notebook, cell_digest
from assay.rubric.load import load_rubric
from assay.rubric.model import PublishedCell, Rubric
from assay.rubric.sequences import CellSequence, sequence_of
from assay.rubric.skeleton import does_something, is_open

MARKER = "# --- generated below this line by `grade.py register`; do not edit ---"
_MARKER_LINE = re.compile(rb"^# --- generated below this line[^\n]*(?:\n|\Z)", re.MULTILINE)


def untouched(exercise: Exercise | None, published: Sequence[PublishedCell]) -> bool:
    """Whether the student left the exercise as it was handed out, so that it counts as not attempted.

    True without any code that does something; and true when all such code is published code of one version that leaves
    something open. One changed or added cell of work is an attempt, wherever it stands. An exercise handed out complete
    (a version without open cells) is never untouched by being equal to it.
    """
    cells = exercise.cells if exercise else ()
    work = {cell_digest(cell.source) for cell in cells if cell.kind == "code" and does_something(cell.source)}
    if not work:
        return True
    fitting = [version for version in _versions(published) if work <= {cell.digest for cell in version}]
    return bool(fitting) and all(any(cell.open for cell in version) for version in fitting)


def _versions(published: Sequence[PublishedCell]) -> list[list[PublishedCell]]:
    numbers = sorted({cell.version for cell in published})
    return [[cell for cell in published if cell.version == number] for number in numbers]


def register(rubric_path: Path, notebook: Notebook) -> str:
    """Add the published `notebook` to the generated part of a rubric file; the part above stays byte for byte.

    Text cells are remembered too, so that a report can tell a student's own words from the course's.
    Returns a sentence that says what was registered; a notebook with cells already known changes nothing.

    Raises:
        Misuse: the rubric is not sound, or the notebook has other exercises than the rubric.
    """
    rubric = load_rubric(rubric_path)
    _require_same_exercises(rubric, notebook)
    known = {exercise.number: list(exercise.published) for exercise in rubric.exercises}
    version = 1 + max((cell.version for cells in known.values() for cell in cells), default=0)
    new = {exercise.number: _published(exercise, rubric, version) for exercise in notebook.exercises}
    old, sequence = _same_version(known, new, version), sequence_of(notebook)
    if old and sequence in rubric.sequences:
        return f"{notebook.file} is registered already, as version {old}."
    for number, cells in new.items() if not old else ():
        known[number] += cells
    sequences = dict.fromkeys((*rubric.sequences, sequence))
    rubric_path.write_bytes(_hand_written(rubric_path) + _generated(known, sequences).encode())
    if old:  # the exercises are; the set-up, white space, or that the cells have an order, is new
        return f"{notebook.file} is registered as version {old}; its cells as they stand are known now, too."
    every = [cell for cells in new.values() for cell in cells]
    left_open = sum(cell.open for cell in every)
    return f"{notebook.file} is registered as version {version}: {len(every)} cells, {left_open} of them open."


def _require_same_exercises(rubric: Rubric, notebook: Notebook) -> None:
    ours, theirs = {one.number for one in rubric.exercises}, {one.number for one in notebook.exercises}
    for number in sorted(ours ^ theirs):
        lacking = rubric.path if number in theirs else notebook.file
        raise Misuse(f"{lacking}: there is no exercise {number}: register the published notebook of {rubric.slug}")


def _published(exercise: Exercise, rubric: Rubric, version: int) -> list[PublishedCell]:
    complete = next(one.level == "guided" for one in rubric.exercises if one.number == exercise.number)
    return [
        PublishedCell(cell_digest(cell.source), cell.kind == "code" and is_open(cell.source, complete), version)
        for cell in exercise.cells
        if cell.source.strip()
    ]


def _same_version(known: dict[int, list[PublishedCell]], new: dict[int, list[PublishedCell]], limit: int) -> int | None:
    wanted = {number: [cell.digest for cell in cells] for number, cells in new.items()}
    for version in range(1, limit):
        if wanted == {n: [cell.digest for cell in cells if cell.version == version] for n, cells in known.items()}:
            return version
    return None


def _hand_written(path: Path) -> bytes:
    """The bytes up to and with the marker line; the marker is added when it is missing."""
    data = path.read_bytes()
    marker = _MARKER_LINE.search(data)
    if marker:
        return data[: marker.end()] + (b"" if marker.group().endswith(b"\n") else b"\n")
    if re.search(rb"^published\s*:", data, re.MULTILINE):
        raise Misuse(f"{path}: 'published' stands above the generated part: remove it, then register again")
    return data.rstrip(b"\n") + b"\n" + MARKER.encode() + b"\n"


def _generated(known: dict[int, list[PublishedCell]], sequences: Iterable[CellSequence]) -> str:
    lines = ["published:"]
    for number in sorted(known):
        lines.append(f"  {number}:" if known[number] else f"  {number}: []")
        lines += [
            f"    - {{digest: '{cell.digest}', open: {str(cell.open).lower()}, version: {cell.version}}}"
            for cell in known[number]
        ]
    lines.append("sequences:")
    for sequence in filter(None, sequences):
        lines += ["  -", *(f"    - '{number} {digest}'" for number, digest in sequence)]
    return "\n".join(lines) + "\n"
