"""Attention is told from its well-known slips, in either order of its two answers, and nothing stands for it."""

from __future__ import annotations

import pytest
import torch

from assay.claims import (
    attention_slips,
    attention_weights,
    output_and_weights,
    require_attention,
    require_distributions,
    slipped_weights,
)
from assay.failure import Failure


@pytest.fixture
def given() -> tuple[torch.Tensor, torch.Tensor, dict[str, torch.Tensor]]:
    """Nine places of 24 numbers, five words, and three layers."""
    torch.manual_seed(1)
    layers = {letter: torch.randn(24, 24) / 24**0.5 for letter in "QKV"}
    return torch.randn(9, 24), torch.randn(5, 24), layers


def _attend(places, words, layers):
    queries, keys, values = places @ layers["Q"].T, words @ layers["K"].T, words @ layers["V"].T
    output = torch.nn.functional.scaled_dot_product_attention(queries, keys, values)
    return output, (queries @ keys.T / 24**0.5).softmax(dim=-1)


def test_torchs_own_attention_passes_in_either_order(given):
    output, weights = _attend(*given)
    require_attention((output, weights), *given)
    require_attention((weights, output), *given)
    require_distributions(weights, 9, 5)
    assert attention_slips(weights, *given) == set()


def test_every_slip_is_named_and_only_itself(given):
    for slip in attention_slips.__globals__["_SLIPS"]:
        weights = slipped_weights(slip, *given)
        assert attention_slips(weights, *given) == {slip}
        with pytest.raises(Failure, match=slip):
            require_attention((torch.zeros(9, 24), weights), *given)


@pytest.mark.parametrize("part", [0, 1])
def test_a_small_error_of_either_answer_is_too_large(given, part):
    answer = list(_attend(*given))
    answer[part] = answer[part] * (1 + 1e-4)
    with pytest.raises(Failure, match="differ"):
        require_attention(tuple(answer), *given)


@pytest.mark.parametrize("answer", [torch.zeros(9, 24), (torch.zeros(9, 24),), (torch.zeros(1),) * 3])
def test_other_than_two_tensors_fail(answer):
    with pytest.raises(Failure, match="returned"):
        output_and_weights(answer, 5)


@pytest.mark.parametrize("null", [0.0, 1.0, float("nan"), float("inf")])
def test_nulls_fail(given, null):
    nothing = torch.full((9, 24), null), torch.full((9, 5), null)
    with pytest.raises(Failure):
        require_attention(nothing, *given)
    with pytest.raises(Failure):
        require_distributions(nothing[1], 9, 5)


def test_the_oracle_is_torchs_attention(given):
    assert torch.allclose(attention_weights(*given), _attend(*given)[1], atol=1e-6)
