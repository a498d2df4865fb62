"""Decides which criteria a teacher should look at: the hardest ones, and those that tell nothing or the wrong thing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from assay.report.charts import bar
from assay.report.cohort_entries import (
    FEWEST_FOR_DISCRIMINATION,
    Entry,
    Item,
    discrimination,
    judged,
    passed_share,
)
from assay.report.figures import TELLING, Place, item_figure
from assay.report.markup import Markup, prose, tag

HARDEST = 10  # criteria shown at once; the others are one click away
TOO_FEW = (
    f"How far a criterion tells strong from weak submissions is shown from {FEWEST_FOR_DISCRIMINATION} judged "
    "submissions on; with fewer it would be chance."
)
FEWEST_DRAWN = 3  # criteria that make a picture
EXPLAINED = (
    "Each dot is a criterion; a number is its place in the table below. Upwards: the item-rest correlation, which is "
    "the point-biserial correlation of passing it with the points earned on everything else (Henrysson, Psychometrika "
    f"28, 1963). Below {TELLING:g} (dashed), customarily called poor, passing says little about a submission; below 0 "
    "the stronger submissions miss it more often: look at the check, or at how the exercise is worded."
)


@dataclass(frozen=True)
class Standing:
    """A criterion's place among all of its lesson, the hardest first: how many passed, and how far it discriminates."""

    number: int
    item: Item
    passed: float
    telling: float | None
    judged: int


def standings(entries: Sequence[Entry], items: Sequence[Item]) -> list[Standing]:
    """The criteria that somebody could judge, from the hardest on."""
    known = [(share, item) for item in items if (share := passed_share(item, entries)) is not None]
    known.sort(key=lambda pair: pair[0])
    return [
        Standing(number, item, share, discrimination(item, entries), len(judged(item, entries)))
        for number, (share, item) in enumerate(known, 1)
    ]


def item_section(ranked: Sequence[Standing], name: str) -> Markup | None:
    """Difficulty and discrimination as a picture, where there are enough submissions to speak of it."""
    places = [Place(one.number, one.passed, one.telling) for one in ranked if one.telling is not None]
    if len(places) < FEWEST_DRAWN:
        return None
    return tag("section", tag("h2", "Difficulty and discrimination"), item_figure(places, name),
               tag("p", EXPLAINED, class_="quiet"), class_="card")  # fmt: skip


def criteria_section(ranked: Sequence[Standing]) -> Markup | None:
    """The criteria from the hardest on, with how many passed and how far each tells strong from weak submissions."""
    if not ranked:
        return None
    rows = [_criterion_row(one) for one in ranked]
    more = rows[HARDEST:]
    rest = tag("details", tag("summary", f"The {len(more):,} others"), _criteria_table(more)) if more else None
    few = None
    if all(one.telling is None for one in ranked):
        few = tag("p", TOO_FEW, class_="quiet")
    note = tag("p", "What was left open counts as not passed.", class_="quiet")
    return tag(
        "section", tag("h2", "Hardest criteria"), note, _criteria_table(rows[:HARDEST]), rest, few, class_="card"
    )


def _criteria_table(rows: Sequence[Markup]) -> Markup:
    words = ("#", "Criterion", "", "Passed", "Tells apart", "Judged")
    heads = [tag("th", word, scope="col", class_=None if word in ("#", "Criterion") else "number") for word in words]
    table = tag("table", tag("thead", tag("tr", heads)), tag("tbody", rows), class_="hardest")
    return tag("div", table, class_="scroll", tabindex=0)


def _criterion_row(one: Standing) -> Markup:
    weak = one.telling is not None and one.telling < TELLING
    shown = "–" if one.telling is None else f"{'⚑ ' if weak else ''}{one.telling:.2f}"
    where = f"Exercise {one.item.exercise} · {one.item.title}"
    return tag(
        "tr",
        tag("td", f"{one.number}", class_="quiet"),
        tag("th", prose(one.item.claim), " ", tag("span", where, class_="quiet"), scope="row"),
        tag("td", bar(one.passed), class_="wide"),
        tag("td", f"{100 * one.passed:.0f} %", class_="number"),
        tag("td", shown, class_="number fail" if weak else "number"),
        tag("td", f"{one.judged:,}", class_="number quiet"),
    )
