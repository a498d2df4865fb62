"""From one U-Net call of a loop to the next: which noise the student's step used, and where the reference would go."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch

from assay.judging.observations.sampler import Sampler
from assay.judging.observations.steps import Step

AGREEING = 0.05  # of the cells: what a mask leaves to the sampler is more than that, or there is nothing to see
TINY = 1e-30  # keeps 0 / 0 at 0

Weights = tuple[float, float]  # of the answers to the empty prompt and to the prompt in the noise that a step used
Estimate = Callable[[Step, torch.Tensor], Weights]  # from a step and the noise that it must have used


@dataclass(frozen=True)
class Transition:
    """One step. `before` and `after` are the latents that were seen, `expected` what the reference scheduler makes of
    `before` with `empty` times the answer to the empty prompt plus `prompt` times the answer to the prompt."""

    timestep: int
    before: torch.Tensor
    after: torch.Tensor | None
    expected: torch.Tensor
    empty: float
    prompt: float

    @property
    def error(self) -> float:
        """Distance between what was seen and the reference, relative; infinite when nothing was seen."""
        if self.after is None or self.after.shape != self.expected.shape:
            return float("inf")
        return float((self.after - self.expected).norm() / self.after.norm().clamp_min(TINY))


def follow(steps: list[Step], sampler: Sampler, last: torch.Tensor | None, estimate: Estimate) -> list[Transition]:
    """Every transition of a loop; `last` are the latents after its last step.

    What comes after the last step may have been changed on its way to the decoder, so that step is given the weights of
    the one before.
    """
    before = [sampler.latents(step.sample, step.timestep) for step in steps]
    found: list[Transition] = []
    for step, latents, after in zip(steps, before, [*before[1:], last], strict=True):
        constant, gain = sampler.affine(step.timestep, latents)
        if found and (step is steps[-1] or gain == 0.0):
            weights = found[-1].empty, found[-1].prompt
        elif after is None or after.shape != constant.shape or gain == 0.0:
            weights = estimate(step, torch.zeros(0))
        else:
            weights = estimate(step, (after - constant) / gain)
        expected = sampler.advance(combined(step, weights), step.timestep, latents)
        found.append(Transition(step.timestep, latents, after, expected, *weights))
    return found


def combined(step: Step, weights: Weights) -> torch.Tensor:
    """The U-Net's answers, weighted."""
    return step.prompt * weights[1] + (0.0 if step.empty is None else step.empty * weights[0])


def announced(guidance: float) -> Estimate:
    """The weights of a pipeline that was given this guidance scale."""
    return lambda step, noise: (0.0, 1.0) if step.empty is None else (1 - guidance, guidance)


def by_least_squares(step: Step, noise: torch.Tensor) -> Weights:
    """The weights that explain the noise best."""
    if not noise.numel():
        return 0.0, 1.0
    answers = [step.prompt] if step.empty is None else [step.empty, step.prompt]
    columns = torch.stack([answer.flatten() for answer in answers], dim=1)
    if not bool(torch.isfinite(columns).all() and torch.isfinite(noise).all()):
        return float("nan"), float("nan")
    weights = torch.linalg.lstsq(columns, noise.flatten()[:, None]).solution.flatten().tolist()
    return (weights[0], weights[1]) if len(weights) > 1 else (0.0, weights[0])


def by_majority(step: Step, noise: torch.Tensor) -> Weights:
    """The guidance that most cells agree upon: where a mask left the sampler's latents alone, all give the same.

    Cells that were replaced imply numbers all over the place, so the closest neighbours are the right ones.
    """
    if step.empty is None or not noise.numel():
        return 0.0, 1.0
    direction = (step.prompt - step.empty).flatten()
    wide = direction.abs() >= direction.abs().median()
    implied = ((noise - step.empty).flatten()[wide] / direction[wide]).sort().values
    span = max(2, int(AGREEING * len(implied)))
    place = int((implied[span - 1 :] - implied[: len(implied) - span + 1]).argmin())
    guidance = float(implied[place : place + span].median())
    return 1 - guidance, guidance
