"""Decides which process a notebook's run is forked from: the deepest prefix of its cells that can be shared.

Prefixes are made when they are first wanted, each from the deepest one that there is already; one that cannot be
shared is not tried again, and one that has died is made anew.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import tempfile
import threading
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assay.execution.line import Child, Line, say
from assay.execution.plan import Part, Plan
from assay.failure import Fault

DYING_S = 0.2  # its copies may be seen dead a moment before it is
TRIES = 2  # a prefix may die between being found and being asked

_Cells = tuple[tuple[int, str], ...]


@dataclass(frozen=True)
class _Key:
    """What a prefix has run, and all that its copies must have in common."""

    names: tuple[str, ...]
    values: tuple[str, ...]
    witness: bool
    tier: str
    cells: _Cells

    def up_to(self, count: int) -> _Key:
        """The key of the first `count` cells."""
        return _Key(self.names, self.values, self.witness, self.tier, self.cells[:count])


def _key(plan: Plan) -> _Key:
    """The key of all cells of a plan."""
    cells = tuple((section.exercise, source) for section in plan.sections for _, source in section.cells)
    return _Key(plan.names, plan.values, plan.witness, plan.tier, cells)


@dataclass(frozen=True)
class _Prefix:
    """A prefix that serves copies, and which start of the warm parent it comes from."""

    line: Line
    pid: int
    generation: int


@dataclass(frozen=True)
class Begun:
    """A run that has begun in a copy of a prefix."""

    child: Child
    cells: int
    prefix: _Prefix

    def was_orphaned(self) -> bool:
        """Whether the prefix has died, and the run with it."""
        return self.prefix.line.is_cut(DYING_S)


class Prefixes:
    """The prefixes of one warm parent; safe to ask from several threads."""

    def __init__(self, order: Callable[[dict[str, Any]], Child], beside: Path) -> None:
        self._order, self._beside = order, beside
        self.own = False  # whether all copies are versions of one notebook of the caller's own
        self._made: dict[_Key, _Prefix] = {}
        self._refused: dict[_Key, str] = {}
        self._folders: list[Path] = []
        self._making: defaultdict[_Key, threading.Lock] = defaultdict(threading.Lock)

    def begin(
        self, plan: Plan, order: Path, beginnings: Sequence[int], wait_s: float
    ) -> tuple[Begun | None, str | None]:
        """The run of `plan`, stored at `order`, begun after as many cells as can be shared; and why not after all of
        `beginnings`, which ascend. Waits while these cells run for the first time, at most `wait_s`."""
        whole = _key(plan)
        for _ in range(TRIES):
            count, prefix, reason = self._deepest(whole, beginnings, wait_s)
            if prefix is None:
                return None, reason
            descriptor = -1
            try:
                pid, descriptor = prefix.line.order({"do": "run"})
                say(descriptor, str(order))
            except (Fault, OSError, ValueError):
                self._forget(whole.up_to(count))
                if descriptor >= 0:
                    os.close(descriptor)
                continue
            return Begun(Child(pid, descriptor, prefix.generation), count, prefix), reason
        return None, "the process that ran the course's cells died"

    def prepare(self, plan: Plan, count: int, wait_s: float) -> bool:
        """Have the first `count` cells of `plan` run for what comes later, if nobody has; False where that cannot be.
        Waits for them as `begin` does."""
        key = _key(plan).up_to(count)
        with self._making[key.up_to(0)]:
            if key in self._refused:
                return False
            return self._alive(key) is not None or self._make(key, [count], wait_s) is not None

    def keep(self, plan: Plan) -> None:
        """Let go of all that have run other cells than `plan` begins with."""
        whole = _key(plan)
        with self._making[whole.up_to(0)]:
            for key in list(self._made):
                if key != whole.up_to(len(key.cells)):
                    self._forget(key)

    def pids(self) -> list[int]:
        """Of the processes that serve now, or did until they died."""
        return [prefix.pid for prefix in list(self._made.values())]

    def close(self) -> None:
        """Let all of them go; they end with the warm parent."""
        for prefix in self._made.values():
            prefix.line.close()
        for folder in self._folders:
            shutil.rmtree(folder, ignore_errors=True)
        self._made, self._folders = {}, []

    def _deepest(self, whole: _Key, beginnings: Sequence[int], wait_s: float) -> tuple[int, _Prefix | None, str | None]:
        reason = None
        with self._making[whole.up_to(0)]:  # who waits would have to run the same cells
            for count in reversed(beginnings):
                key = whole.up_to(count)
                if key not in self._refused and (prefix := self._alive(key) or self._make(key, beginnings, wait_s)):
                    return count, prefix, reason
                reason = reason or self._refused.get(key)
        return 0, None, reason

    def _alive(self, key: _Key) -> _Prefix | None:
        prefix = self._made.get(key)
        if prefix is not None and prefix.line.is_cut():
            self._forget(key)
            return None
        return prefix

    def _forget(self, key: _Key) -> None:
        if (prefix := self._made.pop(key, None)) is not None:
            prefix.line.close()

    def _make(self, key: _Key, beginnings: Sequence[int], wait_s: float) -> _Prefix | None:
        """A prefix that has run the cells of `key`; None, and it is refused, when they cannot be shared."""
        known = next((n for n in range(len(key.cells) - 1, 0, -1) if self._alive(key.up_to(n)) is not None), 0)
        try:
            prefix = self._start(key, known, [n - known for n in beginnings if known < n <= len(key.cells)])
        except (Fault, OSError, ValueError):
            return None  # the one it comes from is gone: the caller goes on with fewer cells, or none
        try:
            said = prefix.line.greeting(wait_s)
        except Fault as fault:
            with contextlib.suppress(OSError):
                os.kill(prefix.pid, signal.SIGKILL)
            said = {"refused": str(fault).splitlines()[0], "good": 0}
        if "refused" not in said:
            self._made[key] = prefix
            return prefix
        prefix.line.close()
        for count in range(known + int(said["good"]) + 1, len(key.cells) + 1):
            self._refused.setdefault(key.up_to(count), said["refused"])
        return None

    def _start(self, key: _Key, known: int, ends: list[int]) -> _Prefix:
        base = self._made.get(key.up_to(known))
        folder = Path(tempfile.mkdtemp(prefix="shared-", dir=self._beside)).resolve()
        self._folders.append(folder)
        part = folder / "part.json"
        common = (key.names, key.values, key.witness, key.tier, self.own)
        Part(str(folder), key.cells[known:], tuple(ends), *common).write(part)
        order = {"do": "share", "part": str(part)}
        if base is not None:
            pid, descriptor = base.line.order(order)
            return _Prefix(Line(socket.socket(fileno=descriptor)), pid, base.generation)
        child = self._order(order)
        return _Prefix(Line(socket.socket(fileno=child.descriptor)), child.pid, child.generation)
