"""Decides whether students can begin: the notebook as published runs, or stops where a TODO is, and says so."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from assay.coursework.finding import Finding
from assay.coursework.page import Page
from assay.coursework.runs import Runs
from assay.coursework.shown import CellError, Shown

# What a message that helps says; in an error, or printed by the cell that stops or by the open one before it.
_HELPS = re.compile(
    r"\bTODO|\bfill in|\bcomplete\b|\bimplement|\byour (?:code|task)|\bdefine\b|\bnot implemented", re.I
)
# What only the stand-in can be blamed for: the library, built without CUDA, was asked for the real thing.
_NO_CUDA = re.compile(r"Torch not compiled with CUDA|NVIDIA driver|libcuda|cudaGetDevice|CUDA driver", re.I)


def skeletons(page: Page, runs: Runs) -> Iterator[Finding]:
    """How the notebook as published stops, and what a GPU would add to that."""
    if runs.skeleton is not None:
        for number, reason in runs.skeleton.stopped.items():
            if runs.solved is None or number not in runs.solved.stopped:
                yield _limit(page, number, reason)
        for errors in _by_exercise(page, runs.skeleton.errors).values():
            yield from _first_stop(page, runs, errors)
    yield from _on_a_gpu(page, runs)


def _first_stop(page: Page, runs: Runs, errors: dict[int, CellError]) -> Iterator[Finding]:
    """The first cell of an exercise that fails; the ones behind it mostly fail for the lack of what it makes."""
    assert runs.skeleton is not None
    solved = runs.solved.errors if runs.solved is not None else {}
    cell, error = next(iter(errors.items()))
    if error.is_out_of_reach:
        return  # told where the solutions are looked at
    opened = [i for i in page.open_cells if i <= cell]
    if not opened:
        yield page.finding(
            cell, "skeleton-breaks", "error", "This cell has nothing to fill in, and fails when run as published.",
            _told(errors),
        )  # fmt: skip
    elif cell not in solved and not _helps(page, runs.skeleton, cell, error):
        yield page.finding(
            cell, "skeleton-unhelpful", "warning",
            "A student who runs the notebook with this TODO open is stopped by a message that does not name it: "
            "test for the open TODO and print what to do.",
            _told(errors),
        )  # fmt: skip


def _helps(page: Page, shown: Shown, cell: int, error: CellError) -> bool:
    opened = max(
        (i for i in page.open_cells if i <= cell and page.exercise_of[i] == page.exercise_of[cell]), default=cell
    )
    said = [error.message, *(shown.printed.get(index, "") for index in {cell, opened})]
    return error.name == "NotImplementedError" or any(_HELPS.search(text) for text in said)


def _on_a_gpu(page: Page, runs: Runs) -> Iterator[Finding]:
    if runs.gpu is None or runs.solved is None:
        return
    new = {cell: error for cell, error in runs.gpu.errors.items() if cell not in runs.solved.errors}
    if any(_NO_CUDA.search(error.message) for error in new.values()):
        cell = next(cell for cell, error in new.items() if _NO_CUDA.search(error.message))
        yield page.finding(
            cell, "not-run", "note", "What this cell asks of a GPU cannot be stood in for on this machine.",
            str(new[cell]),
        )  # fmt: skip
        new = {other: error for other, error in new.items() if other < cell}
    for errors in _by_exercise(page, new).values():
        cell = next(iter(errors))
        yield page.finding(
            cell, "gpu-only-failure", "error", "This cell works on a CPU and fails on a machine with a GPU.",
            _told(errors),
        )  # fmt: skip


def _by_exercise(page: Page, errors: Mapping[int, CellError]) -> dict[int, dict[int, CellError]]:
    found: dict[int, dict[int, CellError]] = {}
    for cell, error in sorted(errors.items()):
        if cell in page.exercise_of:
            found.setdefault(page.exercise_of[cell], {})[cell] = error
    return found


def _told(errors: Mapping[int, CellError]) -> str:
    (_, first), *rest = errors.items()
    if not rest:
        return str(first)
    later = "; ".join(f"cell {cell}: {error.name}" for cell, error in rest[:5])
    return f"{first} (after it in the same exercise: {later})"


def _limit(page: Page, number: int, reason: str) -> Finding:
    message = "The exercise as published comes to no end of its own."
    return page.finding(page.first_cell(number), "skeleton-breaks", "error", message, reason)
