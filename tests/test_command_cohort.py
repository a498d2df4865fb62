"""`grade.py cohort`: one result for each submission, kept at once; the same command again does only what is new."""

from __future__ import annotations

import contextlib
import csv
import shutil

import pytest
from cohorts import CLIP, COSINE, IDS, results_in, small_cohort, without_seconds
from commands import command, edit, forbid_execution, own_course, small_notebook

from assay.command import run
from assay.command.gradebooks import page_name
from assay.command.progress import Display
from assay.command.session import Session
from assay.execution.parent import WarmParent
from assay.store import Store


@pytest.fixture
def graded(warm, monkeypatch):
    """The session's warm parent instead of one for each command, and the files that were graded, in their order."""
    monkeypatch.setattr("assay.command.engines.start_warm", lambda *_: contextlib.nullcontext(warm))
    grade, files = Session.execute, []

    def watched(self, found, folder, progress):
        files.append(getattr(found, "notebook", found).file)
        return grade(self, found, folder, progress)

    monkeypatch.setattr(Session, "execute", watched)
    return files


@pytest.fixture
def folder(tmp_path):
    return small_cohort(tmp_path / "in")


def test_ids_are_paths_and_out_holds_what_people_read(capsys, graded, folder, tmp_path):
    out = tmp_path / "out"
    ended = command(capsys, "cohort", folder, "--out", out, "--json", tmp_path / "list.json")
    assert ended.code == 0, ended.err
    results = results_in(out)
    assert [r["file"] for r in results] == [str(folder / name) for name in IDS]
    assert [r["lesson"] for r in results] == ["textual-inversion", "textual-inversion", "clip", None]
    assert [r["state"] for r in results] == ["graded", "graded", "graded", "rejected"]
    assert (tmp_path / "list.json").read_text() == (out / "results.json").read_text()
    assert {"gradebook.csv", "report.html", "reports", "store.sqlite"} <= {path.name for path in out.iterdir()}
    page = (out / "report.html").read_text(encoding="utf-8")
    for name in IDS:
        assert (out / "reports" / f"{page_name(name)}.html").is_file()
        assert (out / "reports" / "student" / f"{page_name(name)}.html").is_file()
        assert f"reports/{page_name(name)}.html" in page
    with (out / "gradebook.csv").open(newline="") as file:
        assert [row["submission"] for row in csv.DictReader(file)] == IDS


def test_what_runs_is_told_line_by_line_where_there_is_no_terminal(capsys, graded, folder, tmp_path):
    said = command(capsys, "cohort", folder, "--out", tmp_path / "out", "--jobs", 1).err.splitlines()
    told = [line for line in said if line.startswith("[")]
    assert len(told) == len(IDS)
    assert all(any(name in line for line in told) for name in IDS)
    assert sum(": rejected: " in line for line in told) == 1


def test_the_same_again_runs_nothing(capsys, graded, folder, tmp_path, monkeypatch):
    out = tmp_path / "out"
    command(capsys, "cohort", folder, "--out", out)
    before = {path: path.read_bytes() for path in out.rglob("*") if path.is_file() and path.suffix != ".sqlite"}
    graded.clear()
    monkeypatch.setattr("assay.command.engines.start_warm", lambda *_: pytest.fail("the libraries were imported"))
    assert command(capsys, "cohort", folder, "--out", out).code == 0
    assert graded == []
    assert before == {path: path.read_bytes() for path in before}


def test_only_what_changed_or_is_new_runs_again(capsys, graded, folder, tmp_path):
    out = tmp_path / "out"
    command(capsys, "cohort", folder, "--out", out)
    first = results_in(out)
    graded.clear()
    small_notebook(folder / "ada.ipynb", "x = 2")
    small_notebook(folder / "new.ipynb", "x = 3")
    (folder / "c.ipynb").unlink()
    assert command(capsys, "cohort", folder, "--out", out).code == 0
    assert sorted(graded) == [str(folder / "ada.ipynb"), str(folder / "new.ipynb")]
    second = results_in(out)
    assert [r["file"] for r in second] == [
        str(folder / n) for n in ("ada.ipynb", "b/eve.ipynb", "b/zed.ipynb", "new.ipynb")
    ]
    assert second[1:3] == first[1:3]


