"""Decides what is kept of an execution: how every section ended, and the executed notebook."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import psutil

PRINTED_CHARS = 1_000_000  # of one section that a judge may read; as much as one stream of one cell
CELL_OUTPUTS = 500  # of one cell; a loop that displays more has made its point


@dataclass(frozen=True)
class Ending:
    """How a section ended: a state of the result's exercises, a sentence, and the 0-based cell where it stopped."""

    state: str
    reason: str | None = None
    cell: int | None = None


@dataclass(frozen=True)
class ReplayEnding:
    """How a replay ended: "done"; "missing" or "error" through the student's code; "unchecked" through nobody's."""

    state: str
    reason: str | None = None


@dataclass
class Execution:
    """What the supervisor saw of one notebook: `endings` by exercise number, 0 being the set-up, `replays` by name."""

    endings: dict[int, Ending] = field(default_factory=dict)
    replays: dict[str, ReplayEnding] = field(default_factory=dict)
    outputs: dict[int, list[dict[str, Any]]] = field(default_factory=dict)
    counts: dict[int, int] = field(default_factory=dict)
    cell_seconds: dict[int, float] = field(default_factory=dict)
    witness_seconds: float = 0.0  # at the cells' ends
    witness_inside: float = 0.0  # of the cells' own seconds, as the witness measured itself
    facts: dict[str, tuple[int, str]] = field(default_factory=dict)  # by process: announced lines and their digest
    private_tmp: bool = False
    fault: str | None = None
    root: psutil.Process | None = None  # of its processes, which may still be giving back their memory
    died: set[int] = field(default_factory=set)  # exercises whose process died; the next began from before them
    finished: bool = False  # every section ended of its own; False too when a limit ended the notebook
    peak_memory: int = 0  # bytes; 0 where nobody looked, or nothing is to be seen
    peak_gpu_memory: int | None = None  # bytes; None without a GPU
    seconds: float = 0.0
    shared_cells: int = 0  # of the course's own, which were run once for many notebooks
    unshared: str | None = None  # why no more of them were
    must_be_repeated: bool = False  # without sharing: what it was forked from has died, or could not be gone back to
    struck: bool = False  # something killed a process, and it was not us: the notebook itself, or somebody outside

    def add_output(self, cell: int, output: object) -> None:
        """Keep one nbformat output of a cell; text of one stream that comes in lumps is put together again."""
        kept = self.outputs.setdefault(cell, [])
        clean = _clean(output)
        if clean is None or len(kept) > CELL_OUTPUTS:
            return
        if len(kept) == CELL_OUTPUTS:
            text = f"[this cell showed more than {CELL_OUTPUTS} outputs; the rest is left out]\n"
            clean = {"output_type": "stream", "name": "stderr", "text": text}
        last = kept[-1] if kept else {}
        if clean["output_type"] == "stream" and last.get("name") == clean["name"]:
            last["text"] += clean["text"]
        else:
            kept.append(clean)

    def printed(self, cells: list[int]) -> str:
        """What these cells printed or showed as text, in order, up to PRINTED_CHARS."""
        outputs = [output for cell in cells for output in self.outputs.get(cell, [])]
        texts = [o["text"] if o["output_type"] == "stream" else o.get("data", {}).get("text/plain", "") for o in outputs
                 if o.get("name") != "stderr"]  # fmt: skip
        return "\n".join(texts)[:PRINTED_CHARS]

    def notebook(self, cells: list[dict[str, Any]]) -> dict[str, Any]:
        """An nbformat 4 notebook of `cells` ({"index", "kind", "source"}) with the fresh outputs."""
        return {
            "nbformat": 4,
            "nbformat_minor": 4,
            "metadata": {"language_info": {"name": "python"}},
            "cells": [self._cell(cell) for cell in cells],
        }

    def _cell(self, cell: dict[str, Any]) -> dict[str, Any]:
        made: dict[str, Any] = {"cell_type": cell["kind"], "metadata": {}, "source": cell["source"]}
        if cell["kind"] == "code":
            made["execution_count"] = self.counts.get(cell["index"])
            made["outputs"] = self.outputs.get(cell["index"], [])
        return made


def _clean(output: object) -> dict[str, Any] | None:
    """An output of the four types that nbformat knows, with fields of the right kinds; None for anything else."""
    if not isinstance(output, dict):
        return None
    kind = output.get("output_type")
    if kind == "stream" and output.get("name") in ("stdout", "stderr") and isinstance(output.get("text"), str):
        return {"output_type": "stream", "name": output["name"], "text": output["text"]}
    if kind == "error":
        trace = output.get("traceback")
        lines = [str(line) for line in trace[:200]] if isinstance(trace, list) else []
        named = {"ename": str(output.get("ename")), "evalue": str(output.get("evalue"))}
        return {"output_type": "error", **named, "traceback": lines}
    if kind in ("display_data", "execute_result") and isinstance(output.get("data"), dict):
        data = {str(mime): value for mime, value in output["data"].items() if isinstance(value, str)}
        clean: dict[str, Any] = {"output_type": kind, "data": data, "metadata": {}}
        if kind == "execute_result":
            count = output.get("execution_count")
            clean["execution_count"] = count if type(count) is int else None
        return clean
    return None
