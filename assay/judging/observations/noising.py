"""How a network of the student's own was fed while it was trained: the noise in each input, and what lies under it."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from assay.judging.evidence import as_number
from assay.judging.observations.facts import Facts


@dataclass(frozen=True)
class Noised:
    """One input of a training step, x_t = under + slope * noise. Around the picture is a frame where nothing is drawn:
    `unexplained` is the share of it that is not a constant plus noise, `ground` that constant; `brightest` is the
    largest number under the noise."""

    time: float
    slope: float
    unexplained: float
    ground: float
    brightest: float


def noised(work: Facts) -> list[Noised]:
    """Every sample that was kept of the exercise's training steps, by its timestep.

    The noise is read off the loss: where the squared error pulls, prediction - noise, lies along the gradient, and of
    all points on that line one has unit size.
    """
    gradients = {fact["call"]: fact.get("gradient") for fact in work.facts("own_gradient")}
    found: list[Noised] = []
    for fact in work.facts("own_call"):
        names = (fact.get("sample"), fact.get("prediction"), gradients.get(fact["call"]))
        parts = [None if tensor is None else tensor.double() for tensor in map(work.evidence.tensor, names)]
        if any(part is None or part.dim() != 4 for part in parts):
            continue
        sample, prediction, gradient = (part for part in parts if part is not None)
        if sample.shape == prediction.shape == gradient.shape:
            found += _of_batch([as_number(t) for t in fact["times"]], sample, prediction, gradient)
    return sorted(found, key=lambda one: one.time)


def _of_batch(
    times: list[float], sample: torch.Tensor, prediction: torch.Tensor, gradient: torch.Tensor
) -> list[Noised]:
    noise = _noise(prediction, gradient)
    if noise is None:  # an answer that is no number is another criterion's business
        return []
    return [_of_sample(t, x, e) for t, x, e in zip(times, sample, noise, strict=False)]


def _noise(prediction: torch.Tensor, gradient: torch.Tensor) -> torch.Tensor | None:
    """The point prediction - k * gradient, k > 0, whose mean square is 1; None where there is none."""
    square, both = float(gradient.square().mean()), float((gradient * prediction).mean())
    rest = both**2 - square * (float(prediction.square().mean()) - 1)
    if not square > 0 or not rest >= 0:
        return None
    noise: torch.Tensor = prediction - (both + rest**0.5) / square * gradient
    return noise


def _of_sample(time: float, sample: torch.Tensor, noise: torch.Tensor) -> Noised:
    x, e = _frame(sample), _frame(noise)
    spread = float((e - e.mean()).square().sum())
    slope = float(((x - x.mean()) * (e - e.mean())).sum()) / max(spread, 1e-30)
    left = x - x.mean() - slope * (e - e.mean())
    unexplained = float(left.norm() / (x - x.mean()).norm().clamp_min(1e-30))
    ground = float(x.mean() - slope * e.mean())
    return Noised(time, slope, unexplained, ground, float((sample - slope * noise).abs().max()))


def _frame(picture: torch.Tensor) -> torch.Tensor:
    """The outermost pixels of (c, h, w), one wide."""
    return torch.cat([picture[:, 0], picture[:, -1], picture[:, 1:-1, 0], picture[:, 1:-1, -1]], dim=1).flatten()
