"""Decides, from outside the student's processes, when a section has gone on long enough, and writes down its end."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assay.execution.allowance import Allowance, Meter
from assay.execution.events import Reader
from assay.execution.gpu import GpuShare
from assay.execution.plan import Plan
from assay.execution.processes import outer
from assay.execution.reasons import after_death, after_error, duration
from assay.execution.record import Ending, Execution, ReplayEnding
from assay.execution.spoken import announcements, seconds, signed, text, whole
from assay.execution.tree import kill_all, kill_below, kill_beside, root_of
from assay.execution.watch import Watch
from assay.replay.dealer import Dealer

LOOK_S = 0.1  # how often the clock and the memory are looked at
# A snapshot that has not gone on this long after its child was killed is stuck itself. A fork bomb's hundred processes
# take five seconds to fall apart on a busy machine.
GRACE_S = 20.0


@dataclass(frozen=True)
class _Replaying:
    """The replay that runs now."""

    name: str
    pid: int
    began: float


class Supervisor:
    """Follows the records of one notebook's processes; what they say is believed only about themselves."""

    def __init__(
        self, plan: Plan, allowance: Allowance, pid: int, progress: Callable[[int, int], None], dealer: Dealer,
        gpu: GpuShare | None = None,
    ) -> None:  # fmt: skip
        self._plan, self._allowance, self._pid, self._progress = plan, allowance, pid, progress
        self._dealer = dealer
        self._watch = Watch(allowance, Meter(allowance, pid, Path(plan.folder), gpu))
        self._outbox = b""
        self._ended: set[str] = set()  # the replays whose exercise has ended, so that they may have their inputs
        self._replay: _Replaying | None = None
        self.execution = Execution(root=root_of(pid))
        self._section = -1
        self._leaf = pid
        self._cell: int | None = None
        self._to_come: list[int] = []  # cells of the section that have not begun
        self._dead: set[int] = set()  # sections whose process has died
        self._killed: Ending | None = None
        self._killed_at = self._looked_at = 0.0
        self._finished = False

    def follow(self, descriptor: int) -> Execution:
        """Read until every process has ended or has been killed; afterwards nothing of the tree does anything, and
        `is_buried` says when nothing of it is left."""
        reader = Reader()
        os.set_blocking(descriptor, False)  # one that asks and does not read must not stop us
        try:
            while not self._finished:
                readable, writable, _ = select.select([descriptor], [descriptor] if self._outbox else [], [], LOOK_S)
                if writable:
                    self._post(descriptor)
                if readable:
                    data = _read(descriptor)
                    if not data:
                        break
                    self._take(reader, data)
                self._look()
        finally:
            os.close(descriptor)
            kill_all(self._pid)
        self._close()
        return self.execution

    def _post(self, descriptor: int) -> None:
        with contextlib.suppress(OSError):  # the asker may be dead by now
            self._outbox = self._outbox[os.write(descriptor, self._outbox) :]

    def _take(self, reader: Reader, data: bytes) -> None:
        self._watch.received += len(data)
        try:
            for record in reader.feed(data):
                self._obey(record)
        except OverflowError:
            self._stop(Ending("resource", "an output was larger than 32 MB", self._cell))

    def _obey(self, record: dict[str, Any]) -> None:
        handler = getattr(self, f"_on_{record.get('e')}", None)
        if handler is not None:
            try:
                handler(record)
            except (KeyError, TypeError, ValueError, IndexError, OverflowError):  # a forged record is no record
                return

    def _on_ready(self, record: dict[str, Any]) -> None:
        if self._watch.started is None:
            self.execution.private_tmp = record["private_tmp"] is True

    def _on_fault(self, record: dict[str, Any]) -> None:
        if self._watch.started is None:  # before the first cell it is ours
            self.execution.fault = str(record["reason"])

    def _on_section(self, record: dict[str, Any]) -> None:
        position = whole(record["section"])
        if not self._section < position < len(self._plan.sections):
            return
        self._begin_section(position, outer(self._pid, whole(record["pid"])))

    def _begin_section(self, position: int, leaf: int) -> None:
        """Every section has its own time and its own room for outputs and files."""
        self._section, self._leaf, self._cell, self._killed = position, leaf, None, None
        self._to_come = [index for index, _ in self._plan.sections[position].cells]
        self._watch.begin_section()

    def _on_cell(self, record: dict[str, Any]) -> None:
        cell = whole(record["cell"])
        if cell not in self._to_come:  # each has its time once
            return
        self._to_come = self._to_come[self._to_come.index(cell) + 1 :]
        self._cell = cell
        self._watch.begin_cell()
        self._progress(self._plan.sections[self._section].exercise, cell)

    def _on_output(self, record: dict[str, Any]) -> None:
        cell = whole(record["cell"])
        if cell in {index for index, _ in self._plan.sections[self._section].cells}:
            self.execution.add_output(cell, record["output"])

    def _on_cell_end(self, record: dict[str, Any]) -> None:
        cell, number = whole(record["cell"]), self._plan.sections[self._section].exercise
        if cell != self._cell:
            return
        ended = self.execution.endings.get(number)
        self._cell = None
        if record["error"] and (ended is None or ended.state == "completed"):
            name, message = record["error"]
            self.execution.endings[number] = after_error(text(name), text(message), cell)
        self._announce(record)
        self.execution.cell_seconds[cell] = self._seconds(record["seconds"])
        self.execution.witness_seconds += self._seconds(record["witness_seconds"])
        self.execution.witness_inside += self._seconds(record["witness_inside"])
        self.execution.counts[cell] = whole(record["count"])

    def _announce(self, record: dict[str, Any]) -> None:
        """What the witness says that it has written by now; of one process, the latest counts."""
        for process, lines in announcements(record["facts"]).items():
            self.execution.facts[process] = max(lines, self.execution.facts.get(process, lines))

    def _seconds(self, value: object) -> float:
        """Seconds that can have passed."""
        return min(seconds(value), self._watch.since_start())

    def _on_section_end(self, record: dict[str, Any]) -> None:
        section = self._plan.sections[self._section]
        if self._to_come or self._cell is not None:
            return
        self.execution.endings.setdefault(section.exercise, Ending("completed"))
        self._cell = None
        self._ended |= {str(spec["name"]) for spec in section.replays}

    def _on_replay(self, record: dict[str, Any]) -> None:
        name = str(record["name"])
        if name in self._ended and self._replay is None:
            self._ended.discard(name)  # inputs are dealt once
            self._replay = _Replaying(name, outer(self._pid, whole(record["pid"])), time.monotonic())
            self._outbox = self._dealer.deal(name)

    def _on_replay_end(self, record: dict[str, Any]) -> None:
        name, state = str(record["name"]), str(record["state"])
        runs = self._replay is not None and self._replay.name == name
        # one that could not be begun may have ended, too, but not well
        if not runs and (name not in self._ended or state == "done"):
            return
        if state in ("done", "missing", "error", "unchecked"):
            reason = None if record["reason"] is None else text(record["reason"])[:500]
            self.execution.replays.setdefault(name, ReplayEnding(state, reason))
        self._ended.discard(name)
        self._announce(record)
        if runs:
            self.execution.struck |= record.get("killed") is True and self._killed is None
            self._replay, self._outbox = None, b""
            self._watch.restart_section()

    def _on_died(self, record: dict[str, Any]) -> None:
        position, status = whole(record["section"]), signed(record["status"])
        if position < self._section or position in self._dead:  # a section dies once, and has its time once
            return
        number = self._plan.sections[position].exercise
        self.execution.struck |= status == -signal.SIGKILL and self._killed is None
        self._dead.add(position)
        self.execution.died.add(number)
        self.execution.endings[number] = self._killed or after_death(status, self._cell)
        self._begin_section(position, self._pid)
        self._to_come = []

    def _on_finished(self, record: dict[str, Any]) -> None:
        self._finished = self.execution.finished = True

    def _look(self) -> None:
        now = time.monotonic()
        if self._watch.started is None or now - self._looked_at < LOOK_S:
            return
        self._looked_at = now
        if self._killed is not None:
            if now - self._killed_at > GRACE_S:
                self._finished = True
            return
        limit = self._exceeded(now)
        if limit is not None:
            self._stop(limit)

    def _exceeded(self, now: float) -> Ending | None:
        if (over := self._watch.over(now, self._cell)) is not None:
            self._finished = True
            return over
        if self._replay is not None and now - self._replay.began > self._allowance.exercise_s:
            self._end_replay(self._replay)
        limit = self._watch.exceeded(now, self._cell, replaying=self._replay is not None)
        self.execution.peak_memory = self._watch.peak_memory
        self.execution.peak_gpu_memory = self._watch.peak_gpu_memory
        return limit

    def _end_replay(self, replay: _Replaying) -> None:
        """Kill a replay that goes on for longer than the exercise itself may; what waits for it goes on."""
        reason = f"it was still running after {duration(self._allowance.exercise_s)}"
        self.execution.replays[replay.name] = ReplayEnding("error", reason)
        kill_below(self._pid, replay.pid)
        self._replay = None
        self._watch.restart_section()

    def _stop(self, ending: Ending) -> None:
        """Kill what runs now; its parent, the snapshot, reports the death and goes on."""
        self._killed = ending
        number = self._plan.sections[self._section].exercise
        self.execution.endings[number] = ending
        if self._leaf == self._pid or not kill_beside(self._pid, self._leaf):
            self._finished = True
        self._killed_at = time.monotonic()

    def _close(self) -> None:
        """Sections that never came get an ending too."""
        if self._watch.started is not None:
            self.execution.seconds = self._watch.since_start()
        self.execution.struck |= not self.execution.finished and self._killed is None and self.execution.fault is None
        for position, section in enumerate(self._plan.sections):
            if section.exercise not in self.execution.endings:
                self.execution.endings[section.exercise] = self._unreached(position)
        for name in self._dealer.specs:
            ending = ReplayEnding("unchecked", "the process was gone before this could be asked")
            self.execution.replays.setdefault(name, ending)

    def _unreached(self, position: int) -> Ending:
        if position == self._section:
            return Ending("error", "the process ended before the exercise did", self._cell)
        stopped = self._killed
        if stopped is not None and stopped.state == "timeout":
            return Ending("timeout", stopped.reason)
        return Ending("blocked", "the notebook's process had ended before this exercise")


def _read(descriptor: int) -> bytes:
    """What is there; nothing once every writer is gone, whether it closed its end or died with our bytes unread."""
    try:
        return os.read(descriptor, 1 << 20)
    except ConnectionError:
        return b""
