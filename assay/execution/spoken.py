"""Decides what a value in a record of an untrusted process may be: a number that can be one, and text that can be read.

Everything else is a ValueError or TypeError, and the record that held it is no record.
"""

from __future__ import annotations

import math
import re

LARGEST = 2**53  # beyond it, readers of JSON disagree about a whole number
PROCESSES = 64  # of one cell's announcement


def whole(value: object) -> int:
    """A whole number from 0."""
    number = signed(value)
    if number < 0:
        raise ValueError("a count below nothing")
    return number


def signed(value: object) -> int:
    """A whole number; True is none."""
    if type(value) is not int:
        raise TypeError("no whole number")
    if abs(value) > LARGEST:
        raise ValueError("larger than anything that is counted")
    return value


def seconds(value: object) -> float:
    """A time that has passed: finite and not negative."""
    if type(value) not in (int, float):
        raise TypeError("no number")
    number = float(value)  # type: ignore[arg-type]
    if not math.isfinite(number) or number < 0:
        raise ValueError("no time that has passed")
    return number


def text(value: object) -> str:
    """Text that can be written: half a surrogate pair, which no encoding takes, becomes a question mark."""
    return str(value).encode("utf-8", "replace").decode()


def announcements(value: object) -> dict[str, tuple[int, str]]:
    """How many facts each process has written, and their digest, by the process's name."""
    if not isinstance(value, dict) or len(value) > PROCESSES:
        raise TypeError("no announcement")
    return {_hex(process, 8): (whole(lines[0]), _hex(lines[1], 32)) for process, lines in value.items()}


def _hex(value: object, digits: int) -> str:
    if not isinstance(value, str) or not re.fullmatch(rf"[0-9a-f]{{{digits}}}", value):
        raise ValueError("no name or digest")
    return value
