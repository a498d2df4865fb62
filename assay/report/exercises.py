"""How an exercise reads on a page: its state, its criteria with what they teach, its pictures and its own outputs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from assay.report.escape import one_line
from assay.report.executed import ShownCell
from assay.report.exhibits import draw_exhibit
from assay.report.markup import Markup, prose, tag
from assay.report.outputs import cell_outputs, written_answers
from assay.report.pictures import Album
from assay.report.student import HIDDEN
from assay.report.words import claim, counted, exercise_state, points

SIGNS = {
    "passed": ("✓", "passed"),
    "failed": ("✗", "failed"),
    "unchecked": ("?", "not checked"),
    HIDDEN: ("◌", "hidden"),
}
SENTENCE = 2_000  # characters of one sentence of feedback; ours are far shorter, a student's name in them might not be


def exercise_section(
    exercise: Mapping[str, Any],
    cells: Sequence[ShownCell],
    exhibits: Iterable[Mapping[str, Any]],
    album: Album,
    is_published: Callable[[str], bool] | None,
) -> Markup:
    """One exercise as a section with the anchor `exercise-N`."""
    own = [cell for cell in cells if cell.exercise == exercise["number"]]
    drawn = [draw_exhibit(item) for item in exhibits if item.get("exercise") == exercise["number"]]
    if any(criterion["state"] == HIDDEN for criterion in exercise["criteria"]):
        drawn = []  # a picture of the rows that moved says what a hidden criterion would
    return tag(
        "section",
        _heading(exercise),
        tag("p", prose(one_line(exercise["reason"], SENTENCE)), class_="reason") if exercise.get("reason") else None,
        tag("ul", [_criterion(c, exercise) for c in _in_reading_order(exercise["criteria"])], class_="criteria"),
        drawn,
        _work(own, album, is_published),
        id=f"exercise-{exercise['number']}",
        class_="card",
    )


def sign(criterion: Mapping[str, Any]) -> tuple[str, str, str]:
    """A criterion's sign, its state in words, and the style class of both."""
    if criterion["kind"] == "manual" and criterion["state"] == "unchecked":
        return "✎", "to be marked by a person", "manual"
    mark, words = SIGNS.get(criterion["state"], SIGNS["unchecked"])
    return mark, words, criterion["state"] if criterion["state"] in SIGNS else "unchecked"


def _in_reading_order(criteria: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """What needs attention first; within one state the rubric's order."""
    order = ("failed", "unchecked", "manual", "passed", HIDDEN)
    return sorted(criteria, key=lambda criterion: order.index(sign(criterion)[2]))


def _heading(exercise: Mapping[str, Any]) -> Markup:
    level = one_line(str(exercise.get("level") or ""), 20)
    score = f"{points(exercise['score'])} / {points(exercise['max_score'])}"
    pending = f"{points(exercise['pending'])} to be marked" if exercise.get("pending") else None
    return tag(
        "header",
        tag("div",
            tag("p", f"Exercise {exercise['number']}", f" · {level}" if level else None, class_="eyebrow"),
            tag("h2", one_line(exercise["title"]))),
        tag("div",
            tag("span", score, class_="points"),
            tag("span", pending, class_="chip manual") if pending else None,
            tag("span", exercise_state(exercise), class_=f"chip {_tone(exercise)}"), class_="tally"),
    )  # fmt: skip


def _tone(exercise: Mapping[str, Any]) -> str:
    tones = {"completed": "passed", "error": "failed", "timeout": "failed", "resource": "failed"}
    return tones.get(exercise["state"], "neutral")


def _criterion(criterion: Mapping[str, Any], exercise: Mapping[str, Any]) -> Markup:
    mark, words, style = sign(criterion)
    return tag(
        "li",
        tag("span", mark, class_="sign", role="img", aria_label=words),
        tag("div", tag("p", prose(claim(criterion)), class_="claim"), _lessons(criterion, exercise), class_="what"),
        tag("span", _earned(criterion), class_="earned"),
        class_=f"criterion {style}",
    )


def _earned(criterion: Mapping[str, Any]) -> Markup | str:
    if criterion["state"] == HIDDEN:
        return f"{counted_points(criterion['max_score'])}, hidden until released"
    if sign(criterion)[2] == "manual":
        return f"{counted_points(criterion['max_score'])} waiting"
    return f"{points(criterion['score'])} / {points(criterion['max_score'])}"


def counted_points(value: float) -> str:
    """'1 point', '2.5 points'."""
    return f"{points(value)} point{'' if value == 1 else 's'}"


def _lessons(criterion: Mapping[str, Any], exercise: Mapping[str, Any]) -> Markup | None:
    """What was seen, where it comes from and what to try; for a manual criterion, where the answer stands."""
    if criterion["state"] == HIDDEN:
        return None
    if sign(criterion)[2] == "manual":
        return tag("p", _where(exercise), class_="quiet")
    if _is_blank(criterion):
        return tag("p", "Not attempted: the cell is still as it was handed out.", class_="quiet")
    labels = (
        ("What was seen", "seen"),
        ("What this usually comes from", "misconception"),
        ("What to try", "help"),
        ("Hint", "hint"),
    )
    rows = [(label, criterion.get(key)) for label, key in labels if key == "seen" or criterion["state"] != "passed"]
    if not any(text for _, text in rows):
        return None
    pairs = [[tag("dt", label), tag("dd", prose(one_line(text, SENTENCE)))] for label, text in rows if text]
    return tag("dl", pairs, class_="lesson")


def _is_blank(criterion: Mapping[str, Any]) -> bool:
    return bool(
        criterion["state"] == "failed" and (criterion["seen"] or "").strip().lower().rstrip(".") == "not attempted"
    )


def _where(exercise: Mapping[str, Any]) -> str:
    return (
        f"A person marks this. The answer belongs in Exercise {exercise['number']} of the notebook; what is written "
        "there is shown below, under “Written text in this exercise” and “What the notebook showed”."
    )


def _work(cells: Sequence[ShownCell], album: Album, is_published: Callable[[str], bool] | None) -> Markup | None:
    before = album.left_out
    shown = [block for block in (cell_outputs(cell, album) for cell in cells) if block]
    answers = written_answers(cells, is_published)
    skipped = album.left_out - before
    if not shown and not answers:
        return None
    note = (
        tag("p", f"{counted(skipped, 'picture')} left out: the page already shows enough.", class_="quiet")
        if skipped
        else None
    )
    return tag("div", tag("h3", "What the notebook showed") if shown else None, shown, note, answers, class_="work")
