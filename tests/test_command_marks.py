"""`export`, `mark` and `regrade` on a cohort's folder: what people entered stays, and what changes is told."""

from __future__ import annotations

import contextlib
import csv
import json

import pytest
from cohorts import COSINE, results_in
from commands import command, edit, forbid_execution, own_course, small_notebook

from assay.store import NAME, Store

CRITERION = "written-comparison"  # the one criterion of the lesson that a person marks; it is in exercise 4
FOURTH = ("x = 1", "x = 2", "x = 3", "compared = 'LoRA'")


@pytest.fixture
def cohort(capsys, warm, monkeypatch, tmp_path):
    """A graded cohort of two with its own course, and a function that runs `cohort` on it once more."""
    for module in ("engines", "regrade"):
        monkeypatch.setattr(f"assay.command.{module}.start_warm", lambda *_: contextlib.nullcontext(warm))
    root = own_course(tmp_path / "course", monkeypatch)
    folder, out = tmp_path / "in", tmp_path / "out"
    folder.mkdir()
    small_notebook(folder / "ada.ipynb", COSINE, *FOURTH[1:])
    small_notebook(folder / "bo.ipynb", *FOURTH)

    def grade(*more):
        return command(capsys, "cohort", folder, "--out", out, *more)

    assert grade().code == 0
    return root, folder, out, grade


@pytest.fixture
def nothing_executes(monkeypatch):
    forbid_execution(monkeypatch)


def gradebook(out):
    with (out / "gradebook.csv").open(newline="", encoding="utf-8") as file:
        return {row["submission"]: row for row in csv.DictReader(file)}


def told(out, cause):
    with Store(out, writing=False) as store:
        return [change for change in store.audit() if change.cause == cause]


def test_a_mark_changes_the_gradebook_and_stays_through_runs_and_regrades(capsys, cohort, nothing_executes):
    root, _, out, grade = cohort
    before = results_in(out)
    ended = command(capsys, "mark", out, "--set", "ada.ipynb", 4, CRITERION, 2, "--comment", "Good eyes.")
    assert ended.code == 0, ended.err
    marked = results_in(out)
    assert (marked[0]["score"], marked[0]["pending"]) == (before[0]["score"] + 2, 0)
    assert marked[1] == before[1]
    assert float(gradebook(out)["ada.ipynb"]["mark"]) == marked[0]["score"]
    assert "Good eyes." in "".join(path.read_text() for path in (out / "reports" / "student").glob("ada-*.html"))
    assert grade().code == 0
    assert results_in(out) == marked
    edit(root / "rubric" / "textual_inversion.yaml", "similarities_are_cosines_of_rows, points: 1.4,",
         "similarities_are_cosines_of_rows, points: 7.4,")  # fmt: skip
    assert command(capsys, "regrade", out).code == 0
    again = results_in(out)
    assert (again[0]["max_score"], again[0]["pending"]) == (marked[0]["max_score"] + 6, 0)
    assert again[0]["exercises"][3] == marked[0]["exercises"][3]
    changes = told(out, "regraded")
    assert changes and {change.submission for change in changes} == {"ada.ipynb", "bo.ipynb"}
    assert {change.judge for change in changes}.isdisjoint({change.judge for change in told(out, "graded")})
    assert [c.became for c in told(out, "marked") if c.criterion == CRITERION] == ["passed 2/3"]


def test_what_waits_is_served_and_what_is_entered_there_is_kept(capsys, cohort, monkeypatch):
    _, folder, out, grade = cohort
    small_notebook(folder / "ada.ipynb", *FOURTH[:3], "x = 4")
    small_notebook(folder / "bo.ipynb", *FOURTH[:3], "y = 4")
    assert grade().code == 0
    seen = []

    def person(paper):
        seen.extend(paper.waiting())
        paper.enter("bo.ipynb", 4, CRITERION, 1.5, "Say more.")

    monkeypatch.setattr("assay.command.mark.serve", person)
    assert command(capsys, "mark", out).code == 0
    own = [(answer.id, answer.exercise) for answer in seen if answer.criterion == CRITERION]
    assert own == [("ada.ipynb", 4), ("bo.ipynb", 4)]
    assert all((answer.folder / "executed.ipynb").is_file() for answer in seen)
    assert results_in(out)[1]["exercises"][3]["criteria"][-1]["seen"] == "Say more."
    monkeypatch.setattr("assay.command.mark.serve", lambda paper: seen.append(paper.waiting()))
    assert command(capsys, "mark", out).code == 0
    assert [answer.id for answer in seen[-1] if answer.criterion == CRITERION] == ["ada.ipynb"]


def test_what_was_released_stays_so_when_marks_are_entered(capsys, cohort, nothing_executes):
    root, _, out, _ = cohort

    def students_page_says_it():
        page = "".join(path.read_text() for path in (out / "reports" / "student").glob("ada-*.html"))
        return "Cosine similarities were computed between rows" in page

    assert students_page_says_it()
    edit(root / "rubric" / "textual_inversion.yaml", "similarities_are_cosines_of_rows, points: 1.4,",
         "similarities_are_cosines_of_rows, points: 1.4, visibility: after_due_date,")  # fmt: skip
    assert command(capsys, "regrade", out).code == 0
    assert not students_page_says_it()
    assert command(capsys, "regrade", out, "--release", "due").code == 0
    assert students_page_says_it()
    assert command(capsys, "mark", out, "--set", "ada.ipynb", 4, CRITERION, 2).code == 0
    assert students_page_says_it()


