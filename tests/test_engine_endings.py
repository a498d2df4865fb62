"""Each exercise has its own ending: what raises, dies, hangs or grows costs that exercise and nothing behind it."""

from __future__ import annotations

import dataclasses
import time

import psutil
import pytest
from engine import GENEROUS, run_sections, states, text_of


def test_a_raising_cell_costs_only_itself(warm, kit, tmp_path):
    run = run_sections(warm, kit.folder, tmp_path, [["x = 1"], ["1/0", "print(x)"], ["print(x + 1)"]])
    assert states(run) == {0: "completed", 1: "error", 2: "completed"}
    assert run.execution.endings[1].reason == "cell 1 raised ZeroDivisionError: division by zero"
    assert run.execution.endings[1].cell == 1
    assert (text_of(run, 2), text_of(run, 3)) == ("1\n", "2\n")


@pytest.mark.parametrize(
    ("death", "reason"),
    [
        ("import os; os._exit(0)", "the process ended itself in cell 3 with exit code 0"),
        ("import os; os._exit(3)", "the process ended itself in cell 3 with exit code 3"),
        ("import ctypes; ctypes.string_at(0)", "the process crashed in cell 3 (SIGSEGV)"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGTERM)", "the process crashed in cell 3 (SIGTERM)"),
    ],
    ids=["exit-0", "exit-3", "segfault", "signal"],
)
def test_a_dead_process_loses_its_exercise_and_the_next_starts_from_the_snapshot(warm, kit, tmp_path, death, reason):
    cells = [["x = [1]"], ["x.append(2)"], ["x.append(3); print('before')", death, "x.append(4)"], ["print(x)"]]
    run = run_sections(warm, kit.folder, tmp_path, cells)
    assert states(run) == {0: "completed", 1: "completed", 2: "error", 3: "completed"}
    assert run.execution.endings[2].reason == reason
    assert text_of(run, 2) == "before\n"
    assert text_of(run, 5) == "[1, 2]\n"


def test_a_process_whose_first_thread_ends_loses_its_exercise_and_no_other(warm, kit, tmp_path):
    """To the kernel it is a zombie then, which nobody can wait for while its other thread goes on."""
    beheaded = (
        "import ctypes, platform, threading, time\n"
        "threading.Thread(target=time.sleep, args=(600,)).start()\n"
        "ctypes.CDLL(None).syscall(60 if platform.machine() == 'x86_64' else 93, 0)"
    )
    allowance = dataclasses.replace(GENEROUS, cell_s=2)
    run = run_sections(warm, kit.folder, tmp_path, [["x = 1"], [beheaded], ["print(x)"]], allowance)
    assert states(run) == {0: "completed", 1: "timeout", 2: "completed"}
    assert text_of(run, 2) == "1\n"


def test_two_deaths_lose_two_exercises(warm, kit, tmp_path):
    run = run_sections(
        warm, kit.folder, tmp_path, [["import os; x = 1"], ["os._exit(1)"], ["os._exit(2)"], ["print(x)"]]
    )
    assert states(run) == {0: "completed", 1: "error", 2: "error", 3: "completed"}
    assert text_of(run, 3) == "1\n"


def test_an_endless_loop_is_ended_from_outside_and_what_it_printed_is_kept(warm, kit, tmp_path):
    loop = (
        "import time\n"
        "print('so far')\n"
        "while True:\n"
        "    try:\n"
        "        time.sleep(1)\n"
        "        print('.')\n"
        "    except BaseException:\n"
        "        pass"
    )
    allowance = dataclasses.replace(GENEROUS, cell_s=2)
    run = run_sections(warm, kit.folder, tmp_path, [["x = 1"], [loop], ["print(x)"]], allowance)
    assert states(run) == {0: "completed", 1: "timeout", 2: "completed"}
    assert run.execution.endings[1].reason == "cell 1 was still running after 2 seconds"
    assert text_of(run, 1).startswith("so far\n")


def test_a_native_hang_is_ended_too(warm, kit, tmp_path):
    allowance = dataclasses.replace(GENEROUS, exercise_s=2)
    run = run_sections(warm, kit.folder, tmp_path, [[], ["import ctypes; ctypes.CDLL(None).pause()"], ["1"]], allowance)
    assert states(run) == {0: "completed", 1: "timeout", 2: "completed"}
    assert run.execution.endings[1].reason == "the exercise was still running after 2 seconds"


