"""Decides what a cohort's page holds and in which order: who needs a person, what to teach again, then the numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import mean, median

from assay.report.cohort_cost import cost_section
from assay.report.cohort_criteria import criteria_section, item_section, standings
from assay.report.cohort_entries import Entry, entries_of, items_of
from assay.report.cohort_people import misconceptions, people_section
from assay.report.cohort_tables import EXERCISE_LEGEND, heat_map, submissions_table
from assay.report.figures import score_figure
from assay.report.files import write_text
from assay.report.markup import Markup, document, tag
from assay.report.words import Result, counted, humanised, needs_a_person, points

FEWEST_DRAWN = 2  # one score is no distribution


def write_cohort_page(results: Sequence[Result], links: Mapping[str, str], out: Path) -> Path:
    """Write the page of all submissions as a single self-contained HTML file, and return it.

    Args:
        results: one result object per submission, each with an optional `id` to be shown and found by; several lessons
            get a section each.
        links: the address of a submission's page relative to `out`, by the result's `id` or by its `file`.
        out: the file to write.
    """
    entries = entries_of(results, links)
    lessons = sorted({entry.result["lesson"] or "" for entry in entries if entry.result["exercises"]})
    title = _title(lessons)
    people, cost = people_section(entries), cost_section(entries)
    parts = [_lesson([e for e in entries if e.result["exercises"] and (e.result["lesson"] or "") == lesson], place)
             for place, lesson in enumerate(lessons)]  # fmt: skip
    head = tag("header", tag("div", tag("p", title, class_="eyebrow"), tag("h1", counted(len(entries), "submission")),
                             _totals(entries), _contents(lessons, people, cost)), class_="headline")  # fmt: skip
    body = tag("main", head, people, parts, cost, _submissions(entries), class_="cohort")
    script = (Path(__file__).parent / "sort.js").read_text(encoding="utf-8")
    write_text(out, document(f"{counted(len(entries), 'submission')} · {title}", body, script=script))
    return out


def _title(lessons: Sequence[str]) -> str:
    if len(lessons) == 1:
        return humanised(lessons[0] or "submissions")
    return counted(len(lessons), "lesson") if lessons else "No lesson recognised"


def _totals(entries: Sequence[Entry]) -> Markup:
    shares = _shares(entries)
    facts = [
        ("Graded", f"{sum(e.result['state'] == 'graded' for e in entries):,}"),
        ("Mean score", f"{100 * mean(shares):.0f} %" if shares else "–"),
        ("Median score", f"{100 * median(shares):.0f} %" if shares else "–"),
        ("Points to mark", points(sum(e.result["pending"] or 0 for e in entries))),
        ("Need a person", f"{sum(bool(needs_a_person(e.result)) for e in entries):,}"),
        ("Not graded", f"{sum(e.result['state'] in ('rejected', 'fault') for e in entries):,}"),
    ]
    return tag("dl", [tag("div", tag("dt", name), tag("dd", value)) for name, value in facts], class_="totals")


def _shares(entries: Sequence[Entry]) -> list[float]:
    return [share for entry in entries if (share := entry.share) is not None]


def _contents(lessons: Sequence[str], people: Markup | None, cost: Markup | None) -> Markup:
    """Links to the page's parts."""
    places = [("Needs a person", "#person")] if people else []
    places += [(humanised(lesson or "submissions"), f"#lesson-{place}") for place, lesson in enumerate(lessons)]
    places += [("Time", "#time")] if cost else []
    places += [("All submissions", "#submissions")]
    return tag("nav", [tag("a", words, href=place) for words, place in places])


def _lesson(entries: Sequence[Entry], place: int) -> Markup:
    items, shares, name = items_of(entries), _shares(entries), f"lesson-{place}"
    ranked = standings(entries, items)
    heading = f"{humanised(entries[0].result['lesson'] or 'submissions')} · {counted(len(entries), 'submission')}"
    return tag(
        "div",
        tag("h2", heading, class_="part"),
        tag("div", _distribution(shares, name), item_section(ranked, name), class_="figures-row"),
        misconceptions(entries, items),
        criteria_section(ranked),
        heat_map(entries, items),
        id=name,
    )


def _distribution(shares: Sequence[float], name: str) -> Markup | None:
    if len(shares) < FEWEST_DRAWN:
        return None
    return tag("section", tag("h2", "Distribution of scores"), score_figure(shares, name), class_="card")


def _submissions(entries: Sequence[Entry]) -> Markup:
    hint = f"Press a column's head to sort. {EXERCISE_LEGEND}"
    return tag("section", tag("h2", "All submissions"), submissions_table(entries), tag("p", hint, class_="quiet"),
               class_="card", id="submissions")  # fmt: skip
