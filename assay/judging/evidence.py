"""Decides which bytes of a student's process are believed to be evidence at all: strict JSON lines and safetensors."""

from __future__ import annotations

import json
import math
import os
import re
from functools import cached_property
from pathlib import Path
from typing import Any

import torch
import xxhash
from safetensors import SafetensorError, safe_open

from assay.judging.opened import own_file, own_names, read_own

FACT_BYTES = 256 * 2**20  # the witness writes at most 200,000 lines of about a kilobyte
FACT_LINES = 400_000  # twice what one process writes: short lines would fill the memory long before the bytes do
LINE_BYTES = 8 * 2**20  # the longest line lists every tensor of a full-size U-Net with its digest
TENSOR_FILES = 4096  # one per cell and process
TENSOR_BYTES = 640 * 2**20  # of one file: all that one process may keep, and its header
ALL_TENSOR_BYTES = 2 * 2**30  # of all files: a process that resumes a dead one's work may keep as much again
_BY = re.compile(r"([0-9a-f]{16})\.([0-9a-f]{8})\.([1-9][0-9]{0,8})")

Announced = dict[str, tuple[int, str]]  # name of a process to how many lines it had written, and their digest


class Evidence:
    """The facts and tensors of one Run. Everything in them was written by an untrusted process.

    `run` is the folder of the Run, and `nonce` what its witness says in every line; without one any line is taken.
    """

    is_first = True  # of the run itself, not of an exercise that ran again

    def __init__(self, folder: Path, run: Path | None = None, nonce: str | None = None) -> None:
        self.folder = folder
        self.run = folder.parent if run is None else run
        self.nonce = nonce

    @cached_property
    def facts(self) -> list[dict[str, Any]]:
        """Every well-formed fact of this run, in order; a line that is none (a process died while writing) is passed
        over."""
        if self.nonce is None:
            return [fact for _, fact in self.lines]
        return [self.lines[place][1] for place in sorted(self._places.values())]

    @cached_property
    def lines(self) -> list[tuple[bytes, dict[str, Any]]]:
        """Every well-formed line with its fact, whoever wrote it."""
        data = read_own(self.folder / "facts.jsonl", self.run, FACT_BYTES) or b""
        lines = data.split(b"\n", FACT_LINES)[:FACT_LINES]
        return [(line, fact) for line in lines if (fact := _parse(line)) is not None]

    @cached_property
    def foreign(self) -> int:
        """How many facts say that another run's witness wrote them, or say nothing."""
        return sum(writer_of(fact)[0] != self.nonce for _, fact in self.lines) if self.nonce is not None else 0

    @cached_property
    def written(self) -> dict[str, dict[int, bytes]]:
        """The lines of each process by their number."""
        found: dict[str, dict[int, bytes]] = {}
        for (process, number), place in self._places.items():
            found.setdefault(process, {})[number] = self.lines[place][0]
        return found

    @cached_property
    def _places(self) -> dict[tuple[str, int], int]:
        """Where each line of this run's witness stands; of two that claim one number only the later is looked at."""
        writers = [writer_of(fact) for _, fact in self.lines]
        return {(process, n): place for place, (nonce, process, n) in enumerate(writers) if nonce == self.nonce}

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
    def changed_files(self) -> list[str]:
        """Names of the files of tensors that are not what the witness wrote into them."""
        kept = {str(fact.get("file")): fact.get("digest") for fact in self.of_kind("kept")}
        return [name for name, digest in kept.items() if self._digest(name) != digest]

    def _digest(self, name: str) -> str | None:
        if "/" in name or name in ("", ".", ".."):
            return None
        data = read_own(self.folder / name, self.run, TENSOR_BYTES)
        return None if data is None else xxhash.xxh3_128_hexdigest(data)

    @cached_property
    def _files(self) -> dict[str, Any]:
        """Name of a tensor to the open file that holds it."""
        files: dict[str, Any] = {}
        room = ALL_TENSOR_BYTES
        for name in self._names_of_files():
            with own_file(self.folder / name, self.run, min(TENSOR_BYTES, room)) as descriptor:
                if descriptor is None:
                    continue
                room -= os.fstat(descriptor).st_size
                try:
                    file = safe_open(f"/dev/fd/{descriptor}", framework="pt").__enter__()  # type: ignore[no-untyped-call]
                    files |= dict.fromkeys(file.keys(), file)
                except (SafetensorError, OSError):  # torn by the death of its writer, or forged
                    continue
        return files

    def _names_of_files(self) -> list[str]:
        """Those that the witness said it had written; where it is not known which it was, whatever is there."""
        told = {str(fact.get("file")) for fact in self.of_kind("kept")}
        names = [n for n in own_names(self.folder, self.run) if n.startswith("tensors-") and n.endswith(".safetensors")]
        return [name for name in names if self.nonce is None or name in told][:TENSOR_FILES]


def writer_of(fact: dict[str, Any]) -> tuple[str, str, int]:
    """Nonce of the run, name of the process, and number of the line, as a fact says them."""
    said = fact.get("by")
    found = _BY.fullmatch(said) if isinstance(said, str) else None
    return (found[1], found[2], int(found[3])) if found else ("", "", 0)


def digest_of(lines: list[bytes]) -> str:
    """The digest of lines of facts, as the witness announces it."""
    total = xxhash.xxh3_128()
    for line in lines:
        total.update(line + b"\n")
    return str(total.hexdigest())


def read_json(path: Path, run: Path) -> Any:
    """A small JSON document that a student's process wrote; None when there is none that can be believed."""
    data = read_own(path, run, LINE_BYTES)
    try:
        return None if data is None else json.loads(data, parse_constant=_refuse, object_pairs_hook=_once)
    except (ValueError, RecursionError):
        return None


def read_tensors(path: Path, run: Path) -> dict[str, torch.Tensor]:
    """The tensors of one safetensors file, on the CPU; empty when it is missing, torn or forged."""
    with own_file(path, run, TENSOR_BYTES) as descriptor:
        if descriptor is None:
            return {}
        try:
            with safe_open(f"/dev/fd/{descriptor}", framework="pt") as file:
                return {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - it is no dict
        except (SafetensorError, OSError):
            return {}


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
    try:
        return float(value) if isinstance(value, int | float) else math.nan
    except OverflowError:  # a whole number beyond any that is measured
        return math.nan
