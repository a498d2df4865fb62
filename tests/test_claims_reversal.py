"""One step back: which latents a scheduler could have made of a prediction, and which it could not."""

import math

import pytest
import torch

from assay.judging.observations.denoising import Denoising
from assay.judging.observations.reversal import Reversal
from assay.judging.observations.steps import Step

SIGNALS = torch.cumprod(1 - torch.linspace(0.00085**0.5, 0.012**0.5, 1000, dtype=torch.float64) ** 2, dim=0)
SHAPE = (4, 64, 64)
TIME = 500


@pytest.fixture
def reversal() -> Reversal:
    """A step at timestep 500 from drawn latents, with a drawn prediction."""
    draw = torch.Generator().manual_seed(3)
    tensors = {name: torch.randn((1, *SHAPE), generator=draw) for name in ("sample", "prediction")}
    call = {"call": 1, "times": [TIME], "dtype": "torch.float32", "conditions": ["a"], "sample": "sample",
            "prediction": "prediction"}  # fmt: skip
    step = Step([call], lambda name: tensors.get(name), set())
    loop = Denoising(4, None, [step], SIGNALS, None, None, None, None, ())
    return Reversal(loop, step, (), (), (), (), None, torch.finfo(torch.float32).eps)


def ddim(reversal: Reversal, to: int, spread: float = 0.0) -> torch.Tensor:
    """Equation 12 of Song et al. 2021 without its noise; `spread` is sigma squared."""
    now, before = float(SIGNALS[TIME]), float(SIGNALS[to])
    noise = reversal.step.prompt
    clean = (reversal.step.sample - math.sqrt(1 - now) * noise) / math.sqrt(now)
    return math.sqrt(before) * clean + math.sqrt(1 - before - spread) * noise


def variance(to: int) -> float:
    now, before = float(SIGNALS[TIME]), float(SIGNALS[to])
    return (1 - before) / (1 - now) * (1 - now / before)


def test_a_step_without_noise_is_accepted(reversal):
    assert reversal.leads_to(ddim(reversal, TIME - 1))


def test_the_mean_and_the_noisy_step_of_ddpm_are_accepted(reversal):
    mean = ddim(reversal, TIME - 1, variance(TIME - 1))
    fresh = torch.randn(SHAPE, generator=torch.Generator().manual_seed(5), dtype=torch.float64)
    assert reversal.leads_to(mean)
    assert reversal.leads_to(mean + math.sqrt(variance(TIME - 1)) * fresh)


def test_the_guess_of_the_clean_latent_is_told_apart(reversal):
    clean = (reversal.step.sample - math.sqrt(1 - SIGNALS[TIME]) * reversal.step.prompt) / math.sqrt(SIGNALS[TIME])
    assert reversal.is_clean_guess(clean)
    assert not reversal.leads_to(clean)


@pytest.mark.parametrize("to", [TIME - 20, TIME - 101, 0])
def test_a_step_without_noise_may_go_to_any_earlier_timestep(reversal, to):
    assert reversal.leads_to(ddim(reversal, to))


WRONG = [
    "input",
    "difference",
    "a noisier level",
    "no level at all",
    "no noise left",
    "nan",
    "constant",
    "scaled",
    "more noise",
]


@pytest.mark.parametrize("wrong", WRONG)
def test_other_latents_are_refused(reversal, wrong):
    mean = ddim(reversal, TIME - 1, variance(TIME - 1))
    fresh = torch.randn(SHAPE, generator=torch.Generator().manual_seed(5), dtype=torch.float64)
    found = {
        "input": reversal.step.sample,
        "difference": reversal.step.sample - reversal.step.prompt,
        "a noisier level": ddim(reversal, TIME + 20),
        "no level at all": 0.9 * reversal.step.sample - 0.2 * reversal.step.prompt,
        "no noise left": ddim(reversal, TIME - 50, 0.4),
        "nan": torch.full(SHAPE, math.nan, dtype=torch.float64),
        "constant": torch.zeros(SHAPE, dtype=torch.float64),
        "scaled": mean / 0.18215,
        "more noise": mean + 1.2 * math.sqrt(variance(TIME - 1)) * fresh,
    }[wrong]
    assert not reversal.leads_to(found)
    assert not reversal.is_clean_guess(found)


def test_a_scheduler_that_was_given_other_noise_is_noticed(reversal):
    own = Reversal(**{**vars(reversal), "used": (reversal.step.prompt,)})
    other = Reversal(**{**vars(reversal), "used": (reversal.step.sample,)})
    nothing = Reversal(**{**vars(reversal), "used": (torch.zeros(SHAPE, dtype=torch.float64),)})
    assert own.used_its_own_prediction
    assert not other.used_its_own_prediction
    assert not nothing.used_its_own_prediction


@pytest.mark.parametrize("number", [0.0, 1.0])
def test_a_constant_follows_from_nothing_even_where_the_arithmetic_leads_to_it(reversal, number):
    sample = torch.full((1, *SHAPE), number)
    prediction = torch.zeros_like(sample)
    call = {"call": 1, "times": [TIME], "dtype": "torch.float32", "conditions": ["a"], "sample": "s", "prediction": "p"}
    step = Step([call], {"s": sample, "p": prediction}.get, set())
    flat = Reversal(**{**vars(reversal), "step": step})
    assert not flat.leads_to(ddim(flat, TIME - 1))
