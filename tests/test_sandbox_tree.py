"""The whole tree of a submission's processes: it is limited together, and nothing of it outlives the run."""

from __future__ import annotations

import dataclasses
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest
from engine import GENEROUS, run_sections, states, text_of

from assay.execution.allowance import Allowance, Meter
from assay.execution.disk import DiskWatch
from assay.execution.processes import State, descendants, state_of
from assay.execution.tree import is_buried, kill_all, kill_beside, root_of
from assay.execution.usage import added_by, usage_of
from assay.sandbox.probe import missing
from assay.sandbox.tiers import TIERS

NAP = "86398.25"  # how long a daemon sleeps, and how it is found


@pytest.fixture(params=TIERS)
def tier(request):
    if (why := missing(request.param)) is not None:
        pytest.skip(f"this machine does not offer {request.param}: {why}")
    return request.param


def sleepers():
    """Processes that were left behind, by their nap."""
    lines = [process.info["cmdline"] or [] for process in psutil.process_iter(["cmdline"])]
    return [line for line in lines if NAP in line]


def run(warm, kit, folder, sections, tier, **allowance):
    return run_sections(warm, kit.folder, folder, sections, dataclasses.replace(GENEROUS, **allowance), tier=tier)


DAEMON = f"""
import os
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        os.execvp("sleep", ["sleep", "{NAP}"])
    os._exit(0)
os.wait()
"""
# Each generation lives for a moment, so whoever lists processes and then kills them comes too late.
COMET = f"""
import os, subprocess
if os.fork() == 0:
    os.setsid()
    while os.fork() == 0:
        pass
    subprocess.Popen(["sleep", "{NAP}"], start_new_session=True)
    os._exit(0)
"""


@pytest.mark.parametrize("where", ["set-up", "exercise", "both"])
def test_a_daemon_is_gone_when_the_run_ends(warm, kit, tmp_path, tier, where):
    sections = [[DAEMON] if where != "exercise" else [], [DAEMON] if where != "set-up" else [], ["print('on')"]]
    made = run(warm, kit, tmp_path / "run", sections, tier)
    assert set(states(made).values()) == {"completed"}
    assert sleepers() == []


def test_a_daemon_of_a_process_that_dies_is_gone_too(warm, kit, tmp_path, tier):
    made = run(warm, kit, tmp_path / "run", [[DAEMON + "os._exit(1)"], ["1"]], tier)
    assert states(made) == {0: "error", 1: "blocked"}
    assert sleepers() == []


def test_a_process_that_keeps_forking_away_is_caught(warm, kit, tmp_path, tier):
    made = run(warm, kit, tmp_path / "run", [[], [COMET], ["print('on')"]], tier, submission_s=60)
    assert states(made)[1] in ("completed", "resource")
    assert sleepers() == []


def test_what_an_ended_exercise_started_does_not_live_on_in_the_next(warm, kit, tmp_path, tier):
    beat = "while true; do echo >> beat; sleep 0.02; done"
    endless = (
        DAEMON.replace(f'"sleep", ["sleep", "{NAP}"]', f'"sh", ["sh", "-c", "{beat}", "{NAP}"]') + "while True: pass"
    )
    look = "import os, time\nn = os.path.getsize('beat'); time.sleep(0.5); print(n > 0, os.path.getsize('beat') - n)"
    made = run(warm, kit, tmp_path / "run", [[], [endless], [look]], tier, cell_s=1.5)
    assert states(made) == {0: "completed", 1: "timeout", 2: "completed"}
    assert text_of(made, 1) == "True 0\n"
    assert sleepers() == []


def test_too_many_processes_end_their_exercise_and_not_the_next(warm, kit, tmp_path, tier):
    many = "import os, time\nfor _ in range(30):\n    if os.fork() == 0:\n        time.sleep(60)\ntime.sleep(60)"
    sections = [["x = 1"], ["y = 2"], [many], ["print(x + y)"]]
    made = run(warm, kit, tmp_path / "run", sections, tier, processes=20)
    assert states(made) == {0: "completed", 1: "completed", 2: "resource", 3: "completed"}
    assert made.execution.endings[2].reason == "more than 20 processes ran at once"
    assert text_of(made, 3) == "3\n"


