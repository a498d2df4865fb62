"""The sample submissions are graded as declared in submissions/expected.yaml, and `check` tells their authors the same.

Each is executed once: `run` executes it, and `check` must order exactly the same execution, cell by cell, limit by
limit, question by question; only then is it given what `run` left, and judges that itself.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import shutil
from pathlib import Path

import pytest
import yaml
from commands import command

from assay.command import session as sessions
from assay.rubric import validate_result

SAMPLES = Path(__file__).parent.parent / "submissions"
EXPECTED = yaml.safe_load((SAMPLES / "expected.yaml").read_text(encoding="utf-8"))


@pytest.fixture
def executions(warm, tmp_path, monkeypatch):
    """The orders that were carried out, without where: an equal one is given what the first one left."""
    for module in ("run", "check"):
        monkeypatch.setattr(f"assay.command.{module}.start_warm", lambda *_: contextlib.nullcontext(warm))
    really, carried_out = sessions.run_forked, {}

    def run_once(order, parent, progress):
        asked = repr(dataclasses.replace(order, folder=Path(), hidden=order.hidden[:1]))  # the second is `folder`'s own
        if asked not in carried_out:
            run = really(order, parent, progress)
            carried_out[asked] = dataclasses.replace(run, folder=tmp_path / f"run-{len(carried_out)}")
            shutil.copytree(run.folder, carried_out[asked].folder, symlinks=True)
            return run
        shutil.copytree(carried_out[asked].folder, order.folder, symlinks=True, dirs_exist_ok=True)
        return dataclasses.replace(carried_out[asked], folder=order.folder)

    monkeypatch.setattr(sessions, "run_forked", run_once)
    return carried_out


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_a_sample_gets_its_declared_result_from_run_and_from_check(capsys, executions, name):
    graded = command(capsys, "run", SAMPLES / name, "--json", "-")
    checked = command(capsys, "check", SAMPLES / name, "--json", "-")
    (result,), (view,) = json.loads(graded.out), json.loads(checked.out)
    _is_as_declared(result, EXPECTED[name])
    assert len(executions) == (0 if result["state"] == "rejected" else 1), "check orders another execution than run"
    assert _told(view) == _told(result)
    assert checked.code == int(result["state"] == "rejected" or any("failed" in line for line in _told(result)))


def _is_as_declared(result, expected):
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


def _told(result):
    """The state of the file, and of each public criterion that is decided without a person, with what was seen."""
    return [
        (result["state"], result["reason"]),
        *(
            (exercise["number"], exercise["state"], c["id"], c["state"], c["score"], c["seen"])
            for exercise in result["exercises"] for c in exercise["criteria"]
            if c["visibility"] == "public" and c["kind"] == "automatic"
        ),
    ]  # fmt: skip
