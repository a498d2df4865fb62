"""Cells that are the course's own run once for many notebooks, and nobody can tell the difference."""

from __future__ import annotations

import json
import os
import signal
import threading
import time

import pytest
from engine import run_sections, states, text_of

from assay.execution.plan import Section
from assay.execution.shared import beginnings, torn_exercise
from assay.sandbox.probe import missing

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
    "a file to write": ("file = open('notes.txt', 'w')", "was opened or closed"),
    "a file without a name": ("import tempfile; file = tempfile.TemporaryFile()", "was opened or closed"),
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


def test_each_copy_reads_on_by_itself_in_a_file_that_is_open(play):
    first = "import argparse; file = open(argparse.__file__, 'rb', buffering=0); head = file.read(100)"
    more = ["print(file.read(100), file.tell())"] * 2
    alone = play("alone", [[first], more])
    runs = [play(name, [[first], more], [[first]]) for name in ("one", "two")]
    assert [shared(run) for run in runs] == [(1, None), (1, None)]
    assert [text_of(run, 2) for run in runs] == [text_of(alone, 2)] * 2
    assert text_of(alone, 2).endswith("300\n")


def test_a_figure_is_no_hindrance_though_its_fonts_stay_open(play):
    course = [["import matplotlib.pyplot as plt; plt.title('one'); plt.show()", "plt.title('two'); plt.show()"]]
    own = [["plt.title('three, with other letters: äöü'); plt.show()"]]
    alone, run = play("alone", [*course, *own]), play("shared", [*course, *own], course)
    assert shared(run) == (2, None)
    assert run.execution.outputs == alone.execution.outputs


def test_nothing_of_one_student_is_seen_by_the_next(play):
    course = [["import os, builtins; box = ['given']", "here = os.getpid()"], ["pass"]]
    change = (
        "import json, pathlib\n"
        "box.append('mine'); builtins.mine = json.mine = os.environ['MINE'] = 'mine'\n"
        "pathlib.Path('mine.txt').write_text('mine'); pathlib.Path.home().joinpath('mine.txt').write_text('mine')"
    )
    look = (
        "import json, pathlib\n"
        "print(box, hasattr(builtins, 'mine'), hasattr(json, 'mine'), os.environ.get('MINE'))\n"
        "print(sorted(p.name for p in [*pathlib.Path().iterdir(), *pathlib.Path.home().iterdir()]))"
    )
    first, second = play("first", [course[0], [change], [look]], course), play("second", [course[0], [look]], course)
    assert (shared(first), shared(second)) == ((2, None), (2, None))
    assert text_of(first, 3) == "['given', 'mine'] True True mine\n['mine.txt', 'mine.txt']\n"
    assert text_of(second, 2) == "['given'] False False None\n[]\n"


def test_a_copy_is_at_home_in_its_own_folder_only(play, tmp_path):
    course = [["import os, tempfile, pathlib"]]
    look = "print(os.getcwd(), pathlib.Path.home(), tempfile.mkdtemp(), '/shared-' in str(os.environ))"
    run = play("mine", [*course, [look]], course)
    cwd, home, temporary, named = text_of(run, 1).split()
    own = tmp_path / "mine"
    assert (cwd, home, named) == (f"{own}/work", f"{own}/home", "False")
    assert temporary.startswith(f"{own}/tmp/")


def test_after_a_death_inside_a_shared_exercise_the_next_starts_from_before_it(play):
    course = [["x = [0]"], ["x.append(1)", "x.append(2)"], ["print(x)"]]
    own = [["x = [0]"], ["x.append(1)", "import os; os._exit(3)"], ["print(x)"]]
    alone, run = play("alone", own), play("shared", own, course)
    assert states(run) == states(alone) == {0: "completed", 1: "error", 2: "completed"}
    assert text_of(run, 3) == text_of(alone, 3) == "[0]\n"
    assert run.execution.shared_cells == 0


