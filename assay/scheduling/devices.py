"""Decides which GPUs there are and how much of their memory is in use: as the driver's own library, NVML, tells it.

NVML looks from outside and initialises no CUDA. That is the real path; it has not been run on a machine with a GPU.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any, Protocol

INSTALL = "pip install 'assay[gpu]'"


@dataclass(frozen=True)
class Gpu:
    """A GPU, by the name that CUDA_VISIBLE_DEVICES takes ("GPU-" and its UUID: numbers may mean another GPU to CUDA
    than to NVML), what it is called, and its memory in bytes."""

    uuid: str
    name: str
    total: int


class Devices(Protocol):
    """What scheduling asks about GPUs."""

    def gpus(self) -> list[Gpu]:
        """Those that we may use; [] where there are none."""

    def used(self, gpu: Gpu) -> int:
        """Bytes of its memory that any process uses now."""


class NoDevices:
    """A machine on which no GPU can be seen; `why` says why."""

    def __init__(self, why: str) -> None:
        self.why = why

    def gpus(self) -> list[Gpu]:
        """None."""
        return []

    def used(self, gpu: Gpu) -> int:
        """Nothing."""
        return 0


class Nvml:
    """The GPUs that NVML knows, of which the caller's CUDA_VISIBLE_DEVICES may leave out some."""

    def __init__(self, nvml: Any, visible: str | None) -> None:
        """`nvml` is the module pynvml, initialised."""
        self._nvml, self._visible = nvml, visible

    def gpus(self) -> list[Gpu]:
        """In NVML's order."""
        handles = [self._nvml.nvmlDeviceGetHandleByIndex(i) for i in range(self._nvml.nvmlDeviceGetCount())]
        found = [self._gpu(handle) for handle in handles]
        if self._visible is None:
            return found
        wanted = [word.strip() for word in self._visible.split(",")]
        return [gpu for number, gpu in enumerate(found) if any(_names(word, number, gpu) for word in wanted)]

    def used(self, gpu: Gpu) -> int:
        """Bytes that any process uses now."""
        handle = self._nvml.nvmlDeviceGetHandleByUUID(gpu.uuid)
        return int(self._nvml.nvmlDeviceGetMemoryInfo(handle).used)

    def _gpu(self, handle: Any) -> Gpu:
        nvml = self._nvml
        uuid, name = nvml.nvmlDeviceGetUUID(handle), nvml.nvmlDeviceGetName(handle)
        return Gpu(_text(uuid), _text(name), int(nvml.nvmlDeviceGetMemoryInfo(handle).total))


def devices_here() -> Devices:
    """This machine's GPUs."""
    try:
        import pynvml
    except ImportError:
        return NoDevices(f"the package nvidia-ml-py is missing: {INSTALL}")
    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError as error:
        return NoDevices(f"NVIDIA's driver was not found ({error})")
    return Nvml(pynvml, os.environ.get("CUDA_VISIBLE_DEVICES"))


def _names(word: str, number: int, gpu: Gpu) -> bool:
    """CUDA takes numbers, and UUIDs of which the end may be missing."""
    return word == str(number) or (word.startswith("GPU-") and gpu.uuid.startswith(word))


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value
