"""Numbers that an exercise stated: printed, shown as a cell's result, or left in its variables."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from assay.judging.observations.facts import Facts

_NUMBER = re.compile(r"(?<![\w.])[-+]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.(\d+))?(?:[eE]([-+]?\d+))?")
SIGNIFICANT = 1e-6  # of a number in a variable: float32 holds seven digits


@dataclass(frozen=True)
class Stated:
    """A number, and half a unit of its last printed digit."""

    value: float
    precision: float

    def says(self, wanted: float) -> bool:
        """Whether this is `wanted` to the digits that were stated, of which two must count: 0.0 says nothing."""
        near = abs(self.value - wanted) <= self.precision * 1.001
        return near and self.precision <= 0.05 * abs(wanted)


def stated_numbers(work: Facts, text: str) -> list[Stated]:
    """The numbers in what was printed (`text`) and in the variables of this exercise."""
    printed = [_printed(match) for match in _NUMBER.finditer(text)]
    return printed + [Stated(v, SIGNIFICANT * abs(v)) for v in work.numbers if math.isfinite(v)]


def _printed(match: re.Match[str]) -> Stated:
    decimals, exponent = len(match[1] or ""), int((match[2] or "0")[:4])
    return Stated(float(match[0].replace(",", "")), _half_unit(decimals, exponent))


def _half_unit(decimals: int, exponent: int) -> float:
    """Half of the last digit's unit; whole numbers are counts and stand for themselves."""
    return 0.5 * 10.0 ** min(exponent - decimals, 300) if decimals or exponent else 0.0
