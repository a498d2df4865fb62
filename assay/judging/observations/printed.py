"""Numbers that an exercise stated: printed, shown as a cell's result, or left in its variables."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from assay.judging.observations.facts import Facts

_NUMBER = re.compile(r"(?<![\w.])[-+]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.(\d+))?(?:[eE]([-+]?\d+))?")
# What a text says of a number that it has rounded: right before it, or anywhere in its line.
_ABOUT = re.compile(
    r"(?:[≈~]|\b(?:about|around|roughly|nearly|almost|approximately|approx\.?|circa|ca\.|some))[\s:=]*$", re.IGNORECASE
)
_ROUNDED = re.compile(r"\bround(?:ed|ing)\b", re.IGNORECASE)
SIGNIFICANT = 1e-6  # of a number in a variable: float32 holds seven digits


@dataclass(frozen=True)
class Stated:
    """A number, half a unit of its last printed digit, and whether the text calls it rounded."""

    value: float
    precision: float
    rounded: bool = False

    def says(self, wanted: float) -> bool:
        """Whether this is `wanted` to the digits that were stated, of which two must count: 0.0 says nothing."""
        near = abs(self.value - wanted) <= self.precision * 1.001
        return near and self.precision <= 0.05 * abs(wanted)


def stated_numbers(work: Facts, text: str) -> list[Stated]:
    """The numbers in what was printed (`text`) and in the variables of this exercise."""
    return printed_numbers(text) + [Stated(v, SIGNIFICANT * abs(v)) for v in work.numbers if math.isfinite(v)]


def printed_numbers(text: str) -> list[Stated]:
    """The numbers in a text, in order."""
    return [_printed(match) for match in _NUMBER.finditer(text)]


def _printed(match: re.Match[str]) -> Stated:
    decimals, exponent = len(match[1] or ""), int((match[2] or "0")[:4])
    return Stated(float(match[0].replace(",", "")), _half_unit(decimals, exponent), _is_called_rounded(match))


def _is_called_rounded(match: re.Match[str]) -> bool:
    before, after = match.string[: match.start()], match.string[match.end() :]
    line = before.rpartition("\n")[2] + after.partition("\n")[0]
    return bool(_ABOUT.search(before[-40:]) or _ROUNDED.search(line))


def _half_unit(decimals: int, exponent: int) -> float:
    """Half of the last digit's unit; whole numbers are counts and stand for themselves."""
    return 0.5 * 10.0 ** min(exponent - decimals, 300) if decimals or exponent else 0.0
