"""Decides when a submission may begin: when its memory fits beside that of those which run, and in the order of asking.

How many ask at once is bound by the cores. What a submission will take is known from those of its lesson that have
ended: the most that any of them took, and something on top.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from assay.scheduling.machine import available_memory

# Bytes of a submission of a lesson that nobody has measured: the course's take 170 to 280 MB with the calibrated kit.
UNKNOWN = 300 * 10**6
MARGIN = 1.25  # times the most that was seen: looks are seldom, and miss the highest moment
JUDGE = 600 * 10**6  # bytes that a lesson takes once, for its judge and the shared cells: measured 380 to 640 MB
LOOK_S = 1.0  # how often somebody who waits looks whether memory has come free outside of us


class Needs:
    """What a submission of each lesson takes, in bytes; learns while submissions end. Safe to use from any thread."""

    def __init__(self, peaks: Mapping[str, int] | None = None) -> None:
        """`peaks` are the most that was seen by now, by lesson."""
        self._peaks = dict(peaks or {})

    def learn(self, lesson: str | None, peak: int | None) -> None:
        """One of that lesson took so much; None where nobody measured."""
        if lesson is not None and peak:
            self._peaks[lesson] = max(peak, self._peaks.get(lesson, 0))

    def of(self, lesson: str | None) -> int:
        """What the next one of that lesson should find free; a file of no lesson is not run."""
        if lesson is None:
            return 0
        return int(MARGIN * self._peaks[lesson]) if lesson in self._peaks else UNKNOWN


class Admission:
    """The memory of this machine, given to who asks, first come, first served. One may always run."""

    def __init__(self, needs: Needs, available: Callable[[], int] = available_memory) -> None:
        """`available` tells the bytes that are free now; what is free at this moment is all there is to give."""
        self.needs, self._available = needs, available
        self._budget = available()
        self._lessons: set[str] = set()
        self._given: list[int] = []
        self._waiting: deque[object] = deque()
        self._changed = threading.Condition()
        self.held_back = 0  # how many ran when memory first kept the next one waiting

    @contextmanager
    def admitted(self, lesson: str | None) -> Iterator[None]:
        """Wait until a submission of that lesson fits, and hold its place while it runs."""
        given = self._enter(lesson)
        try:
            yield
        finally:
            with self._changed:
                self._given.remove(given)
                self._changed.notify_all()

    def _enter(self, lesson: str | None) -> int:
        ticket = object()
        with self._changed:
            self._lessons |= {lesson} if lesson is not None else set()
            self._waiting.append(ticket)
            try:
                while self._waiting[0] is not ticket or not self._fits(self.needs.of(lesson)):
                    self._changed.wait(LOOK_S)
                self._given.append(given := self.needs.of(lesson))
                return given
            finally:
                self._waiting.remove(ticket)
                self._changed.notify_all()

    def _fits(self, need: int) -> bool:
        """What was given counts even where it is not used yet; what is used by others counts, too."""
        running = sum(given > 0 for given in self._given)
        if not running or not need:
            return True
        given = sum(self._given) + JUDGE * len(self._lessons)
        fits = given + need <= self._budget and need <= self._available()
        if not fits:
            self.held_back = self.held_back or running
        return fits
