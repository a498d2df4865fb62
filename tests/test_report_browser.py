"""The cohort's page in a real browser: it sorts, it is silent on the console, and it asks for nothing."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import report_cohorts as cohorts
import report_samples as samples
from browser import Shown, open_page

from assay.report import write_cohort_page


def opened(folder: Path, fragment: str = "") -> Shown:
    results = [*cohorts.cohort(30, cohorts.LESSONS), samples.hostile("<img src=http://hostile.invalid/x>")]
    file = write_cohort_page(results, {}, folder / "report.html")
    return open_page(f"{file.as_uri()}{fragment}", folder)


def column(html: str, place: int) -> list[float | None]:
    """The numbers of a column of the table of submissions, from the top."""
    body = html[html.index('class="submissions sortable"') :]
    rows = re.findall(r"<tr>(.*?)</tr>", body[body.index("<tbody>") : body.index("</tbody>")], re.DOTALL)
    cells = [re.findall(r"<t[dh]\b[^>]*>", row)[place] for row in rows]
    found = [re.search(r'data-value="([\d.]+)"', cell) for cell in cells]
    return [float(value[1]) if value else None for value in found]


def test_the_page_is_quiet_and_asks_for_nothing(tmp_path: Path) -> None:
    shown = opened(tmp_path)
    assert "<button>Score</button>" in shown.html  # its script ran
    assert shown.console == [] and shown.asked == set()


@pytest.mark.parametrize("fragment", ["#sort=score", "#sort=score,down"])
def test_the_table_sorts_and_keeps_those_without_a_score_last(tmp_path: Path, fragment: str) -> None:
    values = column(opened(tmp_path, fragment).html, 4)
    scores = [value for value in values if value is not None]
    assert len(scores) > 25 and None in values
    assert scores == sorted(scores, reverse=fragment.endswith("down"))
    assert values[: len(scores)] == scores


def test_a_page_that_does_otherwise_is_noticed(tmp_path: Path) -> None:
    """What the tests above would miss without it: the browser reports refused scripts, and every address asked for."""
    other = tmp_path / "other.html"
    meta = "<meta http-equiv=Content-Security-Policy content=\"script-src 'none'\">"
    other.write_text(f"<!doctype html>{meta}<img src=http://elsewhere.invalid/x.png><script>1</script>")
    shown = open_page(other.as_uri(), tmp_path)
    assert any("Content Security Policy" in line for line in shown.console)
    assert any("elsewhere.invalid" in address for address in shown.asked)
