"""What must hold of numbers that an exercise asks for by name: exact, or cut to fewer digits where that is said."""

from __future__ import annotations

import math
import re
from collections.abc import Collection

import torch

from assay.failure import Failure
from assay.judging.observations import Work

EXACT = 1e-9  # relative; the numbers are quotients of whole numbers
SINGLE = 1e-6  # the same in float32
DIGITS = 4  # behind the point: a number with more of them is no rounded one

_NUMBER = r"(\d[\d,]*(?:\.\d+)?)"
# A number behind "ratio" that is divided by another one is not the ratio yet.
_FACTOR = re.compile(
    rf"{_NUMBER}\s*(?:x|×|times)\s+(?:fewer|smaller|less)|\bratio\W{{0,3}}{_NUMBER}(?![\d,.]*\s*[/÷:])", re.IGNORECASE
)
_PARAMETERS = re.compile(
    rf"{_NUMBER}\s+(?:\w+\s+)?param(?:eter)?s\b|\bparam(?:eter)?s\W{{1,3}}{_NUMBER}", re.IGNORECASE
)


def require_number(work: Work, name: str, expected: float, misconception: str | None = None) -> None:
    """Fail unless `name` holds `expected`; where a student chose another name, it must be among the results."""
    kept = work.value(name)
    if kept is None:
        if not any(math.isclose(number, expected, rel_tol=EXACT) for number in work.numbers):
            raise Failure(f"there is no number {name}", misconception, "Compute it in a line of its own.")
        return
    if kept.numel() != 1:
        raise Failure(f"{name} is {kept.numel()} numbers", misconception, "Compute a single number.")
    allowed = SINGLE if kept.dtype == torch.float32 else EXACT
    if not math.isclose(float(kept), expected, rel_tol=allowed) and not _is_said_to_be_rounded(
        work, float(kept), expected
    ):
        raise Failure(
            f"{name} is {float(kept):.10g}",
            misconception,
            "Write down what is multiplied and what is divided by what; where you round, say so.",
        )


def _is_said_to_be_rounded(work: Work, found: float, expected: float) -> bool:
    """Whether `found` is `expected` cut to fewer digits, up or down, of which two count at least, and the exercise says
    so: in words, or by giving the number itself as well."""
    units = (10.0**-digits for digits in range(DIGITS) if math.isclose(found, round(found, digits), rel_tol=SINGLE))
    unit = next(units, math.inf)
    if not abs(found - expected) < unit <= found / 10:
        return False
    said = [one for one in work.stated if math.isclose(one.value, found, rel_tol=SINGLE)]
    return any(one.rounded for one in said) or any(one.says(expected) for one in work.stated if one not in said)


def require_stated_factor(text: str, right: Collection[float]) -> None:
    """Fail when the text says how many times fewer something became, and none of these factors is one of `right`; what
    is no more than 1 is another ratio."""
    found = [number for number in _numbers(_FACTOR, text) if number > 1]
    if found and not any(math.isclose(factor, wanted) for factor in found for wanted in right):
        raise Failure(
            f"what is said to be {found[0]:g} times fewer is not",
            help="Divide the number of values before by the number of values after.",
        )


def require_stated_parameters(text: str, right: Collection[int]) -> None:
    """Fail when the text says how many parameters there are, and none of its numbers is one of `right`; that
    something has none is no count."""
    found = [number for number in _numbers(_PARAMETERS, text) if number]
    if found and not {float(number.replace(",", "")) for number in re.findall(_NUMBER, text)} & set(right):
        raise Failure(
            f"{found[0]:,.0f} parameters were counted, not {max(right):,}",
            help="With which sizes does the notebook build the module?",
        )


def _numbers(pattern: re.Pattern[str], text: str) -> list[float]:
    """The numbers in either group of the pattern's matches."""
    return [float((one or other).replace(",", "")) for one, other in pattern.findall(text)]
