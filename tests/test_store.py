"""The store: one result for each submission, every change of a mark told, and people's marks kept."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from copy import deepcopy
from dataclasses import replace

import pytest
import report_samples as samples

from assay.failure import Fault, Misuse
from assay.rubric import validate_result
from assay.store import NAME, Content, Mark, Store, Submission, address

NOTEBOOK, CONTENT = "a" * 64, Content(address("run"), address("judge"))


def graded(sha256=NOTEBOOK):
    return samples.excellent() | {"sha256": sha256}


def waiting(result):
    """The first criterion that waits for a person: exercise number, id, points."""
    return next(
        (e["number"], c["id"], c["max_score"]) for e in result["exercises"] for c in e["criteria"]
        if c["kind"] == "manual" and c["state"] == "unchecked"
    )  # fmt: skip


@pytest.fixture
def store(tmp_path):
    with Store(tmp_path) as opened:
        opened.expect([Submission("b/two.ipynb", "in/b/two.ipynb", NOTEBOOK, "2026-01-02T00:00:00+00:00"),
                       Submission("a.ipynb", "in/a.ipynb", NOTEBOOK, "2026-01-01T00:00:00+00:00")])  # fmt: skip
        yield opened


@pytest.fixture
def mark():
    number, name, most = waiting(graded())
    return Mark("a.ipynb", NOTEBOOK, graded()["lesson"], number, name, most, "well seen")


def test_a_result_is_given_to_each_submission_with_its_own_files_name(store):
    store.keep(CONTENT, graded(), ["a.ipynb", "b/two.ipynb"], "graded")
    found = store.results()
    assert {name: result["file"] for name, result in found.items()} == {
        "a.ipynb": "in/a.ipynb", "b/two.ipynb": "in/b/two.ipynb",
    }  # fmt: skip
    assert list(found) == sorted(found)
    assert found["a.ipynb"] | {"file": ""} == graded() | {"file": ""}
    assert store.judged(CONTENT.run) == graded() | {"file": ""}
    assert store.judged(CONTENT.judge) is None


def test_what_is_kept_survives_the_process(store, tmp_path):
    store.keep(CONTENT, graded(), ["a.ipynb"], "graded")
    store.__exit__()
    with Store(tmp_path, writing=False) as again:
        assert list(again.results()) == ["a.ipynb"]
        assert again.content(CONTENT.key) == CONTENT


def test_a_new_version_of_a_notebook_has_no_result_until_it_is_graded(store):
    store.keep(CONTENT, graded(), ["a.ipynb"], "graded")
    store.expect([Submission("a.ipynb", "in/a.ipynb", "b" * 64, "2026-01-03T00:00:00+00:00")])
    assert store.results() == {}
    worse = graded("b" * 64) | {"score": 3.0}
    store.keep(Content(address("other run"), CONTENT.judge), worse, ["a.ipynb"], "graded")
    assert store.results()["a.ipynb"]["score"] == 3.0
    last = store.audit()[-1]
    assert (last.submission, last.criterion) == ("a.ipynb", None)
    assert (last.was, last.became) == ("graded 17/17", "graded 3/17")


def test_what_is_gone_is_shown_no_more_and_comes_back(store):
    store.keep(CONTENT, graded(), ["a.ipynb"], "graded")
    one = store.submissions()[0]
    store.expect([])
    assert (store.submissions(), store.results()) == ([], {})
    store.expect([one])
    assert list(store.results()) == ["a.ipynb"]


def test_a_mark_counts_and_is_told(store, mark):
    store.keep(CONTENT, graded(), ["a.ipynb", "b/two.ipynb"], "graded")
    store.mark(mark)
    marked, other = store.results()["a.ipynb"], store.results()["b/two.ipynb"]
    validate_result(marked)
    most = mark.points
    assert marked["score"] == graded()["score"] + most
    assert marked["max_score"] == graded()["max_score"] + most
    assert marked["pending"] == graded()["pending"] - most
    assert (other["score"], other["pending"]) == (graded()["score"], graded()["pending"])
    criterion = next(c for e in marked["exercises"] for c in e["criteria"] if c["id"] == mark.criterion)
    assert (criterion["state"], criterion["score"], criterion["seen"]) == ("passed", most, "well seen")
    told = [c for c in store.audit() if c.cause == "marked"]
    assert {(c.criterion, c.became) for c in told} >= {(mark.criterion, f"passed {most:g}/{most:g}")}
    assert all(c.submission == "a.ipynb" and c.judge == CONTENT.judge[:12] for c in told)


def test_a_mark_survives_other_checks_and_the_same_run_again(store, mark):
    store.keep(CONTENT, graded(), ["a.ipynb"], "graded")
    store.mark(mark)
    fewer = deepcopy(graded())
    fewer["score"] -= 1
    fewer["exercises"][0]["score"] -= 1
    fewer["exercises"][0]["criteria"][0]["score"] -= 1
    store.keep(Content(CONTENT.run, address("newer checks")), fewer, ["a.ipynb"], "regraded")
    found = store.results()["a.ipynb"]
    assert found["score"] == graded()["score"] - 1 + mark.points
    told = [c for c in store.audit() if c.cause == "regraded"]
    assert {c.criterion for c in told} == {None, graded()["exercises"][0]["criteria"][0]["id"]}
    assert {c.judge for c in told} == {address("newer checks")[:12]}


def test_a_mark_waits_when_the_notebook_has_changed_and_says_so(store, mark):
    store.keep(CONTENT, graded(), ["a.ipynb"], "graded")
    store.mark(mark)
    first = store.submissions()[0]
    store.expect([replace(first, notebook="b" * 64)])
    store.keep(Content(address("other run"), CONTENT.judge), graded("b" * 64), ["a.ipynb"], "graded")
    changed = store.results()["a.ipynb"]
    assert changed["pending"] == graded()["pending"]
    assert any("on another version of the notebook" in note for note in changed["notes"])
    store.expect([first])
    store.keep(CONTENT, None, ["a.ipynb"], "graded")
    assert store.results()["a.ipynb"]["score"] == graded()["score"] + mark.points


def test_a_mark_over_what_the_rubric_came_to_give_is_cut(store, mark):
    less = deepcopy(graded())
    for exercise in less["exercises"]:
        for criterion in exercise["criteria"]:
            if criterion["id"] == mark.criterion:
                criterion["max_score"] = 0.5
                exercise["pending"] += 0.5 - mark.points
                less["pending"] += 0.5 - mark.points
    store.keep(CONTENT, graded(), ["a.ipynb"], "graded")
    store.mark(mark)
    store.keep(Content(CONTENT.run, address("newer")), less, ["a.ipynb"], "regraded")
    assert store.results()["a.ipynb"]["score"] == graded()["score"] + 0.5


def test_a_person_may_overrule_the_machine(store, mark):
    store.keep(CONTENT, graded(), ["a.ipynb"], "graded")
    exercise = graded()["exercises"][0]
    first = exercise["criteria"][0]
    store.mark(replace(mark, exercise=exercise["number"], criterion=first["id"], points=0.0))
    found = store.results()["a.ipynb"]
    assert (found["score"], found["max_score"]) == (graded()["score"] - first["max_score"], graded()["max_score"])
    assert found["exercises"][0]["criteria"][0]["state"] == "failed"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"submission": "c.ipynb"}, "there is no submission 'c.ipynb'"),
        ({"criterion": "beauty"}, "a.ipynb has no criterion 'beauty'"),
        ({"points": 99.0}, "points, not 99"),
        ({"points": -1.0}, "points, not -1"),
        ({"points": float("nan")}, "points, not nan"),
        ({"notebook": "c" * 64}, "has not been graded as it is now"),
    ],
)
def test_a_mark_that_fits_nowhere_is_refused_and_leaves_no_trace(store, mark, change, words):
    store.keep(CONTENT, graded(), ["a.ipynb"], "graded")
    before = store.results(), store.audit()
    with pytest.raises(Misuse, match=words):
        store.mark(replace(mark, **change))
    assert (store.results(), store.audit()) == before


def test_a_fault_is_no_evidence_and_takes_no_marks(store, mark):
    store.keep(CONTENT, samples.fault() | {"sha256": NOTEBOOK}, ["a.ipynb"], "graded")
    assert store.judged(CONTENT.run) is None
    with pytest.raises(Misuse, match="has not been graded"):
        store.mark(mark)


def test_a_second_writer_is_refused_in_one_sentence(store, tmp_path):
    code = f"from assay.store import Store; from pathlib import Path; Store(Path({str(tmp_path)!r}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert f"Misuse: another grade.py is working on {tmp_path}: wait" in done.stderr


KILLED = """
import os, signal, sys
sys.path.insert(0, "tests")
from pathlib import Path
from test_store import CONTENT, NOTEBOOK, Store, Submission, graded
store = Store(Path(sys.argv[1]))
store.expect([Submission("a.ipynb", "a.ipynb", NOTEBOOK, "")])
store.keep(CONTENT, graded(), ["a.ipynb"], "graded")
store._connection.execute("BEGIN IMMEDIATE")
store._connection.execute("DELETE FROM result")
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_killed_writer_leaves_what_it_announced_and_no_lock(tmp_path):
    done = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path)])
    assert done.returncode == -signal.SIGKILL
    with Store(tmp_path, writing=False) as store:
        assert store.results()["a.ipynb"]["score"] == graded()["score"]
    with Store(tmp_path) as store:
        assert len(store.audit()) == 1


