"""A training loop as it was seen: U-Net calls that received a gradient, backward passes, optimizer steps."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import torch

from assay.judging import originals
from assay.judging.evidence import as_number
from assay.judging.observations.clean import CleanLatents
from assay.judging.observations.facts import Facts
from assay.tensors import is_constant

# The implied noise is (x_t - sqrt(a) z0) / sqrt(1 - a): rounding of x_t grows by 1 / sqrt(1 - a). Below a hundred
# roundings the 4 % that a check allows are out of reach, so that timestep says nothing in that precision.
ROUNDINGS = 100
# |deviation - 1| + |correlation| of 16,384 numbers of unit noise stays under 0.04 (two times two standard errors and
# more); a wrong latent of the same set of pictures gives more as soon as 2 % of the signal is left.
PLAUSIBLE = 0.05


@dataclass(frozen=True)
class TrainingSample:
    """One sample of one U-Net call: all tensors (4, h, w), float64; `signal` is alpha_bar at its timestep."""

    call: int
    timestep: int
    signal: float
    noisy: torch.Tensor
    clean: torch.Tensor
    prediction: torch.Tensor
    gradient: torch.Tensor

    @property
    def noise(self) -> torch.Tensor:
        """The noise that the noisy latent implies: (x_t - sqrt(a) z0) / sqrt(1 - a) (Ho et al. 2020, equation 4)."""
        return _implied(self.noisy, self.clean, self.signal)

    @property
    def noise_deviation(self) -> float:
        """Standard deviation of the implied noise: 1 when the forward process was followed."""
        return float(self.noise.std())

    @property
    def leakage(self) -> float:
        """Correlation of the implied noise with the clean latent: 0 when the forward process was followed."""
        return _correlation(self.noise, self.clean)

    @property
    def target_agreement(self) -> float:
        """Cosine of the loss's gradient with (prediction - noise): 1 for the squared error, at any positive scale.

        0 where the input holds no noise at all: then any two constants would agree.
        """
        return _cosine(self.gradient, self.prediction - self.noise) if not is_constant(self.noisy) else 0.0

    @property
    def has_picture(self) -> bool:
        """Whether the sample was made of a latent that the VAE had encoded: one that differs from place to place."""
        return not is_constant(self.clean)


class Training:
    """What was trained in one exercise."""

    def __init__(self, work: Facts) -> None:
        self._work = work

    @cached_property
    def steps(self) -> list[dict[str, Any]]:
        """One fact for each optimizer step: norms of the gradients it used, rows of a table that had one."""
        return self._work.facts("step")

    @cached_property
    def backwards(self) -> list[dict[str, Any]]:
        """One fact for each backward pass."""
        return self._work.facts("backward_begin")

    @cached_property
    def losses(self) -> list[float]:
        """The loss at each backward pass."""
        return [as_number(fact["loss"]) for fact in self.backwards]

    @cached_property
    def stale(self) -> int:
        """How many backward passes began with a gradient that a step had already used."""
        return sum(int(fact["added_to_used"]) > 0 for fact in self._work.facts("backward_end"))

    def optimizer(self, step: dict[str, Any]) -> dict[str, Any]:
        """The optimizer fact that belongs to a step."""
        return next(f for f in self._work.facts_so_far("optimizer") if f["optimizer"] == step["optimizer"])

    @cached_property
    def declared_steps(self) -> dict[str, float]:
        """Constants that the rubric may shorten, as this exercise set them: names with their values."""
        before = {n: v for f in self._work.facts_so_far("names") if f["exercise"] < self._work.number
                  for n, v in f["values"].items()}  # fmt: skip
        now = {n: v for f in self._work.facts("names") for n, v in f["values"].items()}
        return {name: as_number(value) for name, value in now.items() if before.get(name) != value}

    @cached_property
    def timesteps(self) -> list[int]:
        """The timestep of every sample that was trained on."""
        return [int(t) for fact in self._calls for t in _spread(fact["times"], fact["batch"])]

    @cached_property
    def _calls(self) -> list[dict[str, Any]]:
        with_gradient = {fact["call"] for fact in self._work.facts("unet_gradient")}
        return [f for f in self._work.facts("unet") if f["call"] in with_gradient]

    @cached_property
    def samples(self) -> list[TrainingSample]:
        """Every sample of the calls whose tensors were kept, with the clean latent that fits it best.

        Raises:
            LookupError: there were calls, but what is needed to judge them was not kept.
        """
        if not self._calls:
            return []
        signals, clean = self._signals(), self._clean_latents()
        gradients = {f["call"]: f["gradient"] for f in self._work.facts("unet_gradient")}
        found: list[TrainingSample] = []
        for fact in self._calls:
            tensor = self._work.evidence.tensor
            parts = [tensor(fact.get("sample")), tensor(fact.get("prediction")), tensor(gradients[fact["call"]])]
            kept = [part.double() for part in parts if part is not None and part.dim() == 4]
            if len(kept) == 3 and kept[0].shape == kept[1].shape == kept[2].shape:
                found.extend(_samples(fact, kept, signals, clean))
        if not found:
            raise LookupError("none of the training steps could be looked at closely enough")
        return found

    def _signals(self) -> torch.Tensor:
        for model in self._work.models.values():
            signals = originals.signal_rates(model.source or "")
            if signals is not None:
                return signals
        raise LookupError("the kit has no noise schedule for the models that were loaded")

    def _clean_latents(self) -> dict[torch.Size, CleanLatents]:
        """Every latent encoded so far, scaled, by shape (4, h, w): exercises may use pictures of different sizes."""
        scales = {label: as_number(model.loaded.get("scaling_factor")) for label, model in self._work.models.items()}
        means: dict[torch.Size, list[torch.Tensor]] = {}
        for fact in self._work.facts_so_far("encode"):
            mean = self._work.evidence.tensor(fact.get("mean"))
            if mean is not None and mean.dim() == 4:
                means.setdefault(mean.shape[1:], []).append(mean.double() * scales[fact["label"]])
        return {shape: CleanLatents(torch.cat(group)) for shape, group in means.items()}


def _samples(
    fact: dict[str, Any], tensors: list[torch.Tensor], signals: torch.Tensor, clean: dict[torch.Size, CleanLatents]
) -> list[TrainingSample]:
    precision = torch.finfo(getattr(torch, fact["dtype"].removeprefix("torch."))).eps
    found = []
    for index, timestep in enumerate(_spread(fact["times"], fact["batch"])):
        signal = float(signals[timestep])
        if (1 - signal) ** 0.5 > ROUNDINGS * precision and index < len(tensors[0]):
            noisy, prediction, gradient = (tensor[index] for tensor in tensors)
            fit = _best_fit(noisy, clean.get(noisy.shape), signal, prediction, gradient)
            found.append(TrainingSample(fact["call"], timestep, signal, noisy, fit, prediction, gradient))
    return found


def _best_fit(
    noisy: torch.Tensor, clean: CleanLatents | None, signal: float, prediction: torch.Tensor, gradient: torch.Tensor
) -> torch.Tensor:
    """The clean latent that this sample, (4, h, w), was made of; zeros if none of its shape was encoded.

    Its implied noise is unit noise without a trace of the latent. Near the schedule's end every latent gives that,
    because next to nothing of the picture is left; then the loss's gradient tells which one it was.
    """
    if clean is None:
        return torch.zeros_like(noisy)
    misfit, agreement = clean.fits(noisy.flatten(), signal, prediction.flatten(), gradient.flatten())
    plausible = misfit < PLAUSIBLE
    best = agreement.masked_fill(~plausible, -2).argmax() if bool(plausible.any()) else misfit.argmin()
    return clean.latents[best]


def _implied(noisy: torch.Tensor, clean: torch.Tensor, signal: float) -> torch.Tensor:
    noise: torch.Tensor = (noisy - signal**0.5 * clean) / (1 - signal) ** 0.5
    return noise


def _correlation(left: torch.Tensor, right: torch.Tensor) -> float:
    return _cosine(left - left.mean(), right - right.mean())


def _cosine(left: torch.Tensor, right: torch.Tensor) -> float:
    norms = left.norm() * right.norm()
    return float((left * right).sum() / norms) if norms > 0 else 0.0


def _spread(times: list[int], batch: int) -> list[int]:
    """A timestep for each sample: a single one counts for the whole batch."""
    return times * batch if len(times) == 1 else times[:batch]
