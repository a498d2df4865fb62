"""Other graders on the very same cells, each in a process of its own, under the interpreter that has it."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from assay.execution.engine import Order
from assay.execution.parent import clean_environment
from assay.execution.surroundings.pip import write_pip
from benchmarks.cohort import write_for_peers

PEERS = {"nbgrader": "nbgrader", "otter": "otter-grader"}  # module to the name it is installed by
TEST = "new_id > 0"  # the least an assignment can ask: what is compared is what the tools do around the cells
HOUR_S = 3600.0


@dataclass(frozen=True)
class PeerTime:
    """Seconds per submission and seconds paid once, or why there are none."""

    submission: float = 0.0
    start: float = 0.0
    version: str = ""
    not_run: str = ""


def time_peer(tool: str, python: str, orders: dict[str, Order], folder: Path, kit: Mapping[str, str]) -> PeerTime:
    """Run `tool` (nbclient, or a name of PEERS) under `python`; it finds the kit and a pip that does nothing."""
    missing = _missing(tool, python)
    if missing:
        return PeerTime(not_run=missing)
    folder.mkdir(parents=True)
    write_for_peers(orders, folder / "work")
    command = [python, "-B", str(Path(__file__).with_name("foreign.py")), tool, str(folder / "work"), TEST]
    done = subprocess.run(
        command, env=_environment(folder, kit, python), cwd=folder, stdin=subprocess.DEVNULL, capture_output=True,
        text=True, timeout=HOUR_S, check=False,
    )  # fmt: skip
    if done.returncode:
        return PeerTime(not_run=f"it failed: {' '.join(done.stderr.split())[-400:]}")
    report = json.loads(done.stdout.strip().splitlines()[-1])
    if report["wrong"]:
        return PeerTime(not_run=f"a cell or the test failed in {', '.join(report['wrong'])}, so its time means nothing")
    return PeerTime(report["seconds"] / len(orders), report["start"], report["version"])


def _missing(tool: str, python: str) -> str:
    try:
        done = subprocess.run([python, "-c", f"import {tool}"], capture_output=True, check=False)
    except OSError as error:
        return f"{python} cannot be run ({error.strerror}); name another interpreter with --peers"
    if done.returncode == 0:
        return ""
    return f"{PEERS.get(tool, tool)} is not installed for {python}; `pip install 'assay[peers]'` brings it"


def _environment(folder: Path, kit: Mapping[str, str], python: str) -> dict[str, str]:
    clean = clean_environment(kit)
    # nbgrader calls alembic by name, which lies beside its interpreter
    places = [str(write_pip(folder / "bin")), str(Path(python).absolute().parent), clean["PATH"]]
    return clean | {"HOME": str(folder), "TMPDIR": str(folder), "PATH": os.pathsep.join(places)}
