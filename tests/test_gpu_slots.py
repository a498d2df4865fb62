"""Slots, budget and order on GPUs, with devices that are made up: no test here has seen a real one."""

from __future__ import annotations

import threading
import time
from types import SimpleNamespace

import pytest

from assay.execution.allowance import Allowance, Meter
from assay.execution.gpu import GpuShare, limit_allocator
from assay.execution.reasons import after_error
from assay.failure import Fault
from assay.scheduling import devices, slots
from assay.scheduling.devices import Gpu, NoDevices, Nvml, devices_here
from assay.scheduling.slots import TOLERANCE, Slots

GB = 10**9
T4, OTHER = Gpu("GPU-aaaa-1", "Tesla T4", 16 * GB), Gpu("GPU-bbbb-2", "Tesla T4", 16 * GB)


class Made:
    """Devices whose memory is what `use` says."""

    def __init__(self, *gpus):
        self.use = {gpu.uuid: 0 for gpu in gpus}
        self._gpus = list(gpus)

    def gpus(self):
        return self._gpus

    def used(self, gpu):
        return self.use[gpu.uuid]


@pytest.fixture
def said():
    return []


@pytest.fixture
def made(monkeypatch):
    monkeypatch.setattr(slots, "SETTLES_S", 0.3)
    monkeypatch.setattr(slots, "LOOK_S", 0.01)
    return Made(T4, OTHER)


def test_each_has_a_gpu_alone_and_the_third_waits(made, said):
    shared, inside, most, lock = Slots(made, made.gpus(), said.append), [], [], threading.Lock()

    def work():
        with shared.taken() as slot:
            with lock:
                assert slot.gpu.uuid not in inside
                inside.append(slot.gpu.uuid)
                most.append(len(inside))
            time.sleep(0.05)
            with lock:
                inside.remove(slot.gpu.uuid)

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert (max(most), len(most), said) == (2, 6, [])


def test_memory_that_was_in_use_before_is_nobodys_and_what_comes_back_late_is_awaited(made, said):
    made.use[T4.uuid] = 2 * GB
    shared = Slots(made, [T4], said.append)
    late = threading.Timer(0.1, lambda: made.use.update({T4.uuid: 2 * GB + TOLERANCE}))
    with shared.taken() as slot:
        made.use[T4.uuid] = 5 * GB
        assert slot.used() == 3 * GB
        late.start()
    # the driver has taken a moment, and the next one has waited for it
    with shared.taken() as slot:
        assert slot.used() == TOLERANCE
    assert said == []


def test_a_gpu_whose_memory_does_not_come_back_is_used_no_more_and_the_other_goes_on(made, said):
    shared = Slots(made, made.gpus(), said.append)
    with shared.taken() as slot:
        made.use[slot.gpu.uuid] = 3 * 2**30
    assert said == [
        f"Tesla T4 ({T4.uuid}) is not used any more: 3.0 GB of its memory did not come back after a submission"
    ]
    for _ in range(3):
        with shared.taken() as slot:
            assert slot.gpu == OTHER


def test_when_no_gpu_is_left_those_that_wait_are_told_what_to_do(made, said):
    shared, told = Slots(made, [T4], said.append), []

    def wait():
        try:
            with shared.taken():
                told.append("got it")
        except Fault as fault:
            told.append(str(fault))

    with shared.taken():
        waiting = threading.Thread(target=wait)
        waiting.start()
        made.use[T4.uuid] = 3 * GB
    waiting.join(5)
    assert len(told) == 1 and told[0].startswith("no GPU is left whose memory came back")


def test_a_slot_comes_free_after_an_error(made, said):
    shared = Slots(made, [T4], said.append)
    for _ in range(2):
        with pytest.raises(Fault, match="stumbled"), shared.taken():
            raise Fault("stumbled")


def meter(folder, used, limit):
    allowance = Allowance(1, 1, 1, 1 << 50, 1)
    return Meter(allowance, 2**22 + 1, folder, GpuShare(used, limit, 0.5))


