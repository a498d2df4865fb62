"""The slow engine: the same cells in a fresh Jupyter kernel through nbclient, as a reference for the forked one.

It has no snapshots: a kernel that dies or hangs takes the exercises behind it along, and they are *blocked*.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any

from assay.execution.engine import Order, Run, finish, make_plan
from assay.execution.parent import clean_environment
from assay.execution.plan import Plan
from assay.execution.record import Ending, Execution
from assay.failure import Fault

START_S = 300.0  # a fresh kernel imports every library itself; that is not the student's time


def run_slow(order: Order, kit: Mapping[str, str], progress: Callable[[int, int], None]) -> Run:
    """Run in a fresh kernel.

    Raises:
        Fault: the kernel could not be started.
    """
    plan, overrides = make_plan(order)
    path = order.folder / "plan.json"
    plan.write(path)
    progress(0, 0)
    began = time.monotonic()
    answer = _in_a_process(order, str(path), kit)
    execution = _execution(plan, answer, order.allowance.cell_s)
    execution.seconds = time.monotonic() - began
    return finish(order, plan, execution, overrides)


def _in_a_process(order: Order, plan: str, kit: Mapping[str, str]) -> dict[str, Any]:
    """nbclient and its kernel in a process of their own; {"cells": {index: outputs...}, "ended": why or None}."""
    allowance = order.allowance
    command = [sys.executable, "-m", "assay.execution.slow_client", plan, str(allowance.cell_s)]
    try:
        done = subprocess.run(
            command, env=clean_environment(kit) | {"HOME": str(order.folder)}, cwd=order.folder, check=False,
            stdin=subprocess.DEVNULL, capture_output=True, timeout=START_S + allowance.submission_s,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return {"cells": {}, "ended": "timeout"}
    try:
        answer: dict[str, Any] = json.loads((order.folder / "slow.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        last = done.stderr.decode(errors="replace").strip().splitlines()[-1:] or ["nothing"]
        raise Fault(f"The Jupyter kernel could not be run; it last wrote: {last[0][:300]}") from None
    return answer


def _execution(plan: Plan, answer: dict[str, Any], cell_s: float) -> Execution:
    execution = Execution()
    stopped: Ending | None = None
    for section in plan.sections:
        ending = Ending("blocked", "the notebook's kernel had ended before this exercise") if stopped else None
        for index, _ in section.cells:
            seen = answer["cells"].get(str(index))
            if seen is None:
                if stopped is None:
                    stopped = ending = _stop(str(answer["ended"]), index, cell_s)
                break
            _take(execution, index, seen)
            ending = ending or _error_in(seen["outputs"], index)
        execution.endings[section.exercise] = ending or Ending("completed")
    return execution


def _take(execution: Execution, index: int, seen: dict[str, Any]) -> None:
    for output in seen["outputs"]:
        execution.add_output(index, output)
    execution.counts[index] = seen["count"] or 0
    execution.cell_seconds[index] = float(seen["seconds"])


def _stop(why: str, index: int, cell_s: float) -> Ending:
    if why == "timeout":
        return Ending("timeout", f"cell {index} was still running after {cell_s:g} seconds", index)
    return Ending("error", f"the kernel died in cell {index}", index)


def _error_in(outputs: list[dict[str, Any]], index: int) -> Ending | None:
    for output in outputs:
        if output["output_type"] == "error":
            first = str(output["evalue"]).strip().splitlines()[:1]
            return Ending(
                "error", f"cell {index} raised {output['ename']}" + "".join(f": {x[:200]}" for x in first), index
            )
    return None
