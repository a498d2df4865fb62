"""Decides what `num_workers` of a DataLoader means while grading: the process itself loads, in the same order.

Workers hand tensors over through sockets, which lockdown closes; and a process with workers' threads cannot be copied.
"""

from __future__ import annotations

import functools
from typing import Any

from torch.utils.data import DataLoader

# What makes no sense without workers, and raises; and where arguments stand that may be given without their names.
_ONLY_WITH_WORKERS = {"timeout": 0, "multiprocessing_context": None, "prefetch_factor": None,
                      "persistent_workers": False}  # fmt: skip
_POSITIONS = {"num_workers": 4, "timeout": 8, "multiprocessing_context": 10}


def load_in_process() -> None:
    """Make every DataLoader that is built from now on load in its own process."""
    original = DataLoader.__init__

    @functools.wraps(original)
    def init(self: Any, dataset: Any, *args: Any, **kwargs: Any) -> None:
        given = list(args)
        for name, value in ({"num_workers": 0} | _ONLY_WITH_WORKERS).items():
            position = _POSITIONS.get(name, len(given))
            if position < len(given):
                given[position] = value
            elif name in kwargs:
                kwargs[name] = value
        original(self, dataset, *given, **kwargs)

    DataLoader.__init__ = init  # type: ignore[method-assign]
