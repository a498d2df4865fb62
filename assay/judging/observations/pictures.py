"""The pictures that a notebook generated: with which prompt, from which start latents, by which models."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import torch

from assay.judging.observations.facts import Facts
from assay.tensors import is_constant


@dataclass(frozen=True)
class Picture:
    """One generation. `start` is the first U-Net input of its first sample, (1, 4, h, w); `arguments` are the texts and
    numbers that a pipeline was called with, empty for a loop."""

    exercise: int
    unet: str
    prompt_ids: frozenset[int]
    prompt: str
    start: torch.Tensor | None
    arguments: dict[str, Any] = field(default_factory=dict)
    call: int = 0

    def same_start(self, other: Picture) -> bool:
        """Whether both began from the same noise, bit for bit."""
        if self.start is None or other.start is None or self.start.shape != other.start.shape:
            return False
        return _is_noise(self.start) and torch.equal(self.start.double(), other.start.double())


def _is_noise(start: torch.Tensor) -> bool:
    """Whether these are latents that differ from place to place: zeros are the same for everybody."""
    return start.dim() == 4 and bool(torch.isfinite(start).all()) and not is_constant(start)


def pictures(work: Facts) -> list[Picture]:
    """Every generation from the set-up to the end of the exercise.

    The text calls that precede a picture's first U-Net call are its prompts; a pipeline's own are known exactly.
    """
    found: list[Picture] = []
    recent: list[dict[str, Any]] = []
    calls = {fact["call"]: fact["arguments"] for fact in work.facts_so_far("pipeline")}
    order = [f for f in work.evidence.facts if f["exercise"] <= work.number and f["kind"] in ("text", "unet")]
    for fact in order:
        if fact["kind"] == "text":
            recent.append(fact)
        elif fact.get("start"):
            own = [t for t in recent if t["pipeline"] == fact["pipeline"]]
            ids = frozenset(i for text in own for row in text["ids"] or () for i in row)
            kept = work.evidence.tensor(fact.get("sample"))
            start = kept[:1] if kept is not None and kept.dim() else kept
            given = calls.get(fact["pipeline"], {})
            found.append(Picture(fact["exercise"], fact["label"], ids, _prompt(given), start, given, fact["call"]))
            recent = []
    return found


def _prompt(arguments: dict[str, Any]) -> str:
    prompt = arguments.get("prompt", "")
    return " | ".join(prompt) if isinstance(prompt, list) else str(prompt)
