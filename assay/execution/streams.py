"""Decides how printed text leaves a cell: in lumps, soon enough to be kept when the process dies, and capped."""

from __future__ import annotations

import io
import os
import time
from collections.abc import Callable
from typing import Any

LUMP_CHARS = 8192
LUMP_SECONDS = 0.2  # what a cell printed before it hung is seen after this long
CELL_CHARS = 1_000_000  # of one stream of one cell; nobody reads more, and a report must stay small


class Stream(io.TextIOBase):
    """Stands for sys.stdout or sys.stderr while a cell runs."""

    def __init__(self, name: str, emit: Callable[[dict[str, Any]], None]) -> None:
        self._name, self._emit = name, emit
        self._lump: list[str] = []
        self._size = 0
        self._total = 0
        self._since = time.monotonic()

    @property
    def encoding(self) -> str:  # type: ignore[override]
        """Always UTF-8."""
        return "utf-8"

    def fileno(self) -> int:
        """The descriptor behind the name, for libraries that write past Python."""
        return 1 if self._name == "stdout" else 2

    def writable(self) -> bool:
        """True."""
        return True

    def write(self, text: str) -> int:
        """Take `text`; it is passed on with the next lump."""
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        self._total += len(text)
        if self._total <= CELL_CHARS:
            self._lump.append(text)
            self._size += len(text)
            if self._size >= LUMP_CHARS or time.monotonic() - self._since > LUMP_SECONDS:
                self._send()
        elif self._total - len(text) <= CELL_CHARS:
            self._lump.append(f"\n[output truncated here: only the first {CELL_CHARS:,} characters are kept]\n")
            self._send()
        return len(text)

    def flush(self) -> None:
        """Pass on what is there."""
        self._send()

    def _send(self) -> None:
        self._since = time.monotonic()
        if self._lump:
            text, self._lump, self._size = "".join(self._lump), [], 0
            self._emit({"output_type": "stream", "name": self._name, "text": text})


class DescriptorCapture:
    """Descriptors 1 and 2 as memory files: what C code and child processes print there is fetched after each cell."""

    def __init__(self) -> None:
        self.drained = 0  # bytes so far
        for descriptor, name in ((1, "stdout"), (2, "stderr")):
            memory = os.memfd_create(name)
            os.dup2(memory, descriptor)
            os.close(memory)

    def drain(self) -> list[tuple[str, str]]:
        """(stream name, text) of what has come since the last call, at most a million bytes of each."""
        found = []
        for descriptor, name in ((1, "stdout"), (2, "stderr")):
            try:
                size = os.lseek(descriptor, 0, os.SEEK_END)
                text = os.pread(descriptor, min(size, CELL_CHARS), 0).decode(errors="replace")
                self.drained += size
                os.ftruncate(descriptor, 0)
                os.lseek(descriptor, 0, os.SEEK_SET)
            except OSError:  # the student closed it
                continue
            if text:
                found.append((name, text))
        return found
