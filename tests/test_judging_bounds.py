"""Evidence that no judge comes to an end with costs its own submission a verdict, and nobody else anything."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
from engine import run_sections

from assay.command import verdict as verdicts
from assay.command.lessons import load_lessons
from assay.command.verdict import Record, outcome_of, verdict
from assay.execution.room import Room
from assay.failure import Excess, Fault
from assay.rubric import ExerciseState, validate_result

SWELL = "tests.standing:hold_and_swell"
ROOMY = Room(memory_bytes=2**30, cpu_s=60.0)


def test_what_keeps_within_its_room_answers(warm):
    assert warm.stand_by(SWELL).call(60.0, room=ROOMY, memory=2**26, seconds=0.1)["held"] == 64


@pytest.mark.parametrize(
    ("room", "asked", "said"),
    [
        (Room(2**27, 60.0), {"memory": 2**29}, "more than 0.134 GB of memory"),
        (Room(2**30, 1.0), {"seconds": 30.0}, "more than 1 s of processor time"),
        (ROOMY, {"answer": 2**26}, "more room for its answer than any answer needs"),
    ],
    ids=["memory", "time", "answer"],
)
def test_what_uses_more_is_ended_alone(warm, room, asked, said):
    standby = warm.stand_by(SWELL)
    with pytest.raises(Excess, match=f"^{said}$"):
        standby.call(120.0, room=room, **asked)
    assert standby.call(60.0, room=ROOMY)["held"] == 0


def test_no_judge_has_more_than_half_of_the_machine():
    everything = psutil.virtual_memory().total
    assert Room(everything, 1.0).on_this_machine() == Room(everything // 2, 1.0)
    assert Room(10**6, 1.0).on_this_machine() == Room(10**6, 1.0)


@pytest.fixture(scope="module")
def lesson():
    """A lesson whose notebooks may use 100 MB, so that its judge may use 200."""
    found = load_lessons()["textual-inversion"]
    return replace(found, rubric=replace(found.rubric, limits=replace(found.rubric.limits, memory_bytes=10**8)))


@pytest.fixture(scope="module")
def honest(warm, kit, tmp_path_factory):
    """A run that did nothing wrong, and nothing else."""
    folder = tmp_path_factory.mktemp("honest")
    run_sections(warm, kit.folder, folder, [["x = 1"], ["y = 1"], ["z = 1"], ["a = 1"], ["b = 1"]])
    return folder


def judged(warm, lesson, folder):
    completed = {"state": "completed", "reason": None, "cell": None}
    states = {str(number): completed for number in range(5)}
    record = Record("mine.ipynb", "0" * 64, lesson.files.slug, states, [], [], RUNNER, dict(SECONDS))
    result = verdict(record, lesson, folder, warm)
    result["seconds"]["total"] = 1.0
    validate_result(json.loads(json.dumps(result)))
    return result


RUNNER = {
    "device": "cpu", "tier": "limits", "kit": "calibrated 0123456789ab", "engine": "fork", "private_tmp": False,
    "versions": {},
}  # fmt: skip
SECONDS = {"cells": 0.0, "witness": 0.0, "execution": 0.0}


def swollen(folder: Path, like: Path) -> Path:
    """The run once more, with facts behind it that take twenty times their length to read."""
    evidence = folder / "evidence"
    evidence.mkdir(parents=True)
    for name in ("witness.json", "replays.json"):
        if (like / name).is_file():
            (folder / name).write_bytes((like / name).read_bytes())
    fact = {"kind": "unet", "exercise": 3, "cell": 7, "by": "0" * 16 + ".00000000.1", "x": [[]] * 10**6}
    line = json.dumps(fact, separators=(",", ":")) + "\n"
    (evidence / "facts.jsonl").write_text((like / "evidence" / "facts.jsonl").read_text() + line * 12)
    return folder


def test_evidence_that_makes_the_judge_swell_is_for_a_person(warm, lesson, honest, tmp_path):
    result = judged(warm, lesson, swollen(tmp_path / "run", honest))
    said = "judging the evidence took more than 0.2 GB of memory, as honest work never does"
    assert (result["state"], result["score"], result["notes"]) == ("tampered", None, [said])
    assert result["reason"].endswith(f"its evidence cannot be relied on: {said}.")
    automatic = [c for e in result["exercises"] for c in e["criteria"] if c["kind"] == "automatic"]
    assert {(c["state"], c["seen"]) for c in automatic} == {("unchecked", said)}
    assert judged(warm, lesson, honest)["state"] == "graded"


def test_evidence_that_keeps_the_judge_busy_is_for_a_person_too(warm, lesson, honest, tmp_path, monkeypatch):
    monkeypatch.setattr(verdicts, "JUDGE_CPU_S", 0.5)
    monkeypatch.setattr(verdicts, "JUDGE_MEMORIES", 100)
    result = judged(warm, lesson, swollen(tmp_path / "run", honest))
    assert result["state"] == "tampered"
    assert "judging the evidence took more than 0.5 s of processor time" in result["reason"]


def test_a_judge_that_is_only_late_is_a_fault_and_nobodys_guilt(warm, lesson, honest, tmp_path, monkeypatch):
    monkeypatch.setattr(verdicts, "JUDGE_S", 0.2)
    monkeypatch.setattr(verdicts, "JUDGE_MEMORIES", 100)
    with pytest.raises(Fault, match=r"gave no answer within 0 s") as caught:
        judged(warm, lesson, swollen(tmp_path / "run", honest))
    assert not isinstance(caught.value, Excess)


def test_a_swollen_judge_is_not_asked_again(warm, lesson, honest, tmp_path, monkeypatch):
    asked = []
    monkeypatch.setattr(verdicts, "prepare_judge", lambda *_: asked.append(1) or Always(Excess("more than enough")))
    assert judged(warm, lesson, honest)["state"] == "tampered"
    assert len(asked) == 1


class Always:
    """A judge that ends always the same way."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def call(self, *_: object, **__: object) -> None:
        """End so."""
        raise self._error


def test_where_an_exercise_stopped_is_told_once():
    state = ExerciseState("error", "cell 11 raised NameError: x", 11)
    again = "cell 11 raised NameError when the exercise ran again: x"
    failed = {"state": "failed", "claim": "It holds.", "misconception": None, "help": None}
    assert outcome_of(failed | {"seen": again}, state).seen == again
    assert outcome_of(failed | {"seen": "no loop ran"}, state).seen == f"no loop ran ({state.reason})"
