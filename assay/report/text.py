"""How results read in a terminal: one submission criterion by criterion, several as a compact table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import mean
from typing import TYPE_CHECKING, Any

from assay.report.escape import one_line
from assay.report.student import HIDDEN
from assay.report.words import (
    SUBMISSION_STATES,
    Result,
    claim,
    counted,
    exercise_state,
    file_name,
    lesson_name,
    needs_a_person,
    points,
    short_files,
)

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

# sign, the same for terminals without Unicode, style
_SIGNS = {
    "passed": ("✓", "+", "green"),
    "failed": ("✗", "x", "bold red"),
    "unchecked": ("?", "?", "magenta"),
    "manual": ("✎", "m", "blue"),
    HIDDEN: ("◌", "o", "dim"),
}
SENTENCE = 2_000
EXERCISE_WIDTH, NAME_WIDTH = 5, 42  # columns of an exercise in a cohort's table, and of name, score and points to mark


def print_results(results: Sequence[Result], console: Console) -> None:
    """Print one result in full, several as a table with totals; nothing of a submission can steer the terminal."""
    if len(results) == 1:
        _print_one(results[0], console)
    elif results:
        _print_cohort(results, console)


def _shown(console: Console, text: str, style: str = "") -> Text:
    """Plain text that this console's encoding can write, as `Text`, so that rich reads no markup in it."""
    from rich.text import Text

    encoding = console.encoding or "utf-8"
    return Text(one_line(text, SENTENCE).encode(encoding, "replace").decode(encoding, "replace"), style=style)


def _unicode(console: Console) -> bool:
    return (console.encoding or "").lower().startswith("utf")


def _pair(console: Console, first: str, second: str) -> Text:
    """A name in bold with what belongs to it."""
    return _shown(console, first, "bold").append("  ").append_text(_shown(console, second, "dim"))


def _grid(*columns: str) -> Table:
    """A table without lines; a column is `text` (takes the room that is left) or `number` (as narrow as it can be)."""
    from rich.table import Table

    grid = Table.grid(padding=(0, 2, 0, 0), expand=True)
    for column in columns:
        if column == "text":
            grid.add_column(ratio=1)
        else:
            grid.add_column(justify="right", no_wrap=True)
    return grid


def _print_one(result: Result, console: Console) -> None:
    head = _grid("text", "number")
    head.add_row(_pair(console, file_name(result), lesson_name(result)), _shown(console, _total(result), "bold"))
    console.print(head)
    for sentence in _sentences(result):
        console.print(_shown(console, sentence, "yellow"))
    if result["state"] == "fault":  # nothing was judged: a page of question marks would say nothing more
        return
    for exercise in result["exercises"]:
        console.print()
        console.print(_exercise(exercise, console))
        if exercise.get("reason"):
            console.print(_shown(console, exercise["reason"], "red"))
        if exercise["state"] != "not_attempted":  # then every line would say so again
            console.print(_criteria(exercise["criteria"], console))


def _total(result: Result) -> str:
    if result["score"] is None:
        return str(SUBMISSION_STATES.get(result["state"], result["state"])).split(":")[0]
    pending = f"  (+{points(result['pending'])} to be marked)" if result["pending"] else ""
    return f"{points(result['score'])} / {points(result['max_score'])}{pending}"


def _sentences(result: Result) -> list[str]:
    """The state's reason, what was shortened, and the notes: what a reader must know before the marks."""
    sentences = [result["reason"]] if result.get("reason") else []
    if result["state"] == "fault":
        sentences.append("Nothing was judged, and nothing is held against the student.")
    for override in result.get("overrides", ()):
        cell = f" in cell {override['cell']}" if override.get("cell") is not None else ""
        change = f"{override['name']} was {override['from']}, ran with {override['to']}"
        sentences.append(f"Shortened{cell}: {change} ({override['reason']})")
    return [*sentences, *result.get("notes", ())]


def _exercise(exercise: Mapping[str, Any], console: Console) -> Table:
    pending = f" (+{points(exercise['pending'])} to be marked)" if exercise.get("pending") else ""
    score = f"{points(exercise['score'])} / {points(exercise['max_score'])}{pending}"
    level = f"{exercise['level']}, " if exercise.get("level") else ""
    title = _pair(console, f"Exercise {exercise['number']}: {exercise['title']}", level + exercise_state(exercise))
    grid = _grid("text", "number")
    grid.add_row(title, _shown(console, score))
    return grid


