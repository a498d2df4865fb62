"""Decides whether something came of a solution that ran: adapters were loaded, weights moved, pictures differ."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import Any

from assay.coursework.finding import Finding
from assay.coursework.page import Page
from assay.coursework.runs import Runs
from assay.coursework.shown import Shown


def effects(page: Page, runs: Runs) -> Iterator[Finding]:
    """Cells that ran and changed nothing of what they are for."""
    if runs.solved is None:
        return
    for cell in page.code:
        at = runs.author_cell(page, cell.index)
        yield from _empty_adapters(page, runs.solved, cell.index, at)
        yield from _idle_training(page, runs.solved, cell.index, at)
        yield from _equal_pictures(page, runs.solved, cell.index, at)


def _empty_adapters(page: Page, shown: Shown, cell: int, at: int) -> Iterator[Finding]:
    empty = [fact for fact in shown.known("lora_load", cell) if fact.get("layers") == 0]
    if empty:
        names = ", ".join(f"{fact['source']!r}" for fact in empty)
        yield page.finding(
            at, "solution-without-effect", "error",
            "An adapter is loaded, and no layer of the pipeline gets one: save it in the form that the pipeline reads.",
            f"load_lora_weights({names}) brought 0 layers an adapter",
        )  # fmt: skip


def _idle_training(page: Page, shown: Shown, cell: int, at: int) -> Iterator[Finding]:
    """Parameters that an optimizer stepped over, and that have the bits that they had before."""
    begun = {fact["optimizer"]: fact for fact in shown.known("optimizer")}
    for ended in shown.known("after_last_step", cell):
        first = begun.get(ended["optimizer"])
        if first is None or not ended["digests"]:
            continue
        before = [p["digest"] for p in first["parameters"] if p["has_gradient"]]
        if before == ended["digests"]:
            yield page.finding(
                at, "solution-without-effect", "error", "A training loop steps, and no parameter moves.",
                f"{first['cls']} stepped over {len(before)} parameters with a gradient, whose bits are as before",
            )  # fmt: skip
    without = [line for line in shown.of("step", cell) if line["count"] == 0]
    if without:
        yield page.finding(
            at, "solution-without-effect", "error", "An optimizer steps while none of its parameters has a gradient.",
            f"{without[0]['optimizer']}.step() with gradients of 0 parameters",
        )  # fmt: skip


def _equal_pictures(page: Page, shown: Shown, cell: int, at: int) -> Iterator[Finding]:
    """Two pictures of one cell that were drawn in different ways, and are the same in every pixel."""
    drawn = [line for line in shown.of("pipeline", cell) if len(line["made"]) == 1]
    for one, other in combinations(drawn, 2):
        difference = _difference(one, other)
        if one["made"] == other["made"] and difference:
            adapters = "adapters" in difference
            yield page.finding(
                at, "solution-without-effect", "error" if adapters else "warning",
                "Two pictures are drawn to be compared, and are equal in every pixel.",
                f"they were drawn with different {', '.join(sorted(difference))}; both are {one['made'][0]}",
            )  # fmt: skip
            return


def _difference(one: dict[str, Any], other: dict[str, Any]) -> set[str]:
    names = {name for name in {*one["given"], *other["given"]} if one["given"].get(name) != other["given"].get(name)}
    if _strengths(one) != _strengths(other):
        names.add("adapters")
    return names


def _strengths(line: dict[str, Any]) -> dict[str, float]:
    return {name: strength for name, strength in line["adapters"].items() if strength}
