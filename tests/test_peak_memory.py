"""What a submission's processes hold beside what all share is measured, reaches the result, and is no secret cost."""

from __future__ import annotations

import contextlib
import os
import time
from pathlib import Path

import pytest
from cohorts import results_in
from commands import command, small_notebook

from assay.execution import allowance
from assay.execution.allowance import Allowance, Meter
from assay.execution.usage import added_by

MB = 2**20
pytestmark = pytest.mark.skipif(not Path("/proc/self/smaps_rollup").exists(), reason="this system does not tell")


def forked(held):
    """A copy of this process that has allocated so many MB of its own; the other end of its pipe tells when it has."""
    told, tell = os.pipe()
    child = os.fork()
    if child == 0:
        _kept = bytearray(os.urandom(MB)) * held
        os.write(tell, b"!")
        time.sleep(60)
        os._exit(0)
    os.close(tell)
    os.read(told, 1)
    os.close(told)
    return child


def test_what_is_shared_with_the_parent_is_not_counted_and_what_is_own_is():
    _shared = bytearray(os.urandom(MB)) * 300
    small, large = forked(1), forked(200)
    try:
        assert added_by(small) < 60 * MB  # 300 are the parent's
        assert 195 * MB < added_by(large) < 260 * MB
    finally:
        for child in (small, large):
            os.kill(child, 9)
            os.waitpid(child, 0)
    assert added_by(large) == 0  # gone


@pytest.mark.parametrize("slower", [1, 20], ids=["a quiet machine", "a busy one"])
def test_looking_takes_a_fiftieth_of_the_time_of_a_core(tmp_path, monkeypatch, slower):
    now, own, looks = [0.0], [0.0], []

    def look(root):
        looks.append(now[0])
        own[0] += 0.05
        now[0] += 0.05 * slower  # on a busy machine others had the rest of it
        return 100 + len(looks) if len(looks) < 3 else 7

    monkeypatch.setattr(allowance, "added_by", look)
    monkeypatch.setattr(allowance.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(allowance.time, "thread_time", lambda: own[0])
    meter = Meter(Allowance(1, 1, 1, 1 << 40, 1), os.getpid(), tmp_path)
    while now[0] < 10:
        assert meter.excess() is None
        now[0] += 0.1
    assert 3 <= len(looks) <= 5
    assert meter.peak_memory == 102


@pytest.mark.slow
def test_the_peak_of_each_is_in_its_result_and_on_the_cohorts_page(capsys, tmp_path, warm, monkeypatch):
    for module in ("engines", "regrade"):
        monkeypatch.setattr(f"assay.command.{module}.start_warm", lambda *_: contextlib.nullcontext(warm))
    folder, out = tmp_path / "in", tmp_path / "out"
    folder.mkdir()
    small_notebook(folder / "much.ipynb", "import time\nkept = bytearray(range(256)) * (300 << 12)\ntime.sleep(4)")
    small_notebook(folder / "little.ipynb", "import time\ntime.sleep(1)")
    (folder / "none.ipynb").write_text("no notebook")
    assert command(capsys, "cohort", folder, "--out", out, "--device", "cpu").code == 0
    little, much, none = results_in(out)
    assert much["peak_memory"] > 300 * MB
    assert 0 < little["peak_memory"] < 200 * MB
    assert "peak_memory" not in none and not {"peak_gpu_memory"} & much.keys()
    page = (out / "report.html").read_text(encoding="utf-8")
    assert "Peak memory of 2 submissions" in page
    assert command(capsys, "regrade", out).code == 0
    assert [r.get("peak_memory") for r in results_in(out)] == [little["peak_memory"], much["peak_memory"], None]
