"""`grade.py run`: one result per argument, in order, and nothing on standard output but what was asked for."""

from __future__ import annotations

import contextlib
import json
import os
import sys
from pathlib import Path

import psutil
import pytest
from commands import command, edit, own_course, small_notebook

from assay.command.lessons import load_lessons
from assay.command.main import main
from assay.rubric import validate_result

FORGETFUL = "import torch\ntorch.nn.functional.cosine_similarity(torch.ones(2), torch.ones(2), dim=0)"


@pytest.fixture
def _warm(warm, monkeypatch):
    """The session's warm parent, instead of one for each command."""
    for module in ("run", "regrade"):
        monkeypatch.setattr(f"assay.command.{module}.start_warm", lambda *_: contextlib.nullcontext(warm))


@pytest.fixture
def mixed(tmp_path):
    """Notebooks good and bad, in an order that no sorting gives."""
    (tmp_path / "text.ipynb").write_text("this is no JSON")
    (tmp_path / "folder.ipynb").mkdir()
    other = small_notebook(tmp_path / "other.ipynb", "x = 1", title="# Knitting for beginners")
    return [
        str(small_notebook(tmp_path / "zoe.ipynb", FORGETFUL)),
        str(tmp_path / "text.ipynb"),
        str(tmp_path / "nowhere.ipynb"),
        str(small_notebook(tmp_path / "abe.ipynb", "import os; os._exit(3)", "1 / 0")),
        str(tmp_path / "folder.ipynb"),
        str(other),
    ]


def test_one_json_document_with_a_result_for_each_argument_in_order(capsys, _warm, mixed):
    ended = command(capsys, "run", *mixed, "--json", "-")
    results = json.loads(ended.out)
    assert ended.code == 0
    for result in results:
        validate_result(result)
    assert [result["file"] for result in results] == mixed
    assert [r["state"] for r in results] == ["graded", "rejected", "rejected", "graded", "rejected", "rejected"]
    assert all(name in ended.err for name in ("zoe.ipynb", "abe.ipynb"))


def test_a_rejection_says_in_a_sentence_what_to_do(capsys, _warm, mixed):
    results = json.loads(command(capsys, "run", *mixed, "--json", "-").out)
    for result in results:
        if result["state"] == "rejected":
            assert (result["score"], result["max_score"], result["exercises"]) == (None, None, [])
            assert ": " in result["reason"]
            assert "Error" not in result["reason"]


def test_a_graded_result_lists_every_exercise_and_criterion(capsys, _warm, mixed):
    rubric = load_lessons()["textual-inversion"].rubric
    result = json.loads(command(capsys, "run", mixed[0], "--json", "-").out)[0]
    listed = [(e["number"], [c["id"] for c in e["criteria"]]) for e in result["exercises"]]
    assert listed == [(e.number, [c.id for c in e.criteria]) for e in rubric.exercises]
    assert [e["state"] for e in result["exercises"]] == ["completed", *["not_attempted"] * 3]
    assert result["score"] == 0.0


def test_the_same_submission_twice_gives_the_same_exercises(capsys, _warm, mixed):
    first, second = (json.loads(command(capsys, "run", mixed[3], mixed[0], "--json", "-").out) for _ in range(2))
    assert [r["exercises"] for r in first] == [r["exercises"] for r in second]


def test_a_notebook_that_is_not_the_lesson_named_is_rejected(capsys, _warm, mixed):
    (result,) = json.loads(command(capsys, "run", mixed[5], "--lesson", "textual-inversion", "--json", "-").out)
    assert result["state"] in ("graded", "rejected")  # a person who names the lesson knows better than the title
    validate_result(result)


def test_out_holds_what_people_read_and_json_may_be_a_file(capsys, _warm, mixed, tmp_path):
    out, file = tmp_path / "out", tmp_path / "results.json"
    ended = command(capsys, "run", *mixed[:2], "--out", out, "--json", file)
    assert ended.code == 0
    assert json.loads(file.read_text()) == json.loads((out / "results.json").read_text())
    assert {"results.json", "gradebook.csv", "report.html", "reports", "runs"} <= {p.name for p in out.iterdir()}
    assert str(out / "report.html") in ended.out


