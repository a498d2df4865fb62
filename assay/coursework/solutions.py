"""Decides whether the published solutions are any: they have a place, run, and earn full marks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from assay.coursework.finding import Finding
from assay.coursework.page import Page
from assay.coursework.runs import Runs
from assay.coursework.shown import CellError, Shown


def solutions(page: Page, runs: Runs) -> Iterator[Finding]:
    """What is wrong with the solutions, by putting them in, running and grading them."""
    yield from _without_a_place(page, runs)
    failing: set[int] = set()
    untried: set[int] = set()
    if runs.solved is not None:
        for finding in _failures(page, runs, runs.solved):
            failing.add(finding.exercise or 0)
            if finding.kind == "not-run":
                untried.add(finding.exercise or 0)
            yield finding
    if runs.result is not None:
        yield from _marks(page, runs.result, failing, untried)


def _without_a_place(page: Page, runs: Runs) -> Iterator[Finding]:
    for solution, block in runs.placed.unplaced:
        yield page.finding(
            solution.cell, "solution-unplaced", "warning",
            "This piece of the solution answers no TODO, placeholder or open cell, so it could not be tried: "
            "label it with its TODO's number.",
            f"{block.label or 'no label'}: {block.source.strip().splitlines()[0] if block.source.strip() else 'empty'}",
        )  # fmt: skip
    solved = {solution.exercise for solution in page.solutions}
    for cell in runs.placed.unanswered:
        if page.exercise_of[cell] not in solved:
            yield page.finding(
                cell, "solution-missing", "warning", "This cell leaves something to fill in, and no solution is given.",
                f"no solution in Exercise {page.exercise_of[cell]}",
            )  # fmt: skip
    for cell, names in runs.placed.left:
        yield page.finding(
            cell, "placeholder-left", "warning", "A placeholder is left although the solutions are in their places.",
            f"{names} is still to be filled in",
        )  # fmt: skip


def _failures(page: Page, runs: Runs, shown: Shown) -> Iterator[Finding]:
    """The first failing cell of each exercise, and how the exercises ended that a limit ended."""
    for number, reason in shown.stopped.items():
        yield page.finding(
            page.first_cell(number), "cell-fails", "error", "With its solutions the exercise comes to no end.", reason
        )
    met: set[int] = set()
    published = runs.skeleton.errors if runs.skeleton is not None else {}
    for cell, error in sorted(shown.errors.items()):
        in_exercise = page.exercise_of.get(cell)
        if in_exercise is None or in_exercise in met:
            continue
        met.add(in_exercise)
        if error.is_out_of_reach:
            yield page.finding(
                runs.author_cell(page, cell), "not-run", "warning",
                "This asks for something that the kit does not have, so the rest of the exercise could not be tried.",
                str(error),
            )  # fmt: skip
            continue
        if cell in runs.placed.sources:
            solution = runs.author_cell(page, cell)
            yield page.finding(solution, "solution-fails", "error", "The published solution fails when it is executed.",
                               f"in its place, cell {cell}: {error}")  # fmt: skip
        elif not (cell in published and not any(i <= cell for i in page.open_cells)):  # else the skeleton told it
            yield page.finding(cell, "cell-fails", "error", _given(page, cell), _with_rest(page, shown, cell, error))


def _given(page: Page, cell: int) -> str:
    what = "is handed out complete" if cell not in page.open_cells else "has no solution"
    return f"This cell {what}, and fails although every solution is in its place."


def _with_rest(page: Page, shown: Shown, cell: int, error: CellError) -> str:
    number = page.exercise_of[cell]
    rest = [i for i in sorted(shown.errors) if i > cell and page.exercise_of.get(i) == number]
    return f"{error} (then cells {', '.join(map(str, rest))} fail, too)" if rest else str(error)


def _marks(page: Page, result: Mapping[str, Any], failing: set[int], untried: set[int]) -> Iterator[Finding]:
    if result["state"] != "graded":
        yield page.finding(None, "not-run", "error", "The notebook with its solutions could not be graded.",
                           str(result["reason"] or result["state"]))  # fmt: skip
        return
    for exercise in result["exercises"]:
        automatic = [c for c in exercise["criteria"] if c["kind"] == "automatic"]
        lost = [c for c in automatic if c["state"] == "failed"]
        if not lost:
            continue
        missing = sum(c["max_score"] for c in lost)
        if exercise["number"] in untried or (not missing and exercise["number"] in failing):
            continue  # not to be blamed, or advice without points about what was told already
        solution = next((s.cell for s in page.solutions if s.exercise == exercise["number"]), None)
        cell = solution if solution is not None else page.first_cell(exercise["number"])
        what = "The published solution" if solution is not None else "The exercise as handed out"
        if page.exercise(exercise["number"]) is None:
            what = f"Exercise {exercise['number']}, for which this notebook has no heading,"
        yield page.finding(
            cell, "solution-loses-points", "error" if missing else "warning",
            f"{what} earns {exercise['score']:g} of {exercise['max_score']:g} points by the lesson's rubric.",
            " | ".join(f"{c['claim']} Seen: {c['seen']}" for c in lost),
        )  # fmt: skip
