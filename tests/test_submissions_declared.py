"""Every sample submission declares what is expected of it, in terms that the rubric knows."""

from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "submissions"
EXPECTED: dict[str, dict[str, Any]] = yaml.safe_load((FOLDER / "expected.yaml").read_text(encoding="utf-8"))


def criteria_of(lesson: str) -> dict[int, set[str]]:
    """Ids of the automatic criteria of each exercise of a lesson, from its rubric."""
    rubric = yaml.safe_load((ROOT / "rubric" / f"{lesson.replace('-', '_')}.yaml").read_text(encoding="utf-8"))
    return {
        exercise["number"]: {one["check"].replace("_", "-") for one in exercise["criteria"] if "check" in one}
        for exercise in rubric["exercises"]
    }


def test_every_submission_is_declared_and_every_declaration_has_a_file() -> None:
    assert set(EXPECTED) == {path.name for path in FOLDER.glob("*.ipynb")}


@pytest.mark.parametrize("name", EXPECTED)
def test_a_declaration_names_the_rubrics_exercises_and_criteria(name: str) -> None:
    exercises = EXPECTED[name].get("exercises", {})
    criteria = criteria_of(EXPECTED[name].get("lesson", "textual-inversion"))
    assert set(exercises) == (set(criteria) if EXPECTED[name]["state"] == "graded" else set())
    for number, expected in exercises.items():
        fails, undetermined = set(expected.get("fails", ())), set(expected.get("undetermined", ()))
        assert fails | undetermined <= criteria[number]
        assert not fails & undetermined


@pytest.mark.parametrize("name", EXPECTED)
def test_full_marks_are_for_work_without_failures(name: str) -> None:
    exercises = EXPECTED[name].get("exercises", {}).values()
    flawless = bool(exercises) and all(one["state"] == "completed" and not one["fails"] for one in exercises)
    assert EXPECTED[name]["full_marks"] == flawless
