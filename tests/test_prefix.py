"""Cells that are the course's own run once for many notebooks, and nobody can tell the difference."""

from __future__ import annotations

import json

import pytest
from engine import run_sections, states, text_of

SETUP = [
    "import torch, os, random, itertools",
    "count = itertools.count(); next(count); print('ready', torch.rand(1).item())",
]
FIRST = ["word = ['given']", "print(word, next(count), random.random())"]


def shared(run):
    """How many cells of a run were shared, and why no more."""
    return run.execution.shared_cells, run.execution.unshared


@pytest.fixture
def play(warm, kit, tmp_path):
    """Run sections in a folder of their own, sharing what they have in common with the course's."""

    def run(name, sections, course=(), **more):
        return run_sections(warm, kit.folder, tmp_path / name, sections, course=course, **more)

    return run


def test_shared_cells_show_what_they_would_have_shown(play):
    course = [SETUP, FIRST, ["answer = None"]]
    own = [SETUP, FIRST, ["answer = next(count)", "print(answer, torch.rand(1).item(), random.random())"]]
    alone, first, second = play("alone", own), play("first", own, course), play("second", own, course)
    assert [shared(run) for run in (alone, first, second)] == [(0, None), (4, None), (4, None)]
    for run in (first, second):
        assert states(run) == states(alone) == dict.fromkeys(range(3), "completed")
        assert run.execution.outputs == alone.execution.outputs
        assert run.execution.counts == alone.execution.counts == {n: n + 1 for n in range(6)}


def test_a_process_ran_them_once(play):
    course = [["import os, torch; print(os.getpid())"], ["pass"]]
    one, two = (play(name, [*course[:1], [f"print('{name}', os.getppid())"]], course) for name in ("one", "two"))
    assert text_of(one, 0) == text_of(two, 0)


def test_from_a_changed_cell_on_nothing_is_shared(play):
    course = [SETUP, FIRST, ["print('theirs')"]]
    space = play("space", [[SETUP[0] + " ", SETUP[1]], FIRST], course)
    moved = play("moved", [[SETUP[1], SETUP[0]], FIRST], course)
    added = play("added", [SETUP, ["'mine'", *FIRST]], course)
    assert [run.execution.shared_cells for run in (space, moved, added)] == [0, 0, 2]
    assert states(moved)[0] == "error"


def test_text_that_only_students_have_in_common_is_not_shared(play):
    course, same = [SETUP], [SETUP, ["import os; print(os.getpid())"]]
    one, two = play("one", same, course), play("two", same, course)
    assert (one.execution.shared_cells, two.execution.shared_cells) == (2, 2)
    assert text_of(one, 2) != text_of(two, 2)


def test_generators_stand_where_they_stood(play):
    draw = "import random, numpy, torch; print(random.random(), numpy.random.rand(), torch.rand(1).item())"
    own = [[draw], [draw], [draw, draw]]
    runs = [play("first", own), play("second", own), play("shared", own, [[draw], [draw], [draw]])]
    assert [run.execution.shared_cells for run in runs] == [0, 0, 3]
    assert runs[0].execution.outputs == runs[1].execution.outputs == runs[2].execution.outputs
    assert len({text_of(runs[0], cell) for cell in range(4)}) == 4


UNSHAREABLE = {
    "a thread": (
        "import threading, time; threading.Thread(target=time.sleep, args=(60,), daemon=True).start()",
        "thread",
    ),
    "a file": ("open('notes.txt', 'w').write('x')", "files were made"),
    "a file, quietly": ("try:\n    open('notes.txt', 'w').write('x')\nexcept OSError:\n    pass", "files were made"),
    "a folder": ("import os; os.mkdir('pictures')", "files were made"),
    "an open file": ("file = open('/dev/null')", "was opened or closed"),
    "shared memory": ("import mmap; memory = mmap.mmap(-1, 4096)", "copies would share"),
    "a child": ("import subprocess; sleeper = subprocess.Popen(['sleep', '60'])", "still there"),
    "another folder": ("import os; os.chdir('/')", "the working folder"),
    "a path": ("from pathlib import Path; out = Path('out').resolve()", "a variable names the folder"),
    "the folder of all": ("import os; print(os.path.exists('/tmp/x'))", "every submission has for itself"),
    "an error": ("1 / 0", "ZeroDivisionError was raised"),
    "an end": ("import os; os._exit(0)", "ended"),
}


@pytest.mark.parametrize("what", UNSHAREABLE)
def test_what_a_copy_would_miss_is_not_shared_and_the_reason_is_kept(play, tmp_path, what):
    source, reason = UNSHAREABLE[what]
    course = [["x = [1]", source, "x.append(2)"], ["print(x)"]]
    alone, run = play("alone", [*course, ["1"]]), play("shared", [*course, ["1"]], course)
    assert run.execution.shared_cells in (0, 1)
    assert reason in str(run.execution.unshared)
    told = json.loads((tmp_path / "shared" / "shared.json").read_text())
    assert told == {"cells": run.execution.shared_cells, "reason": run.execution.unshared}
    assert states(run) == states(alone)
    assert [text_of(run, cell) for cell in range(5)] == [text_of(alone, cell) for cell in range(5)]


def test_a_finished_command_and_a_closed_file_are_no_hindrance(play):
    course = [["!pip install torch", "file = open('/dev/null')", "file.close(); del file"]]
    run = play("shared", [*course, ["1"]], course)
    assert shared(run) == (3, None)
    assert "pip does nothing" in text_of(run, 0)
