"""The result that other tools rely on."""

import json
from copy import deepcopy

import jsonschema
import pytest

from assay.course import course_root
from assay.rubric import ExerciseState, Outcome, load_rubric, score_exercises, unchecked_exercises, validate_result

RUBRIC = """\
lesson: small
title: Small
limits: {cell: 1 min, exercise: 1 min, submission: 1 min, memory: 1 GB, output: 1 MB}
exercises:
  - number: 3
    title: Train
    level: supported
    criteria: [{check: it_learned, points: 2}, {manual: text, claim: It is explained., points: 1}]
"""


@pytest.fixture
def rubric(tmp_path):
    (tmp_path / "small.yaml").write_text(RUBRIC)
    return load_rubric(tmp_path / "small.yaml")


@pytest.fixture
def graded(rubric):
    outcomes = {(3, "it-learned"): Outcome("passed", "The row learned.")}
    exercises, score, most, pending = score_exercises(rubric, {3: ExerciseState("completed")}, outcomes)
    return {
        "lesson": "small",
        "file": "a/work.ipynb",
        "sha256": "0" * 64,
        "state": "graded",
        "reason": None,
        "score": score,
        "max_score": most,
        "pending": pending,
        "exercises": exercises,
        "overrides": [{"name": "steps", "from": "300", "to": "12", "cell": 29, "reason": "seconds, not hours"}],
        "notes": ["One note."],
        "runner": {
            "device": "cpu",
            "tier": "limits",
            "kit": "small kit 0a1b",
            "engine": "fork",
            "private_tmp": True,
            "versions": {"torch": "2.6"},
        },
        "seconds": {"cells": 12.3, "execution": 13, "judging": 0.4, "total": 13.5},
    }


@pytest.fixture
def rejected(graded):
    empty = {"lesson": None, "sha256": None, "score": None, "max_score": None, "pending": 0, "exercises": []}
    runner = {"device": None, "tier": None, "kit": None, "engine": None, "private_tmp": None, "versions": {}}
    return graded | empty | {"state": "rejected", "reason": "the file is empty", "runner": runner}


@pytest.mark.parametrize("name", ["rubric.schema.json", "result.schema.json"])
def test_the_schemas_are_schemas(name):
    schema = json.loads((course_root() / "rubric" / name).read_text())
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    jsonschema.Draft202012Validator.check_schema(schema)


def test_what_scoring_makes_is_valid(graded):
    assert validate_result(graded) is None


def test_a_rejected_result_is_valid(rejected):
    assert validate_result(rejected) is None


def test_a_fault_lists_everything_unchecked(graded, rubric):
    fault = graded | {"state": "fault", "reason": "no memory", "score": None, "max_score": None}
    with pytest.raises(ValueError, match="'unchecked' was expected"):
        validate_result(fault)
    assert validate_result(fault | {"exercises": unchecked_exercises(rubric, "no memory")}) is None


def test_a_tampered_result_keeps_its_exercises(graded):
    assert validate_result(graded | {"state": "tampered", "reason": "a grade was forged", "score": None}) is None


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"state": "done"}, "state: 'done' should be one of graded"),
        ({"score": None}, "score: None should be a number"),
        ({"score": -1}, "score: -1"),
        ({"score": float("nan")}, "not strict JSON"),
        ({"reason": "\ud800"}, "not strict JSON"),
        ({"reason": b"bytes"}, "not strict JSON"),
        ({"sha256": "abc"}, "sha256: 'abc'"),
        ({"exercises": []}, "exercises: the list is too short"),
        ({"extra": 1}, "the key 'extra' is not known"),
        ({"overrides": [{"name": "steps"}]}, "overrides[0]: 'from' is missing"),
        ({"runner": None}, "runner: None should be a mapping"),
        ({"state": "tampered", "reason": "x"}, "score: "),
        ({"state": "rejected", "reason": "x", "score": None}, "exercises: "),
        ({"state": "fault", "score": None}, "reason: None should be text"),
    ],
)
def test_any_other_result_is_refused_with_its_place(graded, change, words):
    with pytest.raises(ValueError) as caught:
        validate_result(graded | change)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("state", "maybe"),
        ("id", "Not An Id"),
        ("kind", "both"),
        ("seen", 5),
        ("claim", ""),
        ("score", "2"),
        ("help", []),
    ],
)
def test_a_wrong_criterion_is_refused_with_its_path(graded, key, value):
    wrong = deepcopy(graded)
    wrong["exercises"][0]["criteria"][0][key] = value
    with pytest.raises(ValueError, match=rf"exercises\[0\]\.criteria\[0\]\.{key}: "):
        validate_result(wrong)


@pytest.mark.parametrize("key", ["lesson", "pending", "notes", "seconds", "runner", "exercises"])
def test_nothing_may_be_left_out(graded, key):
    del graded[key]
    with pytest.raises(ValueError, match=f"'{key}' is missing"):
        validate_result(graded)
