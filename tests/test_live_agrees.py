"""`%check` in a real kernel tells of every public criterion what `check` tells, or that it needs a replay.

Reference notebooks are held against what `check` computes; wrong submissions against submissions/expected.yaml, which
test_submissions.py holds against `check`.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from kernels import run_cells, shortened

from assay.live.judge import RUNS_NOTHING

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore:Kernel is running over TCP")]

SAMPLES = Path(__file__).parent.parent / "submissions"
EXPECTED = yaml.safe_load((SAMPLES / "expected.yaml").read_text(encoding="utf-8"))
REFERENCES = ("clip", "text-conditioning-and-guidance", "lora-finetuning")
WRONG = {
    "cam_forgot_to_restore.ipynb": "textual-inversion",
    "eli_crash_in_exercise_2.ipynb": "textual-inversion",
    "oz_loss_by_rows_only.ipynb": "clip",
    "rae_same_noise_forgotten.ipynb": "text-conditioning-and-guidance",
}


def live(kit, folder, path, lesson):
    """The result of `%check` at the end of a notebook."""
    cells = shortened(path, lesson, folder / "mine.ipynb")
    asked = f"%check --notebook {folder / 'mine.ipynb'} --json {folder / 'view.json'}"
    ran = run_cells(kit, folder / "kernel", ["%load_ext assay", *cells, asked])
    assert (folder / "view.json").is_file(), ran.printed[-1]
    return json.loads((folder / "view.json").read_text(encoding="utf-8"))


def automatic(result):
    """Exercise and id to state and what was seen, of every criterion that a student is told and no person decides."""
    return {
        (exercise["number"], c["id"]): (c["state"], c["seen"])
        for exercise in result["exercises"] for c in exercise["criteria"]
        if c["visibility"] == "public" and c["kind"] == "automatic"
    }  # fmt: skip


def is_for_check(told):
    """Whether the kernel says that only `check` can tell."""
    return told == ("unchecked", RUNS_NOTHING)


@pytest.mark.parametrize("slug", REFERENCES)
def test_a_reference_is_told_the_same(kit, session, tmp_path, slug):
    lesson = session.lessons[slug]
    here = automatic(live(kit, tmp_path, lesson.files.reference, lesson))
    there = automatic(session.grade(str(lesson.files.reference), tmp_path / "run", lambda step: None))
    told = {name: state for name, (state, seen) in here.items() if not is_for_check((state, seen))}
    assert told == {name: there[name][0] for name in told}
    asks = {exercise.number for exercise in lesson.rubric.exercises if exercise.replays}
    assert {number for number, _ in here.keys() - told.keys()} <= asks
    assert len(told) >= len(here) / 2


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_submission_is_told_the_same(kit, session, tmp_path, name):
    expected = EXPECTED[name]["exercises"]
    view = live(kit, tmp_path, SAMPLES / name, session.lessons[WRONG[name]])
    assert [e["state"] for e in view["exercises"]] == [expected[e["number"]]["state"] for e in view["exercises"]]
    failures = 0
    for (number, criterion), (state, seen) in automatic(view).items():
        wanted = expected[number]
        if is_for_check((state, seen)) or criterion in wanted.get("undetermined", ()):
            continue
        fails = wanted["state"] == "not_attempted" or criterion in wanted.get("fails", ())
        assert (number, criterion, state) == (number, criterion, "failed" if fails else "passed"), seen
        failures += fails
    assert failures > 0
