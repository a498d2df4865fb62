"""Decides what a waiting person sees: a line per running notebook on a terminal, a line per finished one elsewhere."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from assay.report import plain

TELLING = 0.05  # of all the work: a file that was rejected at once says nothing about the others
LEAST_S = 10.0  # a shorter wait is over before anybody has read how long it is


class Display:
    """Progress of a command over `total` notebooks, on standard error.

    `expected` says how long each is thought to take, in any unit, in the order in which they are begun or not: the time
    that is left is told from the share of it that is done.
    """

    def __init__(self, total: int, expected: float | None = None) -> None:
        self._console = Console(stderr=True)
        self._progress = Progress(
            SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[told]}"),
            TimeElapsedColumn(), console=self._console, transient=True, disable=not self._console.is_terminal,
        )  # fmt: skip
        self._total, self._done, self._failures = total, 0, 0
        self._expected, self._worked = float(total) if expected is None else expected, 0.0
        self._all = self._progress.add_task("notebooks", total=self._expected, told=f"0/{total}")
        self._lock, self._began = threading.Lock(), time.monotonic()

    def __enter__(self) -> Display:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Clear the lines; safe to call twice."""
        self._progress.stop()

    def say(self, text: str) -> None:
        """One sentence about what is going on before the first notebook."""
        if self._console.is_terminal:
            self._progress.update(self._all, description=text)
        else:
            self._console.print(text, markup=False, highlight=False)

    def tell(self, text: str) -> None:
        """One sentence that stays, above the lines."""
        self._console.print(text, markup=False, highlight=False, soft_wrap=True)

    def begin(self) -> None:
        """The notebooks begin now: the time that is left is counted from here."""
        self._began = time.monotonic()
        self._progress.update(self._all, description="notebooks")

    @contextmanager
    def task(self, name: str) -> Iterator[Callable[[str], None]]:
        """A line for one notebook while it runs; call what it gives with the step that has begun."""
        shown = plain(name)
        line = self._progress.add_task(escape(shown), total=1, told="")

        def step(text: str) -> None:
            self._progress.update(line, description=escape(f"{shown}: {plain(text)}"))

        try:
            yield step
        finally:
            self._progress.remove_task(line)

    def done(self, name: str, expected: float = 1.0, failure: str | None = None) -> None:
        """One more notebook has its result, after work of that size; `failure` says why it has no score. Any thread
        may say so."""
        with self._lock:
            self._done += 1
            self._worked += expected
            self._failures += failure is not None
            told = ", ".join(filter(None, [f"{self._done}/{self._total}", self._failed(), self._left()]))
            self._progress.update(self._all, completed=self._worked, description="notebooks", told=told)
            if not self._console.is_terminal:
                why = f": {plain(failure)}" if failure else ""
                left = f" ({left})" if (left := self._left()) else ""
                line = f"[{self._done}/{self._total}] {plain(name)}{why}{left}"
                self._console.print(line, markup=False, highlight=False, soft_wrap=True)

    def _failed(self) -> str:
        return f"{self._failures} without a score" if self._failures else ""

    def _left(self) -> str:
        """How much longer it takes if it goes on as it went; nothing when too little is known or left to tell."""
        if self._done >= self._total or self._worked < TELLING * self._expected:
            return ""
        seconds = (time.monotonic() - self._began) * (self._expected - self._worked) / self._worked
        if seconds < LEAST_S:
            return ""
        return f"about {seconds / 60:.0f} min left" if seconds >= 90 else f"about {seconds:.0f} s left"


def show_kit_progress() -> Callable[[str, float], None]:
    """A callback for the kit's build: a percentage that grows in place on a terminal, a line per tenth elsewhere."""
    last = {"tenth": -1}

    def show(step: str, share: float) -> None:
        if sys.stderr.isatty():
            end = "\n" if share >= 1 else ""
            sys.stderr.write(f"\rbuilding the kit, once: {share:4.0%} {step:40.40}{end}")
            sys.stderr.flush()
        elif int(share * 10) > last["tenth"]:
            last["tenth"] = int(share * 10)
            print(f"building the kit, once: {share:.0%} {step}", file=sys.stderr)

    return show
