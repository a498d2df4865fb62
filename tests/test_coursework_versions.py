"""Between two versions: what changed for students, and whether marks follow; accepted findings; the forms of output."""

from __future__ import annotations

import datetime
import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as Xml

import pytest

from assay.command.lessons import load_lessons
from assay.coursework.accepted import Acceptance, load_accepted, without_accepted
from assay.coursework.finding import KINDS, Finding, in_order, is_clean
from assay.coursework.formats import as_annotations, as_json, as_junit, as_text
from assay.coursework.versions import versions
from assay.failure import Misuse
from tests.coursework import Text, page_of

GUIDED = "## Exercise 1: Something [Guided]"
OPEN = "## Exercise 3: More [Supported]"
TODO = "# TODO: y\ny = None  # TODO"


def compared(old: tuple[str, ...], new: tuple[str, ...], **results: Any) -> list[Finding]:
    """What is found between two versions without a rubric."""
    given = {"result": None, "old_result": None} | results
    return list(versions(page_of(*new), page_of(*old), None, **given))


def test_equal_versions_change_nothing():
    assert not compared((GUIDED, "x = 1"), (GUIDED, "x = 1"))


def test_what_changed_is_told_by_what_it_is():
    (text,) = compared((Text("One."), "x = 1"), (Text("Two."), "x = 1"))
    assert (text.cell, text.severity, text.message) == (1, "note", "Text has changed.")
    (code,) = compared((GUIDED, "x = 1"), (GUIDED, "x = 2"))
    assert (code.severity, code.message) == ("note", "Code that students run has changed.")
    (opened,) = compared((OPEN, TODO), (OPEN, TODO.replace("y", "z")))
    assert (opened.cell, opened.severity) == (2, "warning")
    (gone,) = compared((GUIDED, "x = 1", "y = 1"), (GUIDED, "x = 1"))
    assert gone.evidence == "cell 3 (code) of the old version became nothing"


def test_criteria_of_an_exercise_that_is_gone_or_another():
    rubric = load_lessons()["textual-inversion"].rubric
    old = page_of(*(f"## Exercise {e.number}: {e.title} [{e.level.title()}]" for e in rubric.exercises), "x = 1")
    first = "## Exercise 1: Anything [Guided]"
    new = page_of(first, "x = 1", "## Exercise 9: New [Guided]", "y = 1")
    told = [f for f in versions(new, old, rubric, None, None) if "criteria" in f.message + f.evidence]
    assert sum("is gone" in f.message for f in told) == 3
    assert any("another title" in f.message for f in told)
    assert any(f.message.startswith("A new exercise") for f in versions(new, old, rubric, None, None))
    assert not [f for f in versions(old, old, rubric, None, None) if f.kind == "changed" and f.severity == "error"]


def test_a_version_that_is_not_registered():
    rubric = load_lessons()["textual-inversion"].rubric
    page = page_of(OPEN, TODO)
    told = [f for f in versions(page, page, rubric, None, None) if "register" in f.message]
    assert [f.severity for f in told] == ["warning", "warning"], "the new version and the old one"


def graded(state: str) -> dict[str, Any]:
    """A grade with one criterion."""
    return {"exercises": [{"number": 1, "criteria": [{"id": "it-holds", "state": state}]}]}


def test_marks_of_old_submissions():
    same = (GUIDED, "x = 1")
    (finding,) = compared(same, same, result=graded("passed"), old_result=graded("failed"))
    assert finding.evidence == "it-holds: failed with the old version, passed now"
    assert not compared(same, same, result=graded("passed"), old_result=graded("passed"))


ERROR = Finding("a/one.ipynb", 3, 1, "no-timeout", "error", "It may hang: for ever, really.", "get(url)")
NOTE = Finding("a/one.ipynb", None, None, "house-rule", "note", "No dash.", "5 places\nor more")


