"""How long a student waits for `grade.py check --watch` between saving a notebook and reading the table.

`python -m benchmarks.watch` saves a copy of a lesson's reference notebook with one cell changed, one change after the
other, and takes the time until the command has printed its last line. Between two changes it waits until the command
has made ready what it makes ready while a student thinks.
"""

from __future__ import annotations

import argparse
import json
import queue
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from assay.course import course_root, lesson_files
from benchmarks.tables import load, machine

QUIET_S = 0.5  # a table is printed at once: after this long without a line it is whole
START_S = 300.0


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lesson", default="textual-inversion", help="the lesson (textual-inversion)")
    parser.add_argument("--cells", type=int, nargs="+", default=[-1, -2, -5, -9, -9, -15],
                        help="code cells to change in turn, counted from the end (-1 -2 -5 -9 -9 -15)")  # fmt: skip
    options = parser.parse_args()
    before = machine()
    notebook = json.loads(lesson_files(options.lesson).reference.read_text(encoding="utf-8"))
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    table = Table("change", "code cells run", "s from save to table", title=f"check --watch, {options.lesson}")
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / f"{options.lesson.replace('-', '_')}.ipynb"
        with _Watch(notebook, path) as watch:
            table.add_row("(first look)", *watch.wait(None))
            for number, place in enumerate(options.cells):
                watch.rest()
                code[place]["source"] = [*code[place]["source"], f"\n# change {number}"]
                began = _save(notebook, path)
                table.add_row(f"cell {place}", *watch.wait(began))
    console = Console(highlight=False, soft_wrap=True)
    console.print(table)
    console.print(f"Machine: {before}; at the end: {load()}")
    return 0


class _Watch:
    """The command, and its lines as they come."""

    def __init__(self, notebook: dict[str, Any], path: Path) -> None:
        _save(notebook, path)
        command = [sys.executable, str(course_root() / "grade.py"), "check", str(path), "--watch"]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self._lines: queue.Queue[tuple[float, str]] = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def __enter__(self) -> _Watch:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.send_signal(signal.SIGINT)
        self._process.wait()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._lines.put((time.monotonic(), line))

    def wait(self, began: float | None) -> tuple[str, str]:
        """How many cells were run, and the seconds until the table's last line."""
        said, last = "", 0.0
        while True:
            try:
                last, line = self._lines.get(timeout=QUIET_S if said else START_S)
                said = line if "after the save" in line else said
            except queue.Empty:
                break
        if "of" not in said or said.startswith("0"):
            raise SystemExit(f"the command said {said!r}")
        return said.split(": ")[1].split(" code")[0], "" if began is None else f"{last - began:.2f}"

    def rest(self) -> None:
        """Let the command make ready what it makes ready while a student thinks: until it needs no processor."""
        import psutil

        process = psutil.Process(self._process.pid)
        used = -1.0
        while (now := _cpu(process)) > used + 0.05:
            used = now
            time.sleep(1)


def _cpu(process: Any) -> float:
    times = [one.cpu_times() for one in [process, *process.children(recursive=True)]]
    return sum(one.user + one.system for one in times)


def _save(notebook: dict[str, Any], path: Path) -> float:
    path.write_text(json.dumps(notebook), encoding="utf-8")
    return time.monotonic()


if __name__ == "__main__":
    sys.exit(main())
