"""A number is exact, or cut to digits where that is said; what is said of a factor or of a class must be right."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import torch

from assay.claims import (
    require_number,
    require_stated_factor,
    require_stated_parameters,
    require_successes_by_class,
)
from assay.failure import Failure
from assay.judging.observations.printed import stated_numbers

QUOTIENT = 512 * 512 / 28**2


def work(kept, text="", *numbers):
    """An exercise that kept a number under its name, printed a text, and left other numbers."""
    found = None if kept is None else torch.tensor(kept, dtype=torch.float64)
    made = SimpleNamespace(value=lambda name: found, numbers=[*numbers, *([] if kept is None else [kept])])
    made.stated = stated_numbers(made, text)
    return made


@pytest.mark.parametrize(
    "made",
    [
        work(QUOTIENT),
        work(None, "", QUOTIENT),
        work(335, "about 335 times"),
        work(334, "334 (rounded)"),
        work(334.37, "~334.37"),
        work(335, "334.37, that is 335"),
        work(335, "335 times", QUOTIENT),
    ],
)
def test_exact_numbers_and_those_that_are_said_to_be_rounded_pass(made):
    require_number(made, "pixel_vs_capstone", QUOTIENT)


@pytest.mark.parametrize(
    "made",
    [
        work(None, "about 335"),
        work(335, "335 times"),
        work(335.0, "335.0 times"),
        work(336, "about 336"),
        work(340, "about 340"),
        work(300, "about 300"),
        work(33.5, "about 33.5"),
        work(float("nan"), "about 335"),
        work(float("inf"), "about 335"),
    ],
)
def test_other_numbers_fail(made):
    with pytest.raises(Failure):
        require_number(made, "pixel_vs_capstone", QUOTIENT)


def test_one_digit_is_too_few():
    with pytest.raises(Failure, match="latent_vs_capstone is 5"):
        require_number(work(5, "about 5"), "latent_vs_capstone", 64 * 64 / 28**2)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "48.0 times fewer",
        "ratio: 48",
        "512x512 and 64x64",
        "64 times fewer, 48x smaller",
        "Compression ratio: 786,432 / 16,384 = 48.0x",
        "ratio: 786432/16384",
        "ratio: 1/48",
        "latent by pixels, ratio: 0.0208",
        "aspect ratio: 1.0",
    ],
)
def test_a_right_factor_or_none_passes(text):
    require_stated_factor(text, (48, 64))


@pytest.mark.parametrize("text", ["12,884,901,888 times fewer numbers", "ratio = 16.0", "49x smaller"])
def test_a_wrong_factor_fails(text):
    with pytest.raises(Failure):
        require_stated_factor(text, (48, 64))


def test_a_count_of_parameters_is_right_or_not_given():
    for text in ("", "394,240 parameters", "Total params: 394240", "0 parameters\n131584 trainable parameters",
                 "the sinusoids have 0 parameters", "params: 4 tensors, 394240 numbers",
                 "131,072 + 512 parameters in layer 1, 131,584 in all"):  # fmt: skip
        require_stated_parameters(text, (131584, 394240))
    for text in ("395,523 parameters", "parameters = 98560"):
        with pytest.raises(Failure, match="not 394,240"):
            require_stated_parameters(text, (131584, 394240))


NAMES = ("cat", "dog", "truck")
GUESSES, LABELS = torch.tensor([0, 0, 1, 1, 2, 0]), torch.tensor([0, 1, 1, 1, 2, 2])


@pytest.mark.parametrize(
    "text",
    [
        "cat: 1 of 1\ndog: 2 of 3\ntruck: 1 of 2",
        "cat: 1/3\ndog: 2/2\ntruck: 1/1",  # among what was taken for it
        " cat 100.0%\n dog 66.7 % \n truck 50%",
        "cat: 70.0%\ndog: 20.0%\ntruck: 10.0%",  # shares of one whole
        "cat: 0.71\ndog: 0.2\ntruck: 0.1",
        "cat: 5 of 9",
        "",
    ],
)
def test_successes_by_class_that_are_right_or_something_else_pass(text):
    require_successes_by_class(text, NAMES, GUESSES, LABELS)


@pytest.mark.parametrize(
    "text",
    [
        "cat: 1 of 1\ndog: 2 of 2\ntruck: 1 of 2",
        "cat: 0 of 5\ndog: 1 of 3\ntruck: 1 of 4",
        "cat: 100%\ndog: 50%\ntruck: 50%",
    ],
)
def test_wrong_successes_by_class_fail(text):
    with pytest.raises(Failure, match="for 'cat'"):
        require_successes_by_class(text, NAMES, GUESSES, LABELS)
