"""Decides how facts and tensors reach the disk: a JSON line at once, tensors as safetensors soon after.

Every line says which run and which process wrote it, and which of that process's lines it is; a file of tensors is
followed by a line with its digest. What is announced at a cell's end, the count and the digest of the lines so far,
leaves the process at once: files that are changed afterwards contradict it.
"""

from __future__ import annotations

import json
import math
import os
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import torch
import xxhash
from safetensors.torch import save

TENSOR_BYTES = 512 * 2**20  # of one submission: enough for 300 full-size training steps, and a disk survives it
PENDING_BYTES = 2**20  # a process that dies takes at most this much with it: some steps of a small training loop
FACT_LINES = 200_000  # a training loop writes about five lines a step; beyond this the loop is not the course's
NO_RUN = "0" * 16  # the nonce of a recorder that nobody will ask


class Lines:
    """What one process has written: a name of its own, how many lines, and their digest."""

    def __init__(self) -> None:
        self.pid, self.name = os.getpid(), os.urandom(4).hex()
        self.count, self.hash = 0, xxhash.xxh3_128()
        self.lock = threading.RLock()  # of its own in every process: a fork may come while another thread holds it
        self.is_torn = self.is_busy = False


Held = tuple[str, bytes]  # the name of a file of tensors and its bytes, or no name and a fact as JSON


class Recorder:
    """Writes `facts.jsonl` and `*.safetensors` into one folder; forked children go on writing to the same file."""

    def __init__(self, folder: Path, nonce: str = NO_RUN) -> None:
        self._nonce = nonce
        self._pending: dict[str, torch.Tensor] = {}
        self._pending_bytes = 0
        self._tensor_count = 0
        self.exercise = 0
        self.cell = -1
        self.looked = 0.0  # seconds spent on looking so far
        self._is_looking = False
        self._held: list[Held] | None = None
        self.move(folder)

    def move(self, folder: Path) -> None:
        """Write into `folder` from now on, with all of the space to use."""
        self._folder = folder
        self._descriptor = os.open(folder / "facts.jsonl", os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self._tensor_bytes = 0
        self._written = Lines()

    @property
    def folder(self) -> Path:
        """Where it writes: of the run, or of a replay."""
        return self._folder

    def hold(self) -> None:
        """Keep in memory what is recorded from now on, for runs that do not exist yet."""
        os.close(self._descriptor)
        self._held, self._descriptor = [], -1

    def held(self) -> list[Held]:
        """What was kept in memory since this was last asked."""
        taken, self._held = self._held or [], []
        return taken

    def land(self, folder: Path, nonce: str) -> None:
        """Write into `folder` from now on, for the run with that `nonce`; the space that was used stays used."""
        used = self._tensor_bytes
        self._held, self._nonce = None, nonce
        self.move(folder)
        self._tensor_bytes = used

    def repeat(self, held: Iterable[Held], cell: int) -> None:
        """Write what was kept in memory, as seen in `cell` of this run."""
        for name, data in held:
            if name:
                (self._folder / name).write_bytes(data)
            elif self._lines().count < FACT_LINES:
                self._write(self._lines(), json.loads(data) | {"cell": cell})

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
        lines = self._lines()
        with lines.lock:
            if lines.count >= FACT_LINES or lines.is_busy:  # a signal's handler may come here while a line is written
                return
            lines.is_busy = True
            try:
                self._write(lines, {"kind": kind, "exercise": self.exercise, "cell": self.cell, **fields})
            finally:
                lines.is_busy = False

    def _write(self, lines: Lines, fact: dict[str, Any]) -> None:
        if self._held is not None:
            self._held.append(("", json.dumps(fact, allow_nan=False).encode()))
            lines.count += 1
            return
        record = fact | {"by": f"{self._nonce}.{lines.name}.{lines.count + 1}"}
        line = json.dumps(record, allow_nan=False).encode() + b"\n"
        torn, lines.is_torn = lines.is_torn, True
        if os.write(self._descriptor, b"\n" * torn + line) != len(line) + torn:
            raise OSError("the disk is full, or the file as large as it may be")
        lines.is_torn = False
        lines.count += 1
        lines.hash.update(line)

    def _lines(self) -> Lines:
        if self._written.pid != os.getpid():
            self._written = Lines()
        return self._written

    def announced(self) -> dict[str, list[Any]]:
        """This process's name, with the number of its lines so far and their digest."""
        lines = self._lines()
        with lines.lock:
            return {lines.name: [lines.count, lines.hash.hexdigest()]}

    def tensor(self, value: torch.Tensor) -> str | None:
        """Keep a copy of `value` (on the CPU, same dtype and shape) and name it; None once the space is used up."""
        size = value.numel() * value.element_size()
        if self._tensor_bytes + size > TENSOR_BYTES:
            return None
        self._tensor_bytes += size
        self._tensor_count += 1
        name = f"{self._lines().name}.{self._tensor_count}"
        self._pending[name] = value.detach().to("cpu", copy=True).contiguous()
        self._pending_bytes += size
        if self._pending_bytes > PENDING_BYTES:
            self.flush()
        return name

    def give_back(self, size: int) -> None:
        """So many bytes of tensors were removed, and may be kept anew."""
        self._tensor_bytes = max(0, self._tensor_bytes - size)

    def flush(self) -> None:
        """Write the tensors kept since the last flush to a file of their own; done at each cell's end at the latest."""
        if self._pending:
            name = f"tensors-{self._lines().name}-{self._tensor_count}.safetensors"
            data = save(self._pending)
            self._pending, self._pending_bytes = {}, 0
            if self._held is None:
                (self._folder / name).write_bytes(data)
            else:
                self._held.append((name, data))
            self.fact("kept", file=name, digest=xxhash.xxh3_128_hexdigest(data))


def number(value: float) -> float | str:
    """`value` as JSON can carry it: NaN and the infinities become the words of float()."""
    return value if math.isfinite(value) else str(value)
