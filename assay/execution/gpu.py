"""Decides how much of a GPU's memory a submission may use, and that it cannot ask its allocator for more.

Nothing here initialises CUDA: a process that did could not be forked any more. It has not been run on a GPU.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class GpuShare:
    """The GPU that a warm parent's children have: bytes in use there beyond what was before them, as seen from outside;
    bytes that may be in use; and the fraction of the device that this is."""

    used: Callable[[], int]
    limit: int
    fraction: float


def limit_allocator(fraction: float) -> None:
    """Have torch's allocator refuse what goes beyond this fraction of the device, from the moment on at which this
    process first uses CUDA, with the exception that students know: OutOfMemoryError.

    `torch.cuda.set_per_process_memory_fraction` itself would initialise CUDA now. So it is put among the calls that
    torch makes when it does that, as `torch.cuda.manual_seed` does with its own.
    """
    import torch

    torch.cuda._lazy_call(lambda: torch.cuda.set_per_process_memory_fraction(fraction))  # type: ignore[no-untyped-call]
