"""What the library's own scheduler makes of a U-Net's answers: the judge's copy, built from the kit's settings."""

from __future__ import annotations

import copy
from typing import Any

import torch

from assay.judging import originals

MOST_STEPS = 1000  # the noise schedule has no more timesteps
LARGEST = 1e4  # a picture's latents are within 10; far beyond that nothing can be computed from differences
FLAT = 1e-6  # two numbers of a step's gain may differ by this much: rounding of float32 tables


class Sampler:
    """One scheduler told how many steps to make; it has a state, so each loop gets one of its own."""

    def __init__(self, scheduler: Any, steps: int) -> None:
        self._scheduler = scheduler
        scheduler.set_timesteps(steps)
        self.steps = steps
        self.timesteps = [int(t) for t in scheduler.timesteps.tolist()]

    @classmethod
    def of(cls, told: dict[str, Any], source: str | None) -> Sampler:
        """The scheduler that the fact `told` speaks of, with the noise schedule of the model from `source`.

        Raises:
            LookupError: the kit or the library has no such scheduler.
        """
        steps, options = told["steps"], told["options"]
        made = originals.scheduler(source or "", str(told["cls"]), options if isinstance(options, dict) else {})
        if made is None or type(steps) is not int or not 0 < steps <= MOST_STEPS:
            raise LookupError(f"no scheduler {told['cls']!r} with {steps!r} steps can be built to compare with")
        return cls(made, steps)

    def latents(self, sample: torch.Tensor, timestep: int) -> torch.Tensor:
        """The latents that the U-Net's input `sample` stands for: some schedulers scale it before the call."""
        one = self._copy().scale_model_input(torch.ones(1, dtype=torch.float64), self._moment(timestep))
        return sample / float(one)

    def affine(self, timestep: int, latents: torch.Tensor) -> tuple[torch.Tensor, float]:
        """(c, g) such that the step from `latents` with the noise e gives c + g e, after the steps made so far.

        Raises:
            LookupError: the step draws noise of its own, or is no such function.
        """
        # latents that exploded are the student's, and no reason to call the scheduler random
        usable = latents.abs() <= LARGEST
        probe = torch.where(usable, latents, 0.0)
        constant = self._try(torch.zeros_like(latents), timestep, probe)
        gain = self._try(torch.ones_like(latents), timestep, probe) - constant
        mean = float(gain.mean())
        if not float((gain - mean).abs().max()) <= FLAT * max(1.0, abs(mean)):
            raise LookupError(f"the steps of {type(self._scheduler).__name__} are random and cannot be followed")
        return torch.where(usable, constant, torch.nan), mean

    def advance(self, noise: torch.Tensor, timestep: int, latents: torch.Tensor) -> torch.Tensor:
        """The latents after the step; the scheduler remembers it."""
        return self._step(noise, timestep, latents, self._scheduler)

    def _try(self, noise: torch.Tensor, timestep: int, latents: torch.Tensor) -> torch.Tensor:
        """A step that the scheduler does not remember."""
        return self._step(noise, timestep, latents, self._copy())

    def _copy(self) -> Any:
        """DDIM's remembers nothing anyway, and copying takes longer than a step."""
        is_ddim = type(self._scheduler).__name__ == "DDIMScheduler"
        return self._scheduler if is_ddim else copy.deepcopy(self._scheduler)

    def _step(self, noise: torch.Tensor, timestep: int, latents: torch.Tensor, scheduler: Any) -> torch.Tensor:
        made: torch.Tensor = scheduler.step(noise, self._moment(timestep), latents, return_dict=False)[0]
        return made.double()

    def _moment(self, timestep: int) -> torch.Tensor:
        """The schedule's own timestep, which may be a fraction; what is none of them stays as it is."""
        times: torch.Tensor = self._scheduler.timesteps
        nearest = times[(times - timestep).abs().argmin()]
        return nearest if abs(float(nearest) - timestep) < 1 else torch.tensor(timestep).to(times.dtype)
