"""What one submission's page holds: the score first, then each exercise, then how it was run; one file, no script."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from assay.report.charts import ring, score_bar
from assay.report.escape import one_line
from assay.report.executed import ShownCell, Unreadable, read_cells, read_exhibits
from assay.report.exercises import counted_points, exercise_section
from assay.report.files import write_text
from assay.report.markup import Markup, document, prose, tag
from assay.report.outputs import cell_outputs
from assay.report.pictures import Album
from assay.report.student import PUBLIC, hidden_count, student_view
from assay.report.words import (
    SUBMISSION_STATES,
    Result,
    counted,
    criteria_of,
    exercise_state,
    file_name,
    humanised,
    lesson_name,
    points,
    shown_versions,
)

Audience = Literal["instructor", "student"]
SENTENCE = 2_000


def write_report(
    result: Mapping[str, Any],
    run_folder: Path | None,
    out: Path,
    audience: Audience,
    is_published: Callable[[str], bool] | None = None,
    drawn: dict[str, str] | None = None,
    released: Collection[str] = PUBLIC,
) -> None:
    """Write one submission's page as a single self-contained HTML file.

    Args:
        result: one result object; it is not changed.
        run_folder: the folder with `executed.ipynb` and `exhibits.json`, or None when nothing was executed.
        out: the file to write; its folder is made when missing, and the file appears whole or not at all.
        audience: `student` leaves out all that hidden criteria would give away.
        is_published: tells of a markdown cell's source whether it is the course's own; without it every text is shown.
        drawn: pictures redrawn so far; hand the same dictionary to the pages of one run to draw each only once.
        released: visibilities that a student's page tells of.
    """
    view = student_view(result, released) if audience == "student" else result
    write_text(out, report_html(view, run_folder, audience, is_published, drawn))


def report_html(
    view: Result,
    run_folder: Path | None,
    audience: Audience,
    is_published: Callable[[str], bool] | None = None,
    drawn: dict[str, str] | None = None,
) -> str:
    """The page of a result that was already cut to its audience."""
    cells, exhibits, troubles = _run_parts(run_folder)
    album = Album({} if drawn is None else drawn)
    sections = [exercise_section(item, cells, exhibits, album, is_published) for item in view["exercises"]]
    body = tag(
        "main",
        _headline(view),
        _banner(view),
        _hidden_note(view) if audience == "student" else None,
        _overrides(view),
        _notes([*view.get("notes", ()), *troubles]),
        sections,
        _elsewhere(cells, view, album),
        _footer(view),
    )
    return document(f"{file_name(view)} · {lesson_name(view)}", body)


def _run_parts(run_folder: Path | None) -> tuple[tuple[ShownCell, ...], tuple[Mapping[str, Any], ...], list[str]]:
    """The executed cells, the pictures' data, and a sentence for each that could not be read."""
    if run_folder is None:
        return (), (), []
    troubles: list[str] = []
    cells: tuple[ShownCell, ...] = ()
    exhibits: tuple[Mapping[str, Any], ...] = ()
    try:
        cells = read_cells(run_folder)
    except Unreadable as trouble:
        troubles.append(f"The notebook's own outputs are not shown. {trouble}")
    try:
        exhibits = read_exhibits(run_folder)
    except Unreadable as trouble:
        troubles.append(f"The pictures of the training are not shown. {trouble}")
    return cells, exhibits, troubles


def _headline(view: Result) -> Markup:
    words = tag(
        "div",
        tag("p", lesson_name(view), class_="eyebrow"),
        tag("h1", file_name(view)),
        tag("p", summary(view), class_="lead"),
        _ladder(view),
    )
    shown = ring(view["score"], view["max_score"]) if view["exercises"] else None
    return tag("header", words, shown, class_="headline")


def summary(view: Result) -> str:
    """The result in one or two sentences."""
    if view["state"] == "rejected":
        return "This file was not graded."
    if view["state"] == "fault":
        return (
            "This submission has no score yet: the machine that graded it failed. Nothing is held against the student."
        )
    automatic = [c for c in criteria_of(view) if c["kind"] == "automatic" and c["state"] != "hidden"]
    passed = sum(c["state"] == "passed" for c in automatic)
    unchecked = sum(c["state"] == "unchecked" for c in automatic)
    sentence = f"{passed:,} of {counted(len(automatic), 'criterion')} passed."
    if unchecked:
        sentence += f" {counted(unchecked, 'criterion')} could not be checked; a person must look."
    if view["pending"]:
        sentence += f" {counted_points(view['pending'])} more wait to be marked by a person."
    return sentence


