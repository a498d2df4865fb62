"""`grade.py cohort --device cuda` on two GPUs that are made up: real notebooks, real processes, no real GPU."""

from __future__ import annotations

import json
import sys

import psutil
import pytest
from cohorts import results_in
from commands import command, small_notebook

from assay.command import places
from assay.execution.parent import WarmParent
from assay.failure import Fault
from assay.scheduling import slots
from assay.scheduling.devices import Gpu, NoDevices

GB = 10**9
ONE, TWO = Gpu("GPU-one", "Made Up", 16 * GB), Gpu("GPU-two", "Made Up", 16 * GB)
# How a notebook "uses" GPU memory here: a process that says so, for as long as it lives, or something left for ever.
USES = """\
import os, time
open("gpu.txt", "w").write(f'{os.environ["CUDA_VISIBLE_DEVICES"]} {os.getpid()} {int(%s * 10**9)}')
time.sleep(%s)"""
LEAVES = USES.replace("os.getpid()", "0")
TELLS = 'import os; print("GPU:", os.environ["CUDA_VISIBLE_DEVICES"])'
ASKS_TOO_MUCH = (
    "import torch\nraise torch.OutOfMemoryError('CUDA out of memory. Tried to allocate 2.00 GiB. 10.00 GiB allowed')"
)


class MadeUp:
    """Two GPUs whose memory is what the notebooks below `runs` say that they use."""

    def __init__(self, runs):
        self._runs = runs

    def gpus(self):
        return [ONE, TWO]

    def used(self, gpu):
        total = 1 * GB  # a screen
        for file in self._runs.glob("*/work/gpu.txt"):
            words = file.read_text().split()
            if len(words) == 3 and words[0] == gpu.uuid and _lives(int(words[1])):
                total += int(words[2])
        return total


def _lives(pid):
    try:
        return pid == 0 or psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@pytest.fixture
def made_up(monkeypatch, tmp_path):
    """The commands find the GPUs, and believe that torch has found them, too."""
    start = WarmParent.start

    def believed(self):
        start(self)
        if self.gpu is not None:
            self.device = "cuda"

    monkeypatch.setattr(WarmParent, "start", believed)
    monkeypatch.setattr(slots, "SETTLES_S", 1.0)
    monkeypatch.setattr(places, "find_devices", lambda: MadeUp(tmp_path / "out" / "runs"))


@pytest.mark.slow
def test_each_has_a_gpu_the_budget_is_a_named_outcome_and_a_gpu_that_is_not_left_clean_is_given_up(
    capsys, made_up, tmp_path
):
    folder, out = tmp_path / "in", tmp_path / "out"
    folder.mkdir()
    small_notebook(folder / "a-greedy.ipynb", USES % (12, 20), TELLS)
    small_notebook(folder / "b-modest.ipynb", USES % (9, 1.5), TELLS)
    small_notebook(folder / "c-asks.ipynb", ASKS_TOO_MUCH, TELLS)
    small_notebook(folder / "d-leaves.ipynb", LEAVES % (4, 0.5), TELLS)
    for name in "efg":
        small_notebook(folder / f"{name}.ipynb", TELLS)
    ended = command(
        capsys, "cohort", folder, "--out", out, "--device", "cuda", "--gpu-memory", "10GB", "--tier", "limits"
    )
    assert ended.code == 0, ended.err
    greedy, modest, asks, leaves, *others = results_in(out)
    states = [[exercise["state"] for exercise in result["exercises"]][:2] for result in (greedy, modest, asks, leaves)]
    assert states == [["resource", "completed"], ["completed", "completed"], ["resource", "completed"],
                      ["completed", "completed"]]  # fmt: skip
    assert greedy["exercises"][0]["reason"] == "the GPU memory in use grew beyond 10 GB"
    assert "more GPU memory than is allowed" in asks["exercises"][0]["reason"]
    assert (greedy["peak_gpu_memory"], modest["peak_gpu_memory"]) == (12 * GB, 9 * GB)
    assert {result["runner"]["device"] for result in results_in(out)} == {"cuda"}
    assert all(result["exercises"][0]["state"] == "completed" for result in others)
    told = [line for line in ended.err.splitlines() if "is not used any more" in line]
    assert len(told) == 1 and "3.7 GB of its memory did not come back" in told[0]
    seen = {printed.strip() for file in out.glob("runs/*/printed.json")
            for printed in json.loads(file.read_text()).values() if "GPU:" in printed}  # fmt: skip
    assert seen == {"GPU: GPU-one", "GPU: GPU-two"}


def refused(capsys, *arguments):
    ended = command(capsys, *arguments)
    assert ended.code == 2
    return ended.err


def test_without_a_gpu_cuda_and_its_budget_are_refused_before_anything_runs(capsys, tmp_path, monkeypatch):
    monkeypatch.setattr(places, "find_devices", lambda: NoDevices("NVIDIA's driver was not found"))
    file = small_notebook(tmp_path / "x.ipynb", "x = 1")
    said = refused(capsys, "run", file, "--device", "cuda")
    assert "--device cuda needs an NVIDIA GPU, and none was found: NVIDIA's driver was not found" in said
    assert "--gpu-memory limits what a notebook uses of a GPU" in refused(capsys, "run", file, "--gpu-memory", "15GB")
    assert "'15' should be an amount of memory" in refused(capsys, "run", file, "--gpu-memory", "15")
    assert "'0GB' should be an amount of memory" in refused(capsys, "run", file, "--gpu-memory", "0GB")


def test_auto_is_the_cpu_where_torch_is_built_for_it_alone(monkeypatch):
    monkeypatch.setattr(places, "find_devices", lambda: MadeUp(None))
    monkeypatch.setattr(places, "version", lambda name: "2.13.0+cpu")
    assert places.choose_gpus("auto") == ()
    assert places.choose_gpus("cuda") == (ONE, TWO)
    monkeypatch.setattr(places, "version", lambda name: "2.13.0")
    assert places.choose_gpus("auto") == (ONE, TWO)
    assert places.choose_gpus("cpu") == ()


def test_a_torch_that_does_not_find_the_gpu_is_one_sentence(kit, tmp_path, monkeypatch, warm):
    monkeypatch.setattr(WarmParent, "start", lambda self: None)  # which leaves the device as it is: cpu
    session = type("Session", (), {"warm": warm})()
    options = type("Options", (), {"jobs": None, "gpu_memory": None})()
    monkeypatch.setattr(places, "find_devices", lambda: MadeUp(tmp_path))
    with pytest.raises(Fault, match="torch does not find Made Up"), places.open_places(session, options, (ONE,)):
        pass


def test_a_parent_that_has_initialised_cuda_is_refused(tmp_path, monkeypatch):
    """Its children could not use it; a process that only says so stands for it."""
    greeting = {"ready": True, "versions": {}, "device": "cuda", "cuda_initialised": True}
    says = f"import os, time; os.write({{}}, {json.dumps(greeting).encode() + bytes([10])!r}); time.sleep(60)"
    monkeypatch.setattr(WarmParent, "_command", lambda self, fd: [sys.executable, "-c", says.replace("{}", str(fd), 1)])
    with pytest.raises(Fault, match="initialised CUDA while it was imported"):
        WarmParent({}, [], tmp_path / "warm.log").start()
