"""Denoising loops made of drawn numbers in place of a U-Net's answers, stepped by the library's own scheduler."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import torch

from assay.judging import originals
from assay.judging.observations.denoising import Clean, Decoded, Denoising
from assay.judging.observations.steps import Step

MODEL = "stable-diffusion-v1-5/stable-diffusion-v1-5"
SCALE = 0.18215
SHAPE = (4, 16, 16)

Change = Callable[[int, torch.Tensor, Any], torch.Tensor]


def drawn(seed: int) -> torch.Tensor:
    """Unit noise, (4, 16, 16), float64."""
    return torch.randn(SHAPE, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def loop(
    *, cls: str = "DDIMScheduler", steps: int = 10, skipped: int = 3, guidance: float = 7.5, picture: int = 1,
    start: Callable[[torch.Tensor, torch.Tensor, float], torch.Tensor] | None = None,
    change: Change | None = None, combine: Callable[[torch.Tensor, torch.Tensor], torch.Tensor] | None = None,
    decode: float = 1 / SCALE, times: Callable[[list[int]], list[int]] = lambda t: t, blank: bool = True,
) -> Denoising:  # fmt: skip
    """A loop over the last steps of a schedule; `start` makes its latents of picture, noise and alpha_bar, `change`
    what goes on after each step of its number, latents and scheduler, `combine` the guided noise of both answers."""
    told = {"cls": cls, "steps": steps, "options": {}}
    scheduler = originals.scheduler(MODEL, cls, {})
    scheduler.set_timesteps(steps)
    signals, kind = originals.signal_rates(MODEL), scheduler.timesteps.dtype
    assert signals is not None
    walked = times([int(t) for t in scheduler.timesteps[skipped:]])
    clean, noise, alpha = drawn(picture), drawn(100), float(signals[walked[0]])
    sample = start(clean, noise, alpha) if start else alpha**0.5 * clean + (1 - alpha) ** 0.5 * noise
    one = torch.ones(1, dtype=torch.float64)
    z = sample / float(copy.deepcopy(scheduler).scale_model_input(one, torch.tensor(walked[0]).to(kind)))
    calls, tensors = [], {}
    for number, timestep in enumerate(walked):
        empty = 0.9 * noise + 0.2 * drawn(200 + number)
        prompt = empty + 0.05 * drawn(300 + number)
        seen = scheduler.scale_model_input(z, torch.tensor(timestep).to(kind))
        tensors |= {f"x{number}": seen[None], f"e{number}": torch.stack([empty, prompt])}
        kept = {"sample": f"x{number}", "prediction": f"e{number}", "latents_digest": f"x{number}"}
        calls.append(
            {"call": len(calls), "dtype": "torch.float32", "times": [timestep], "conditions": ["", "p"], **kept}
        )
        guided = combine(empty, prompt) if combine else empty + guidance * (prompt - empty)
        z = scheduler.step(guided, torch.tensor(timestep).to(kind), z, return_dict=False)[0].double()
        z = change(number, z, scheduler) if change else z
    made = [Step([call], tensors.get, {""} if blank else set()) for call in calls]
    return Denoising(1, None, made, signals, told, MODEL, Clean(clean, 1e-4), Decoded(z * decode, SCALE, (z,)), ())
