"""Decides whether two Runs of one exercise gave the judge the same to look at, up to the last digits of a float."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file

TOLERANCE = 1e-4  # the same code on the same numbers differs by 6e-7 when its tensors lie elsewhere in memory


class Observed:
    """What the witness and the replays of one Run wrote about an exercise; tensors stand in place of their names."""

    def __init__(self, run: Path, exercise: int) -> None:
        self._tensors: dict[str, torch.Tensor] = {}
        evidence = run / "evidence"
        for path in sorted(evidence.rglob("*.safetensors")):
            prefix = str(path.parent.relative_to(evidence)) + "/" if path.name == "outputs.safetensors" else ""
            self._tensors |= {prefix + name: tensor for name, tensor in load_file(path).items()}
        self._facts = [f for path in sorted(evidence.rglob("facts.jsonl")) for f in _facts(path, exercise)]
        self._said = [json.loads(path.read_text()) for path in sorted(evidence.rglob("said.json"))]
        self._replays = {name: t for name, t in self._tensors.items() if "/" in name}

    def unstable(self, again: Observed) -> set[int]:
        """Which facts, by their place, differ between two Runs of the same notebook: a time taken, for example."""
        pairs = enumerate(zip(self._facts, again._facts, strict=True))
        return {place for place, (mine, theirs) in pairs if not self._same(mine, theirs, again)}

    def same_as(self, other: Observed, unstable: set[int]) -> bool:
        """Whether nothing that a check could look at differs, apart from what is `unstable` anyway."""
        pairs = enumerate(zip(self._facts, other._facts, strict=False))
        return (
            len(self._facts) == len(other._facts)
            and all(place in unstable or self._same(mine, theirs, other) for place, (mine, theirs) in pairs)
            and self._same(self._said, other._said, other)
            and self._replays.keys() == other._replays.keys()
            and all(_close(tensor, other._replays[name]) for name, tensor in self._replays.items())
        )

    def _same(self, mine: Any, theirs: Any, other: Observed) -> bool:
        if isinstance(mine, dict) and isinstance(theirs, dict):
            return mine.keys() == theirs.keys() and all(self._same(mine[k], theirs[k], other) for k in mine)
        if isinstance(mine, list) and isinstance(theirs, list):
            return len(mine) == len(theirs) and all(map(self._same, mine, theirs, [other] * len(mine)))
        if isinstance(mine, str) and mine in self._tensors and isinstance(theirs, str):
            return theirs in other._tensors and _close(self._tensors[mine], other._tensors[theirs])
        if isinstance(mine, float) and isinstance(theirs, float):
            return math.isclose(mine, theirs, rel_tol=TOLERANCE, abs_tol=TOLERANCE)
        return bool(mine == theirs)


def _facts(path: Path, exercise: int) -> list[dict[str, Any]]:
    facts = [json.loads(line) for line in path.read_text().splitlines()]
    return [{k: v for k, v in fact.items() if k != "cell"} for fact in facts if fact["exercise"] == exercise]


def _close(mine: torch.Tensor, theirs: torch.Tensor) -> bool:
    if mine.shape != theirs.shape or mine.dtype != theirs.dtype:
        return False
    return torch.allclose(mine.double(), theirs.double(), rtol=TOLERANCE, atol=TOLERANCE, equal_nan=True)