def test_the_submissions_time_ends_everything(warm, kit, tmp_path):
    allowance = dataclasses.replace(GENEROUS, submission_s=2)
    began = time.monotonic()
    run = run_sections(warm, kit.folder, tmp_path, [[], ["import time; time.sleep(60)"], ["1"]], allowance)
    assert states(run) == {0: "completed", 1: "timeout", 2: "timeout"}
    assert time.monotonic() - began < 30


def test_too_much_memory_at_once_is_a_named_ending(warm, kit, tmp_path):
    run = run_sections(warm, kit.folder, tmp_path, [[], ["x = bytearray(1 << 40)"], ["print('on')"]])
    assert states(run) == {0: "completed", 1: "resource", 2: "completed"}
    assert "more memory than is allowed" in (run.execution.endings[1].reason or "")


def test_memory_of_the_whole_tree_counts(warm, kit, tmp_path):
    grow = (
        "import subprocess, sys\n"
        "code = 'x = bytearray(400 << 20); x[::4096] = b\"1\" * len(x[::4096]); import time; time.sleep(60)'\n"
        "children = [subprocess.Popen([sys.executable, '-c', code]) for _ in range(4)]\n"
        "[child.wait() for child in children]"
    )
    allowance = dataclasses.replace(GENEROUS, memory_bytes=2**30)
    run = run_sections(warm, kit.folder, tmp_path, [[], [grow], ["print('on')"]], allowance)
    assert states(run) == {0: "completed", 1: "resource", 2: "completed"}
    assert run.execution.endings[1].reason == "the memory in use grew beyond 1.0 GB"


def test_a_flood_of_output_is_cut_and_said_so(warm, kit, tmp_path):
    run = run_sections(warm, kit.folder, tmp_path, [[], ["for _ in range(40_000): print('x' * 100)"], ["print('on')"]])
    assert states(run) == {0: "completed", 1: "completed", 2: "completed"}
    assert len(text_of(run, 0)) < 1_100_000
    assert "output truncated here" in text_of(run, 0)


def test_outputs_without_end_are_a_named_ending(warm, kit, tmp_path):
    flood = "from IPython.display import display, HTML\nwhile True: display(HTML('x' * 100_000))"
    allowance = dataclasses.replace(GENEROUS, output_bytes=4 * 2**20)
    run = run_sections(warm, kit.folder, tmp_path, [[], [flood], ["print('on')"]], allowance)
    assert states(run) == {0: "completed", 1: "resource", 2: "completed"}
    assert len(run.execution.outputs[0]) <= 501


def test_a_set_up_that_dies_blocks_what_follows(warm, kit, tmp_path):
    run = run_sections(warm, kit.folder, tmp_path, [["import os; os._exit(1)"], ["1"]])
    assert states(run) == {0: "error", 1: "blocked"}


def test_nothing_is_left_alive(warm, kit, tmp_path):
    daemon = (
        "import os, time\n"
        "if os.fork() == 0:\n"
        "    os.setsid()\n"
        "    open('pid', 'w').write(str(os.getpid()))\n"
        "    time.sleep(600)\n"
        "time.sleep(1)\n"
        "print(open('pid').read())"
    )
    run = run_sections(warm, kit.folder, tmp_path, [[], [daemon]])
    survivor = int(text_of(run, 0))
    deadline = time.monotonic() + 10
    while psutil.pid_exists(survivor) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not psutil.pid_exists(survivor)


def test_forged_records_and_a_torn_one_do_no_harm(warm, kit, tmp_path):
    records = [b'{"e": "section", "section": 99, "pid": 1}\n', b'{"e": "cell_end"}\n', b"[1]\n", b'{"torn']
    forged = b"\x1e" + b"\x1e".join(records)
    forge = (
        "import os\n"
        "for fd in range(3, 64):\n"
        "    try:\n"
        f"        os.write(fd, {forged!r})\n"
        "    except OSError:\n"
        "        pass"
    )
    run = run_sections(warm, kit.folder, tmp_path, [[], [forge], ["print('on')"]])
    assert states(run)[2] == "completed"
    assert text_of(run, 1) == "on\n"
