"""Decides what `%check` says: the public criteria of what this kernel has done, and which it cannot tell, and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from assay.command.lessons import Lesson
from assay.failure import Fault, Misuse
from assay.intake import Cell, Exercise
from assay.live.diary import Entry, counting
from assay.live.evidence import Fact, labels_in, lay_out
from assay.live.judge import RUNS_NOTHING, Judge
from assay.live.places import lesson_of, mark
from assay.live.watching import Watching
from assay.report import student_view
from assay.rubric import ExerciseState, untouched

NOTHING_RUN = "no cell of this exercise has been run since %load_ext assay"
NONE_KNOWN = (
    "no cell that has been run since %load_ext assay is known to be of this exercise: save the notebook and name it, "
    "%check --notebook FILE, or begin its cells with # Exercise {number}"
)


def check(
    watching: Watching, judge: Judge, number: int | None, named: str | None, notebook: str | None
) -> dict[str, Any]:
    """The student's view of the result, with exercise `number` alone where one was asked for.

    Args:
        named: the lesson, where nothing else tells it.
        notebook: the saved notebook, where it is not found.

    Raises:
        Misuse: the lesson, the notebook or the exercise is not known.
        Fault: the judge failed.
    """
    if not (watching.folder / "kernel" / "facts.jsonl").is_file():
        raise Fault("what was seen of this kernel is gone, its temporary folder was emptied: restart the kernel")
    sheet = watching.sheet(notebook, ask=True)
    rubrics = {slug: lesson.rubric for slug, lesson in watching.lessons.items()}
    lesson = watching.lessons[lesson_of(named, sheet, watching.entries, rubrics)]
    found = watching.places(sheet, lesson.files.slug)
    if number is not None:
        mark(watching.entries, found, number)
        found = watching.places(sheet, lesson.files.slug)
    for entry, place in zip(watching.entries, found, strict=True):
        entry.exercise = place.exercise
    entries = counting(watching.entries, [place.cell for place in found])
    facts, freed = lay_out(
        watching.folder / "kernel", watching.folder / "evidence", {e.serial: e.exercise for e in watching.entries},
        {entry.serial for entry in entries}, watching.witness.tokens.alive,
    )  # fmt: skip
    watching.witness.recorder.give_back(freed)
    result = judge.ask(lesson, standings(lesson, entries, sheet is not None), _shown(lesson, entries))
    view = student_view(_with_doubts(result, facts, watching.older))
    asked = [_decided(e) for e in view["exercises"] if number in (None, e["number"])]
    if not asked:
        numbers = ", ".join(str(exercise["number"]) for exercise in view["exercises"])
        raise Misuse(f"this lesson has no exercise {number}: its exercises are {numbers}")
    totals = {name: round(sum(e[name] for e in asked), 2) for name in ("score", "max_score", "pending")}
    return {**view, "exercises": asked, **totals}


def _decided(exercise: Mapping[str, Any]) -> dict[str, Any]:
    """The exercise with no points lost for what cannot be told here."""
    open_ = [c for c in exercise["criteria"] if c["kind"] == "automatic" and c["state"] == "unchecked"]
    return {**exercise, "max_score": round(exercise["max_score"] - sum(c["max_score"] for c in open_), 2)}


def standings(lesson: Lesson, entries: Sequence[Entry], has_sheet: bool) -> dict[int, ExerciseState]:
    """How each exercise stands: an error of a cell counts until that cell has run without one. Without the notebook,
    cells may have run whose exercise nothing tells."""
    states: dict[int, ExerciseState] = {}
    for exercise in lesson.rubric.exercises:
        own = [entry for entry in entries if entry.exercise == exercise.number]
        cells = tuple(Cell(entry.serial, "code", entry.source) for entry in own)
        broken = next((entry for entry in own if entry.error is not None), None)
        reason = NOTHING_RUN if has_sheet else NONE_KNOWN.format(number=exercise.number)
        if not own:
            states[exercise.number] = ExerciseState("not_attempted", reason)
        elif untouched(Exercise(exercise.number, exercise.title, None, cells), exercise.published):
            states[exercise.number] = ExerciseState("not_attempted")
        elif broken is not None:
            states[exercise.number] = ExerciseState("error", f"{broken.name} raised {broken.error}")
        else:
            states[exercise.number] = ExerciseState("completed")
    return states


def _shown(lesson: Lesson, entries: Sequence[Entry]) -> dict[int, str]:
    return {
        exercise.number: "".join(text for e in entries if e.exercise == exercise.number for text in e.shown)
        for exercise in lesson.rubric.exercises
    }  # fmt: skip


def _with_doubts(result: dict[str, Any], facts: Sequence[Fact], older: Mapping[str, str]) -> dict[str, Any]:
    """The result with a failure that may be our own blindness taken back, and with plain words for what cannot be
    told here."""
    exercises = []
    for exercise in result["exercises"]:
        own = [fact for fact in facts if fact["exercise"] == exercise["number"]]
        unseen = sorted({older[label] for label in labels_in(own) & older.keys()})
        exercises.append({**exercise, "criteria": [_doubted(c, unseen) for c in exercise["criteria"]]})
    return {**result, "exercises": exercises}


def _doubted(criterion: Mapping[str, Any], unseen: Sequence[str]) -> dict[str, Any]:
    seen = criterion["seen"] or ""
    if criterion["state"] == "unchecked" and RUNS_NOTHING in seen:
        return {**criterion, "seen": RUNS_NOTHING}
    if unseen and criterion["kind"] == "automatic" and criterion["state"] != "passed" and seen != "not attempted":
        names = " and ".join(unseen)
        return {
            **criterion, "state": "unchecked", "misconception": None,
            "seen": f"{names} was loaded before %load_ext assay, so that what became of it since is not known",
            "help": "Run the cell that loads it again, and what comes after it.",
        }  # fmt: skip
    return dict(criterion)