def test_after_a_death_behind_a_shared_exercise_the_next_starts_from_it(play):
    course = [["x = [0]"], ["x.append(1)"]]
    own = [*course, ["x.append(2)", "import os; os._exit(3)"], ["print(x)"]]
    alone, run = play("alone", own), play("shared", own, course)
    assert shared(run) == (2, None)
    assert states(run) == states(alone)
    assert text_of(run, 4) == text_of(alone, 4) == "[0, 1]\n"


def test_cells_have_the_places_of_each_notebook(play):
    course = [["import os; x = 1"], ["print(os.getpid(), 1 / x)"], ["y = 0"]]
    play("first", [*course[:2], ["1 / y"]], course)
    run = play("second", [[*course[0], ""], [*course[1]], ["1 / 0"]], course)
    assert run.execution.shared_cells == 2
    assert [bool(text_of(run, cell)) for cell in range(4)] == [False, False, True, False]
    assert run.execution.endings[2].cell == 3


def test_a_dead_prefix_costs_no_run_and_is_made_anew(play, tmp_path):
    course = [["import os; print(os.getpid())"], ["pass"]]
    wait = "import pathlib, time\npathlib.Path('begun').touch(); time.sleep(5)"
    own = [course[0], [wait, "print('done')"]]
    first = play("first", own, course)
    runs = []
    thread = threading.Thread(target=lambda: runs.append(play("during", own, course)))
    thread.start()
    prefix = int(text_of(first, 0))
    while not (tmp_path / "during" / "work" / "begun").exists():
        time.sleep(0.02)
    os.kill(prefix, signal.SIGKILL)
    thread.join()
    assert (text_of(runs[0], 2), runs[0].execution.shared_cells) == ("done\n", 0)
    anew = play("anew", [course[0], ["print('done')"]], course)
    assert shared(anew) == (1, None)
    assert int(text_of(anew, 0)) != prefix


def test_copies_share_no_memory_that_can_be_written(play):
    course = [["from tqdm.auto import tqdm\nfor _ in tqdm(range(3)): pass"]]
    # the two bytes by which the processes of one notebook know how far they are, are /dev/zero
    look = "print([one for one in open('/proc/self/maps') if one.split()[1][1::2] == 'ws' and '/dev/zero' not in one])"
    run = play("mine", [*course, [look]], course)
    assert shared(run) == (1, None)
    assert text_of(run, 1) == "[]\n"


@pytest.mark.skipif(missing("lockdown") is not None, reason=str(missing("lockdown")))
def test_behind_walls_course_text_opens_no_socket(play):
    course = [["x = 1", "import socket; socket.socket()"], ["1"]]
    run = play("walled", [*course, ["1"]], course, tier="lockdown")
    assert shared(run) == (1, "PermissionError was raised by the course's code cell 2")
    assert states(run)[0] == "error"


def section(exercise, cells, *replays):
    return Section(exercise, tuple((n, "") for n in range(cells)), replays)


CALL, AGAIN = {"name": "a", "call": "f"}, {"name": "b", "again": {}}


@pytest.mark.parametrize(
    ("sections", "common", "expected"),
    [
        ([section(0, 2), section(1, 2)], 3, [1, 2, 3]),
        ([section(0, 2), section(1, 0), section(2, 2)], 9, [1, 2, 3, 4]),
        ([section(0, 1), section(1, 2, CALL), section(2, 2)], 5, [1, 2, 3]),
        ([section(0, 1), section(1, 2, CALL, AGAIN), section(2, 2)], 5, [1]),
        ([section(0, 0), section(1, 1)], 0, []),
    ],
)
def test_where_a_run_may_begin(sections, common, expected):
    assert beginnings(sections, common) == expected


def test_which_exercise_a_beginning_tears():
    sections = [section(0, 2), section(1, 2), section(2, 2)]
    assert [torn_exercise(sections, cells) for cells in range(7)] == [None, None, None, 1, None, None, None]