def test_too_much_on_the_disk_ends_its_exercise_and_not_the_next(warm, kit, tmp_path, tier):
    fill = "import time\nfor n in range(20): open(f'f{n}', 'wb').write(bytes(8 << 20))\ntime.sleep(60)"
    made = run(warm, kit, tmp_path / "run", [[], [fill], ["print('on')"]], tier, disk_bytes=64 << 20)
    assert states(made) == {0: "completed", 1: "resource", 2: "completed"}
    assert made.execution.endings[1].reason == "the files written grew beyond 64 MB"
    assert text_of(made, 1) == "on\n"


def test_a_folder_that_cannot_be_looked_into_is_no_hiding_place(warm, kit, tmp_path, tier):
    if os.getuid() == 0:
        pytest.skip("root looks into every folder")
    hide = "import os, time\nos.mkdir('x', 0o300)\nopen('x/y', 'wb').write(bytes(1 << 20))\ntime.sleep(60)"
    made = run(warm, kit, tmp_path / "run", [[], [hide], ["print('on')"]], tier)
    assert made.execution.endings[1].reason == "a folder was made that cannot be looked into"


def test_processor_time_is_named(warm, kit, tmp_path, tier):
    burn = "import resource\nresource.setrlimit(resource.RLIMIT_CPU, (1, 3))\nwhile True: pass"
    made = run(warm, kit, tmp_path / "run", [[], [burn], ["print('on')"]], tier)
    assert states(made) == {0: "completed", 1: "timeout", 2: "completed"}
    assert made.execution.endings[1].reason == "the processor time allowed was used up in cell 0"


def test_a_full_folder_in_memory_is_named(warm, kit, tmp_path):
    if missing("namespaces") is not None:
        pytest.skip("only namespaces have such folders")
    fill = "open('/dev/shm/x', 'wb').write(bytes(300 << 20))"
    made = run(warm, kit, tmp_path / "run", [[], [fill], ["print('on')"]], "namespaces")
    assert states(made) == {0: "completed", 1: "resource", 2: "completed"}
    assert "wrote more than is allowed" in (made.execution.endings[1].reason or "")


def test_inside_numbers_are_not_outside_numbers(warm, kit, tmp_path, tier):
    """A process says its own number; an endless one is found and ended by the kernel's, and its siblings stay."""
    made = run(
        warm, kit, tmp_path / "run", [["import os"], ["a = os.getpid()"], ["while True: pass"], ["print(a > 0)"]], tier,
        cell_s=1.5,
    )  # fmt: skip
    assert states(made) == {0: "completed", 1: "completed", 2: "timeout", 3: "completed"}
    assert text_of(made, 3) == "True\n"


@pytest.fixture
def family():
    """A process with a child and a grandchild that has its own session, all asleep."""
    grandchild = f"import time; time.sleep({NAP})"
    child = (
        "import subprocess, sys, time\n"
        f"subprocess.Popen([sys.executable, '-c', {grandchild!r}], start_new_session=True)\n"
        f"time.sleep({NAP})"
    )
    root = subprocess.Popen(
        [sys.executable, "-c", f"import subprocess, sys, time\nsubprocess.Popen([sys.executable, '-c', {child!r}])\n"
                               f"time.sleep({NAP})"]
    )  # fmt: skip
    until = time.monotonic() + 20
    while len(descendants(root.pid)) < 3 and time.monotonic() < until:
        time.sleep(0.05)
    yield root
    root.kill()
    root.wait()


def test_a_tree_is_listed_counted_and_killed(family):
    tree = descendants(family.pid)
    assert len(tree) == 3
    assert usage_of(family.pid, 1 << 40).processes == 3
    assert kill_beside(family.pid, tree[2])
    assert usage_of(family.pid, 1 << 40).processes == 2
    assert not kill_beside(family.pid, os.getpid())
    psutil.Process(family.pid).suspend()  # one that does not run dies as well
    burying = threading.Thread(target=family.wait)
    burying.start()
    root = root_of(family.pid)
    kill_all(family.pid)
    assert is_buried(root)
    burying.join(10)
    assert [p.pid for p in psutil.process_iter(["status"]) if p.pid in tree and p.info["status"] != "zombie"] == []


