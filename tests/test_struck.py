"""A process that somebody outside has killed is nobody's fault: the notebook runs once more, and ends as it would."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import signal
import threading
import time

import pytest
from engine import GENEROUS, run_sections
from test_supervisor import supervisor  # noqa: F401

from assay.execution import engine
from assay.execution.record import Ending
from assay.replay.dealer import Dealer

SAYS = "import os, time\nwith open('pid', 'w') as file: file.write(f'{os.getpid()}.')"  # in its working folder


@pytest.fixture
def times(monkeypatch):
    """One for each execution."""
    found, execute = [], engine.execute
    monkeypatch.setattr(engine, "execute", lambda *arguments: found.append(1) or execute(*arguments))
    return found


def run(warm, kit, tmp_path, *exercises, setup="", allowance=GENEROUS):
    return run_sections(
        warm, kit.folder, tmp_path / "run", [[setup], *([one] for one in exercises)], allowance
    ).execution


def strike(tmp_path, times=1):
    """Kill the process that has said so, and so many after it."""
    killed = []

    def wait_and_kill():
        until = time.monotonic() + 20
        while len(killed) < times and time.monotonic() < until:
            time.sleep(0.02)
            with contextlib.suppress(OSError):
                said = (tmp_path / "run" / "work" / "pid").read_text()
                if said.endswith(".") and said not in killed:
                    killed.append(said)
                    os.kill(int(said[:-1]), signal.SIGKILL)

    thread = threading.Thread(target=wait_and_kill)
    thread.start()
    return thread


@pytest.mark.parametrize("where", ["setup", "exercise", "last"])
def test_killed_from_outside_it_runs_once_more_and_ends_as_if_nothing_had_been(warm, kit, tmp_path, times, where):
    long = f"{SAYS}\ntime.sleep(1)\nx = 1"
    sources = {"setup": "x = 1", "exercise": "x = 1", "last": "x = 1"} | {where: long}
    thread = strike(tmp_path)
    found = run(warm, kit, tmp_path, sources["exercise"], sources["last"], setup=sources["setup"])
    thread.join()
    assert found.endings == {0: Ending("completed"), 1: Ending("completed"), 2: Ending("completed")}
    assert (len(times), found.struck) == (2, False)


def test_killed_again_it_is_what_it_is(warm, kit, tmp_path, times):
    thread = strike(tmp_path, 2)
    found = run(warm, kit, tmp_path, f"{SAYS}\ntime.sleep(20)", "x = 1")
    thread.join()
    assert (found.endings[1].state, found.endings[2].state) == ("resource", "completed")
    assert len(times) == 2


@pytest.mark.parametrize(
    ("ending", "state", "runs"),
    [
        ("os.kill(os.getpid(), 9)", "resource", 2),  # it does so again
        ("os._exit(3)", "error", 1),
        ("os.kill(os.getpid(), 15)", "error", 1),
        ("1 / 0", "error", 1),
        ("time.sleep(60)", "timeout", 1),  # this kill is ours
    ],
)
def test_what_a_notebook_does_itself_it_does_again_and_what_we_do_is_done_once(
    warm, kit, tmp_path, times, ending, state, runs
):
    found = run(warm, kit, tmp_path, f"{SAYS}\n{ending}", "x = 1", allowance=dataclasses.replace(GENEROUS, cell_s=1))
    assert (found.endings[1].state, found.endings[2].state) == (state, "completed")
    assert len(times) == runs


def test_what_the_first_run_was_asked_helps_nobody_in_the_second(warm, kit, tmp_path, times, monkeypatch):
    dealt = []
    deal = Dealer.deal
    monkeypatch.setattr(Dealer, "deal", lambda self, name: dealt.append(deal(self, name)) or dealt[-1])
    spec = {"name": "asked", "call": "total", "with": [{"a": {"draw": "normal", "shape": [3]}}]}
    sections = [["import os"], ["def total(a):\n    os.kill(os.getpid(), 9)"], ["x = 1"]]
    found = run_sections(warm, kit.folder, tmp_path / "run", sections, replays={1: (spec,)}).execution
    assert found.replays["asked"].state == "error"
    assert (len(times), len(dealt), len(set(dealt))) == (2, 2, 2)


def test_a_replay_that_was_killed_counts_as_struck_unless_we_did_it(supervisor, monkeypatch):  # noqa: F811
    monkeypatch.setattr(Dealer, "deal", lambda self, name: b"")
    supervisor._ended = {"one"}
    supervisor._obey({"e": "replay", "name": "one", "pid": 1})
    supervisor._obey({"e": "replay_end", "name": "one", "state": "error", "reason": "x", "facts": {}, "killed": True})
    assert supervisor.execution.struck
    assert supervisor.execution.replays["one"].state == "error"


def test_a_forged_word_about_a_replay_is_no_more_than_a_second_run(supervisor):  # noqa: F811
    supervisor._obey({"e": "replay_end", "name": "other", "state": "error", "reason": "x", "facts": {}, "killed": True})
    assert not supervisor.execution.struck
    supervisor._obey({"e": "died", "section": 0, "status": "x"})
    supervisor._obey({"e": "died", "section": 0, "status": -9})
    assert supervisor.execution.struck


def test_what_we_ended_was_not_struck(supervisor):  # noqa: F811
    supervisor._killed = Ending("timeout", "too long", 0)
    supervisor._obey({"e": "died", "section": 0, "status": -9})
    assert not supervisor.execution.struck
