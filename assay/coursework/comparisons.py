"""Decides whether what a notebook compares can be compared: the same noise, schedule and model, nothing drawn anew."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from assay.coursework.code import Piece, calls, page_text, pieces, text_of
from assay.coursework.finding import Finding
from assay.coursework.page import Page, without_code
from assay.coursework.runs import Runs

_SENTENCE = re.compile(r"(?:[^.!?\n]|\.(?=\d))+(?:[.!?]|$)")
_WORDS = re.compile(r"\b(?:match(?:es)?|identical|equal|same output|compared? (?:directly )?(?:to|with))\b", re.I)
_OUTPUT = re.compile(r"\b(?:outputs?|images?|pictures?|results?)\b", re.I)
_OTHER = re.compile(r"\bExercise (\d+)", re.I)
_SCHEDULER = re.compile(r"\b(\w+Scheduler)\b")


@dataclass(frozen=True)
class Comparison:
    """A sentence that says that an exercise's output is to match another's."""

    cell: int
    exercise: int
    other: int
    sentence: str


def comparisons(page: Page, runs: Runs) -> Iterator[Finding]:
    """Comparisons within a cell that was run, and between exercises that the text compares."""
    yield from _unseeded(page, runs)
    code = list(pieces(page, runs.placed))
    for one in claimed(page):
        yield from _mismatch(page, code, one)
        yield from _sampled(page, code, one)


def claimed(page: Page) -> list[Comparison]:
    """What the text says is to match, once for each pair of exercises."""
    found: dict[tuple[int, int], Comparison] = {}
    for cell in page.text:
        number = page.exercise_of[cell.index]
        for sentence in _SENTENCE.findall(without_code(cell.source)):
            other = _OTHER.search(sentence)
            if not (number and other and _WORDS.search(sentence) and _OUTPUT.search(sentence)):
                continue
            if 0 < int(other[1]) < number:
                pair = (number, int(other[1]))
                found.setdefault(pair, Comparison(cell.index, *pair, " ".join(sentence.split())[:300]))
    return list(found.values())


def _unseeded(page: Page, runs: Runs) -> Iterator[Finding]:
    if runs.solved is None:
        return
    for cell in page.code:
        drawn = list(runs.solved.of("pipeline", cell.index))
        without = [line for line in drawn if line["seed"] is None]
        if len(drawn) > 1 and without:
            yield page.finding(
                cell.index, "unseeded-comparison", "warning",
                "Pictures are drawn side by side from different noise: give each call a generator with the same seed.",
                f"{len(without)} of {len(drawn)} pipeline calls of this cell had no generator",
            )  # fmt: skip


def _mismatch(page: Page, code: list[Piece], one: Comparison) -> Iterator[Finding]:
    """Schedulers of two exercises that have none in common; those for training are for training in both."""
    mine, other = (_schedulers(page, code, number) for number in (one.exercise, one.other))
    if mine and other and not mine & other:
        yield page.finding(
            one.cell, "component-mismatch", "error",
            f"The outputs of Exercises {one.other} and {one.exercise} are to match, and are made with different "
            "schedulers.",
            f"Exercise {one.other} uses {', '.join(sorted(other))}, Exercise {one.exercise} {', '.join(sorted(mine))}; "
            f"the text says: {one.sentence}",
        )  # fmt: skip

    mine, other = (_models(page, code, number) for number in (one.exercise, one.other))
    if mine and other and not mine & other:
        yield page.finding(
            one.cell, "component-mismatch", "error",
            f"The outputs of Exercises {one.other} and {one.exercise} are to match, and come from different models.",
            f"Exercise {one.other} loads {', '.join(sorted(other))} and Exercise {one.exercise} "
            f"{', '.join(sorted(mine))}; the text says: {one.sentence}",
        )  # fmt: skip


def _models(page: Page, code: list[Piece], exercise: int) -> set[str]:
    """What an exercise loads, as far as it stands in the code; one name that is not known makes all unknown."""
    names = [
        text_of(call.args[0]) or page_text(page, call.args[0])
        for piece in code
        if page.exercise_of[piece.cell] == exercise
        for call, dotted in calls(piece.tree)
        if dotted.split(".")[-1] == "from_pretrained" and call.args
    ]
    return set() if None in names else {name for name in names if name}


def _schedulers(page: Page, code: list[Piece], exercise: int) -> set[str]:
    found = {name for p in code if page.exercise_of[p.cell] == exercise for c, d in calls(p.tree)
             for name in _SCHEDULER.findall(d)}  # fmt: skip
    return found - {"DDPMScheduler"} or found


def _sampled(page: Page, code: list[Piece], one: Comparison) -> Iterator[Finding]:
    for piece in code:
        if page.exercise_of[piece.cell] != one.exercise:
            continue
        for call, _ in calls(piece.tree):
            text = piece.text(call)
            if "latent_dist" in text and ".sample(" in text and getattr(call.func, "attr", "") == "sample" and not (
                call.args or call.keywords
            ):  # fmt: skip
                yield page.finding(
                    piece.cell_of(call), "sampled-comparison", "warning",
                    f"The output is to match Exercise {one.other}'s, and its latent is drawn at random: use .mode().",
                    f"{text}; the text says: {one.sentence}",
                )  # fmt: skip