def _ladder(view: Result) -> Markup | None:
    """One line per exercise with its bar, leading to its section."""
    rows = [
        tag(
            "tr",
            tag(
                "th", tag("a", f"{e['number']} · {one_line(e['title'])}", href=f"#exercise-{e['number']}"), scope="row"
            ),
            tag("td", score_bar(e["score"], e["max_score"]), class_="wide"),
            tag("td", f"{points(e['score'])} / {points(e['max_score'])}", class_="number"),
            tag("td", exercise_state(e), class_="quiet"),
        )
        for e in view["exercises"]
    ]
    return tag("table", tag("tbody", rows), class_="ladder") if rows else None


def _banner(view: Result) -> Markup | None:
    reason = view.get("reason")
    if view["state"] == "graded" and not reason:
        return None
    title = SUBMISSION_STATES.get(view["state"]) or humanised(view["state"])
    provisional = "The scores below are provisional until a person has looked." if view["state"] == "tampered" else None
    last = tag("p", provisional) if provisional else None
    why = tag("p", prose(one_line(reason, SENTENCE))) if reason else None
    return tag("section", tag("h2", title[:1].upper() + title[1:]), why, last, class_=f"banner {view['state']}")


def _hidden_note(view: Result) -> Markup | None:
    hidden = hidden_count(view)
    if not hidden:
        return None
    rest = "1 more stays hidden until it is" if hidden == 1 else f"{hidden:,} more stay hidden until they are"
    return tag("p", f"The totals count the criteria that are shown only; {rest} released.", class_="banner note")


def _overrides(view: Result) -> Markup | None:
    if not view.get("overrides"):
        return None
    lines = [
        tag("li", tag("code", one_line(o["name"], 80)), f" was {one_line(str(o['from']), 80)}, ran with ",
            tag("strong", one_line(str(o["to"]), 80)), f" (cell {o['cell']})" if o.get("cell") is not None else None,
            f": {one_line(o['reason'], SENTENCE)}" if o.get("reason") else None)
        for o in view["overrides"]
    ]  # fmt: skip
    lead = "To grade it in reasonable time, some lengths were shortened. Nothing else in the notebook was changed."
    return tag("section", tag("h2", "Shortened for grading"), tag("p", lead), tag("ul", lines), class_="banner note")


def _notes(notes: Sequence[str]) -> Markup | None:
    if not notes:
        return None
    lines = tag("ul", [tag("li", prose(one_line(note, SENTENCE))) for note in notes])
    return tag("section", tag("h2", "Notes"), lines, class_="banner note")


def _elsewhere(cells: Sequence[ShownCell], view: Result, album: Album) -> Markup | None:
    """What cells outside the graded exercises showed, folded away."""
    numbers = {exercise["number"] for exercise in view["exercises"]}
    shown = [cell_outputs(cell, album) for cell in cells if cell.exercise not in numbers]
    blocks = [block for block in shown if block]
    if not blocks:
        return None
    title = f"Outputs of {counted(len(blocks), 'cell')} outside the exercises"
    return tag("section", tag("details", tag("summary", title), blocks), class_="card")


def _footer(view: Result) -> Markup:
    runner, seconds = view.get("runner") or {}, view.get("seconds") or {}
    facts = [
        ("File", one_line(str(view["file"]).rsplit("/", 1)[-1])),
        ("SHA-256", one_line(str(view.get("sha256") or "–"))[:16]),
        *[(label, one_line(str(runner[key]))) for label, key in
          (("Device", "device"), ("Tier", "tier"), ("Kit", "kit"), ("Engine", "engine")) if runner.get(key)],
        *[(f"Seconds, {name}", points(value)) for name, value in seconds.items() if isinstance(value, int | float)],
        *shown_versions(view),
    ]  # fmt: skip
    pairs = [tag("div", tag("dt", one_line(name)), tag("dd", one_line(value))) for name, value in facts]
    return tag(
        "footer", tag("h2", "How this was run"), tag("dl", pairs), tag("p", "Cells are counted from 0, as in the file.")
    )
