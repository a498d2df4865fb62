"""Decides what a cohort's page says about time and memory: the sum, the middle, the slowest, and a bar for each."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from assay.report.cohort_entries import Entry
from assay.report.cohort_tables import linked
from assay.report.figures import time_figure
from assay.report.markup import Markup, tag
from assay.report.words import counted

SLOWEST = 3  # named, for whoever wants to know what took so long
FEWEST_DRAWN = 2
MEGABYTE = 1e6


def cost_section(entries: Sequence[Entry]) -> Markup | None:
    """Seconds of every submission that was executed, and its peak memory where the result says so."""
    executed = [e for e in entries if e.result["exercises"] and _seconds(e, "total") > 0]
    timed = sorted(executed, key=lambda entry: -_seconds(entry, "total"))
    if not timed:
        return None
    totals = [_seconds(entry, "total") for entry in timed]
    facts: list[tuple[str, Markup | str]] = [
        ("All together", spoken(sum(totals))),
        ("Median", spoken(median(totals))),
        ("In the notebooks' own cells", f"{100 * sum(_seconds(e, 'cells') for e in timed) / sum(totals):.0f} %"),
    ]
    facts += [(f"Slowest, {place}", _named(entry)) for place, entry in enumerate(timed[:SLOWEST], 1)]
    shown = tag("dl", [tag("div", tag("dt", name), tag("dd", value)) for name, value in facts], class_="facts")
    drawing = _bars(timed) if len(timed) >= FEWEST_DRAWN else None
    return tag(
        "section", tag("h2", "Time"), shown, [drawing, _legend()] if drawing else None,
        _memory(entries, "peak_memory", "memory"), _memory(entries, "peak_gpu_memory", "GPU memory"),
        class_="card", id="time",
    )  # fmt: skip


def spoken(seconds: float) -> str:
    """'42.0 s', '12 min', '3.4 h'."""
    if seconds < 120:
        return f"{seconds:.1f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"


def _seconds(entry: Entry, name: str) -> float:
    return float((entry.result.get("seconds") or {}).get(name) or 0.0)


def _named(entry: Entry) -> Markup:
    return tag("span", linked(entry), f" {spoken(_seconds(entry, 'total'))}")


def _bars(timed: Sequence[Entry]) -> Markup:
    cells = [min(_seconds(e, "cells"), _seconds(e, "total")) for e in timed]
    judging = [min(_seconds(e, "judging"), _seconds(e, "total") - own) for e, own in zip(timed, cells, strict=True)]
    rest = [max(0.0, _seconds(e, "total") - own - judge) for e, own, judge in zip(timed, cells, judging, strict=True)]
    parts = [("cells", "pass", cells), ("judging", "wait", judging), ("the rest", "doubt", rest)]
    return time_figure(parts, [entry.number for entry in timed], "seconds")


def _legend() -> Markup:
    kinds = (("pass", "the notebook's own cells"), ("wait", "judging"), ("doubt", "starting, watching, replays"))
    keys = [[tag("span", "■", class_=f"ink-{role}"), f" {words}  "] for role, words in kinds]
    return tag("p", keys, "Slowest first.", class_="quiet legend")


def _memory(entries: Sequence[Entry], field: str, what: str) -> list[Markup | None] | None:
    """Peak memory, which results have where it was measured."""
    known = [(float(peak), entry) for entry in entries if (peak := entry.result.get(field))]
    if not known:
        return None
    known.sort(key=lambda pair: -pair[0])
    peaks = [peak / MEGABYTE for peak, _ in known]
    said = (
        f"Peak {what} of {counted(len(known), 'submission')}: {peaks[0]:,.0f} MB at most, {median(peaks):,.0f} MB in "
    )
    drawing = None
    if len(known) >= FEWEST_DRAWN:
        drawing = time_figure([("memory", "wait", peaks)], [entry.number for _, entry in known], "MB")
    return [
        tag("h3", what[:1].upper() + what[1:]),
        tag("p", said, "the middle. Most: ", linked(known[0][1]), "."),
        drawing,
    ]
