"""The cohort's page: who needs a person, what to teach again, which criteria tell apart, and everyone in one table."""

from __future__ import annotations

import copy
from pathlib import Path

import pytest
import report_cohorts as cohorts
import report_samples as samples
from report_reader import read, words

from assay.report import write_cohort_page
from assay.report.cohort_entries import discrimination, entries_of, items_of


def page(results: list[samples.Object], folder: Path) -> str:
    links = {result["file"]: f"reports/{index}.html" for index, result in enumerate(results)}
    return write_cohort_page(results, links, folder / "report.html").read_text(encoding="utf-8")


def cohort() -> list[samples.Object]:
    shown = [samples.excellent(), samples.mistaken(), samples.stopped(), samples.rejected()]
    return [*shown, samples.fault(), samples.tampered()]


def test_every_submission_has_its_line_and_its_link(tmp_path: Path) -> None:
    html = page(cohort(), tmp_path)
    shown = words(html)
    assert all(f"{name}.ipynb" in shown for name in ("ada", "grace", "linus", "notes", "margaret", "mallory"))
    assert all(f'href="reports/{index}.html"' in html for index in range(6))
    assert "tampering flagged" in shown and "machine fault" in shown and "1 criterion unchecked" in shown


def test_links_are_found_by_id_and_the_id_is_shown(tmp_path: Path) -> None:
    results = [{**samples.excellent("x/a.ipynb"), "id": "team 7"}, samples.excellent("x/b.ipynb")]
    html = write_cohort_page(results, {"team 7": "reports/seven.html"}, tmp_path / "a.html").read_text("utf-8")
    assert '<a href="reports/seven.html">team 7</a>' in html and "a.ipynb" not in html and "b.ipynb" in html


def test_who_needs_a_person_is_told_with_the_reason_and_the_gravest_first(tmp_path: Path) -> None:
    shown = words(page(cohort(), tmp_path))
    section = shown[shown.index("Needs a person", 200) : shown.index("Textual inversion · ")]
    order = ["The record of cell 29 was changed", "A worker ran out of memory", "This file is not JSON", "replayed"]
    assert [section.index(reason) for reason in order] == sorted(section.index(reason) for reason in order)
    assert "5 submissions have answers that wait to be marked" in section


def test_shared_misconceptions_are_ranked_and_say_where_they_belong(tmp_path: Path) -> None:
    shown = words(page(cohort(), tmp_path))
    after = shown[shown.index("To teach again") :]
    claim = "Only the pseudo-token's row changed. Exercise 3 · Train Textual Inversion"
    assert after.index("3 of 5") < after.index("weight decay moves the rest") < after.index(claim)
    assert after.index(claim) < after.index("grace.ipynb , linus.ipynb , mallory.ipynb")


def test_the_heat_map_has_a_cell_per_criterion_and_submission(tmp_path: Path) -> None:
    results = [samples.excellent(f"{name}.ipynb") for name in "abc"]
    assert page(results, tmp_path).count('<td class="passed" title=') == 3 * 8


def test_lessons_get_their_own_sections(tmp_path: Path) -> None:
    shown = words(page([samples.excellent(), {**samples.excellent(), "lesson": "clip"}], tmp_path))
    assert "2 lessons" in shown and shown.index("CLIP ·") < shown.index("Textual inversion ·")


@pytest.mark.parametrize("results", [[], [samples.rejected()], [samples.fault()], [samples.result("a.ipynb")]])
def test_a_cohort_without_scores_is_a_page_too(results: list[samples.Object], tmp_path: Path) -> None:
    assert read(page(results, tmp_path)).tags.count("main") == 1


@pytest.mark.parametrize(("size", "lessons"), [(1, 1), (30, 1), (40, 3), (200, 1)])
def test_cohorts_of_any_size_are_one_page(size: int, lessons: int, tmp_path: Path) -> None:
    results = cohorts.cohort(size, cohorts.LESSONS[:lessons])
    html = page(results, tmp_path)
    assert read(html).tags.count("tr") > size
    assert html.count("Distribution of scores:") == 0 if size == 1 else html.count("Distribution of scores,") == lessons
    assert len(html) < 2_000_000  # a browser opens it at once


