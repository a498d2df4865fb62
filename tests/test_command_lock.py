"""One command at a time works in an output folder; the lock is a process's own and dies with it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
from commands import command, small_notebook

from assay.command.lock import alone_in
from assay.failure import Misuse

ROOT = Path(__file__).parent.parent
HOLD = """
import sys
from pathlib import Path
from assay.command.lock import alone_in
with alone_in(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""
PATIENCE_S = 120  # for a program that imports the libraries on a busy machine


@contextmanager
def holder(out):
    """Another process that holds the folder's lock until it is killed."""
    done = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(out)], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert done.stdout is not None and done.stdout.readline() == "held\n"
        yield done
    finally:
        done.kill()
        done.communicate()


def graded_folder(out):
    (out / "runs").mkdir(parents=True)
    (out / "results.json").write_text("[]")
    return out


@pytest.mark.parametrize("name", ["run", "regrade"])
def test_the_second_command_gets_one_sentence_and_changes_nothing(capsys, tmp_path, name):
    out = graded_folder(tmp_path / "out")
    notebook = small_notebook(tmp_path / "mine.ipynb", "x = 1")
    with holder(out):
        ended = command(capsys, "run", notebook, "--out", out) if name == "run" else command(capsys, "regrade", out)
    assert (ended.code, ended.out) == (2, "")
    assert f"grade.py: another grade.py is working in {out}: wait until it has ended" in ended.err
    assert (out / "results.json").read_text() == "[]"
    assert list((out / "runs").iterdir()) == []


def test_regrading_a_folder_whose_first_run_has_not_ended_says_so(capsys, tmp_path):
    (tmp_path / "out" / "runs").mkdir(parents=True)
    with holder(tmp_path / "out"):
        ended = command(capsys, "regrade", tmp_path / "out")
    assert "is working in" in ended.err


def test_a_link_to_the_folder_is_the_same_folder(tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "link").symlink_to("out")
    with (
        holder(tmp_path / "out"),
        pytest.raises(Misuse, match="is working in"),
        alone_in(tmp_path / "link"),
    ):
        pass


def test_what_was_killed_locks_nothing_though_its_file_stays(tmp_path):
    with holder(tmp_path) as other:
        other.kill()
        other.wait()
        assert (tmp_path / ".lock").exists()
        with alone_in(tmp_path):
            pass
    with alone_in(tmp_path):  # nor does what ended in peace
        pass


def test_what_is_started_meanwhile_does_not_hold_the_lock(tmp_path):
    with alone_in(tmp_path):
        started = subprocess.Popen(
            [sys.executable, "-c", "input(1)"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, close_fds=False
        )
        assert started.stdout is not None and started.stdout.read(1) == b"1"  # it runs: what it may not keep is closed
    try:
        with alone_in(tmp_path):
            pass
    finally:
        started.communicate(b"\n")


@pytest.mark.skipif(os.getuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written_is_said_so(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(Misuse, match="cannot write into"), alone_in(tmp_path):
        pass


@pytest.mark.slow  # the first command imports the libraries
def test_two_runs_at_once_leave_an_honest_notebook_graded(kit, tmp_path):
    notebook = small_notebook(tmp_path / "mine.ipynb", "x = 1", setup="import time; time.sleep(3)")
    out = tmp_path / "out"
    asked = [sys.executable, "grade.py", "run", str(notebook), "--out", str(out), "--trust-these-notebooks"]
    first = subprocess.Popen(asked, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    until = time.monotonic() + PATIENCE_S
    while not list(out.glob("runs/mine/plan*")) and first.poll() is None and time.monotonic() < until:
        time.sleep(0.05)
    second = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE_S)
    _, said = first.communicate(timeout=PATIENCE_S)
    assert (second.returncode, second.stdout) == (2, "")
    assert "another grade.py is working in" in second.stderr
    assert first.returncode == 0, said
    (result,) = json.loads((out / "results.json").read_text(encoding="utf-8"))
    assert result["state"] == "graded"
