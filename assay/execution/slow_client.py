"""`python -m assay.execution.slow_client PLAN CELL_SECONDS`: drives one Jupyter kernel and writes slow.json."""

from __future__ import annotations

import json
import sys
import time
import warnings
from pathlib import Path
from typing import Any

from assay.execution.plan import Plan


def main() -> None:
    """Run the plan's cells behind one cell of ours, which sets up the surroundings and the witness in the kernel."""
    warnings.simplefilter("ignore")  # the kernel manager's notice about TCP is not for students
    path, cell_s = Path(sys.argv[1]), float(sys.argv[2])
    plan = Plan.read(path)
    cells = [(section.exercise, index, source) for section in plan.sections for index, source in section.cells]
    client, notebook = _client([source for _, _, source in cells], path, cell_s)
    starts: dict[int, float] = {}
    ends: dict[int, float] = {}
    client.on_cell_execute = lambda cell, cell_index: starts.setdefault(cell_index, time.monotonic())
    client.on_cell_executed = lambda cell, cell_index, execute_reply: ends.setdefault(cell_index, time.monotonic())
    ended = _execute(client)
    done = {}
    for place, (_, index, _) in enumerate(cells, 1):
        if place in ends:
            cell = notebook.cells[place]
            seconds = ends[place] - starts[place]
            done[str(index)] = {"outputs": cell.outputs, "count": cell.execution_count, "seconds": seconds}
    (path.parent / "slow.json").write_text(json.dumps({"cells": done, "ended": ended}), encoding="utf-8")


def _client(sources: list[str], plan: Path, cell_s: float) -> tuple[Any, Any]:
    import nbformat
    from nbclient import NotebookClient

    ours = f"import assay.execution.slow_kernel as _kernel; _kernel.enter({str(plan)!r}); del _kernel"
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in [ours, *sources]])
    client = NotebookClient(
        notebook, kernel_name="python3", allow_errors=True, timeout=int(cell_s), startup_timeout=300,
        shutdown_kernel="immediate", resources={"metadata": {"path": str(plan.parent)}},
    )  # fmt: skip
    return client, notebook


def _execute(client: Any) -> str | None:
    from nbclient.exceptions import CellTimeoutError, DeadKernelError

    try:
        client.execute()
    except CellTimeoutError:
        return "timeout"
    except DeadKernelError:
        return "died"
    return None


if __name__ == "__main__":
    main()
