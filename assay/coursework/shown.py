"""Decides what of an execution is looked at: how each cell ended, what it printed, and what was noted beside it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from assay.coursework.probe import FILE

# How the libraries and this project say that something is neither in the kit nor to be had without a network.
_OUT_OF_REACH = re.compile(
    r"no network while|offline mode|outgoing traffic|OfflineModeIsEnabled|LocalEntryNotFound|cannot find the requested "
    r"files in the (?:local|disk) cache|couldn't connect|couldn't reach|not fully cached locally|"
    r"^OSError: [\w.-]+/[\w.-]+ does not appear to have a file named",
    re.IGNORECASE | re.DOTALL,
)
LONGEST = 64 * 2**20  # bytes of what the probe wrote; the course's longest notebook writes about two million


@dataclass(frozen=True)
class CellError:
    """The exception that ended a cell."""

    name: str
    message: str

    @property
    def is_out_of_reach(self) -> bool:
        """Whether the kit lacks what the cell asked for, which says nothing about the cell."""
        return _OUT_OF_REACH.search(f"{self.name}: {self.message}") is not None

    def __str__(self) -> str:
        first = self.message.strip().split("\n")[0][:300]
        return f"{self.name}: {first}" if first else self.name


@dataclass(frozen=True)
class Shown:
    """What one execution showed, by 0-based cell index; `seen` are the probe's lines in their order."""

    errors: dict[int, CellError] = field(default_factory=dict)
    printed: dict[int, str] = field(default_factory=dict)  # what went to standard output
    warned: dict[int, str] = field(default_factory=dict)  # what went to standard error
    ran: frozenset[int] = frozenset()  # the cells that were begun
    seen: tuple[dict[str, Any], ...] = ()
    facts: tuple[dict[str, Any], ...] = ()  # the witness's lines
    stopped: dict[int, str] = field(default_factory=dict)  # by exercise: a limit or a death, in a sentence

    def of(self, kind: str, cell: int | None = None) -> Iterator[dict[str, Any]]:
        """The probe's lines of one kind, of all cells or of one."""
        return (line for line in self.seen if line.get("e") == kind and (cell is None or line.get("cell") == cell))

    def known(self, kind: str, cell: int | None = None) -> Iterator[dict[str, Any]]:
        """The witness's lines of one kind, of all cells or of one."""
        return (f for f in self.facts if f.get("kind") == kind and (cell is None or f.get("cell") == cell))

    @classmethod
    def read(cls, folder: Path) -> Shown:
        """What lies in a run's folder."""
        notebook = json.loads((folder / "executed.ipynb").read_text(encoding="utf-8"))
        errors: dict[int, CellError] = {}
        printed: dict[int, str] = {}
        warned: dict[int, str] = {}
        ran: set[int] = set()
        for index, cell in enumerate(notebook["cells"]):
            outputs = cell.get("outputs", [])
            if cell.get("execution_count") is not None or outputs:
                ran.add(index)
            for output in outputs:
                if output["output_type"] == "error":
                    errors[index] = CellError(output["ename"], output["evalue"])
                elif output["output_type"] == "stream":
                    where = printed if output["name"] == "stdout" else warned
                    where[index] = where.get(index, "") + output["text"]
        seen, facts = _lines(folder / "work" / FILE, "e"), _lines(folder / "evidence" / "facts.jsonl", "kind")
        return cls(errors, printed, warned, frozenset(ran), tuple(seen), tuple(facts), _stopped(folder))


def _lines(path: Path, named: str) -> Iterator[dict[str, Any]]:
    if not path.is_file() or path.stat().st_size > LONGEST:
        return
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        try:
            record = json.loads(line)
        except ValueError:  # torn by a death
            continue
        if isinstance(record, dict) and named in record:
            yield record


def _stopped(folder: Path) -> dict[int, str]:
    """Exercises that ended by a limit or a death: those states that are no Python exception."""
    states = json.loads((folder / "run.json").read_text(encoding="utf-8"))["states"]
    ended = {"timeout", "resource", "blocked"}
    return {
        int(number): state["reason"] or state["state"] for number, state in states.items() if state["state"] in ended
    }
