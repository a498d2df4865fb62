"""Decides what a waiting person sees: a line per running notebook on a terminal, a line per finished one elsewhere."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from assay.report import plain


class Display:
    """Progress of a command over `total` notebooks, on standard error."""

    def __init__(self, total: int) -> None:
        self._console = Console(stderr=True)
        self._progress = Progress(
            SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
            console=self._console, transient=True, disable=not self._console.is_terminal,
        )  # fmt: skip
        self._all = self._progress.add_task("notebooks", total=total)
        self._total, self._done, self._lock = total, 0, threading.Lock()

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

    @contextmanager
    def task(self, file: str) -> Iterator[Callable[[str], None]]:
        """A line for one notebook while it runs; call what it gives with the step that has begun."""
        name = plain(Path(file).name)
        line = self._progress.add_task(escape(name), total=1)

        def step(text: str) -> None:
            self._progress.update(line, description=escape(f"{name}: {plain(text)}"))

        try:
            yield step
        finally:
            self._progress.remove_task(line)

    def done(self, file: str) -> None:
        """One more notebook has its result; any thread may say so."""
        with self._lock:
            self._done += 1
            self._progress.update(self._all, advance=1, description="notebooks")
            if not self._console.is_terminal:
                line = f"[{self._done}/{self._total}] {plain(Path(file).name)}"
                self._console.print(line, markup=False, highlight=False, soft_wrap=True)


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
