"""Decides how facts and tensors reach the disk: a JSON line at once, tensors as safetensors soon after."""

from __future__ import annotations

import json
import math
import os
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file

TENSOR_BYTES = 512 * 2**20  # of one submission: enough for 300 full-size training steps, and a disk survives it
PENDING_BYTES = 2**20  # a process that dies takes at most this much with it: some steps of a small training loop
FACT_LINES = 200_000  # a training loop writes about five lines a step; beyond this the loop is not the course's


class Recorder:
    """Writes `facts.jsonl` and `*.safetensors` into one folder; forked children go on writing to the same file."""

    def __init__(self, folder: Path) -> None:
        self._pending: dict[str, torch.Tensor] = {}
        self._pending_bytes = 0
        self._tensor_count = 0
        self.exercise = 0
        self.cell = -1
        self.looked = 0.0  # seconds spent on looking so far
        self._is_looking = False
        self.move(folder)

    def move(self, folder: Path) -> None:
        """Write into `folder` from now on, with all of the space to use."""
        self._folder = folder
        self._descriptor = os.open(folder / "facts.jsonl", os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self._tensor_bytes = 0
        self._lines = 0

    def begin_looking(self) -> bool:
        """The clock runs from now on; False when it runs already, because one look is part of another."""
        began, self._is_looking = not self._is_looking, True
        return began

    def end_looking(self, seconds: float) -> None:
        """What began has taken `seconds`."""
        self._is_looking = False
        self.looked += seconds

    def fact(self, kind: str, **fields: Any) -> None:
        """Append one fact; it carries the exercise (0 is the set-up) and the 0-based cell in which it happened."""
        self._lines += 1
        if self._lines > FACT_LINES:
            return
        record = {"kind": kind, "exercise": self.exercise, "cell": self.cell, **fields}
        line = json.dumps(record, allow_nan=False).encode() + b"\n"
        if os.write(self._descriptor, line) != len(line):
            raise OSError("the disk is full, or the file as large as it may be")

    def tensor(self, value: torch.Tensor) -> str | None:
        """Keep a copy of `value` (on the CPU, same dtype and shape) and name it; None once the space is used up."""
        size = value.numel() * value.element_size()
        if self._tensor_bytes + size > TENSOR_BYTES:
            return None
        self._tensor_bytes += size
        self._tensor_count += 1
        name = f"{os.getpid()}.{self._tensor_count}"
        self._pending[name] = value.detach().to("cpu", copy=True).contiguous()
        self._pending_bytes += size
        if self._pending_bytes > PENDING_BYTES:
            self.flush()
        return name

    def flush(self) -> None:
        """Write the tensors kept since the last flush to a file of their own; done at each cell's end at the latest."""
        if self._pending:
            save_file(self._pending, self._folder / f"tensors-{os.getpid()}-{self._tensor_count}.safetensors")
            self._pending, self._pending_bytes = {}, 0


def number(value: float) -> float | str:
    """`value` as JSON can carry it: NaN and the infinities become the words of float()."""
    return value if math.isfinite(value) else str(value)
