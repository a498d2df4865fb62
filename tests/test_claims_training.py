"""What a training step must do is asked so that nothing, NaN and constants are wrong."""

from __future__ import annotations

import math
from types import SimpleNamespace

import pytest
import torch

from assay.claims import (
    require_forward_process,
    require_fresh_steps,
    require_noise_target,
    require_varied_timesteps,
)
from assay.failure import Failure
from assay.judging.observations.training import TrainingSample

SHAPE = (4, 64, 64)
TIMES = (30, 300, 600, 900)


def sample(timestep=300, **changed):
    """A right training sample of squared error against the noise, with some tensors changed."""
    draw = torch.Generator().manual_seed(timestep)
    clean, noise, prediction = (torch.randn(SHAPE, generator=draw, dtype=torch.float64) for _ in range(3))
    signal = 1 - timestep / 1000
    noisy = signal**0.5 * clean + (1 - signal) ** 0.5 * noise
    right = {"noisy": noisy, "clean": clean, "prediction": prediction, "gradient": 0.1 * (prediction - noise)}
    parts = {name: changed.get(name, lambda t: t)(tensor) for name, tensor in right.items()}
    return TrainingSample(call=1, timestep=timestep, signal=signal, **parts)


def training(samples=(), steps=12, passes=12, stale=0, optimizers=1):
    times = [s.timestep for s in samples]
    made = [{"optimizer": number} for number in range(optimizers) for _ in range(steps)]
    return SimpleNamespace(samples=list(samples), timesteps=times, steps=made, backwards=[{}] * passes, stale=stale)


NULLS = {
    "zeros": torch.zeros_like,
    "ones": torch.ones_like,
    "nan": lambda t: t * math.nan,
    "infinity": lambda t: t / 0,
    "one nan": lambda t: torch.where(torch.arange(64) == 3, math.nan, t),
}


def test_right_samples_pass():
    right = training([sample(t) for t in TIMES])
    require_forward_process(right)
    require_noise_target(right)


@pytest.mark.parametrize("null", NULLS)
@pytest.mark.parametrize("part", ["noisy", "clean"])
def test_one_null_sample_breaks_the_forward_process(part, null):
    samples = [sample(30), sample(300, **{part: NULLS[null]}), sample(600)]
    with pytest.raises(Failure):
        require_forward_process(training(samples))


@pytest.mark.parametrize("null", NULLS)
@pytest.mark.parametrize("part", ["noisy", "prediction", "gradient"])
def test_one_null_sample_breaks_the_target(part, null):
    samples = [sample(30), sample(300, **{part: NULLS[null]}), sample(600)]
    with pytest.raises(Failure):
        require_noise_target(training(samples))


WRONG_INPUTS = {
    "no scaling": ("noisy", lambda t: t * 3),
    "half the noise": ("noisy", lambda t: t / 2),
    "another picture": ("clean", lambda t: t.flip(1)),
}


@pytest.mark.parametrize("name", WRONG_INPUTS)
def test_a_wrong_input_is_told_with_its_worst_timestep(name):
    part, change = WRONG_INPUTS[name]
    with pytest.raises(Failure, match=r"in 1 of 2 training samples .* at timestep 600 its deviation is \d"):
        require_forward_process(training([sample(300), sample(600, **{part: change})]))


WRONG_GRADIENTS = {
    "negated": lambda t: -t,
    "of the absolute error": torch.sign,
    "against something else": lambda t: t.flip(2),
}


@pytest.mark.parametrize("name", WRONG_GRADIENTS)
def test_a_wrong_gradient_is_told_with_its_cosine(name):
    with pytest.raises(Failure, match=r"in 1 of 2 training samples .* at timestep 600 the cosine is -?\d"):
        require_noise_target(training([sample(300), sample(600, gradient=WRONG_GRADIENTS[name])]))


@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
def test_the_scale_of_the_loss_does_not_matter(scale):
    require_noise_target(training([sample(300, gradient=lambda t: t * scale)]))


@pytest.mark.parametrize("require", [require_forward_process, require_noise_target, require_varied_timesteps])
def test_without_samples_nothing_holds(require):
    with pytest.raises(Failure, match="no gradient arrived at a U-Net prediction"):
        require(training())


@pytest.mark.parametrize("times", [[500] * 12, [1, 2] * 6, [10, 20, 30, 40, 50]])
def test_timesteps_that_hardly_vary_fail(times):
    with pytest.raises(Failure, match="different timesteps in"):
        require_varied_timesteps(training([sample(t) for t in times]))


def test_timesteps_that_vary_pass():
    require_varied_timesteps(training([sample(t) for t in (10, 200, 200, 400, 800, 999)]))


@pytest.mark.parametrize(
    ("made", "seen"),
    [
        (training(steps=0, passes=3), "3 backward passes, but no optimizer step"),
        (training(steps=12, passes=0), "one optimizer made 12 steps, but there were 0 backward passes"),
        (training(steps=12, passes=6), "one optimizer made 12 steps, but there were 6 backward passes"),
        (training(stale=2), "2 of 12 backward passes added to gradients that a step had already used"),
    ],
)
def test_steps_that_are_not_fresh_fail(made, seen):
    with pytest.raises(Failure, match=seen):
        require_fresh_steps(made)


@pytest.mark.parametrize(
    ("made", "announced"),
    [
        (training(), [12]),
        (training(), []),
        (training(steps=6, passes=12), [12]),  # two passes accumulated for each step
        (training(steps=12, passes=12, optimizers=2), [12]),
    ],
)
def test_fresh_steps_pass(made, announced):
    require_fresh_steps(made, announced)


def test_another_number_of_steps_than_announced_fails():
    with pytest.raises(Failure, match="5 steps from 5 backward passes, but 12 were announced"):
        require_fresh_steps(training(steps=5, passes=5), [12])
