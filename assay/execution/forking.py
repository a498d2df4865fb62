"""Decides whether a process may be copied by fork."""

from __future__ import annotations

from pathlib import Path


def is_forkable() -> bool:
    """Whether a copy of this process would work: one thread, and CUDA untouched."""
    import torch

    try:
        threads = len(list(Path("/proc/self/task").iterdir()))
    except OSError:
        threads = 1
    return threads == 1 and not torch.cuda.is_initialized()  # type: ignore[no-untyped-call]
