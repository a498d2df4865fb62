"""How several processes train one model: each takes its part of a batch, and all take the same step."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import torch

from assay.kit.child import run_module

MEETING = "meeting"  # the file of the working folder by which the processes find each other
PATIENCE = timedelta(minutes=10)  # with the others: the longest apart is encoding pictures; a dead one never comes
SIZES = (8, 4, 2, 1)  # into so many parts every batch can be divided


def join(folder: Path, place: str) -> None:
    """Meet the others; `place` is RANK/SIZE."""
    number, size = (int(part) for part in place.split("/"))
    meeting = f"file://{folder / MEETING}"
    torch.distributed.init_process_group("gloo", init_method=meeting, rank=number, world_size=size, timeout=PATIENCE)


def rank() -> int:
    """Which of the processes that train one model together this is; 0 when it is alone."""
    return torch.distributed.get_rank() if torch.distributed.is_initialized() else 0


def together() -> int:
    """How many processes train one model together."""
    return torch.distributed.get_world_size() if torch.distributed.is_initialized() else 1


def average_gradients(model: torch.nn.Module) -> None:
    """The mean over all processes."""
    if together() == 1:
        return
    gradients = [p.grad for p in model.parameters() if p.grad is not None]
    flat = torch.cat([g.flatten() for g in gradients]) / together()
    torch.distributed.all_reduce(flat)
    for gradient, mean in zip(gradients, torch.split(flat, [g.numel() for g in gradients]), strict=True):
        gradient.copy_(mean.view_as(gradient))


def run_together(folder: Path, stage: str, cores: int) -> None:
    """Run a stage in one process per core: two of one thread each outran one of two by a third.

    Raises:
        Fault: a process failed; the others end with it.
    """
    size = next(number for number in SIZES if number <= max(cores, 1))
    (folder / MEETING).unlink(missing_ok=True)
    with ThreadPoolExecutor(size) as pool:
        for _ in pool.map(lambda number: _run_one(folder, stage, number, size), range(size)):
            pass


def _run_one(folder: Path, stage: str, number: int, size: int) -> None:
    arguments = [str(folder), "--only", stage, "--threads", "1", "--together", f"{number}/{size}"]
    run_module("assay.kit.recipe", arguments, {}, _tell if number == 0 else lambda line: None)


def _tell(line: str) -> None:
    print(line, end="", flush=True)
