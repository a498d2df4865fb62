"""Whoever calls the command wrongly gets one sentence that says how to mend it, before anything runs."""

from __future__ import annotations

import re

import pytest
from commands import command, edit, own_course, small_notebook

from assay.course import lessons

COMMANDS = (
    "run", "check", "cohort", "course", "regrade", "export", "mark", "kit", "register", "package", "doctor", "lint",
    "new",
)  # fmt: skip


@pytest.fixture(autouse=True)
def _nothing_runs(monkeypatch):
    """Nothing below gets as far as importing the libraries."""

    def refuse(*_):
        raise AssertionError("a warm parent was started")

    for module in ("run", "engines", "regrade"):
        monkeypatch.setattr(f"assay.command.{module}.start_warm", refuse)


@pytest.fixture
def notebook(tmp_path):
    return small_notebook(tmp_path / "mine.ipynb", "x = 1")


def refused(capsys, *arguments):
    """The one sentence on standard error of a command that ends with 2."""
    ended = command(capsys, *arguments)
    assert (ended.code, ended.out) == (2, "")
    lines = [line for line in ended.err.splitlines() if line.startswith("grade.py: ")]
    assert len(lines) == 1, ended.err
    return lines[0].removeprefix("grade.py: ")


def test_without_arguments_the_usage_is_shown(capsys):
    ended = command(capsys)
    assert ended.code == 2
    assert ended.err.startswith("usage: grade.py")
    assert "COMMAND" in ended.err


@pytest.mark.parametrize(
    "arguments",
    [
        ["grade"],
        ["run"],
        ["cohort"],
        ["export", "x"],
        ["mark", "x", "--set", "y"],
        ["regrade"],
        ["kit", "paint"],
        ["run", "a.ipynb", "--fast"],
    ],
)
def test_what_argparse_refuses_ends_with_two(capsys, arguments):
    ended = command(capsys, *arguments)
    assert (ended.code, ended.out) == (2, "")
    assert "usage: grade.py" in ended.err


@pytest.mark.parametrize("arguments", [["--help"], *([name, "--help"] for name in COMMANDS)], ids=" ".join)
def test_help_teaches_by_examples(capsys, arguments):
    ended = command(capsys, *arguments)
    assert (ended.code, ended.err) == (0, "")
    examples = ended.out.partition("examples:\n")[2].splitlines()
    named = arguments[0] if arguments[0] in COMMANDS else "run"
    assert any(line.startswith(f"  grade.py {named} ") for line in examples)
    assert max(len(line) for line in ended.out.splitlines()) <= 120


def test_the_version_is_one_line(capsys):
    ended = command(capsys, "--version")
    assert (ended.code, ended.err) == (0, "")
    assert re.fullmatch(r"assay( \d+\.\d+\.\d+.*|, from a checkout that is not installed)\n", ended.out)


@pytest.mark.parametrize("jobs", ["0", "-1", "two", "1.5", ""])
def test_jobs_are_a_whole_number(capsys, jobs):
    ended = command(capsys, "run", "a.ipynb", f"--jobs={jobs}")
    assert ended.code == 2
    assert f"{jobs!r} should be a whole number of at least 1" in ended.err


def test_an_unknown_lesson_is_refused_with_the_one_that_was_meant(capsys, notebook):
    said = refused(capsys, "run", notebook, "--lesson", "textual-invention")
    start = "there is no lesson 'textual-invention' (did you mean 'textual-inversion'?); the lessons are "
    assert said == start + ", ".join(lessons())


def test_a_folder_that_cannot_be_written_is_refused(capsys, notebook):
    said = refused(capsys, "run", notebook, "--out", notebook / "results")
    assert said.startswith(f"cannot write into {notebook / 'results'} (")
    assert said.endswith("): name another folder with --out")


@pytest.mark.parametrize("place", ["nowhere/results.json", "mine.ipynb/results.json", "."])
def test_a_file_for_the_results_that_cannot_be_written_is_refused(capsys, notebook, tmp_path, place):
    said = refused(capsys, "run", notebook, "--json", tmp_path / place)
    assert said.startswith(f"cannot write {tmp_path / place} (")
    assert said.endswith("): name another file with --json")


