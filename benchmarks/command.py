"""Times `grade.py run` as a whole and at the joints between its parts.

As a program (`python -m benchmarks.command SECONDS.json run ...`) it is the command itself with a stop-watch.
"""

from __future__ import annotations

import functools
import json
import subprocess
import sys
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent

# What is timed: module, name in it, label. Times of one label add up; of nested ones the outer holds the inner.
JOINTS = (
    ("assay.execution.parent", "WarmParent.start", "start"),
    ("assay.command.run", "read", "intake"),
    ("assay.command.session", "Session._run", "execution"),
    ("assay.execution.engine", "make_plan", "plan"),
    ("assay.execution.supervise", "Supervisor._on_ready", "ready"),
    ("assay.execution.supervise", "Supervisor._on_finished", "finished"),
    ("assay.execution.engine", "finish", "executed notebook"),
    ("assay.command.session", "Session.judge", "judging"),
    ("assay.command.pages", "write_pages", "pages"),
    ("assay.command.run", "publish", "publish"),
)


def time_command(files: list[Path], folder: Path, runner: str) -> dict[str, float]:
    """Seconds per submission of `grade.py run --jobs 1 --out`, by part; "start" is paid once and not divided.

    Raises:
        SystemExit: a submission was not graded.
    """
    watch, out = folder / "seconds.json", folder / "out"
    folder.mkdir(parents=True)
    line = [sys.executable, "-B", "-m", "benchmarks.command", str(watch), "run", *map(str, files)]
    began = time.monotonic()
    options = ["--jobs", "1", "--runner", runner, "--trust-these-notebooks", "--out", str(out)]
    done = subprocess.run(
        [*line, *options], cwd=ROOT, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    wall = time.monotonic() - began
    if done.returncode:
        raise SystemExit(f"grade.py run ended with {done.returncode}: {done.stderr[-2000:]}")
    results = json.loads((out / "results.json").read_text(encoding="utf-8"))
    wrong = [f"{r['file']}: {r['reason']}" for r in results if r["state"] != "graded"]
    if wrong:
        raise SystemExit("not graded: " + "; ".join(wrong))
    return _parts(json.loads(watch.read_text(encoding="utf-8")), [r["seconds"] for r in results], wall, began)


def _parts(watch: dict[str, Any], seconds: list[dict[str, float]], wall: float, began: float) -> dict[str, float]:
    ended = watch["ended"]
    totals, since, n = defaultdict(float, watch["totals"]), defaultdict(float, watch["since"]), len(seconds)
    start = ended["start"] - began
    total: dict[str, float] = {key: sum(s.get(key, 0.0) for s in seconds) for key in ("cells", "witness")}
    sections = since["finished"] - since["ready"]
    parts = {
        "reading the notebook": totals["intake"],
        "a process for it (fork, walls)": since["ready"] - totals["plan"],
        "the cells, with the witness in them": total["cells"],
        "the witness at the cells' ends": total["witness"],
        "between the cells (snapshots, records)": sections - total["cells"] - total["witness"],
        "ending its processes": totals["execution"] - totals["executed notebook"] - since["finished"],
        "plan and executed notebook": totals["plan"] + totals["executed notebook"],
        "waiting for the last judgement": max(0.0, ended["judging"] - ended["execution"]),
        "the last pages, gradebook, results on the screen": totals["publish"],
    }
    parts["all else"] = wall - start - sum(parts.values())
    beside = {"judging": totals["judging"], "pages": totals["pages"]}
    return {"start": start, "submission": (wall - start) / n} | {name: s / n for name, s in (parts | beside).items()}


class Stopwatch:
    """Sums by label, when each label last began and ended, and how long after the execution's begin it came."""

    def __init__(self) -> None:
        self.totals: dict[str, float] = {}
        self.since: dict[str, float] = {}
        self.began: dict[str, float] = {}
        self.ended: dict[str, float] = {}

    def watch(self, module: str, name: str, label: str) -> None:
        """Put the stop-watch around a function or, as `Class.method`, a method."""
        owner: Any = __import__(module, fromlist=["_"])
        *classes, last = name.split(".")
        for part in classes:
            owner = getattr(owner, part)
        original = getattr(owner, last)

        @functools.wraps(original)
        def timed(*args: Any, **kwargs: Any) -> Any:
            began = self.began[label] = time.monotonic()
            self.since[label] = self.since.get(label, 0.0) + began - self.began.get("execution", began)
            try:
                return original(*args, **kwargs)
            finally:
                self.ended[label] = time.monotonic()
                self.totals[label] = self.totals.get(label, 0.0) + self.ended[label] - began

        setattr(owner, last, timed)


def main() -> int:
    """The command with a stop-watch, whose readings go to the file named first."""
    from assay.command import main as command

    stopwatch = Stopwatch()
    for joint in JOINTS:
        stopwatch.watch(*joint)
    code = command(sys.argv[2:])
    readings = {"totals": stopwatch.totals, "since": stopwatch.since, "ended": stopwatch.ended}
    Path(sys.argv[1]).write_text(json.dumps(readings), encoding="utf-8")
    return code


if __name__ == "__main__":
    sys.exit(main())
