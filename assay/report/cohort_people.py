"""Decides what a cohort asks of its teacher: which submissions a person must look at, and what to teach again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from assay.report.charts import bar
from assay.report.cohort_entries import Entry, Item
from assay.report.cohort_tables import linked
from assay.report.escape import one_line
from assay.report.exercises import counted_points
from assay.report.markup import Markup, prose, tag
from assay.report.words import counted, criteria_of, needs_a_person

IDEAS = 8  # shown at once; nobody teaches more again in a lesson, and the others are one click away
SENTENCE = 2_000
_GRAVEST_FIRST = ("tampered", "fault", "rejected", "graded")


@dataclass
class _Idea:
    """A misconception, who shares it, and the criteria that it made fail."""

    text: str
    whose: dict[int, Entry] = field(default_factory=dict)
    where: dict[tuple[int, str, str], None] = field(default_factory=dict)


def people_section(entries: Sequence[Entry]) -> Markup | None:
    """Everything that no machine decides: the flagged submissions one by one, and the answers that wait for a mark."""
    flagged = [entry for entry in entries if needs_a_person(entry.result)]
    flagged.sort(key=lambda entry: (_GRAVEST_FIRST.index(entry.result["state"]), entry.number))
    waiting = [entry for entry in entries if entry.result["pending"] and entry.result["state"] != "rejected"]
    if not flagged and not waiting:
        return None
    rows = [_flagged(entry) for entry in flagged]
    table = tag("div", tag("table", tag("tbody", rows), class_="flagged"), class_="scroll", tabindex=0)
    return tag(
        "section", tag("h2", "Needs a person"), table if rows else None, _waiting(waiting), class_="card", id="person"
    )


def _flagged(entry: Entry) -> Markup:
    result = entry.result
    reasons = needs_a_person(result)
    style = "chip unchecked" if result["state"] in ("graded", "fault") else "chip failed"
    return tag(
        "tr",
        tag("td", f"{entry.number}", class_="quiet"),
        tag("th", linked(entry), scope="row"),
        tag("td", [tag("span", reason, class_=style) for reason in reasons]),
        tag("td", prose(one_line(result["reason"] or _unchecked(result), SENTENCE)), class_="why"),
    )


def _unchecked(result: Mapping[str, object]) -> str:
    """What the unchecked criteria are about, the first of them."""
    seen = [c for c in criteria_of(result) if c["kind"] == "automatic" and c["state"] == "unchecked"]
    first = seen[0] if seen else {}
    return f"{first.get('claim') or ''} {first.get('seen') or ''}"


def _waiting(entries: Sequence[Entry]) -> Markup | None:
    if not entries:
        return None
    total = counted_points(sum(entry.result["pending"] for entry in entries))
    verb = "has" if len(entries) == 1 else "have"
    said = f"✎ {counted(len(entries), 'submission')} {verb} answers that wait to be marked, {total} in all"
    return tag("details", tag("summary", said), tag("p", names(entries), class_="quiet"))


def names(entries: Sequence[Entry]) -> list[Markup | str]:
    """The submissions, separated by commas."""
    listed: list[Markup | str] = []
    for place, entry in enumerate(entries):
        listed += [", " if place else "", linked(entry)]
    return listed


def misconceptions(entries: Sequence[Entry], items: Sequence[Item]) -> Markup | None:
    """The ideas behind failed criteria, the most shared first: what to teach again, where it belongs, who needs it."""
    ideas: dict[str, _Idea] = {}
    by_number = {entry.number: entry for entry in entries}
    for item in items:
        for number, criterion in item.met.items():
            if criterion["state"] == "failed" and criterion["misconception"]:
                text = one_line(criterion["misconception"], SENTENCE)
                idea = ideas.setdefault(text, _Idea(text))
                idea.whose[number] = by_number[number]
                idea.where[item.exercise, item.title, item.claim] = None
    if not ideas:
        return None
    ranked = sorted(ideas.values(), key=lambda idea: (-len(idea.whose), idea.text))
    rows = [_idea(idea, len(entries)) for idea in ranked]
    more = rows[IDEAS:]
    rest = tag("details", tag("summary", f"The {len(more):,} others"), tag("ol", more, class_="shared"))
    return tag(
        "section", tag("h2", "To teach again"),
        tag("p", "The ideas behind what failed, the most shared first.", class_="quiet"),
        tag("ol", rows[:IDEAS], class_="shared"), rest if more else None, class_="card",
    )  # fmt: skip


def _idea(idea: _Idea, among: int) -> Markup:
    whose = [idea.whose[number] for number in sorted(idea.whose)]
    claims: dict[str, list[tuple[int, str]]] = {}
    for number, title, claim in idea.where:
        claims.setdefault(claim, []).append((number, title))
    where = [
        tag("li", prose(claim), " ", tag("span", _exercises(own), class_="quiet")) for claim, own in claims.items()
    ]
    return tag(
        "li",
        tag("div", tag("strong", f"{len(whose):,}"), f" of {among:,}", bar(len(whose) / among, "fail"), class_="count"),
        tag("div", tag("p", prose(idea.text), class_="idea"), tag("ul", where, class_="where"),
            tag("details", tag("summary", "Who"), tag("p", names(whose), class_="quiet"))),
    )  # fmt: skip


def _exercises(places: Sequence[tuple[int, str]]) -> str:
    """'Exercise 2 · One step by hand', 'Exercises 2, 3 and 4'."""
    numbers = [str(number) for number, _ in places]
    if len(places) == 1:
        return f"Exercise {numbers[0]} · {places[0][1]}"
    return f"Exercises {', '.join(numbers[:-1])} and {numbers[-1]}"