HEADLESS = """
import ctypes, platform, sys, threading, time
def go_on():
    kept = bytearray(range(256)) * (100 << 12)
    while True:
        open(sys.argv[1], 'a').write('.')
        time.sleep(0.01)
threading.Thread(target=go_on).start()
time.sleep(0.2)
ctypes.CDLL(None).syscall(60 if platform.machine() == 'x86_64' else 93, 0)
"""


@pytest.fixture
def headless(tmp_path):
    """A process that has a child whose first thread has ended while another one goes on, and what that one writes."""
    written, child = tmp_path / "written", tmp_path / "headless.py"
    child.write_text(HEADLESS)
    command = [sys.executable, str(child), str(written)]
    root = subprocess.Popen(
        [sys.executable, "-c", f"import subprocess, time\nsubprocess.Popen({command})\ntime.sleep({NAP})"]
    )
    until = time.monotonic() + 20
    while not (below := descendants(root.pid)[1:]) or psutil.Process(below[0]).status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < until
        time.sleep(0.02)
    yield root, below[0], written
    root.kill()
    root.wait()


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="this system does not tell of threads")
def test_a_process_whose_first_thread_has_ended_is_seen_and_killed(headless):
    root, child, written = headless
    assert state_of(child) is State.ALIVE
    time.sleep(0.5)  # what it keeps is filled
    assert usage_of(root.pid, 1 << 40).memory > 100 << 20
    assert usage_of(root.pid, 0).memory > 100 << 20
    assert usage_of(root.pid, 1 << 40).processes == 2
    assert added_by(root.pid) > 100 << 20
    assert kill_beside(root.pid, child)
    assert state_of(child) is State.DEAD
    size = written.stat().st_size
    time.sleep(0.1)
    assert written.stat().st_size == size > 0


class Clock:
    """A machine on which a second passes whenever the clock is asked; `worked` seconds are a walk's own."""

    def __init__(self, worked: float) -> None:
        self.now, self.own, self.worked = 0.0, 0.0, worked

    def monotonic(self) -> float:
        self.now += 1.0
        return self.now

    def thread_time(self) -> float:
        self.own += self.worked
        return self.own


@pytest.mark.parametrize(("worked", "looks"), [(0.001, 1), (10.0, 5)], ids=["a busy machine", "very many files"])
def test_who_keeps_the_machine_busy_is_looked_at_all_the_same(tmp_path, monkeypatch, worked, looks):
    monkeypatch.setattr("assay.execution.disk.time", Clock(worked))
    watch = DiskWatch([tmp_path])
    watch.look(())
    (tmp_path / "large").write_bytes(bytes(1 << 20))
    for look in range(1, looks + 1):
        assert watch.used == 0, look
        watch.look(())
    assert watch.used >= 1 << 20


def test_what_is_written_while_memory_is_looked_at_is_the_next_exercise_s(tmp_path, monkeypatch):
    """That look takes a while on a busy machine, and the exercise before may have ended just now."""
    (tmp_path / "work").mkdir()
    meter = Meter(Allowance(60, 60, 60, 2**33, 2**20, disk_bytes=1 << 20), os.getpid(), tmp_path)

    def added_by(root):
        (tmp_path / "work" / "large").write_bytes(bytes(2 << 20))
        return 0

    monkeypatch.setattr("assay.execution.allowance.added_by", added_by)
    assert meter.excess() is None
    meter.start_anew()
    time.sleep(0.6)  # a folder is looked through twice a second
    assert meter.excess() == "the files written grew beyond 1 MB"


def test_files_are_counted_once_and_without_names_too(tmp_path):
    watch = DiskWatch([tmp_path])
    (tmp_path / "a").write_bytes(bytes(1 << 20))
    os.link(tmp_path / "a", tmp_path / "b")
    (tmp_path / "link").symlink_to("/usr")
    watch.look([])
    assert 1 << 20 <= watch.used < 1.1 * (1 << 20)
    watch.start_anew()
    assert watch.used == 0  # whoever comes next does not pay for it, however short ago it was written
    with open(tmp_path / "c", "wb") as nameless:
        nameless.write(bytes(2 << 20))
        nameless.flush()
        (tmp_path / "c").unlink()
        watch.look([os.getpid()])
        assert watch.used >= 2 << 20
    watch.look([os.getpid()])
    assert watch.used < 1 << 20