def test_regrading_what_did_not_change_changes_nothing(capsys, cohort, nothing_executes):
    _, _, out, grade = cohort
    before = [result | {"seconds": None} for result in results_in(out)]
    assert command(capsys, "regrade", out).code == 0
    assert [result | {"seconds": None} for result in results_in(out)] == before
    assert told(out, "regraded") == []
    assert "Nothing has changed" in grade().err


@pytest.mark.parametrize(
    ("place", "words"),
    [
        (("eda.ipynb", 4, CRITERION, 1), "there is no submission 'eda.ipynb' (did you mean 'ada.ipynb'?)"),
        (("ada.ipynb", "four", CRITERION, 1), "the exercise should be a number such as 3, not 'four'"),
        (("ada.ipynb", 4, CRITERION, "many"), "the points should be a number such as 2.5, not 'many'"),
        (("ada.ipynb", 4, CRITERION, 99), f"{CRITERION} gives 0 to "),
        (("ada.ipynb", 9, CRITERION, 1), f"ada.ipynb has no criterion '{CRITERION}' in exercise 9; it has 1 "),
    ],
)
def test_a_mark_that_fits_nowhere_is_refused(capsys, cohort, place, words):
    _, _, out, _ = cohort
    before = (out / "results.json").read_bytes()
    ended = command(capsys, "mark", out, "--set", *place)
    assert ended.code == 2
    assert f"grade.py: {words}" in ended.err
    assert (out / "results.json").read_bytes() == before


def test_an_export_goes_to_standard_output_alone_and_is_the_same_for_another_run(capsys, cohort, tmp_path):
    _, folder, out, _ = cohort
    first = {form: command(capsys, "export", out, "--format", form) for form in ("csv", "junit", "gradescope")}
    assert all(ended.code == 0 and ended.out for ended in first.values())
    assert list(csv.reader(first["csv"].out.splitlines()))[1][0] == "ada.ipynb"
    assert first["csv"].out == (out / "gradebook.csv").read_text(encoding="utf-8")
    assert command(capsys, "cohort", folder, "--out", tmp_path / "other").code == 0
    for form, ended in first.items():
        file = tmp_path / "export"
        again = command(capsys, "export", tmp_path / "other", "--format", form, "--output", file)
        assert (again.out, file.read_text(encoding="utf-8")) == ("", ended.out)
    one = command(capsys, "export", out, "--format", "gradescope", "--submission", "bo.ipynb")
    assert json.loads(one.out)["extra_data"]["submission"] == "bo.ipynb"
    assert command(capsys, "export", out, "--format", "csv", "--submission", "b.ipynb").code == 2


def test_an_export_of_single_files_needs_no_cohort(capsys, cohort, tmp_path, warm, monkeypatch):
    monkeypatch.setattr("assay.command.run.start_warm", lambda *_: contextlib.nullcontext(warm))
    _, folder, _, _ = cohort
    assert command(capsys, "run", folder / "ada.ipynb", "--out", tmp_path / "single").code == 0
    ended = command(capsys, "export", tmp_path / "single", "--format", "gradescope")
    assert json.loads(ended.out)["extra_data"]["submission"] == "ada.ipynb"


def test_what_is_agreed_on_is_taken_in_by_the_next_run_and_told(capsys, cohort, nothing_executes):
    _, folder, out, grade = cohort
    assert gradebook(out)["bo.ipynb"]["counts"] == "yes"
    (folder / "roster.csv").write_text("id,name\nada,Ada Lovelace\n")
    (folder / "cohort.yaml").write_text(
        "roster: roster.csv\ndue: 2001-01-01T00:00:00Z\nlate: {penalty: 10 %, at_most: 50 %}\n"
    )
    ended = grade()
    assert ended.code == 0
    assert "Of nobody on the roster: bo.ipynb" in ended.err
    found = gradebook(out)
    assert (found["ada.ipynb"]["name"], found["ada.ipynb"]["penalty"]) == ("Ada Lovelace", "0.5")
    assert float(found["ada.ipynb"]["mark"]) == round(float(found["ada.ipynb"]["score"]) / 2, 2)
    assert (found["bo.ipynb"]["student"], found["bo.ipynb"]["counts"]) == ("", "no")
    assert "Ada Lovelace" in command(capsys, "export", out, "--format", "canvas").out
    assert any("less 50%" in (change.became or "") for change in told(out, "settled"))


def test_a_submission_that_is_excluded_is_not_graded(cohort):
    _, folder, out, grade = cohort
    (folder / "cohort.yaml").write_text("exclude: {submissions: ['b*']}")
    assert grade().code == 0
    assert [result["file"] for result in results_in(out)] == [str(folder / "ada.ipynb")]


def test_the_store_is_left_as_a_single_file(cohort):
    _, _, out, _ = cohort
    assert [path.name for path in out.glob(f"{NAME}*")] == [NAME]
