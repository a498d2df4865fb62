"""Decides when two tensors may be compared at all, and says equal (every bit) or how far apart (relative)."""

from __future__ import annotations

import torch

from assay.failure import Failure


def require_comparable(actual: torch.Tensor | None, expected: torch.Tensor, name: str) -> torch.Tensor:
    """`actual`, once it is sure that comparing it means something.

    Raises:
        Failure: it is missing, no plain tensor, empty, of another shape or dtype, or holds NaN or infinity: each of
            these would pass a careless comparison (NaN is never above a tolerance, an empty tensor has no differences,
            a scalar broadcasts).
        ValueError: the reference itself is unusable; that is our fault, not the student's.
    """
    if expected.numel() == 0 or not _is_finite(expected):
        raise ValueError(f"the reference for {name} is empty or not finite")
    if actual is None:
        raise Failure(f"{name} is missing")
    if type(actual) is not torch.Tensor:
        raise Failure(f"{name} is {type(actual).__name__}, not a plain tensor")
    if actual.shape != expected.shape:
        raise Failure(f"{name} has shape {list(actual.shape)}, not {list(expected.shape)}")
    if actual.dtype != expected.dtype:
        raise Failure(f"{name} has dtype {actual.dtype}, not {expected.dtype}")
    if not _is_finite(actual):
        broken = int((~torch.isfinite(actual)).sum())
        raise Failure(f"{name} holds {broken} values that are NaN or infinite")
    return actual


def same_bits(actual: torch.Tensor | None, expected: torch.Tensor, name: str) -> bool:
    """Whether every value is equal, of tensors that `require_comparable` lets through."""
    return torch.equal(require_comparable(actual, expected, name), expected)


def relative_error(actual: torch.Tensor | None, expected: torch.Tensor, name: str) -> float:
    """`|actual - expected| / |expected|` in the Euclidean norm, computed in float64; infinite against a zero reference
    that is not met exactly."""
    found = require_comparable(actual, expected, name).double()
    distance, size = float((found - expected.double()).norm()), float(expected.double().norm())
    if size == 0.0:
        return 0.0 if distance == 0.0 else float("inf")
    return distance / size


def is_constant(tensor: torch.Tensor) -> bool:
    """Whether all numbers are the same, or there are none: such a tensor holds no picture, no noise and no word."""
    return tensor.numel() == 0 or bool(tensor.min() == tensor.max())


def _is_finite(tensor: torch.Tensor) -> bool:
    return bool(torch.isfinite(tensor).all())
