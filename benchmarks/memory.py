"""How much memory a command and everything below it use together, at most."""

from __future__ import annotations

import threading
import time
from types import TracebackType

import psutil

EVERY_S = 0.3  # adding up takes some milliseconds a process


class Memory:
    """Looks at the tree below a process from another thread; `peak` is in bytes, each shared page counted once."""

    def __init__(self, pid: int) -> None:
        self.peak = self.processes = 0
        self._root, self._done = psutil.Process(pid), threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Memory:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._done.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._done.is_set():
            try:
                tree = [self._root, *self._root.children(recursive=True)]
            except psutil.NoSuchProcess:
                return
            self.peak = max(self.peak, sum(map(proportional, tree)))
            self.processes = max(self.processes, len(tree))
            time.sleep(EVERY_S)


def proportional(process: psutil.Process) -> int:
    """PSS: a page that several processes share is divided among them."""
    try:
        with open(f"/proc/{process.pid}/smaps_rollup") as file:
            return next(int(line.split()[1]) * 1024 for line in file if line.startswith("Pss:"))
    except (OSError, StopIteration):
        return 0
