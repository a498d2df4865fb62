"""What is charged to an exercise is what that exercise did, however late its records are read."""

from __future__ import annotations

import pytest

from assay.execution.allowance import Allowance
from assay.execution.plan import Plan, Section
from assay.execution.supervise import LOOK_S, Supervisor
from assay.replay.dealer import Dealer

ALLOWED = Allowance(cell_s=60, exercise_s=60, submission_s=60, memory_bytes=1 << 40, output_bytes=1 << 20)
NOBODY = 2**22 + 1  # no process has this number: Linux hands out at most 2**22


@pytest.fixture
def supervisor(tmp_path, monkeypatch):
    """Of a notebook with two exercises, the first of which has begun; `looks` moves the clock on and looks."""
    plan = Plan(str(tmp_path), (Section(1, ((0, ""),), ()), Section(2, ((1, ""),), ())), (), 1 << 40, 60)
    found = Supervisor(plan, ALLOWED, NOBODY, lambda exercise, cell: None, Dealer.of((), b""))
    found._obey({"e": "section", "section": 0, "pid": 1})
    found._obey({"e": "cell", "cell": 0})
    return found


def look(supervisor, excess):
    supervisor._watch._meter.excess = lambda: excess
    supervisor._looked_at -= LOOK_S
    supervisor._look()


def test_what_the_next_exercise_uses_is_not_charged_to_one_that_died(supervisor):
    supervisor._obey({"e": "died", "section": 0, "status": -9})
    died = supervisor.execution.endings[1]
    look(supervisor, "the files written grew beyond 64 MB")
    supervisor._obey({"e": "section", "section": 1, "pid": 1})
    supervisor._obey({"e": "cell", "cell": 1})
    look(supervisor, "the files written grew beyond 64 MB")
    assert supervisor.execution.endings == {1: died}
    look(supervisor, "the files written grew beyond 64 MB")
    assert supervisor.execution.endings[2].reason == "the files written grew beyond 64 MB"
    assert supervisor.execution.endings[1] == died


def test_what_is_used_too_much_for_one_look_only_is_forgiven(supervisor):
    for excess in ("more than 64 processes ran at once", None, "more than 64 processes ran at once"):
        look(supervisor, excess)
    assert supervisor.execution.endings == {}


def test_two_looks_are_enough(supervisor):
    for _ in range(2):
        look(supervisor, "more than 64 processes ran at once")
    assert supervisor.execution.endings[1].reason == "more than 64 processes ran at once"
