"""Decides whether a rubric's promises can be kept: points, claims, hidden criteria, and what hangs together."""

from __future__ import annotations

from collections.abc import Iterator

from assay.lint.lesson import Lesson
from assay.rubric import LARGEST_SHARE, Criterion, Rubric, RubricExercise, claims_of

# Such a claim is true of a notebook that did nothing, so that it may earn only together with one that something moved.
CONSERVATION = ("unchanged", "unaffected", "only-the", "restored", "frozen", "start-at-zero")


def look(lesson: Lesson) -> None:
    """Everything that the rubric alone can tell."""
    rubric = lesson.rubric
    if rubric is None:
        return
    for index, exercise in enumerate(rubric.exercises):
        _points(lesson, index, exercise)
        for position, criterion in enumerate(exercise.criteria):
            place = ("exercises", index, "criteria", position)
            if round(criterion.points, 2) != criterion.points:
                lesson.in_rubric(
                    "points", (*place, "points"), f"{criterion.points} points have more than two decimals, and results "
                    "are rounded to two; use fewer",
                )  # fmt: skip
            if any(word in criterion.id for word in CONSERVATION) and not criterion.requires:
                lesson.in_rubric(
                    "conservation", place, f"{criterion.id} is true of a notebook that did nothing; let it require a "
                    "check that something was learned",
                )  # fmt: skip
    _claims(lesson, rubric)
    _hidden(lesson, rubric)
    _published(lesson, rubric)


def _points(lesson: Lesson, index: int, exercise: RubricExercise) -> None:
    place = ("exercises", index)
    total = sum(criterion.points for criterion in exercise.criteria)
    if total == 0:
        lesson.in_rubric("points", place, f"exercise {exercise.number} earns no points; give its criteria some")
    elif round(2 * total, 4) % 1:
        lesson.in_rubric(
            "points", place, f"exercise {exercise.number} adds up to {total:g} points; whole or half ones are easier "
            "to read", "note",
        )  # fmt: skip
    if not any(criterion.kind == "automatic" for criterion in exercise.criteria):
        lesson.in_rubric("no-check", place, f"nothing of exercise {exercise.number} is checked; add a check", "note")
    if all(criterion.visibility != "public" for criterion in exercise.criteria):
        lesson.in_rubric(
            "all-hidden", place, f"students are told nothing of exercise {exercise.number}; make a criterion public",
            "note",
        )  # fmt: skip


def _claims(lesson: Lesson, rubric: Rubric) -> None:
    places = {(number, c.id): place for number, c, place in _criteria(rubric)}
    for claim in claims_of([rubric]):
        if claim.is_too_heavy:
            lesson.in_rubric(
                "claim-too-heavy", places[claim.exercise, claim.criterion],
                f"{claim.criterion} rests on what the notebook's own process says and weighs {claim.share:.0%} of its "
                f"exercise; give it at most {LARGEST_SHARE:.0%}",
            )  # fmt: skip


def _hidden(lesson: Lesson, rubric: Rubric) -> None:
    """A check that is public elsewhere in the lesson tells its claim there."""
    public = {c.check: number for number, c, _ in _criteria(rubric) if c.check and c.visibility == "public"}
    for _number, criterion, place in _criteria(rubric):
        if criterion.visibility == "hidden" and criterion.check in public:
            lesson.in_rubric(
                "told-elsewhere", place, f"{criterion.id} is hidden here and public in exercise "
                f"{public[criterion.check]}, where students read its claim; use one visibility or another check",
            )  # fmt: skip


def _published(lesson: Lesson, rubric: Rubric) -> None:
    if not rubric.sequences:
        lesson.in_rubric(
            "not-registered", (), "no published notebook is registered, so an exercise left as handed out counts as "
            f"wrong; run `grade.py register {rubric.slug} NOTEBOOK`", "note",
        )  # fmt: skip


def _criteria(rubric: Rubric) -> Iterator[tuple[int, Criterion, tuple[str | int, ...]]]:
    for index, exercise in enumerate(rubric.exercises):
        for position, criterion in enumerate(exercise.criteria):
            yield exercise.number, criterion, ("exercises", index, "criteria", position)
