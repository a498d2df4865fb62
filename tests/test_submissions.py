"""The sample submissions are graded as declared in submissions/expected.yaml."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from assay.rubric import validate_result

SAMPLES = Path(__file__).parent.parent / "submissions"
EXPECTED = yaml.safe_load((SAMPLES / "expected.yaml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_a_sample_gets_its_declared_result(session, tmp_path, name):
    expected = EXPECTED[name]
    result = session.grade(str(SAMPLES / name), tmp_path / "run", lambda step: None)
    validate_result(result)
    assert result["state"] == expected["state"]
    for exercise in result["exercises"]:
        wanted = expected["exercises"][exercise["number"]]
        assert exercise["state"] == wanted["state"], exercise["reason"]
        automatic = [c for c in exercise["criteria"] if c["kind"] == "automatic"]
        assert [c["id"] for c in automatic if c["state"] == "unchecked"] == []
        if wanted["state"] != "not_attempted":
            open_ = set(wanted.get("undetermined", ()))
            failed = {c["id"] for c in automatic if c["state"] == "failed"} - open_
            assert failed == set(wanted.get("fails", ())) - open_
    if expected.get("full_marks"):
        assert result["score"] == result["max_score"]
