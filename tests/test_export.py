"""Exports: the formats that other products take, sorted, and nothing that a spreadsheet or a terminal would run."""

from __future__ import annotations

import csv
import io
import json
from xml.etree import ElementTree as Xml

import pytest
import report_samples as samples

from assay.cohort import Settings, Student, standing
from assay.export import FORMATS, export

STUDENTS = {
    "ada": Student("ada", "Ada Lovelace", "ada@example.org", "al1", "S1", "101", "A"),
    "bo": Student("bo", "=cmd|'/c calc'!A1", "bo@example.org"),
    "eve": Student("eve", "Eve"),
}
SETTINGS = Settings(students=STUDENTS, assignments={"textual-inversion": "Lab 6 (48213)"})


def rows(results=None, settings=SETTINGS):
    results = results or {
        "eve/x.ipynb": samples.fault(), "ada/x.ipynb": samples.excellent(), "bo/x.ipynb": samples.rejected(),
        "zoe/x.ipynb": samples.excellent(),
    }  # fmt: skip
    return standing(results, {}, settings)


def table(form, **more):
    return list(csv.reader(io.StringIO(export(form, rows(**more), SETTINGS))))


def test_csv_has_a_row_for_each_submission_sorted(capsys):
    found = table("csv")
    assert found[0] == [
        *("submission", "lesson", "student", "name", "state", "score", "max_score", "pending"),
        *(f"exercise_{number}" for number in range(1, 5)),
        *("attempt", "days_late", "penalty", "mark", "counts", "reason"),
    ]
    by_name = {row[0]: dict(zip(found[0], row, strict=True)) for row in found[1:]}
    assert list(by_name) == sorted(by_name)
    ada, bo, zoe = (by_name[f"{name}/x.ipynb"] for name in ("ada", "bo", "zoe"))
    assert [ada[k] for k in ("student", "name", "score", "mark", "counts")] == [
        "ada",
        "Ada Lovelace",
        "17",
        "17",
        "yes",
    ]
    assert (bo["state"], bo["mark"], bo["counts"]) == ("rejected", "", "no")
    assert (zoe["student"], zoe["counts"]) == ("", "no")


def test_canvas_takes_it_as_its_own():
    """The header, the column in which each id is looked for, and the row of points are those that Canvas requires."""
    head, most, *students = table("canvas")
    assert head == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "Lab 6 (48213)"]
    assert "Points Possible" in most[0]
    assert float(most[5]) == 21  # 17 that a machine gives and 4 that a person does
    assert students == [
        ["Ada Lovelace", "101", "S1", "al1", "A", "17"],
        ["'=cmd|'/c calc'!A1", "", "bo", "", "", ""],
        ["Eve", "", "eve", "", "", ""],
    ]


def test_moodle_finds_students_by_id_number_or_email():
    head, *students = table("moodle")
    assert head == ["ID number", "Full name", "Email address", "Lab 6 (48213)"]
    assert students[0] == ["S1", "Ada Lovelace", "ada@example.org", "17"]


def test_without_a_roster_who_handed_in_has_a_place():
    named = list(csv.reader(io.StringIO(export("moodle", rows(settings=Settings()), Settings()))))
    assert [row[0] for row in named[1:]] == ["ada", "bo", "eve", "zoe"]


def test_who_is_excluded_is_in_no_gradebook_of_a_platform():
    without = Settings(students=STUDENTS, excluded_students=("ada",))
    text = export("canvas", rows(settings=without), without)
    assert "Lovelace" not in text


def test_only_the_attempt_that_counts_is_handed_on():
    agreed = Settings(path="{student}/{attempt}.ipynb", attempts="best")
    tried = {"ada/1.ipynb": samples.excellent(), "ada/2.ipynb": samples.excellent() | {"score": 1.0}}
    found = list(csv.reader(io.StringIO(export("moodle", rows(tried, agreed), agreed))))
    assert found[1:] == [["ada", "", "", "17"]]