def test_equal_files_run_once_and_each_has_its_result(capsys, graded, folder, tmp_path):
    shutil.copy(folder / "ada.ipynb", folder / "b" / "same.ipynb")
    command(capsys, "cohort", folder, "--out", tmp_path / "out")
    assert len(graded) == len(IDS)
    results = {r["file"]: r for r in results_in(tmp_path / "out")}
    one, other = results[str(folder / "ada.ipynb")], results[str(folder / "b" / "same.ipynb")]
    assert one | {"file": ""} == other | {"file": ""}


def test_a_machines_fault_is_tried_again_by_the_next_command(capsys, graded, folder, tmp_path, monkeypatch):
    attempts = Session._attempts
    broken = {"on": True}

    def attempt(self, notebook, lesson, where, progress):
        if broken["on"] and notebook.file.endswith("ada.ipynb"):
            return self._fault(lesson, notebook.file, notebook.sha256, "The machine stumbled."), None
        return attempts(self, notebook, lesson, where, progress)

    monkeypatch.setattr(Session, "_attempts", attempt)
    out = tmp_path / "out"
    ended = command(capsys, "cohort", folder, "--out", out)
    assert ended.code == 3
    assert "ada.ipynb: fault: The machine stumbled." in ended.err
    broken["on"] = False
    graded.clear()
    assert command(capsys, "cohort", folder, "--out", out).code == 0
    assert graded == [str(folder / "ada.ipynb")]
    command(capsys, "cohort", folder, "--out", tmp_path / "undisturbed")
    assert without_seconds(results_in(out)) == without_seconds(results_in(tmp_path / "undisturbed"))


def test_a_result_is_kept_before_it_is_told(capsys, graded, folder, tmp_path, monkeypatch):
    events, keep, done = [], Store.keep, Display.done

    def kept(self, content, result, submissions, cause):
        keep(self, content, result, submissions, cause)
        events.extend(("kept", name) for name in submissions)

    def told(self, name, *more):
        events.append(("told", name))
        done(self, name, *more)

    monkeypatch.setattr(Store, "keep", kept)
    monkeypatch.setattr(Display, "done", told)
    command(capsys, "cohort", folder, "--out", tmp_path / "out")
    assert {name for event, name in events if event == "told"} == set(IDS)
    assert all(events.index(("kept", name)) < events.index(("told", name)) for name in IDS)


def test_the_longest_is_begun_first(capsys, graded, folder, tmp_path):
    small_notebook(folder / "long.ipynb", *["x = 1"] * 4)
    command(capsys, "cohort", folder, "--out", tmp_path / "out", "--jobs", 1)
    assert graded[0] == str(folder / "long.ipynb")
    assert graded[-1] == str(folder / "c.ipynb")


def test_what_a_lesson_took_before_decides_over_one_that_is_new(capsys, graded, folder, tmp_path):
    """Two new files of equal length: the one whose lesson has been slow is begun first, although it is listed last."""
    out = tmp_path / "out"
    slow = "import time; time.sleep(1.5)"
    small_notebook(folder / "b" / "zed.ipynb", slow, slow, title=CLIP)
    command(capsys, "cohort", folder, "--out", out)
    graded.clear()
    small_notebook(folder / "a-new.ipynb", "x = 3", "y = 3")
    small_notebook(folder / "z-new.ipynb", "x = 4", "y = 4", title=CLIP)
    command(capsys, "cohort", folder, "--out", out, "--jobs", 1)
    assert graded == [str(folder / "z-new.ipynb"), str(folder / "a-new.ipynb")]


