"""Adaptive normalisation is explained by its norm, its formula and its embedding, each told apart from the others."""

from __future__ import annotations

import pytest
import torch

from assay.claims import explain, groups, require_same_convolutions, require_start_values
from assay.failure import Failure

GENERATOR = torch.Generator().manual_seed(6)
X = torch.randn(3, 16, 4, 4, generator=GENERATOR) * 2 + 1
EMBEDDING = torch.randn(3, 10, generator=GENERATOR)
WEIGHT, BIAS = torch.randn(32, 10, generator=GENERATOR), torch.randn(32, generator=GENERATOR)
PARAMETERS = {"proj.weight": WEIGHT, "proj.bias": BIAS}
GAMMA, BETA = ((EMBEDDING @ WEIGHT.T + BIAS)[:, :, None, None]).chunk(2, dim=1)


def _normed(count):
    return torch.nn.functional.group_norm(X, count)


def _explain(found, parameters=PARAMETERS):
    made = explain(X, EMBEDDING, found, parameters, 8)
    return made and (made.norm, made.way, made.embedding)


def test_what_is_asked_for_is_found_with_either_half_as_the_scale():
    assert _explain((1 + GAMMA) * _normed(8) + BETA) == ("8 groups", "", "")
    assert _explain((1 + BETA) * _normed(8) + GAMMA) == ("8 groups", "", "")


def test_two_layers_are_found():
    halves = {"a.weight": WEIGHT[:16], "a.bias": BIAS[:16], "b.weight": WEIGHT[16:], "b.bias": BIAS[16:]}
    assert _explain((1 + GAMMA) * _normed(8) + BETA, halves) == ("8 groups", "", "")


@pytest.mark.parametrize("count", [1, 2, 4, 16])
def test_other_groups_are_named(count):
    assert _explain((1 + GAMMA) * _normed(count) + BETA) == (groups(count), "", "")


def test_other_norms_are_named():
    batch = torch.nn.functional.batch_norm(X, None, None, training=True)
    assert _explain((1 + GAMMA) * batch + BETA) == ("the batch", "", "")
    assert _explain((1 + GAMMA) * X + BETA)[0].startswith("nothing at all")


@pytest.mark.parametrize(
    ("found", "named"),
    [
        (GAMMA * _normed(8) + BETA, "without the 1"),
        ((1 + GAMMA) * (_normed(8) + BETA), "before the scale"),
        ((1 + GAMMA) * _normed(8), "without the shift"),
        (_normed(8), "without scale and shift"),
    ],
)
def test_other_formulas_are_named(found, named):
    norm, way, _ = _explain(found)
    assert norm == "8 groups"
    assert named in way


def test_one_embedding_for_all_samples_is_named():
    assert _explain((1 + GAMMA[:1]) * _normed(8) + BETA[:1]) == ("8 groups", "", "the first sample's")


def test_a_small_error_is_not_explained():
    assert _explain(((1 + GAMMA) * _normed(8) + BETA) * (1 + 1e-4)) is None


@pytest.mark.parametrize("found", [X * float("nan"), X[:0], torch.zeros(()), X * 0, X * 0 + 1])
def test_no_features_fail(found):
    with pytest.raises(Failure):
        _explain(found)


def test_a_module_without_a_projection_fails():
    with pytest.raises(Failure, match="no layer"):
        _explain(X, {"weight": torch.ones(16)})


WIDE, NARROW = torch.randn(8, 4, 3, 3, generator=GENERATOR), torch.randn(4, 8, 3, 3, generator=GENERATOR)
POINT = torch.randn(8, 10, 1, 1, generator=GENERATOR)


def test_the_same_convolutions_under_other_names_pass():
    require_same_convolutions({"a": WIDE, "b": NARROW}, {"y": NARROW, "x": WIDE, "projection": POINT})


@pytest.mark.parametrize("own", [{"x": WIDE}, {"x": WIDE, "y": NARROW, "z": NARROW}, {"x": WIDE, "y": WIDE}])
def test_other_convolutions_fail(own):
    with pytest.raises(Failure, match="convolutions"):
        require_same_convolutions({"a": WIDE, "b": NARROW}, own)


@pytest.mark.parametrize("weight", [WIDE * 0, WIDE * float("nan"), WIDE[:0], torch.zeros(())])
def test_weights_that_are_none_fail(weight):
    with pytest.raises(Failure):
        require_start_values({"weight": weight})