def _criteria(criteria: Sequence[Mapping[str, Any]], console: Console) -> Table:
    grid = _grid("number", "number", "text")
    for criterion in criteria:
        kind = "manual" if criterion["kind"] == "manual" and criterion["state"] == "unchecked" else criterion["state"]
        unicode_sign, ascii_sign, style = _SIGNS.get(kind, _SIGNS["unchecked"])
        mark = _shown(console, unicode_sign if _unicode(console) else ascii_sign, style)
        grid.add_row(mark, _shown(console, _marks(criterion, kind), "dim"), _shown(console, claim(criterion)))
        for label, sentence in told(criterion, kind):
            line = _shown(console, f"{label}: {sentence}")
            line.stylize("dim", 0, len(label) + 1)
            grid.add_row("", "", line)
    return grid


def _marks(criterion: Mapping[str, Any], kind: str) -> str:
    if kind == HIDDEN:
        return f"–/{points(criterion['max_score'])}"
    if kind == "manual":
        return f"+{points(criterion['max_score'])}"
    return f"{points(criterion['score'])}/{points(criterion['max_score'])}"


def told(criterion: Mapping[str, Any], kind: str) -> list[tuple[str, str]]:
    """What a criterion teaches, each sentence with what it is; one that earned its points needs no more words."""
    if kind == HIDDEN:
        return [("hidden", "until it is released")]
    if kind == "manual":
        return [("waits", "a person marks this")]
    if kind == "passed":
        labels = [("seen", "seen")] if criterion["score"] != criterion["max_score"] else []
    else:
        labels = [("seen", "seen"), ("often", "misconception"), ("try", "help"), ("hint", "hint")]
    return [(label, str(criterion[key])) for label, key in labels if criterion.get(key)]


def _print_cohort(results: Sequence[Result], console: Console) -> None:
    from rich import box
    from rich.table import Table

    numbers = sorted({e["number"] for result in results for e in result["exercises"]})
    if len(numbers) * EXERCISE_WIDTH > console.width - NAME_WIDTH:  # the report has them all
        numbers = []
    table = Table(box=box.SIMPLE_HEAD if _unicode(console) else box.ASCII, padding=(0, 0), pad_edge=False)
    table.add_column("Submission", overflow="fold")
    for head in ("Score", *[f"Ex {number}" for number in numbers], "To mark"):
        table.add_column(head, justify="right", no_wrap=True)
    named = list(zip(short_files(results), results, strict=True))
    for name, result in named:
        table.add_row(*_cohort_row(name, result, numbers, console))
    console.print(table)
    for name, result in named:  # below, where a sentence has the whole width
        if remark := _remark(result):
            console.print(_pair(console, name, "").append_text(_shown(console, remark, "yellow")))
    console.print(_shown(console, cohort_sentence(results)))


def _cohort_row(name: str, result: Result, numbers: Sequence[int], console: Console) -> list[Text]:
    scores = {e["number"]: points(e["score"]) for e in result["exercises"]}
    score = "–" if result["score"] is None else f"{points(result['score'])} / {points(result['max_score'])}"
    to_mark = points(result["pending"]) if result["pending"] else ""
    cells = [name, score, *[scores.get(number, "") for number in numbers], to_mark]
    return [_shown(console, cell) for cell in cells]


def _remark(result: Result) -> str:
    """Why a person must look at it, and what for."""
    return "; ".join([*needs_a_person(result), *([result["reason"]] if result.get("reason") else [])])


def cohort_sentence(results: Sequence[Result]) -> str:
    """Totals of a cohort in one line."""
    shares = [r["score"] / r["max_score"] for r in results if r["score"] is not None and r["max_score"]]
    parts = [counted(len(results), "submission")]
    if shares:
        parts.append(f"mean {100 * mean(shares):.0f} %")
    pending = sum(r["pending"] or 0.0 for r in results)
    if pending:
        parts.append(f"{points(pending)} points to be marked")
    people = sum(bool(needs_a_person(result)) for result in results)
    if people:
        parts.append(f"{people:,} {'needs' if people == 1 else 'need'} a person")
    return ", ".join(parts)
