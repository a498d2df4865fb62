"""The cohort's page: everyone in one table, who needs a person, the spread, and what many share."""

from __future__ import annotations

from pathlib import Path

import pytest
import report_samples as samples
from report_reader import read, words

from assay.report import write_cohort_report


def page(results: list[samples.Object], folder: Path) -> str:
    links = [f"reports/{index}.html" for index in range(len(results))]
    write_cohort_report(results, links, folder / "report.html")
    return (folder / "report.html").read_text(encoding="utf-8")


def cohort() -> list[samples.Object]:
    shown = [samples.excellent(), samples.mistaken(), samples.stopped(), samples.rejected()]
    return [*shown, samples.fault(), samples.tampered()]


def test_every_submission_has_its_line_and_its_link(tmp_path: Path) -> None:
    html = page(cohort(), tmp_path)
    shown = words(html)
    assert all(f"{name}.ipynb" in shown for name in ("ada", "grace", "linus", "notes", "margaret", "mallory"))
    assert all(f'href="reports/{index}.html"' in html for index in range(6))
    assert "tampering flagged" in shown and "machine fault" in shown and "1 criterion unchecked" in shown


def test_shared_misconceptions_are_counted_by_submission(tmp_path: Path) -> None:
    shown = words(page(cohort(), tmp_path))
    after = shown[shown.index("Misconceptions that submissions share") :]
    assert after.index("weight decay moves the rest") < after.index("3 submissions: grace.ipynb , linus.ipynb")


def test_the_heat_map_has_a_cell_per_criterion_and_submission(tmp_path: Path) -> None:
    results = [samples.excellent(f"{name}.ipynb") for name in "abc"]
    assert page(results, tmp_path).count('<td class="passed">') == 3 * 8


def test_lessons_get_their_own_sections(tmp_path: Path) -> None:
    shown = words(page([samples.excellent(), {**samples.excellent(), "lesson": "clip"}], tmp_path))
    assert "2 lessons" in shown and shown.index("Clip") < shown.index("Textual inversion")


@pytest.mark.parametrize("results", [[], [samples.rejected()], [samples.fault()], [samples.result("a.ipynb")]])
def test_a_cohort_without_scores_is_a_page_too(results: list[samples.Object], tmp_path: Path) -> None:
    assert read(page(results, tmp_path)).tags.count("main") == 1


@pytest.mark.parametrize("text", samples.HOSTILE)
def test_no_string_of_a_submission_becomes_markup(text: str, tmp_path: Path) -> None:
    broken = samples.result(f"{text}/{text}", state="rejected", reason=text, lesson=None, score=None, max_score=None)
    html = page([samples.hostile(text), samples.excellent(), broken], tmp_path)
    assert read(html).tags.count("main") == 1 and "<script" not in html.lower()


def test_one_check_in_two_exercises_has_two_lines_of_its_own(tmp_path):
    first = samples.exercise(1, "One", samples.criterion("same-claim", "passed"))
    second = samples.exercise(2, "Two", samples.criterion("same-claim", "failed"))
    write_cohort_report([samples.result("a.ipynb", first, second)], [None], tmp_path / "report.html")
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert (page.count(">100 %<"), page.count(">0 %<")) == (1, 1)
