"""What a student may read of a result: everything but what hidden criteria would give away."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from assay.report.words import Result, humanised

HIDDEN = "hidden"  # the state that a view for students gives to criteria that are not released
PUBLIC = frozenset({"public"})
# What does not fit in evidence is for the person who looks at it: a forger would learn what to forge better, and who is
# honest would read an accusation.
REVIEW = "A person must look at this run before it has a score."


def student_view(result: Result, released: Collection[str] = PUBLIC) -> dict[str, Any]:
    """A copy of the result in which only criteria whose visibility is `released` are told and counted.

    The others keep their name and what they are worth, and get the state `hidden`; the copy is for showing, not valid
    against the result schema. Of evidence that does not fit it only says that a person must look.
    """
    exercises = [_public_exercise(exercise, released) for exercise in result["exercises"]]
    view = {**result, "exercises": exercises}
    if result["state"] == "tampered":
        view |= {"reason": REVIEW, "notes": []}
    if result["score"] is not None:
        view["score"] = sum(exercise["score"] or 0.0 for exercise in exercises)
    if result["max_score"] is not None:
        view["max_score"] = sum(exercise["max_score"] or 0.0 for exercise in exercises)
    view["pending"] = sum(exercise["pending"] or 0.0 for exercise in exercises)
    return view


def hidden_count(result: Result) -> int:
    """How many criteria of a student's view are not released."""
    return sum(criterion["state"] == HIDDEN for exercise in result["exercises"] for criterion in exercise["criteria"])


def _public_exercise(exercise: Mapping[str, Any], released: Collection[str]) -> dict[str, Any]:
    secrets = [criterion for criterion in exercise["criteria"] if criterion["visibility"] not in released]
    public = [criterion for criterion in exercise["criteria"] if criterion["visibility"] in released]
    if not secrets:
        return dict(exercise)
    automatic = [criterion for criterion in public if not _waits(criterion)]
    return {
        **exercise,
        "criteria": [_public(criterion, secrets, released) for criterion in exercise["criteria"]],
        "score": None if exercise["score"] is None else sum(c["score"] or 0.0 for c in automatic),
        "max_score": None if exercise["max_score"] is None else sum(c["max_score"] for c in automatic),
        "pending": sum(c["max_score"] for c in public if _waits(c)),
    }


def _waits(criterion: Mapping[str, Any]) -> bool:
    return bool(criterion["kind"] == "manual" and criterion["state"] == "unchecked")


def _public(
    criterion: Mapping[str, Any], secrets: list[Mapping[str, Any]], released: Collection[str]
) -> dict[str, Any]:
    """A hidden criterion by name and points only; a public one without sentences that name a hidden one."""
    if criterion["visibility"] not in released:
        nothing = dict.fromkeys(("score", "seen", "help", "misconception", "hint"))
        return {**criterion, **nothing, "claim": humanised(criterion["id"]), "state": HIDDEN}
    seen = criterion["seen"] or ""
    if any(name and name in seen for secret in secrets for name in (secret["id"], secret["claim"])):
        return {**criterion, "seen": "its points also depend on a criterion that is hidden until it is released"}
    return dict(criterion)
