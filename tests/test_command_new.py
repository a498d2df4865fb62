"""A lesson is drafted from a notebook: what was seen is asserted, small slips are tried, and it grades at once."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from commands import command, own_course

from assay.command.lessons import load_lessons
from assay.course import files_of
from assay.declared import declared
from assay.drafting.candidates import STARTING, Chosen, candidates, choose
from assay.drafting.changes import first_changes
from assay.drafting.needs import needs_of
from assay.drafting.outline import outline
from assay.drafting.texts import rubric_text
from assay.failure import Misuse
from assay.intake import read_notebook
from assay.lint import lint
from assay.lint.checks import imports, may_import
from assay.proving import prove

SETUP = """import torch
from diffusers import StableDiffusionPipeline

sampling_steps = 60
pipe = StableDiffusionPipeline.from_pretrained("stable-diffusion-v1-5/stable-diffusion-v1-5")
def seeded(seed):
    return torch.Generator().manual_seed(seed)"""
DRAW = 'lighthouse = pipe("a lighthouse", num_inference_steps=3, height=64, width=64, generator=seeded(1)).images[0]'
TRAIN = """from diffusers import DDPMScheduler
schedule = DDPMScheduler.from_pretrained("stable-diffusion-v1-5/stable-diffusion-v1-5", subfolder="scheduler")
# TODO: draw the curve
curve = None"""
SOLVED = TRAIN.replace(
    "# TODO: draw the curve\ncurve = None",
    "import matplotlib.pyplot as plt\ndef draw(values):\n    plt.plot(values)\ndraw(schedule.betas)",
)


def notebook_at(path: Path, *exercises: tuple[str, list[str]]) -> Path:
    cells = [("markdown", "# Lighthouses\nSome text that is somebody's own."), ("code", SETUP)]
    for number, (heading, sources) in enumerate(exercises, 1):
        cells += [
            ("markdown", f"## Exercise {number}: {heading}\nWhat to do."),
            *(("code", s) for s in sources),
        ]
    written = [
        {"cell_type": kind, "metadata": {"tags": ["x"]}, "source": source}
        | ({"outputs": [], "execution_count": 1} if kind == "code" else {})
        for kind, source in cells
    ]
    path.write_text(json.dumps({"nbformat": 4, "nbformat_minor": 4, "metadata": {}, "cells": written}))
    return path


@pytest.fixture
def solved(tmp_path):
    return notebook_at(tmp_path / "9-1-lights.ipynb", ("Draw [Guided]", [DRAW]), ("Noise [Supported]", [SOLVED]))


@pytest.fixture
def course(tmp_path, monkeypatch):
    return own_course(tmp_path / "course", monkeypatch)


def test_a_solved_notebook_becomes_a_lesson_that_fits_and_grades(capsys, course, solved):
    ended = command(capsys, "new", "lighthouses", solved, "--tries", 2)
    assert ended.code == 0, ended.out + ended.err
    files = files_of("lighthouses")
    assert all(str(path) in ended.out for path in (files.checks, files.rubric, files.reference))
    found = lint(["lighthouses"])
    assert {one.severity for one in found} == {"note"}
    assert {"rubric.draft", "left.todo", "rubric.not-registered"} <= {one.kind for one in found}

    rubric = load_lessons()["lighthouses"].rubric
    assert rubric.draft and rubric.title == "Lighthouses"
    one, two = rubric.exercises
    assert {c.check for c in one.criteria} >= {"a_picture_was_generated", "the_models_of_the_pipeline_are_unchanged"}
    assert [c.check for c in two.criteria] == ["a_figure_was_drawn"]
    assert "sampling_steps = 60" in files.rubric.read_text()

    text = files.reference.read_text()
    assert "somebody's own" not in text and "What to do" not in text and "tags" not in text

    (result,) = json.loads(command(capsys, "run", solved, "--lesson", "lighthouses", "--json", "-").out)
    assert result["state"] == "graded"
    assert result["score"] == result["max_score"] > 2


def test_the_first_mistakes_are_caught_as_they_say(course, session, solved, capsys, tmp_path):
    command(capsys, "new", "lighthouses", solved)
    lesson = load_lessons()["lighthouses"]
    mistakes = declared(lesson.files)
    proofs = list(prove(replace(session, lessons={"lighthouses": lesson}), lesson.files, mistakes, tmp_path / "p", 1))
    assert all(proof.holds for proof in proofs)
    assert [mistake.name for mistake in mistakes] == ["draw(schedule.betas) -> pass"]


def test_the_draft_is_written_as_the_course_is(capsys, course, solved):
    command(capsys, "new", "lighthouses", solved)
    files = files_of("lighthouses")
    options = ["--isolated", "--select", "E,F,I", "--line-length", "120"]
    written = [files.checks, files.checks.with_suffix("") / "mistakes.py"]
    for action in (["check", *options], ["format", "--isolated", "--line-length", "120", "--diff"]):
        done = subprocess.run([sys.executable, "-m", "ruff", *action, *written], capture_output=True, text=True)
        assert done.returncode == 0, done.stdout


def test_a_skeleton_is_registered_and_what_is_open_is_not_attempted(capsys, course, tmp_path):
    skeleton = notebook_at(tmp_path / "lights.ipynb", ("Draw [Guided]", [DRAW]), ("Noise [Supported]", [TRAIN]))
    ended = command(capsys, "new", "lighthouses", skeleton, "--tries", 0)
    assert ended.code == 0, ended.out + ended.err
    assert "is registered as version 1" in ended.out
    kinds = {one.kind for one in lint(["lighthouses"])}
    assert "left.open-cell" in kinds and "rubric.not-registered" not in kinds
    (result,) = json.loads(command(capsys, "run", skeleton, "--json", "-").out)
    assert result["lesson"] == "lighthouses"
    assert [exercise["state"] for exercise in result["exercises"]] == ["completed", "not_attempted"]


@pytest.mark.parametrize(("points", "asks_a_person"), [(0.0, True), (1.0, False)])
def test_an_exercise_whose_assertions_earn_nothing_is_left_to_a_person(solved, points, asks_a_person):
    plan = outline("lighthouses", read_notebook(solved.read_bytes(), solved.name))
    chosen = Chosen(candidates()["a_figure_was_drawn"], points, None, claim_only=not points)
    first = rubric_text(plan, {1: [chosen], 2: [chosen]}, 1.0).split("- number: 2")[0]
    assert "check: a_figure_was_drawn" in first
    assert ("manual: exercise_1" in first) is asks_a_person


@pytest.mark.parametrize(
    ("slug", "words"),
    [("clip", "there is a lesson 'clip' already"), ("Two Words", "is no name for a lesson"), ("../x", "is no name")],
)
def test_a_name_that_will_not_do_is_refused_before_anything_runs(capsys, course, solved, slug, words):
    ended = command(capsys, "new", slug, solved)
    assert (ended.code, ended.out) == (2, "")
    assert words in ended.err


def test_a_notebook_without_exercises_is_refused(tmp_path):
    path = notebook_at(tmp_path / "a.ipynb")
    with pytest.raises(Misuse, match="no heading opens an exercise"):
        outline("a", read_notebook(path.read_bytes(), "a.ipynb"))


def test_a_file_that_is_there_is_not_overwritten(capsys, course, solved):
    (course / "checks" / "lighthouses.py").write_text("mine")
    ended = command(capsys, "new", "lighthouses", solved, "--tries", 0)
    assert ended.code == 2 and "is there already" in ended.err
    assert (course / "checks" / "lighthouses.py").read_text() == "mine"
    assert not (course / "rubric" / "lighthouses.yaml").exists()


def test_starting_assertions_speak_as_checks_do():
    tree = ast.parse(STARTING.read_text(encoding="utf-8"))
    ours = {"__future__", "typing", "assay.failure"}  # a lesson's checks have `Failure` from `assay`
    assert all(may_import(module) for _, module, _ in imports(tree) if module not in ours)
    assert all(": Any" not in one.text and "-> None" not in one.text for one in candidates().values())
    for one in candidates().values():
        assert set(one.requires) <= set(candidates())


def test_what_proves_nothing_is_not_chosen_and_a_claim_weighs_little():
    chosen = choose(
        {"a_picture_was_generated": False, "timesteps_vary": True, "a_figure_was_drawn": False}, ["a_figure_was_drawn"]
    )
    assert [(c.candidate.name, c.points, c.claim_only) for c in chosen] == [
        ("a_picture_was_generated", 1.0, False), ("timesteps_vary", 0.1, True),
    ]  # fmt: skip
    (_, other) = choose({"the_adapter_learned": False, "adapters_start_at_zero": False}, [])
    assert (other.candidate.name, other.requires) == ("adapters_start_at_zero", "the_adapter_learned")
    assert choose({"adapters_start_at_zero": False}, []) == []


def test_an_exercise_needs_the_cells_that_bind_what_it_reads():
    def cell(kind, source):
        return {"cell_type": kind, "source": source, "metadata": {}}

    notebook = {"cells": [
        cell("code", "import torch"), cell("markdown", "## Exercise 1: A"), cell("code", "first_number = 1"),
        cell("code", "second_number = first_number + 1"), cell("code", "third_number = 3"),
        cell("markdown", "## Exercise 2: B"), cell("code", "result = torch.tensor(second_number * 2)"),
    ]}  # fmt: skip
    assert needs_of(notebook, 2) == ("first_number = 1", "second_number = first_number + 1")
    assert needs_of(notebook, 1) == ()
    changes = first_changes(notebook, 2, needs_of(notebook, 2), 5)
    assert [change.edits[0].replace for change in changes] == ["result = torch.tensor(second_number / 2)"]
    assert first_changes(notebook, 2, (), 0) == []
