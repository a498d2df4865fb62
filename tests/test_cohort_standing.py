"""Marks: whose a submission is, which attempt counts, what lateness costs."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from assay.cohort import Settings, Student, standing

DUE = datetime.fromisoformat("2026-03-01T12:00:00+00:00")


def result(score=10.0, lesson="clip", state="graded"):
    return {"lesson": lesson, "score": score, "max_score": 20.0, "state": state}


def rows(results, settings=None, **handed_in):
    """By submission and student; `handed_in` in hours after the due date."""
    times = {name: (DUE + timedelta(hours=handed_in.get(name.replace("/", "_"), -1))).isoformat() for name in results}
    return {(r.submission, r.student): r for r in standing(results, times, settings or Settings())}


def agreed(*students, **more):
    return Settings(students={name: Student(name) for name in students}, due={None: DUE}, **more)


@pytest.mark.parametrize(
    ("path", "pattern", "student", "attempt"),
    [
        ("ada/lab.ipynb", None, "ada", ""),
        ("ada.ipynb", None, "ada", ""),
        ("spring/ada-2.ipynb", "spring/{student}-{attempt}.ipynb", "ada", "2"),
        ("lovelaceada_4711_99_lab.ipynb", "*_{student}_*.ipynb", "4711", ""),
        ("x/y/ada/lab.ipynb", "**/{student}/*.ipynb", "ada", ""),
        ("ada/ada.ipynb", "{student}/{student}.ipynb", "ada", ""),
        ("ada/bo.ipynb", "{student}/{student}.ipynb", None, ""),
        ("notes.txt.ipynb", "{student}/*.ipynb", None, ""),
    ],
)
def test_the_path_says_whose_it_is(path, pattern, student, attempt):
    ((found, row),) = rows({path: result()}, Settings(path=pattern)).items()
    assert (found, row.attempt) == ((path, student), attempt)


def test_the_roster_decides_who_there_is_and_how_ids_are_spelt():
    found = rows({"ADA.ipynb": result(), "eve.ipynb": result()}, agreed("ada"))
    assert list(found) == [("ADA.ipynb", "ada"), ("eve.ipynb", None)]
    assert not found["eve.ipynb", None].counts


def test_a_group_hands_in_once_and_each_member_has_the_mark():
    found = rows({"team/lab.ipynb": result(12)}, agreed("ada", "bo", groups={"team": ("ada", "bo")}))
    assert {student: row.mark for (_, student), row in found.items()} == {"ada": 12, "bo": 12}


@pytest.mark.parametrize(
    ("attempts", "counting"), [("best", "ada/2"), ("last", "ada/10")], ids=["best", "last: 10 is behind 9"]
)
def test_which_attempt_counts(attempts, counting):
    tried = {"ada/2": result(15), "ada/9": result(3), "ada/10": result(9)}
    found = rows(tried, Settings(path="{student}/{attempt}", attempts=attempts))
    assert [r.submission for r in found.values() if r.counts] == [counting]


def test_the_last_attempt_is_the_last_handed_in_where_no_name_tells():
    found = rows({"ada/a": result(), "ada/b": result()}, ada_a=5, ada_b=1)
    assert [r.submission for r in found.values() if r.counts] == ["ada/a"]


def test_a_file_that_cannot_be_read_is_no_attempt_and_flagged_work_is():
    tried = {"ada/1": result(5), "ada/2": result(None, state="tampered"), "ada/3": result(None, state="rejected")}
    found = rows(tried, Settings(path="{student}/{attempt}"))
    assert [(r.submission, r.mark) for r in found.values() if r.counts] == [("ada/2", None)]


@pytest.mark.parametrize(
    ("hours", "days", "mark"), [(0, 0, 10), (0.1, 1, 9), (24, 1, 9), (24.1, 2, 8), (24 * 30, 30, 5)]
)
def test_each_day_that_has_begun_costs_its_share_up_to_the_most(hours, days, mark):
    found = rows({"ada": result()}, agreed("ada", penalty=0.1, most=0.5), ada=hours)["ada", "ada"]
    assert (found.days_late, found.mark) == (days, mark)


def test_extra_time_is_a_students_own():
    settings = agreed("ada", "bo", penalty=0.1, extra_time={"ada": timedelta(days=1)})
    found = rows({"ada": result(), "bo": result()}, settings, ada=24, bo=24)
    assert [row.mark for row in found.values()] == [10, 9]


def test_free_days_are_spent_on_what_is_due_first():
    later = DUE + timedelta(days=7)
    settings = Settings(due={"clip": DUE, "aa-second": later}, free_days=2, penalty=0.1)
    found = rows({"ada/1": result(), "ada/2": result(lesson="aa-second")}, settings, ada_1=25, ada_2=24 * 7 + 25)
    assert [(r.days_late, r.free_days, r.mark) for r in found.values()] == [(2, 2, 10), (2, 0, 8)]


def test_an_attempt_that_does_not_count_spends_no_free_days():
    later = DUE + timedelta(days=7)
    settings = Settings(path="{student}/*", due={"clip": DUE, "lora": later}, free_days=1, penalty=0.1, attempts="best")
    tried = {"ada/in_time": result(10), "ada/late": result(9), "ada/other": result(lesson="lora")}
    found = rows(tried, settings, ada_late=20, ada_other=24 * 7 + 20)
    assert {name: (row.counts, row.mark) for (name, _), row in found.items()} == {
        "ada/in_time": (True, 10), "ada/late": (False, 9), "ada/other": (True, 10),
    }  # fmt: skip


def test_who_is_excluded_has_no_mark_that_counts():
    assert not rows({"ada": result()}, agreed("ada", excluded_students=("ada",)))["ada", "ada"].counts