def test_more_gpu_memory_than_the_budget_is_a_named_excess_and_the_peak_is_kept(tmp_path):
    use = iter([3 * GB, 15 * GB, 15 * GB + 1, 1 * GB])
    watched = meter(tmp_path, lambda: next(use), 15 * GB)
    assert [watched.excess() for _ in range(4)] == [None, None, "the GPU memory in use grew beyond 15 GB", None]
    assert watched.peak_gpu_memory == 15 * GB + 1


def test_without_a_gpu_nothing_is_asked(tmp_path):
    watched = Meter(Allowance(1, 1, 1, 1 << 50, 1), 2**22 + 1, tmp_path)
    assert watched.excess() is None
    assert watched.peak_gpu_memory is None


def test_what_torch_says_when_the_budget_is_used_up_is_an_exercise_out_of_resources():
    message = "CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has a total capacity of 15.77 GiB"
    ending = after_error("OutOfMemoryError", message, 7)
    assert (ending.state, ending.cell) == ("resource", 7)
    assert ending.reason == "cell 7 asked for more GPU memory than is allowed (OutOfMemoryError)"
    assert after_error("RuntimeError", "CUDA error: an illegal memory access was encountered", 7).state == "error"


def test_the_allocators_limit_waits_until_cuda_is_used(monkeypatch):
    import torch

    limits = []
    monkeypatch.setattr(torch.cuda, "_queued_calls", list(torch.cuda._queued_calls))
    monkeypatch.setattr(torch.cuda, "set_per_process_memory_fraction", limits.append)
    limit_allocator(0.25)
    assert limits == []
    assert not torch.cuda.is_initialized()
    torch.cuda._queued_calls[-1][0]()  # as torch does when a tensor is first put on the GPU
    assert limits == [0.25]


class Driver:
    """As much of pynvml as is asked, with the names and fields of NVML's documentation."""

    NVMLError = type("NVMLError", (Exception,), {})

    def __init__(self, *gpus, works=True):
        self._gpus, self._works = gpus, works

    def nvmlInit(self):  # noqa: N802
        if not self._works:
            raise self.NVMLError("Driver Not Loaded")

    def nvmlDeviceGetCount(self):  # noqa: N802
        return len(self._gpus)

    def nvmlDeviceGetHandleByIndex(self, index):  # noqa: N802
        return self._gpus[index]

    def nvmlDeviceGetHandleByUUID(self, uuid):  # noqa: N802
        return next(gpu for gpu in self._gpus if gpu.uuid == uuid)

    def nvmlDeviceGetUUID(self, handle):  # noqa: N802
        return handle.uuid.encode()  # bytes in older versions

    def nvmlDeviceGetName(self, handle):  # noqa: N802
        return handle.name

    def nvmlDeviceGetMemoryInfo(self, handle):  # noqa: N802
        return SimpleNamespace(total=handle.total, used=3 * GB, free=handle.total - 3 * GB)


@pytest.mark.parametrize(
    ("visible", "left"),
    [
        (None, [T4, OTHER]),
        ("0,1", [T4, OTHER]),
        ("1", [OTHER]),
        ("GPU-bbbb", [OTHER]),
        (f"{T4.uuid}", [T4]),
        ("", []),
        ("-1", []),
    ],
)
def test_nvml_tells_the_gpus_that_the_caller_may_use(visible, left):
    found = Nvml(Driver(T4, OTHER), visible)
    assert found.gpus() == left
    assert found.used(OTHER) == 3 * GB


def test_a_machine_without_driver_or_without_the_package_has_no_gpus_and_says_why(monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "pynvml", Driver(works=False))
    here = devices_here()
    assert isinstance(here, NoDevices) and here.gpus() == []
    assert "driver was not found (Driver Not Loaded)" in here.why
    monkeypatch.setitem(sys.modules, "pynvml", None)
    here = devices_here()
    assert isinstance(here, NoDevices) and devices.INSTALL in here.why
    monkeypatch.setitem(sys.modules, "pynvml", Driver(T4))
    assert devices_here().gpus() == [T4]