def test_gradescope_takes_one_submission_as_it_is():
    document = json.loads(export("gradescope", rows({"ada/x.ipynb": samples.excellent()}), SETTINGS))
    assert set(document) == {
        "score", "output", "output_format", "visibility", "stdout_visibility", "tests", "extra_data",
    }  # fmt: skip
    assert document["score"] == 17
    assert sum(test.get("score", 0) for test in document["tests"]) == 17
    for test in document["tests"]:
        assert set(test) <= {
            "name", "number", "score", "max_score", "status", "output", "output_format", "visibility", "extra_data",
        }  # fmt: skip
        assert test.get("status") in (None, "passed", "failed")
        assert test["visibility"] in ("visible", "hidden", "after_due_date")
    waiting = [test for test in document["tests"] if "score" not in test]
    assert len(waiting) == 1
    assert "status" not in waiting[0]


def test_gradescope_has_no_score_where_a_person_must_look():
    documents = json.loads(export("gradescope", rows(), SETTINGS))
    by_id = {document["extra_data"]["submission"]: document for document in documents}
    assert "score" not in by_id["eve/x.ipynb"] and by_id["eve/x.ipynb"]["tests"] == []
    assert by_id["bo/x.ipynb"]["score"] == 0
    assert by_id["bo/x.ipynb"]["output"].startswith("This file is not JSON")


def test_junit_counts_what_it_lists_and_has_no_times():
    text = export("junit", rows({"a.ipynb": samples.mistaken(), "b.ipynb": samples.fault()}), Settings())
    assert "time" not in text.replace("runtime", "")
    root = Xml.fromstring(text)
    assert root.tag == "testsuites"
    for tag, name in (("testcase", "tests"), ("failure", "failures"), ("error", "errors"), ("skipped", "skipped")):
        assert len(root.findall(f".//{tag}")) == int(root.get(name)) == sum(int(suite.get(name)) for suite in root)
    assert int(root.get("failures")) > 0
    assert root.find(".//failure").get("message")
    assert root.find("testsuite[@name='b.ipynb']/testcase/error").get("type") == "fault"


@pytest.mark.parametrize("form", FORMATS)
def test_a_groups_submission_and_hostile_text_come_out_whole(form):
    hostile = samples.mistaken()
    for criterion, text in zip(
        [c for e in hostile["exercises"] for c in e["criteria"]], samples.HOSTILE * 3, strict=False
    ):
        criterion["seen"] = text
    agreed = Settings(groups={"team": ("ada", "bo")})
    results = {"team/=1+1.ipynb": hostile, "ada/\x1b[2J.ipynb": samples.rejected() | {"reason": "=1\x00\ud800"}}
    text = export(form, rows(results, agreed), agreed)
    text.encode("utf-8")
    assert not any(sign in text for sign in "\x00\x1b\x9b\u202e\ud800\r")
    if form == "junit":
        assert len(Xml.fromstring(text)) == 2
    elif form == "gradescope":
        assert len(json.loads(text)) == 2
    else:
        cells = [cell for row in csv.reader(io.StringIO(text)) for cell in row]
        assert not any(cell.startswith(("=", "+", "-", "@")) for cell in cells)


@pytest.mark.parametrize("form", FORMATS)
def test_equal_results_give_equal_bytes_whatever_took_longer_and_wherever_they_lay(form):
    moved = samples.excellent() | {"file": "/elsewhere/x.ipynb", "seconds": {"cells": 1, "total": 99}}
    one = rows({"b": samples.excellent(), "a": samples.fault()})
    other = rows({"a": samples.fault(), "b": moved})
    assert export(form, one, SETTINGS) == export(form, other, SETTINGS)
    assert "elsewhere" not in export(form, other, SETTINGS)


@pytest.mark.parametrize("form", FORMATS)
def test_no_submissions_are_no_error(form):
    assert export(form, [], Settings()).endswith("\n")