@pytest.mark.skipif(sys.platform != "linux", reason="other systems refuse such names")
def test_a_name_that_is_no_utf8_is_graded_like_any_other(capsys, _warm, tmp_path):
    name = os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.ipynb")
    small_notebook(Path(name), "x = 1")
    ended = command(capsys, "run", name, "--json", "-", "--out", tmp_path / "out")
    (result,) = json.loads(ended.out)
    assert (ended.code, result["state"]) == (0, "graded")
    validate_result(result)


KILL = "import os, signal\nparent = os.getppid()\nos.kill(parent, signal.SIGKILL)\nimport time; time.sleep(30)"


@pytest.mark.slow  # a warm parent is started again, twice or once
def test_a_killed_warm_parent_costs_the_notebook_that_it_died_with(capsys, _warm, tmp_path):
    good = small_notebook(tmp_path / "good.ipynb", "x = 1")
    killer = small_notebook(tmp_path / "killer.ipynb", "x = 1", setup=KILL)
    ended = command(
        capsys, "run", killer, good, "--tier", "limits", "--jobs", 1, "--json", "-", "--out", tmp_path / "out"
    )
    dead, alive = json.loads(ended.out)
    assert ended.code == 3
    assert (dead["state"], alive["state"]) == ("fault", "graded")
    assert dead["reason"] == "The warm parent process died, and the notebook with it."
    assert {c["state"] for e in dead["exercises"] for c in e["criteria"]} == {"unchecked"}
    validate_result(dead)


@pytest.mark.slow
def test_a_warm_parent_that_dies_once_costs_nothing(session, tmp_path):
    notebook = small_notebook(tmp_path / "mine.ipynb", "x = 1", setup="import time; time.sleep(2)")
    killed = []

    def kill_once(step):
        if step == "exercise 0, cell 1" and not killed:
            (parent,) = (p for p in psutil.Process().children() if "assay.execution.warm" in p.cmdline())
            parent.kill()
            killed.append(parent.pid)

    result = session.grade(str(notebook), tmp_path / "run", kill_once)
    assert len(killed) == 1
    assert (result["state"], result["exercises"][0]["state"]) == ("graded", "completed"), result["reason"]
    assert (tmp_path / "run" / "executed.ipynb").is_file()


def test_checks_that_cannot_be_asked_are_a_fault_of_every_criterion(capsys, _warm, tmp_path, monkeypatch):
    root = own_course(tmp_path / "course", monkeypatch)
    edit(
        root / "checks" / "textual_inversion.py",
        "from assay import Failure\n",
        "from assay import Failure\nimport no_such_module\n",
    )
    ended = command(capsys, "run", small_notebook(tmp_path / "mine.ipynb", "x = 1"), "--json", "-")
    (result,) = json.loads(ended.out)
    assert (ended.code, result["state"], result["score"]) == (3, "fault", None)
    assert {c["state"] for e in result["exercises"] for c in e["criteria"]} == {"unchecked"}
    assert "\n" not in result["reason"]
    validate_result(result)


def test_a_folder_that_cannot_be_written_is_a_fault_of_this_notebook_alone(session, tmp_path):
    blocked = tmp_path / "a-file"
    blocked.write_text("no folder can be made below this")
    notebook = Path(__file__).parent.parent / "submissions" / "ada_excellent.ipynb"
    result = session.grade(str(notebook), blocked / "run", lambda step: None)
    assert result["state"] == "fault"
    assert "NotADirectoryError" in result["reason"]


def test_a_relative_out_is_below_the_callers_folder(tmp_path, monkeypatch):
    notebook = Path(__file__).parent.parent / "submissions" / "nia_first_exercise_only.ipynb"
    monkeypatch.chdir(tmp_path)
    assert main(["run", str(notebook), "--out", "results", "--trust-these-notebooks"]) == 0
    first = json.loads((tmp_path / "results" / "results.json").read_text(encoding="utf-8"))
    assert [result["state"] for result in first] == ["graded"]
    assert main(["regrade", "results"]) == 0
    again = json.loads((tmp_path / "results" / "results.json").read_text(encoding="utf-8"))
    assert again[0]["exercises"] == first[0]["exercises"]
