"""Decides whether what the text reckons comes to what it says, and tensors have the shapes that comments give."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from typing import Any

from assay.coursework.claims import prose
from assay.coursework.finding import Finding
from assay.coursework.page import Page
from assay.coursework.runs import Runs

_NUMBER = r"(?>\d[\d,]*(?:\.\d+)?)"
_TIMES = r"[x\u00d7*]"
# Nothing that goes on to the left or right: a part of a longer sum comes to something else.
_ALONE = r"(?<![\w.*/+\u00d7-])(?<![*/+\u00d7-] )"
_ENDS = rf"(?! *(?:[*/+\u00d7-]|{_TIMES}) *\d)"
_QUOTIENT = re.compile(rf"{_ALONE}({_NUMBER}) */ *({_NUMBER}) *= *({_NUMBER})(%?){_ENDS}")
_PRODUCT = re.compile(rf"{_ALONE}({_NUMBER}(?: *{_TIMES} *{_NUMBER})+) *= *({_NUMBER}){_ENDS}")
_KIT = re.compile(r"from_pretrained\(|create_model|open_clip\.|load_dataset\(|torchvision\.datasets")
_ASSIGNED = re.compile(r"^(\w+) *=[^#\n]*# *[\[(](\d+(?:, *\d+)*,?)[\])]", re.MULTILINE)
_PRINTED = re.compile(r"\{(\w+)\.shape\}[^#\n]*# *[\[(](\d+(?:, *\d+)*,?)[\])]")


def sums(page: Page, runs: Runs) -> Iterator[Finding]:
    """Products and quotients in sentences, and shapes in comments."""
    for cell, text in prose(page, runs):
        yield from _arithmetic(page, cell, text)
    yield from _shapes(page, runs)


def _arithmetic(page: Page, cell: int, text: str) -> Iterator[Finding]:
    for sentence in _QUOTIENT.finditer(text):
        above, below = _value(sentence[1]), _value(sentence[2])
        scale = 100 if sentence[4] else 1
        if below and not _comes_to(scale * above / below, sentence[3]):
            yield _wrong(page, cell, sentence[0], scale * above / below)
    for sentence in _PRODUCT.finditer(text):
        product = math.prod(_value(factor) for factor in re.findall(_NUMBER, sentence[1]))
        if not _comes_to(product, sentence[2]):
            yield _wrong(page, cell, sentence[0], product)


def _value(text: str) -> float:
    return float(text.replace(",", "") or "nan")


def _comes_to(value: float, said: str) -> bool:
    """Whether a number is what was said, up to one in the last place that was given."""
    places = len(said.split(".")[1]) if "." in said else 0
    return abs(value - _value(said)) <= 10.0**-places


def _wrong(page: Page, cell: int, sentence: str, value: float) -> Finding:
    return page.finding(
        cell, "claim-contradicted", "warning", "The numbers do not come to what the text says.",
        f"{' '.join(sentence.split())} is {value:,.6g}",
    )  # fmt: skip


def _shapes(page: Page, runs: Runs) -> Iterator[Finding]:
    """Shapes in comments at the end of a line, as long as nothing of the kit, which is smaller, has been loaded."""
    if runs.solved is None:
        return
    first = min((line["cell"] for line in runs.solved.of("loaded")), default=len(page.notebook.cells))
    known: dict[str, Mapping[str, Any]] = {}
    for cell in page.code:
        for line in runs.solved.of("names", cell.index):
            known |= line["names"]
        if cell.index >= first or _KIT.search(cell.source):
            return
        if cell.index in runs.solved.errors:
            continue
        for said in (*_ASSIGNED.finditer(cell.source), *_PRINTED.finditer(cell.source)):
            shape = [int(side) for side in said[2].split(",") if side.strip()]
            seen, values = known.get(said[1], {}).get("shape"), known.get(said[1], {}).get("first", [])
            if seen is not None and seen != shape and values[: len(shape)] != shape:  # a comment may give the values
                yield page.finding(
                    cell.index, "claim-contradicted", "warning", "A tensor has another shape than its comment says.",
                    f"{said[1]} has the shape {seen}, and the comment says {shape}",
                )  # fmt: skip
