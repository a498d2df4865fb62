"""One step back: what a scheduler may make of the U-Net's answer, and what the exercise made of it."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import torch

from assay.judging.evidence import as_number
from assay.judging.observations.denoising import Denoising
from assay.judging.observations.facts import Facts
from assay.judging.observations.loops import denoisings
from assay.judging.observations.steps import Step
from assay.judging.observations.transitions import by_least_squares, combined
from assay.tensors import is_constant

EXACT = 1e-3  # of the way that the step goes: the next timestep of a thousand goes a different way by 2e-3
ROUNDINGS = 4  # of a number in the precision of the U-Net's input
SIGMAS = 5
WEIGHTS = 0.05  # by how much the guidance's weights may miss a sum of 1


@dataclass(frozen=True)
class Law:
    """x_next = constant + gain * noise prediction + spread * fresh unit noise."""

    constant: torch.Tensor
    gain: float
    spread: float


@dataclass(frozen=True)
class Reversal:
    """One step of a loop written by hand. `stepped` is what schedulers answered after its U-Net call, `decoded` what
    was decoded then, as the decoder got it, with the scaling factor; `after` what the U-Net got next; `times` are
    the timesteps that schedulers were told and `used` the noise. All tensors are (4, h, w), float64."""

    loop: Denoising
    step: Step
    times: tuple[int, ...]
    used: tuple[torch.Tensor, ...]
    stepped: tuple[torch.Tensor, ...]
    decoded: tuple[tuple[torch.Tensor, float], ...]
    after: torch.Tensor | None
    precision: float

    @cached_property
    def results(self) -> list[torch.Tensor]:
        """Everything that may be the latents after the step, whether or not it was decoded as it should be."""
        scaled = [latents * factor for latents, factor in self.decoded]
        plain = [latents for latents, _ in self.decoded]
        return [*self.stepped, *scaled, *plain, *([] if self.after is None else [self.after])]

    def leads_to(self, result: torch.Tensor) -> bool:
        """Whether a scheduler could have made `result` of this step."""
        return any(self._obeys(law, result) for law in (*self._laws(), *self._strides(result)))

    @property
    def used_its_own_prediction(self) -> bool:
        """Whether the noise that a scheduler was given is what the U-Net had answered, if need be with guidance."""
        for noise in self.used:
            if noise.shape == self.step.prompt.shape and bool(torch.isfinite(noise).all()):
                weights = by_least_squares(self.step, noise)
                own = combined(self.step, weights)
                if abs(sum(weights) - 1) <= WEIGHTS and bool(
                    (noise - own).norm() <= max(EXACT, ROUNDINGS * self.precision) * noise.norm()
                ):
                    return True
        return not self.used

    def is_clean_guess(self, result: torch.Tensor) -> bool:
        """Whether `result` is the clean latent that the prediction implies: schedulers answer with it as well."""
        signal = self.loop.signal(self.step.timestep)
        gain = -math.sqrt((1 - signal) / signal)
        return self._obeys(Law(self.step.sample / math.sqrt(signal), gain, 0.0), result)

    def _laws(self) -> Iterator[Law]:
        sample, time = self.step.sample, self.step.timestep
        steps = {1} | ({1000 // self.loop.told["steps"]} if self.loop.told and self.loop.told["steps"] else set())
        for before in sorted(time - step for step in steps):
            yield from _of_schedule(sample, self.loop.signal(time), self._signal_before(before))
        try:
            sampler = self.loop.sampler()
            latents = sampler.latents(sample, time)
            yield Law(*sampler.affine(time, latents), 0.0)
        except (LookupError, ValueError, IndexError):  # told nothing, or a step that is random or off the schedule
            return

    def _strides(self, result: torch.Tensor) -> Iterator[Law]:
        """The step without noise to an earlier timestep of whoever's choice, which the latents' share in `result`
        tells: by hand it may go as far as it likes (Song et al. 2021, section 4.2), and no scheduler is told."""
        latents, answers = self.step.sample, [self.step.prompt, self.step.empty]
        parts = torch.stack([part.flatten() for part in (latents, *answers) if part is not None], dim=1)
        if result.shape != latents.shape or not bool(torch.isfinite(result).all() & torch.isfinite(parts).all()):
            return
        share = float(torch.linalg.lstsq(parts, result.flatten()[:, None]).solution[0])
        signal, earlier = self.loop.signal(self.step.timestep), self.loop.signals[: self.step.timestep]
        if share > 0 and len(earlier):
            before = float(earlier[(earlier - signal * share**2).abs().argmin()])
            yield from itertools.islice(_of_schedule(latents, signal, before), 1)

    def _signal_before(self, time: int) -> float:
        return self.loop.signal(time) if time >= 0 else self.loop.signal(0)

    def _obeys(self, law: Law, result: torch.Tensor) -> bool:
        usable = result.shape == self.step.sample.shape and bool(torch.isfinite(result).all())
        if not usable or is_constant(result) or law.gain == 0.0:  # a constant is nobody's latent
            return False
        used = (result - law.constant) / law.gain
        weights = (0.0, 1.0) if self.step.empty is None else by_least_squares(self.step, used)
        if not law.spread and abs(sum(weights) - 1) > WEIGHTS:
            return False
        noise = result - law.constant - law.gain * combined(self.step, weights)
        if not bool(torch.isfinite(noise).all()):
            return False
        if law.spread:
            return self._is_unit_noise(noise / law.spread)
        allowed = EXACT * (result - self.step.sample).norm() + ROUNDINGS * self.precision * result.norm()
        return bool(noise.norm() <= allowed)

    def _is_unit_noise(self, noise: torch.Tensor) -> bool:
        count = noise.numel()
        others = [self.step.sample, self.step.prompt]
        leaks = [float(torch.corrcoef(torch.stack([noise.flatten(), other.flatten()]))[0, 1]) for other in others]
        straight = all(abs(leak) <= SIGMAS / math.sqrt(count) for leak in leaks)
        return straight and abs(float(noise.std()) - 1) <= SIGMAS / math.sqrt(2 * count)


def _of_schedule(sample: torch.Tensor, signal: float, before: float) -> Iterator[Law]:
    """DDIM's step and DDPM's, with its noise and without (Song et al. 2021, equations 12 and 16); `signal` and
    `before` are alpha_bar at both ends."""
    if not 0 < signal < before:
        return
    variance = (1 - before) / (1 - signal) * (1 - signal / before)
    constant = math.sqrt(before / signal) * sample
    for spread, noisy in ((0.0, False), (variance, False), (variance, True)):
        gain = math.sqrt(1 - before - spread) - math.sqrt(before * (1 - signal) / signal)
        yield Law(constant, gain, math.sqrt(variance) if noisy else 0.0)


def reversals(work: Facts) -> list[Reversal]:
    """Every step of the loops that this exercise wrote by hand, in order."""
    own = [fact for fact in work.evidence.facts if fact["exercise"] == work.number]
    found = []
    for loop in denoisings(work):
        for number, step in enumerate(loop.steps):
            if loop.by_hand:
                after = loop.steps[number + 1].sample if number + 1 < len(loop.steps) else None
                found.append(_made(work, loop, step, _after(own, step), after))
    return found


def _after(own: list[dict[str, Any]], step: Step) -> list[dict[str, Any]]:
    """The facts from a step's last call to the next call of a U-Net."""
    place = next(n for n, fact in enumerate(own) if fact["kind"] == "unet" and fact["call"] == step.last_call)
    rest = own[place + 1 :]
    end = next((n for n, fact in enumerate(rest) if fact["kind"] == "unet"), len(rest))
    return rest[:end]


def _made(
    work: Facts, loop: Denoising, step: Step, facts: list[dict[str, Any]], after: torch.Tensor | None
) -> Reversal:
    decodes = [fact for fact in facts if fact["kind"] == "decode" and fact["pipeline"] is None]
    return Reversal(
        loop=loop,
        step=step,
        times=tuple(int(fact["time"]) for fact in facts if fact["kind"] == "stepped"),
        used=tuple(row for f in facts if f["kind"] == "stepped" for row in _rows(work, f.get("used"))),
        stepped=tuple(row for fact in decodes for name in fact.get("stepped", ()) for row in _rows(work, name)),
        decoded=tuple((row, _factor(work, fact)) for fact in decodes for row in _rows(work, fact.get("tensor"))),
        after=after,
        precision=torch.finfo(getattr(torch, step.dtype.removeprefix("torch."))).eps,
    )


def _rows(work: Facts, name: object) -> list[torch.Tensor]:
    tensor = work.evidence.tensor(name)
    return [] if tensor is None or tensor.dim() != 4 else [row.double() for row in tensor]


def _factor(work: Facts, fact: dict[str, Any]) -> float:
    return as_number(work.models[fact["label"]].loaded.get("scaling_factor"))
