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
    "empty": lambda tensor: tensor[:0],
    "flat and empty": lambda tensor: torch.empty(0, dtype=tensor.dtype),
    "scalar": lambda tensor: torch.ones((), dtype=tensor.dtype),
    "one number": lambda tensor: torch.ones(1, dtype=tensor.dtype),
}
EVERY = "every tensor"


def judge_nulls(
    evidence: str, scratch: str, cases: list[list[str]], checks: str, wanted: list[list[Any]], exercises: list[int]
) -> list[list[list[Any]]]:
    """Outcomes of the evidence with the tensors of one role replaced, for each case (role, name of a null)."""
    found = []
    for number, (role, null) in enumerate(cases):
        folder = Path(scratch) / str(number)
        shutil.copytree(evidence, folder)
        _replace(folder, roles(folder)[role], NULLS[null])
        found.append(judge(str(folder), checks, wanted, exercises)["outcomes"])
        shutil.rmtree(folder)
    return found


def roles(folder: Path) -> dict[str, set[str]]:
    """Names of tensors by the field of the fact that names them ("sample", "gradient", ...), and all of them."""
    stored = {name for path in folder.glob("*.safetensors") for name in load_file(path)}
    found: dict[str, set[str]] = {EVERY: stored}
    for line in (folder / "facts.jsonl").read_text().splitlines():
        _collect(json.loads(line), "", stored, found)
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
    for path in folder.glob("*.safetensors"):
        tensors = load_file(path)
        save_file({name: null(t).contiguous() if name in names else t for name, t in tensors.items()}, path)


def judge_folders(folders: list[str], checks: str, wanted: list[list[Any]], exercises: list[int]) -> list[list[Any]]:
    """Outcomes of each folder of evidence."""
    return [judge(folder, checks, wanted, exercises)["outcomes"] for folder in folders]
