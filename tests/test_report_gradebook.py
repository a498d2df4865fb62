"""The gradebook: numbers as numbers, text that no spreadsheet runs, nothing of times or of the machine."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
import report_samples as samples

from assay.report import write_gradebook
from assay.report.gradebook import text_cell


def rows(results: list[samples.Object], folder: Path) -> list[dict[str, str]]:
    write_gradebook(results, folder / "gradebook.csv")
    with (folder / "gradebook.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_one_row_per_submission_sorted_by_file(tmp_path: Path) -> None:
    found = rows([samples.stopped(), samples.rejected(), samples.excellent(), samples.fault()], tmp_path)
    assert [row["submission"] for row in found] == ["ada.ipynb", "linus.ipynb", "margaret.ipynb", "notes.ipynb"]
    assert list(found[0]) == [
        *("submission", "lesson", "state", "score", "max_score", "pending"),
        *("exercise_1", "exercise_2", "exercise_3", "exercise_4", "reason"),
    ]
    assert [found[0][key] for key in ("score", "max_score", "pending", "exercise_3")] == ["17", "17", "4", "6"]
    assert (found[2]["state"], found[2]["score"], found[2]["exercise_1"]) == ("fault", "", "")
    assert found[3]["reason"].startswith("This file is not JSON")


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "\x1b[0m=1", "\u202e=1"])
def test_text_that_a_spreadsheet_would_run_is_quoted(text: str, tmp_path: Path) -> None:
    assert text_cell(text).startswith("'")
    found = rows([samples.result(f"{text}.ipynb", reason=text, lesson=text)], tmp_path)[0]
    assert all(found[key].startswith("'") for key in ("submission", "lesson", "reason"))


def test_negative_numbers_stay_numbers(tmp_path: Path) -> None:
    assert rows([samples.result("a.ipynb", score=-1.5, max_score=0.1 + 0.2)], tmp_path)[0]["score"] == "-1.5"
    assert rows([samples.result("a.ipynb", score=-1.5, max_score=0.1 + 0.2)], tmp_path)[0]["max_score"] == "0.3"


@pytest.mark.parametrize("text", samples.HOSTILE)
def test_hostile_text_stays_one_row(text: str, tmp_path: Path) -> None:
    hostile = samples.hostile(text + '\n"second",line')
    assert len(rows([hostile, samples.excellent()], tmp_path)) == 2


def test_no_path_of_the_machine_and_no_time(tmp_path: Path) -> None:
    results = [samples.excellent(f"/srv/course/{name}/work.ipynb") for name in ("ada", "bob")]
    assert [row["submission"] for row in rows(results, tmp_path)] == ["ada/work.ipynb", "bob/work.ipynb"]
    text = (tmp_path / "gradebook.csv").read_text(encoding="utf-8")
    assert "/srv" not in text and "22.6" not in text
    slower = [{**result, "seconds": {"total": 99.0}} for result in results]
    write_gradebook(slower[::-1], tmp_path / "again.csv")
    assert (tmp_path / "again.csv").read_text(encoding="utf-8") == text
