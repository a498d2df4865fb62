"""Decides how much a submission has written: files in its folders, and files that it holds open without a name."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Iterable
from pathlib import Path

from assay.execution.processes import living

# A walk through many files takes a while; it may cost a twentieth of the supervisor's time, but nobody writes unseen
# for longer than five seconds.
_SHARE, _SHORTEST_S, _LONGEST_S = 20, 0.5, 5.0
FILES = 100_000  # CIFAR-10 unpacked to single pictures is 60,000

_Identity = tuple[int, int]  # device and inode: a file with two names counts once


class DiskWatch:
    """Looks at one submission's folders now and then: `used` is in bytes on the disk, beyond what was there at the
    last `start_anew`; `files` is how many there are in all."""

    def __init__(self, folders: Iterable[Path]) -> None:
        self._folders = list(folders)
        self._next = 0.0
        self.files = 0
        self._in_folders: dict[_Identity, int] = {}
        self._bytes = self._before = 0
        self.closed: str | None = None  # a folder that cannot be looked into

    def look(self, processes: Iterable[int]) -> None:
        """Add up again; the folders only when it is time."""
        now = time.monotonic()
        if now >= self._next:
            began = time.thread_time()  # not by the clock: who keeps the machine busy would be looked at less often
            self._in_folders, self.closed = {}, None
            for folder in self._folders:
                self._walk(str(folder))
            self._next = now + min(_LONGEST_S, max(_SHORTEST_S, _SHARE * (time.thread_time() - began)))
        self.files = len(self._in_folders)
        self._bytes = sum((self._in_folders | _nameless(processes)).values())

    @property
    def used(self) -> int:
        """Bytes more than before."""
        return self._bytes - self._before

    def start_anew(self) -> None:
        """Count from what the last look saw: the next exercise shall not pay for what an earlier one left."""
        self._before = self._bytes

    def _walk(self, folder: str) -> None:
        try:
            entries = list(os.scandir(folder))
        except FileNotFoundError:
            return
        except OSError:
            self.closed = folder
            return
        for entry in entries:
            if len(self._in_folders) > FILES:
                return
            try:
                facts = entry.stat(follow_symlinks=False)
            except OSError:  # gone meanwhile
                continue
            self._in_folders[facts.st_dev, facts.st_ino] = _size(facts)
            if stat.S_ISDIR(facts.st_mode):
                self._walk(entry.path)


def _nameless(processes: Iterable[int]) -> dict[_Identity, int]:
    """Files that these processes hold open and that have no name any more, memory files among them."""
    found: dict[_Identity, int] = {}
    for pid in processes:
        try:
            descriptors = list(os.scandir(f"{living(pid)}/fd"))
        except OSError:  # gone, or not Linux
            continue
        for descriptor in descriptors:
            try:
                facts = descriptor.stat()
            except OSError:
                continue
            if stat.S_ISREG(facts.st_mode) and facts.st_nlink == 0:
                found[facts.st_dev, facts.st_ino] = _size(facts)
    return found


def _size(facts: os.stat_result) -> int:
    return facts.st_blocks * 512  # st_blocks counts these, whatever the disk's own blocks are
