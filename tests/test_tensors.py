"""Two tensors are compared only when the comparison would mean something."""

from __future__ import annotations

import math

import pytest
import torch

from assay.failure import Failure
from assay.tensors import is_constant, relative_error, require_comparable, same_bits

EXPECTED = torch.tensor([[1.0, 2.0], [3.0, 4.0]])


class _Tagged(torch.Tensor):
    """A subclass may answer every question as it likes."""


@pytest.mark.parametrize(
    ("actual", "seen"),
    [
        (None, "the row is missing"),
        (EXPECTED.as_subclass(_Tagged), "the row is _Tagged, not a plain tensor"),
        (torch.nn.Parameter(EXPECTED), "the row is Parameter, not a plain tensor"),
        ([[1.0, 2.0], [3.0, 4.0]], "the row is list, not a plain tensor"),
        (torch.empty(0), "the row has shape [0], not [2, 2]"),
        (torch.empty(0, 2), "the row has shape [0, 2], not [2, 2]"),
        (torch.tensor(1.0), "the row has shape [], not [2, 2]"),
        (torch.ones(1, 1), "the row has shape [1, 1], not [2, 2]"),
        (torch.ones(2, 2, 1), "the row has shape [2, 2, 1], not [2, 2]"),
        (EXPECTED.double(), "the row has dtype torch.float64, not torch.float32"),
        (EXPECTED.half(), "the row has dtype torch.float16, not torch.float32"),
        (EXPECTED * math.nan, "the row holds 4 values that are NaN or infinite"),
        (torch.tensor([[1.0, math.inf], [-math.inf, 4.0]]), "the row holds 2 values that are NaN or infinite"),
    ],
)
def test_what_cannot_be_compared_is_a_failure_that_says_why(actual, seen):
    for compare in (require_comparable, same_bits, relative_error):
        with pytest.raises(Failure) as failure:
            compare(actual, EXPECTED, "the row")
        assert failure.value.seen == seen


@pytest.mark.parametrize("reference", [torch.empty(0), torch.empty(2, 0), EXPECTED * math.nan, EXPECTED / 0])
def test_an_unusable_reference_is_our_fault_and_no_failure(reference):
    for compare in (require_comparable, same_bits, relative_error):
        with pytest.raises(ValueError, match="the reference for the row is empty or not finite"):
            compare(reference.clone(), reference, "the row")


def test_what_can_be_compared_is_handed_back_as_it_is():
    assert require_comparable(EXPECTED, EXPECTED.clone(), "the row") is EXPECTED


def test_same_bits_means_every_value():
    assert same_bits(EXPECTED.clone(), EXPECTED, "the row")
    assert not same_bits(torch.nextafter(EXPECTED, EXPECTED + 1), EXPECTED, "the row")


def test_relative_error_is_the_distance_over_the_size_of_the_reference():
    assert relative_error(EXPECTED.clone(), EXPECTED, "the row") == 0.0
    assert relative_error(2 * EXPECTED, EXPECTED, "the row") == pytest.approx(1.0)
    assert relative_error(torch.zeros(2, 2), EXPECTED, "the row") == pytest.approx(1.0)
    assert relative_error(EXPECTED, 2 * EXPECTED, "the row") == pytest.approx(0.5)


def test_relative_error_is_computed_wide_enough():
    big = torch.full((4,), 60_000.0, dtype=torch.float16)  # its square is infinite in float16
    assert relative_error(big, big.clone(), "the row") == 0.0
    assert relative_error(big / 2, big, "the row") == pytest.approx(0.5)


def test_a_zero_reference_is_met_exactly_or_not_at_all():
    assert relative_error(torch.zeros(3), torch.zeros(3), "the row") == 0.0
    assert relative_error(torch.full((3,), 1e-30), torch.zeros(3), "the row") == math.inf


@pytest.mark.parametrize(
    ("tensor", "constant"),
    [
        (torch.empty(0, 4), True),
        (torch.tensor(3.0), True),
        (torch.zeros(2, 3), True),
        (torch.full((5,), 0.1, dtype=torch.bfloat16), True),
        (torch.tensor([1.0, 1.0, 1.5]), False),
        (torch.tensor([math.nan, math.nan]), False),  # that is for the check of finite values to say
    ],
)
def test_a_constant_holds_one_number(tensor, constant):
    assert is_constant(tensor) is constant