def test_with_little_memory_one_runs_at_a_time_and_it_is_said(capsys, graded, folder, tmp_path, monkeypatch):
    monkeypatch.setattr("assay.scheduling.admission.Admission.__init__.__defaults__", (lambda: 0,))
    running, most, execute = [], [], Session._execute

    def counted(self, *arguments):
        running.append(1)
        most.append(len(running))
        try:
            return execute(self, *arguments)
        finally:
            running.pop()

    monkeypatch.setattr(Session, "_execute", counted)
    ended = command(capsys, "cohort", folder, "--out", tmp_path / "out", "--jobs", 3)
    assert ended.code == 0
    assert most == [1, 1, 1]
    assert "The memory of this machine is enough for 1 at once." in ended.err


def test_changed_points_are_judged_and_nothing_is_executed(capsys, graded, folder, tmp_path, monkeypatch):
    root, out = own_course(tmp_path / "course", monkeypatch), tmp_path / "out"
    command(capsys, "cohort", folder, "--out", out)
    before = results_in(out)
    graded.clear()
    edit(root / "rubric" / "textual_inversion.yaml", "similarities_are_cosines_of_rows, points: 1.4,",
         "similarities_are_cosines_of_rows, points: 7.4,")  # fmt: skip
    forbid_execution(monkeypatch)
    assert command(capsys, "cohort", folder, "--out", out).code == 0
    after = results_in(out)
    assert graded == []
    assert [r["max_score"] for r in after[:2]] == [r["max_score"] + 6 for r in before[:2]]
    assert after[2:] == before[2:]
    with Store(out, writing=False) as store:
        told = store.audit()
    assert len({change.judge for change in told if change.submission == "ada.ipynb"}) == 2


def test_results_among_the_submissions_are_no_submissions(capsys, graded, folder):
    for _ in range(2):
        assert command(capsys, "cohort", folder, "--out", folder / "results").code == 0
    assert command(capsys, "cohort", folder, "--out", folder / "other").code == 0
    assert [r["file"] for r in results_in(folder / "other")] == [str(folder / name) for name in IDS]


def test_a_full_disk_ends_the_cohort_in_one_sentence(capsys, graded, folder, tmp_path, monkeypatch):
    monkeypatch.setattr(
        Session,
        "_attempts",
        lambda self, notebook, lesson, *_: (self._fault(lesson, notebook.file, notebook.sha256, "No room."), None),
    )
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(run.shutil, "disk_usage", lambda _: usage._replace(free=0))
    monkeypatch.setattr(WarmParent, "close", lambda self: None)  # the session's goes on
    ended = command(capsys, "cohort", folder, "--out", tmp_path / "out")
    assert ended.code == 3
    said = [line for line in ended.err.splitlines() if line.startswith("grade.py: ")]
    assert said == [
        f"grade.py: the disk that {tmp_path / 'out'} lies on is full: make room and run the same command again, which "
        "goes on from here"
    ]


def test_the_time_that_is_left_is_told_from_the_share_that_is_done(capsys, monkeypatch):
    now = [100.0]
    monkeypatch.setattr("assay.command.progress.time.monotonic", lambda: now[0])
    with Display(4, 100.0) as display:
        display.begin()
        now[0] += 30
        display.done("z.ipynb", 1.0, "rejected: no notebook")
        display.done("a.ipynb", 9.0)
        display.done("b.ipynb", 10.0, "fault: no memory")
        display.done("c.ipynb", 80.0)
    said = capsys.readouterr().err.splitlines()
    assert said == [
        "[1/4] z.ipynb: rejected: no notebook",  # a file that was refused at once tells nothing about the others
        "[2/4] a.ipynb (about 4 min left)",
        "[3/4] b.ipynb: fault: no memory (about 2 min left)",
        "[4/4] c.ipynb",
    ]


def test_a_notebook_does_not_see_the_others_submissions(capsys, graded, folder, tmp_path):
    other = folder / "b" / "eve.ipynb"
    reads = f"try:\n    seen = open({str(other)!r}).read()\nexcept OSError:\n    seen = None\nassert seen is None"
    small_notebook(folder / "ada.ipynb", reads, COSINE)
    if command(capsys, "cohort", folder, "--out", tmp_path / "out", "--tier", "lockdown").code == 3:
        pytest.skip("this machine has no walls")
    assert results_in(tmp_path / "out")[0]["exercises"][0]["state"] == "completed"
