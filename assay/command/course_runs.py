"""Decides how a course notebook is executed and graded: in the ways that `Runs` names, as any notebook is."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from assay.command.lessons import Lesson
from assay.command.reading import Reading
from assay.command.run import fresh
from assay.command.session import Progress, Result, Session
from assay.coursework.page import Page
from assay.coursework.placing import place
from assay.coursework.runs import Runs, as_on_a_gpu, as_published, asks_for_a_gpu, with_solutions
from assay.coursework.shown import Shown
from assay.failure import Fault
from assay.intake import Notebook


def run_all_ways(session: Session, page: Page, lesson: Lesson | None, folder: Path, progress: Progress) -> Runs:
    """Execute a notebook as published, with its solutions, and as on a machine with a GPU.

    Raises:
        Fault: this machine could not execute it.
    """
    placed = place(page)
    if lesson is None:
        why = "the notebook fits no lesson, so nothing says how to run and grade it: name one with --lesson"
        return Runs(placed, missing=(why,))
    alone = _without_replays(lesson)
    skeleton, _ = _run(session, as_published(page), alone, folder / "skeleton", progress, judged=False)
    solved, result = _run(session, with_solutions(page, placed), lesson, folder / "solved", progress, judged=True)
    gpu = None
    if session.warm.device == "cpu" and asks_for_a_gpu(page):  # else the run above was on one
        gpu, _ = _run(session, as_on_a_gpu(page, placed), alone, folder / "gpu", progress, judged=False)
    return Runs(placed, skeleton, solved, gpu, result)


def grade_with_solutions(
    session: Session, page: Page, lesson: Lesson, folder: Path, progress: Progress
) -> Result | None:
    """The grade of a notebook with its solutions, and nothing else."""
    return _run(session, with_solutions(page, place(page)), lesson, folder, progress, judged=True)[1]


def _without_replays(lesson: Lesson) -> Lesson:
    """Replays are for the judge, who has nothing to say where nothing is graded."""
    exercises = tuple(replace(exercise, replays=()) for exercise in lesson.rubric.exercises)
    return replace(lesson, rubric=replace(lesson.rubric, exercises=exercises))


def _run(
    session: Session, notebook: Notebook, lesson: Lesson, folder: Path, progress: Progress, judged: bool
) -> tuple[Shown, Result | None]:
    executed = session.execute(
        Reading(notebook, lesson), fresh(folder), lambda text: progress(f"{folder.name}: {text}")
    )
    if isinstance(executed.ran, dict):
        raise Fault(f"{notebook.file} could not be executed: {executed.ran['reason']}")
    return Shown.read(folder.resolve()), session.judge(executed) if judged else None
