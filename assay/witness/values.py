"""Decides which of the student's values are written down: plain numbers, and the names that an exercise asks for."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Set
from typing import Any

import numpy as np
import torch

from assay.witness.digest import digest
from assay.witness.recorder import Recorder, number
from assay.witness.weights import parameters_of

SMALL = 64  # numbers of one tensor: more of them are written down last, while there is room
TABLE = 400  # of one tensor under whatever name: a table of similarities between twenty sentences
NUMBERS = 2000  # of one cell: a table of similarities between forty words
DEPTH = 3  # a list of tuples in a dict; deeper nests are not results
KEPT_NUMBERS = 2**20  # of one value asked for by name; a batch of sixteen 64x64 latents has a quarter of that


def record_values(recorder: Recorder, namespace: Mapping[str, Any], known: dict[str, int], names: set[str]) -> None:
    """Write the numbers bound in this cell (`known` maps names to the identity they had) and the values of `names`."""
    found: list[float | str] = []
    for name, value in sorted(namespace.items(), key=_is_table):
        fresh = known.get(name) != id(value) or type(value) in (list, dict)
        known[name] = id(value)
        if fresh and not name.startswith("_"):
            found.extend(number(item) for _, item in zip(range(NUMBERS - len(found)), _numbers(value, 0), strict=False))
    if found:
        recorder.fact("numbers", values=found)
    asked = {name: namespace[name] for name in sorted(names) if type(namespace.get(name)) in (int, float)}
    if asked:
        recorder.fact("names", values={name: number(value) for name, value in asked.items()})


def _is_table(item: tuple[str, Any]) -> bool:
    """Whether there are so many numbers that they must wait for the small results."""
    value = item[1]
    return (type(value) is torch.Tensor and value.numel() > SMALL) or (type(value) is np.ndarray and value.size > SMALL)


class AskedValues:
    """Keeps the values of the names that a lesson asks for, as tensors, each time they have changed."""

    def __init__(self, recorder: Recorder, names: Set[str]) -> None:
        self._recorder = recorder
        self._names = sorted(names)
        self._known: dict[str, str] = {}

    def end_cell(self, namespace: Mapping[str, Any]) -> None:
        """Write down what the names stand for now: a tensor, an array, numbers, or each parameter of a module."""
        for asked in self._names:
            for name, tensor in _tensors(asked, namespace.get(asked)):
                mark = f"{tensor.dtype} {list(tensor.shape)} {digest(tensor)}"
                if tensor.numel() <= KEPT_NUMBERS and self._known.get(name) != mark:
                    self._known[name] = mark
                    self._recorder.fact("value", name=name, tensor=self._recorder.tensor(tensor))


def _tensors(name: str, value: object) -> Iterator[tuple[str, torch.Tensor]]:
    """Exact types only, as below; a module gives its parameters under `name.parameter`."""
    kind = type(value)
    if kind in (torch.Tensor, torch.nn.Parameter):
        if _is_plain(value):  # type: ignore[arg-type]
            yield name, value.detach()  # type: ignore[attr-defined]
    elif kind is np.ndarray:
        if value.dtype.kind in "fiub":  # type: ignore[attr-defined]
            yield name, torch.from_numpy(np.ascontiguousarray(value))
    elif issubclass(kind, torch.nn.Module):
        yield from ((f"{name}.{inner}", p.detach()) for inner, p in parameters_of(value) if _is_plain(p))  # type: ignore[arg-type]
    elif kind in (float, int, list, tuple) or issubclass(kind, np.number):
        numbers = list(_numbers(value, 0))
        if numbers:
            yield name, torch.tensor(numbers if kind in (list, tuple) else numbers[0], dtype=torch.float64)


def _is_plain(tensor: torch.Tensor) -> bool:
    """Whether the tensor holds real numbers that lie somewhere: none on the meta device, none of a sparse kind."""
    return not tensor.is_complex() and not tensor.is_meta and tensor.layout is torch.strided


def _numbers(value: object, depth: int) -> Iterator[float]:
    """Exact types only: an object of the student's own must not run code here."""
    kind = type(value)
    if kind is float or kind is int:
        # float() of a whole number beyond its range raises
        yield math.inf if kind is int and abs(value) >= 2**1000 else float(value)  # type: ignore[arg-type]
    elif issubclass(kind, np.floating | np.integer) and kind.__module__ == "numpy":
        yield float(value)  # type: ignore[arg-type]
    elif kind is torch.Tensor and value.numel() <= TABLE and _is_plain(value):  # type: ignore[attr-defined,arg-type]
        yield from value.detach().double().reshape(-1).tolist()  # type: ignore[attr-defined]
    elif kind is np.ndarray and value.size <= NUMBERS and value.dtype.kind in "fi":  # type: ignore[attr-defined]
        yield from value.astype(float).reshape(-1).tolist()  # type: ignore[attr-defined]
    elif depth < DEPTH and kind in (list, tuple):
        for item in list(value)[:NUMBERS]:  # type: ignore[call-overload]
            yield from _numbers(item, depth + 1)
    elif depth < DEPTH and kind is dict:
        for item in list(value.values())[:NUMBERS]:  # type: ignore[attr-defined]
            yield from _numbers(item, depth + 1)
