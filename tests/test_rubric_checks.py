"""Rubric and checks file must name the same checks; the file is read, never run."""

import pytest

from assay.failure import Misuse
from assay.rubric import check_names, load_rubric, verify_checks

RUBRIC = """\
lesson: small
title: Small
limits: {cell: 1 min, exercise: 1 min, submission: 1 min, memory: 1 GB, output: 1 MB}
exercises:
  - number: 1
    title: One
    level: guided
    criteria:
      - {check: it_learned, points: 1}
      - {manual: text, claim: It is explained., points: 1}
  - number: 2
    title: Two
    level: guided
    criteria: [{check: it_learned, points: 1}, {check: it_stayed, points: 1}]
"""

CHECKS = '''
raise RuntimeError("a checks file is not imported here")

def a_fixture():
    def check_inside(): ...

class Box:
    def check_method(self): ...

def check_it_learned(training):
    """The row
    learned.

    More for whoever writes checks.
    """

check_it_learned.catches = []

async def check_it_stayed():
    "The rest stayed."
'''


@pytest.fixture
def rubric(tmp_path):
    (tmp_path / "small.yaml").write_text(RUBRIC)
    return load_rubric(tmp_path / "small.yaml")


def checks(tmp_path, text):
    path = tmp_path / "small.py"
    path.write_text(text)
    return path


def test_claims_are_the_first_paragraphs_of_top_level_checks(tmp_path):
    assert check_names(checks(tmp_path, CHECKS)) == {"it_learned": "The row learned.", "it_stayed": "The rest stayed."}


def test_claims_are_filled_in_and_manual_ones_kept(tmp_path, rubric):
    first, second = verify_checks(rubric, checks(tmp_path, CHECKS)).exercises
    assert [one.claim for one in first.criteria] == ["The row learned.", "It is explained."]
    assert [one.claim for one in second.criteria] == ["The row learned.", "The rest stayed."]


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("def check_it_stayed", "def check_it_staid", "exercise 2: there is no function check_it_stayed in small.py"),
        ("def check_it_stayed", "def check_it_staid", "did you mean 'it_staid'"),
        (
            "def a_fixture",
            "def check_more():\n    'More.'\n\ndef a_fixture",
            "check_more is in no exercise of small.yaml",
        ),
        ("def check_it_stayed", "def check_it_learned", "line 19: check_it_learned is defined twice"),
        ('"The rest stayed."', "pass", "check_it_stayed has no docstring"),
        ('"The rest stayed."', '"  "', "check_it_stayed has no docstring"),
        ("def a_fixture", "def a fixture", "not valid Python (line 4"),
        ("def a_fixture", "\0", "not valid Python"),
    ],
)
def test_wrong_wiring_is_refused_before_anything_runs(tmp_path, rubric, old, new, sentence):
    assert old in CHECKS
    with pytest.raises(Misuse) as caught:
        verify_checks(rubric, checks(tmp_path, CHECKS.replace(old, new)))
    assert sentence in str(caught.value)


def test_a_missing_checks_file_is_refused(tmp_path, rubric):
    with pytest.raises(Misuse, match="every lesson needs this file"):
        verify_checks(rubric, tmp_path / "none.py")
