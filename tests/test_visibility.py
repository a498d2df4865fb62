"""What students may not know yet stands in none of their files, and stands there once it is released."""

from __future__ import annotations

import contextlib
import json
import re

import pytest
from commands import command, edit, own_course, small_notebook
from report_reader import words
from test_command_regrade import READ

SAID = ("claim", "seen", "help", "misconception")
LATE = "similarities_are_cosines_of_rows"
SECRET = "frozen_parts_have_no_gradient"


@pytest.fixture
def _warm(warm, monkeypatch):
    """The session's warm parent, instead of one for each command."""
    for module in ("run", "regrade"):
        monkeypatch.setattr(f"assay.command.{module}.start_warm", lambda *_: contextlib.nullcontext(warm))


@pytest.fixture
def graded(capsys, _warm, tmp_path, monkeypatch):
    """A folder with one graded notebook, of whose criteria one waits for the due date and another one is hidden."""
    rubric = own_course(tmp_path / "course", monkeypatch) / "rubric" / "textual_inversion.yaml"
    edit(rubric, f"{LATE}, points: 1.4,", f"{LATE}, points: 1.4, visibility: after_due_date,")
    edit(
        rubric,
        f"check: {SECRET}\n",
        f"check: {SECRET}\n        visibility: hidden\n        hint: Only this one says so.\n",
    )
    looked = READ.replace("cosine_similarity(*rows, dim=0)", "cosine_similarity(torch.ones(2), torch.ones(2), dim=0)")
    notebook = small_notebook(tmp_path / "mine.ipynb", looked, "x = 2")
    assert command(capsys, "run", notebook, "--out", tmp_path / "out").code == 0
    return tmp_path / "out"


def criteria(out):
    (result,) = json.loads((out / "results.json").read_text(encoding="utf-8"))
    return {one["id"]: one for exercise in result["exercises"] for one in exercise["criteria"]}


def students_text(out):
    """Every text of every file that is for students, as a reader sees it and as it stands there."""
    files = [path for path in (out / "reports" / "student").rglob("*") if path.is_file()]
    assert files
    raw = "\n".join(path.read_text(encoding="utf-8") for path in files)
    return raw + "\n".join(words(path.read_text(encoding="utf-8")) for path in files)


def sentences(found, name):
    """All that is said about a failed criterion and about no public one: its claim, what was seen, hints."""
    criterion = found[name.replace("_", "-")]
    assert criterion["state"] == "failed"
    ours = [part for key in SAID for part in parts(criterion[key])]
    public = {
        part for one in found.values() if one["visibility"] == "public" for key in SAID for part in parts(one[key])
    }
    return [part for part in ours if part not in public]


def parts(text):
    """Sentence by sentence; help and hint are one text in a result."""
    return [" ".join(part.split()).replace("`", "") for part in re.split(r"(?<=[.;]) ", text or "") if part]


def tells(text, found, name):
    """Which of the criterion's sentences the text holds."""
    return [part for part in sentences(found, name) if part in text]


def test_nothing_of_what_is_not_public_stands_in_a_students_file(graded):
    found, text = criteria(graded), students_text(graded)
    for name in (LATE, SECRET):
        assert len(sentences(found, name)) > 1
        assert tells(text, found, name) == []
        assert name.replace("_", " ").capitalize() in text, "the name is shown"
    assert found["the-embedding-table-was-read"]["claim"] in text
    assert text.count("1.4 points, hidden until released") == 2  # as it stands there, and as it is read
    everything = words((graded / "reports" / "mine.html").read_text(encoding="utf-8"))
    assert all(tells(everything, found, name) == sentences(found, name) for name in (LATE, SECRET))


@pytest.mark.parametrize(("release", "told"), [("due", {LATE}), ("all", {LATE, SECRET})])
def test_what_is_released_is_told_until_the_next_command_says_otherwise(capsys, graded, release, told):
    before = (graded / "results.json").read_text(encoding="utf-8")
    assert command(capsys, "regrade", graded, "--release", release).code == 0
    found, text = criteria(graded), students_text(graded)
    for name in (LATE, SECRET):
        assert tells(text, found, name) == (sentences(found, name) if name in told else [])
    assert json.loads(before)[0]["exercises"] == json.loads((graded / "results.json").read_text())[0]["exercises"]
    assert command(capsys, "regrade", graded).code == 0
    assert not any(tells(students_text(graded), found, name) for name in (LATE, SECRET))


def test_a_release_that_is_none_is_refused(capsys, tmp_path):
    assert command(capsys, "regrade", tmp_path, "--release", "tomorrow").code == 2
