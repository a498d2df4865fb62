"""What a cohort's page holds: who needs a person, how scores are spread, which criteria and which ideas many share."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean, median

from assay.report.charts import histogram, score_bar
from assay.report.escape import one_line
from assay.report.exercises import sign
from assay.report.files import write_text
from assay.report.markup import Markup, document, prose, tag
from assay.report.words import (
    Result,
    claim,
    counted,
    criteria_of,
    humanised,
    needs_a_person,
    points,
    short_files,
)

EXERCISE_MARKS = {"completed": "", "not_attempted": " ∅", "incomplete": " …", "timeout": " ⏱", "blocked": " ⊘"}
EXERCISE_LEGEND = (
    "In the exercises: ∅ not attempted, … partly done, ✗ stopped, ⏱ out of time, ⊘ blocked by an earlier failure."
)
NAMED = 12  # submissions named per shared misconception; the heat map shows all


@dataclass(frozen=True)
class Entry:
    """A submission of the cohort: its result, the name it is shown by, its number in the tables and its page."""

    number: int
    name: str
    result: Result
    link: str | None


def write_cohort_report(results: Sequence[Result], links: Sequence[str | None], out: Path) -> None:
    """Write the page of all submissions as a single self-contained HTML file.

    Args:
        results: one result object per submission; several lessons get a section each.
        links: for each result the relative address of its page (`reports/<id>.html`), or None where there is none.
        out: the file to write.
    """
    names = short_files(results)
    entries = [Entry(i + 1, names[i], results[i], links[i]) for i in range(len(results))]
    lessons = sorted({entry.result["lesson"] or "" for entry in entries if entry.result["exercises"]})
    sections = [_lesson([e for e in entries if (e.result["lesson"] or "") == lesson]) for lesson in lessons]
    unread = [entry for entry in entries if not entry.result["exercises"]]
    title = humanised(lessons[0]) if len(lessons) == 1 and lessons[0] else f"{counted(len(lessons), 'lesson')}"
    head = tag("header", tag("div", tag("p", title, class_="eyebrow"), tag("h1", counted(len(entries), "submission")),
                             _totals(entries)), class_="headline")  # fmt: skip
    body = tag("main", head, sections, _unread(unread), class_="cohort")
    write_text(out, document(f"{counted(len(entries), 'submission')} · {title}", body))


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


def _shares(entries: Iterable[Entry]) -> list[float]:
    """Scores as shares of the points that a machine gives, from 0 to 1; submissions without a score are left out."""
    scored = [e.result for e in entries if e.result["score"] is not None and e.result["max_score"]]
    return [r["score"] / r["max_score"] for r in scored]


def _lesson(entries: Sequence[Entry]) -> list[Markup | None]:
    name = humanised(entries[0].result["lesson"] or "submissions")
    return [
        tag(
            "section", tag("h2", name), _submissions(entries), tag("p", EXERCISE_LEGEND, class_="quiet"), class_="card"
        ),
        tag(
            "div",
            tag("section", tag("h2", "Distribution of scores"), histogram(_shares(entries)), class_="card"),
            _misconceptions(entries),
            class_="figures-row",
        ),
        _heat_map(entries),
    ]


def _submissions(entries: Sequence[Entry]) -> Markup:
    exercises = max((e.result["exercises"] for e in entries), key=len)
    numbers = [exercise["number"] for exercise in exercises]
    words = [
        "#",
        "Submission",
        "State",
        "Score",
        "",
        *[f"Ex {number}" for number in numbers],
        "To mark",
        "Needs a person",
    ]
    heads = [tag("th", word, scope="col") for word in words]
    body = tag("tbody", [_submission(entry, numbers) for entry in entries])
    return tag(
        "div", tag("table", tag("thead", tag("tr", heads)), body, class_="submissions"), class_="scroll", tabindex=0
    )


def _submission(entry: Entry, numbers: Sequence[int]) -> Markup:
    result, by_number = entry.result, {e["number"]: e for e in entry.result["exercises"]}
    name = tag("a", entry.name, href=entry.link) if entry.link else entry.name
    reasons = needs_a_person(result)
    person = tag("span", "⚑ " + ", ".join(reasons), class_="fail" if result["state"] != "graded" else "quiet")
    return tag(
        "tr",
        tag("td", f"{entry.number}", class_="quiet"),
        tag("th", name, scope="row"),
        tag("td", result["state"], class_="quiet"),
        tag("td", f"{points(result['score'])} / {points(result['max_score'])}", class_="number"),
        tag("td", score_bar(result["score"], result["max_score"]), class_="wide"),
        [_exercise_cell(by_number.get(number)) for number in numbers],
        tag("td", points(result["pending"]) if result["pending"] else "", class_="number"),
        tag("td", person if reasons else "", class_="person"),
    )


def _exercise_cell(exercise: Mapping[str, object] | None) -> Markup:
    if exercise is None:
        return tag("td", "–")
    words = humanised(str(exercise["state"]))
    score = exercise["score"]
    shown = points(score if isinstance(score, int | float) else None)
    return tag("td", shown, tag("span", EXERCISE_MARKS.get(str(exercise["state"]), " ✗"), class_="quiet", title=words))


def _heat_map(entries: Sequence[Entry]) -> Markup:
    """Criteria by submissions; the criteria of the first result that has them all give the rows."""
    heads = [tag("th", "Criterion", scope="col"), tag("th", "Passed", scope="col", class_="number")]
    heads += [tag("th", f"{e.number}", scope="col", title=e.name) for e in entries]
    rows: list[Markup] = []
    for exercise in max((e.result["exercises"] for e in entries), key=len):
        title = f"Exercise {exercise['number']} · {one_line(exercise['title'])}"
        rows.append(tag("tr", tag("th", title, scope="rowgroup", colspan=2), class_="exercise"))
        rows += [
            _heat_row(criterion, _found(entries, exercise["number"], criterion)) for criterion in exercise["criteria"]
        ]
    table = tag("table", tag("thead", tag("tr", heads)), tag("tbody", rows), class_="heat")
    legend = "✓ passed, ✗ failed, ? not checked, ✎ to be marked by a person. The numbers are those of the table above."
    return tag("section", tag("h2", "Criteria by submission"), tag("p", legend, class_="quiet"),
               tag("div", table, class_="scroll", tabindex=0), class_="card")  # fmt: skip


def _found(entries: Sequence[Entry], number: int, criterion: Mapping[str, str]) -> list[Mapping[str, str] | None]:
    """The criterion as each submission met it; a check may serve several exercises, and the number tells which."""
    found = []
    for entry in entries:
        own = [e["criteria"] for e in entry.result["exercises"] if e["number"] == number]
        found.append(next((c for criteria in own for c in criteria if c["id"] == criterion["id"]), None))
    return found


def _heat_row(criterion: Mapping[str, str], found: Sequence[Mapping[str, str] | None]) -> Markup:
    judged = [c["state"] == "passed" for c in found if c is not None and c["state"] in ("passed", "failed")]
    rate = f"{100 * mean(judged):.0f} %" if judged else "–"
    cells = [_heat_cell(c) for c in found]
    return tag("tr", tag("th", prose(claim(criterion)), scope="row"), tag("td", rate, class_="number"), cells)


def _heat_cell(criterion: Mapping[str, str] | None) -> Markup:
    if criterion is None:
        return tag("td", "")
    mark, words, style = sign(criterion)
    return tag("td", tag("span", mark, role="img", aria_label=words), class_=style)


def _misconceptions(entries: Sequence[Entry]) -> Markup | None:
    """The ideas behind failed criteria, the most shared first."""
    shared: dict[str, dict[int, Entry]] = {}
    for entry in entries:
        for criterion in criteria_of(entry.result):
            if criterion["state"] == "failed" and criterion["misconception"]:
                shared.setdefault(criterion["misconception"], {})[entry.number] = entry
    if not shared:
        return None
    ranked = sorted(shared.items(), key=lambda item: (-len(item[1]), item[0]))
    lines = [
        tag("li", prose(one_line(idea, 2_000)), tag("div", _who(list(whose.values())), class_="quiet"))
        for idea, whose in ranked
    ]
    return tag(
        "section", tag("h2", "Misconceptions that submissions share"), tag("ol", lines, class_="shared"), class_="card"
    )


def _who(entries: Sequence[Entry]) -> list[Markup | str]:
    named: list[Markup | str] = [f"{counted(len(entries), 'submission')}: "]
    for place, entry in enumerate(entries[:NAMED]):
        named += [", " if place else "", tag("a", entry.name, href=entry.link) if entry.link else entry.name]
    return [*named, f" and {len(entries) - NAMED:,} more"] if len(entries) > NAMED else named


def _unread(entries: Sequence[Entry]) -> Markup | None:
    """Files that were not graded at all, each with its reason."""
    if not entries:
        return None
    lines = [
        tag("li", tag("strong", tag("a", e.name, href=e.link) if e.link else e.name), " ",
            tag("span", prose(one_line(e.result["reason"] or e.result["state"], 2_000)), class_="quiet"))
        for e in entries
    ]  # fmt: skip
    return tag("section", tag("h2", "Not graded"), tag("ul", lines, class_="shared"), class_="card")
