"""The forward process is read off the inputs of training and the loss's gradient, whatever the pictures' range."""

from __future__ import annotations

import math
from types import SimpleNamespace

import pytest
import torch

from assay.claims import require_noised_pictures
from assay.failure import Failure
from assay.judging.observations.noising import noised

DRAW = torch.Generator().manual_seed(8)
ALPHA_BARS = torch.cumprod(1 - torch.linspace(1e-4, 0.02, 1000), dim=0)
TIMES = torch.randint(1000, (256,), generator=DRAW)
NOISE = torch.randn(256, 1, 28, 28, generator=DRAW)
PREDICTION = 0.2 * torch.randn(256, 1, 28, 28, generator=DRAW)
DIGITS = torch.nn.functional.pad(torch.rand(256, 1, 20, 20, generator=DRAW).round(), (4, 4, 4, 4))
A = ALPHA_BARS[TIMES].view(-1, 1, 1, 1)


class Evidence:
    """Tensors by name, as a Run keeps them."""

    def __init__(self, **tensors):
        self._tensors = tensors

    def tensor(self, name):
        return self._tensors.get(name)


def worked(sample, gradient, backwards=(1,)):
    """Work whose network was given `sample` (n, 1, 28, 28) at TIMES."""
    call = {"call": 1, "times": TIMES.tolist(), "sample": "x", "prediction": "p"}
    facts = {"own_call": [call], "own_gradient": [{"call": 1, "gradient": "g"}]}
    work = SimpleNamespace(
        facts=facts.__getitem__,
        evidence=Evidence(x=sample, p=PREDICTION, g=gradient),
        training=SimpleNamespace(backwards=backwards),
    )
    work.noised = noised(work)
    return work


def pulled_to(target, scale=1.0):
    return scale * (PREDICTION - target)


@pytest.mark.parametrize(("low", "high"), [(-1, 1), (0, 1), (-0.424, 2.82)])
@pytest.mark.parametrize("scale", [1e-6, 1.0, 2e3])
def test_the_forward_process_passes_for_every_range_of_pictures_and_scale_of_loss(low, high, scale):
    digits = DIGITS * (high - low) + low
    require_noised_pictures(worked(A.sqrt() * digits + (1 - A).sqrt() * NOISE, pulled_to(NOISE, scale)))


def test_the_weight_of_the_noise_is_known_within_a_hundredth():
    work = worked(A.sqrt() * (2 * DIGITS - 1) + (1 - A).sqrt() * NOISE, pulled_to(NOISE))
    wanted = [math.sqrt(1 - float(ALPHA_BARS[int(one.time)])) for one in work.noised]
    assert max(abs(one.slope - right) for one, right in zip(work.noised, wanted, strict=True)) < 0.01


@pytest.mark.parametrize(
    ("signal", "noise"),
    [
        (A, 1 - A),
        (A.sqrt(), torch.ones_like(A)),
        (A.sqrt(), (2 - A).sqrt()),
        (A.sqrt(), (1 + A).sqrt()),
        (A.sqrt(), -(1 - A).sqrt()),
        ((1 - A).sqrt(), A.sqrt()),
        (torch.zeros_like(A), torch.ones_like(A)),
        (A.sqrt(), torch.zeros_like(A)),
    ],
)
def test_other_weights_are_caught(signal, noise):
    with pytest.raises(Failure):
        require_noised_pictures(worked(signal * (2 * DIGITS - 1) + noise * NOISE, pulled_to(NOISE)))


@pytest.mark.parametrize("target", [DIGITS, torch.randn(256, 1, 28, 28, generator=DRAW), torch.zeros(256, 1, 28, 28)])
def test_other_targets_are_caught(target):
    with pytest.raises(Failure, match="the noise that the loss asks for"):
        require_noised_pictures(worked(A.sqrt() * DIGITS + (1 - A).sqrt() * NOISE, pulled_to(target)))


def some(*chosen, sample=None):
    """Work whose network was given few of the samples, by their places in TIMES."""
    picked = torch.tensor(chosen)
    full = A.sqrt() * (2 * DIGITS - 1) + (1 - A).sqrt() * NOISE if sample is None else sample
    call = {"call": 1, "times": TIMES[picked].tolist(), "sample": "x", "prediction": "p"}
    facts = {"own_call": [call], "own_gradient": [{"call": 1, "gradient": "g"}]}
    evidence = Evidence(x=full[picked], p=PREDICTION[picked], g=pulled_to(NOISE)[picked])
    work = SimpleNamespace(facts=facts.__getitem__, evidence=evidence, training=SimpleNamespace(backwards=(1,)))
    work.noised = noised(work)
    return work


def test_a_small_batch_need_not_reach_the_ends_of_the_schedule():
    early = [n for n, t in enumerate(TIMES.tolist()) if t < 250][:6]
    require_noised_pictures(some(*early))


def test_one_sample_of_a_small_batch_may_be_unreadable_and_a_whole_one_may_not():
    broken = A.sqrt() * (2 * DIGITS - 1) + (1 - A).sqrt() * NOISE
    broken[0] = torch.rand(1, 28, 28, generator=DRAW)
    require_noised_pictures(some(*range(6), sample=broken))
    with pytest.raises(Failure, match="1 of 1 noisy pictures"):
        require_noised_pictures(some(0, sample=broken))


def test_what_was_not_seen_is_neither_right_nor_wrong():
    unseen = worked(torch.zeros(3), torch.zeros(3))
    with pytest.raises(LookupError):
        require_noised_pictures(unseen)
    with pytest.raises(Failure, match="no network was trained"):
        require_noised_pictures(worked(torch.zeros(3), torch.zeros(3), backwards=()))
