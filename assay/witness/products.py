"""Decides which products of two tables of vectors are written down: a table of similarities, however it is made."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import torch

from assay.witness.recorder import Recorder

PRODUCTS = 256  # of one exercise: a test set of five hundred pictures in batches of two
SIMILARITIES = 8192  # numbers of one table: five hundred pictures and ten classes
KEPT_NUMBERS = 2**19  # of one operand: a thousand vectors of CLIP's 512 numbers


class Products:
    """Follows products of two matrices and cosines of many vectors; the libraries' own are larger or have more axes."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._count = 0

    def begin_exercise(self) -> None:
        """Start counting anew."""
        self._count = 0

    def product(self, left: torch.Tensor, right: torch.Tensor, result: torch.Tensor) -> None:
        """left (n, d) times right (d, m) gave result (n, m); two vectors (d,) are tables of one row."""
        if left.dim() == right.dim() == 1:
            left, right, result = left[None], right[:, None], result.reshape(1, 1)
        if left.dim() == right.dim() == 2:
            self._keep(left, right.T, result)

    def cosines(self, one: torch.Tensor, other: torch.Tensor, result: torch.Tensor) -> None:
        """A table (n, m) of cosines, from (n, 1, d) and (1, m, d) or the other way round."""
        if result.dim() == 2 and one.dim() == other.dim() == 3 and one.shape[-1] == other.shape[-1]:
            left, right = (one, other) if one.shape[1] == 1 else (other, one)
            self._keep(left.reshape(-1, left.shape[-1]), right.reshape(-1, right.shape[-1]), result, straight=True)

    def _keep(self, left: torch.Tensor, right: torch.Tensor, result: torch.Tensor, **fields: bool) -> None:
        if self._has_room(left, right, result):
            keep = self._recorder.tensor
            self._recorder.fact("product", left=keep(left), right=keep(right), result=keep(result), **fields)

    def _has_room(self, left: torch.Tensor, right: torch.Tensor, result: torch.Tensor) -> bool:
        small = result.numel() <= SIMILARITIES and max(left.numel(), right.numel()) <= KEPT_NUMBERS
        if not small or not left.is_floating_point() or min(left.numel(), right.numel()) < 2:
            return False
        self._count += 1
        return self._count <= PRODUCTS


def install_products(note: Callable[..., None]) -> None:
    """Wrap the ways to multiply two matrices, once; `note(left, right, result)` is told of each."""
    for owner, name in (
        (torch.Tensor, "__matmul__"), (torch.Tensor, "matmul"), (torch.Tensor, "mm"), (torch, "matmul"), (torch, "mm"),
        (torch.Tensor, "dot"), (torch, "dot"),
    ):  # fmt: skip
        setattr(owner, name, _noted(getattr(owner, name), note))
    torch.einsum = _noted_sum(torch.einsum, note)


def install_cosine(note: Callable[..., None]) -> None:
    """Wrap torch's cosine similarity, once; `note(one, other, result)` is told of each call."""
    original = torch.nn.functional.cosine_similarity

    @functools.wraps(original)
    def cosine_similarity(x1: Any, x2: Any, *args: Any, **kwargs: Any) -> Any:
        result = original(x1, x2, *args, **kwargs)
        if torch.is_tensor(x1) and torch.is_tensor(x2):
            note(x1, x2, result)
        return result

    torch.nn.functional.cosine_similarity = cosine_similarity
    torch.cosine_similarity = cosine_similarity


def _noted(original: Any, note: Callable[..., None]) -> Any:
    @functools.wraps(original)
    def multiply(left: Any, other: Any = None, *args: Any, **kwargs: Any) -> Any:
        given = () if other is None else (other,)
        result = original(left, *given, *args, **kwargs)
        right = next(iter((*given, *kwargs.values())), None)
        if torch.is_tensor(left) and torch.is_tensor(right):
            note(left, right, result)
        return result

    return multiply


def _noted_sum(original: Any, note: Callable[..., None]) -> Any:
    """Of all sums, those like "nd,md->nm" that multiply every vector of one table with every vector of the other."""

    @functools.wraps(original)
    def einsum(*args: Any) -> Any:
        result = original(*args)
        if len(args) == 3 and isinstance(args[0], str) and torch.is_tensor(args[1]) and torch.is_tensor(args[2]):
            pairs = _oriented(args[0], args[1], args[2])
            if pairs is not None:
                note(*pairs, result)
        return result

    return einsum


def _oriented(equation: str, left: torch.Tensor, right: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor] | None:
    """The matrices (n, d) and (d, m) that this equation multiplies; None for any other sum."""
    inputs, _, output = equation.replace(" ", "").partition("->")
    one, _, other = inputs.partition(",")
    shared = set(one) & set(other) - set(output)
    if not len(one) == len(other) == len(output) == 2 or len(shared) != 1 or {*one, *other} - shared != set(output):
        return None
    (summed,) = shared
    left, right = (left if one[1] == summed else left.T), (right if other[0] == summed else right.T)
    return (left, right) if output[0] in one else (right.T, left.T)
