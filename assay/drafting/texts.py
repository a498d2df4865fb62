"""Decides the text of a draft's files: the rubric, the checks, the first mistakes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from math import ceil

from assay.drafting.candidates import Candidate, Chosen
from assay.drafting.outline import Outline
from assay.intake import Exercise
from assay.proof import Edit, Mistake

Criteria = Mapping[int, Sequence[Chosen]]
WIDTH = 120
LEAST_MINUTES = 2  # for an exercise; a machine under load may take that for one that takes seconds


def rubric_text(outline: Outline, criteria: Criteria, seconds: float) -> str:
    """The rubric; `seconds` are what the notebook's cells took, of which the limits allow ten times."""
    minutes = max(LEAST_MINUTES, ceil(10 * seconds / 60))
    exercise = f"{minutes} minutes"
    lines = [
        f"lesson: {outline.slug}",
        f"title: {_quoted(outline.title)}",
        "draft: true",
        "identify:",
        f"  titles: [{_quoted(outline.title.lower())}]",
        f"  files: [{', '.join(map(_quoted, _patterns(outline)))}]",
        "",
        f"# The cells took {seconds:.0f} s when this was drafted; the limits leave room for ten times that.",
        f"limits: {{cell: {exercise}, exercise: {exercise}, submission: {2 * minutes} minutes, memory: 6 GB, "
        "output: 64 MB}",
        *_lengths(outline),
        "",
        "exercises:",
        *(line for one in outline.exercises for line in _exercise(one, outline, criteria.get(one.number, ()))),
    ]
    return "\n".join(lines) + "\n"


def checks_text(outline: Outline, criteria: Criteria) -> str:
    """The checks: every candidate that was chosen, once, below the first exercise that asks for it."""
    used: dict[str, Candidate] = {c.candidate.name: c.candidate for chosen in criteria.values() for c in chosen}
    words = frozenset().union(*(candidate.words for candidate in used.values()))
    parts = [f'"""{_sentence(outline.title)}: what is asserted of it so far."""\n', _imports(words)]
    written: set[str] = set()
    for exercise in outline.exercises:
        new = [c.candidate for c in criteria.get(exercise.number, ()) if c.candidate.name not in written]
        written |= {candidate.name for candidate in new}
        if new:
            rule = f"# Exercise {exercise.number} ".ljust(WIDTH, "-")
            parts += ["\n\n" + rule if written > {c.name for c in new} else rule, *("\n\n" + c.text for c in new)]
    return "\n".join(part for part in parts if part) + "\n"


def mistakes_text(outline: Outline, mistakes: Iterable[Mistake], variants: Mapping[int, tuple[str, ...]]) -> str:
    """The first mistakes, each of which was run; `variants` are exercises that run alone, with the cells they need."""
    declared = list(mistakes)
    lines = [
        f'"""Declares the first mistakes that the checks of {outline.slug} catch.',
        "",
        "Each was run: the criteria that it names failed and all others passed. They are small slips that a program",
        'made up; mistakes that students make are worth more."""',
        "",
        f"from assay.proof import {'Edit, ' if declared else ''}Mistake, Variant",
        "",
        *_needs(variants),
        f"MISTAKES: tuple[Mistake, ...] = ({'' if declared else ')'}",
    ]
    for one in declared:
        lines += [
            "    Mistake(",
            *_literal(one.name, 8),
            f"        {one.exercise},",
            "        (",
            *(line for edit in one.edits for line in _edit(edit)),
            "        ),",
            f"        caught_by=frozenset({{{', '.join(map(_quoted, sorted(one.caught_by)))}}}),",
            *([f"        needs=NEEDS_{one.exercise},"] if one.needs else []),
            "    ),",
        ]
    lines += [
        *([")"] if declared else []),
        "",
        "# TODO: declare unusual solutions that are correct, at least one for each exercise",
        "VARIANTS: tuple[Variant, ...] = ()",
    ]
    return "\n".join(lines) + "\n"


def _exercise(exercise: Exercise, outline: Outline, chosen: Sequence[Chosen]) -> list[str]:
    lines = [
        f"  - number: {exercise.number}",
        f"    title: {_quoted(exercise.title or f'Exercise {exercise.number}')}",
        f"    level: {outline.levels[exercise.number]}",
        "    criteria:",
    ]
    for one in chosen:
        more = f", requires: [{one.requires}]" if one.requires else ""
        more += ", claim_only: true" if one.claim_only else ""
        lines.append(f"      - {{check: {one.candidate.name}, points: {one.points:g}{more}}}")
    if not any(one.points for one in chosen):
        lines += [
            f"      # TODO: nothing that the witness knows earns points in exercise {exercise.number}; write a check",
            f"      - manual: exercise_{exercise.number}",
            "        claim: The exercise is solved as it asks.",
            "        points: 1",
        ]
    return lines


def _lengths(outline: Outline) -> list[str]:
    if not outline.lengths:
        return []
    lines = ["", "# TODO: shorten what only takes longer, and say why: in the notebook stand"]
    return [*lines, *(f"#   {name} = {value}" for name, value in outline.lengths.items())]


def _patterns(outline: Outline) -> list[str]:
    """The file's own leading numbers, which stay when students add their names, and the lesson's words."""
    number = re.match(r"[0-9]+([-_.][0-9]+)+", outline.file)
    words = "*" + "*".join(outline.slug.split("-")) + "*"
    return [*([f"{number[0]}[-_.]*"] if number else []), words]


def _imports(words: frozenset[str]) -> str:
    lines = ["import torch", ""] if "torch" in words else []
    lines += ["from assay import Failure"] if "Failure" in words else []
    claims = sorted(words - {"torch", "Failure"})
    if claims:
        lines += ["from assay.claims import (", *(f"    {word}," for word in claims), ")"]
    return "\n".join([*lines, ""]) if lines else ""


def _sentence(title: str) -> str:
    return title.replace("\\", " ").replace('"', "'").rstrip(".")


def _quoted(text: str) -> str:
    """A text in YAML or Python; JSON's quotes are the double ones of both."""
    return json.dumps(text, ensure_ascii=False)


def _edit(edit: Edit) -> list[str]:
    return ["            Edit(", *_literal(edit.find, 16), *_literal(edit.replace, 16), "            ),"]


def _needs(alone: Mapping[int, tuple[str, ...]]) -> list[str]:
    """The cells that each exercise needs of earlier ones, for its mistakes and variants."""
    lines: list[str] = []
    for number, phrases in alone.items():
        if phrases:
            lines += [f"NEEDS_{number} = (", *(line for phrase in phrases for line in _literal(phrase, 4)), ")"]
    return [*lines, ""] if lines else []


def _literal(text: str, indent: int) -> list[str]:
    """A text as an argument on lines of its own; a long one in pieces, which Python joins."""
    room = WIDTH - indent - 8  # quotes and what is escaped
    pieces = [text[start : start + room] for start in range(0, len(text), room)] or [""]
    lines = [" " * indent + _quoted(piece) for piece in pieces]
    return [*lines[:-1], lines[-1] + ","]
