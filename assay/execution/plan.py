"""Decides what a process that runs cells is told: a notebook's by section, where it may write, and its limits; or the
cells that many notebooks have in common."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from assay.sandbox.territory import Territory
from assay.sandbox.tiers import LIMITS


@dataclass(frozen=True)
class Section:
    """The code cells, as (0-based index among all cells, source), of the set-up (exercise 0) or of one exercise, and
    what is done with the exercise once they have ended."""

    exercise: int
    cells: tuple[tuple[int, str], ...]
    replays: tuple[dict[str, Any], ...] = ()


@dataclass(frozen=True)
class Plan:
    """One notebook's execution; `names` and `values` are looked up in the student's namespace, the first as numbers,
    the second as tensors; `tier` names the walls, and `territory` is what can be reached inside of them.

    What the witness writes says `nonce`, so that another run's files are known for what they are. Without `witness`
    nothing is recorded, so there is nothing to judge: that is for measuring what the witness costs. Of its GPU's memory
    it may use `gpu_fraction`; None where it has no GPU.
    """

    folder: str
    sections: tuple[Section, ...]
    names: tuple[str, ...]
    memory_bytes: int
    cpu_s: float
    witness: bool = True
    values: tuple[str, ...] = ()
    tier: str = LIMITS
    territory: Territory = field(default_factory=Territory)
    nonce: str = "0" * 16
    gpu_fraction: float | None = None

    def write(self, path: Path) -> None:
        """Store as JSON."""
        path.write_text(json.dumps(asdict(self)))

    @classmethod
    def read(cls, path: Path) -> Plan:
        """Load what `write` stored."""
        data = json.loads(path.read_text())
        sections = tuple(
            Section(
                s["exercise"], tuple((int(index), str(source)) for index, source in s["cells"]), tuple(s["replays"])
            )
            for s in data.pop("sections")
        )
        lists: dict[str, Any] = {key: tuple(data.pop(key)) for key in ("names", "values")}
        territory = Territory(**{key: tuple(found) for key, found in data.pop("territory").items()})
        return cls(sections=sections, territory=territory, **lists, **data)


@dataclass(frozen=True)
class Part:
    """What a prefix is to run, in a folder of its own: `cells` as (exercise, source), beyond what it has run already;
    after each of the numbers `ends` of them, copies may begin. The rest is as in a Plan, and equal for all copies.

    Copies that are versions of the caller's `own` notebook stay in the folder; others get one of their own.
    """

    folder: str
    cells: tuple[tuple[int, str], ...]
    ends: tuple[int, ...]
    names: tuple[str, ...]
    values: tuple[str, ...]
    witness: bool
    tier: str
    own: bool = False

    def write(self, path: Path) -> None:
        """Store as JSON."""
        path.write_text(json.dumps(asdict(self)))

    @classmethod
    def read(cls, path: Path) -> Part:
        """Load what `write` stored."""
        data = json.loads(path.read_text())
        cells = tuple((int(exercise), str(source)) for exercise, source in data.pop("cells"))
        lists: dict[str, Any] = {key: tuple(data.pop(key)) for key in ("ends", "names", "values")}
        return cls(cells=cells, **lists, **data)
