"""Decides what holds at a tier: makes every attempt in a notebook, and looks from outside at what it did."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from assay.doctor.attempts import ATTEMPTS, SETUP, Attempt
from assay.execution.allowance import Allowance
from assay.execution.engine import Order, Run, run_forked
from assay.execution.parent import WarmParent
from assay.execution.tree import is_buried
from assay.kit import Kit
from assay.sandbox.tiers import holds

TOKEN = "ASSAY_DOCTOR_TOKEN"
# Small, so that an attempt to use up what is allowed is over in a second, also where a busy disk takes ten megabytes a
# second.
ALLOWED = Allowance(
    cell_s=25, exercise_s=30, submission_s=300, memory_bytes=2 << 30, output_bytes=1 << 20, disk_bytes=64 << 20
)
NAP = "86399.5"  # seconds, and a number by which a process that was left behind is found


@dataclass(frozen=True)
class Wall:
    """What came of one attempt; `promised` says whether this tier must withstand it."""

    name: str
    tries: str
    holds: bool
    promised: bool
    seen: str


@dataclass(frozen=True)
class _Cell:
    index: int
    source: str
    kind: str = "code"


def examine(tier: str, warm: WarmParent, kit: Kit, rubric: Path) -> list[Wall]:
    """Every attempt at a tier; about five seconds.

    Args:
        rubric: a file of the course that no student may read.

    Raises:
        Fault: the tier cannot be had.
    """
    with _outside() as places, tempfile.TemporaryDirectory(prefix="assay-doctor-") as name:
        folder = Path(name).resolve()
        folder.chmod(0o711)  # root's notebooks run as another user, who must get through it
        plan = folder / "run" / "plan.json"
        package = Path(__file__).resolve().parent.parent / "failure.py"
        model = next(path for path in sorted(kit.folder.glob("hub/**/config.json")) if path.is_file())
        places |= {"rubric": str(rubric), "plan": str(plan), "module": str(package), "kit": str(model), "nap": NAP}
        before = _state(places)
        run = run_forked(_order(tier, folder / "run", kit, places, (rubric.parent,)), warm, lambda exercise, cell: None)
        left = not is_buried(run.execution.root) or _left_behind()
        walls = [_wall(number, attempt, run, tier) for number, attempt in enumerate(ATTEMPTS, 1)]
        return [_looked_at(wall, before, _state(places), left) for wall in walls]


def _order(tier: str, folder: Path, kit: Kit, places: dict[str, Any], hidden: tuple[Path, ...]) -> Order:
    setup = (_Cell(0, f"{SETUP}\nPLACES = {places!r}"),)
    sections = {0: setup} | {number: (_Cell(number, a.cell),) for number, a in enumerate(ATTEMPTS, 1)}
    cells = tuple(cell for section in sections.values() for cell in section)
    return Order(folder, sections, cells, (), ALLOWED, kit.folder, tier=tier, hidden=hidden)


@contextmanager
def _outside() -> Iterator[dict[str, Any]]:
    """What attempts are made at: files, servers and a process that have nothing to do with any notebook."""
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "assay"
    home.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="doctor-", dir=home)))
        canary, prey = folder / "canary", folder / "prey"
        canary.write_text("nobody reads this")
        prey.write_text("nobody empties this")
        tcp = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        udp = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        udp.bind(("127.0.0.1", 0))
        service = stack.enter_context(socket.socket(socket.AF_UNIX))
        service.bind(str(folder / "socket"))
        service.listen()
        held = stack.enter_context(canary.open())
        victim = stack.enter_context(subprocess.Popen(["sleep", "600"]))
        stack.callback(victim.kill)
        facts = os.fstat(held.fileno())
        yield {
            "canary": str(canary), "prey": str(prey), "tcp": tcp.getsockname()[1], "udp": udp.getsockname()[1],
            "socket": str(folder / "socket"), "victim": victim.pid, "device": facts.st_dev, "inode": facts.st_ino,
        }  # fmt: skip


def _state(places: dict[str, Any]) -> dict[str, str]:
    """What attempts could have changed outside, by the name of the attempt."""
    canary = os.stat(places["canary"])  # noqa: PTH116
    return {
        "writing": str(canary.st_size),
        "permissions": oct(canary.st_mode),
        "times": str(canary.st_mtime_ns),
        "emptying": str(Path(places["prey"]).stat().st_size),
        "signals": _life(places["victim"]),
    }


def _life(pid: int) -> str:
    """What signals could have done to a process; whether it runs or sleeps is its own affair."""
    status = psutil.Process(pid).status()
    return {psutil.STATUS_STOPPED: "stopped", psutil.STATUS_ZOMBIE: "dead"}.get(status, "alive")


def _left_behind() -> bool:
    return any(process.info["cmdline"][-1:] == [NAP] for process in psutil.process_iter(["cmdline"])
               if process.info["cmdline"])  # fmt: skip


def _wall(number: int, attempt: Attempt, run: Run, tier: str) -> Wall:
    ending = run.execution.endings[number]
    promised = holds(tier, attempt.since)
    if attempt.ending is not None:
        held = ending.state == "resource" and attempt.ending in (ending.reason or "")
        return Wall(attempt.name, attempt.tries, held, promised, ending.reason or f"the exercise {ending.state}")
    said = _said(run, number)
    return Wall(attempt.name, attempt.tries, said["held"] is True, promised, str(said["seen"] or ending.reason))


def _said(run: Run, cell: int) -> dict[str, Any]:
    for line in run.execution.printed([cell]).splitlines():
        if line.startswith("{"):
            return dict(json.loads(line))
    return {"held": None, "seen": None}


def _looked_at(wall: Wall, before: dict[str, str], after: dict[str, str], left: bool) -> Wall:
    """What an attempt says of itself is one thing; a change outside is a breach whatever it says."""
    if wall.name == "daemon":
        seen = "it outlived its notebook" if left else "it was dead when the notebook had ended"
        return Wall(wall.name, wall.tries, not left, wall.promised, seen)
    if wall.name in before and before[wall.name] != after[wall.name]:
        seen = f"outside, {before[wall.name]} has become {after[wall.name]}"
        return Wall(wall.name, wall.tries, False, wall.promised, seen)
    return wall
