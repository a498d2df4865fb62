"""A denoising loop as it was seen, by hand or inside a pipeline: from which latents, over which steps, to which."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import torch

from assay.judging.observations.mask import SAME, EffectiveMask
from assay.judging.observations.sampler import Sampler
from assay.judging.observations.steps import Step
from assay.judging.observations.transitions import (
    Transition,
    announced,
    by_least_squares,
    by_majority,
    follow,
)
from assay.tensors import is_constant

GUIDANCE = 7.5  # the library's own, where a pipeline is given none
STRENGTH = {"StableDiffusionImg2ImgPipeline": 0.8, "StableDiffusionInpaintPipeline": 1.0}  # the library's own as well


@dataclass(frozen=True)
class Clean:
    """The picture that a loop began from: scaled latents (4, h, w), float64, and their deviation from the mean that
    was written down. `exact` are the latents drawn in a pipeline, unscaled and in their own precision."""

    latents: torch.Tensor
    deviation: float
    exact: torch.Tensor | None = None


@dataclass(frozen=True)
class Decoded:
    """What the decoder got: `latents` (4, h, w) in their own precision; `stepped` is what the last step answered."""

    latents: torch.Tensor
    scaling_factor: float
    stepped: tuple[torch.Tensor, ...]

    @property
    def scaled(self) -> torch.Tensor:
        """The latents on the scale of the loop, float64."""
        return self.latents.double() * self.scaling_factor


@dataclass(frozen=True, eq=False)
class Denoising:
    """One loop. `pipeline` is the fact of the pipeline's call, None for a loop written by hand; `signals` is alpha_bar
    of each timestep; `told` the schedule as the scheduler was told it, `source` where the U-Net came from."""

    exercise: int
    pipeline: dict[str, Any] | None
    steps: list[Step]
    signals: torch.Tensor
    told: dict[str, Any] | None
    source: str | None
    clean: Clean | None
    decoded: Decoded | None
    pictures: tuple[str, ...]

    @property
    def by_hand(self) -> bool:
        """Whether the loop was written by the student."""
        return self.pipeline is None

    def is_of(self, pipeline: str) -> bool:
        """Whether it ran inside a pipeline of this class."""
        return self.pipeline is not None and self.pipeline["cls"] == pipeline

    @property
    def timesteps(self) -> list[int]:
        """The timestep of each step."""
        return [step.timestep for step in self.steps]

    def signal(self, timestep: int) -> float:
        """alpha_bar at a timestep; NaN for one that the noise schedule does not have."""
        return float(self.signals[timestep]) if 0 <= timestep < len(self.signals) else float("nan")

    def sampler(self) -> Sampler:
        """A reference scheduler for this loop, at its beginning.

        Raises:
            LookupError: no scheduler was told a number of steps, or none like it can be built.
        """
        if self.told is None:
            raise LookupError("no scheduler was told how many steps to make")
        return Sampler.of(self.told, self.source)

    def argument(self, name: str, otherwise: Any) -> Any:
        """An argument of the pipeline."""
        return (self.pipeline or {"arguments": {}})["arguments"].get(name, otherwise)

    @property
    def strength(self) -> float | None:
        """The strength that a pipeline was given; None for a loop written by hand."""
        if self.pipeline is None:
            return None
        return float(self.argument("strength", STRENGTH.get(self.pipeline["cls"], 1.0)))

    @cached_property
    def final(self) -> torch.Tensor | None:
        """The latents that were decoded, (4, h, w), on the scale of the loop."""
        return None if self.decoded is None else self.decoded.scaled

    @cached_property
    def transitions(self) -> list[Transition]:
        """Every step against the reference scheduler, for a loop that changes nothing between steps."""
        return self._followed(by_least_squares)

    @cached_property
    def masked_transitions(self) -> list[Transition]:
        """Every step against the reference scheduler, for a loop that puts parts of the picture back between steps."""
        return self._followed(by_majority)

    def _followed(self, estimate: Any) -> list[Transition]:
        if self.pipeline is not None:
            estimate = announced(float(self.argument("guidance_scale", GUIDANCE)))
        return follow(self.steps, self.sampler(), self.final, estimate)

    @cached_property
    def untouched(self) -> torch.Tensor:
        """Cells, (h, w), that went through every step as the sampler left them, the last latents included."""
        seen = [step for step in self.masked_transitions if step.after is not None]
        cells = torch.ones(self.steps[0].sample.shape[1:], dtype=torch.bool)
        for step in seen:
            assert step.after is not None
            off = (step.after - step.expected).abs().amax(dim=0)
            cells &= off <= SAME * step.expected.square().mean().sqrt()  # NaN is not
        return cells

    @cached_property
    def effective_mask(self) -> EffectiveMask:
        """Which cells of the last latents are the sampler's and which the picture's.

        Raises:
            LookupError: the loop had no picture, or its latents were not decoded.
        """
        if self.clean is None or self.final is None:
            raise LookupError("a mask shows only between a picture and decoded latents")
        return EffectiveMask.between(self.clean.latents, self.masked_transitions[-1].expected, self.final)

    @property
    def prompt(self) -> str:
        """The digest of the prompt's text."""
        return self.steps[0].conditions[-1]

    def begins_like(self, other: Denoising) -> bool:
        """Whether both loops began from the same latents, bit for bit, and were asked for the same."""
        start, twin = self.steps[0].sample, other.steps[0].sample
        if is_constant(start) or not bool(torch.isfinite(start).all()):  # zeros are the same for everybody
            return False
        return self.prompt == other.prompt and torch.equal(start, twin)
