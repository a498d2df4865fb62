"""Decides how many points each criterion, exercise and notebook earns from what the judge said."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from assay.rubric.model import Criterion, ExerciseState, Outcome, Rubric, RubricExercise

Outcomes = Mapping[tuple[int, str], Outcome]

NOT_ATTEMPTED = "not attempted"
NO_ANSWER = "the judge gave no answer"


@dataclass(frozen=True)
class _Points:
    """Points won, points decided on, and points that wait for a person."""

    score: float = 0.0
    max_score: float = 0.0
    pending: float = 0.0

    def __add__(self, other: _Points) -> _Points:
        return _Points(self.score + other.score, self.max_score + other.max_score, self.pending + other.pending)


def score_exercises(
    rubric: Rubric, states: Mapping[int, ExerciseState], outcomes: Outcomes
) -> tuple[list[dict[str, Any]], float, float, float]:
    """The exercises of the result in the rubric's order, and the notebook's score, max_score and pending.

    `states` is by exercise number (a missing one was not attempted), `outcomes` by exercise number and criterion id (a
    missing one is unchecked). Points are rounded to 2 decimals here and nowhere before.
    """
    exercises, total = [], _Points()
    for exercise in rubric.exercises:
        scored, points = _exercise(exercise, states.get(exercise.number) or _missing(exercise.number), outcomes)
        exercises.append(scored)
        total += points
    return exercises, _rounded(total.score), _rounded(total.max_score), _rounded(total.pending)


def _missing(number: int) -> ExerciseState:
    why = f"no heading such as '## Exercise {number}' was found, and headings say to which exercise a cell belongs"
    return ExerciseState("not_attempted", why)


def unchecked_exercises(rubric: Rubric, reason: str) -> list[dict[str, Any]]:
    """The exercises of a result whose machine failed: everything listed, nothing decided, `reason` in every `seen`."""
    states = {exercise.number: ExerciseState("incomplete", reason) for exercise in rubric.exercises}
    outcome = Outcome("unchecked", seen=reason)
    outcomes = {(one.number, criterion.id): outcome for one in rubric.exercises for criterion in one.criteria}
    return score_exercises(rubric, states, outcomes)[0]


def _exercise(exercise: RubricExercise, state: ExerciseState, outcomes: Outcomes) -> tuple[dict[str, Any], _Points]:
    said = {one.id: _outcome(one, state, outcomes.get((exercise.number, one.id))) for one in exercise.criteria}
    points = {one.id: _points(one, exercise, said) for one in exercise.criteria}
    total = sum(points.values(), _Points())
    scored = {
        "number": exercise.number,
        "title": exercise.title,
        "level": exercise.level,
        "state": state.state,
        "reason": state.reason,
        "cell": state.cell,
        "score": _rounded(total.score),
        "max_score": _rounded(total.max_score),
        "pending": _rounded(total.pending),
        "criteria": [_criterion(one, exercise, said, points[one.id].score) for one in exercise.criteria],
    }
    return scored, total


def _outcome(criterion: Criterion, state: ExerciseState, said: Outcome | None) -> Outcome:
    """What counts as said about a criterion, whatever was or was not answered."""
    claim = said.claim if said else None
    if state.state == "not_attempted":
        return Outcome("failed", claim, seen=NOT_ATTEMPTED)
    if criterion.kind == "manual":
        return Outcome("unchecked", claim, seen=said.seen if said else None)
    return said or Outcome("unchecked", seen=NO_ANSWER)


def _points(criterion: Criterion, exercise: RubricExercise, said: Mapping[str, Outcome]) -> _Points:
    outcome = said[criterion.id]
    if criterion.kind == "manual" and outcome.state == "unchecked":
        return _Points(pending=criterion.points)
    earned = outcome.state == "passed" and not _missing_companions(criterion, exercise, said)
    return _Points(score=criterion.points if earned else 0.0, max_score=criterion.points)


def _missing_companions(criterion: Criterion, exercise: RubricExercise, said: Mapping[str, Outcome]) -> list[Criterion]:
    required = [one for one in exercise.criteria if one.check in criterion.requires and one.check is not None]
    return [one for one in required if said[one.id].state != "passed"]


def _criterion(
    criterion: Criterion, exercise: RubricExercise, said: Mapping[str, Outcome], score: float
) -> dict[str, Any]:
    outcome = said[criterion.id]
    return {
        "id": criterion.id,
        "kind": criterion.kind,
        "claim": outcome.claim or criterion.claim or criterion.id.replace("-", " "),
        "state": outcome.state,
        "score": _rounded(score),
        "max_score": _rounded(criterion.points),
        "visibility": criterion.visibility,
        "seen": _seen(criterion, exercise, said),
        "help": _help(criterion, outcome),
        "misconception": outcome.misconception,
    }


def _seen(criterion: Criterion, exercise: RubricExercise, said: Mapping[str, Outcome]) -> str | None:
    outcome = said[criterion.id]
    missing = _missing_companions(criterion, exercise, said) if outcome.state == "passed" else []
    if not missing:
        return outcome.seen
    # A student who sees this line must not learn the name of a criterion that is hidden from them.
    tellable = [one.id for one in missing if one.visibility == "public" or criterion.visibility != "public"]
    names = " and ".join(tellable) or "another criterion"
    sentence = f"this counts only together with {names}, which did not pass"
    return f"{outcome.seen}; {sentence}" if outcome.seen else sentence


def _help(criterion: Criterion, outcome: Outcome) -> str | None:
    hinted = outcome.state == "failed" and outcome.seen != NOT_ATTEMPTED
    parts = [outcome.help, criterion.hint if hinted else None]
    return " ".join(part for part in parts if part) or None


def _rounded(points: float) -> float:
    return round(points, 2)
