"""Decides what is compared in a cohort: its submissions, and each criterion over all who were asked for it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import StatisticsError, correlation, mean
from typing import Any

from assay.report.escape import one_line
from assay.report.words import Result, claim, short_files

# Below ten judged submissions a correlation's standard error, about 1/sqrt(n - 3), is above 0.37: it says nothing.
FEWEST_FOR_DISCRIMINATION = 10


@dataclass(frozen=True)
class Entry:
    """A submission of the cohort: its result, the name it is shown by, its number in the tables and its page."""

    number: int
    name: str
    result: Result
    link: str | None

    @property
    def share(self) -> float | None:
        """The score as a share of the points that can be earned so far, from 0 to 1."""
        score, largest = self.result["score"], self.result["max_score"]
        return score / largest if score is not None and largest else None


@dataclass(frozen=True)
class Item:
    """A criterion of one exercise, as each submission (by its number) met it."""

    exercise: int
    title: str
    claim: str
    met: Mapping[int, Mapping[str, Any]]


def entries_of(results: Sequence[Result], links: Mapping[str, str]) -> list[Entry]:
    """The submissions in their order; one with an `id` is shown and found by it, else by its file."""
    short = short_files(results)
    entries = []
    for place, result in enumerate(results):
        named = result.get("id")
        name = one_line(str(named), 160) if named else short[place]
        link = links.get(str(named)) if named else None
        entries.append(Entry(place + 1, name or f"submission {place + 1}", result, link or links.get(result["file"])))
    return entries


def items_of(entries: Iterable[Entry]) -> list[Item]:
    """Every criterion that a submission of one lesson was asked for, by exercise, in the order of the results."""
    heads: dict[tuple[int, str], tuple[str, str]] = {}
    met: dict[tuple[int, str], dict[int, Mapping[str, Any]]] = {}
    for entry in entries:
        for exercise in entry.result["exercises"]:
            for criterion in exercise["criteria"]:
                key = (exercise["number"], criterion["id"])
                heads.setdefault(key, (one_line(exercise["title"]), claim(criterion)))
                met.setdefault(key, {})[entry.number] = criterion
    ordered = sorted(heads, key=lambda key: key[0])  # stable: within an exercise the rubric's order
    return [Item(key[0], *heads[key], met[key]) for key in ordered]


def judged(item: Item, entries: Iterable[Entry]) -> dict[int, bool]:
    """By submission, whether the criterion passed; graded submissions only, and only where somebody could tell."""
    graded = {entry.number for entry in entries if entry.result["state"] == "graded"}
    states = {number: criterion["state"] for number, criterion in item.met.items() if number in graded}
    return {number: state == "passed" for number, state in states.items() if state in ("passed", "failed")}


def passed_share(item: Item, entries: Iterable[Entry]) -> float | None:
    """The share of judged submissions that passed."""
    verdicts = judged(item, entries).values()
    return mean(verdicts) if verdicts else None


def discrimination(item: Item, entries: Sequence[Entry]) -> float | None:
    """The item-rest correlation: how far passing goes with the points that were earned on everything else.

    It is the point-biserial correlation of the verdict (0 or 1) with the score less the item's own points; with them an
    item would correlate with itself (S. Henrysson, Correction of item-total correlations in item analysis,
    Psychometrika 28, 1963). None with too few verdicts, or where all passed or all failed.
    """
    verdicts = judged(item, entries)
    rests = {entry.number: _rest(entry.result, item.met[entry.number]) for entry in entries if entry.number in verdicts}
    known = [(float(verdicts[number]), rest) for number, rest in rests.items() if rest is not None]
    if len(known) < FEWEST_FOR_DISCRIMINATION:
        return None
    try:
        return correlation([verdict for verdict, _ in known], [rest for _, rest in known])
    except StatisticsError:  # one of both is the same for everybody
        return None


def _rest(result: Result, own: Mapping[str, Any]) -> float | None:
    """The share of points earned on all criteria but this one."""
    left = result["max_score"] - own["max_score"]
    return (result["score"] - own["score"]) / left if left > 0 else None
