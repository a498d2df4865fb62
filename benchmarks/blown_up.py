"""Which cohorts are measured: few notebooks blown up to many, of which the course's own cells stay the course's own."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assay.command.lessons import Lesson, lesson_of
from assay.course import lesson_files
from assay.intake import read_bytes, read_notebook
from assay.rubric import common_cells, sequence_of

# Lessons whose guided exercises take most of the time, and of which nothing is asked later; the second one's last
# exercise runs once more after its cells, on a picture that nobody has seen, and that is in no notebook's own time.
LARGELY_OWN = {"largely-own": "samplers-and-efficiency", "largely-own-and-run-again": "from-pixels-to-latents"}
OWN_SHARE = 0.6


@dataclass(frozen=True)
class Base:
    """A notebook that is blown up, and how many of its first code cells are as the course handed them out."""

    name: str
    notebook: dict[str, Any]
    own: int

    def write(self, folder: Path, number: int) -> Path:
        """One submission: every cell that is not the course's own ends with a comment that only this one has."""
        cells, seen = [], 0
        for cell in self.notebook["cells"]:
            source = "".join(cell["source"])
            if cell["cell_type"] == "code" and source.strip():
                seen += 1
                source += "" if seen <= self.own else f"\n# submission {number}"
            cells.append(cell | {"source": source})
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{self.name}-{number:03}.ipynb"
        path.write_text(json.dumps(self.notebook | {"cells": cells}), encoding="utf-8")
        return path


def base_of(path: Path, lessons: Mapping[str, Lesson]) -> Base:
    """The notebook at `path`, with as many own cells as it begins with."""
    notebook = read_notebook(read_bytes(path), str(path))
    own = common_cells(sequence_of(notebook), lesson_of(notebook, dict(lessons), None).course)
    return Base(path.stem, json.loads(path.read_text(encoding="utf-8")), own)


def largely_own(name: str, seconds: list[float], lessons: Mapping[str, Lesson]) -> Base:
    """A reference of LARGELY_OWN, whose code cells take these `seconds`, handed in with those of its first cells left
    alone that take about OWN_SHARE of the time."""
    base = base_of(lesson_files(LARGELY_OWN[name]).reference, lessons)
    share = [sum(seconds[:count]) / sum(seconds) for count in range(base.own + 1)]
    own = min(range(base.own + 1), key=lambda count: abs(share[count] - OWN_SHARE))
    return Base(name, base.notebook, own)


def blow_up(bases: list[Base], n: int, folder: Path) -> list[Path]:
    """`n` submissions, the bases by turns."""
    return [bases[i % len(bases)].write(folder, i + 1) for i in range(n)]
