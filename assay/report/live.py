"""How a result reads inside a notebook: a small table with pictures, or text where pages are not shown."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from assay.report.escape import one_line
from assay.report.exercises import SENTENCE, sign
from assay.report.exhibits import draw_exhibit
from assay.report.markup import Markup, prose, tag
from assay.report.student import HIDDEN
from assay.report.text import print_results, told
from assay.report.words import Result, claim, exercise_state, lesson_name, points

WIDTH = 100  # characters of the text, as wide as an output in most notebooks
_RULE = re.compile(r"(?m)^([^@{}\n][^{}]*)\{([^{}]*)\}")
_VARIABLES = re.compile(r":root\s*\{([^}]*)\}")
# How notebook applications say that their page is dark; what the reader's system prefers is not what they show.
_DARK = '[data-jp-theme-light="false"] .assay, .vscode-dark .assay, [theme="dark"] .assay'
_OWN = """
.assay { background: var(--card); color: var(--ink); font: 14px/1.45 system-ui, sans-serif; padding: .6rem .8rem; }
.assay table { border-collapse: collapse; width: 100%; margin: 0 0 .8rem; }
.assay th, .assay td { text-align: left; vertical-align: top; padding: .25rem .6rem .25rem 0; font-weight: 400; }
.assay tr { background: none; } .assay caption, .assay .title { text-align: left; font-weight: 650; padding: .3rem 0; }
.assay .mark { width: 1.2rem; font-weight: 700; } .assay .told { color: var(--soft); }
.assay .passed { color: var(--pass); } .assay .failed { color: var(--fail); }
.assay .unchecked { color: var(--doubt); } .assay .manual { color: var(--wait); }
.assay figure { margin: .6rem 0; max-width: 46rem; } .assay figcaption { color: var(--soft); font-size: .9em; }
"""


def as_text(view: Result) -> str:
    """The result as a terminal shows it, without colours."""
    from rich.console import Console

    shown = io.StringIO()
    # in a notebook, rich would show each line as an output of its own
    print_results([view], Console(file=shown, width=WIDTH, color_system=None, force_jupyter=False))
    return "\n".join(line.rstrip() for line in shown.getvalue().splitlines())


def as_html(view: Result, exhibits: Sequence[Mapping[str, Any]]) -> str:
    """The result as part of a page: a table for each exercise, and the pictures of its training and its loops folded
    below it. Nothing in it can run, and its style reaches nothing else."""
    head = tag("p", f"{lesson_name(view)}: {_tally(view)}", class_="title")
    reason = tag("p", prose(one_line(view["reason"], SENTENCE)), class_="failed") if view.get("reason") else None
    sections = [_section(exercise, exhibits) for exercise in view["exercises"]]
    return f"<style>{style()}</style>{tag('div', head, reason, sections, class_='assay')}"


def _tally(view: Result) -> str:
    criteria = [c for e in view["exercises"] for c in e["criteria"] if c["kind"] == "automatic"]
    states = [criterion["state"] for criterion in criteria if criterion["state"] != HIDDEN]
    unchecked = f", {states.count('unchecked')} cannot be told here" if "unchecked" in states else ""
    return f"{states.count('passed')} of {len(states)} criteria hold{unchecked}"


def _section(exercise: Mapping[str, Any], exhibits: Sequence[Mapping[str, Any]]) -> Markup:
    score = f"{points(exercise['score'])} / {points(exercise['max_score'])}"
    title = f"Exercise {exercise['number']}: {one_line(exercise['title'])} · {exercise_state(exercise)} · {score}"
    reason = tag("p", prose(one_line(exercise["reason"], SENTENCE)), class_="told") if exercise.get("reason") else None
    if exercise["state"] == "not_attempted":  # then every line would say so again
        return tag("div", tag("p", title, class_="title"), reason)
    rows = [_row(criterion) for criterion in exercise["criteria"]]
    return tag("div", tag("p", title, class_="title"), reason, tag("table", tag("tbody", rows)),
               _pictures(exercise, exhibits))  # fmt: skip


def _row(criterion: Mapping[str, Any]) -> Markup:
    mark, words, style = sign(criterion)
    lines = [
        tag("div", f"{label}: ", prose(one_line(text, SENTENCE)), class_="told")
        for label, text in told(criterion, style)
    ]
    return tag(
        "tr",
        tag("td", mark, class_=f"mark {style}", role="img", aria_label=words),
        tag("td", prose(claim(criterion)), lines),
    )


def _pictures(exercise: Mapping[str, Any], exhibits: Sequence[Mapping[str, Any]]) -> Markup | None:
    if any(criterion["state"] == HIDDEN for criterion in exercise["criteria"]):
        return None  # a picture of the rows that moved says what a hidden criterion would
    drawn = [draw_exhibit(item) for item in exhibits if item.get("exercise") == exercise["number"]]
    shown = [picture for picture in drawn if picture is not None]
    return tag("details", tag("summary", f"Pictures ({len(shown)})"), shown) if shown else None


@cache
def style() -> str:
    """The part of our pages' style that pictures need, for what is inside of the table only."""
    text = (Path(__file__).parent / "style.css").read_text(encoding="utf-8")
    light, dark = _VARIABLES.findall(text)[:2]
    rules = [
        f"{', '.join(f'.assay {one.strip()}' for one in selector.split(','))} {{{body}}}"
        for selector, body in _RULE.findall(text)
        if all(one.strip().startswith(".") for one in selector.split(","))
    ]
    return "\n".join([f".assay {{{light}}}", f"{_DARK} {{{dark}}}", *rules, _OWN]).replace("<", "")
