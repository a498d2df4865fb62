"""Decides what a cohort's two large tables say: a line per submission, and every criterion of every submission."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from assay.report.charts import score_bar
from assay.report.cohort_entries import Entry, Item, passed_share
from assay.report.escape import one_line
from assay.report.exercises import sign
from assay.report.markup import Child, Markup, join, prose, tag
from assay.report.words import humanised, lesson_name, needs_a_person, points

EXERCISE_MARKS = {"completed": "", "not_attempted": " ∅", "incomplete": " …", "timeout": " ⏱", "blocked": " ⊘"}
EXERCISE_LEGEND = (
    "In the exercises: ∅ not attempted, … partly done, ✗ stopped, ⏱ out of time, ⊘ blocked by an earlier failure."
)
# Up to so many columns of the heat map carry a sign and a number, or a sign; above it, colours only.
ROOMY, CLOSE = 32, 48


def linked(entry: Entry) -> Markup | str:
    """The submission's name, leading to its page where it has one."""
    return tag("a", entry.name, href=entry.link) if entry.link else entry.name


def submissions_table(entries: Sequence[Entry]) -> Markup:
    """A line per submission, sortable by every column."""
    numbers = sorted({exercise["number"] for entry in entries for exercise in entry.result["exercises"]})
    mixed = len({entry.result["lesson"] for entry in entries if entry.result["exercises"]}) > 1
    heads: list[tuple[str, str | None]] = [("#", "number"), ("Submission", "name")]
    heads += [("Lesson", "lesson")] if mixed else []
    heads += [("State", "state"), ("Score", "score"), ("", None)]
    heads += [(f"Ex {number}", f"exercise-{number}") for number in numbers]
    heads += [("To mark", "pending"), ("Seconds", "seconds"), ("Needs a person", "person")]
    cells = [tag("th", word, scope="col", data_column=column, class_=_aligned(column)) for word, column in heads]
    body = tag("tbody", [_submission(entry, numbers, mixed) for entry in entries])
    table = tag("table", tag("thead", tag("tr", cells)), body, class_="submissions sortable")
    return tag("div", table, class_="scroll", tabindex=0)


def _aligned(column: str | None) -> str | None:
    return "number" if column in ("score", "pending", "seconds") or (column or "").startswith("exercise-") else None


def _submission(entry: Entry, numbers: Sequence[int], mixed: bool) -> Markup:
    result, by_number = entry.result, {e["number"]: e for e in entry.result["exercises"]}
    reasons = needs_a_person(result)
    person = tag("span", "⚑ " + ", ".join(reasons), class_="fail" if result["state"] != "graded" else "quiet")
    share, seconds = entry.share, (result.get("seconds") or {}).get("total")
    return tag(
        "tr",
        tag("td", f"{entry.number}", class_="quiet"),
        tag("th", linked(entry), scope="row", data_value=entry.name),
        tag("td", lesson_name(result) if result["exercises"] else "", class_="quiet") if mixed else None,
        tag("td", one_line(str(result["state"]), 20), class_="quiet"),
        _number("–" if share is None else f"{points(result['score'])} / {points(result['max_score'])}", share),
        tag("td", score_bar(result["score"], result["max_score"]), class_="wide"),
        [_exercise_cell(by_number.get(number)) for number in numbers],
        _number(points(result["pending"]) if result["pending"] else "", result["pending"] or 0),
        _number(f"{seconds:.1f}" if seconds else "", seconds),
        tag("td", person if reasons else "", class_="person", data_value=", ".join(reasons)),
    )


def _number(shown: Child, value: float | None) -> Markup:
    return tag("td", shown, class_="number", data_value="" if value is None else f"{value:.6g}")


def _exercise_cell(exercise: Mapping[str, Any] | None) -> Markup:
    if exercise is None:
        return tag("td", "–", data_value="")
    words, score = humanised(str(exercise["state"])), exercise["score"]
    mark = tag("span", EXERCISE_MARKS.get(str(exercise["state"]), " ✗"), class_="quiet", title=words)
    return _number([points(score), mark], score)


def heat_map(entries: Sequence[Entry], items: Sequence[Item]) -> Markup:
    """Criteria by submissions, the best submissions on the left.

    It is a table and no drawing, so that each cell can be named, read aloud and searched.
    """
    ordered = sorted(entries, key=lambda entry: (-1.0 if entry.share is None else -entry.share, entry.number))
    ordered.sort(key=lambda entry: entry.share is None)
    size = "roomy" if len(ordered) <= ROOMY else "close" if len(ordered) <= CLOSE else "dense"
    heads = [tag("th", "Criterion", scope="col"), tag("th", "Passed", scope="col", class_="number")]
    heads += [tag("th", f"{e.number}" if size == "roomy" else "", scope="col", title=e.name) for e in ordered]
    rows: list[Markup] = []
    for place, item in enumerate(items):
        if place == 0 or items[place - 1].exercise != item.exercise:
            title = f"Exercise {item.exercise} · {item.title}"
            rows.append(tag("tr", tag("th", title, scope="rowgroup", colspan=2), class_="exercise"))
        rows.append(_heat_row(item, ordered, size))
    table = tag("table", tag("thead", tag("tr", heads)), tag("tbody", rows), class_=f"heat {size}")
    return tag("section", tag("h2", "Criteria by submission"), tag("p", _legend(size), class_="quiet legend"),
               tag("div", table, class_="scroll", tabindex=0), class_="card")  # fmt: skip


def _legend(size: str) -> Markup:
    kinds = (("passed", "✓", "passed"), ("failed", "✗", "failed"), ("unchecked", "?", "not checked"),
             ("manual", "✎", "to be marked by a person"))  # fmt: skip
    keys = [join(tag("span", mark, class_=f"key {style}"), f" {words}  ") for style, mark, words in kinds]
    where = "The numbers are those of the table of submissions." if size == "roomy" else "Point at a cell for its name."
    return join(keys, f"The best scores are on the left. {where}")


def _heat_row(item: Item, ordered: Sequence[Entry], size: str) -> Markup:
    share = passed_share(item, ordered)
    rate = "–" if share is None else f"{100 * share:.0f} %"
    cells = [_heat_cell(item.met.get(entry.number), entry.name, size) for entry in ordered]
    claim = tag("div", prose(item.claim), title=item.claim if size == "dense" else None)
    return tag("tr", tag("th", claim, scope="row"), tag("td", rate, class_="number"), cells)


def _heat_cell(criterion: Mapping[str, Any] | None, name: str, size: str) -> Markup:
    if criterion is None:
        return tag("td", "")
    mark, words, style = sign(criterion)
    if size == "dense":
        return tag("td", "", class_=style, title=f"{name}: {words}")
    return tag("td", tag("span", mark, role="img", aria_label=words), class_=style, title=name)
