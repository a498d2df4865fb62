"""From what the judge said to points."""

from pathlib import Path

import pytest

from assay.rubric import (
    Criterion,
    ExerciseState,
    Limits,
    Outcome,
    Rubric,
    RubricExercise,
    score_exercises,
    unchecked_exercises,
)


def automatic(name, points=1.0, requires=(), hint=None, visibility="public"):
    return Criterion(
        name.replace("_", "-"), name, f"{name} holds.", points, visibility, requires, hint, "automatic", False
    )


def manual(name, points=1.0):
    return Criterion(name, None, f"{name} is good.", points, "public", (), None, "manual", False)


def rubric(*criteria):
    exercise = RubricExercise(3, "Train", "supported", criteria, ())
    return Rubric("small", "Small", (), (), (exercise,), Limits(1, 1, 1, 1, 1), (), Path("small.yaml"))


COMPLETED = {3: ExerciseState("completed")}
PASSED = Outcome("passed", "It holds.", seen="1 row moved")
FAILED = Outcome("failed", "It holds.", "5 rows moved", "Look again.", "rows are apart")
UNCHECKED = Outcome("unchecked", "It holds.", seen="no hold was found")


def score(criteria, outcomes, states=COMPLETED):
    return score_exercises(rubric(*criteria), states, {(3, name): one for name, one in outcomes.items()})


def test_passed_earns_failed_does_not_unchecked_stays_in_the_maximum():
    criteria = [automatic("a", 2), automatic("b", 3), automatic("c", 4)]
    (exercise,), points, most, pending = score(criteria, {"a": PASSED, "b": FAILED, "c": UNCHECKED})
    assert (points, most, pending) == (2.0, 9.0, 0.0)
    assert (exercise["score"], exercise["max_score"], exercise["pending"]) == (2.0, 9.0, 0.0)
    assert [one["state"] for one in exercise["criteria"]] == ["passed", "failed", "unchecked"]
    assert [one["score"] for one in exercise["criteria"]] == [2.0, 0.0, 0.0]
    assert [one["max_score"] for one in exercise["criteria"]] == [2.0, 3.0, 4.0]


def test_an_exercise_says_how_it_ended():
    (exercise,), *_ = score([automatic("a")], {"a": FAILED}, {3: ExerciseState("error", "NameError in cell 7", 7)})
    assert exercise == {
        "number": 3,
        "title": "Train",
        "level": "supported",
        "state": "error",
        "reason": "NameError in cell 7",
        "cell": 7,
        "score": 0.0,
        "max_score": 1.0,
        "pending": 0.0,
        "criteria": [
            {
                "id": "a",
                "kind": "automatic",
                "claim": "It holds.",
                "state": "failed",
                "score": 0.0,
                "max_score": 1.0,
                "visibility": "public",
                "seen": "5 rows moved",
                "help": "Look again.",
                "misconception": "rows are apart",
            }
        ],
    }


def test_a_criterion_marked_by_a_person_waits_outside_score_and_maximum():
    (exercise,), points, most, pending = score([automatic("a", 2), manual("text", 4)], {"a": PASSED})
    assert (points, most, pending) == (2.0, 2.0, 4.0)
    assert exercise["criteria"][1] == {
        "id": "text",
        "kind": "manual",
        "claim": "text is good.",
        "state": "unchecked",
        "score": 0.0,
        "max_score": 4.0,
        "visibility": "public",
        "seen": None,
        "help": None,
        "misconception": None,
    }


def test_nobody_passes_a_manual_criterion_but_a_person():
    _, points, most, pending = score([manual("text", 4)], {"text": PASSED})
    assert (points, most, pending) == (0.0, 0.0, 4.0)


