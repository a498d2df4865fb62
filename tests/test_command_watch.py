"""`grade.py check --watch` tells of every version what `check` tells of it, and runs what stands behind a change."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from commands import command, small_notebook

from assay.command.watch import Watcher
from assay.report import student_view

ROOT = Path(__file__).parent.parent
FIRST = (
    "import torch\nprint('exercise 1')\nx = torch.nn.functional.cosine_similarity(torch.ones(2), torch.ones(2), dim=0)"
)
# it leaves files behind and open, names its folder, and names /tmp: one's own versions may share all that
SECOND = (
    "import os, tempfile\nhere = os.getcwd()\nopen('left.txt', 'w').write('left'); lines = open('left.txt')\n"
    "assert lines.read(1) == 'l'\nprint('/tmp')\ncount = 1"
)
THIRD = "count += 1\nprint(count, lines.read(1), os.getcwd() == here, open('left.txt').read())"


@pytest.fixture
def watcher(session, tmp_path):
    """Watches a small notebook; `write` saves a version of it."""
    folder = tmp_path / "out" / "runs" / "mine"
    folder.parent.mkdir(parents=True)
    path = tmp_path / "mine.ipynb"
    made = Watcher(session, str(path), folder)
    made.write = lambda *exercises, **more: small_notebook(path, *exercises, **more)
    yield made
    session.warm.prefixes.own = False


def printed(watcher, number):
    return json.loads((watcher._folder / "printed.json").read_text(encoding="utf-8"))[str(number)]


def told(view):
    return [(c["id"], c["state"], c["seen"]) for e in view["exercises"] for c in e["criteria"]]


def test_a_version_runs_from_its_first_changed_cell_on(watcher):
    watcher.write(FIRST, SECOND, THIRD)
    ran = [watcher.check().ran]
    third = printed(watcher, 3)
    for change in (f"{THIRD}\n# more", f"{THIRD}\n# yet more"):
        watcher.write(FIRST, SECOND, change)
        ran.append(watcher.check().ran)
        assert printed(watcher, 3) == third == "2 e True left\n"  # every version reads on from where the cells had read
    watcher.write(FIRST, f"{SECOND}\ncount = 5", THIRD)
    ran.append(watcher.check().ran)
    assert printed(watcher, 3) == "6 e True left\n"
    watcher.write(FIRST, SECOND, THIRD, setup="import torch, os")
    ran.append(watcher.check().ran)
    assert ran == [4, 1, 1, 2, 4]
    assert printed(watcher, 1) == "exercise 1\n"


def test_every_version_is_told_as_check_tells_it(watcher, session, tmp_path):
    for number, last in enumerate((THIRD, "1 / 0", "import os; os._exit(3)", "text = 'Grüße'", "def f(:")):
        path = watcher.write(FIRST, SECOND, last)
        seen = watcher.check().view
        alone = student_view(session.grade(str(path), tmp_path / f"alone-{number}", lambda step: None))
        assert [(e["state"], e["reason"]) for e in seen["exercises"]] == [
            (e["state"], e["reason"]) for e in alone["exercises"]
        ]
        assert told(seen) == told(alone)


def test_an_error_before_the_change_stays_told(watcher):
    watcher.write("import torch\n1 / 0", SECOND, THIRD)
    first = watcher.check().view
    watcher.write("import torch\n1 / 0", SECOND, f"{THIRD}\n# more")
    again = watcher.check()
    assert again.ran == 1
    assert (
        first["exercises"][0]["reason"]
        == again.view["exercises"][0]["reason"]
        == "cell 3 raised ZeroDivisionError: division by zero"
    )


def test_what_runs_nothing_new_is_not_checked_again(watcher):
    path = watcher.write(FIRST, SECOND, THIRD)
    assert watcher.check() is not None
    assert not watcher.is_saved()
    notebook = json.loads(path.read_text(encoding="utf-8"))
    notebook["cells"].append({"cell_type": "markdown", "metadata": {}, "source": "A thought."})
    path.write_text(json.dumps(notebook), encoding="utf-8")
    assert watcher.is_saved()
    assert watcher.check() is None


def test_a_broken_file_is_told_and_the_next_version_checked(watcher, tmp_path):
    watcher.write(FIRST, SECOND, THIRD)
    watcher.check()
    (tmp_path / "mine.ipynb").write_text('{"cells": [', encoding="utf-8")
    assert watcher.check().view["state"] == "rejected"
    watcher.write(FIRST, SECOND, THIRD)
    assert watcher.check().view["state"] == "graded"


def test_a_process_waits_before_the_cells_of_the_exercise_that_is_worked_on(watcher):
    watcher.write(FIRST, SECOND, THIRD)
    watcher.check()
    watcher.prepare()
    made = {len(key.cells) for key in watcher._session.warm.prefixes._made if key.cells[0][1] == "import torch"}
    assert {1, 2, 3} <= made


def test_another_version_lets_go_of_what_it_does_not_begin_with(watcher):
    watcher.write(FIRST, SECOND, THIRD)
    watcher.check()
    watcher.write(FIRST, f"{SECOND}\n# other", THIRD)
    watcher.check()
    assert all(SECOND not in [source for _, source in key.cells] for key in watcher._session.warm.prefixes._made)


def test_two_notebooks_are_one_too_many(capsys, tmp_path):
    ended = command(capsys, "check", tmp_path / "a.ipynb", tmp_path / "b.ipynb", "--watch")
    assert ended.code == 2
    assert "name one" in ended.err


def test_a_file_that_is_not_there_is_told_at_once(capsys, tmp_path):
    ended = command(capsys, "check", tmp_path / "none.ipynb", "--watch")
    assert ended.code == 2
    assert "there is no such file to watch" in ended.err


def test_it_runs_on_the_cpu_and_says_so(capsys, tmp_path):
    (tmp_path / "a.ipynb").write_text("{}")
    ended = command(capsys, "check", tmp_path / "a.ipynb", "--watch", "--device", "cuda")
    assert ended.code == 2
    assert "on the CPU only" in ended.err


@pytest.mark.slow
def test_the_command_tells_after_each_save_until_it_is_stopped(tmp_path):
    path = small_notebook(tmp_path / "mine.ipynb", FIRST)
    process = subprocess.Popen(
        [sys.executable, str(ROOT / "grade.py"), "check", str(path), "--watch"],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    try:
        heads = []
        for line in process.stdout:
            if "after the save" in line:
                heads.append(line.split(": ")[1].split(",")[0])
                if len(heads) == 2:
                    break
                time.sleep(0.5)
                small_notebook(path, f"{FIRST}\n# more")
    finally:
        process.send_signal(signal.SIGINT)
        rest = process.communicate(timeout=180)[0]
    assert heads == ["2 of 2 code cells were run", "1 of 2 code cells were run"]
    assert "stopped" in rest
    assert process.returncode == 1  # a criterion fails
