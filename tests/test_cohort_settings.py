"""cohort.yaml: what it says, and one sentence with the line or key where it cannot be meant."""

from __future__ import annotations

from datetime import timedelta

import pytest

from assay.cohort import read_settings, settings_of
from assay.failure import Misuse

LESSONS = ("clip", "lora-finetuning")
ROSTER = "id,name,email\n007,Ada Lovelace,ada@example.org\nNO,Bo Øst,\n"
WHOLE = """\
roster: roster.csv
path: "{student}/{attempt}/*.ipynb"
attempts: best
due: {clip: 2026-03-01T23:59:00+01:00, lora-finetuning: "2026-04-01 12:00Z"}
late: {days: 2, penalty: 10 %, at_most: 50%}
extra_time: {007: 2 days, NO: 36 hours}
groups: {team: [007, NO]}
exclude: {submissions: [drafts/*], students: [NO]}
assignments: {clip: Lab 2 (4711)}
"""


@pytest.fixture
def write(tmp_path):
    (tmp_path / "roster.csv").write_text(ROSTER, encoding="utf-8-sig")

    def written(text, roster=None):
        if roster is not None:
            (tmp_path / "roster.csv").write_text(roster, encoding="utf-8")
        (tmp_path / "cohort.yaml").write_text(text, encoding="utf-8")
        return tmp_path / "cohort.yaml"

    return written


def test_everything_is_read_and_ids_stay_text(write):
    found = settings_of(read_settings(write(WHOLE), LESSONS))
    assert list(found.students) == ["007", "NO"]
    assert found.students["NO"].name == "Bo Øst"
    assert (found.attempts, found.free_days, found.penalty, found.most) == ("best", 2, 0.1, 0.5)
    assert found.extra_time == {"007": timedelta(days=2), "NO": timedelta(hours=36)}
    assert found.groups == {"team": ("007", "NO")}
    assert found.due_of("clip").isoformat() == "2026-03-01T23:59:00+01:00"
    assert found.due_of(None) is None
    assert found.is_excluded("drafts/a.ipynb")
    assert not found.is_excluded("007/1/a.ipynb")
    assert found.excluded_students == ("NO",)
    assert found.assignments == {"clip": "Lab 2 (4711)"}


def test_one_due_date_is_for_all_lessons(write):
    found = settings_of(read_settings(write("due: 2026-03-01T23:59:00Z"), LESSONS))
    assert found.due_of("clip") == found.due_of("lora-finetuning") is not None


WRONG = {
    "no YAML": ("attempts: [best", "cohort.yaml: line "),
    "a key twice": ("attempts: best\nattempts: last", "line 2: the key 'attempts' occurs twice"),
    "nothing": ("", "what is agreed on for the cohort is empty"),
    "an unknown key": ("atempts: best", "the key 'atempts' is not known (did you mean 'attempts'?)"),
    "an unknown word": ("attempts: worst", "attempts: 'worst' should be one of best, last"),
    "a time without a zone": ("due: 2026-03-01T23:59:00", "due: '2026-03-01T23:59:00' does not fit; wanted is a time"),
    "no day": ("due: 2026-02-30T23:59:00Z", "due: '2026-02-30T23:59:00Z' is no time"),
    "no lesson": ("due: {clipp: 2026-03-01T23:59:00Z}", "due: there is no lesson 'clipp' (did you mean 'clip'?)"),
    "no share": ("late: {penalty: 0.1}", "late.penalty: '0.1' does not fit; wanted is a share"),
    "no length": ("extra_time: {a: long}", "extra_time.a: 'long' does not fit; wanted is a length"),
    "no student in the path": ("path: '*.ipynb'", "path: '*.ipynb' does not fit; wanted is a path with {student}"),
    "a group's stranger": ("roster: roster.csv\ngroups: {g: ['008']}", "groups.g: the roster has no student '008'"),
    "a stranger excluded": ("roster: roster.csv\nexclude: {students: [No]}", "exclude.students: the roster has no"),
    "no roster": ("roster: rooster.csv", "rooster.csv: the roster cannot be read"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_cannot_be_meant_is_told_in_one_sentence(write, name):
    text, words = WRONG[name]
    with pytest.raises(Misuse) as caught:
        read_settings(write(text), LESSONS)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


ROSTERS = {
    "id,name\na,A\na,B\n": "roster.csv: line 3 has the id 'a' of line 2",
    "id,name\na,A\nA,B\n": "roster.csv: line 3 has the id 'A' of line 2",
    "id,name\n,A\n": "roster.csv: line 2 has no id",
    "id,name\na\n": "roster.csv: line 2 does not have as many cells",
    "id,name\na,b,c\n": "roster.csv: line 2 does not have as many cells",
    "name\na\n": "roster.csv: line 1 names no column id",
    "": "roster.csv: line 1 names no column id",
    'id,name\na,"b\n': "roster.csv: line 2: ",
}


@pytest.mark.parametrize("roster", ROSTERS)
def test_a_roster_that_is_not_right_names_the_line(write, roster):
    with pytest.raises(Misuse) as caught:
        read_settings(write("roster: roster.csv", roster), LESSONS)
    assert ROSTERS[roster] in str(caught.value)


def test_columns_that_are_not_ours_and_empty_lines_are_passed_over(write):
    path = write("roster: roster.csv", "id,house,name\n\na,red,A\n,,\n")
    assert read_settings(path, LESSONS)["roster"] == [{"id": "a", "name": "A"}]
