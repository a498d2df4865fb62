"""Latents on their way through the VAE: which pictures became which, which were kept, and which were decoded."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import torch

from assay.judging.evidence import as_number
from assay.judging.observations.facts import Facts

SIGMAS = 6  # a sample lies within so many posterior deviations of its mean, whatever the seed
ROUNDING = 1e-3  # relative: half precision on the way rounds by that much


@dataclass(frozen=True)
class Encoded:
    """One picture that went into the encoder. `shape` is the batch's, (B, 3, H, W); `low` and `high` its values' range;
    `mean` the posterior's mean, (4, h, w) float64, before scaling; `deviation` the posterior's, before scaling."""

    picture: str
    shape: tuple[int, ...]
    low: float
    high: float
    mean: torch.Tensor
    deviation: float
    scaling_factor: float

    @property
    def latents(self) -> torch.Tensor:
        """The mean on the scale of diffusion."""
        return self.mean * self.scaling_factor

    def is_near(self, latents: torch.Tensor, scaled: bool = True) -> bool:
        """Whether `latents`, (4, h, w), are a draw from the posterior, multiplied by the scaling factor or not."""
        factor = self.scaling_factor if scaled else 1.0
        expected = self.mean * factor
        if latents.shape != expected.shape:
            return False
        return rms(latents.double() - expected) <= SIGMAS * self.deviation * factor + ROUNDING * rms(expected)


class Latents:
    """The latents of one exercise."""

    def __init__(self, work: Facts) -> None:
        self._work = work

    @cached_property
    def encoded(self) -> list[Encoded]:
        """The pictures that this exercise encoded outside pipelines, in order."""
        return self._encoded(self._work.facts("encode"))

    @cached_property
    def encoded_so_far(self) -> list[Encoded]:
        """Those of earlier exercises as well."""
        return self._encoded(self._work.facts_so_far("encode"))

    @cached_property
    def decoded(self) -> list[torch.Tensor]:
        """What this exercise decoded outside pipelines, on the scale of diffusion: (4, h, w), float64, in order."""
        found: list[torch.Tensor] = []
        for fact in self._work.facts("decode"):
            if fact["pipeline"] is None:
                found += [row * self._factor(fact) for row in self._rows(fact.get("tensor"))]
        return found

    @cached_property
    def kept(self) -> list[torch.Tensor]:
        """The latents that names of this exercise stand for: (4, h, w), float64."""
        return [row for fact in self._work.facts("latents") for name in fact["bound"] for row in self._rows(name)]

    @cached_property
    def errors(self) -> list[float]:
        """The mean squared distances between decoded pictures and the ones that were encoded last."""
        return [as_number(error) for fact in self._work.facts("decode") for error in fact.get("errors", ())]

    def _encoded(self, facts: list[dict[str, Any]]) -> list[Encoded]:
        found = []
        for fact in facts:
            if fact["pipeline"] is None:
                seen = str(fact["image"]), tuple(fact["shape"]), as_number(fact["low"]), as_number(fact["high"])
                deviation, factor = as_number(fact.get("deviation")), self._factor(fact)
                found += [Encoded(*seen, mean, deviation, factor) for mean in self._rows(fact.get("mean"))]
        return found

    def _factor(self, fact: dict[str, Any]) -> float:
        return as_number(self._work.models[fact["label"]].loaded.get("scaling_factor"))

    def _rows(self, name: object) -> list[torch.Tensor]:
        tensor = self._work.evidence.tensor(name)
        if tensor is None or tensor.dim() not in (3, 4):
            return []
        return [row.double() for row in (tensor if tensor.dim() == 4 else tensor[None])]


def rms(tensor: torch.Tensor) -> float:
    """Root of the mean square; infinite for what holds no numbers, so that it is near nothing."""
    size = float(tensor.square().mean().sqrt()) if tensor.numel() else float("inf")
    return size if size == size else float("inf")
