"""Decides a result from a stored Run: the judge's outcomes, the states of the exercises, the rubric's points."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assay.anew import write_anew
from assay.command.lessons import Lesson
from assay.execution.parent import WarmParent
from assay.execution.room import Room
from assay.execution.standby import Standby
from assay.failure import Excess, Fault
from assay.rubric import ExerciseState, Outcome, Rubric, legible, score_exercises

JUDGE = "assay.judging.court:stand_by"
JUDGE_S = 900.0  # on the clock, where others may need the processor too
# Judging takes 0.1 to 3 s with the kit. Of a full-size U-Net, one answer is about 20 s of a core by its count of
# operations (not measured), and eight are asked for. Less than the clock allows: it tells what never ends from a slow
# machine.
JUDGE_CPU_S = 600.0
JUDGE_MEMORIES = 2  # times what a notebook may use: it has models of its own beside what those of the notebook left
SHOWN = 10  # contradictions that a person is shown; the first few say where to look
STOPPED = ("error", "timeout", "resource", "blocked")


@dataclass(frozen=True)
class Record:
    """What is known of an execution besides the student's evidence; kept as run.json beside it."""

    file: str
    sha256: str
    lesson: str
    states: dict[str, dict[str, Any]]
    overrides: list[dict[str, Any]]
    notes: list[str]
    runner: dict[str, Any]
    seconds: dict[str, float]
    peak_memory: int | None = None  # bytes, like the next
    peak_gpu_memory: int | None = None


def verdict(record: Record, lesson: Lesson, folder: Path, warm: WarmParent) -> dict[str, Any]:
    """The result of a Run in `folder`; also writes exhibits.json and answers.json there. Evidence that no judge comes
    to an end with is for a person to look at, like evidence that contradicts itself.

    Raises:
        Fault: the judge did not come to an end, and it was not for the evidence.
    """
    states = {int(number): ExerciseState(**state) for number, state in record.states.items()}
    try:
        said = call_judge(
            lesson, warm, evidence=str(folder.resolve() / "evidence"), replays=replay_endings(lesson.rubric, folder),
            known=_known_answers(folder),
        )  # fmt: skip
    except Excess as excess:
        return _unjudged(record, lesson, states, f"judging the evidence took {excess}, as honest work never does")
    write_anew(folder / "answers.json", json.dumps(said["answers"]))
    write_anew(folder / "exhibits.json", json.dumps(said["exhibits"]))
    outcomes = {
        (number, name.replace("_", "-")): outcome_of(answer, states.get(number))
        for number, name, answer in said["outcomes"]
    }
    return _result(record, lesson, states, outcomes, said["contradictions"], said["seconds"])


def _unjudged(record: Record, lesson: Lesson, states: dict[int, ExerciseState], why: str) -> dict[str, Any]:
    nothing = Outcome("unchecked", seen=why)
    outcomes = {(one.number, criterion.id): nothing for one in lesson.rubric.exercises for criterion in one.criteria}
    return _result(record, lesson, states, outcomes, [why], 0.0)


def _result(
    record: Record, lesson: Lesson, states: dict[int, ExerciseState], outcomes: dict[tuple[int, str], Outcome],
    contradictions: list[str], seconds: float,
) -> dict[str, Any]:  # fmt: skip
    exercises, score, max_score, pending = score_exercises(lesson.rubric, states, outcomes)
    made = {
        "lesson": record.lesson,
        "file": record.file,
        "sha256": record.sha256,
        "state": "tampered" if contradictions else "graded",
        "reason": _for_a_person(contradictions),
        "score": None if contradictions else score,
        "max_score": max_score,
        "pending": pending,
        "exercises": exercises,
        "overrides": record.overrides,
        "notes": [*record.notes, *contradictions[:SHOWN]],
        "runner": record.runner,
        "seconds": record.seconds | {"judging": round(seconds, 3)},
    }
    peaks = {"peak_memory": record.peak_memory or None, "peak_gpu_memory": record.peak_gpu_memory}
    made |= {name: peak for name, peak in peaks.items() if peak is not None}
    return made | {name: legible(value) for name, value in made.items() if name != "file"}  # a path stays as given


def call_judge(lesson: Lesson, warm: WarmParent, **run: Any) -> dict[str, Any]:
    """What the judge says of a Run; a fault of this machine is tried once more, and nothing is executed for that.

    Raises:
        Excess: the judge was ended because it used too much; it would again.
        Fault: the judge did not come to an end.
    """
    room = Room(JUDGE_MEMORIES * lesson.rubric.limits.memory_bytes, JUDGE_CPU_S).on_this_machine()
    try:
        return dict(prepare_judge(lesson, warm).call(JUDGE_S, room=room, **run))
    except Excess:
        raise
    except Fault:
        return dict(prepare_judge(lesson, warm).call(JUDGE_S, room=room, **run))


def prepare_judge(lesson: Lesson, warm: WarmParent) -> Standby:
    """The process that holds the lesson's checks and originals ready; it may still be reading them."""
    edition = hashlib.sha256(lesson.files.checks.read_bytes()).hexdigest()
    return warm.stand_by(
        JUDGE, checks=str(lesson.files.checks), edition=edition, wanted=lesson.wanted, sources=lesson.sources,
        exercises=[exercise.number for exercise in lesson.rubric.exercises],
    )  # fmt: skip


def replay_endings(rubric: Rubric, folder: Path) -> list[dict[str, Any]]:
    """How each replay that the rubric asks for ended in this Run; one that it did not know yet needs a new run."""
    path = folder / "replays.json"
    stored = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else []
    endings = {ending["name"]: ending for ending in stored}
    unknown = {"state": "unchecked", "reason": "this needs a new run: it was not asked when the notebook was executed"}
    return [
        {"name": spec["name"], "exercise": exercise.number} | endings.get(spec["name"], unknown)
        for exercise in rubric.exercises for spec in exercise.replays
    ]  # fmt: skip


def _known_answers(folder: Path) -> list[Any] | None:
    """What an earlier judgement of this Run computed again; nothing before the first."""
    path = folder / "answers.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None


def _for_a_person(contradictions: list[str]) -> str | None:
    """What a person must look at before there is a score; a contradiction is no proof of anybody's guilt."""
    if not contradictions:
        return None
    more = f" (and {len(contradictions) - 1} more)" if len(contradictions) > 1 else ""
    return f"A person must look at this run, because its evidence cannot be relied on: {contradictions[0]}{more}."


def outcome_of(answer: dict[str, Any], state: ExerciseState | None) -> Outcome:
    """The judge's answer. In an exercise that was stopped, what is missing is missing through the student's own code:
    failed, and it says when the exercise stopped, because that may be all there is to it."""
    if answer["state"] != "passed" and state is not None and state.state in STOPPED and state.reason:
        seen = answer["seen"] if answer["state"] == "failed" else "the exercise stopped before this could be seen"
        is_told = state.cell is not None and f"cell {state.cell} raised" in (seen or "")  # again, as it ran again
        answer = answer | {"state": "failed", "seen": seen if is_told else f"{seen} ({state.reason})"}
    return Outcome(**answer)