@pytest.mark.parametrize("states", [{3: ExerciseState("not_attempted", "left open")}, {}])
def test_what_was_not_attempted_earns_nothing_whatever_was_observed(states):
    criteria = [automatic("a", 2, hint="Begin."), automatic("b", 3), manual("text", 4)]
    (exercise,), points, most, pending = score(criteria, {"a": PASSED, "b": FAILED}, states)
    assert exercise["state"] == "not_attempted"
    assert exercise["reason"]
    assert {(one["state"], one["seen"], one["help"]) for one in exercise["criteria"]} == {
        ("failed", "not attempted", None)
    }
    assert (points, most, pending) == (0.0, 9.0, 0.0)


def test_a_missing_outcome_is_unchecked_and_keeps_the_claim_of_the_rubric():
    (exercise,), points, most, _ = score([automatic("a", 2)], {})
    (criterion,) = exercise["criteria"]
    assert (criterion["state"], criterion["seen"]) == ("unchecked", "the judge gave no answer")
    assert criterion["claim"] == "a holds."
    assert (points, most) == (0.0, 2.0)


@pytest.mark.parametrize("companion", [FAILED, UNCHECKED, None])
def test_points_wait_for_the_required_companion(companion):
    criteria = [automatic("row_learned", 1), automatic("others_stayed", 3, ("row_learned",))]
    outcomes = {"others-stayed": PASSED} | ({"row-learned": companion} if companion else {})
    (exercise,), points, most, _ = score(criteria, outcomes)
    stayed = exercise["criteria"][1]
    assert (stayed["state"], stayed["score"]) == ("passed", 0.0)
    assert stayed["seen"] == "1 row moved; this counts only together with row-learned, which did not pass"
    assert (points, most) == (0.0, 4.0)


def test_points_count_when_every_companion_passed():
    criteria = [automatic("a"), automatic("b"), automatic("c", 3, ("a", "b"))]
    (exercise,), points, *_ = score(criteria, {"a": PASSED, "b": PASSED, "c": PASSED})
    assert points == 5.0
    assert exercise["criteria"][2]["seen"] == "1 row moved"


def test_two_that_require_each_other_earn_together():
    criteria = [automatic("a", 1, ("b",)), automatic("b", 1, ("a",))]
    assert score(criteria, {"a": PASSED, "b": PASSED})[1] == 2.0
    assert score(criteria, {"a": PASSED, "b": FAILED})[1] == 0.0


def test_a_hidden_companion_is_not_named_where_a_student_reads():
    hidden = automatic("secret", visibility="hidden")
    for visibility, words in [("public", "another criterion"), ("hidden", "secret")]:
        criteria = [hidden, automatic("open", 1, ("secret",), visibility=visibility)]
        (exercise,), *_ = score(criteria, {"secret": FAILED, "open": Outcome("passed")})
        assert exercise["criteria"][1]["seen"] == f"this counts only together with {words}, which did not pass"


def test_the_rubrics_hint_follows_the_help_of_a_failed_criterion_only():
    criteria = [automatic("a", hint="See part 2."), automatic("b", hint="See part 2."), automatic("c", hint="No.")]
    (exercise,), *_ = score(criteria, {"a": FAILED, "b": Outcome("failed"), "c": PASSED})
    assert [one["help"] for one in exercise["criteria"]] == ["Look again. See part 2.", "See part 2.", None]


def test_points_are_rounded_once_at_the_end():
    criteria = [automatic(name, 1 / 3) for name in "abc"]
    (exercise,), points, most, _ = score(criteria, dict.fromkeys("abc", PASSED))
    assert [one["score"] for one in exercise["criteria"]] == [0.33] * 3
    assert (exercise["score"], points, most) == (1.0, 1.0, 1.0)


def test_a_machine_fault_lists_everything_and_decides_nothing():
    (exercise,) = unchecked_exercises(rubric(automatic("a"), manual("text")), "the worker died twice")
    assert (exercise["state"], exercise["reason"]) == ("incomplete", "the worker died twice")
    assert {(one["state"], one["seen"]) for one in exercise["criteria"]} == {("unchecked", "the worker died twice")}
    assert exercise["score"] == 0.0
