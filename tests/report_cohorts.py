"""Cohorts of results for the real lessons, drawn from a seed: strong and weak students, mistakes that many share."""

from __future__ import annotations

import random
from functools import cache
from typing import Any

import report_samples as samples

from assay.command.lessons import load_lessons

Object = dict[str, Any]
LESSONS = ("textual-inversion", "lora-finetuning", "clip")
RARE = 0.03  # how often a submission is rejected, tampered with, or a criterion unchecked


@cache
def rubrics() -> dict[str, Any]:
    """The real lessons' rubrics, with the sentences that students read."""
    return {slug: lesson.rubric for slug, lesson in load_lessons().items()}


def cohort(size: int, lessons: tuple[str, ...] = LESSONS[:1], seed: int = 0) -> list[Object]:
    """That many results, in turns of the lessons; equal for equal seeds."""
    draw = random.Random(seed)
    return [_submission(draw, f"course/{_name(draw)}{n}.ipynb", lessons[n % len(lessons)]) for n in range(size)]


def _name(draw: random.Random) -> str:
    return "".join(draw.choice(("ka", "li", "mo", "ne", "ru", "sa", "ti", "vo")) for _ in range(draw.randint(2, 4)))


def _submission(draw: random.Random, file: str, lesson: str) -> Object:
    if draw.random() < RARE:
        return {**samples.rejected(file), "lesson": None}
    ability = draw.gauss(0.75, 0.22)
    exercises = [_exercise(draw, exercise, ability) for exercise in rubrics()[lesson].exercises]
    cells = draw.lognormvariate(3, 0.4)
    seconds = {"cells": cells, "execution": 1.1 * cells, "judging": 0.4, "total": 1.2 * cells + 0.5}
    result = samples.result(file, *exercises, lesson=lesson, seconds=seconds)
    if draw.random() < RARE:
        result |= {"state": "tampered", "score": None, "reason": "The record of cell 29 was changed afterwards."}
    return result


def _exercise(draw: random.Random, exercise: Any, ability: float) -> Object:
    criteria = [_criterion(draw, criterion, ability - 0.08 * exercise.number) for criterion in exercise.criteria]
    return samples.exercise(exercise.number, exercise.title, *criteria, level=exercise.level)


def _criterion(draw: random.Random, criterion: Any, ability: float) -> Object:
    claim = criterion.claim or criterion.id
    if criterion.kind == "manual":
        return samples.manual(criterion.id, criterion.points, claim=claim)
    hard = random.Random(criterion.id).gauss(0.3, 0.2)
    state = "passed" if draw.gauss(ability - hard, 0.18) > 0 else "failed"
    state = "unchecked" if draw.random() < RARE / 30 else state
    idea = f"a mix-up about this: {claim}" if state == "failed" and draw.random() < 0.6 else None
    seen = "the loss compares with the latents" if state != "passed" else None
    return samples.criterion(criterion.id, state, criterion.points, claim=claim, misconception=idea, seen=seen)
