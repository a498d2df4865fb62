"""Decides which assertions of the text execution has shown to be otherwise: lookups, rows, axes, targets, pictures.

Only what does not depend on what a network has learned is held against the text: the networks of a run here are
stand-ins. Each function looks for one kind of sentence and for what would contradict it, and is silent without both.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from assay.coursework.comparisons import claimed
from assay.coursework.finding import Finding
from assay.coursework.page import Page, without_code
from assay.coursework.runs import Runs
from assay.coursework.shown import Shown

ALIKE = 0.01  # of the usual distance between rows: a drawn row lies about as far from the mean as any other
HALVES = 0.8  # a half that changes "slowly" changes less than this part of the other half
OUTSIDE = 0.01  # of the pixels outside a mask: fewer may be the edge
APART = (
    4.0  # of 255, mean over sixteen fields of two pictures: half precision and a drawn latent move it by less than 1
)
_RANDOM = re.compile(r"\brandom(?:ly initiali[sz]ed)? values\b|\brandomly initiali[sz]ed\b", re.I)
_SIDE = re.compile(r"\b(low|high)\w* (\w+) *=[^.\n]*?\b(left|right)\b", re.I)
_NUMBERED = re.compile(r"\b(\w+) *= *(-?\d+(?:\.\d+)?)")
_SPEED = re.compile(r"\((left|right)(?: side)?\)[^.\n]*?\b(slow|rapid|fast|quick)", re.I)
_EXACT_TARGETS = re.compile(r"\b(?:exactly|only)\b[^.]{0,20}\bcross-attention\b", re.I)
_KEPT = re.compile(r"\bpreserved exactly\b|\bexactly (?:preserved|unchanged)\b|\bpixels? (?:are|is) unchanged\b", re.I)


def claims(page: Page, runs: Runs) -> Iterator[Finding]:
    """Every assertion that is contradicted by what was seen."""
    if runs.solved is None:
        return
    for cell in page.code:
        said = words_of(page, runs.solved, cell.index)
        at = runs.author_cell(page, cell.index)
        yield from _lookups(page, runs.solved, cell.index, at)
        yield from _random_rows(page, runs.solved, cell.index, at, f"{said}\n{cell.source}")
        yield from _sides(page, runs.solved, cell.index, at, said)
        yield from _columns(page, runs.solved, cell.index, at, said)
        yield from _targets(page, runs.solved, cell.index, at, said)
        yield from _kept(page, runs.solved, cell.index, at, said)
    yield from _outputs(page, runs.solved)


def words_of(page: Page, shown: Shown, cell: int) -> str:
    """What a code cell printed, in one line for each paragraph: sentences run over several prints."""
    printed = shown.printed.get(cell, "")
    return "\n".join(" ".join(part.split()) for part in printed.split("\n\n"))


def _lookups(page: Page, shown: Shown, cell: int, at: int) -> Iterator[Finding]:
    for line in shown.of("lookup", cell):
        token, found, pieces = line["token"], line["id"], line["pieces"]
        if not token.isalpha() or pieces == [found]:
            continue
        if found == line["unknown"]:
            what = f"the id {found}, which stands for everything that is not in the vocabulary"
        else:
            what = f"the id {found}, a piece inside of longer words"
        yield page.finding(
            at, "claim-contradicted", "warning",
            f"The word {token!r} is looked up as {what}: in a prompt it is another row of the table.",
            f"convert_tokens_to_ids({token!r}) gave {found}, and the tokenizer reads {token!r} as {pieces}",
        )  # fmt: skip


def _random_rows(page: Page, shown: Shown, cell: int, at: int, said: str) -> Iterator[Finding]:
    sentence = _RANDOM.search(said)
    for line in shown.of("new-row", cell):
        if sentence and line["away"] < ALIKE * line["typical"]:
            yield page.finding(
                at, "claim-contradicted", "warning",
                "A new row of the embedding table is called random, and is the mean of all others.",
                f"the row lies {line['away']:.2g} from the mean (cosine {line['cosine']:.5f}), and rows usually "
                f"{line['typical']:.2g}; the text says: {sentence[0]}",
            )  # fmt: skip
            return


def _sides(page: Page, shown: Shown, cell: int, at: int, said: str) -> Iterator[Finding]:
    """`Low strength = near the right`, held against the marks in the figure of the same cell."""
    marks = [mark for line in shown.of("figures", cell) for axes in line["axes"] for mark in axes["marks"]
             if axes["xlim"][0] < axes["xlim"][1]]  # fmt: skip
    for sentence in _SIDE.finditer(said):
        which, noun, side = (part.lower() for part in sentence.groups())
        placed = sorted((number, mark["x"]) for mark in marks if (number := _value(mark["text"], noun)) is not None)
        places = [x for _, x in placed]
        if len(set(places)) < 3 or places not in (sorted(places), sorted(places, reverse=True)):
            continue
        low_is_left = places[0] < places[-1]
        if low_is_left != ((which == "low") == (side == "left")):
            shown_places = ", ".join(f"{number:g} at x={x:g}" for number, x in placed)
            yield page.finding(
                at, "claim-contradicted", "error", f"The text says {sentence[0]!r}, and the figure shows the opposite.",
                f"{noun} {shown_places}",
            )  # fmt: skip
            return


def _value(text: str, noun: str) -> float | None:
    """The number of `s=0.1` for the noun strength: a mark's first equation, if its name begins the noun."""
    first = _NUMBERED.search(text)
    return float(first[2]) if first and noun.startswith(first[1].lower()) else None


