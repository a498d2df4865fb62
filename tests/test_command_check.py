"""`grade.py check` tells a student what failed, and nothing of what is hidden.

That it says what `run` says is shown with the sample submissions, in test_submissions.py.
"""

from __future__ import annotations

import contextlib
import json

import pytest
from commands import command, edit, own_course, small_notebook

COSINE = "import torch\ntorch.nn.functional.cosine_similarity(torch.ones(2), torch.ones(2), dim=0)"
HIDDEN = "frozen_parts_have_no_gradient"


@pytest.fixture(autouse=True)
def _warm(warm, monkeypatch):
    """The session's warm parent, instead of one for each command."""
    for module in ("run", "check"):
        monkeypatch.setattr(f"assay.command.{module}.start_warm", lambda *_: contextlib.nullcontext(warm))


def test_a_failed_criterion_is_told_with_what_to_try(capsys, tmp_path):
    ended = command(capsys, "check", small_notebook(tmp_path / "mine.ipynb", COSINE))
    assert ended.code == 1
    for word in ("mine.ipynb", "Exercise 1", "✗", "seen:", "try:"):
        assert word in ended.out


def test_a_hidden_criterion_is_told_by_name_only(capsys, tmp_path, monkeypatch):
    root = own_course(tmp_path / "course", monkeypatch)
    edit(
        root / "rubric" / "textual_inversion.yaml",
        f"check: {HIDDEN}\n",
        f"check: {HIDDEN}\n        visibility: hidden\n",
    )
    (view,) = json.loads(command(capsys, "check", small_notebook(tmp_path / "mine.ipynb", COSINE), "--json", "-").out)
    (criterion,) = [c for e in view["exercises"] for c in e["criteria"] if c["visibility"] == "hidden"]
    assert (criterion["state"], criterion["seen"], criterion["help"]) == ("hidden", None, None)


def test_a_file_that_is_no_notebook_ends_with_1(capsys, tmp_path):
    path = tmp_path / "mine.ipynb"
    path.write_text("this is no JSON")
    ended = command(capsys, "check", path)
    assert ended.code == 1
    assert "JSON" in ended.out


def test_nothing_is_imported_for_files_that_are_refused(capsys, tmp_path, monkeypatch):
    (tmp_path / "empty.ipynb").touch()
    monkeypatch.setattr("assay.command.check.start_warm", lambda *_: pytest.fail("the libraries were imported"))
    ended = command(capsys, "check", tmp_path / "empty.ipynb", tmp_path / "absent.ipynb", "--json", "-")
    views = json.loads(ended.out)
    assert ended.code == 1
    assert [view["state"] for view in views] == ["rejected", "rejected"]
    assert "save the notebook" in views[0]["reason"] and "check the spelling" in views[1]["reason"]


def test_an_exercise_without_a_heading_is_told_so(capsys, tmp_path):
    view = json.loads(command(capsys, "check", small_notebook(tmp_path / "mine.ipynb", COSINE), "--json", "-").out)[0]
    first, *others = [exercise["reason"] or "" for exercise in view["exercises"]]
    assert not first
    assert all(f"'## Exercise {number}'" in reason for number, reason in enumerate(others, 2))
