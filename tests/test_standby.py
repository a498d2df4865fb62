"""What stands by is made ready once, answers each call in a fresh child, and is replaced when it is gone."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from assay.execution.standby import Standby
from assay.failure import Fault

HOLD = "tests.standing:hold"
SUBMISSION = Path(__file__).parent.parent / "submissions" / "nia_first_exercise_only.ipynb"


def test_calls_share_what_was_made_ready_and_nothing_else(warm):
    first = warm.stand_by(HOLD, word="one").call(60.0, x=1)
    second = warm.stand_by(HOLD, word="one").call(60.0, x=2)
    assert (first["word"], first["x"], second["x"]) == ("one", 1, 2)
    assert first["holder"] == second["holder"]
    assert len({first["holder"], first["pid"], second["pid"]}) == 3


def test_other_arguments_stand_by_on_their_own(warm):
    one, two = (warm.stand_by(HOLD, word=word).call(60.0) for word in ("one", "two"))
    assert (one["word"], two["word"]) == ("one", "two")
    assert one["holder"] != two["holder"]


def test_what_cannot_be_made_ready_says_why(warm):
    for _ in range(2):  # and is tried anew when it is asked for again
        with pytest.raises(Fault, match="ValueError: no bread today"):
            warm.stand_by("tests.standing:stumble", word="bread").call(60.0)


def test_one_that_was_killed_is_a_fault_once(warm):
    holder = warm.stand_by(HOLD, word="mortal").call(60.0)["holder"]
    os.kill(holder, signal.SIGKILL)
    with pytest.raises(Fault):
        while True:  # it may answer for a moment
            warm.stand_by(HOLD, word="mortal").call(60.0)
    assert warm.stand_by(HOLD, word="mortal").call(60.0)["holder"] != holder


def test_a_child_that_dies_costs_its_own_answer_alone(warm):
    standby = warm.stand_by("tests.standing:hold_and_die")
    for _ in range(2):
        with pytest.raises(Fault, match="gave no answer"):
            standby.call(60.0)
    assert not standby.is_gone


@pytest.mark.parametrize(("faults", "state"), [(1, "graded"), (2, "fault")])
def test_a_judges_fault_is_judged_again_and_nothing_is_executed_again(
    session, tmp_path, monkeypatch, faults, state
):  # fmt: skip
    call, asked, runs = Standby.call, [], []
    monkeypatch.setattr(type(session), "_run", _counted(type(session)._run, runs))

    def failing(standby: Standby, timeout_s: float, **run: object) -> object:
        asked.append(run)
        if len(asked) <= faults:
            raise Fault("no memory for a judge")
        return call(standby, timeout_s, **run)

    monkeypatch.setattr(Standby, "call", failing)
    result = session.grade(str(SUBMISSION), tmp_path / "run", lambda step: None)
    assert (result["state"], len(asked), len(runs)) == (state, 2, 1)
    assert (tmp_path / "run" / "executed.ipynb").is_file()


def _counted(method, calls):
    def counted(*args):
        calls.append(args)
        return method(*args)

    return counted