def test_a_page_is_the_same_every_time(tmp_path: Path) -> None:
    results = cohorts.cohort(30)
    assert page(results, tmp_path) == page(copy.deepcopy(results), tmp_path)


def test_memory_is_shown_where_results_have_it(tmp_path: Path) -> None:
    results = [samples.excellent("a.ipynb"), {**samples.excellent("b.ipynb"), "peak_memory": 1_234_000_000}]
    assert "Peak memory of 1 submission: 1,234 MB" in words(page(results, tmp_path))
    assert "Memory" not in words(page(results[:1], tmp_path))


@pytest.mark.parametrize("text", samples.HOSTILE)
def test_no_string_of_a_submission_becomes_markup(text: str, tmp_path: Path) -> None:
    broken = samples.result(f"{text}/{text}", state="rejected", reason=text, lesson=None, score=None, max_score=None)
    html = page([{**samples.hostile(text), "id": text}, samples.excellent(), broken], tmp_path)
    assert read(html).tags.count("main") == 1 and html.lower().count("<script") == 1


def test_one_check_in_two_exercises_has_two_lines_of_its_own(tmp_path: Path) -> None:
    first = samples.exercise(1, "One", samples.criterion("same-claim", "passed"))
    second = samples.exercise(2, "Two", samples.criterion("same-claim", "failed"))
    html = page([samples.result("a.ipynb", first, second)], tmp_path)
    heat = html[html.index("Criteria by submission") :]
    assert (heat.count(">100 %<"), heat.count(">0 %<")) == (1, 1)


def known(rows: list[tuple[int, int, int]]) -> list[samples.Object]:
    """Submissions with three criteria of one point, passed or failed as the rows say."""
    states = ("failed", "passed")
    return [
        samples.result(
            f"{n}.ipynb",
            samples.exercise(1, "One", *(samples.criterion(f"c{i}", states[v], 1.0) for i, v in enumerate(row))),
        )
        for n, row in enumerate(rows)
    ]


def test_discrimination_is_the_correlation_with_everything_else() -> None:
    numpy = pytest.importorskip("numpy")
    rows = [(1, 1, 0)] * 4 + [(0, 0, 0)] * 3 + [(1, 0, 1)] * 2 + [(0, 1, 1)] * 3
    entries = entries_of(known(rows), {})
    table = numpy.array(rows, float)
    for place, item in enumerate(items_of(entries)):
        others = table.sum(1) - table[:, place]
        expected = numpy.corrcoef(table[:, place], others)[0, 1]
        assert discrimination(item, entries) == pytest.approx(expected)


def test_discrimination_says_nothing_where_there_is_nothing_to_say() -> None:
    few = entries_of(known([(1, 1, 0), (0, 0, 0), (1, 0, 1)]), {})
    alike = entries_of(known([(1, 1, 0), (1, 0, 1)] * 6), {})
    assert discrimination(items_of(few)[0], few) is None
    assert discrimination(items_of(alike)[0], alike) is None


def test_unchecked_and_tampered_verdicts_count_neither_way() -> None:
    results = known([(1, 0, 1), (0, 0, 1)])
    results[1] |= {"state": "tampered", "score": None}
    entries = entries_of([*results, samples.fault()], {})
    shown = {item.claim: len(item.met) for item in items_of(entries)}
    assert shown["C0."] == 2  # the heat map shows both
    from assay.report.cohort_entries import passed_share

    assert passed_share(items_of(entries)[0], entries) == 1.0


def test_the_tile_counts_those_who_are_listed_below(tmp_path: Path) -> None:
    html = page([samples.excellent("a.ipynb"), {**samples.rejected(), "file": "b.ipynb"}], tmp_path)
    shown = words(html)
    assert "Need a person 1" in shown and "Not graded 1" in shown
    listed = html[html.index('id="person"') :].partition("</section>")[0]
    assert listed.count("<tr") == 1


def test_the_gpus_memory_is_shown_where_there_was_one(tmp_path: Path) -> None:
    used = {"peak_memory": 300_000_000, "peak_gpu_memory": 2_000_000_000}
    shown = words(page([samples.excellent("a.ipynb"), {**samples.excellent("b.ipynb"), **used}], tmp_path))
    assert "Peak memory of 1 submission: 300 MB" in shown
    assert "Peak GPU memory of 1 submission: 2,000 MB" in shown
