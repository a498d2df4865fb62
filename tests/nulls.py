"""Makes evidence that proves nothing out of evidence that proves something, and judges it; runs in a judge's child."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file

from assay.judging.court import judge

Null = Callable[[torch.Tensor], torch.Tensor]

NULLS: dict[str, Null] = {
    "zeros": torch.zeros_like,
    "ones": torch.ones_like,
    "nan": lambda tensor: torch.full_like(tensor, float("nan")) if tensor.is_floating_point() else tensor,
    "infinite": lambda tensor: torch.full_like(tensor, float("inf")) if tensor.is_floating_point() else tensor,
    "empty": lambda tensor: tensor.reshape(-1)[:0] if tensor.dim() == 0 else tensor[:0],
    "flat and empty": lambda tensor: torch.empty(0, dtype=tensor.dtype),
    "scalar": lambda tensor: torch.ones((), dtype=tensor.dtype),
    "one number": lambda tensor: torch.ones(1, dtype=tensor.dtype),
}
EVERY = "every tensor"


def judge_nulls(
    run: str, scratch: str, cases: list[list[str]], checks: str, wanted: list[list[Any]], exercises: list[int],
    replays: list[dict[str, Any]],
) -> list[list[list[Any]]]:  # fmt: skip
    """Outcomes of a Run's evidence with the tensors of one role replaced, for each case (role, name of a null)."""
    found = []
    for number, (role, null) in enumerate(cases):
        folder = copy_of(Path(run), Path(scratch) / str(number))
        _replace(folder, roles(folder)[role], NULLS[null])
        found.append(judge(str(folder), checks, wanted, exercises, replays)["outcomes"])
        shutil.rmtree(folder.parent)
    return found


def copy_of(run: Path, to: Path) -> Path:
    """The evidence of a copy of a Run, whose replays lie where the judge looks for them."""
    for name in ("evidence", "replays"):
        if (run / name).is_dir():
            shutil.copytree(run / name, to / name)
    return to / "evidence"


def roles(folder: Path) -> dict[str, set[str]]:
    """Names of tensors by the field of the fact that names them ("sample", "gradient", ...), or by what a replay
    answered ("answer", "before", "after"), and all of them."""
    stored = {name for path in folder.rglob("*.safetensors") for name in load_file(path)}
    found: dict[str, set[str]] = {EVERY: stored}
    for facts in folder.rglob("facts.jsonl"):
        for line in facts.read_text().splitlines():
            _collect(json.loads(line), "", stored, found)
    for path in folder.rglob("outputs.safetensors"):
        for name in load_file(path):
            found.setdefault(name.split(".")[0], set()).add(name)
    return found


def _collect(value: object, role: str, stored: set[str], found: dict[str, set[str]]) -> None:
    if isinstance(value, dict):
        for key, inner in value.items():
            _collect(inner, key, stored, found)
    elif isinstance(value, list):
        for inner in value:
            _collect(inner, role, stored, found)
    elif isinstance(value, str) and value in stored:
        found.setdefault(role, set()).add(value)


def _replace(folder: Path, names: set[str], null: Null) -> None:
    for path in folder.rglob("*.safetensors"):
        tensors = load_file(path)
        save_file({name: null(t).contiguous() if name in names else t for name, t in tensors.items()}, path)


def judge_folders(
    folders: list[str], checks: str, wanted: list[list[Any]], exercises: list[int], replays: list[dict[str, Any]]
) -> list[list[Any]]:
    """Outcomes of each folder of evidence."""
    return [judge(folder, checks, wanted, exercises, replays)["outcomes"] for folder in folders]
