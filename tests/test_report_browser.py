"""The cohort's page in a real browser: it sorts, it is silent on the console, and it asks for nothing."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import report_cohorts as cohorts
import report_samples as samples
from browser import Shown, open_page, tab

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


def test_pressing_a_head_sorts_and_pressing_it_again_turns_the_order(tmp_path: Path) -> None:
    file = write_cohort_page(cohorts.cohort(12), {}, tmp_path / "report.html")
    with tab(tmp_path) as page:
        page.go(file.as_uri())
        orders = []
        for _ in range(2):
            page.value("document.querySelector('th[data-column=seconds] button').click()")
            found = page.value(
                "[...document.querySelectorAll('.submissions tbody tr')].map(r => r.cells[10].innerText).join()"
            )
            orders.append([float(value) for value in found.split(",")])
    assert len(orders[0]) == 12 and orders[0] == sorted(orders[0]) and orders[1] == orders[0][::-1]


# The contrast of each text and bar of the figures with the card behind it, as WCAG 2 defines it.
CONTRASTS = """(() => {
  const light = colour => {
    const parts = colour.match(/[\\d.]+/g).slice(0, 3).map(v => v / 255);
    const [r, g, b] = parts.map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const found = {};
  for (const shape of document.querySelectorAll('.chart text, .chart path:not(.fill-none)')) {
    const ground = getComputedStyle(shape.closest('.card')).backgroundColor;
    const [a, b] = [light(getComputedStyle(shape).fill), light(ground)];
    const name = `${shape.tagName} ${shape.getAttribute('class')}`;
    found[name] = Math.min(found[name] ?? 99, (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05));
  }
  return found;
})()"""


@pytest.mark.parametrize(("media", "scheme"), [("screen", "light"), ("screen", "dark"), ("print", "dark")])
def test_figures_can_be_read_on_light_on_dark_and_on_paper(media: str, scheme: str, tmp_path: Path) -> None:
    file = write_cohort_page(cohorts.cohort(30), {}, tmp_path / "report.html")
    with tab(tmp_path) as page:
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        page.send("Emulation.setEmulatedMedia", media=media, features=features)
        page.go(file.as_uri())
        contrasts = page.value(CONTRASTS)
        ground = page.value("getComputedStyle(document.querySelector('.card')).backgroundColor")
    assert {name.split()[0] for name in contrasts} == {"text", "path"} and len(contrasts) > 5
    assert (ground == "rgb(255, 255, 255)") == (media == "print" or scheme == "light")
    for name, contrast in contrasts.items():  # 4.5 for small text and 3 for graphics is what WCAG 2.2 asks for at AA
        assert contrast >= (4.5 if name.startswith("text") else 3), name


def test_a_page_that_does_otherwise_is_noticed(tmp_path: Path) -> None:
    """What the tests above would miss without it: the browser reports refused scripts, and every address asked for."""
    other = tmp_path / "other.html"
    meta = "<meta http-equiv=Content-Security-Policy content=\"script-src 'none'\">"
    other.write_text(f"<!doctype html>{meta}<img src=http://elsewhere.invalid/x.png><script>1</script>")
    shown = open_page(other.as_uri(), tmp_path)
    assert any("Content Security Policy" in line for line in shown.console)
    assert any("elsewhere.invalid" in address for address in shown.asked)
