"""`grade.py course` from the outside: what it prints, and how it ends."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import nbformat
import pytest

from tests.commands import command, small_notebook
from tests.coursework import page_of, solution

EXERCISE = "## Exercise 1: Something [Supported]"


def written(path: Path, *cells: str) -> Path:
    """A notebook's file of these cells."""
    made = nbformat.v4.new_notebook()
    for cell in page_of(*cells).notebook.cells:
        make = nbformat.v4.new_code_cell if cell.kind == "code" else nbformat.v4.new_markdown_cell
        made.cells.append(make(cell.source))
        del made.cells[-1]["id"]
    made.nbformat_minor = 4
    path.write_text(nbformat.writes(made))
    return path


def test_an_error_is_told_in_every_form_and_ends_with_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    path = written(tmp_path / "one.ipynb", "x = 1 / 0", EXERCISE, "# TODO: y\ny = None  # TODO", solution("y = 1"))
    junit = tmp_path / "found.xml"
    ended = command(capsys, "course", path, "--json", "-", "--junit", junit)
    assert ended.code == 1
    found = json.loads(ended.out)
    breaks = next(f for f in found if f["kind"] == "skeleton-breaks")
    assert breaks == {
        "notebook": str(path), "cell": 1, "exercise": None, "kind": "skeleton-breaks", "severity": "error",
        "message": "This cell has nothing to fill in, and fails when run as published.",
        "evidence": "ZeroDivisionError: division by zero",
    }  # fmt: skip
    assert "[skeleton-breaks]" in ended.err
    assert "<failure" in junit.read_text()


def test_a_file_that_is_no_notebook_and_one_of_no_lesson(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    broken = tmp_path / "broken.ipynb"
    broken.write_text("{")
    unknown = small_notebook(tmp_path / "unknown.ipynb", title="# Knitting")
    ended = command(capsys, "course", broken, unknown, "--github")
    assert ended.code == 1
    assert "title=unreadable" in ended.out
    assert "fits no lesson" in ended.out


def test_accepted_findings_and_rules_of_ones_own(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    path = small_notebook(tmp_path / "unknown.ipynb", setup="import requests\nrequests.get('x')", title="# Knitting")
    accepted = tmp_path / "accepted.yaml"
    accepted.write_text("- {notebook: unknown.ipynb, kind: no-timeout, reason: a test, date: 2026-03-31}\n")
    ended = command(capsys, "course", path, "--accepted", accepted)
    assert ended.code == 0
    assert "no-timeout" not in ended.out
    assert "1 more was accepted" in ended.out
    ended = command(capsys, "course", path, "--rules", tmp_path / "none.yaml")
    assert ended.code == 2
    assert "cannot read" in ended.err


def test_an_older_version_is_compared(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    path = small_notebook(tmp_path / "unknown.ipynb", setup="x = 1", title="# Knitting")
    for arguments in (["init", "-q"], ["add", "."], ["commit", "-qm", "first"]):
        who = ["-c", "user.name=t", "-c", "user.email=t@example.org"]
        subprocess.run(["git", *who, *arguments], cwd=tmp_path, check=True)
    small_notebook(path, setup="x = 2", title="# Knitting")
    ended = command(capsys, "course", path, "--base", "HEAD")
    assert "Code that students run has changed." in ended.out
    monkeypatch.setattr("assay.command.course.start_warm", lambda *_: pytest.fail("the libraries were imported"))
    ended = command(capsys, "course", path, "--base", "no-such-branch")
    assert ended.code == 2
    assert "names no commit" in ended.err


def test_it_runs_on_the_cpu_and_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    ended = command(capsys, "course", tmp_path / "a.ipynb", "--device", "cuda")
    assert ended.code == 2
    assert "on the CPU only" in ended.err


def test_the_help_teaches(capsys: pytest.CaptureFixture[str]):
    ended = command(capsys, "course", "--help")
    assert ended.code == 0
    for word in ("--accepted", "--base", "--rules", "--junit", "--github", "grade.py course notebooks/"):
        assert word in ended.out
