"""Decides which of the student's values are written down: plain numbers, and the names that an exercise asks for."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import torch

from assay.witness.recorder import Recorder, number

NUMBERS = 2000  # of one cell: a table of similarities between forty words
DEPTH = 3  # a list of tuples in a dict; deeper nests are not results


def record_values(recorder: Recorder, namespace: Mapping[str, Any], known: dict[str, int], names: set[str]) -> None:
    """Write the numbers bound in this cell (`known` maps names to the identity they had) and the values of `names`."""
    found: list[float | str] = []
    for name, value in list(namespace.items()):
        fresh = known.get(name) != id(value) or type(value) in (list, dict)
        known[name] = id(value)
        if fresh and not name.startswith("_"):
            found.extend(number(item) for _, item in zip(range(NUMBERS - len(found)), _numbers(value, 0), strict=False))
    if found:
        recorder.fact("numbers", values=found)
    asked = {name: namespace[name] for name in sorted(names) if type(namespace.get(name)) in (int, float)}
    if asked:
        recorder.fact("names", values={name: number(value) for name, value in asked.items()})


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
    elif kind is torch.Tensor and value.numel() <= 64 and _is_plain(value):  # type: ignore[attr-defined,arg-type]
        yield from value.detach().double().reshape(-1).tolist()  # type: ignore[attr-defined]
    elif kind is np.ndarray and value.size <= NUMBERS and value.dtype.kind in "fi":  # type: ignore[attr-defined]
        yield from value.astype(float).reshape(-1).tolist()  # type: ignore[attr-defined]
    elif depth < DEPTH and kind in (list, tuple):
        for item in list(value)[:NUMBERS]:  # type: ignore[call-overload]
            yield from _numbers(item, depth + 1)
    elif depth < DEPTH and kind is dict:
        for item in list(value.values())[:NUMBERS]:  # type: ignore[attr-defined]
            yield from _numbers(item, depth + 1)