def _columns(page: Page, shown: Shown, cell: int, at: int, said: str) -> Iterator[Finding]:
    """`dimensions (right) change slowly`, held against the first table that the same cell shows."""
    tables = [table for line in shown.of("figures", cell) for axes in line["axes"] for table in axes["tables"]]
    sentences = [(s[1].lower(), s[2].lower() == "slow", s[0]) for s in _SPEED.finditer(said)]
    if not tables or not sentences:
        return
    changes = tables[0]["changes"]
    if len(changes) < 16:
        return
    half = len(changes) // 2
    left, right = sum(changes[:half]) / half, sum(changes[half:]) / (len(changes) - half)
    for side, slow, text in sentences:
        mine, other = (left, right) if side == "left" else (right, left)
        holds = mine < HALVES * other if slow else other < HALVES * mine
        if not holds:
            yield page.finding(
                at, "claim-contradicted", "warning",
                "The two halves of the shown table do not differ in the way that the text says.",
                f"from row to row the left half changes by {left:.4f} and the right half by {right:.4f} "
                f"(table {tables[0]['shape']}); the text says: {text}",
            )  # fmt: skip
            return


def _targets(page: Page, shown: Shown, cell: int, at: int, said: str) -> Iterator[Finding]:
    """That an adapter sits in the cross-attention alone, held against where its factors are."""
    sentence = _EXACT_TARGETS.search(said)
    if sentence is None:
        return
    number = page.exercise_of[cell]
    for fact in shown.known("trainable"):
        factors = [name for name in fact["parameters"] if ".lora_" in name]
        others = [name for name in factors if ".attn2." not in name]
        if fact["exercise"] == number and others:
            yield page.finding(
                at, "claim-contradicted", "error",
                "The adapter is said to sit in the cross-attention alone, and sits in other layers, too.",
                f"{len(others)} of {len(factors)} LoRA factors are elsewhere, such as {others[0]}; "
                f"the text says: {sentence[0]}",
            )  # fmt: skip
            return


def _kept(page: Page, shown: Shown, cell: int, at: int, said: str) -> Iterator[Finding]:
    sentence = _KEPT.search(said)
    for line in shown.of("pipeline", cell):
        outside = line["outside"]
        if sentence and outside and outside["changed"] > OUTSIDE:
            yield page.finding(
                at, "claim-contradicted", "warning",
                "What lies outside of the mask is said to be kept exactly, and goes through the autoencoder, too.",
                f"{outside['changed']:.1%} of the {outside['pixels']:,} pixels outside of the mask changed; "
                f"the text says: {sentence[0]}",
            )  # fmt: skip
            return


def _outputs(page: Page, shown: Shown) -> Iterator[Finding]:
    """That a picture made by hand matches a pipeline's of another exercise, held against all of both."""
    for one in claimed(page):
        if "pipeline" not in one.sentence.lower():
            continue
        wanted = re.search(r"strength *= *(\d*\.?\d+)", one.sentence)
        drawn = [line for line in shown.of("pipeline") if page.exercise_of.get(line["cell"]) == one.other]
        if wanted:
            drawn = [line for line in drawn if line["given"].get("strength") == float(wanted[1])]
        made = [value for line in shown.of("names") if page.exercise_of.get(line["cell"]) == one.exercise
                for value in line["names"].values() if "thumb" in value]  # fmt: skip
        distances = [_distance(value["thumb"], thumb) for value in made for line in drawn for thumb in line["thumbs"]]
        if distances and min(distances) > APART:
            yield page.finding(
                one.cell, "claim-contradicted", "warning",
                f"A picture of Exercise {one.exercise} is to match one of Exercise {one.other}'s, and none does.",
                f"the nearest of {len(made)} pictures is {min(distances):.0f} of 255 away on average; "
                f"the text says: {one.sentence}",
            )  # fmt: skip


def _distance(one: list[Any], other: list[Any]) -> float:
    return float(sum(abs(a - b) for a, b in zip(one, other, strict=True)) / len(one))


def prose(page: Page, runs: Runs) -> Iterator[tuple[int, str]]:
    """Everything that the notebook says, by the cell where an author would change it: text, comments, and prints."""
    yield from written(page)
    for cell in page.code:
        if runs.solved is not None:
            yield runs.author_cell(page, cell.index), words_of(page, runs.solved, cell.index)


def written(page: Page) -> Iterator[tuple[int, str]]:
    """What stands in the notebook itself: its text and its comments. What it prints may be a figure of the kit's."""
    for cell in page.notebook.cells:
        if cell.kind == "markdown":
            yield cell.index, without_code(cell.source)
    for cell in page.code:
        comments = "\n".join(line.split("#", 1)[1] for line in cell.source.splitlines() if "#" in line)
        yield cell.index, comments
