"""Decides whether an exercise teaches: its scaffold leaves work, its solution reasons, its level and data fit."""

from __future__ import annotations

import re
from collections.abc import Iterator

from assay.coursework.finding import Finding
from assay.coursework.page import Page, Solution
from assay.coursework.runs import Runs
from assay.intake import Exercise

REASONING_WORDS = 8  # a heading or "Here is the code:" is shorter; the shortest reasoning of a course has a dozen
GIVEN_AWAY = 0.5  # of a solution's lines: half of the work is done when half of it is to be uncommented
SHORT_LINE = 12  # characters; shorter lines (`pass`, `else:`, `plt.show()`) say nothing about who wrote them
NOISE = 0.2  # correlation of neighbouring pixels: noise has 0, and the flattest photograph above 0.7
TRAINING = 5  # steps: fewer only show how a step is made
_TODO = re.compile(r"^\s*#.*\bTODO\b", re.MULTILINE)
_INLINE = re.compile(r"`([^`\n]+)`")


def teaching(page: Page, runs: Runs) -> Iterator[Finding]:
    """What of the exercises is not as exercises should be."""
    for exercise in page.notebook.exercises:
        yield from _level(page, exercise)
        for solution in page.solutions:
            if solution.exercise == exercise.number:
                yield from _reasoning(page, solution)
                if exercise.level == "independent":
                    yield from _given_away(page, exercise, solution)
    yield from _noise(page, runs)


def _level(page: Page, exercise: Exercise) -> Iterator[Finding]:
    opened = [cell for cell in exercise.cells if cell.index in page.open_cells]
    todos = sum(len(_TODO.findall(cell.source)) for cell in exercise.cells if cell.kind == "code")
    first = page.first_cell(exercise.number)
    if exercise.level == "guided" and opened:
        yield page.finding(
            opened[0].index, "level-mismatch", "warning",
            "The exercise is called Guided, which is handed out complete, and leaves something to fill in.",
            f"open cells: {', '.join(str(cell.index) for cell in opened)}",
        )  # fmt: skip
    elif exercise.level == "supported" and not todos:
        yield page.finding(
            first, "level-mismatch", "warning",
            "The exercise is called Supported, and no TODO says what is left to the student.", "0 TODOs in its code",
        )  # fmt: skip
    elif exercise.level == "independent" and todos > 1:
        yield page.finding(
            opened[0].index if opened else first, "level-mismatch", "warning",
            "The exercise is called Independent, and its code leads from TODO to TODO.", f"{todos} TODOs in its code",
        )  # fmt: skip


def _reasoning(page: Page, solution: Solution) -> Iterator[Finding]:
    words = solution.reasoning.split()
    if len(words) < REASONING_WORDS:
        yield page.finding(
            solution.cell, "no-reasoning", "warning", "The solution begins with its code: say first how to get there.",
            f"{len(words)} words before the first piece of code",
        )  # fmt: skip


def _given_away(page: Page, exercise: Exercise, solution: Solution) -> Iterator[Finding]:
    """How much of the solution stands in comments of the scaffold, or in code between backticks in the task."""
    lines = [_squeezed(line) for block in solution.blocks for line in block.source.splitlines()]
    wanted = {line for line in lines if len(line) >= SHORT_LINE and not line.startswith(("#", "print", "'''"))}
    before = [cell for cell in exercise.cells if cell.index < solution.cell]
    offered = "".join(
        _squeezed(text)
        for cell in before
        for text in (_comments(cell.source) if cell.kind == "code" else _INLINE.findall(cell.source))
    )
    given = {line for line in wanted if line in offered}
    if wanted and len(given) / len(wanted) >= GIVEN_AWAY:
        yield page.finding(
            before[-1].index, "scaffold-gives-away", "warning",
            "The exercise is called Independent, and its scaffold holds most of the solution.",
            f"{len(given)} of {len(wanted)} lines of the solution stand in it",
        )  # fmt: skip


def _comments(source: str) -> list[str]:
    return [line.strip().lstrip("#") for line in source.splitlines() if line.strip().startswith("#")]


def _squeezed(text: str) -> str:
    """Without white space and trailing comments, with one kind of quotes: how lines are compared."""
    return re.sub(r"\s+", "", re.sub(r"\s+#.*$", "", text)).replace('"', "'")


def _noise(page: Page, runs: Runs) -> Iterator[Finding]:
    """Pictures that went into the encoder, and whose neighbouring pixels have nothing to do with each other."""
    if runs.solved is None:
        return
    for cell in page.code:
        noise = [line for line in runs.solved.of("picture", cell.index) if abs(line["correlation"]) < NOISE]
        if not noise:
            continue
        number = page.exercise_of[cell.index]
        steps = sum(page.exercise_of.get(line["cell"]) == number for line in runs.solved.of("step"))
        trained = steps >= TRAINING
        line = noise[0]
        yield page.finding(
            cell.index, "noise-as-data", "error" if trained else "warning",
            "A network is trained on noise, which has nothing to learn." if trained
            else "Noise stands for a picture: its latent is none of those that the model was made for.",
            f"a picture {line['shape']} was encoded with values from {line['low']:.2f} to {line['high']:.2f} and a "
            f"correlation of {line['correlation']:.3f} between neighbouring pixels",
        )  # fmt: skip