@pytest.mark.parametrize("place", ["nowhere", "mine.ipynb", "."])
def test_a_kit_that_is_none_is_refused(capsys, notebook, tmp_path, place):
    assert str(tmp_path / place) in refused(capsys, "run", notebook, "--kit", tmp_path / place)


@pytest.mark.parametrize("content", [None, "", "{}", "[1]", "null", "[{}]", '[{"state": "graded"}]'])
def test_a_folder_without_results_cannot_be_regraded(capsys, tmp_path, content):
    if content is not None:
        (tmp_path / "results.json").write_text(content)
    assert "results.json" in refused(capsys, "regrade", tmp_path)


@pytest.mark.parametrize("name", ["nowhere.ipynb", ".", "text.ipynb"])
def test_what_is_no_notebook_cannot_be_registered(capsys, tmp_path, name):
    (tmp_path / "text.ipynb").write_text("some text")
    assert refused(capsys, "register", "textual-inversion", tmp_path / name)


# what is broken in a copy of the course -> what the sentence must say
BROKEN = {
    "a check misspelt in the rubric": (
        "rubric/textual_inversion.yaml", "check: timesteps_vary", "check: timestep_varies",
        ["there is no function check_timestep_varies", "did you mean 'timesteps_vary'?", "correct the name"],
    ),
    "a companion that is none": (
        "rubric/textual_inversion.yaml", "requires: [the_table_grew_by_the_new_tokens]", "requires: [the_table_grew]",
        ["requires[0]: 'the_table_grew' is no check of this exercise", "did you mean"],
    ),
    "a key that is unknown": (
        "rubric/textual_inversion.yaml", "title: Textual Inversion", "titel: Textual Inversion",
        ["the key 'titel' is not known (did you mean 'title'?)"],
    ),
    "no YAML": ("rubric/textual_inversion.yaml", "limits: {", "limits: }", ["line ", "correct the YAML there"]),
    "a check that is no Python": (
        "checks/textual_inversion.py", "def check_timesteps_vary(training):", "def check_timesteps_vary(training:",
        ["checks/textual_inversion.py: the checks are not valid Python (line "],
    ),
    "a check without a claim": (
        "checks/textual_inversion.py", '"""The timesteps are drawn at random over the schedule."""', "pass",
        ["check_timesteps_vary has no docstring"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_a_course_that_is_not_sound_is_refused_before_anything_runs(capsys, tmp_path, monkeypatch, notebook, name):
    file, old, new, words = BROKEN[name]
    root = own_course(tmp_path / "course", monkeypatch)
    edit(root / file, old, new)
    said = refused(capsys, "run", notebook)
    assert said.startswith(str(root))
    assert all(word in said for word in words), said


def test_a_cohort_without_submissions_is_refused(capsys, tmp_path):
    (tmp_path / "in" / ".ipynb_checkpoints").mkdir(parents=True)
    small_notebook(tmp_path / "in" / ".ipynb_checkpoints" / "copy.ipynb", "x = 1")
    assert refused(capsys, "cohort", tmp_path / "in") == (
        f"{tmp_path / 'in'} holds no .ipynb file: name the folder that holds the submissions"
    )
    assert refused(capsys, "cohort", tmp_path / "no").startswith(f"there is no folder {tmp_path / 'no'}: ")
    assert not (tmp_path / "in-graded").exists()


def test_a_cohorts_folder_that_cannot_be_written_is_refused(capsys, notebook):
    said = refused(capsys, "cohort", notebook.parent, "--out", notebook / "results")
    assert said.startswith(f"cannot write into {notebook / 'results'} (")


@pytest.mark.parametrize("name", ["export", "mark", "regrade"])
def test_a_folder_without_results_is_refused_with_what_makes_one(capsys, tmp_path, name):
    more = {"export": ["--format", "csv"], "mark": ["--set", "a.ipynb", "1", "x", "1"], "regrade": []}
    said = refused(capsys, name, tmp_path, *more[name])
    assert str(tmp_path) in said and "name a folder that `grade.py " in said


def test_a_cohort_yaml_that_is_not_sound_is_refused_before_anything_runs(capsys, notebook):
    (notebook.parent / "cohort.yaml").write_text("attempts: bets")
    said = refused(capsys, "cohort", notebook.parent, "--out", notebook.parent / "out")
    assert said == f"{notebook.parent / 'cohort.yaml'}: attempts: 'bets' should be one of best, last"
    assert not (notebook.parent / "out").exists()
