"""Decides which bytes of a student's process are believed to be evidence at all: strict JSON lines and safetensors."""

from __future__ import annotations

import json
import math
import stat
from functools import cached_property
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open

FACT_BYTES = 256 * 2**20  # the witness writes at most 200,000 lines of about a kilobyte
LINE_BYTES = 8 * 2**20  # the longest line lists every tensor of a full-size U-Net with its digest
TENSOR_FILES = 4096  # one per cell and process


class Evidence:
    """The facts and tensors of one Run. Everything in them was written by an untrusted process."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @cached_property
    def facts(self) -> list[dict[str, Any]]:
        """Every well-formed fact, in order; a line that is none (a process died while writing) is passed over."""
        path = self.folder / "facts.jsonl"
        if not _is_own_file(path):
            return []
        with path.open("rb") as file:
            data = file.read(FACT_BYTES)
        return [fact for line in data.split(b"\n") if (fact := _parse(line)) is not None]

    def of_kind(self, kind: str) -> list[dict[str, Any]]:
        """The facts of one kind, in order."""
        return self._by_kind.get(kind, [])

    @cached_property
    def _by_kind(self) -> dict[str, list[dict[str, Any]]]:
        found: dict[str, list[dict[str, Any]]] = {}
        for fact in self.facts:
            found.setdefault(fact["kind"], []).append(fact)
        return found

    def tensor(self, name: object) -> torch.Tensor | None:
        """The tensor that a fact names, on the CPU; None when it was not kept."""
        file = self._files.get(name) if isinstance(name, str) else None
        return None if file is None else file.get_tensor(name)

    @cached_property
    def _files(self) -> dict[str, Any]:
        """Name of a tensor to the open file that holds it."""
        files: dict[str, Any] = {}
        for path in sorted(self.folder.glob("tensors-*.safetensors"))[:TENSOR_FILES]:
            if not _is_own_file(path):
                continue
            try:
                file = safe_open(path, framework="pt").__enter__()  # type: ignore[no-untyped-call]
                files |= dict.fromkeys(file.keys(), file)
            except (SafetensorError, OSError):  # torn by the death of its writer, or forged
                continue
        return files


def read_json(path: Path) -> Any:
    """A small JSON document that a student's process wrote; None when there is none that can be believed."""
    if not _is_own_file(path):
        return None
    with path.open("rb") as file:
        data = file.read(LINE_BYTES + 1)
    try:
        return json.loads(data, parse_constant=_refuse, object_pairs_hook=_once) if len(data) <= LINE_BYTES else None
    except (ValueError, RecursionError):
        return None


def read_tensors(path: Path) -> dict[str, torch.Tensor]:
    """The tensors of one safetensors file, on the CPU; empty when it is missing, torn or forged."""
    if not _is_own_file(path):
        return {}
    try:
        with safe_open(path, framework="pt") as file:
            return {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - it is no dict
    except (SafetensorError, OSError):
        return {}


def _is_own_file(path: Path) -> bool:
    """A plain file of this Run: no way into another student's evidence, and no pipe that would let us wait."""
    if path.parent.is_symlink():
        return False
    try:
        status = path.lstat()
    except OSError:
        return False
    return stat.S_ISREG(status.st_mode) and status.st_nlink == 1


def _parse(line: bytes) -> dict[str, Any] | None:
    if not line or len(line) > LINE_BYTES:
        return None
    try:
        fact = json.loads(line, parse_constant=_refuse, object_pairs_hook=_once)
    except (ValueError, RecursionError):
        return None
    whole = isinstance(fact, dict) and isinstance(fact.get("kind"), str)
    placed = whole and type(fact.get("exercise")) is int and type(fact.get("cell")) is int
    return fact if placed else None


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise ValueError("a key stands twice")
    return made


def as_number(value: object) -> float:
    """A number as the witness wrote it; NaN for anything else."""
    if isinstance(value, str) and value in ("nan", "inf", "-inf"):
        return float(value)
    return float(value) if isinstance(value, int | float) else math.nan
