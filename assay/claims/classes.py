"""What must hold of a classifier's successes that are given class by class: that they count what was right."""

from __future__ import annotations

import re
from collections.abc import Sequence

import torch

from assay.failure import Failure
from assay.judging.observations.printed import Stated, printed_numbers

_COUNTED = re.compile(r"(\d+)\s*(?:/|of|out of)\s*(\d+)")
_SHARE = re.compile(r"[\d.,]+\s*%")
# Such a line says how much went wrong, how sure the model was, or how often a class was named.
_NO_SUCCESS = re.compile(r"wrong|error|mistake|missed|confiden|predict", re.IGNORECASE)
CERTAIN = 5.0  # per cent, beside 100: shares of one whole, such as a picture's probabilities, are no successes


def require_successes_by_class(text: str, names: Sequence[str], guesses: torch.Tensor, labels: torch.Tensor) -> None:
    """Fail when the text has a line for each of `names` with a count ("3 of 20") or a share ("15 %") and these are not
    the right ones among a class's pictures, nor among those taken for it. `guesses`, `labels`: (n,)."""
    lines = [_line_of(name, text) for name in names]
    if any(line is None for line in lines):
        return
    right = [int(((guesses == k) & (labels == k)).sum()) for k in range(len(names))]
    wholes = [[int((side == k).sum()) for k in range(len(names))] for side in (labels, guesses)]
    counted = [_COUNTED.search(line or "") for line in lines]
    if all(counted):
        found = [(int(c[1]), int(c[2])) for c in counted if c]
        if not any(found == list(zip(right, whole, strict=True)) for whole in wholes):
            raise _wrong(names, [f"{one} of {all_}" for one, all_ in found], right)
        return
    shares = [_shares(line or "") for line in lines]
    if not all(shares) or abs(sum(share[0].value for share in shares) - 100) <= CERTAIN:
        return
    for whole in wholes:
        wanted = [100 * one / max(all_, 1) for one, all_ in zip(right, whole, strict=True)]
        if all(any(_says(one, w) for one in share) for share, w in zip(shares, wanted, strict=True)):
            return
    raise _wrong(names, [f"{share[0].value:g} %" for share in shares], right)


def _line_of(name: str, text: str) -> str | None:
    """What stands behind a name that begins a line; of such lines the last counts that may be about successes."""
    found = re.findall(rf"^\W*{re.escape(name)}\b(.*\d.*)$", text, re.MULTILINE | re.IGNORECASE)
    return next((line for line in reversed(found) if not _NO_SUCCESS.search(line)), None)


def _shares(line: str) -> list[Stated]:
    return printed_numbers(" ".join(_SHARE.findall(line)))


def _says(one: Stated, wanted: float) -> bool:
    """A share may be rounded to a whole one."""
    return abs(one.value - wanted) <= max(one.precision, 0.5)


def _wrong(names: Sequence[str], found: list[str], right: list[int]) -> Failure:
    return Failure(
        f"the successes by class begin with {found[0]} for {names[0]!r}; {right[0]} of its pictures were recognised",
        misconception="a class's own accuracy asks of its own pictures how many were recognised",
        help="Take one class, and count by hand.",
    )
