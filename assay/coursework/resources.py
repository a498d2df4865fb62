"""Decides whether a notebook keeps more in memory than it needs: twice the same, two pipelines, numbers too wide."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from assay.coursework.finding import Finding
from assay.coursework.page import Page
from assay.coursework.runs import Runs
from assay.coursework.shown import Shown

_COUNTED = {"UNet2DConditionModel", "AutoencoderKL", "CLIPTextModel", "CLIPTextModelWithProjection"}


def resources(page: Page, runs: Runs) -> Iterator[Finding]:
    """What was alive when something was loaded or drawn, as far as possible in the run as on a GPU."""
    shown = runs.gpu or runs.solved
    if shown is None:
        return
    for cell in page.code:
        yield from _loaded_twice(page, shown, cell.index)
        yield from _two_pipelines(page, shown, cell.index)
        yield from _wide(page, shown, cell.index)


def _by_number(shown: Shown) -> dict[int, Mapping[str, Any]]:
    """What was loaded, by its number; a number that was given again means the latest."""
    return {line["number"]: line for line in shown.of("loaded")}


def _loaded_twice(page: Page, shown: Shown, cell: int) -> Iterator[Finding]:
    known: dict[int, Mapping[str, Any]] = {}
    twice: list[str] = []
    for line in shown.of("loaded"):
        if line["cell"] == cell and line["cls"] in _COUNTED:
            alive = [known[number] for number, _ in line["alive"] if number in known]
            for other in alive:
                if other["cls"] == line["cls"] and _repository(other) == _repository(line):
                    twice.append(f"{line['cls']} while the one of cell {other['cell']} is in use")
        known[line["number"]] = line
    if twice:
        yield page.finding(
            cell, "loaded-twice", "warning",
            "A model is loaded again while the first copy is in memory: use that one, or free it before.",
            "; ".join(dict.fromkeys(twice)),
        )  # fmt: skip


def _repository(line: Mapping[str, Any]) -> str:
    """`org/name`, also out of a cache's path, where pipelines find their parts."""
    for part in str(line["source"]).split("/"):
        if part.startswith("models--"):
            return part.removeprefix("models--").replace("--", "/")
    return str(line["source"])


def _two_pipelines(page: Page, shown: Shown, cell: int) -> Iterator[Finding]:
    known: dict[int, Mapping[str, Any]] = {}
    for line in shown.of("loaded"):
        if line["cell"] == cell and line["what"] == "pipeline":
            for number, _ in line["alive"]:
                other = known.get(number)
                if other is not None and other["what"] == "pipeline" and not _shares(other, line):
                    yield page.finding(
                        cell, "two-pipelines", "warning",
                        "Two whole pipelines are in memory at once: free the first, or share its parts.",
                        f"a {line['cls']} was made while the {other['cls']} of cell {other['cell']} was in use",
                    )  # fmt: skip
                    return
        known[line["number"]] = line


def _shares(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    return bool(one["parts"].get("unet") == other["parts"].get("unet"))


def _wide(page: Page, shown: Shown, cell: int) -> Iterator[Finding]:
    """Pictures that are drawn in float32 on a GPU."""
    if not any("float16" in code.source for code in page.code):
        return  # a notebook that nowhere chooses a width is for CPUs
    inside = False
    for line in shown.seen:
        if line["cell"] != cell:
            continue
        if line["e"] == "alive" and line["why"] == "pipeline call":
            inside = True
        elif line["e"] == "pipeline":
            inside = False
        elif inside and line["e"] == "unet" and line["dtype"] == "torch.float32":
            yield page.finding(
                cell, "wide-precision", "warning",
                "Pictures are drawn in float32 on a GPU: float16 takes half of the memory and draws the same.",
                "the U-Net of the pipeline had torch.float32 weights on a machine with a GPU",
            )  # fmt: skip
            return
