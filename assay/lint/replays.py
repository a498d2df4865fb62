"""Decides whether each replay finds in the reference what it takes hold of, and whether a check looks at it."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from assay.course import did_you_mean
from assay.intake import Notebook
from assay.lint.lesson import Lesson
from assay.lint.names import accepts, bound, cells_of, cells_until, definition, python_of, tree_of
from assay.replay.library import PIPELINES
from assay.replay.rebind import read_names
from assay.rubric import spellings

Place = tuple[str | int, ...]
# What in the code so far shows that the library is asked in this way, by hand or inside a pipeline.
ENCODES = (".encode(", "Img2ImgPipeline", "InpaintPipeline")


def look(lesson: Lesson) -> None:
    """Every replay of every exercise."""
    notebook, rubric = lesson.reference, lesson.rubric
    if notebook is None or rubric is None:
        return
    for index, exercise in enumerate(rubric.exercises):
        for position, replay in enumerate(exercise.replays):
            place = ("exercises", index, "replays", position)
            if lesson.asked is not None and replay["name"] not in lesson.asked:
                lesson.in_rubric("unused-replay", place, f"no check looks at the replay '{replay['name']}'; remove it")
            if "again" in replay:
                _again(lesson, notebook, exercise.number, replay["again"], (*place, "again"))
            else:
                _used(lesson, notebook, exercise.number, replay, place)


def _used(lesson: Lesson, notebook: Notebook, exercise: int, replay: Mapping[str, Any], place: Place) -> None:
    key = "call" if "call" in replay else "build"
    name, tree = replay[key], tree_of(cells_until(notebook, exercise))
    node = definition(tree, name)
    wanted = ast.FunctionDef if key == "call" else ast.ClassDef
    if not isinstance(node, wanted):
        what = "function" if key == "call" else "class"
        hint = did_you_mean(name, bound(tree))
        lesson.in_rubric(
            "replay",
            (*place, key),
            f"by exercise {exercise} the reference has no {what} '{name}'{hint}; correct it",
        )
        return
    for function, inputs, where in _calls(node, replay):
        if function is not None and not accepts(function, inputs, method=key == "build"):
            lesson.in_rubric(
                "replay", (*place, where), f"the reference's {name} does not take {', '.join(inputs) or 'nothing'}; "
                "name its parameters",
            )  # fmt: skip


def _calls(
    node: ast.FunctionDef | ast.ClassDef, replay: Mapping[str, Any]
) -> Iterable[tuple[ast.FunctionDef | None, list[str], str]]:
    if isinstance(node, ast.FunctionDef):
        return [(node, list(inputs), "with") for inputs in replay["with"]]
    methods = {one.name: one for one in node.body if isinstance(one, ast.FunctionDef)}
    built = [(methods.get("__init__"), list(replay.get("arguments", {})), "arguments")]
    return [*built, *((methods.get("forward"), list(inputs), "with") for inputs in replay["with"])]


def _again(lesson: Lesson, notebook: Notebook, exercise: int, again: Mapping[str, Any], place: Place) -> None:
    before = bound(tree_of(cells_until(notebook, exercise)))
    own, so_far = python_of(cells_of(notebook, exercise)), python_of(cells_until(notebook, exercise))
    held = bound(tree_of(cells_of(notebook, exercise))) | (read_names(own, before) & before)
    for name in again.get("names", {}):
        if not set(spellings(name)) & held:
            lesson.in_rubric(
                "replay", (*place, "names", name), f"exercise {exercise} of the reference neither binds nor reads "
                f"'{name}'{did_you_mean(name, held)}; correct it",
            )  # fmt: skip
    if "encode" in again and not any(word in so_far for word in ENCODES):
        _nothing_takes(lesson, "encode", exercise, place)
    if "set_timesteps" in again and "set_timesteps(" not in so_far:
        _nothing_takes(lesson, "set_timesteps", exercise, place)
    classes = [again["only"]] if "only" in again else PIPELINES
    if unknown := set(classes) - set(PIPELINES):
        what = f"no pipeline '{unknown.pop()}' can be changed"
        lesson.in_rubric("replay", (*place, "only"), f"{what}; name one of {', '.join(PIPELINES)}")
        return
    for name in again.get("pipeline", {}):
        taking = [one for one in classes if name in pipeline_arguments(one)]
        if not taking:
            known = sorted({argument for one in classes for argument in pipeline_arguments(one)})
            lesson.in_rubric(
                "replay", (*place, "pipeline", name),
                f"no pipeline takes '{name}'{did_you_mean(name, known)}; correct the argument's name",
            )  # fmt: skip
        elif not any(one in so_far for one in taking):
            _nothing_takes(lesson, "pipeline", exercise, (*place, "pipeline", name))


def _nothing_takes(lesson: Lesson, what: str, exercise: int, place: Place) -> None:
    where = place if place[-1] != "again" else (*place, what)
    lesson.in_rubric(
        "replay", where, f"nothing up to exercise {exercise} of the reference takes this change; remove it"
    )


@cache
def pipeline_arguments(name: str) -> frozenset[str]:
    """The parameters of a pipeline's call, read off the library's source: importing it takes seconds."""
    for path in _sources():
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef) and node.name == name:
                call = next(one for one in node.body if isinstance(one, ast.FunctionDef) and one.name == "__call__")
                return frozenset(one.arg for one in [*call.args.args, *call.args.kwonlyargs]) - {"self"}
    return frozenset()


@cache
def _sources() -> list[Path]:
    spec = find_spec("diffusers")
    folder = Path((spec and spec.origin) or "").parent / "pipelines" / "stable_diffusion"
    return sorted(folder.glob("pipeline_stable_diffusion*.py"))
