"""Decides whether a rubric file is sound, before anything runs, and turns it into a Rubric."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from assay.course import did_you_mean, slug_of, stem_of
from assay.failure import Misuse
from assay.rubric.document import read_document
from assay.rubric.model import Criterion, Limits, Override, PublishedCell, Rubric, RubricExercise
from assay.rubric.schema import Place, complaints, path_of
from assay.rubric.units import byte_count, seconds

_OPENNESS = ("hidden", "after_due_date", "public")  # in the order in which they are told


def load_rubric(path: Path) -> Rubric:
    """The rubric in the YAML file at `path`; the file's stem must be that of its lesson.

    Raises:
        Misuse: one sentence that says in which file and where, what is wrong, and how to mend it.
    """
    document = read_document(path)
    for place, sentence in unsound(document, path.stem):
        raise Misuse(f"{path}: {path_of(place)}: {sentence}")
    return _rubric(document, path)


def unsound(document: dict[str, Any], stem: str) -> list[tuple[Place, str]]:
    """All that keeps a document from being the rubric of the lesson with this stem: the place, and a sentence."""
    wrong = complaints(document, "rubric.schema.json") or list(_contradictions(document))
    if not wrong and slug_of(stem) != document["lesson"]:
        named, right = document["lesson"], stem_of(document["lesson"])
        wrong = [(("lesson",), f"'{named}' is not the file's name: rename it {right}.yaml or correct it")]
    return wrong


def _contradictions(document: dict[str, Any]) -> Iterator[tuple[Place, str]]:
    """What a schema cannot say."""
    yield from ((place, "the number is not finite; write a plain one") for place in _not_finite(document))
    numbers = [exercise["number"] for exercise in document["exercises"]]
    for index, number in enumerate(numbers):
        if number in numbers[:index]:
            yield ("exercises", index, "number"), f"exercise {number} occurs twice; merge the two"
        yield from _within_exercise(document["exercises"][index], ("exercises", index))
    yield from _replay_names(document["exercises"])
    for number in document.get("published", {}):
        if int(number) not in numbers:
            yield ("published", number), f"there is no exercise {number}; register the notebook again"


def _replay_names(exercises: list[dict[str, Any]]) -> Iterator[tuple[Place, str]]:
    """A replay is known by its name in the whole lesson: its files are named so."""
    seen: set[str] = set()
    for index, exercise in enumerate(exercises):
        for position, replay in enumerate(exercise.get("replays", [])):
            if replay["name"] in seen:
                yield ("exercises", index, "replays", position, "name"), f"'{replay['name']}' occurs twice; rename one"
            seen.add(replay["name"])


def _within_exercise(exercise: dict[str, Any], where: Place) -> Iterator[tuple[Place, str]]:
    ids = [_id(criterion) for criterion in exercise["criteria"]]
    checks = {criterion["check"]: criterion for criterion in exercise["criteria"] if "check" in criterion}
    for index, criterion in enumerate(exercise["criteria"]):
        place = (*where, "criteria", index)
        if ids[index] in ids[:index]:
            yield place, f"'{ids[index]}' occurs twice in the exercise; rename or remove one"
        for position, name in enumerate(criterion.get("requires", [])):
            wanted = (*place, "requires", position)
            if name == criterion.get("check"):
                yield wanted, f"'{name}' requires itself; name another check"
            elif name not in checks:
                yield wanted, f"'{name}' is no check of this exercise{did_you_mean(name, checks)}; name one of them"
            elif _openness(checks[name]) < _openness(criterion):
                yield (
                    wanted,
                    f"'{name}' is {_visibility(checks[name])}, and the points of this criterion, which is "
                    f"{_visibility(criterion)}, would tell whether it passed; give both the same",
                )


def _visibility(criterion: dict[str, Any]) -> str:
    return str(criterion.get("visibility", "public"))


def _openness(criterion: dict[str, Any]) -> int:
    return _OPENNESS.index(_visibility(criterion))


def _not_finite(value: Any, place: Place = ()) -> Iterator[Place]:
    # YAML knows .nan and .inf, and a NaN is not below any minimum.
    if isinstance(value, float) and not -1e300 < value < 1e300:
        yield place
    pairs: Iterable[tuple[str | int, Any]] = ()
    if isinstance(value, dict):
        pairs = value.items()
    elif isinstance(value, list):
        pairs = enumerate(value)
    for key, inner in pairs:
        yield from _not_finite(inner, (*place, key))


def _id(criterion: dict[str, Any]) -> str:
    return str(criterion.get("check") or criterion["manual"]).replace("_", "-")


def _rubric(document: dict[str, Any], path: Path) -> Rubric:
    identify, limits = document.get("identify", {}), document["limits"]
    published = document.get("published", {})
    return Rubric(
        slug=document["lesson"],
        title=document["title"],
        titles=tuple(identify.get("titles", [])),
        files=tuple(identify.get("files", [])),
        exercises=tuple(_exercise(one, published.get(str(one["number"]), [])) for one in document["exercises"]),
        limits=Limits(
            cell_s=seconds(limits["cell"]),
            exercise_s=seconds(limits["exercise"]),
            submission_s=seconds(limits["submission"]),
            memory_bytes=byte_count(limits["memory"]),
            output_bytes=byte_count(limits["output"]),
        ),
        shorten=tuple(
            Override(name, one["to"], one["reason"])
            for one in document.get("shorten", [])
            for name in spellings(one["name"])
        ),
        path=path,
        values=tuple(name for one in document.get("values", []) for name in spellings(one)),
        draft=document.get("draft", False),
        sequences=tuple(tuple(map(_placed, cells)) for cells in document.get("sequences", [])),
    )


def spellings(name: str) -> list[str]:
    """The names that one entry stands for: `strength|denoising_strength` is either."""
    return name.split("|")


def _placed(cell: str) -> tuple[int, str]:
    """A cell of a sequence: its exercise and its digest."""
    exercise, digest = cell.split()
    return int(exercise), digest


def _exercise(raw: dict[str, Any], published: list[dict[str, Any]]) -> RubricExercise:
    return RubricExercise(
        number=raw["number"],
        title=raw["title"],
        level=raw["level"],
        criteria=tuple(_criterion(one) for one in raw["criteria"]),
        published=tuple(PublishedCell(one["digest"], one["open"], one.get("version", 1)) for one in published),
        replays=tuple(raw.get("replays", [])),
    )


def _criterion(raw: dict[str, Any]) -> Criterion:
    return Criterion(
        id=_id(raw),
        check=raw.get("check"),
        claim=raw.get("claim"),
        points=float(raw["points"]),
        visibility=raw.get("visibility", "public"),
        requires=tuple(raw.get("requires", [])),
        hint=raw.get("hint"),
        kind="automatic" if "check" in raw else "manual",
        claim_only=raw.get("claim_only", False),
    )


def with_claims(rubric: Rubric, claims: dict[str, str]) -> Rubric:
    """The same rubric with the claim of every automatic criterion filled in from `claims`, by check name."""

    def claimed(one: Criterion) -> Criterion:
        return dataclasses.replace(one, claim=claims[one.check]) if one.check else one

    exercises = tuple(
        dataclasses.replace(exercise, criteria=tuple(map(claimed, exercise.criteria))) for exercise in rubric.exercises
    )
    return dataclasses.replace(rubric, exercises=exercises)