def test_marks_are_not_for_everybody(store, tmp_path):
    assert (tmp_path / NAME).stat().st_mode & 0o077 == 0


def broken(path, how):
    if how == "no database":
        path.write_bytes(b"grades: all of them\n" * 400)
    elif how == "cut":
        path.write_bytes(path.read_bytes()[:5000])
    else:
        with sqlite3.connect(path) as connection:
            connection.execute("PRAGMA user_version = 99" if how == "newer" else "PRAGMA application_id = 7")
        connection.close()


WORDS = {
    "no database": "is broken or no store of assay",
    "cut": "is broken or no store of assay",
    "newer": "was written by a newer assay",
    "another program's": "is another program's database",
}


@pytest.mark.parametrize("writing", [True, False])
@pytest.mark.parametrize("how", WORDS)
def test_a_store_that_cannot_be_read_gives_one_sentence(tmp_path, how, writing):
    with Store(tmp_path) as store:
        store.set("padding", "x" * 20_000)
    broken(tmp_path / NAME, how)
    before = (tmp_path / NAME).read_bytes()
    with pytest.raises(Misuse, match=WORDS[how]) as caught:
        Store(tmp_path, writing)
    assert "\n" not in str(caught.value)
    assert (tmp_path / NAME).read_bytes() == before


def test_no_store_is_told_with_what_makes_one(tmp_path):
    with pytest.raises(Misuse, match="name a folder that `grade"):
        Store(tmp_path, writing=False)


def test_a_full_disk_is_a_fault_and_keeps_what_there_was(store):
    store.keep(CONTENT, graded(), ["a.ipynb"], "graded")
    pages = store._connection.execute("PRAGMA page_count").fetchone()[0]
    store._connection.execute(f"PRAGMA max_page_count = {pages + 1}")
    with pytest.raises(Fault, match="make room on that disk and run the same command again"):
        store.keep(Content(address("x"), address("y")), graded() | {"notes": ["x" * 50_000]}, ["b/two.ipynb"], "graded")
    assert list(store.results()) == ["a.ipynb"]


@pytest.mark.skipif(os.getuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written_is_refused(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(Misuse, match="cannot open"):
        Store(tmp_path)
