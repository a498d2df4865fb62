"""Decides what is said of a section that did not end well: its state, and one sentence that names what stopped it."""

from __future__ import annotations

import signal

from assay.execution.record import Ending

# How the kernel's own limits read in Python: a file, a folder in memory, the tasks.
OUT_OF_SPACE = ("[Errno 27]", "[Errno 28]")
OUT_OF_TASKS = ("[Errno 11]", "can't start new thread")


def after_error(name: str, message: str, cell: int) -> Ending:
    """The ending of an exercise in which a cell raised `name` with `message`."""
    if name == "MemoryError" or "can't allocate memory" in message:
        return Ending("resource", f"cell {cell} asked for more memory than is allowed ({name})", cell)
    if "CUDA out of memory" in message:
        return Ending("resource", f"cell {cell} asked for more GPU memory than is allowed ({name})", cell)
    if any(code in message for code in OUT_OF_SPACE):
        return Ending("resource", f"cell {cell} wrote more than is allowed ({name})", cell)
    if name in ("BlockingIOError", "RuntimeError") and any(text in message for text in OUT_OF_TASKS):
        return Ending("resource", f"cell {cell} started more processes or threads than is allowed ({name})", cell)
    first = message.strip().splitlines()[0][:200] if message.strip() else ""
    return Ending("error", f"cell {cell} raised {name}" + (f": {first}" if first else ""), cell)


def after_death(status: int, cell: int | None) -> Ending:
    """The ending of an exercise whose process died: an exit code, or a signal below 0."""
    where = "" if cell is None else f" in cell {cell}"
    if status >= 0:
        return Ending("error", f"the process ended itself{where} with exit code {status}", cell)
    if -status == signal.SIGXCPU:
        return Ending("timeout", f"the processor time allowed was used up{where}", cell)
    if -status == signal.SIGKILL:
        return Ending("resource", f"the process was killed by the system{where}, most likely for its memory", cell)
    name = signal.Signals(-status).name if -status in set(signal.Signals) else f"signal {-status}"
    return Ending("error", f"the process crashed{where} ({name})", cell)


def duration(seconds: float) -> str:
    """As a person says it."""
    return f"{seconds / 60:g} minutes" if seconds >= 120 else f"{seconds:g} seconds"


def amount(number: int) -> str:
    """Bytes as a person says them."""
    return f"{number / 2**30:.1f} GB" if number >= 2**30 else f"{number / 2**20:.0f} MB"