def test_an_accepted_finding_is_left_out(tmp_path: Path):
    path = tmp_path / "accepted.yaml"
    path.write_text(
        "- {notebook: 'one.*', kind: no-timeout, exercise: 1, about: 'get(', reason: local server, date: 2026-03-31}\n"
    )
    accepted = load_accepted(path)
    assert without_accepted([ERROR, NOTE], accepted, ["a/one.ipynb"]) == ([NOTE], 1)
    left, number = without_accepted([NOTE], accepted, ["a/one.ipynb", "b/two.ipynb"])
    assert number == 0
    assert [f.kind for f in left] == ["house-rule", "unused-acceptance"]
    assert "2026-03-31: local server" in left[1].evidence


@pytest.mark.parametrize("more", [{"cell": 4}, {"exercise": 2}, {"about": "post("}, {"notebook": "two.ipynb"}])
def test_an_acceptance_fits_nothing_else(more: dict[str, Any]):
    plain = {"notebook": "one.ipynb", "kind": "no-timeout", "reason": "r", "date": datetime.date(2026, 3, 31)}
    assert Acceptance(**plain).fits(ERROR)
    assert not Acceptance(**plain | more).fits(ERROR)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("- {notebook: a, kind: no-timeout, date: 2026-03-31}", "lacks 'reason'"),
        ("- {notebook: a, kind: no-timeout, reason: b}", "lacks 'date'"),
        ("- {notebook: a, kind: no-timeout, reason: b, date: soon}", "write it as 2026-03-31"),
        ("- {notebook: a, kind: taste, reason: b, date: 2026-03-31}", "which is none"),
        ("- {notebook: a, why: b}", "another form"),
        ("- {notebook: 651, kind: no-timeout, reason: b, date: 2026-03-31}", "notebook 651: write a text"),
        ("- {notebook: a, kind: no-timeout, reason: b, about: 5, date: 2026-03-31}", "about 5: write a text"),
        ("- {notebook: a, kind: no-timeout, reason: b, cell: '5', date: 2026-03-31}", "cell '5': write a number"),
        ("a: b", "is no list"),
        ("- [", "is no YAML"),
    ],
)
def test_an_acceptance_has_a_reason_and_a_date(tmp_path: Path, text: str, says: str):
    path = tmp_path / "accepted.yaml"
    path.write_text(text)
    with pytest.raises(Misuse, match=says):
        load_accepted(path)


def test_findings_have_an_order_and_a_listed_kind():
    assert in_order([NOTE, ERROR, NOTE]) == [ERROR, NOTE]
    assert is_clean([NOTE])
    assert not is_clean([NOTE, ERROR])
    with pytest.raises(AssertionError):
        Finding("a", None, None, "taste", "note", "", "")


def test_json_has_the_fixed_form():
    (found,) = json.loads(json.dumps(as_json([ERROR])))
    assert list(found) == ["notebook", "cell", "exercise", "kind", "severity", "message", "evidence"]


def test_words_name_the_place_and_count():
    text = as_text([ERROR, NOTE], ["a/one.ipynb", "b.ipynb"])
    assert "a/one.ipynb: 1 error, 1 note" in text
    assert "cell 3 (Exercise 1)  [no-timeout]" in text
    assert "b.ipynb: nothing found" in text


def test_annotations_are_escaped():
    one, other = as_annotations([ERROR, NOTE]).splitlines()
    assert one.startswith("::error file=a/one.ipynb,title=no-timeout::cell 3 (Exercise 1): It may hang: for ever")
    assert other.startswith("::notice file=a/one.ipynb,title=house-rule::")
    assert "%0A" in other


def test_junit_fails_for_errors_only():
    root = Xml.fromstring(as_junit([ERROR, NOTE], ["a/one.ipynb"]))
    assert root.get("failures") == "1"
    assert root.get("tests") == str(len(KINDS)) == str(len(root.findall(".//testcase")))
    (failure,) = root.findall(".//failure")
    assert (failure.get("type"), failure.text) == ("no-timeout", "get(url)")
    (said,) = root.findall(".//system-out")
    assert "No dash." in (said.text or "")
