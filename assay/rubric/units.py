"""Decides what "10 minutes" and "6 GB" mean as numbers."""

from __future__ import annotations

_SECONDS = {"s": 1.0, "second": 1.0, "min": 60.0, "minute": 60.0, "h": 3600.0, "hour": 3600.0}
# As the standard has it: GB counts in thousands, GiB in 1024s.
_BYTES = {"kB": 10**3, "MB": 10**6, "GB": 10**9, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30}


def seconds(text: str) -> float:
    """The seconds in a text like "10 minutes", "30 s" or "1.5 h", which the schema has checked."""
    number, unit = _parts(text)
    return number * _SECONDS[unit if unit == "s" else unit.removesuffix("s")]


def byte_count(text: str) -> int:
    """The bytes in a text like "6 GB" or "512 MiB", which the schema has checked."""
    number, unit = _parts(text)
    return int(number * _BYTES[unit])


def _parts(text: str) -> tuple[float, str]:
    digits = text.rstrip("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
    return float(digits), text[len(digits) :]
